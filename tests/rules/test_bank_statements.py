"""What a line of a statement may be: scores and reasons, to the letter."""

from datetime import date, timedelta
from itertools import combinations
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.rules.bank_statements import BankLine, Candidate, name_likeness, suggestions
from services.rules.money import Money

DAY = date(2026, 3, 17)
FJORD, NORD = UUID(int=901), UUID(int=902)


def invoice(
    number: int,
    kroner: int,
    *,
    client: UUID = FJORD,
    name: str = "Fjord A/S",
    currency: str = "DKK",
) -> Candidate:
    """An open invoice; the lower its number, the older."""
    return Candidate(
        "invoices", UUID(int=number), f"2026-{number:04d}", client, name, Money(kroner * 100, currency),
        DAY + timedelta(days=number),
    )  # fmt: skip


def came_in(kroner: int, text: str = "", **values: object) -> BankLine:
    """Money that came in."""
    return BankLine(Money(kroner * 100, "DKK"), DAY, text, **values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("line", "score", "reasons"),
    [
        (came_in(500), 40, ("the amount is exactly what is open", "nothing else has this amount")),
        (came_in(500, "Faktura 2026-0001"), 90,
         ("2026-0001 stands in the text", "the amount is exactly what is open", "nothing else has this amount")),
        (came_in(500, reference="20260001"), 100,
         ("2026-0001 stands in the reference", "the amount is exactly what is open", "nothing else has this amount")),
        (came_in(500, end_to_end_id="inv 2026/0001"), 100,
         ("2026-0001 stands in the end-to-end reference", "the amount is exactly what is open", "nothing else has this amount")),
        (came_in(100, "2026-0001"), 50, ("2026-0001 stands in the text", "the amount is less than what is open")),
        (came_in(501, "2026-0001"), 50, ("2026-0001 stands in the text", "the amount is more than what is open")),
        (came_in(485, "2026-0001", charge_minor=1_500), 65,
         ("2026-0001 stands in the text", "what is short is what the bank says it kept")),
        (came_in(500, counterparty="FJORD AS"), 65,
         ("the name is 100 % like Fjord A/S", "the amount is exactly what is open", "nothing else has this amount")),
        (came_in(500, paid_before=frozenset({FJORD})), 60,
         ("Fjord A/S paid from this account before", "the amount is exactly what is open", "nothing else has this amount")),
        (came_in(499), None, ()),
        (came_in(499, "12026-0001"), None, ()),
        (came_in(499, "2026-00010"), None, ()),
        (BankLine(Money(-50_000, "DKK"), DAY, "2026-0001"), None, ()),
    ],
)  # fmt: skip
def test_the_evidence_adds_up_in_words(
    line: BankLine, score: int | None, reasons: tuple[str, ...]
) -> None:
    found = suggestions(line, [invoice(1, 500)])
    if score is None:
        assert found == ()
    else:
        assert (found[0].score, found[0].reasons) == (score, reasons)


def test_two_of_the_same_amount_are_both_suggested_and_the_older_stands_first() -> None:
    found = suggestions(came_in(500), [invoice(2, 500, client=NORD, name="Nord"), invoice(1, 500)])
    assert [(each.candidates[0].number, each.score) for each in found] == [
        ("2026-0001", 35),
        ("2026-0002", 35),
    ]


def test_three_invoices_of_one_client_that_make_the_sum_are_one_suggestion() -> None:
    mine = [invoice(1, 100), invoice(2, 250), invoice(3, 400), invoice(4, 75)]
    found, *_ = suggestions(
        came_in(750, "Fjord 2026-0001 0002"),
        [*mine, invoice(5, 750 - 100, client=NORD, name="Nord")],
    )
    assert [each.number for each in found.candidates] == ["2026-0001", "2026-0002", "2026-0003"]
    assert found.score == 100
    assert found.reasons == (
        "2026-0001, 2026-0002, 2026-0003 add up to exactly this amount", "2026-0001 stands in the text",
        "the name is 100 % like Fjord A/S",
    )  # fmt: skip
    assert suggestions(came_in(750, "Fjord 2026-0001 0002"), mine, rejected=[found.key])[:1] != (
        found,
    )


def test_a_foreign_invoice_is_found_by_what_the_bank_exchanged() -> None:
    line = came_in(7_460, original=Money(100_000, "EUR"))
    (found,) = suggestions(
        line, [invoice(1, 1_000, currency="EUR"), invoice(2, 999, currency="EUR")]
    )
    assert (found.score, found.reasons) == (35, ("the bank exchanged it from exactly 1000.00 EUR",))


def test_money_out_is_a_refund_or_a_payment_that_went_back_of_this_very_sum() -> None:
    line = BankLine(Money(-50_000, "DKK"), DAY, "RF-0001 retur")
    refund = Candidate("refund", UUID(int=1), "RF-0001", FJORD, "Fjord", Money(50_000, "DKK"), DAY)
    gone = Candidate("reversed_payment", UUID(int=2), "", FJORD, "Fjord", Money(50_000, "DKK"), DAY)
    other = Candidate("refund", UUID(int=3), "RF-0003", FJORD, "Fjord", Money(49_999, "DKK"), DAY)
    assert [(each.kind, each.score) for each in suggestions(line, [gone, other, refund])] == [
        ("refund", 90), ("reversed_payment", 40),
    ]  # fmt: skip


def test_what_was_entered_by_hand_around_that_day_is_found() -> None:
    near = Candidate(
        "recorded_payment",
        UUID(int=1),
        "2026-0001",
        FJORD,
        "Fjord",
        Money(50_000, "DKK"),
        DAY - timedelta(days=7),
    )
    far = Candidate(
        "recorded_payment",
        UUID(int=2),
        "2026-0001",
        FJORD,
        "Fjord",
        Money(50_000, "DKK"),
        DAY - timedelta(days=8),
    )
    assert [each.candidates[0].id for each in suggestions(came_in(500), [near, far])] == [
        UUID(int=1)
    ]


@pytest.mark.parametrize(
    ("one", "other", "least", "most"),
    [("Fjord ApS", "FJORD", 100, 100), ("Søren Ågård", "SOREN AAGAARD", 100, 100), ("Müller GmbH", "Muller", 100, 100),
     ("Fjord Consulting", "Fjord", 90, 90), ("Nordlys Studio", "Nordlis Studio", 80, 99), ("Fjord", "Bjerg", 0, 50),
     ("ApS", "A/S", 0, 0), ("", "Fjord", 0, 0)],
)  # fmt: skip
def test_names_are_alike_without_forms_accents_and_order(
    one: str, other: str, least: int, most: int
) -> None:
    assert least <= name_likeness(one, other) <= most
    assert name_likeness(one, other) == name_likeness(other, one)


@given(st.lists(st.integers(1, 60), min_size=1, max_size=9), st.integers(1, 180))
def test_every_two_and_three_that_make_the_sum_are_found_and_nothing_else(
    amounts: list[int], total: int
) -> None:
    from services.rules.bank_statements import _making

    invoices = [invoice(n, minor) for n, minor in enumerate(amounts, start=1)]
    expected = {
        chosen for size in (2, 3) for chosen in combinations(invoices, size)
        if sum(each.amount.amount_minor for each in chosen) == total * 100
    }  # fmt: skip
    found = _making(total * 100, invoices)
    assert set(found) == expected
    assert len(found) == len(expected)


@given(
    st.integers(-(10**6), 10**6).filter(bool),
    st.lists(st.integers(1, 10**6), max_size=6),
    st.text(max_size=40),
)
def test_scores_are_bounded_sorted_and_told(amount: int, opens: list[int], text: str) -> None:
    line = BankLine(Money(amount, "DKK"), DAY, text, text, text)
    found = suggestions(line, [invoice(n, minor) for n, minor in enumerate(opens, start=1)])
    assert len(found) <= 5
    assert [each.score for each in found] == sorted((each.score for each in found), reverse=True)
    assert all(25 <= each.score <= 100 and each.reasons for each in found)
