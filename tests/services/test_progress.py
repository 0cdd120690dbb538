"""Progress and cost: taken whole or not at all, never overwritten, read as of a date and as of what was known."""

import asyncio
from datetime import date, timedelta

import asyncpg
import pytest

from db.queries import progress as queries
from db.unit_of_work import read_only
from services import progress
from services.actor import Actor
from services.rules.errors import Conflict, DomainError, Forbidden, NotFound
from services.rules.money import Money
from services.rules.progress import ItemProgress, ItemReport
from tests.factories.engagements import (
    a_change_order,
    a_scoped_engagement,
    a_sent_order,
    a_signed_engagement,
    sign_subject,
)
from tests.factories.money import MARCH, accept, dkk, noon
from tests.factories.practices import a_practice
from tests.factories.progress import budget, report, spend

pytestmark = pytest.mark.usefixtures("database")


async def known(case, on: date, **values) -> dict[str, ItemProgress]:
    async with read_only(case.actor.scope()) as uow:
        return await progress.progress_as_of(uow, case.engagement_id, on, **values)


async def entries(case, table="progress_entry") -> list:
    async with read_only(case.actor.scope()) as uow:
        return await queries.entries_page(
            uow, table, engagement_id=case.engagement_id, item_key=None, after=None, before=None, limit=99, is_backward=True
        )  # fmt: skip


async def code_of(doing) -> tuple[str, str | None]:
    with pytest.raises(DomainError) as refused:
        await doing
    return refused.value.code, refused.value.field


async def test_the_newest_report_by_a_date_counts_and_none_is_overwritten(
    owner_connection: asyncpg.Connection,
) -> None:
    case = await a_signed_engagement()
    await report(case, MARCH[4], design=50)
    await report(case, MARCH[6], design=80)
    half = ItemProgress(5_000, MARCH[2], None, MARCH[4])
    assert await known(case, MARCH[3]) == {}
    assert await known(case, MARCH[5]) == {"design": half}
    assert await known(case, MARCH[6]) == {"design": ItemProgress(8_000, MARCH[2], None, MARCH[6])}
    # A correction of the same day wins over what was said first; what was known then can still be told.
    await report(
        case,
        MARCH[6],
        ItemReport("design", 7_000, note="One page was thrown away."),
        today=MARCH[7],
    )
    assert (await known(case, MARCH[6]))["design"].percent_complete_bps == 7_000
    assert (await known(case, MARCH[6], known_at=noon(MARCH[6])))[
        "design"
    ].percent_complete_bps == 8_000
    assert len(await entries(case)) == 3
    for statement in ("update progress_entry set note = ''", "delete from progress_entry"):
        with pytest.raises(asyncpg.IntegrityConstraintViolationError):
            await owner_connection.execute(statement)


async def test_a_report_with_one_bad_line_is_refused_whole() -> None:
    case = await a_signed_engagement()
    bad = ItemReport("build", 10_000, MARCH[6], MARCH[4])
    assert await code_of(report(case, MARCH[6], ItemReport("design", 5_000), bad)) == (
        "DATE_ORDER",
        "entries.1.actualFinish",
    )
    assert await entries(case) == []
    ids = await report(case, MARCH[6], design=50, build=10)
    assert [row["id"] for row in await entries(case)] == list(ids)


async def test_what_cannot_be_reported_is_refused_and_nothing_is_written() -> None:
    case = await a_signed_engagement()
    await a_sent_order(case)
    await report(case, MARCH[6], design=60)
    before = await entries(case)
    assert await code_of(report(case, MARCH[6], shop=10)) == ("ITEM_NOT_FOUND", "entries.0.itemKey")
    assert await code_of(report(case, MARCH[6], site=10)) == ("ITEM_IS_SUMMARY", "entries.0.itemKey")  # fmt: skip
    assert await code_of(report(case, MARCH[6], design=50)) == ("PROGRESS_DECREASED", "entries.0.percentCompleteBps")  # fmt: skip
    assert await code_of(report(case, MARCH[4], design=70, )) == ("PROGRESS_DECREASED", "entries.0.percentCompleteBps")  # fmt: skip
    assert await code_of(report(case, MARCH[9], today=MARCH[6], design=70)) == ("DATE", "statusDate")  # fmt: skip
    assert await code_of(report(case, MARCH[6])) == ("PROGRESS_EMPTY", "entries")
    draft = await a_scoped_engagement(case.people)
    assert await code_of(report(draft, MARCH[6], design=50)) == ("NO_SCOPE_VERSION", None)
    assert await entries(case) == before


async def test_an_item_that_the_client_accepted_is_complete() -> None:
    case = await a_signed_engagement()
    await report(case, MARCH[4], design=50)
    await accept(case, "design", on=MARCH[5])
    await accept(case, "build", on=MARCH[6])
    assert (await known(case, MARCH[4]))["design"].percent_complete_bps == 5_000
    assert await known(case, MARCH[6]) == {
        "design": ItemProgress(10_000, MARCH[2], MARCH[5], MARCH[5]),
        "build": ItemProgress(10_000, None, MARCH[6], MARCH[6]),
    }
    assert await code_of(report(case, MARCH[6], design=90)) == (
        "ACCEPTED_ITEM_INCOMPLETE",
        "entries.0.percentCompleteBps",
    )


async def test_an_item_that_a_signed_order_brought_in_can_be_reported() -> None:
    case = await a_signed_engagement()
    order_id = await a_sent_order(case)
    await sign_subject(case.actor, "change_order", order_id)
    await report(case, MARCH[6], shop=10)
    assert set(await known(case, MARCH[6])) == {"shop"}


async def test_who_may_report_and_whose() -> None:
    case = await a_signed_engagement()
    stranger = (await a_practice()).owner
    contact = Actor(case.people.practice_id, "client", contact_id=case.client.signer_id)
    for actor, error in (
        (case.people.accountant, Forbidden), (contact, Forbidden), (stranger, NotFound),
    ):  # fmt: skip
        with pytest.raises(error):
            await progress.record_progress(
                actor, case.engagement_id, [ItemReport("design", 1)], status_date=MARCH[4],
                idempotency_key="k", now=noon(MARCH[4]), today=MARCH[4],
            )  # fmt: skip
        with pytest.raises(error):
            await progress.record_cost(
                actor, case.engagement_id, amount=dkk(1), spent_on=MARCH[4], idempotency_key="k", now=noon(MARCH[4]),
                today=MARCH[4],
            )  # fmt: skip
    with pytest.raises(Forbidden):
        await progress.record_cost(
            case.people.assistant, case.engagement_id, amount=dkk(1), spent_on=MARCH[4], idempotency_key="k",
            now=noon(MARCH[4]), today=MARCH[4],
        )  # fmt: skip
    await progress.record_progress(
        case.people.assistant, case.engagement_id, [ItemReport("design", 1)], status_date=MARCH[4], idempotency_key="k",
        now=noon(MARCH[4]), today=MARCH[4],
    )  # fmt: skip
    assert len(await entries(case)) == 1
    assert await entries(case, "cost_entry") == []


async def test_the_same_report_sent_ten_times_at_once_is_one() -> None:
    case = await a_signed_engagement()

    async def once(percent: int):
        return await progress.record_progress(
            case.actor, case.engagement_id, [ItemReport("design", percent)], status_date=MARCH[4],
            idempotency_key="once", now=noon(MARCH[4]), today=MARCH[4],
        )  # fmt: skip

    answers = await asyncio.gather(*(once(5_000) for _ in range(10)))
    assert len(set(answers)) == 1
    assert len(await entries(case)) == 1
    with pytest.raises(Conflict) as other:
        await once(6_000)
    assert other.value.code == "IDEMPOTENCY_KEY_REUSED"


# --- cost ----------------------------------------------------------------------------------------------------------------


async def test_a_cost_stands_on_an_item_or_on_the_whole_and_adds_up() -> None:
    case = await a_signed_engagement()
    await spend(case, MARCH[4], dkk(3_000), "design", effort_minutes=240)
    await spend(case, MARCH[6], dkk(500, 50), "design")
    await spend(case, MARCH[6], dkk(120), note="Train to Aarhus")
    await spend(case, MARCH[6], dkk(0), "build", effort_minutes=60)
    found = (await budget(case, MARCH[6])).standing
    assert found.items["design"].spent_minor == 350_050
    assert (found.unassigned.spent_minor, found.total.spent_minor) == (12_000, 362_050)
    assert found.total.spent_effort_minutes == 300
    assert (await budget(case, MARCH[5])).standing.total.spent_minor == 300_000


async def test_a_mistake_is_put_right_by_an_entry_of_the_other_sign() -> None:
    case = await a_signed_engagement()
    await spend(case, MARCH[4], dkk(3_000), "design", effort_minutes=60)
    await spend(case, MARCH[9], dkk(1_000), "design")
    minus = Money(-250_000, "DKK")
    assert await code_of(spend(case, MARCH[6], minus, "design")) == ("REQUIRED", "note")
    assert await code_of(spend(case, MARCH[6], minus, "build", note="Wrong item")) == ("COST_BELOW_ZERO", "amount")  # fmt: skip
    too_early = spend(case, MARCH[3], minus, "design", note="Before it was spent")
    assert await code_of(too_early) == ("COST_BELOW_ZERO", "amount")
    less_work = spend(case, MARCH[6], dkk(0), "design", effort_minutes=-61, note="Less")
    assert await code_of(less_work) == ("COST_BELOW_ZERO", "effortMinutes")
    await spend(case, MARCH[6], minus, "design", effort_minutes=-60, note="Typed twice")
    assert await code_of(spend(case, MARCH[9], Money(-150_001, "DKK"), "design", note="More")) == ("COST_BELOW_ZERO", "amount")  # fmt: skip
    assert [row["amount_minor"] for row in await entries(case, "cost_entry")] == [
        300_000, 100_000, -250_000,
    ]  # fmt: skip
    assert (await budget(case, MARCH[9])).standing.items["design"].spent_minor == 150_000


@pytest.mark.parametrize(
    ("values", "code", "field"),
    [
        ({"amount": dkk(0)}, "COST_EMPTY", "amount"),
        ({"amount": Money(10**15 + 1, "DKK")}, "AMOUNT_TOO_LARGE", "amount"),
        ({"amount": Money(100, "EUR")}, "CURRENCY_MISMATCH", "amount"),
        ({"effort_minutes": 10_000_001}, "OUT_OF_RANGE", "effortMinutes"),
        ({"item_key": "site"}, "ITEM_IS_SUMMARY", "itemKey"),
        ({"item_key": "nobody"}, "ITEM_NOT_FOUND", "itemKey"),
        ({"spent_on": MARCH[9]}, "DATE", "spentOn"),
        ({"note": "a\x00b"}, "TEXT_INVALID", "note"),
    ],
)
async def test_a_cost_that_cannot_be_is_refused(values, code: str, field: str) -> None:
    case = await a_signed_engagement()
    given = {"amount": dkk(1), **values}
    assert await code_of(spend(case, MARCH[4], **given)) == (code, field)
    assert await entries(case, "cost_entry") == []


async def test_what_was_taken_out_of_the_scope_still_takes_its_costs() -> None:
    from services.rules.scope import RemoveItem

    case = await a_signed_engagement()
    order_id = await a_change_order(case, [RemoveItem("design")])
    assert order_id is not None
    order_id = await a_sent_order(case, [RemoveItem("design")])
    await sign_subject(case.actor, "change_order", order_id)
    await spend(case, MARCH[4], dkk(400), "design", note="Done before it was dropped")
    found = (await budget(case, MARCH[4])).standing
    assert "design" not in found.items
    assert (found.unassigned.spent_minor, found.total.spent_minor) == (40_000, 40_000)
    assert await code_of(report(case, MARCH[4], design=50)) == ("ITEM_NOT_FOUND", "entries.0.itemKey")  # fmt: skip


async def test_two_corrections_at_once_never_take_back_more_than_was_spent() -> None:
    case = await a_signed_engagement()
    await spend(case, MARCH[4], dkk(100), "design")

    async def back(_: int) -> str:
        try:
            await spend(case, MARCH[5], Money(-6_000, "DKK"), "design", note="Back")
        except DomainError as error:
            return error.code
        return "done"

    ends = await asyncio.gather(*(back(each) for each in range(5)))
    assert sorted(ends) == ["COST_BELOW_ZERO"] * 4 + ["done"]
    assert (await budget(case, MARCH[4] + timedelta(days=1))).standing.total.spent_minor == 4_000
