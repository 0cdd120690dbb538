"""Change orders: public records, a preview with literal figures, the life, and what makes one stale."""

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.rules.calendars import WorkingCalendar
from services.rules.change_orders import (
    TRANSITIONS,
    ChangeClause,
    ChangeOrderAction,
    ChangeOrderStatus,
    ChangeReason,
    RetainerEffect,
    check_base,
    check_fingerprint,
    check_may_ask,
    check_offer_open,
    contingency_left,
    next_status,
    offer_expires_on,
    percent_text,
    preview,
    response_due_on,
    running_totals,
)
from services.rules.errors import Conflict, Forbidden, InvalidInput, RuleViolation, Stale
from services.rules.money import Money, format_amount, parse_amount
from services.rules.retainers import RetainerShare
from services.rules.scope import (
    AddDependency,
    AddItem,
    ChangeDependency,
    Dependency,
    ItemKind,
    RemoveDependency,
    RemoveItem,
    ReviseItem,
    ScopeItem,
    scope_fingerprint,
)
from services.rules.taxes import TaxSubtotal
from tests.rules.test_scope import SITE

RECORDS = json.loads((Path(__file__).parents[1] / "data" / "change_orders.json").read_text())
CASES = {case["name"]: case for case in RECORDS["cases"]}
CALENDAR = WorkingCalendar()
START = date(2026, 3, 2)
CLAUSE = ChangeClause()


# Public records


def minor(text):
    return parse_amount(text, "USD", "amount").amount_minor


def text_of(amount_minor):
    return format_amount(Money(amount_minor, "USD"))


def test_high_point_adds_its_order_to_the_original_sum():
    case = CASES["highpoint_nc_sensory_garden"]
    given_ = case["input"]
    totals = running_totals(minor(given_["original_sum"]), [], minor(given_["this_change_order"]))
    assert text_of(totals.new_sum_minor) == case["expected"]["new_sum"] == "964758.00"
    assert totals.sum_before_minor == totals.original_sum_minor == 75_975_800


def test_chester_adds_its_order_to_the_sum_before():
    case = CASES["chester_pa_public_works_garage"]
    given_ = case["input"]
    totals = running_totals(minor(given_["sum_before"]), [], minor(given_["this_change_order"]))
    assert text_of(totals.new_sum_minor) == case["expected"]["new_sum"] == "4908367.00"


def test_hastings_states_its_third_order_in_percent_of_the_original():
    case = CASES["hastings_mn_riverfront_co3"]
    *earlier, this = [minor(order["amount"]) for order in case["input"]["change_orders"]]
    totals = running_totals(minor(case["input"]["original_sum"]), earlier, this)
    expected = case["expected"]
    assert text_of(totals.net_change_minor) == expected["net_change_to_date"] == "12219.67"
    assert (
        percent_text(totals.net_change_bps) == expected["net_change_percent_of_original"] == "2.40"
    )
    assert percent_text(totals.this_change_bps) == expected["this_change_percent_about"] == "0.77"
    assert text_of(totals.new_sum_minor) == case["computed"]["new_sum"] == "521649.67"
    assert text_of(totals.sum_before_minor) == "517742.40"
    assert text_of(totals.previously_approved_minor) == "8312.40"


def test_mountain_view_has_its_contingency_left():
    case = CASES["mountainview_ca_crittenden_contingency"]
    drawn = [minor(amount) for amount in case["input"]["change_orders"]]
    left = contingency_left(minor(case["input"]["contingency"]), drawn)
    assert text_of(left) == case["expected"]["contingency_left"] == "85609.00"


def test_every_record_is_tested():
    assert len(CASES) == len(RECORDS["cases"]) == 4


def test_totals_take_credits_and_an_original_of_nothing():
    totals = running_totals(100_000, [20_000, -5_000], -30_000)
    assert (totals.sum_before_minor, totals.new_sum_minor) == (115_000, 85_000)
    assert percent_text(totals.net_change_bps) == "-15.00"
    assert percent_text(-5) == "-0.05"
    assert running_totals(0, [], 500).net_change_bps is None
    assert contingency_left(1_000, [600, 600]) == -200


# The preview

SHOP = [
    AddItem(
        ScopeItem(
            "shop",
            "Shop",
            parent_key="build",
            position=3,
            fee_minor=500_000,
            cost_minor=100_000,
            tax_bps=2500,
            duration_days=4,
        )
    ),
    AddDependency(Dependency("pages", "shop")),
    AddDependency(Dependency("shop", "launch")),
    RemoveDependency("pages", "launch"),
    ReviseItem("layout", {"effort_minutes": 1200}),
    AddItem(
        ScopeItem("shop-open", "Shop open", ItemKind.MILESTONE, parent_key="build", position=4)
    ),
    AddDependency(Dependency("shop", "shop-open")),
]
SITE_SUM = 5_325_012


def previewed(changes=SHOP, base=SITE, **values):
    arguments = {
        "calendar": CALENDAR,
        "start": START,
        "clause": CLAUSE,
        "currency": "DKK",
        "original_sum_minor": SITE_SUM,
    }
    return preview(base, changes, **(arguments | values))


def test_a_preview_says_what_each_line_costs_and_what_they_come_to():
    seen = previewed(retainer_held_minor=2_000_000)
    assert [
        (
            line.action,
            line.item_key,
            line.fee_before_minor,
            line.fee_after_minor,
            line.fee_change_minor,
        )
        for line in seen.lines
    ] == [
        ("changed", "layout", 2_250_000, 1_800_000, -450_000),
        ("added", "shop", None, 500_000, 500_000),
        ("added", "shop-open", None, 0, 0),
    ]
    assert seen.lines[0].changed_fields == ("effort_minutes",)
    totals = seen.totals
    assert (totals.sum_before_minor, totals.this_change_minor, totals.new_sum_minor) == (
        5_325_012,
        50_000,
        5_375_012,
    )
    assert seen.tax_change == (TaxSubtotal("S", 2500, 50_000, 12_500),)
    assert (seen.tax_change_minor, seen.total_change_minor) == (12_500, 62_500)
    assert seen.budget_after.total_minor == 6_718_765
    assert seen.retainer == RetainerEffect(2_000_000, 2_218_755, 2_239_588, 239_588)


def test_a_preview_says_where_every_milestone_and_the_delivery_go():
    seen = previewed()
    assert [
        (shift.item_key, shift.before, shift.after, shift.shift_days) for shift in seen.milestones
    ] == [
        ("launch", date(2026, 4, 2), date(2026, 4, 8), 4),
        ("shop-open", None, date(2026, 4, 8), 0),
    ]
    assert (seen.delivery_before, seen.delivery_after, seen.change_days) == (
        date(2026, 4, 2),
        date(2026, 4, 8),
        4,
    )
    assert seen.schedule_before.critical_path == ("wireframes", "layout", "pages", "launch")
    assert seen.schedule_after.critical_path == (
        "wireframes",
        "layout",
        "pages",
        "shop",
        "launch",
        "shop-open",
    )


def test_days_off_between_are_no_working_days():
    easter = WorkingCalendar(
        days_off=frozenset({date(2026, 4, 2), date(2026, 4, 3), date(2026, 4, 6)})
    )
    seen = previewed(calendar=easter)
    assert (seen.delivery_before, seen.delivery_after, seen.change_days) == (
        date(2026, 4, 7),
        date(2026, 4, 13),
        4,
    )


def test_taking_work_out_gives_money_and_days_back():
    seen = previewed(
        [RemoveItem("wireframes")], original_sum_minor=5_000_000, approved_minor=[325_012]
    )
    assert [(line.action, line.fee_change_minor) for line in seen.lines] == [
        ("removed", -1_200_000)
    ]
    assert seen.totals.new_sum_minor == 4_125_012
    assert (seen.change_days, seen.tax_change_minor) == (-5, -300_000)
    assert seen.milestones[0].shift_days == -5
    assert seen.retainer.top_up_minor == 1_718_755
    assert (
        previewed(
            [RemoveItem("wireframes")], retainer_share=RetainerShare(0, 1)
        ).retainer.top_up_minor
        == 0
    )


def test_a_change_of_rate_moves_two_tax_categories():
    seen = previewed([ReviseItem("wireframes", {"tax_code": "AE", "tax_bps": 0})])
    assert seen.tax_change == (
        TaxSubtotal("AE", 0, 1_200_000, 0),
        TaxSubtotal("S", 2500, -1_200_000, -300_000),
    )
    assert seen.totals.this_change_minor == 0


@pytest.mark.parametrize(
    ("changes", "reason", "this_change"),
    [
        ([ReviseItem("wireframes", {"fee_minor": 1_210_000})], "client_request", 75_000),
        ([ReviseItem("wireframes", {"duration_days": 6})], "client_request", 75_000),
        ([ReviseItem("wireframes", {"fee_minor": 1_275_000})], "client_request", 75_000),
        ([ReviseItem("wireframes", {"fee_minor": 1_275_001})], "client_request", 75_001),
        ([ReviseItem("wireframes", {"fee_minor": 1_199_999})], "client_request", -1),
        ([ReviseItem("wireframes", {"duration_days": 6})], "own_error", 0),
    ],
)
def test_a_change_costs_at_least_the_minimum_fee_unless_it_takes_off_or_was_our_error(
    changes, reason, this_change
):
    clause = ChangeClause(minimum_fee_minor=75_000, tax_bps=2500)
    seen = previewed(changes, clause=clause, reason=ChangeReason(reason))
    assert seen.totals.this_change_minor == this_change
    assert seen.budget_after.fee_minor == SITE_SUM + this_change
    assert sum(line.fee_change_minor for line in seen.lines) == this_change
    again = previewed(seen.changes, clause=clause, reason=ChangeReason(reason))
    assert again.fingerprint == seen.fingerprint


def test_the_minimum_fee_is_a_line_of_the_order_and_taxed():
    clause = ChangeClause(minimum_fee_minor=75_000, tax_bps=2500, minimum_fee_title="Mindstegebyr")
    seen = previewed([ReviseItem("wireframes", {"fee_minor": 1_210_000})], clause=clause)
    line = seen.lines[-1]
    assert (line.action, line.title, line.fee_change_minor) == ("added", "Mindstegebyr", 65_000)
    assert seen.tax_change_minor == 18_750
    assert seen.change_days == 0


def test_sums_that_do_not_tie_to_the_scope_are_refused():
    with pytest.raises(Conflict) as refused:
        previewed(approved_minor=[1])
    assert refused.value.code == "SUMS_DISAGREE"


def test_locked_items_and_bad_currencies_are_refused():
    with pytest.raises(RuleViolation):
        previewed(locked_keys={"layout"})
    with pytest.raises(InvalidInput):
        previewed(currency="XXX")


# Fingerprint and staleness


def test_the_same_order_has_the_same_fingerprint_whatever_is_held():
    seen = previewed(retainer_held_minor=0)
    check_fingerprint(previewed(retainer_held_minor=999), seen.fingerprint)
    shuffled = replace(SITE, items=SITE.items[::-1], dependencies=SITE.dependencies[::-1])
    check_fingerprint(previewed(base=shuffled), seen.fingerprint)


@pytest.mark.parametrize(
    "values",
    [
        {"changes": SHOP[:-2]},
        {"changes": [*SHOP, ReviseItem("launch", {"title": "Go live"})]},
        {"base": replace(SITE, expectations=())},
        {"start": date(2026, 3, 3)},
        {"calendar": WorkingCalendar(days_off=frozenset({date(2026, 3, 17)}))},
        {"currency": "EUR"},
        {"original_sum_minor": SITE_SUM - 1, "approved_minor": [1]},
        {"contingency_bps": 500},
        {"retention_bps": 500},
        {"retainer_share": RetainerShare(1, 2)},
        {"reason": ChangeReason.OMISSION},
        {"clause": ChangeClause(minimum_fee_minor=50_001)},
    ],
    ids=",".join,
)
def test_whatever_the_client_would_see_differently_moves_the_fingerprint(values):
    shown = previewed().fingerprint
    with pytest.raises(Stale) as refused:
        check_fingerprint(previewed(**values), shown)
    assert refused.value.code == "STALE_PREVIEW"
    assert refused.value.details["current_fingerprint"] != shown


def test_an_order_on_a_scope_that_moved_is_stale():
    drafted_on = scope_fingerprint(SITE)
    check_base(drafted_on, SITE)
    with pytest.raises(Stale) as refused:
        check_base(drafted_on, previewed().scope)
    assert refused.value.code == "STALE_BASE"


def test_two_orders_in_a_row_run_on_from_each_other():
    first = previewed()
    second = previewed(
        [
            ReviseItem("pages", {"quantity": Decimal("13.5")}),
            ChangeDependency("design", "pages", lag_days=0),
        ],
        base=first.scope,
        approved_minor=[first.totals.this_change_minor],
    )
    assert second.totals.previously_approved_minor == 50_000
    assert second.totals.this_change_minor == 150_002
    assert second.totals.new_sum_minor == 5_525_014
    assert second.delivery_before == first.delivery_after
    assert second.change_days == -1
    assert second.base_fingerprint == first.scope_fingerprint


@given(st.integers(0, 2_000_000), st.integers(0, 40), st.integers(0, 200_000))
def test_lines_and_taxes_always_add_up_to_the_order(fee, days, minimum):
    seen = previewed(
        [ReviseItem("wireframes", {"fee_minor": fee, "duration_days": days})],
        clause=ChangeClause(minimum_fee_minor=minimum, tax_bps=2500),
    )
    assert sum(line.fee_change_minor for line in seen.lines) == seen.totals.this_change_minor
    assert sum(tax.tax_minor for tax in seen.tax_change) == seen.tax_change_minor
    assert sum(tax.taxable_minor for tax in seen.tax_change) == seen.totals.this_change_minor
    assert seen.totals.new_sum_minor == seen.budget_after.fee_minor
    assert seen.budget_after.total_minor - seen.budget_before.total_minor == seen.total_change_minor


# Terms and life


def test_the_life_of_a_change_order_has_these_steps_and_no_other():
    legal = {
        ("draft", "send"): "sent",
        ("draft", "withdraw"): "withdrawn",
        ("sent", "approve"): "approved",
        ("sent", "decline"): "declined",
        ("sent", "withdraw"): "withdrawn",
        ("sent", "expire"): "expired",
        ("sent", "void"): "voided",
        ("approved", "supersede"): "superseded",
    }
    assert len(TRANSITIONS) == len(legal)
    for status in ChangeOrderStatus:
        for action in ChangeOrderAction:
            if (status, action) in legal:
                assert next_status(status, action) == legal[status, action]
                continue
            with pytest.raises(RuleViolation) as refused:
                next_status(status, action)
            assert refused.value.code == "CHANGE_ORDER_STATUS"


def test_an_offer_stands_through_its_last_day():
    clause = ChangeClause(offer_days=14)
    expires_on = offer_expires_on(clause, date(2026, 3, 2))
    assert expires_on == date(2026, 3, 16)
    check_offer_open(expires_on, date(2026, 3, 16))
    with pytest.raises(RuleViolation) as refused:
        check_offer_open(expires_on, date(2026, 3, 17))
    assert refused.value.code == "CHANGE_ORDER_EXPIRED"


def test_a_request_is_answered_within_working_days():
    assert response_due_on(ChangeClause(response_days=5), date(2026, 3, 5), CALENDAR) == date(
        2026, 3, 12
    )


def test_only_the_roles_of_the_clause_may_ask():
    clause = ChangeClause(requesters=frozenset({"signer"}))
    check_may_ask(clause, {"billing", "signer"})
    for roles in ({"billing"}, set()):
        with pytest.raises(Forbidden) as refused:
            check_may_ask(clause, roles)
        assert refused.value.code == "CHANGE_NOT_ENTITLED"


def test_silence_is_never_consent_and_nothing_starts_unsigned():
    assert not CLAUSE.is_silence_consent
    assert not CLAUSE.may_start_before_signature


@pytest.mark.parametrize(
    "values",
    [
        {"offer_days": 0},
        {"response_days": -1},
        {"minimum_fee_minor": -1},
        {"tax_bps": 10_001},
        {"offer_days": True},
    ],
)
def test_a_clause_that_cannot_be_kept_is_refused(values):
    with pytest.raises(InvalidInput) as refused:
        ChangeClause(**values)
    assert refused.value.code == "CHANGE_CLAUSE_INVALID"
