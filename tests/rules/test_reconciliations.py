"""The three figures and what explains their differences."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.rules.errors import DomainError, RuleViolation
from services.rules.money import Money
from services.rules.reconciliations import (
    SIDES,
    Item,
    checked_items,
    figures,
    require_explained,
)

DAY = date(2026, 3, 31)


def item(kind: str, minor: int, currency: str = "DKK", on: date = DAY, text: str = "Why") -> Item:
    return Item(kind, Money(minor, currency), on, text)  # type: ignore[arg-type]


def test_bank_control_and_clients_meet() -> None:
    items = [
        item("receipt_in_transit", 50_000),
        item("payment_in_transit", -10_000),
        item("own_money", 300_000),
    ]
    found = figures(1_000_000, items, control_minor=740_000, clients_minor=740_000)
    assert (found.adjusted_minor, found.unexplained_bank_minor, found.unexplained_clients_minor) == (
        1_040_000, 0, 0,
    )  # fmt: skip
    require_explained(found, "DKK")


def test_one_oere_that_nobody_explained_is_said() -> None:
    found = figures(1_000_000, [], control_minor=1_000_001, clients_minor=1_000_000)
    with pytest.raises(RuleViolation) as refused:
        require_explained(found, "DKK")
    assert refused.value.code == "RECONCILIATION_UNEXPLAINED"
    assert "-0.01 DKK between bank and control account, 0.01 DKK" in refused.value.message


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (item("receipt_in_transit", -1), "RECONCILIATION_ITEM_INVALID"),
        (item("charge_not_booked", 1), "RECONCILIATION_ITEM_INVALID"),
        (item("own_money", 0), "RECONCILIATION_ITEM_INVALID"),
        (item("own_money", 1, on=date(2026, 4, 1)), "RECONCILIATION_ITEM_INVALID"),
        (item("own_money", 1, currency="EUR"), "CURRENCY_MISMATCH"),
        (item("own_money", 10**15 + 1), "AMOUNT_TOO_LARGE"),
        (item("own_money", 1, on=date(1999, 1, 1)), "DATE_OUT_OF_RANGE"),
        (item("own_money", 1, text=" "), "REQUIRED"),
        (item("own_money", 1, text="a\0b"), "TEXT_INVALID"),
    ],
)
def test_an_item_that_explains_nothing_is_refused(wrong: Item, code: str) -> None:
    with pytest.raises(DomainError) as refused:
        checked_items([item("own_money", 5), wrong], currency="DKK", as_of=DAY)
    assert refused.value.code == code
    assert (refused.value.field or "").startswith("items.1.")


@given(
    st.integers(-(10**9), 10**9),
    st.lists(st.tuples(st.sampled_from(sorted(SIDES)), st.integers(-(10**6), 10**6))),
    st.integers(-(10**9), 10**9),
    st.integers(-(10**9), 10**9),
)
def test_the_parts_always_lead_from_the_statement_to_the_clients(
    statement: int, parts: list[tuple[str, int]], control: int, clients: int
) -> None:
    found = figures(
        statement, [item(*part) for part in parts], control_minor=control, clients_minor=clients
    )
    assert (
        statement + found.bank_items_minor - found.books_items_minor - found.unexplained_bank_minor
        == control
    )
    assert control - found.client_items_minor - found.unexplained_clients_minor == clients
