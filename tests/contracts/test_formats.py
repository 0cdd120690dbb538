"""Figures, dates and words as each language writes them."""

import pytest

from contracts.formats import FILTERS, currency_decimals


def shown(name, value, locale):
    return FILTERS[name](value, locale).replace("\u00a0", "_")


@pytest.mark.parametrize(
    ("minor", "currency", "english", "danish"),
    [
        (123_456_789, "DKK", "1,234,567.89_DKK", "1.234.567,89_DKK"),
        (0, "EUR", "0.00_EUR", "0,00_EUR"),
        (-5, "DKK", "−0.05_DKK", "−0,05_DKK"),
        (1_500, "JPY", "1,500_JPY", "1.500_JPY"),
        (1_500, "BHD", "1.500_BHD", "1,500_BHD"),
        (1_500, "HUF", "15.00_HUF", "15,00_HUF"),
        (12_345, "CLF", "1.2345_CLF", "1,2345_CLF"),
        (2**63 - 1, "DKK", "92,233,720,368,547,758.07_DKK", "92.233.720.368.547.758,07_DKK"),
    ],
)
def test_money(minor, currency, english, danish):
    value = {"amount_minor": minor, "currency": currency}
    assert shown("money", value, "en") == english
    assert shown("money", value, "da") == danish


def test_signed_money_has_a_plus_only_where_something_is_added():
    assert shown("signed_money", {"amount_minor": 100, "currency": "DKK"}, "da") == "+1,00_DKK"
    assert shown("signed_money", {"amount_minor": 0, "currency": "DKK"}, "da") == "0,00_DKK"
    assert shown("signed_money", {"amount_minor": -100, "currency": "DKK"}, "da") == "−1,00_DKK"


@pytest.mark.parametrize(
    ("name", "value", "english", "danish"),
    [
        ("date", "2026-11-03", "3_November_2026", "3._november_2026"),
        ("short_date", "2026-03-03", "3_Mar_2026", "3._mar._2026"),
        ("percent", 2500, "25%", "25_%"),
        ("percent", 310, "3.1%", "3,1_%"),
        ("percent", 10_000, "100%", "100_%"),
        ("share", 3333, "one third", "en tredjedel"),
        ("share", 2500, "25%", "25_%"),
        ("days", 1, "1_day", "1_dag"),
        ("days", 14, "14_days", "14_dage"),
        ("working_days", 1, "1_working day", "1_arbejdsdag"),
        ("working_days", 10, "10_working days", "10_arbejdsdage"),
        ("signed_number", -2, "−2", "−2"),
        ("signed_number", 9, "+9", "+9"),
        ("signed_number", 0, "0", "0"),
        ("any_of", ["A", "B", "C"], "A, B or C", "A, B eller C"),
        ("all_of", ["A", "B"], "A and B", "A og B"),
        ("all_of", ["A"], "A", "A"),
        ("law", "DK", "Danish law", "dansk ret"),
        ("sentence", "moms", "Moms", "Moms"),
    ],
)
def test_filters(name, value, english, danish):
    assert shown(name, value, "en") == english
    assert shown(name, value, "da") == danish


def test_decimals_are_those_of_iso_4217_where_the_locale_data_differ():
    differing = [
        "ALL",
        "AMD",
        "COP",
        "CRC",
        "CZK",
        "HUF",
        "IDR",
        "LBP",
        "MMK",
        "PKR",
        "RSD",
        "TZS",
        "UZS",
    ]
    assert {code: currency_decimals(code) for code in differing} == dict.fromkeys(differing, 2)
    assert [currency_decimals(c) for c in ("JPY", "DKK", "KWD", "UYW")] == [0, 2, 3, 4]
