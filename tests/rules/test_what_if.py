"""Candidates side by side: each its own answer, the best of them, and all of them as one order."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.rules.calendars import CalendarTerms
from services.rules.change_orders import (
    ChangeClause,
    ChangeReason,
    ConflictKind,
    OrderTerms,
    starting_point,
)
from services.rules.change_orders.what_if import MAX_CANDIDATES, Candidate, compare
from services.rules.errors import InvalidInput
from services.rules.scope import (
    Accelerate,
    AddItem,
    ChangeDependency,
    Pause,
    RemoveItem,
    ReviseItem,
    ScopeItem,
)
from tests.rules.test_change_orders import SHOP, SITE_SUM, START, previewed
from tests.rules.test_scope import SITE

TERMS = OrderTerms(
    calendar=CalendarTerms(),
    start=START,
    clause=ChangeClause(),
    currency="DKK",
    original_sum_minor=SITE_SUM,
    contingency_minor=300_000,
)
BASE = starting_point(SITE, TERMS)
SHOP_TOO = Candidate("shop", tuple(SHOP))
FASTER = Candidate("faster", (Accelerate("pages", 7, premium_minor=300_000),))
WITHOUT = Candidate("without", (RemoveItem("wireframes"),))
LATER = Candidate("later", (Pause(date(2026, 3, 9), date(2026, 3, 13)),))


def compared(*candidates, terms=TERMS):
    return compare(BASE, candidates, terms)


def test_each_candidate_is_previewed_as_it_would_be_alone():
    found = compared(SHOP_TOO, FASTER)
    for outcome in found.outcomes:
        alone = previewed(outcome.candidate.changes, contingency_minor=300_000)
        assert outcome.preview == alone
    assert [each.candidate.label for each in found.outcomes] == ["shop", "faster"]


def test_the_best_are_named_by_label_and_ties_share():
    found = compared(SHOP_TOO, FASTER, WITHOUT)
    assert (found.cheapest, found.earliest, found.best_margin) == (
        ("without",),
        ("without",),
        ("faster",),
    )
    free = Candidate("reworded", (ReviseItem("launch", {"title": "Go live"}),))
    found = compared(LATER, free)
    assert (found.cheapest, found.earliest) == (("later", "reworded"), ("reworded",))


def test_one_that_cannot_be_done_says_why_and_the_others_stand():
    found = compared(
        Candidate("lost", (RemoveItem("nowhere"),)),
        SHOP_TOO,
        Candidate("greedy", FASTER.changes, contingency_draw_minor=300_001),
        Candidate("empty", ()),
    )
    assert [each.error.code if each.error else None for each in found.outcomes] == [
        "ITEM_NOT_FOUND",
        None,
        "CONTINGENCY_EXCEEDED",
        "CHANGES_EMPTY",
    ]
    assert found.cheapest == found.earliest == found.best_margin == ("shop",)
    # What is left of the whole is the one that can be done.
    assert found.combination.preview == found.outcomes[1].preview


def test_none_that_can_be_done_leaves_nothing_to_rank_or_combine():
    found = compared(Candidate("lost", (RemoveItem("nowhere"),)))
    assert (found.cheapest, found.combination.preview, found.combination.conflicts) == (
        (),
        None,
        (),
    )


def test_together_they_are_one_order():
    found = compared(SHOP_TOO, FASTER, LATER).combination
    assert (found.conflicts, found.error) == ((), None)
    assert found.preview.totals.this_change_minor == 50_000 + 300_000
    # Four days for the shop, three saved on the pages, five of pause.
    assert found.preview.change_days == 4 - 3 + 5
    assert found.preview.delivery_after == date(2026, 4, 10)


def test_draws_add_up_and_may_be_too_much_together():
    one = Candidate("one", FASTER.changes, contingency_draw_minor=200_000)
    other = Candidate(
        "other", (ReviseItem("wireframes", {"fee_minor": 1_500_000}),), contingency_draw_minor=100_000
    )  # fmt: skip
    assert compared(one, other).combination.preview.contingency.after_minor == 0
    more = Candidate("more", other.changes, contingency_draw_minor=100_001)
    found = compared(one, more).combination
    assert (found.preview, found.error.code) == (None, "CONTINGENCY_EXCEEDED")


def test_candidates_that_disagree_are_named_with_whom_and_about_what():
    cheap = Candidate("cheap", (ReviseItem("wireframes", {"fee_minor": 1_000_000}),))
    dear = Candidate("dear", (ReviseItem("wireframes", {"fee_minor": 1_400_000}),))
    found = compared(FASTER, cheap, dear, WITHOUT).combination
    assert found.preview is None
    assert [
        (each.label, each.with_labels, each.conflict.kind, each.conflict.item_key, each.conflict.field)
        for each in found.conflicts
    ] == [
        ("dear", ("cheap",), ConflictKind.FIELD_CHANGED_TWICE, "wireframes", "fee_minor"),
        ("without", ("cheap", "dear"), ConflictKind.ITEM_CHANGED, "wireframes", None),
    ]  # fmt: skip


def test_what_two_candidates_agree_on_counts_once():
    found = compared(SHOP_TOO, Candidate("shop again", tuple(SHOP)))
    assert found.combination.preview.totals.this_change_minor == 50_000


def test_the_reason_of_all_is_theirs_if_they_share_it():
    terms = OrderTerms(**{**{name: getattr(TERMS, name) for name in TERMS.__slots__},
                          "clause": ChangeClause(minimum_fee_minor=75_000)})  # fmt: skip
    ours = [Candidate(each.label, each.changes, ChangeReason.OWN_ERROR) for each in (LATER, SHOP_TOO)]  # fmt: skip
    found = compared(*ours, terms=terms)
    assert found.combination.preview.totals.this_change_minor == 50_000
    mixed = compared(ours[0], SHOP_TOO, terms=terms).combination.preview
    assert (mixed.reason, mixed.totals.this_change_minor) == (ChangeReason.CLIENT_REQUEST, 75_000)


@pytest.mark.parametrize(
    ("candidates", "code", "field"),
    [
        ([], "CANDIDATES_MISSING", "candidates"),
        ([Candidate(f"c{n}", ()) for n in range(MAX_CANDIDATES + 1)], "TOO_MANY_CANDIDATES", "candidates"),
        ([SHOP_TOO, FASTER, SHOP_TOO], "LABEL_TAKEN", "candidates.2.label"),
        ([Candidate(" ", ())], "REQUIRED", "candidates.0.label"),
        ([SHOP_TOO, Candidate("x" * 81, ())], "TEXT_TOO_LONG", "candidates.1.label"),
    ],
)  # fmt: skip
def test_a_question_that_cannot_be_asked_is_refused(candidates, code, field):
    with pytest.raises(InvalidInput) as refused:
        compared(*candidates)
    assert (refused.value.code, refused.value.field) == (code, field)


FEE, DAYS = st.integers(0, 3_000_000), st.integers(1, 30)


@given(FEE, DAYS, st.integers(0, 9), st.permutations(range(4)))
def test_candidates_on_different_things_make_the_same_whole_in_any_order(fee, days, lag, order):
    candidates = [
        Candidate("fee", (ReviseItem("wireframes", {"fee_minor": fee}),)),
        Candidate("days", (ReviseItem("layout", {"duration_days": days}),)),
        Candidate("lag", (ChangeDependency("design", "pages", lag_days=lag),)),
        Candidate("more", (AddItem(ScopeItem("more", "More", fee_minor=1_000, duration_days=2)),)),
    ]
    one = compared(*candidates).combination.preview
    other = compared(*[candidates[at] for at in order]).combination.preview
    assert one.scope_fingerprint == other.scope_fingerprint
    assert one.schedule_after == other.schedule_after
    assert one.budget_after == other.budget_after
    alone = sum(each.preview.totals.this_change_minor for each in compared(*candidates).outcomes)
    assert one.totals.this_change_minor == alone == fee - 1_200_000 + 1_000
