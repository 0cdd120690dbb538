"""Invoices: what may be billed, tax, retention, totals and due dates in literal figures."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.rules.errors import DomainError, InvalidInput, NotFound, RuleViolation
from services.rules.invoices import (
    InvoiceDraftLine,
    PaymentTerms,
    compute_invoice,
    due_date,
    lines_of_items,
)
from services.rules.taxes import TaxSubtotal
from tests.rules.test_scope import SITE

ISSUED = date(2026, 3, 31)
NET_14 = PaymentTerms(14)


def test_accepted_items_become_lines_and_the_lines_an_invoice():
    lines = lines_of_items(
        SITE,
        ["wireframes", "pages"],
        accepted_keys={"wireframes", "layout", "pages"},
        billed_minor={"pages": 875_012},
    )
    figures = compute_invoice(lines, issued_on=ISSUED, terms=NET_14, retention_bps=1000)
    assert [
        (line.item_key, line.description, line.net_minor, line.tax_minor) for line in figures.lines
    ] == [
        ("wireframes", "Wireframes", 1_200_000, 300_000),
        ("pages", "Pages", 1_000_000, 250_000),
    ]
    assert figures.tax_subtotals == (TaxSubtotal("S", 2500, 2_200_000, 550_000),)
    assert (figures.net_minor, figures.tax_minor, figures.gross_minor) == (
        2_200_000,
        550_000,
        2_750_000,
    )
    assert (figures.retention_minor, figures.payable_minor) == (220_000, 2_530_000)
    assert figures.due_on == date(2026, 4, 14)


@pytest.mark.parametrize(
    ("keys", "error", "code", "field"),
    [
        ([], InvalidInput, "INVOICE_EMPTY", "item_keys"),
        (["shop"], NotFound, "ITEM_NOT_FOUND", "item_keys.0"),
        (["wireframes", "layout"], RuleViolation, "ITEM_NOT_ACCEPTED", "item_keys.1"),
        (["design"], RuleViolation, "ITEM_IS_SUMMARY", "item_keys.0"),
        (["pages"], RuleViolation, "ITEM_BILLED", "item_keys.0"),
        (["wireframes", "wireframes"], RuleViolation, "ITEM_BILLED", "item_keys.1"),
        (["launch"], RuleViolation, "ITEM_BILLED", "item_keys.0"),
    ],
)
def test_only_accepted_and_unbilled_items_of_the_signed_scope_can_be_billed(
    keys, error, code, field
):
    with pytest.raises(DomainError) as refused:
        lines_of_items(
            SITE,
            keys,
            accepted_keys={"wireframes", "pages", "launch", "design", "shop"},
            billed_minor={"pages": 1_875_012},
        )
    assert (type(refused.value), refused.value.code, refused.value.field) == (error, code, field)


@pytest.mark.parametrize(
    ("issued_on", "terms", "due_on"),
    [
        (date(2026, 3, 31), PaymentTerms(0), date(2026, 3, 31)),
        (date(2026, 2, 20), PaymentTerms(14), date(2026, 3, 6)),
        (date(2026, 2, 20), PaymentTerms(30, from_end_of_month=True), date(2026, 3, 30)),
        (date(2026, 12, 31), PaymentTerms(0, from_end_of_month=True), date(2026, 12, 31)),
        (date(2026, 12, 1), PaymentTerms(30, from_end_of_month=True), date(2027, 1, 30)),
        (date(2024, 1, 31), PaymentTerms(29, from_end_of_month=True), date(2024, 2, 29)),
    ],
)
def test_an_invoice_falls_due_by_its_terms(issued_on, terms, due_on):
    assert due_date(issued_on, terms) == due_on


@pytest.mark.parametrize("days", [-1, 366, 1.5, True])
def test_terms_nobody_would_agree_to_are_refused(days):
    with pytest.raises(InvalidInput):
        PaymentTerms(days)


def test_credits_may_reduce_an_invoice_but_not_turn_it_round():
    line = InvoiceDraftLine("Work", 100_000, "S", 2500)
    credit = InvoiceDraftLine("Discount agreed", -40_000, "S", 2500)
    figures = compute_invoice([line, credit], issued_on=ISSUED, terms=NET_14)
    assert (figures.net_minor, figures.tax_minor, figures.payable_minor) == (60_000, 15_000, 75_000)
    with pytest.raises(RuleViolation) as refused:
        compute_invoice([line, credit, credit, credit], issued_on=ISSUED, terms=NET_14)
    assert refused.value.code == "INVOICE_NEGATIVE"


@pytest.mark.parametrize(
    ("lines", "retention_bps", "code"),
    [
        ([], 0, "INVOICE_EMPTY"),
        ([InvoiceDraftLine("a", 1, "S", 2500)], 10_001, "RATE_INVALID"),
        ([InvoiceDraftLine("a", 1, "S", -1)], 0, "RATE_INVALID"),
    ],
)
def test_an_invoice_without_sense_is_refused(lines, retention_bps, code):
    with pytest.raises(InvalidInput) as refused:
        compute_invoice(lines, issued_on=ISSUED, terms=NET_14, retention_bps=retention_bps)
    assert refused.value.code == code


@given(
    st.lists(
        st.builds(
            InvoiceDraftLine,
            st.just("x"),
            st.integers(0, 10**10),
            st.sampled_from(["S", "E"]),
            st.sampled_from([2500, 0, 1]),
        ),
        min_size=1,
        max_size=20,
    ),
    st.integers(0, 10_000),
)
def test_lines_categories_and_totals_tie(lines, retention_bps):
    figures = compute_invoice(lines, issued_on=ISSUED, terms=NET_14, retention_bps=retention_bps)
    assert sum(line.tax_minor for line in figures.lines) == figures.tax_minor
    assert sum(tax.tax_minor for tax in figures.tax_subtotals) == figures.tax_minor
    assert sum(line.net_minor for line in figures.lines) == figures.net_minor
    assert figures.payable_minor + figures.retention_minor == figures.net_minor + figures.tax_minor
    assert 0 <= figures.retention_minor <= figures.net_minor
