"""Previews on the real database: the reserve, the way out, pauses that are signed, what is remembered, and comparisons."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import uuid4

import orjson
import pytest

from db.queries import change_orders as queries
from db.unit_of_work import read_only, unit_of_work
from services import acceptances, change_orders, scopes
from services.change_orders import CandidateDetails, standing
from services.change_orders.standing import RememberedVersions
from services.engagements import found
from services.rules.calendars import CalendarTerms
from services.rules.change_orders import ChangeReason
from services.rules.errors import InvalidInput, NotFound, RuleViolation
from services.rules.scope import (
    Accelerate,
    ChangeCalendar,
    ChangeKind,
    Pause,
    RemoveItem,
    ReviseItem,
)
from tests.factories.engagements import (
    LATER,
    TODAY,
    Case,
    a_change_order,
    a_sent_order,
    a_shop,
    a_signed_engagement,
    current_scope,
    sign_subject,
)
from tests.factories.practices import a_practice

pytestmark = pytest.mark.usefixtures("database")

PAUSE = Pause(date(2026, 3, 9), date(2026, 3, 13), "Winter holiday")
DEARER = [ReviseItem("build", {"fee_minor": 6_400_000})]


async def previewed(case: Case, changes, **values):
    return (
        await change_orders.preview_changes(case.actor, case.engagement_id, changes, **values)
    ).preview


async def order_row(case: Case, order_id):
    async with read_only(case.actor.scope()) as uow:
        return await queries.change_order_by_id(uow, order_id)


# Pauses and calendars


async def test_a_signed_pause_is_kept_in_the_next_version_and_moves_the_delivery() -> None:
    case = await a_signed_engagement()
    seen = await previewed(case, [PAUSE])
    assert (seen.kinds, seen.change_days) == ({ChangeKind.PAUSE}, 5)
    # 20 March and five working days: Friday 27 March 2026.
    assert (seen.delivery_before, seen.delivery_after) == (date(2026, 3, 20), date(2026, 3, 27))
    order_id = await a_sent_order(case, [PAUSE])
    row = await order_row(case, order_id)
    assert (row["change_days"], row["completion_after"]) == (5, date(2026, 3, 27))
    await sign_subject(case.actor, "change_order", order_id)
    version = await current_scope(case)
    assert version["delivery_date"] == date(2026, 3, 27)
    assert version["days_off"] == [date(2026, 3, day) for day in range(9, 14)]
    # The next preview starts from the paused calendar, and goes over Easter (2, 3 and 6 April).
    again = await previewed(case, [ReviseItem("build", {"duration_days": 15})])
    assert (again.delivery_before, again.delivery_after) == (date(2026, 3, 27), date(2026, 4, 8))
    assert again.change_days == 5


async def test_another_weekend_is_signed_and_kept_too() -> None:
    case = await a_signed_engagement()
    order_id = await a_sent_order(case, [ChangeCalendar(weekend=frozenset({6}))])
    await sign_subject(case.actor, "change_order", order_id)
    version = await current_scope(case)
    # Fifteen days with Saturdays: 2 to 7, 9 to 14, 16 to 18 March.
    assert (version["weekend"], version["delivery_date"]) == ([6], date(2026, 3, 18))
    assert scopes.terms_of_version(version).calendar == CalendarTerms(
        country="DK", weekend=frozenset({6})
    )


# The reserve


async def test_two_orders_draw_on_the_reserve_until_it_is_used_up() -> None:
    case = await a_signed_engagement(contingency_bps=500)
    assert (await current_scope(case))["contingency_minor"] == 500_000
    first = await a_sent_order(case, DEARER, contingency_draw_minor=400_000)
    row = await order_row(case, first)
    assert (row["contingency_draw_minor"], row["change_minor"]) == (400_000, 400_000)
    assert orjson.loads(row["preview"])["contingency"] == {
        "before_minor": 500_000,
        "drawn_minor": 400_000,
        "after_minor": 100_000,
    }
    await sign_subject(case.actor, "change_order", first)
    version = await current_scope(case)
    assert (version["fee_minor"], version["contingency_minor"]) == (10_400_000, 100_000)
    with pytest.raises(RuleViolation) as refused:
        await a_change_order(case, a_shop(), contingency_draw_minor=100_001)
    assert refused.value.code == "CONTINGENCY_EXCEEDED"
    second = await a_sent_order(case, a_shop(), contingency_draw_minor=100_000)
    await sign_subject(case.actor, "change_order", second)
    version = await current_scope(case)
    assert (version["fee_minor"], version["contingency_minor"]) == (12_900_000, 0)


async def test_a_draw_that_another_order_used_up_meanwhile_stops_the_signature() -> None:
    case = await a_signed_engagement(contingency_bps=500)
    order_id = await a_change_order(case, DEARER, contingency_draw_minor=400_000)
    async with unit_of_work(case.actor.scope()) as uow:
        await uow.execute(
            "update change_order set contingency_draw_minor = 500001 where tenant_id = $1 and id = $2",
            uow.tenant_id, order_id,
        )  # fmt: skip
    with pytest.raises(RuleViolation) as refused:
        await change_orders.preview_order(case.actor, order_id)
    assert refused.value.code == "CONTINGENCY_EXCEEDED"


@pytest.mark.parametrize(
    ("changes", "draw", "code"),
    [
        (DEARER, 400_001, "DRAW_EXCEEDS_CHANGE"),
        ([RemoveItem("handover")], 1, "DRAW_EXCEEDS_CHANGE"),
        ([PAUSE], 1, "DRAW_EXCEEDS_CHANGE"),
        (a_shop(), 500_001, "CONTINGENCY_EXCEEDED"),
        (DEARER, -1, "OUT_OF_RANGE"),
    ],
)
async def test_a_draw_that_cannot_be_is_refused_and_nothing_is_drafted(changes, draw, code) -> None:
    case = await a_signed_engagement(contingency_bps=500)
    with pytest.raises((RuleViolation, InvalidInput)) as refused:
        await a_change_order(case, changes, contingency_draw_minor=draw)
    assert (refused.value.code, refused.value.field) == (code, "contingency_draw")
    async with read_only(case.actor.scope()) as uow:
        assert await queries.change_orders_of(uow, [case.engagement_id]) == []


# The way out


async def test_what_is_accepted_is_earned_and_lessens_the_kill_fee() -> None:
    case = await a_signed_engagement(kill_fee_bps=2000)
    seen = (await previewed(case, DEARER)).kill_fee
    assert (seen.before.amount_minor, seen.after.amount_minor) == (2_000_000, 2_080_000)
    await acceptances.accept_item(
        case.actor,
        case.engagement_id,
        "design",
        accepted_on=TODAY,
        contact_id=case.client.signer_id,
        now=LATER,
        today=TODAY,
    )
    seen = (await previewed(case, DEARER)).kill_fee
    assert (seen.before.unearned_minor, seen.after.unearned_minor) == (6_000_000, 6_400_000)
    assert (seen.before.amount_minor, seen.after.amount_minor) == (1_200_000, 1_280_000)


# The reason


async def test_our_own_error_costs_the_client_no_minimum_fee() -> None:
    case = await a_signed_engagement(change_minimum_fee_minor=150_000)
    changes = [ReviseItem("build", {"duration_days": 11})]
    assert (await previewed(case, changes)).totals.this_change_minor == 150_000
    seen = await previewed(case, changes, reason=ChangeReason.OWN_ERROR)
    assert (seen.totals.this_change_minor, seen.change_days) == (0, 1)
    order_id = await a_sent_order(case, changes, reason="own_error")
    await sign_subject(case.actor, "change_order", order_id)
    assert (await current_scope(case))["fee_minor"] == 10_000_000


async def test_an_order_sent_before_the_reason_counted_is_signed_as_it_was_sent(
    owner_connection,
) -> None:
    case = await a_signed_engagement(change_minimum_fee_minor=150_000)
    changes = [ReviseItem("build", {"duration_days": 11})]
    order_id = await a_sent_order(case, changes, reason="client_request")
    async with owner_connection.transaction():
        # As an older release wrote it: another reason, of which its figures know nothing.
        await owner_connection.execute("set local session_replication_role = replica")
        await owner_connection.execute(
            """update change_order set reason = 'own_error', preview = preview - 'reason' - 'kinds' - 'contingency'
               - 'retention' - 'kill_fee' - 'shifts' - 'arrangements' where id = $1""",
            order_id,
        )
    await sign_subject(case.actor, "change_order", order_id)
    assert (await current_scope(case))["fee_minor"] == 10_150_000


# What is remembered


async def test_a_preview_after_a_signature_starts_from_the_new_version() -> None:
    case = await a_signed_engagement()
    before = await previewed(case, DEARER)
    order_id = await a_sent_order(case)
    await sign_subject(case.actor, "change_order", order_id)
    after = await previewed(case, DEARER)
    assert before.totals.sum_before_minor == 10_000_000
    assert (after.totals.sum_before_minor, after.totals.previously_approved_minor) == (
        12_500_000,
        2_500_000,
    )
    assert after.base_fingerprint != before.base_fingerprint


async def test_what_binds_reads_and_proves_the_rows_again(owner_connection) -> None:
    case = await a_signed_engagement()
    draft = await a_change_order(case)
    await previewed(case, DEARER)
    async with owner_connection.transaction():
        await owner_connection.execute("set local session_replication_role = replica")
        await owner_connection.execute(
            "update scope_item set title = 'Tampered' where item_key = 'design' and tenant_id = $1",
            case.actor.tenant_id,
        )
    with pytest.raises(RuntimeError, match="does not hash"):
        await change_orders.send_change_order(
            case.actor, draft, expected_version=1, idempotency_key=case.key(), now=LATER, today=TODAY
        )  # fmt: skip
    assert (await order_row(case, draft))["status"] == "draft"


async def test_versions_are_remembered_by_practice_and_forgotten_when_there_are_many() -> None:
    case = await a_signed_engagement()
    async with read_only(case.actor.scope()) as uow:
        start = (await standing.standing(uow, await found(uow, case.engagement_id))).start
    remembered = RememberedVersions(items=10)  # four items each
    one, other, version = uuid4(), uuid4(), uuid4()
    remembered.put(one, version, start)
    assert remembered.get(one, version) is start
    assert remembered.get(other, version) is None
    remembered.put(one, version, start)
    remembered.put(other, version, start)
    assert len(remembered) == 2
    remembered.get(one, version)
    remembered.put(one, uuid4(), start)
    assert (remembered.get(one, version), remembered.get(other, version)) == (start, None)


async def test_a_stranger_previews_nothing_of_what_is_remembered() -> None:
    case = await a_signed_engagement()
    await previewed(case, DEARER)
    stranger = (await a_practice()).owner
    with pytest.raises(NotFound):
        await change_orders.preview_changes(stranger, case.engagement_id, DEARER)
    with pytest.raises(NotFound):
        await change_orders.compare_changes(
            stranger, case.engagement_id, [CandidateDetails("a", lambda _: DEARER)]
        )
    with pytest.raises(NotFound):
        await change_orders.preview_order(stranger, await a_change_order(case))


# Side by side


async def test_drafts_and_changes_are_compared_with_each_other() -> None:
    case = await a_signed_engagement(contingency_bps=500)
    draft = await a_change_order(case, title="The shop")
    compared = await change_orders.compare_changes(
        case.actor,
        case.engagement_id,
        [
            CandidateDetails(change_order_id=draft),
            CandidateDetails("Faster", lambda _: [Accelerate("build", 7, premium_minor=900_000)]),
            CandidateDetails("Later", lambda _: [PAUSE]),
            CandidateDetails("Lost", lambda _: [RemoveItem("nowhere")]),
        ],
    )
    comparison = compared.comparison
    assert [
        (each.candidate.label, each.preview.change_days if each.preview else each.error.code)
        for each in comparison.outcomes
    ] == [("The shop", 3), ("Faster", -3), ("Later", 5), ("Lost", "ITEM_NOT_FOUND")]
    assert (comparison.cheapest, comparison.earliest, comparison.best_margin) == (
        ("Later",),
        ("Faster",),
        ("The shop",),
    )
    together = comparison.combination.preview
    assert (together.totals.this_change_minor, together.change_days) == (3_400_000, 5)
    assert together.delivery_after == date(2026, 3, 27)


async def test_an_order_of_another_engagement_is_no_candidate() -> None:
    case, other = await a_signed_engagement(), await a_signed_engagement()
    order_id = await a_change_order(other)
    for details in (
        CandidateDetails(change_order_id=order_id),
        CandidateDetails(change_order_id=uuid4()),
    ):
        with pytest.raises(NotFound) as refused:
            await change_orders.compare_changes(case.actor, case.engagement_id, [details])
        assert refused.value.field == "candidates.0.changeOrderId"
    same = await a_signed_engagement(case.people)
    foreign = await a_change_order(same)
    with pytest.raises(NotFound):
        await change_orders.compare_changes(
            case.actor, case.engagement_id, [CandidateDetails(change_order_id=foreign)]
        )


async def test_a_candidate_is_one_thing_and_there_are_not_too_many() -> None:
    case = await a_signed_engagement()
    fine = CandidateDetails("fine", lambda _: DEARER)
    for details, code, field in (
        ([fine, CandidateDetails("none")], "CANDIDATE_AMBIGUOUS", "candidates.1"),
        ([replace(fine, change_order_id=uuid4())], "CANDIDATE_AMBIGUOUS", "candidates.0"),
        ([fine] * 9, "TOO_MANY_CANDIDATES", "candidates"),
        ([], "CANDIDATES_MISSING", "candidates"),
        ([fine, fine], "LABEL_TAKEN", "candidates.1.label"),
    ):
        with pytest.raises(InvalidInput) as refused:
            await change_orders.compare_changes(case.actor, case.engagement_id, details)
        assert (refused.value.code, refused.value.field) == (code, field)


# The paper


async def test_the_paper_tells_the_pause_the_reserve_and_the_deliverables() -> None:
    case = await a_signed_engagement(contingency_bps=500)
    order_id = await a_sent_order(case, [PAUSE, *DEARER], contingency_draw_minor=400_000)
    row = await order_row(case, order_id)
    async with read_only(case.actor.scope()) as uow:
        payloads = [
            orjson.loads(
                await uow.fetchval(
                    "select payload from document where tenant_id = $1 and id = $2", uow.tenant_id, row[each]
                )
            )
            for each in ("document_id", "translation_id")
        ]  # fmt: skip
    for paper in payloads:
        assert paper["pauses"] == [
            {
                "first_day": "2026-03-09",
                "last_day": "2026-03-13",
                "working_days": 5,
                "reason": "Winter holiday",
            }
        ]
        assert [
            (each["name"], each["before"], each["after"], each["shift_days"])
            for each in paper["deliverables"]
        ] == [("Build", "2026-03-20", "2026-03-27", 5)]
        assert paper["contingency"]["after"] == {"amount_minor": 100_000, "currency": "DKK"}
        assert (paper["calendars"], paper["links"], paper["expectations"]) == (None, None, None)
        assert [line["kind"] for line in paper["lines"]] == ["re_price"]
        assert paper["sums"]["after"]["amount_minor"] == 10_400_000
    assert row["expires_at"] > LATER + timedelta(days=13)
