"""Another practice's id is no id: every place of the schema that takes one, found by introspection.

Two practices have played the same job. Wherever an id goes in, the other practice's real id of the right type must answer, to
the letter, as an id that nothing has; and both practices are afterwards as they were.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from graphql import Undefined

from db.ids import new_id
from schema.relay import encode_id, read_id
from tests.schema.documents import (
    MUTATIONS,
    QUERIES,
    SCHEMA,
    Named,
    Path,
    leaves,
    operation,
    put,
    spelled,
)
from tests.schema.good_inputs import good_arguments, good_input
from tests.schema.played import TABLES, Played

TYPES: dict[str, str] = {
    "clientId": "Client",
    "contactId": "Contact",
    "contactIds": "Contact",
    "deliveryId": "Delivery",
    "requestedBy": "Contact",
    "engagementId": "Engagement",
    "changeOrderId": "ChangeOrder",
    "envelopeId": "Envelope",
    "signerId": "EnvelopeSigner",
    "messageId": "OutboxMessage",
    "memberId": "Member",
    "tokenId": "ApiToken",
    "policyVersionId": "PolicyVersion",
    "ruleId": "PolicyRule",
    "requestId": "RetainerRequest",
    "retainerId": "Retainer",
    "fromRetainerId": "Retainer",
    "toRetainerId": "Retainer",
    "invoiceId": "Invoice",
    "paymentId": "Payment",
    "reversedPaymentId": "Payment",
    "recordedPaymentId": "Payment",
    "recordedDepositId": "RetainerDeposit",
    "recordedRefundId": "Refund",
    "invoiceIds": "Invoice",
    "bankAccountId": "BankAccount",
    "bankStatementId": "BankStatement",
    "bankLineId": "BankLine",
    "refundId": "Refund",
    "killFeeId": "KillFee",
    "costEntryIds": "CostEntry",
    "alertId": "Alert",
    "stageIds": "BillingStage",
    "timeEntryIds": "TimeEntry",
    "packageSaleIds": "PackageSale",
    "changeOrderIds": "ChangeOrder",
    "replacesId": "TimeEntry",
    "voucherId": "DiscountVoucher",
    "seriesId": "InvoiceSeries",
    "creditNoteId": "CreditNote",
    "writeOffId": "WriteOff",
    "lateChargeId": "LateCharge",
    "suspensionId": "Suspension",
    "rowId": "Client",
}
"""What an argument of this name takes the id of. A name that is missing here fails the walk."""

ID_OF: dict[str, str] = {
    "client": "Client",
    "policyVersion": "PolicyVersion",
    "document": "Document",
    "envelope": "Envelope",
    "engagement": "Engagement",
    "changeOrder": "ChangeOrder",
    "node": "Client",
    "nodes": "Client",
}
"""The same for the queries whose argument is just `id` or `ids`."""

ALL = {**QUERIES, **MUTATIONS}


@dataclass(frozen=True)
class Place:
    """One place that takes an id."""

    named: Named
    path: Path
    scalar: str

    @property
    def type_name(self) -> str:
        """The type whose id belongs here."""
        names = [step for step in self.path if isinstance(step, str)]
        if names[-1] in ("id", "ids"):
            return ID_OF[self.named[1]]
        return TYPES[names[-1]]

    @property
    def field(self) -> list[str]:
        """The place as `field` of a refusal spells it, without positions in lists."""
        names = [step for step in self.path if isinstance(step, str)]
        return names[1:] if names[0] == "input" else names

    def spell(self, type_name: str, global_id: str) -> str:
        """The id as this place takes it: a plain UUID where the schema has one."""
        return str(read_id(global_id, "id")[1]) if self.scalar == "UUID" else global_id

    def __str__(self) -> str:
        return f"{self.named[1]}({spelled(self.path)})"


def places() -> Iterator[Place]:
    for named in ALL.values():
        for path, leaf in leaves(named):
            if leaf.name in ("ID", "UUID"):
                yield Place(named, path, leaf.name)


PLACES = list(places())


async def good(played: Played, named: Named) -> dict[str, Any]:
    """The variables that succeed, with a fresh idempotency key."""
    if named[0] == "query":
        return good_arguments(played, named[1])
    given = await good_input(played, named[1])
    if "idempotencyKey" in given["input"]:
        given["input"]["idempotencyKey"] = str(new_id())
    return given


def test_the_walk_covers_every_type_and_every_place() -> None:
    node = SCHEMA.get_type("Node")
    assert {t.name for t in SCHEMA.get_possible_types(node)} == set(TABLES)  # type: ignore[arg-type]
    assert {place.type_name for place in PLACES} <= set(TABLES)
    assert len(PLACES) >= 70
    assert "requestRefund(input.source.paymentId)" in {str(place) for place in PLACES}


@pytest.mark.parametrize("place", PLACES, ids=str)
async def test_anothers_id_answers_exactly_as_one_that_nothing_has(
    played: Played, neighbour: Played, place: Place
) -> None:
    api, document = played.apis["owner"], operation(place.named, 2)
    variables = await good(played, place.named)
    before = await played.snapshot(), await neighbour.snapshot()
    missing_id = place.spell(place.type_name, str(encode_id(place.type_name, new_id())))
    missing = (
        await api.raw(document, **put(place.named, variables, place.path, missing_id))
    ).json()
    check_refused(place, missing)
    for foreign_id in counterparts(played, neighbour, place, variables):
        given = put(place.named, variables, place.path, place.spell(place.type_name, foreign_id))
        answer = (await api.raw(document, **given)).json()
        assert answer == missing
        if isinstance(place.path[-1], int):
            among_own = put(place.named, variables, place.path[:-1], [
                *at(variables, place.path[:-1]), place.spell(place.type_name, foreign_id),
            ])  # fmt: skip
            mixed = (await api.raw(document, **among_own)).json()
            last = len(at(among_own, place.path[:-1])) - 1
            among_own = put(place.named, among_own, (*place.path[:-1], last), missing_id)
            assert mixed == (await api.raw(document, **among_own)).json()
    assert (await played.snapshot(), await neighbour.snapshot()) == before


def counterparts(played: Played, neighbour: Played, place: Place, variables: Any) -> set[str]:
    """The other practice's id of the same thing, and of the first and the last of its type."""
    names = {value: name for name, value in played.ids.items()}
    own = at(variables, place.path)
    same = neighbour.ids[names[own]] if own in names else neighbour.pool[place.type_name][0]
    pool = neighbour.pool[place.type_name]
    return {same, pool[0], pool[-1]}


def at(variables: Any, path: Path) -> Any:
    """What stands at a path."""
    for step in path:
        try:
            variables = variables[step]
        except (KeyError, IndexError):
            return None
    return variables


def check_refused(place: Place, answer: dict[str, Any]) -> None:
    """That an id that nothing has finds nothing, and is refused for that and not for its looks."""
    if "errors" in answer:
        (error,) = answer["errors"]
        assert error["extensions"]["code"] == "NOT_FOUND", answer
        return
    value = answer["data"][place.named[1]]
    if place.named[0] == "mutation":
        (refusal,) = value["userErrors"]
        assert refusal["code"] in ("NOT_FOUND", "NOT_A_SIGNER"), answer
        rest = {n: v for n, v in value.items() if n not in ("userErrors", "__typename") and v}
        assert rest == {}
    elif isinstance(value, dict):
        assert (value["nodes"], value["totalCount"]) == ([], 0), answer
    else:
        assert value in (None, [], [None]), answer


@pytest.mark.parametrize("type_name", sorted(TABLES))
async def test_no_node_of_another_practice_is_found(
    played: Played, neighbour: Played, type_name: str
) -> None:
    api = played.apis["owner"]
    both = "query($id: ID!, $ids: [ID!]!) { node(id: $id) { id __typename } nodes(ids: $ids) { id __typename } }"
    own = played.pool[type_name][:3]
    foreign = neighbour.pool[type_name][:3]
    data = await api.ask(both, id=foreign[0], ids=[*own, *foreign])
    assert data["node"] is None
    assert [n and n["id"] for n in data["nodes"]] == [*own, *[None] * len(foreign)]
    assert {n["__typename"] for n in data["nodes"] if n} == {type_name}


@pytest.mark.parametrize("place", [p for p in PLACES if p.scalar == "ID"], ids=str)
async def test_an_id_of_the_wrong_type_and_garbage_are_refused_by_name(
    played: Played, place: Place
) -> None:
    api, document = played.apis["owner"], operation(place.named, 2)
    variables = await good(played, place.named)
    before = await played.snapshot()
    wrong_type = next(t for t in sorted(TABLES) if t != place.type_name)
    real = played.pool[place.type_name][0]
    bad = ["", real + "A", str(read_id(real, "id")[1])]
    if place.named[1] not in ("node", "nodes"):
        bad.append(played.pool[wrong_type][0])
    for value in bad:
        body = (await api.raw(document, **put(place.named, variables, place.path, value))).json()
        (error,) = body.get("errors") or body["data"][place.named[1]]["userErrors"]
        found = error.get("extensions", error)
        assert found["code"] == "ID_INVALID", (value, error)
        assert [step for step in found["field"] if not step.isdigit()] == place.field, (
            value,
            error,
        )
    assert await played.snapshot() == before


async def test_every_list_and_report_shows_only_ones_own(played: Played, neighbour: Played) -> None:
    theirs = {i for ids in neighbour.pool.values() for i in ids}
    theirs |= {str(read_id(i, "id")[1]) for i in theirs}
    for role in ("owner", "accountant"):
        for name, named in QUERIES.items():
            given = {
                argument: value.default_value
                for argument, value in named[2].args.items()
                if argument == "includeArchived" or str(value.type).endswith("!")
            }
            if any(str(value.type).endswith("ID!") for value in named[2].args.values()):
                given = good_arguments(played, name)
            if any(value is Undefined for value in given.values()):
                given = good_arguments(played, name)
            given |= {"first": 20} if "first" in named[2].args else {}
            text = (await played.apis[role].raw(operation(named, 2), **given)).text
            assert not [i for i in theirs if i in text], (role, name)


async def test_anothers_cursor_opens_nothing_of_theirs(played: Played, neighbour: Played) -> None:
    document = "query($after: String) { clients(first: 2, after: $after) { nodes { id } pageInfo { endCursor } } }"
    page = (await neighbour.apis["owner"].ask(document))["clients"]
    data = await played.apis["owner"].ask(document, after=page["pageInfo"]["endCursor"])
    assert {n["id"] for n in data["clients"]["nodes"]} <= set(played.pool["Client"])


async def test_the_same_idempotency_key_in_two_practices_has_two_effects(
    played: Played, neighbour: Played
) -> None:
    made = []
    for practice in (played, neighbour):
        given = await good_input(practice, "requestDeposit")
        given["input"]["idempotencyKey"] = "the same in both"
        payload = await practice.do("requestDeposit", given["input"])
        made.append(payload["retainerRequest"]["id"])
    assert made[0] != made[1]


async def test_a_token_of_one_practice_never_becomes_one_of_another(
    app_http: httpx.AsyncClient, played: Played, neighbour: Played
) -> None:
    """The practice's id stands in the token; with the other practice's id in its place the token is worth nothing."""
    import base64

    from tests.factories.api import Api

    token = played.apis["owner"]._headers["authorization"].removeprefix("Bearer sw_")
    body = base64.urlsafe_b64decode(token + "==")
    forged = base64.urlsafe_b64encode(neighbour.practice_id.bytes + body[16:]).decode().rstrip("=")
    answer = (await Api(app_http, f"sw_{forged}").raw("{ practice { name } }")).json()
    assert [e["extensions"]["code"] for e in answer["errors"]] == ["UNAUTHENTICATED"]
