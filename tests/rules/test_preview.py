"""What a preview says, kind of change by kind of change, with figures and dates that can be reckoned by hand.

The scope is that of `test_scope`: wireframes 2 to 6 March 2026, layout 9 to 18 March, a day of lag, pages 20 March to 2 April,
launch on 2 April. It comes to DKK 53 250.12 before tax.
"""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.rules.calendars import CalendarTerms, WorkingCalendar
from services.rules.change_orders import (
    ChangeClause,
    ChangeReason,
    KillFeeBasis,
    changes_between,
    draw_contingency,
)
from services.rules.change_orders.arrangements import ArrangementKind
from services.rules.errors import InvalidInput, RuleViolation
from services.rules.scope import (
    Accelerate,
    AddDependency,
    AddExpectation,
    AddItem,
    AddItemCalendar,
    ChangeCalendar,
    ChangeDependency,
    ChangeKind,
    Dependency,
    Expectation,
    ExpectationKind,
    ItemCalendar,
    ItemKind,
    Pause,
    RemoveDependency,
    RemoveItem,
    ReviseItem,
    Scope,
    ScopeItem,
    scope_fingerprint,
)
from tests.rules.test_change_orders import SHOP, SITE_SUM, START, previewed
from tests.rules.test_scope import SITE

PAUSE = Pause(date(2026, 3, 9), date(2026, 3, 13), "The board meets")
FASTER = Accelerate("pages", 7, premium_minor=300_000, extra_cost_minor=100_000)
SATURDAYS = ChangeCalendar(weekend=frozenset({6}))


def day(text):
    return date.fromisoformat(f"2026-{text}")


# Orders that were sent before previews could do all this


@pytest.mark.parametrize(
    ("changes", "values", "fingerprint"),
    [
        (SHOP, {}, "ce38a59032be38fdf2b272b4fe4df2489c18ef271dd4208526819579cc4a5491"),
        (
            [RemoveItem("wireframes")],
            {
                "contingency_minor": 400_000,
                "retention_bps": 500,
                "clause": ChangeClause(minimum_fee_minor=75_000, tax_bps=2500),
            },
            "c85b88ff87452f20f7a547ee6c0181bcc3780bb63f842c2b7b084b1228578b13",
        ),
        (
            [ReviseItem("wireframes", {"duration_days": 6})],
            {
                "contingency_bps": 1000,
                "clause": ChangeClause(minimum_fee_minor=75_000, tax_bps=2500),
            },
            "aaffd9a6fd8f0e6d95fe38107620f9bc28c7c2acd66d151e840f74875ca357d0",
        ),
    ],
    ids=["shop", "removal", "minimum fee"],
)
def test_an_order_that_was_sent_long_ago_still_has_its_fingerprint(changes, values, fingerprint):
    assert previewed(changes, **values).fingerprint == fingerprint


# Kinds of change


@pytest.mark.parametrize(
    ("changes", "kinds", "fee", "cost", "days", "delivery"),
    [
        ([AddItem(ScopeItem("extra", "Extra", fee_minor=100, cost_minor=40, duration_days=1))],
         {"add"}, 100, 40, 0, "04-02"),
        ([RemoveItem("wireframes")], {"remove"}, -1_200_000, 0, -5, "03-26"),
        ([ReviseItem("layout", {"duration_days": 10})], {"re_estimate"}, 0, 0, 2, "04-06"),
        ([ReviseItem("layout", {"effort_minutes": 1200})], {"re_estimate"}, -450_000, 0, 0, "04-02"),
        ([ReviseItem("wireframes", {"fee_minor": 1_300_000})], {"re_price"}, 100_000, 0, 0, "04-02"),
        ([ChangeDependency("design", "pages")], {"re_sequence"}, 0, 0, -1, "04-01"),
        ([RemoveDependency("design", "pages")], {"re_sequence"}, 0, 0, -11, "03-18"),
        ([PAUSE], {"pause"}, 0, 0, 5, "04-09"),
        ([FASTER], {"accelerate"}, 300_000, 100_000, -3, "03-30"),
        ([SATURDAYS], {"calendar_change"}, 0, 0, -4, "03-28"),
        ([ReviseItem("launch", {"title": "Go live"})], {"reword"}, 0, 0, 0, "04-02"),
        ([PAUSE, FASTER], {"pause", "accelerate"}, 300_000, 100_000, 2, "04-06"),
    ],
    ids=["add", "remove", "longer", "less effort", "dearer", "less lag", "unlinked", "pause", "accelerate", "saturdays",
         "reword", "pause and accelerate"],
)  # fmt: skip
def test_each_kind_of_change_moves_money_and_dates_exactly(
    changes, kinds, fee, cost, days, delivery
):
    seen = previewed(changes)
    assert seen.kinds == {ChangeKind(kind) for kind in kinds}
    assert (seen.totals.this_change_minor, seen.cost_change_minor) == (fee, cost)
    assert seen.margin_change_minor == fee - cost
    assert sum(line.fee_change_minor for line in seen.lines) == fee
    assert sum(line.cost_change_minor for line in seen.lines) == cost
    assert sum(line.margin_change_minor for line in seen.lines) == fee - cost
    assert (seen.change_days, seen.delivery_after) == (days, day(delivery))
    assert (seen.delivery_before, seen.schedule_before.duration_days) == (day("04-02"), 24)


def test_a_line_says_all_the_kinds_that_it_is():
    seen = previewed(
        [
            ReviseItem("layout", {"duration_days": 9, "rate_minor": 95_000, "title": "Layouts"}),
            FASTER,
            AddItem(ScopeItem("extra", "Extra")),
            RemoveItem("launch"),
        ]
    )
    assert {line.item_key: line.kinds for line in seen.lines} == {
        "layout": ("re_estimate", "re_price", "reword"),
        "pages": ("accelerate",),
        "extra": ("add",),
        "launch": ("remove",),
    }


def test_a_pause_moves_all_that_comes_after_it_by_its_working_days():
    seen = previewed([PAUSE])
    assert [
        (each.item_key, each.start_before, each.start_after, each.finish_after, each.shift_days)
        for each in seen.shifts
    ] == [
        ("design", day("03-02"), day("03-02"), day("03-25"), 5),
        ("layout", day("03-09"), day("03-16"), day("03-25"), 5),
        ("build", day("03-20"), day("03-27"), day("04-09"), 5),
        ("pages", day("03-20"), day("03-27"), day("04-09"), 5),
        ("launch", day("04-02"), day("04-09"), day("04-09"), 5),
    ]
    assert [(each.item_key, each.after, each.shift_days) for each in seen.milestones] == [
        ("launch", day("04-09"), 5)
    ]
    assert seen.calendar_after.days_off == tuple(date(2026, 3, each) for each in range(9, 14))
    assert seen.scope == SITE
    (told,) = seen.arrangements
    assert (told.arranged, told.kind, told.pause_working_days) == ("pause", ChangeKind.PAUSE, 5)


def test_a_pause_over_a_weekend_counts_the_working_days_in_it():
    seen = previewed([Pause(date(2026, 3, 5), date(2026, 3, 10))])
    assert (seen.change_days, seen.arrangements[0].pause_working_days) == (4, 4)
    seen = previewed([Pause(date(2026, 6, 1), date(2026, 6, 30))])
    assert (seen.change_days, seen.shifts) == (0, ())


def test_what_is_arranged_besides_items_is_told_before_and_after():
    crew = ItemCalendar("crew", "The crew", CalendarTerms(weekend=frozenset({6})))
    seen = previewed(
        [
            ChangeDependency("design", "pages", lag_days=3),
            RemoveDependency("pages", "launch"),
            AddDependency(Dependency("layout", "launch")),
            SATURDAYS,
            AddItemCalendar(crew),
            AddExpectation(Expectation(ExpectationKind.EXCLUSION, "Translations.")),
        ]
    )
    kind = ArrangementKind
    assert [each.arranged for each in seen.arrangements] == [
        kind.LINK_ADDED,
        kind.LINK_CHANGED,
        kind.LINK_REMOVED,
        kind.CALENDAR_CHANGED,
        kind.ITEM_CALENDAR_ADDED,
        kind.EXPECTATION_ADDED,
    ]
    added, changed, removed, calendar, crews, said = seen.arrangements
    assert (added.link_before, added.link_after) == (None, Dependency("layout", "launch"))
    assert (changed.link_before.lag_days, changed.link_after.lag_days) == (1, 3)
    assert (removed.link_before, removed.link_after) == (Dependency("pages", "launch"), None)
    assert (calendar.calendar_before.weekend, calendar.calendar_after.weekend) == ({5, 6}, {6})
    assert (crews.calendar_key, crews.calendar_title) == ("crew", "The crew")
    assert said.expectation.text == "Translations."


def test_links_that_go_with_an_item_are_not_told_beside_it():
    assert previewed([RemoveItem("launch")]).arrangements == ()


# Floats, critical path, promise


def parallel(short_days):
    """Two ways to the end: `long` takes five days, `short` fewer."""
    return Scope(
        (
            ScopeItem("long", "Long", duration_days=5),
            ScopeItem("short", "Short", duration_days=short_days),
            ScopeItem("end", "End", ItemKind.MILESTONE),
        ),
        (Dependency("long", "end"), Dependency("short", "end")),
    )


@pytest.mark.parametrize(
    ("days", "consumed", "entered", "left", "change_days"),
    [
        (2, 0, (), (), 0),
        (4, 2, (), (), 0),
        (5, 3, ("short",), (), 0),
        (7, 3, ("short",), ("long",), 2),
        (1, 0, (), (), 0),
    ],
)
def test_float_is_consumed_before_the_critical_path_changes(
    days, consumed, entered, left, change_days
):
    seen = previewed(
        [ReviseItem("short", {"duration_days": days})], base=parallel(2), original_sum_minor=0
    )
    assert seen.float_consumed_days == consumed
    assert (seen.critical_entered, seen.critical_left) == (entered, left)
    assert seen.change_days == change_days


@pytest.mark.parametrize(
    ("promised", "before", "after"),
    [
        (None, None, None),
        (day("04-08"), False, False),
        (day("04-07"), False, True),
        (day("04-01"), True, True),
    ],
)
def test_it_says_whether_the_promised_date_is_passed(promised, before, after):
    seen = previewed(promised_date=promised)
    assert (seen.misses_promise_before, seen.misses_promise_after) == (before, after)


# The way out


@pytest.mark.parametrize(
    ("basis", "before", "after"),
    [
        (KillFeeBasis(), 0, 0),
        (KillFeeBasis(2000), 1_065_002, 1_075_002),
        (KillFeeBasis(2000, earned_minor=1_200_000, paid_minor=1_000_000), 825_002, 835_002),
        (KillFeeBasis(2000, earned_minor=1_200_000, paid_minor=5_000_000), 325_012, 375_012),
        (KillFeeBasis(2000, earned_minor=9_000_000, paid_minor=9_000_000), 0, 0),
    ],
    ids=["not agreed", "from the start", "part earned", "capped by what is unpaid", "all earned"],
)
def test_it_says_what_ending_the_work_today_would_cost_before_and_after(basis, before, after):
    seen = previewed(kill_fee=basis).kill_fee
    assert (seen.before.amount_minor, seen.after.amount_minor) == (before, after)
    assert seen.change_minor == after - before


def test_what_is_earned_and_paid_moves_no_fingerprint():
    assert previewed(kill_fee=KillFeeBasis(2000, 1, 1)).fingerprint == previewed().fingerprint


# The reserve

DEARER = [ReviseItem("wireframes", {"fee_minor": 1_500_000})]


def test_a_draw_leaves_the_sums_alone_and_lessens_the_reserve():
    plain = previewed(DEARER, contingency_minor=500_000)
    drawn = previewed(DEARER, contingency_minor=500_000, contingency_draw_minor=200_000)
    assert drawn.totals == plain.totals
    assert drawn.budget_after.total_minor == plain.budget_after.total_minor
    effect = drawn.contingency
    assert (effect.before_minor, effect.drawn_minor, effect.after_minor) == (
        500_000,
        200_000,
        300_000,
    )
    assert (drawn.budget_after.contingency_minor, plain.budget_after.contingency_minor) == (
        300_000,
        500_000,
    )
    assert drawn.fingerprint != plain.fingerprint


@pytest.mark.parametrize(
    ("left", "drawn", "change", "error", "code"),
    [
        (500, 300, 300, None, None),
        (300, 300, 500, None, None),
        (0, 0, -500, None, None),
        (299, 300, 300, RuleViolation, "CONTINGENCY_EXCEEDED"),
        (-1, 1, 300, RuleViolation, "CONTINGENCY_EXCEEDED"),
        (500, 301, 300, RuleViolation, "DRAW_EXCEEDS_CHANGE"),
        (500, 1, 0, RuleViolation, "DRAW_EXCEEDS_CHANGE"),
        (500, 1, -300, RuleViolation, "DRAW_EXCEEDS_CHANGE"),
        (500, -1, 300, InvalidInput, "OUT_OF_RANGE"),
        (500, True, 300, InvalidInput, "OUT_OF_RANGE"),
        (10**17, 10**16, 10**16, InvalidInput, "OUT_OF_RANGE"),
    ],
)
def test_a_draw_takes_at_most_what_is_left_and_what_the_order_adds(
    left, drawn, change, error, code
):
    if error is None:
        assert draw_contingency(left, drawn, change).after_minor == left - drawn
        return
    with pytest.raises(error) as refused:
        draw_contingency(left, drawn, change)
    assert refused.value.code == code


# Laws


def revised(key, **fields):
    return (
        st.fixed_dictionaries({}, optional=fields)
        .filter(bool)
        .map(lambda values: ReviseItem(key, values))
    )


MONEY = st.integers(0, 3_000_000)
DAYS = st.integers(1, 20)
INDEPENDENT = st.tuples(
    revised("wireframes", fee_minor=MONEY, duration_days=DAYS, tax_bps=st.sampled_from([0, 2500])),
    revised("layout", effort_minutes=st.integers(0, 5000), duration_days=DAYS, cost_minor=MONEY),
    revised("pages", rate_minor=st.integers(0, 300_000), duration_days=DAYS, tax_code=st.sampled_from("SZ")),
    st.just(AddItem(ScopeItem("more", "More", fee_minor=70_001, tax_bps=2500, duration_days=3))),
    st.builds(lambda lag: ChangeDependency("design", "pages", lag_days=lag), st.integers(-3, 9)),
    st.builds(
        lambda first, more: Pause(date.fromordinal(first), date.fromordinal(first + more)),
        st.integers(START.toordinal(), START.toordinal() + 40),
        st.integers(4, 12),
    ),
    st.just(SATURDAYS),
    st.just(RemoveDependency("pages", "launch")),
)  # fmt: skip
SOME = INDEPENDENT.flatmap(
    lambda all_: st.lists(st.sampled_from(all_), min_size=1, unique_by=id).map(tuple)
)


@given(SOME)
def test_taking_a_change_back_restores_scope_budget_and_plan(changes):
    there = previewed(changes)
    terms = CalendarTerms()
    back = changes_between(
        there.scope, SITE, calendar_before=there.calendar_after, calendar_after=terms
    )
    if not back:
        assert there.scope_fingerprint == scope_fingerprint(SITE)
        return
    again = previewed(
        back,
        base=there.scope,
        calendar=there.calendar_after,
        approved_minor=[there.totals.this_change_minor],
    )
    assert again.scope_fingerprint == there.base_fingerprint == scope_fingerprint(SITE)
    assert again.budget_after == there.budget_before
    assert again.schedule_after == there.schedule_before
    assert again.calendar_after == there.calendar_before
    assert again.totals.new_sum_minor == SITE_SUM
    assert (again.tax_change_minor, again.cost_change_minor) == (
        -there.tax_change_minor,
        -there.cost_change_minor,
    )


@given(SOME, st.randoms(use_true_random=False))
def test_the_order_of_changes_on_independent_things_does_not_matter(changes, random):
    shuffled = list(changes)
    random.shuffle(shuffled)
    one, other = previewed(changes), previewed(shuffled)
    assert one.scope_fingerprint == other.scope_fingerprint
    assert (one.totals, one.tax_change, one.budget_after) == (
        other.totals,
        other.tax_change,
        other.budget_after,
    )
    assert one.schedule_after == other.schedule_after
    assert (one.lines, one.shifts, one.milestones) == (other.lines, other.shifts, other.milestones)


@given(SOME, MONEY)
def test_the_parts_sum_to_the_whole_and_the_sums_run_on(changes, approved):
    seen = previewed(changes, original_sum_minor=SITE_SUM - approved, approved_minor=[approved])
    totals = seen.totals
    assert (
        totals.original_sum_minor + totals.previously_approved_minor + totals.this_change_minor
        == totals.new_sum_minor
        == seen.budget_after.fee_minor
    )
    assert sum(line.fee_change_minor for line in seen.lines) == totals.this_change_minor
    assert sum(line.cost_change_minor for line in seen.lines) == seen.cost_change_minor
    assert sum(tax.taxable_minor for tax in seen.tax_change) == totals.this_change_minor
    assert sum(tax.tax_minor for tax in seen.tax_change) == seen.tax_change_minor
    for budget in (seen.budget_before, seen.budget_after):
        for tax in budget.tax_subtotals:  # once per category, half to even
            exact = tax.taxable_minor * tax.tax_bps
            assert abs(tax.tax_minor * 10_000 - exact) <= 5_000
        assert sum(phase.fee_minor for phase in budget.phases) == budget.fee_minor
        assert sum(phase.tax_minor for phase in budget.phases) == budget.tax_minor
    assert seen.total_change_minor == seen.budget_after.total_minor - seen.budget_before.total_minor


@given(SOME)
def test_every_item_that_moves_is_told_and_no_other(changes):
    seen = previewed(changes)
    before, after = seen.schedule_before.items, seen.schedule_after.items
    moved = {
        key
        for key in before.keys() | after.keys()
        if key not in before
        or key not in after
        or (before[key].start_date, before[key].finish_date)
        != (after[key].start_date, after[key].finish_date)
    }
    assert {shift.item_key for shift in seen.shifts} == moved
    assert len(seen.shifts) == len(moved)


@pytest.mark.parametrize(
    "change",
    [
        ReviseItem("wireframes", {"fee_minor": 1_200_000}),
        ReviseItem("launch", {"duration_days": 0}),
        ChangeDependency("design", "pages", lag_days=1),
    ],
)
def test_a_change_that_changes_nothing_does_nothing(change):
    seen = previewed([change], reason=ChangeReason.OWN_ERROR)
    assert seen.scope_fingerprint == seen.base_fingerprint
    assert seen.difference.is_empty()
    assert (seen.lines, seen.arrangements, seen.shifts, seen.tax_change) == ((), (), (), ())
    assert (seen.totals.this_change_minor, seen.change_days, seen.float_consumed_days) == (0, 0, 0)
    assert seen.kill_fee.change_minor == seen.contingency.drawn_minor == 0


def test_item_calendars_are_scheduled_and_make_no_other_day_count():
    crew = ItemCalendar("crew", "Saturdays too", CalendarTerms(weekend=frozenset({6})))
    seen = previewed([AddItemCalendar(crew), ReviseItem("pages", {"calendar_key": "crew"})])
    # Ten days from Friday 20 March with Saturdays: 20, 21, 23–28, 30, 31 March.
    assert (seen.delivery_after, seen.change_days) == (day("03-31"), -2)


def test_a_preview_on_a_base_with_days_off_keeps_them():
    off = WorkingCalendar(days_off=frozenset({day("03-10")}))
    seen = previewed([PAUSE], calendar=off)
    assert (seen.delivery_before, seen.delivery_after, seen.change_days) == (
        day("04-03"),
        day("04-09"),
        4,
    )
