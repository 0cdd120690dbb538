"""An engagement with a small scope that can be reckoned by hand, and the way to its signatures.

The scope, from Monday 2 March 2026 on Danish working days: design 5 days (DKK 40 000), then build 10 days (DKK 60 000), then
hand-over. Design ends on Friday 6 March, build and the hand-over on Friday 20 March.
"""

import json
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from db.queries import engagements as queries
from db.queries import envelopes as envelope_queries
from db.unit_of_work import read_only
from services import change_orders, engagements, scopes, services_contracts, signing
from services.actor import Actor
from services.change_orders import ChangeOrderDetails
from services.engagements import EngagementDetails
from services.rules.schedule import LinkKind
from services.rules.scope import AddDependency, AddItem, Change, Dependency, ScopeItem
from services.rules.signatures import CONSENT_VERSION
from tests.factories.clients import ClientPeople, a_client, link_of
from tests.factories.practices import NOW, People, a_practice

TODAY = NOW.date()
LATER = NOW + timedelta(hours=2)

DETAILS = EngagementDetails(
    name="New website",
    kind="consulting",
    start_date=date(2026, 3, 2),
    tax_bps=2500,
    country="DK",
    locale="en",
)

SMALL_PLAN: dict[str, Any] = {
    "name": "Website",
    "items": [
        {"id": "site", "name": "The site"},
        {
            "id": "design",
            "name": "Design",
            "parent": "site",
            "duration_days": 5,
            "fee": "40000.00",
            "cost": "10000.00",
            "deliverable": "Drawings of every page",
            "acceptance_criteria": "The board has approved them",
        },
        {
            "id": "build",
            "name": "Build",
            "parent": "site",
            "duration_days": 10,
            "fee": "60000.00",
            "cost": "30000.00",
            "deliverable": "The site on the test server",
        },
        {"id": "handover", "name": "Hand-over", "duration_days": 0},
    ],
    "dependencies": [{"from": "design", "to": "build"}, {"from": "build", "to": "handover"}],
}


@dataclass(frozen=True)
class Case:
    """A practice, its client and one engagement."""

    people: People
    client: ClientPeople
    engagement_id: UUID
    contract_id: UUID | None = None
    keys: list[str] = field(default_factory=list)

    @property
    def actor(self) -> Actor:
        """The owner."""
        return self.people.owner

    def key(self) -> str:
        """A fresh idempotency key."""
        self.keys.append("k")
        return f"test-{self.engagement_id}-{len(self.keys)}"


async def engagement_row(case: Case) -> Any:
    """The engagement as it is stored."""
    async with read_only(case.actor.scope()) as uow:
        return await engagements.found(uow, case.engagement_id)


async def an_engagement(
    people: People | None = None, client: ClientPeople | None = None, **changes: Any
) -> Case:
    """A draft with an empty scope."""
    people = people or await a_practice()
    client = client or await a_client(people.owner)
    engagement_id = await engagements.create_engagement(
        people.owner, client.client_id, replace(DETAILS, **changes), now=NOW, today=TODAY
    )
    return Case(people, client, engagement_id)


async def a_scoped_engagement(people: People | None = None, **changes: Any) -> Case:
    """A draft with the small scope."""
    case = await an_engagement(people, **changes)
    await scopes.import_scope(
        case.actor,
        case.engagement_id,
        text=json.dumps(SMALL_PLAN),
        file_format="json",
        expected_version=1,
        now=NOW,
    )
    return case


async def a_sent_contract(people: People | None = None, **changes: Any) -> Case:
    """The small scope in a contract that is out for signature."""
    case = await a_scoped_engagement(people, **changes)
    contract_id = await services_contracts.send_contract(
        case.actor,
        case.engagement_id,
        expected_version=2,
        idempotency_key=case.key(),
        now=NOW,
        today=TODAY,
    )
    return replace(case, contract_id=contract_id)


async def a_signed_engagement(people: People | None = None, **changes: Any) -> Case:
    """The small scope, signed: scope version 1 is current."""
    case = await a_sent_contract(people, **changes)
    await sign_subject(case.actor, "services_contract", case.contract_id)
    return case


async def link_to(actor: Actor, subject_kind: str, subject_id: UUID | None) -> tuple[str, str]:
    """The token of the client's signer of the newest envelope about a thing, and the paper's fingerprint."""
    assert subject_id is not None
    async with read_only(actor.scope()) as uow:
        envelope = (await envelope_queries.envelopes_of_subjects(uow, subject_kind, [subject_id]))[
            -1
        ]
        signers = await envelope_queries.signers_of(uow, [envelope["id"]])
    signer = next(row for row in signers if row["party"] == "client")
    return link_of(actor, signer["id"], signer["link_generation"]), envelope["fingerprint"]


async def sign_subject(
    actor: Actor, subject_kind: str, subject_id: UUID | None, *, now: datetime = LATER
) -> signing.Signed:
    """Sign as the client's page would."""
    token, fingerprint = await link_to(actor, subject_kind, subject_id)
    return await signing.sign(
        token,
        fingerprint=fingerprint,
        name="Søren",
        consent_version=CONSENT_VERSION,
        ip="192.0.2.7",
        user_agent="Firefox",
        now=now,
    )


def a_shop(key: str = "shop", *, fee_minor: int = 2_500_000, days: int = 3) -> list[Change]:
    """One more task after the build, before the hand-over."""
    return [
        AddItem(
            ScopeItem(
                key,
                "A shop",
                parent_key="site",
                position=9,
                fee_minor=fee_minor,
                cost_minor=500_000,
                tax_bps=2500,
                duration_days=days,
                deliverable="A shop in the site",
            )
        ),
        AddDependency(Dependency("build", key)),
        AddDependency(Dependency(key, "handover", LinkKind.FINISH_TO_START)),
    ]


async def a_change_order(case: Case, changes: list[Change] | None = None, **values: Any) -> UUID:
    """A drafted order for the shop, asked for by the client's signer."""
    details = ChangeOrderDetails(
        title="A shop",
        changes=changes or a_shop(),
        reason_text="They want to sell on the site.",
        requested_by=case.client.signer_id,
    )
    return await change_orders.create_change_order(
        case.actor, case.engagement_id, replace(details, **values), now=NOW, today=TODAY
    )


async def a_sent_order(case: Case, changes: list[Change] | None = None, **values: Any) -> UUID:
    """An order that is out for signature."""
    order_id = await a_change_order(case, changes, **values)
    await change_orders.send_change_order(
        case.actor,
        order_id,
        expected_version=1,
        idempotency_key=case.key(),
        now=LATER,
        today=TODAY,
    )
    return order_id


async def current_scope(case: Case) -> Any:
    """The current scope version's row."""
    async with read_only(case.actor.scope()) as uow:
        engagement = await queries.engagement_by_id(uow, case.engagement_id)
        return await scopes.current_version(uow, engagement)
