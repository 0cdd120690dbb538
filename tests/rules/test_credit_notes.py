"""What a credit note may take back, and where the credit goes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.rules.credit_notes import (
    CreditSplit,
    InvoicedLine,
    InvoiceStanding,
    compute_credit,
    credit_of_line,
    split_credit,
)
from services.rules.errors import DomainError
from services.rules.write_offs import check_write_off, tax_in

LINES = (
    InvoicedLine(1, 10_000, "S", 2500, 2_500),
    InvoicedLine(2, 5_000, "Z", 0, 0),
    InvoicedLine(3, -1_000, "S", 2500, -250),
)


def standing(
    total: int = 16_250,
    open_minor: int = 16_250,
    retained: int = 0,
    credited: int = 0,
    written_off: int = 0,
    refunded: int = 0,
) -> InvoiceStanding:
    """Unless said, nothing has happened to the invoice of `LINES`."""
    return InvoiceStanding(total, open_minor, retained, credited, written_off, refunded)


def test_the_whole_is_the_invoice_turned_round() -> None:
    figures = compute_credit(LINES, None, standing())
    assert (figures.net_minor, figures.tax_minor, figures.total_minor) == (14_000, 2_250, 16_250)
    assert [(each.tax_code, each.taxable_minor, each.tax_minor) for each in figures.subtotals] == [
        ("S", 9_000, 2_250), ("Z", 5_000, 0),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("total", "where", "refund", "offset", "split"),
    [
        (1_000, standing(open_minor=16_250), 0, 0, CreditSplit(1_000, 0, 0, 0)),
        (1_000, standing(open_minor=400, retained=500), 0, 0, CreditSplit(400, 500, 100, 0)),
        (1_000, standing(open_minor=0), 300, 200, CreditSplit(0, 0, 700, 300)),
        (1_000, standing(open_minor=0), 1_000, 0, CreditSplit(0, 0, 0, 1_000)),
    ],
)
def test_a_credit_lowers_what_is_open_then_what_is_retained_then_goes_back(
    total: int, where: InvoiceStanding, refund: int, offset: int, split: CreditSplit
) -> None:
    assert split_credit(total, where, refund_minor=refund, offset_minor=offset) == split


@pytest.mark.parametrize(
    ("wanted", "where", "code"),
    [
        ({}, standing(), "CREDIT_EMPTY"),
        ({9: None}, standing(), "LINE_NOT_FOUND"),
        ({1: 10_001}, standing(), "CREDIT_EXCEEDS_LINE"),
        ({1: -1}, standing(), "CREDIT_EXCEEDS_LINE"),
        ({3: 1}, standing(), "CREDIT_EXCEEDS_LINE"),
        ({3: -1_000}, standing(), "AMOUNT_NOT_POSITIVE"),
        ({1: 0}, standing(), "AMOUNT_NOT_POSITIVE"),
        (None, standing(credited=1), "CREDIT_EXCEEDS_INVOICE"),
        (None, standing(written_off=1), "CREDIT_EXCEEDS_INVOICE"),
        (None, standing(refunded=1), "CREDIT_EXCEEDS_INVOICE"),
    ],
)
def test_no_more_is_credited_than_is_there(
    wanted: dict[int, int | None] | None, where: InvoiceStanding, code: str
) -> None:
    with pytest.raises(DomainError) as refusal:
        compute_credit(LINES, wanted, where)
    assert refusal.value.code == code


def test_only_what_was_paid_goes_back() -> None:
    with pytest.raises(DomainError) as refusal:
        split_credit(1_000, standing(open_minor=900), refund_minor=101)
    assert (refusal.value.code, refusal.value.details["available_minor"]) == (
        "CREDIT_SPLIT_EXCEEDS", 100,
    )  # fmt: skip


@given(st.data())
def test_however_a_line_is_credited_its_parts_sum_to_the_whole(data: st.DataObject) -> None:
    net = data.draw(st.integers(1, 10**9))
    tax = data.draw(st.integers(0, net))
    line, taken_net, taken_tax = InvoicedLine(1, net, "S", 2500, tax), 0, 0
    while line.left_net_minor:
        part = data.draw(st.integers(max(1, line.left_net_minor // 3), line.left_net_minor))
        credit = credit_of_line(line, part)
        assert 0 <= credit.tax_minor <= line.left_tax_minor
        taken_net, taken_tax = taken_net + credit.net_minor, taken_tax + credit.tax_minor
        line = InvoicedLine(1, net, "S", 2500, tax, taken_net, taken_tax)
    assert (taken_net, taken_tax) == (net, tax)


@given(st.integers(1, 10**9), st.integers(0, 10**9), st.integers(0, 10**9), st.integers(0, 10**9))
def test_a_split_loses_nothing(total: int, open_minor: int, retained: int, refund: int) -> None:
    where = standing(10**10, open_minor, retained)
    free = max(0, total - open_minor - retained)
    split = split_credit(total, where, refund_minor=min(refund, free))
    parts = (split.open_minor, split.retention_minor, split.kept_minor, split.refund_minor)
    assert sum(parts) == total
    assert min(parts) >= 0
    assert split.open_minor <= open_minor
    assert split.retention_minor <= retained


@pytest.mark.parametrize(
    ("amount", "still", "code"), [(1, 0, "NOTHING_OPEN"), (101, 100, "WRITE_OFF_EXCEEDS_OPEN")]
)
def test_a_write_off_is_of_what_is_open(amount: int, still: int, code: str) -> None:
    with pytest.raises(DomainError) as refusal:
        check_write_off(amount, still)
    assert refusal.value.code == code


@pytest.mark.parametrize(("amount", "tax"), [(125, 25), (1, 0), (3, 1), (10_000, 2_000)])
def test_the_tax_in_a_part_is_in_proportion(amount: int, tax: int) -> None:
    assert tax_in(amount, tax_minor=2_500, total_minor=12_500) == tax
