"""Handing over, taking back, rejecting, and what silence does: on the real database, with the clock of the story."""

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from db.queries import acceptances as queries
from db.unit_of_work import read_only
from services import acceptances, clients, invoices
from services.acceptances.handovers import LINK_OUTLIVES_TEST
from services.practices import system_actor
from services.rules.acceptances import Reason
from services.rules.errors import Conflict, DomainError, Forbidden, NotFound
from services.rules.scope import Change, ReviseItem
from services.sweep import sweep
from tests.factories.clients import a_client
from tests.factories.deliveries import (
    ENDS,
    HANDED_OVER,
    LAST_DAY,
    SECOND,
    delivered,
    delivery_row,
    mails_of,
    recipient_rows,
    rejected,
    signer_of,
    states_of,
)
from tests.factories.engagements import (
    Case,
    a_scoped_engagement,
    a_sent_order,
    a_signed_engagement,
    sign_subject,
)
from tests.factories.practices import a_practice

pytestmark = pytest.mark.usefixtures("database")

CLIENT, OWNER = "signer@havn.example", "owner@nordlys.example"


async def refusal(awaitable: Any) -> tuple[str, str | None]:
    """The code and the field of a refusal."""
    with pytest.raises(DomainError) as refused:
        await awaitable
    return refused.value.code, refused.value.field


async def acceptance(case: Case, item_key: str = "design") -> Any:
    async with read_only(case.actor.scope()) as uow:
        return await queries.acceptance_of(uow, case.engagement_id, item_key)


async def rejections(case: Case, *delivery_ids: UUID) -> list[Any]:
    async with read_only(case.actor.scope()) as uow:
        return await queries.rejections_of(uow, delivery_ids)


async def accept(case: Case, item_key: str = "design", **changes: Any) -> UUID:
    values = {"accepted_on": HANDED_OVER.date(), "note": "said so", "now": HANDED_OVER, "today": HANDED_OVER.date()}  # fmt: skip
    return await acceptances.accept_item(
        changes.pop("actor", case.actor), case.engagement_id, item_key, **{**values, **changes}
    )


# --- handing over --------------------------------------------------------------------------------------------------------


async def test_a_delivery_keeps_what_was_shown_and_until_when_it_is_tested() -> None:
    case = await a_signed_engagement()
    design, build = await delivered(case, "design", "build", note="On the test server.")
    row = await delivery_row(case, design)
    assert (row["round"], row["number"], row["status"]) == (1, 1, "in_test")
    assert (row["title"], row["deliverable"], row["criteria"]) == (
        "Design", "Drawings of every page", ["The board has approved them"],
    )  # fmt: skip
    assert (row["delivered_on"], row["test_days"]) == (date(2026, 3, 2), 10)
    assert (row["test_until"], row["test_ends_at"]) == (LAST_DAY, ENDS)
    # Two working days before, at eight in the morning in Copenhagen.
    assert row["remind_at"] == datetime(2026, 3, 12, 7, tzinfo=UTC)
    assert row["clause"].isdigit()
    other = await delivery_row(case, build)
    assert (other["handover_id"], other["criteria"]) == (row["handover_id"], [])
    assert await states_of(case) == {
        "design": "in_test",
        "build": "in_test",
        "handover": "not_delivered",
    }
    # One mail for both, to everybody who signs.
    assert await mails_of(case) == [("delivery_made", CLIENT)]
    (told,) = await recipient_rows(case, design)
    assert told["expires_at"] == ENDS + LINK_OUTLIVES_TEST


async def test_the_clause_is_cited_by_the_number_that_the_contract_prints() -> None:
    import io

    import docx

    case = await a_signed_engagement()
    (design,) = await delivered(case)
    row = await delivery_row(case, design)
    async with read_only(case.actor.scope()) as uow:
        html = await uow.fetchval(
            """
            select d.preview_html from document d join services_contract c on c.tenant_id = d.tenant_id and c.document_id = d.id
            where d.tenant_id = $1 and c.tenant_id = $1 and c.id = $2
            """,
            uow.tenant_id, case.contract_id,
        )  # fmt: skip
        content = await uow.fetchval(
            """
            select d.content from document d join services_contract c on c.tenant_id = d.tenant_id and c.document_id = d.id
            where d.tenant_id = $1 and c.tenant_id = $1 and c.id = $2
            """,
            uow.tenant_id, case.contract_id,
        )  # fmt: skip
    assert f'<span class="number">{row["clause"]}.</span> Acceptance</h2>' in html
    assert "within 10 working days" in "\n".join(
        paragraph.text.replace("\xa0", " ") for paragraph in docx.Document(io.BytesIO(content)).paragraphs
    )  # fmt: skip


@pytest.mark.parametrize(
    ("on", "terms", "until", "ends"),
    [
        # Easter 2026: Thu 2, Fri 3 and Mon 6 April are no working days in Denmark.
        ("2026-03-27", {}, "2026-04-15", "2026-04-15T22:00"),
        ("2026-03-27", {"country": None, "law": "DK"}, "2026-04-10", "2026-04-10T22:00"),
        ("2026-03-27", {"days_off": [date(2026, 4, 7)]}, "2026-04-16", "2026-04-16T22:00"),
        ("2026-03-27", {"weekend": [4, 5]}, "2026-04-14", "2026-04-14T22:00"),
        # Store Bededag is a working day since 2024; Ascension Day on 14 May and Whit Monday on 25 May are not.
        ("2026-05-12", {"test_period_days": 9}, "2026-05-27", "2026-05-27T22:00"),
        # Christmas, New Year, and winter time again.
        ("2026-12-22", {"test_period_days": 3}, "2026-12-28", "2026-12-28T23:00"),
        # From a Saturday.
        ("2026-03-07", {"test_period_days": 1}, "2026-03-09", "2026-03-09T23:00"),
    ],
)
async def test_the_period_runs_on_the_calendar_of_the_contract(
    on: str, terms: dict[str, Any], until: str, ends: str
) -> None:
    case = await a_signed_engagement(**terms)
    now = datetime.fromisoformat(on).replace(hour=11, tzinfo=UTC)
    (design,) = await delivered(case, now=now)
    row = await delivery_row(case, design)
    assert row["test_until"] == date.fromisoformat(until)
    assert row["test_ends_at"] == datetime.fromisoformat(ends).replace(tzinfo=UTC)


async def test_what_cannot_be_handed_over_is_refused_and_leaves_nothing() -> None:
    case = await a_signed_engagement()
    tomorrow = HANDED_OVER.date() + timedelta(days=1)
    other = await a_client(case.actor, "Another")
    for keys, changes, expected in (
        (["shop"], {}, ("ITEM_NOT_FOUND", "itemKeys.0")),
        (["design", "site"], {}, ("ITEM_IS_SUMMARY", "itemKeys.1")),
        (["design", "design"], {}, ("ITEM_TWICE", "itemKeys")),
        ([f"k{n}" for n in range(101)], {}, ("OUT_OF_RANGE", "itemKeys")),
        (["design"], {"delivered_on": tomorrow}, ("DATE_ORDER", "deliveredOn")),
        (["design"], {"delivered_on": date(1999, 1, 1)}, ("DATE_OUT_OF_RANGE", "deliveredOn")),
        # Ten working days from 13 February end on the 27th: nobody could test any more.
        (["design"], {"delivered_on": date(2026, 2, 13)}, ("TEST_PERIOD_PASSED", "deliveredOn")),
        (["design"], {"note": "a\x00b"}, ("TEXT_INVALID", "note")),
        (["design"], {"agreement": "x" * 1001}, ("TEXT_TOO_LONG", "agreement")),
        (["design"], {"contact_ids": [uuid4()]}, ("NOT_FOUND", "contactIds.0")),
        (
            ["design"],
            {"contact_ids": [case.client.signer_id, other.signer_id]},
            ("NOT_FOUND", "contactIds.1"),
        ),
    ):
        assert await refusal(delivered(case, *keys, **changes)) == expected
    assert (await refusal(acceptances.deliver(
        case.actor, case.engagement_id, [], delivered_on=HANDED_OVER.date(), idempotency_key="none", now=HANDED_OVER,
        today=HANDED_OVER.date(),
    ))) == ("OUT_OF_RANGE", "itemKeys")  # fmt: skip
    unsigned = await a_scoped_engagement()
    assert (await refusal(delivered(unsigned)))[0] == "NO_SCOPE_VERSION"
    assert set((await states_of(case)).values()) == {"not_delivered"}
    assert await mails_of(case) == []


async def test_only_those_who_write_hand_over_take_back_and_write_rejections_down() -> None:
    case = await a_signed_engagement()
    (design,) = await delivered(case)
    stranger = (await a_practice()).owner

    async def as_actor(actor: Any) -> list[type[Exception]]:
        found: list[type[Exception]] = []
        for attempt in (
            acceptances.deliver(
                actor, case.engagement_id, ["build"], delivered_on=HANDED_OVER.date(), idempotency_key=str(uuid4()),
                now=HANDED_OVER, today=HANDED_OVER.date(),
            ),
            acceptances.withdraw(actor, design, reason="no", now=HANDED_OVER),
            acceptances.revoke_link(actor, design, case.client.signer_id, now=HANDED_OVER),
            rejected(case, design, actor=actor),
        ):  # fmt: skip
            with pytest.raises(DomainError) as refused:
                await attempt
            found.append(type(refused.value))
        return found

    assert await as_actor(case.people.accountant) == [Forbidden] * 4
    assert await as_actor(system_actor(case.people.practice_id)) == [Forbidden] * 4
    assert await as_actor(stranger) == [NotFound] * 4
    # A contact may say no, but neither hands over nor takes back.
    contact = signer_of(case)
    for attempt in (
        delivered(replace(case, people=replace(case.people, owner=contact)), "build"),
        acceptances.withdraw(contact, design, reason="no", now=HANDED_OVER),
        acceptances.revoke_link(contact, design, case.client.signer_id, now=HANDED_OVER),
    ):
        with pytest.raises(Forbidden):
            await attempt
    for act in (acceptances.end_test_period, acceptances.remind):
        row = await delivery_row(case, design)
        with pytest.raises(Forbidden):
            await act(case.people.assistant, row["handover_id"], case.engagement_id, now=ENDS)
    assert (await delivery_row(case, design))["status"] == "in_test"
    assert (await states_of(case))["build"] == "not_delivered"


async def test_a_handover_is_made_once_however_often_it_is_sent() -> None:
    case = await a_signed_engagement()
    ids = await asyncio.gather(*(delivered(case, idempotency_key="same") for _ in range(6)))
    assert len({tuple(each) for each in ids}) == 1
    assert len(await mails_of(case)) == 1
    with pytest.raises(Conflict) as reused:
        await delivered(case, "build", idempotency_key="same")
    assert reused.value.code == "IDEMPOTENCY_KEY_REUSED"


async def test_of_many_handovers_of_one_item_at_once_one_is_with_the_client() -> None:
    case = await a_signed_engagement()

    async def once() -> str:
        try:
            await delivered(case)
        except Conflict as error:
            return error.code
        return "done"

    ends = Counter(await asyncio.gather(*(once() for _ in range(10))))
    assert ends == {"done": 1, "ALREADY_DELIVERED": 9}


async def test_who_is_told_can_be_chosen_and_an_old_contact_cannot() -> None:
    case = await a_signed_engagement()
    (design,) = await delivered(case, contact_ids=[case.client.billing_id])
    assert await mails_of(case) == [("delivery_made", "billing@havn.example")]
    assert len(await recipient_rows(case, design)) == 1
    await clients.update_contact(
        case.actor,
        case.client.signer_id,
        clients.ContactDetails(name="Søren", email="s@havn.example", locale="da", roles=["signer"]),
        is_active=False,
        expected_version=1,
        now=HANDED_OVER,
    )
    assert await refusal(delivered(case, "build")) == ("NO_SIGNER", "contactIds")
    gone = delivered(case, "build", contact_ids=[case.client.signer_id])
    assert await refusal(gone) == ("NOT_FOUND", "contactIds.0")


async def test_a_new_link_ends_the_old_one() -> None:
    case = await a_signed_engagement()
    (design,) = await delivered(case)
    (before,) = await recipient_rows(case, design)
    await acceptances.revoke_link(case.people.assistant, design, case.client.signer_id, now=ENDS)
    (after,) = await recipient_rows(case, design)
    assert after["link_hash"] != before["link_hash"]
    assert len(await mails_of(case, "delivery_made")) == 2
    assert await refusal(
        acceptances.revoke_link(case.actor, design, case.client.billing_id, now=ENDS)
    ) == ("NOT_FOUND", "contactId")
    late = acceptances.revoke_link(
        case.actor, design, case.client.signer_id, now=ENDS + LINK_OUTLIVES_TEST
    )
    assert (await refusal(late))[0] == "LINK_EXPIRED"


# --- the client's word ---------------------------------------------------------------------------------------------------


async def test_an_acceptance_ends_the_test_and_cites_the_delivery() -> None:
    case = await a_signed_engagement()
    (design,) = await delivered(case)
    await accept(case, actor=signer_of(case), note="")
    row = await acceptance(case)
    assert (row["kind"], row["delivery_id"], row["clause"]) == ("given", design, "")
    assert (await delivery_row(case, design))["status"] == "accepted"
    assert (await mails_of(case))[-1] == ("delivery_accepted", OWNER)
    assert await refusal(delivered(case)) == ("ALREADY_ACCEPTED", "itemKeys.0")
    assert await refusal(rejected(case, design)) == ("ALREADY_ACCEPTED", "deliveryId")
    withdrawal = acceptances.withdraw(case.actor, design, reason="x", now=HANDED_OVER)
    assert await refusal(withdrawal) == ("ALREADY_ACCEPTED", "deliveryId")
    await sweep(ENDS)
    assert (await acceptance(case))["kind"] == "given"


async def test_rounds_follow_the_contract_and_each_is_kept(
    owner_connection: asyncpg.Connection,
) -> None:
    case = await a_signed_engagement(correction_rounds=2)
    ids = []
    for number in (1, 2, 3):
        now = HANDED_OVER + timedelta(days=7 * (number - 1))
        (design,) = await delivered(case, now=now)
        ids.append(design)
        row = await delivery_row(case, design)
        assert (row["round"], row["number"], row["test_until"]) == (
            number, number, [date(2026, 3, 16), date(2026, 3, 23), date(2026, 3, 30)][number - 1],
        )  # fmt: skip
        await rejected(case, design, now=now + timedelta(days=1))
        assert (await states_of(case))["design"] == ("disputed" if number == 3 else "rejected")
    assert [row["is_final"] for row in sorted(await rejections(case, *ids), key=lambda r: r["recorded_at"])] == [
        False, False, True,
    ]  # fmt: skip
    assert await acceptance(case) is None
    now = HANDED_OVER + timedelta(days=30)
    assert await refusal(delivered(case, now=now)) == ("CORRECTION_ROUNDS_USED", "itemKeys.0")
    # One round more, because the client agreed to it; its rejection is final as well.
    (fourth,) = await delivered(case, now=now, agreement="Søren asked for one more by telephone.")
    assert (await delivery_row(case, fourth))["agreement"] == "Søren asked for one more by telephone."  # fmt: skip
    await rejected(case, fourth, now=now)
    assert (await rejections(case, fourth))[0]["is_final"]
    # Or they keep it at a reduced fee: the word is theirs still.
    await accept(case)
    assert (await acceptance(case))["delivery_id"] == fourth
    assert (await delivery_row(case, fourth))["status"] == "rejected"
    assert (await states_of(case))["design"] == "accepted"
    for statement in (
        "update delivery_rejection set text = 'x'",
        "delete from delivery_rejection",
        "update delivery set title = 'x'",
        "update delivery set status = 'in_test', decided_at = null",
        "delete from delivery",
        "update handover set test_until = test_until + 30",
        "delete from handover",
    ):
        with pytest.raises(asyncpg.IntegrityConstraintViolationError):
            await owner_connection.execute(statement)


async def test_a_rejection_says_where_and_by_whom(owner_connection: asyncpg.Connection) -> None:
    case = await a_signed_engagement()
    (design,) = await delivered(case)
    day = HANDED_OVER.date()
    other = await a_client(case.actor, "Another")
    for changes, expected in (
        ({"reasons": []}, ("REASON_MISSING", "reasons")),
        ({"reasons": [Reason(2, "x")]}, ("CRITERION_UNKNOWN", "reasons.0.criterion")),
        ({"contact_id": None}, ("REQUIRED", "contactId")),
        ({"contact_id": uuid4()}, ("NOT_FOUND", "contactId")),
        ({"contact_id": other.signer_id}, ("NOT_FOUND", "contactId")),
        ({"rejected_on": day + timedelta(days=1)}, ("DATE_ORDER", "rejectedOn")),
        ({"rejected_on": day - timedelta(days=1)}, ("DATE_ORDER", "rejectedOn")),
        ({"rejected_on": date(2500, 1, 1)}, ("DATE_OUT_OF_RANGE", "rejectedOn")),
    ):
        assert await refusal(rejected(case, design, **changes)) == expected
    assert await refusal(rejected(case, uuid4())) == ("NOT_FOUND", "deliveryId")
    stranger = signer_of(Case(case.people, other, case.engagement_id))
    with pytest.raises(Forbidden):
        await rejected(case, design, actor=stranger)
    assert (await delivery_row(case, design))["status"] == "in_test"
    await rejected(case, design, actor=signer_of(case), contact_id=None, text="See page 3.")
    (row,) = await rejections(case, design)
    assert (row["contact_id"], row["member_id"], row["rejected_on"], row["text"]) == (
        case.client.signer_id, None, day, "See page 3.",
    )  # fmt: skip
    mail = await owner_connection.fetchrow(
        "select recipient_email, data::jsonb->>'reasons' as reasons from outbox_message where kind = 'delivery_rejected' and tenant_id = $1",
        case.people.practice_id,
    )
    assert mail is not None
    assert tuple(mail) == (
        OWNER, "The board has approved them: The board has not seen page 3\nSee page 3.",
    )  # fmt: skip
    assert await refusal(rejected(case, design)) == ("DELIVERY_DECIDED", "deliveryId")


async def test_a_rejected_item_cannot_be_billed_and_an_accepted_one_can() -> None:
    case = await a_signed_engagement()
    design, build = await delivered(case, "design", "build")
    await rejected(case, design)

    async def bill(*keys: str) -> UUID:
        return await invoices.draft_invoice(
            case.actor, case.engagement_id, item_keys=list(keys), idempotency_key=case.key(), now=HANDED_OVER, today=HANDED_OVER.date(),
        )  # fmt: skip

    assert (await refusal(bill("design")))[0] == "ITEM_NOT_ACCEPTED"
    await sweep(ENDS)
    assert (await acceptance(case, "build"))["delivery_id"] == build
    assert await bill("build")
    assert (await refusal(bill("design")))[0] == "ITEM_NOT_ACCEPTED"


async def test_a_redelivery_is_not_older_than_the_rejection_and_starts_anew() -> None:
    case = await a_signed_engagement()
    (design,) = await delivered(case)
    wednesday = HANDED_OVER + timedelta(days=2)
    await rejected(case, design, now=wednesday)
    early = delivered(case, now=wednesday, delivered_on=date(2026, 3, 3))
    assert await refusal(early) == ("DATE_ORDER", "deliveredOn")
    (again,) = await delivered(case, now=wednesday)
    row = await delivery_row(case, again)
    assert (row["round"], row["test_until"]) == (2, date(2026, 3, 18))
    # The first test's end means nothing to the second.
    await sweep(ENDS)
    assert (await states_of(case))["design"] == "in_test"
    await sweep(datetime(2026, 3, 18, 23, tzinfo=UTC))
    row = await acceptance(case)
    assert (row["kind"], row["accepted_on"], row["delivery_id"]) == (
        "deemed",
        date(2026, 3, 19),
        again,
    )


async def test_a_delivery_made_by_mistake_is_taken_back_and_counts_no_round() -> None:
    case = await a_signed_engagement()
    design, build = await delivered(case, "design", "build")
    assert await refusal(acceptances.withdraw(case.actor, design, reason=" ", now=HANDED_OVER)) == (
        "REQUIRED",
        "reason",
    )
    await acceptances.withdraw(case.people.assistant, design, reason="The wrong file.", now=HANDED_OVER)  # fmt: skip
    row = await delivery_row(case, design)
    assert (row["status"], row["withdrawal_reason"]) == ("withdrawn", "The wrong file.")
    assert (await states_of(case)) | {"handover": ""} == {
        "design": "not_delivered", "build": "in_test", "handover": "",
    }  # fmt: skip
    assert (await mails_of(case))[-1] == ("delivery_withdrawn", CLIENT)
    again = acceptances.withdraw(case.actor, design, reason="Again", now=HANDED_OVER)
    assert await refusal(again) == ("DELIVERY_DECIDED", "deliveryId")
    assert await refusal(rejected(case, design)) == ("DELIVERY_DECIDED", "deliveryId")
    (new,) = await delivered(case, now=HANDED_OVER + timedelta(days=1))
    row = await delivery_row(case, new)
    assert (row["round"], row["number"], row["test_until"]) == (1, 2, date(2026, 3, 17))
    await sweep(ENDS)
    assert (await states_of(case))["design"] == "in_test"
    assert (await acceptance(case, "build"))["delivery_id"] == build


# --- silence -------------------------------------------------------------------------------------------------------------


async def test_silence_is_acceptance_on_the_day_after_and_both_are_told() -> None:
    case = await a_signed_engagement()
    design, build = await delivered(case, "design", "build")
    await rejected(case, build, reasons=[], text="It does not start.")
    await sweep(ENDS - SECOND)
    assert await acceptance(case) is None
    await sweep(ENDS)
    row = await acceptance(case)
    assert (row["kind"], row["accepted_on"], row["delivery_id"]) == (
        "deemed", date(2026, 3, 17), design,
    )  # fmt: skip
    assert row["clause"] == (await delivery_row(case, design))["clause"]
    assert (row["contact_id"], row["member_id"], row["recorded_at"]) == (None, None, ENDS)
    # A rejection is a word: it never becomes an acceptance.
    assert await acceptance(case, "build") is None
    assert await states_of(case) == {
        "design": "deemed", "build": "rejected", "handover": "not_delivered",
    }  # fmt: skip
    mails = await mails_of(case)
    assert mails[-2:] == [("delivery_deemed", CLIENT), ("delivery_deemed_accepted", OWNER)]
    for _ in range(2):
        await sweep(ENDS + timedelta(days=400))
    assert await mails_of(case) == mails


async def test_the_client_is_reminded_once_and_only_of_what_is_unanswered() -> None:
    case = await a_signed_engagement()
    design, build = await delivered(case, "design", "build")
    eight = datetime(2026, 3, 12, 7, tzinfo=UTC)
    await sweep(eight - SECOND)
    assert await mails_of(case, "delivery_reminder") == []
    await rejected(case, build, reasons=[], text="It does not start.")
    await asyncio.gather(*(sweep(eight + n * SECOND) for n in range(4)))
    assert await mails_of(case, "delivery_reminder") == [("delivery_reminder", CLIENT)]
    await sweep(ENDS - SECOND)
    assert len(await mails_of(case, "delivery_reminder")) == 1
    # Nobody who has answered is reminded.
    answered = await a_signed_engagement()
    (one,) = await delivered(answered)
    await rejected(answered, one)
    await sweep(eight)
    assert await mails_of(answered, "delivery_reminder") == []
    assert (await recipient_rows(case, design))[0]["reminded_at"] is not None


async def test_without_the_clause_silence_says_nothing() -> None:
    case = await a_signed_engagement(test_period_days=0)
    (design,) = await delivered(case)
    row = await delivery_row(case, design)
    assert (row["test_until"], row["test_ends_at"], row["clause"], row["test_days"]) == (None, None, "", 0)  # fmt: skip
    await sweep(HANDED_OVER + timedelta(days=3650))
    assert (await states_of(case))["design"] == "in_test"
    assert await acceptance(case) is None
    # And rejections have no bound of time or number.
    now = HANDED_OVER
    for _ in range(4):
        now += timedelta(days=100)
        await rejected(case, design, now=now)
        assert (await states_of(case))["design"] == "rejected"
        (design,) = await delivered(case, now=now)


async def test_who_objects_after_the_end_is_told_so_whether_or_not_the_sweep_was_there() -> None:
    case = await a_signed_engagement()
    (design,) = await delivered(case)
    for _ in range(2):
        refused = rejected(case, design, now=ENDS, rejected_on=LAST_DAY, today=date(2026, 3, 17))
        assert (await refusal(refused))[0] == "TEST_PERIOD_ENDED"
        withdrawal = acceptances.withdraw(case.actor, design, reason="x", now=ENDS)
        assert (await refusal(withdrawal))[0] == "TEST_PERIOD_ENDED"
        await sweep(ENDS)
    assert (await delivery_row(case, design))["status"] == "deemed"


async def test_a_rejection_at_the_last_moment_and_the_sweep_end_in_one_of_the_two() -> None:
    people = await a_practice()
    for _ in range(6):
        case = await a_signed_engagement(people)
        (design,) = await delivered(case)
        # The client's clock is a second short of midnight, the worker's has struck.
        said, *swept = await asyncio.gather(
            rejected(case, design, now=ENDS - SECOND, today=LAST_DAY, rejected_on=LAST_DAY),
            *(sweep(ENDS) for _ in range(3)),
            return_exceptions=True,
        )
        # Under the lock nobody even tries what the database would refuse.
        assert [getattr(each, "failed", each) for each in swept] == [0, 0, 0]
        found, rows = await acceptance(case), await rejections(case, design)
        status = (await delivery_row(case, design))["status"]
        if isinstance(said, BaseException):
            assert isinstance(said, DomainError)
            assert said.code == "TEST_PERIOD_ENDED"
            assert (status, found["kind"], rows) == ("deemed", "deemed", [])
            assert len(await mails_of(case, "delivery_deemed")) >= 1
        else:
            assert (status, found, len(rows)) == ("rejected", None, 1)


async def test_sweeps_at_once_accept_once() -> None:
    case = await a_signed_engagement()
    await delivered(case, "design", "build")
    swept = await asyncio.gather(*(sweep(ENDS) for _ in range(5)))
    assert [each.failed for each in swept] == [0] * 5
    assert len(await mails_of(case, "delivery_deemed")) == 1
    assert len(await mails_of(case, "delivery_deemed_accepted")) == 1
    async with read_only(case.actor.scope()) as uow:
        rows = await queries.acceptances_of(uow, [case.engagement_id])
    assert [(row["item_key"], row["kind"]) for row in rows] in (
        [("design", "deemed"), ("build", "deemed")], [("build", "deemed"), ("design", "deemed")],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ([ReviseItem("design", {"acceptance_criteria": "And the mayor"})], "lapsed"),
        ([ReviseItem("design", {"deliverable": "Drawings and a model"})], "lapsed"),
        ([ReviseItem("design", {"fee_minor": 4_100_000})], "deemed"),
        ([ReviseItem("build", {"deliverable": "Two sites"})], "deemed"),
    ],
)
async def test_silence_says_nothing_about_what_was_agreed_after_the_handing_over(
    changes: list[Change], status: str
) -> None:
    case = await a_signed_engagement()
    (design,) = await delivered(case)
    order_id = await a_sent_order(case, changes)
    await sign_subject(case.actor, "change_order", order_id, now=HANDED_OVER)
    await sweep(ENDS)
    assert (await delivery_row(case, design))["status"] == status
    assert (await acceptance(case) is None) == (status == "lapsed")
    if status == "lapsed":
        assert (await mails_of(case))[-1] == ("delivery_lapsed", OWNER)
        assert (await states_of(case))["design"] == "not_delivered"
        (again,) = await delivered(case, now=ENDS + timedelta(hours=9))
        assert (await delivery_row(case, again))["round"] == 1


async def test_what_is_due_in_one_practice_leaves_the_other_untouched(
    owner_connection: asyncpg.Connection,
) -> None:
    due, other = await a_signed_engagement(), await a_signed_engagement()
    await delivered(due)
    await delivered(other, now=HANDED_OVER + timedelta(days=1))
    await sweep(ENDS - SECOND)
    # Alerts may be raised in either: a late forecast is not what this is about.
    trail = """
        select count(*) from audit_event where tenant_id = $1
          and table_name in ('handover', 'delivery', 'delivery_recipient', 'delivery_rejection', 'acceptance')
        """
    before = await owner_connection.fetchval(trail, other.people.practice_id)
    assert due.people.practice_id in await queries.practices_with_test_periods_due(ENDS)
    assert other.people.practice_id not in await queries.practices_with_test_periods_due(ENDS)
    await sweep(ENDS)
    assert (await states_of(due))["design"] == "deemed"
    assert await owner_connection.fetchval(trail, other.people.practice_id) == before
    assert due.people.practice_id not in await queries.practices_with_test_periods_due(ENDS)


async def test_one_handover_that_cannot_end_keeps_back_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    case = await a_signed_engagement()
    (design,) = await delivered(case)
    await delivered(case, "build")
    stuck = (await delivery_row(case, design))["handover_id"]
    real = queries.deliveries_of_handover

    async def failing(uow: Any, handover_id: UUID) -> Any:
        if handover_id == stuck:
            raise OSError("the server went away, and said who it was")
        return await real(uow, handover_id)

    monkeypatch.setattr(queries, "deliveries_of_handover", failing)
    assert (await sweep(ENDS)).failed == 1
    assert await states_of(case) == {
        "design": "in_test", "build": "deemed", "handover": "not_delivered",
    }  # fmt: skip
    monkeypatch.undo()
    await sweep(ENDS)
    assert (await states_of(case))["design"] == "deemed"


async def test_the_database_keeps_silence_apart_from_a_word(
    owner_connection: asyncpg.Connection,
) -> None:
    case = await a_signed_engagement()
    (design,) = await delivered(case)
    await accept(case)
    row = await acceptance(case)
    for change in (
        "kind = 'deemed'",
        "kind = 'guessed'",
        "contact_id = null, member_id = null",
        "clause = '9'",
    ):
        with pytest.raises(asyncpg.IntegrityConstraintViolationError):
            async with owner_connection.transaction():
                await owner_connection.execute("alter table acceptance disable trigger append_only")
                await owner_connection.execute(
                    f"update acceptance set {change} where id = $1", row["id"]
                )
    with pytest.raises(asyncpg.UniqueViolationError):
        await owner_connection.execute(
            """
            insert into delivery_recipient select tenant_id, gen_random_uuid(), handover_id, contact_id, link_hash, 1, expires_at
            from delivery_recipient where handover_id = $1
            """,
            (await delivery_row(case, design))["handover_id"],
        )  # fmt: skip
