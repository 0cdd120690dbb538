"""The scope written item by item before the contract, and what differs between its states."""

import asyncio
from dataclasses import replace
from datetime import date
from decimal import Decimal
from uuid import uuid4

import pytest

from db.queries import scopes as queries
from db.unit_of_work import read_only
from services import scopes, services_contracts
from services.actor import Actor
from services.calendars import CalendarTerms
from services.rules.errors import (
    DomainError,
    Forbidden,
    InvalidInput,
    NotFound,
    RuleViolation,
    Stale,
)
from services.rules.schedule import ConstraintKind, LagKind
from services.rules.scope import (
    AddDependency,
    AddExpectation,
    AddItem,
    AddItemCalendar,
    Change,
    ChangeCalendar,
    ChangeDependency,
    Dependency,
    Expectation,
    ExpectationKind,
    ItemCalendar,
    ItemKind,
    Pause,
    RemoveItem,
    ReviseItem,
    ScopeItem,
)
from services.scopes.differences import difference, summary_lines
from tests.factories.engagements import (
    NOW,
    Case,
    a_scoped_engagement,
    a_sent_order,
    a_signed_engagement,
    an_engagement,
    current_scope,
    engagement_row,
    sign_subject,
)
from tests.factories.practices import a_practice

pytestmark = pytest.mark.usefixtures("database")

CREW = ItemCalendar("crew", "Saturday crew", CalendarTerms("DK", "", frozenset({6})))


async def reading(case: Case) -> scopes.DraftReading:
    async with read_only(case.actor.scope()) as uow:
        scope, _ = await scopes.draft_scope(uow, case.engagement_id)
    return scopes.read_draft(scope, scopes.terms_of_engagement(await engagement_row(case)))


async def version_of(case: Case) -> int:
    async with read_only(case.actor.scope()) as uow:
        _, row = await scopes.draft_scope(uow, case.engagement_id)
    return int(row["version"])


async def change(
    case: Case, *changes: Change, actor: Actor | None = None, version: int = 0
) -> None:
    await scopes.change_draft(
        actor or case.actor,
        case.engagement_id,
        changes,
        expected_version=version or await version_of(case),
        now=NOW,
    )


async def test_a_scope_is_built_item_by_item_and_says_what_is_missing_on_the_way() -> None:
    case = await an_engagement()
    await change(case, AddItem(ScopeItem("site", "The site", ItemKind.SUMMARY)))
    first = await reading(case)
    assert first.state is None
    assert [(each.item_key, each.field, each.code) for each in first.problems] == [
        ("site", "kind", "SCOPE_INVALID")
    ]
    await change(
        case,
        AddItem(
            ScopeItem(
                "design",
                "Design",
                parent_key="site",
                fee_minor=4_000_000,
                tax_bps=2500,
                duration_days=5,
            )
        ),
        AddDependency(Dependency("design", "build")),
    )
    assert [each.field for each in (await reading(case)).problems] == ["dependencies.successor_key"]
    await change(
        case,
        AddItem(
            ScopeItem(
                "build", "Build", parent_key="site", position=1, quantity=Decimal("2.5"), unit="page",
                rate_minor=100_001, tax_bps=2500, duration_days=10,
            )
        ),
        AddExpectation(Expectation(ExpectationKind.ASSUMPTION, "Texts come in time.")),
    )  # fmt: skip
    done = await reading(case)
    assert done.problems == ()
    assert done.state is not None
    # Two and a half pages at 1 000.01 are 2 500.025, rounded to even 2 500.02.
    assert done.state.budget.fee_minor == 4_250_002
    assert done.state.budget.tax_minor == 1_062_500  # a quarter of 42 500.02 is 10 625.005
    assert done.state.schedule.finish_date == date(2026, 3, 20)
    assert await version_of(case) == 4


async def test_a_pause_and_a_calendar_in_a_draft_are_the_engagements() -> None:
    case = await a_scoped_engagement()
    before = await engagement_row(case)
    await change(
        case,
        Pause(date(2026, 3, 9), date(2026, 3, 13), "The board meets"),
        ChangeCalendar(add_days_off=(date(2026, 3, 16),)),
    )
    row = await engagement_row(case)
    assert row["days_off"] == [date(2026, 3, day) for day in (9, 10, 11, 12, 13, 16)]
    assert row["version"] == before["version"] + 1
    state = (await reading(case)).state
    assert state is not None
    # Five days of design to 6 March, six days off, ten of build from 17 March.
    assert state.schedule.finish_date == date(2026, 3, 30)


async def test_a_draft_with_something_missing_does_not_go_into_a_contract() -> None:
    case = await a_scoped_engagement()
    await change(case, AddItem(ScopeItem("more", "More", ItemKind.SUMMARY)))
    with pytest.raises(InvalidInput) as refused:
        await services_contracts.send_contract(
            case.actor,
            case.engagement_id,
            expected_version=(await engagement_row(case))["version"],
            idempotency_key=case.key(),
            now=NOW,
            today=NOW.date(),
        )
    assert refused.value.code == "SCOPE_INVALID"


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ([], "CHANGES_EMPTY", "changes"),
        ([ReviseItem("design", {"fee_minor": -1})], "SCOPE_INVALID", "fee_minor"),
        ([AddItem(ScopeItem("no key!", "x"))], "SCOPE_INVALID", "item_key"),
        ([RemoveItem("nobody")], "ITEM_NOT_FOUND", "changes.0.remove_item"),
        ([AddDependency(Dependency("design", "design"))], "SCOPE_INVALID", "dependencies.successor_key"),
        ([ReviseItem("design", {"title": "D"}), ChangeCalendar(country="XX")], "COUNTRY_UNKNOWN", "changes.country"),
        ([AddItemCalendar(replace(CREW, terms=CalendarTerms("DK", "ZZ")))], "REGION_UNKNOWN", "changes.region"),
    ],
)  # fmt: skip
async def test_a_change_that_cannot_be_leaves_the_draft_as_it_was(changes, code, field) -> None:
    case = await a_scoped_engagement()
    before = await reading(case)
    with pytest.raises(DomainError) as refused:
        await change(case, *changes)
    assert (refused.value.code, refused.value.field) == (code, field)
    assert (await reading(case)).scope == before.scope
    assert (await engagement_row(case))["country"] == "DK"
    assert await version_of(case) == 2


async def test_only_writers_of_the_practice_write_the_draft_and_only_before_the_contract() -> None:
    case = await a_scoped_engagement()
    more = AddItem(ScopeItem("more", "More"))
    with pytest.raises(Forbidden):
        await change(case, more, actor=case.people.accountant, version=2)
    with pytest.raises(NotFound) as refused:
        await change(case, more, actor=(await a_practice()).owner, version=2)
    assert refused.value.message == "No engagement with this id."
    with pytest.raises(Stale) as stale:
        await change(case, more, version=1)
    assert stale.value.details["current_version"] == 2
    signed = await a_signed_engagement()
    with pytest.raises(RuleViolation) as fixed:
        await change(signed, more, version=2)
    assert fixed.value.code == "TERMS_FIXED"
    assert len((await reading(case)).scope.items) == 4


async def test_of_ten_who_write_on_the_same_version_one_wins() -> None:
    case = await a_scoped_engagement()
    done = await asyncio.gather(
        *(change(case, AddItem(ScopeItem(f"more-{n}", "More")), version=2) for n in range(10)),
        return_exceptions=True,
    )
    assert sum(each is None for each in done) == 1
    assert {each.code for each in done if isinstance(each, DomainError)} == {"STALE_VERSION"}
    assert len((await reading(case)).scope.items) == 5


# Versions with calendars, shares and maximal lags


async def a_full_case() -> Case:
    """The small scope with a crew on Saturdays, a half-time task and a maximal lag, signed."""
    case = await a_scoped_engagement()
    await change(
        case,
        AddItemCalendar(CREW),
        ReviseItem("build", {"calendar_key": "crew", "allocation_bps": 5000}),
        ReviseItem("design", {"constraint_kind": ConstraintKind.AS_LATE_AS_POSSIBLE}),
        ChangeDependency("design", "build", lag_days=1, lag_kind=LagKind.ELAPSED, max_lag_days=4),
    )
    contract_id = await services_contracts.send_contract(
        case.actor,
        case.engagement_id,
        expected_version=(await engagement_row(case))["version"],
        idempotency_key=case.key(),
        now=NOW,
        today=NOW.date(),
    )
    await sign_subject(case.actor, "services_contract", contract_id)
    return replace(case, contract_id=contract_id)


async def test_a_version_with_calendars_reads_back_equal_with_its_fingerprint() -> None:
    case = await a_full_case()
    written = (await reading(case)).scope
    version = await current_scope(case)
    async with read_only(case.actor.scope()) as uow:
        loaded = await scopes.load_scope(uow, version)
        rows = {row["item_key"]: row for row in await queries.items_of(uow, [version["id"]])}
    assert {each.item_key: each for each in loaded.items} == {
        each.item_key: each for each in written.items
    }
    assert loaded.calendars == written.calendars == (CREW,)
    assert loaded.dependencies == written.dependencies
    assert rows["build"]["duration_days"] == 10
    # Design ends on Friday 6 March, one calendar day passes, and on Sunday the crew is off. Ten days at half time are twenty of
    # its six-day weeks from Monday 9 March.
    assert (rows["build"]["start_date"], rows["build"]["finish_date"]) == (
        date(2026, 3, 9),
        date(2026, 3, 31),
    )


async def test_the_rows_of_a_version_are_never_changed() -> None:
    case = await a_full_case()
    version = await current_scope(case)
    async with read_only(case.actor.scope()) as uow:
        (row,) = await queries.calendars_of(uow, [version["id"]])
    assert (row["key"], row["weekend"], row["country"]) == ("crew", [6], "DK")


# Differences

SHOP_EN = [
    "Added: A shop (shop), 25,000.00 DKK, 3 working days.",
    "New: A shop starts after Build finishes.",
    "New: Hand-over starts after A shop finishes.",
    "Fee: 100,000.00 DKK before, 125,000.00 DKK after (+25,000.00 DKK).",
    "Cost: 40,000.00 DKK before, 45,000.00 DKK after (+5,000.00 DKK).",
    "Delivery: 20 March 2026 before, 25 March 2026 after (+3 working days).",
]
SHOP_DA = [
    "Tilføjet: A shop (shop), 25.000,00 DKK, 3 arbejdsdage.",
    "Ny: A shop begynder efter, at Build er færdig.",
    "Ny: Hand-over begynder efter, at A shop er færdig.",
    "Honorar: før 100.000,00 DKK, nu 125.000,00 DKK (+25.000,00 DKK).",
    "Kostpris: før 40.000,00 DKK, nu 45.000,00 DKK (+5.000,00 DKK).",
    "Levering: før 20. marts 2026, nu 25. marts 2026 (+3 arbejdsdage).",
]


def spoken(found: scopes.differences.ScopeDifference, locale: str) -> list[str]:
    return [line.replace("\u00a0", " ") for line in summary_lines(found, locale)]


async def signed_order(case: Case, changes: list[Change] | None = None) -> None:
    order_id = await a_sent_order(case, changes)
    await sign_subject(case.actor, "change_order", order_id)


async def test_the_difference_of_two_versions_can_be_read_aloud_in_two_languages() -> None:
    case = await a_signed_engagement()
    await signed_order(case)
    found = await difference(case.actor, case.engagement_id, 1, 2)
    assert spoken(found, "en") == SHOP_EN
    assert spoken(found, "da") == SHOP_DA
    assert found.delivery_shift_days == 3
    assert [(each.item_key, each.shift_days) for each in found.moves] == [
        ("site", 3), ("handover", 3),
    ]  # fmt: skip
    back = await difference(case.actor, case.engagement_id, 2, 1)
    assert spoken(back, "en")[0] == "Removed: A shop (shop), 25,000.00 DKK, 3 working days."
    assert spoken(back, "en")[-1] == (
        "Delivery: 25 March 2026 before, 20 March 2026 after (−3 working days)."
    )
    same = await difference(case.actor, case.engagement_id, 2, 2)
    assert spoken(same, "en") == ["Nothing differs."]
    assert spoken(same, "da") == ["Ingen forskelle."]


async def test_a_signed_contract_holds_what_its_draft_said() -> None:
    case = await a_signed_engagement()
    found = await difference(case.actor, case.engagement_id, None, 1)
    assert spoken(found, "en") == ["Nothing differs."]
    assert (found.before.number, found.after.number, found.moves) == (None, 1, ())


EVERYTHING_EN = [
    "Build and test (build): title from Build to Build and test; phase from The site to the top of the outline; "
    "description set to Every page, tested on a telephone.; effort set to 75 hours 30 minutes; rate set to 900.00 DKK; "
    "fixed fee taken away (was 60,000.00 DKK); tax category from S (standard or reduced rate) to AE (reverse charge); "
    "tax rate from 25% to 0%; duration from 10 working days to 12 working days; "
    "deliverable taken away (was The site on the test server); "
    "date constraint from as soon as possible to start no earlier than 10 March 2026.",
    "Hand-over (handover): position from 3 to 9.",
    "Now: Hand-over starts at least 2 calendar days after Build and test finishes; "
    "before: Hand-over starts after Build finishes.",
    "Now not guaranteed: No sales are promised.",
    "Working days: the public holidays in Germany (Bayern) count instead of those in Denmark; "
    "also off: 16 March 2026 to 20 March 2026.",
    "Fee: 100,000.00 DKK before, 107,950.00 DKK after (+7,950.00 DKK).",
    # Twelve days from 10 March around a week of pause end on 1 April; two days later is Good Friday, so the milestone
    # stands at the end of Thursday. Thursday is no working day in Denmark, where the days are counted.
    "Delivery: 20 March 2026 before, 2 April 2026 after (+8 working days).",
]
EVERYTHING_DA = [
    "Build and test (build): titel fra Build til Build and test; fase fra The site til øverste niveau; "
    "beskrivelse sat til Every page, tested on a telephone.; tidsforbrug sat til 75 timer 30 minutter; "
    "sats sat til 900,00 DKK; fast honorar fjernet (var 60.000,00 DKK); "
    "momskategori fra S (normal eller nedsat sats) til AE (omvendt betalingspligt); momssats fra 25 % til 0 %; "
    "varighed fra 10 arbejdsdage til 12 arbejdsdage; leverance fjernet (var The site on the test server); "
    "datobinding fra så tidligt som muligt til begynder tidligst 10. marts 2026.",
    "Hand-over (handover): placering fra 3 til 9.",
    "Nu: Hand-over begynder tidligst 2 kalenderdage efter, at Build and test er færdig; "
    "før: Hand-over begynder efter, at Build er færdig.",
    "Nu uden garanti: No sales are promised.",
    "Arbejdsdage: helligdagene i Tyskland (Bayern) gælder i stedet for dem i Danmark; "
    "også fri: 16. marts 2026 til 20. marts 2026.",
    "Honorar: før 100.000,00 DKK, nu 107.950,00 DKK (+7.950,00 DKK).",
    "Levering: før 20. marts 2026, nu 2. april 2026 (+8 arbejdsdage).",
]


async def test_every_kind_of_change_is_said() -> None:
    case = await a_signed_engagement()
    await signed_order(
        case,
        [
            ReviseItem(
                "build",
                {
                    "title": "Build and test", "duration_days": 12, "fee_minor": None, "rate_minor": 90_000,
                    "effort_minutes": 4_530, "tax_code": "AE", "tax_bps": 0, "parent_key": None, "quantity": None,
                    "constraint_kind": ConstraintKind.START_NO_EARLIER_THAN, "constraint_date": date(2026, 3, 10),
                    "description": "Every page, tested on a telephone.", "deliverable": "",
                },
            ),
            ReviseItem("handover", {"position": 9}),
            ChangeDependency("build", "handover", lag_days=2, lag_kind=LagKind.ELAPSED),
            AddExpectation(Expectation(ExpectationKind.NO_GUARANTEE, "No sales are promised.")),
            Pause(date(2026, 3, 16), date(2026, 3, 20), "Holiday"),
            ChangeCalendar(country="DE", region="BY"),
        ],
    )  # fmt: skip
    found = await difference(case.actor, case.engagement_id, 1, 2)
    english, danish = spoken(found, "en"), spoken(found, "da")
    assert english == EVERYTHING_EN
    assert danish == EVERYTHING_DA


async def test_a_version_that_is_not_there_is_named_and_a_stranger_finds_nothing() -> None:
    case = await a_signed_engagement()
    for before, after, field in ((1, 2, "to"), (0, 1, "from")):
        with pytest.raises(NotFound) as refused:
            await difference(case.actor, case.engagement_id, before, after)
        assert (refused.value.code, refused.value.field) == ("SCOPE_VERSION_NOT_FOUND", field)
    for engagement_id in (case.engagement_id, uuid4()):
        with pytest.raises(NotFound) as refused:
            await difference((await a_practice()).owner, engagement_id, 1, 1)
        assert refused.value.message == "No engagement with this id."


async def test_a_draft_that_is_not_complete_is_compared_without_figures() -> None:
    case = await an_engagement()
    await change(case, AddItem(ScopeItem("site", "The site", ItemKind.SUMMARY)))
    found = await difference(case.actor, case.engagement_id, None, None)
    assert (found.before.totals, found.delivery_shift_days) == (None, None)
    assert spoken(found, "en") == ["Nothing differs."]


async def test_the_agreed_calendar_of_an_engagement_holds_its_pauses() -> None:
    case = await a_signed_engagement()
    await signed_order(case, [Pause(date(2026, 3, 16), date(2026, 3, 17))])
    terms = await scopes.agreed_calendar(case.actor, case.engagement_id)
    assert terms == CalendarTerms("DK", days_off=(date(2026, 3, 16), date(2026, 3, 17)))
    assert await scopes.agreed_calendar(
        case.actor, (await an_engagement(case.people)).engagement_id
    ) == CalendarTerms("DK")
