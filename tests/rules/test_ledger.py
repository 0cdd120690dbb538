"""The chart of accounts, and what a draft must be before it goes to the books."""

from datetime import date, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.rules.errors import InvalidInput, RuleViolation
from services.rules.ledger import (
    CHART,
    JournalDraft,
    Line,
    checked,
    natural_minor,
    negated,
    normal_sign,
    sums_by_currency,
)
from services.rules.money import MAX_AMOUNT_MINOR, Money

A, B = UUID(int=1), UUID(int=2)
FIVE = Money(500, "DKK")


def draft(*lines: Line, description: str = "Deposit", on: date = date(2026, 3, 1)) -> JournalDraft:
    return JournalDraft("retainer_deposit", description, on, lines)


def test_debit_is_positive_and_credit_negative() -> None:
    assert Line.debit(A, FIVE).amount == Money(500, "DKK")
    assert Line.credit(A, FIVE).amount == Money(-500, "DKK")


@pytest.mark.parametrize("amount_minor", [0, -1])
@pytest.mark.parametrize("side", [Line.debit, Line.credit])
def test_a_side_takes_amounts_above_zero_alone(side, amount_minor: int) -> None:
    with pytest.raises(InvalidInput) as refused:
        side(A, Money(amount_minor, "DKK"))
    assert refused.value.code == "AMOUNT_INVALID"


def test_a_draft_in_balance_is_accepted_with_its_words_cleaned() -> None:
    entry = draft(
        Line.debit(A, FIVE), Line.credit(B, FIVE), description="  Indbetaling, A\u030abo "
    )
    assert checked(entry).description == "Indbetaling, Åbo"
    assert checked(entry).lines == entry.lines


@pytest.mark.parametrize(
    ("entry", "kind", "code"),
    [
        (draft(), RuleViolation, "UNBALANCED"),
        (draft(Line.debit(A, FIVE)), RuleViolation, "UNBALANCED"),
        (draft(Line.debit(A, FIVE), Line.debit(B, FIVE)), RuleViolation, "UNBALANCED"),
        (
            draft(Line.debit(A, FIVE), Line.credit(B, Money(500, "EUR"))),
            RuleViolation,
            "UNBALANCED",
        ),
        (draft(Line(A, Money(0, "DKK")), Line(B, Money(0, "DKK"))), InvalidInput, "AMOUNT_INVALID"),
        (
            draft(
                Line.debit(A, Money(MAX_AMOUNT_MINOR + 1, "DKK")),
                Line.credit(B, Money(MAX_AMOUNT_MINOR + 1, "DKK")),
            ),
            InvalidInput,
            "AMOUNT_TOO_LARGE",
        ),
        (draft(*[Line.debit(A, FIVE), Line.credit(B, FIVE)] * 501), InvalidInput, "ENTRY_INVALID"),
        (
            draft(Line.debit(A, FIVE), Line.credit(B, FIVE), on=datetime(2026, 3, 1)),  # noqa: DTZ001
            InvalidInput,
            "ENTRY_INVALID",
        ),
        (
            draft(Line.debit(A, FIVE), Line.credit(B, FIVE), description=" "),
            InvalidInput,
            "REQUIRED",
        ),
        (
            draft(Line.debit(A, FIVE), Line.credit(B, FIVE), description="a\x00b"),
            InvalidInput,
            "TEXT_INVALID",
        ),
        (
            draft(Line.debit(A, FIVE), Line.credit(B, FIVE), description="\u202eb"),
            InvalidInput,
            "TEXT_INVALID",
        ),
    ],
)
def test_a_draft_out_of_order_is_refused(entry: JournalDraft, kind, code: str) -> None:
    with pytest.raises(kind) as refused:
        checked(entry)
    assert refused.value.code == code


def test_the_difference_is_named_in_its_currency() -> None:
    with pytest.raises(RuleViolation) as refused:
        checked(draft(Line.debit(A, FIVE), Line.credit(B, Money(450, "DKK"))))
    assert refused.value.message == "Debit and credit differ by 0.50 DKK."
    assert refused.value.details == {"currency": "DKK", "difference_minor": 50}


@given(st.lists(st.tuples(st.sampled_from([A, B]), st.integers(-(10**15), 10**15)), max_size=20))
def test_an_entry_and_what_takes_it_back_sum_to_nothing(pairs) -> None:
    lines = tuple(Line(account, Money(amount, "DKK")) for account, amount in pairs)
    assert set(sums_by_currency(lines + negated(lines)).values()) <= {0}


def test_accounts_read_on_their_own_side() -> None:
    assert natural_minor("liability", -500) == 500
    assert natural_minor("asset", 500) == 500
    assert {line.code for line in CHART.values() if normal_sign(line.kind) == 1} == {
        "bank", "receivable", "retention_receivable", "deposit_tax", "refunds", "credit_notes", "write_offs", "bank_charges"
    }  # fmt: skip


def test_money_of_clients_and_the_tax_on_it_have_a_floor_and_nothing_else() -> None:
    assert {
        line.code: line.floor_minor for line in CHART.values() if line.floor_minor is not None
    } == {
        "deposit_tax": 0,
        "retainer_liability": 0,
        "unapplied_receipts": 0,
        "client_credit": 0,
    }
