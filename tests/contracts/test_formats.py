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


@pytest.mark.parametrize(
    ("weekend", "english", "danish"),
    [
        ([6, 7], "Monday to Friday", "mandag til fredag"),
        ([5, 6], "Sunday to Thursday", "søndag til torsdag"),
        ([7], "Monday to Saturday", "mandag til lørdag"),
        ([], "Monday to Sunday", "mandag til søndag"),
        (
            [3, 7],
            "Monday, Tuesday, Thursday, Friday and Saturday",
            "mandag, tirsdag, torsdag, fredag og lørdag",
        ),
        ([1, 2, 3, 6, 7], "Thursday and Friday", "torsdag og fredag"),
        ([2, 3, 4, 5, 6, 7], "Monday", "mandag"),
    ],
)
def test_the_weekdays_that_are_worked_are_named(weekend, english, danish):
    assert shown("working_weekdays", weekend, "en") == english
    assert shown("working_weekdays", weekend, "da") == danish


@pytest.mark.parametrize("weekend", [[1, 2, 3, 4, 5, 6, 7], [0], [8]])
def test_a_weekend_that_cannot_be_is_refused(weekend):
    with pytest.raises(ValueError, match="ISO weekdays"):
        shown("working_weekdays", weekend, "en")


@pytest.mark.parametrize(
    ("code", "english", "danish"),
    [
        ("DK", "in Denmark", "i Danmark"),
        ("NL", "in the Netherlands", "i Nederlandene"),
        ("GB", "in the United Kingdom", "i Storbritannien"),
        ("FO", "in the Faroe Islands", "på Færøerne"),
        ("CY", "in Cyprus", "på Cypern"),
    ],
)
def test_a_country_stands_in_a_sentence(code, english, danish):
    assert shown("in_country", code, "en") == english
    assert shown("in_country", code, "da") == danish


def test_days_off_with_only_a_weekend_between_them_are_one_period():
    calendar = {
        "weekend": [6, 7],
        "days_off": ["2027-07-16", "2027-07-12", "2027-07-19", "2027-12-24", "2027-12-31"],
    }
    assert FILTERS["periods_off"](calendar, "en") == [
        "12\u00a0July\u00a02027",
        "16\u00a0July\u00a02027 to 19\u00a0July\u00a02027",
        "24\u00a0December\u00a02027",
        "31\u00a0December\u00a02027",
    ]
    calendar["days_off"] = ["2027-12-24", "2027-12-27", "2027-12-28"]
    assert FILTERS["periods_off"](calendar, "da") == [
        "24.\u00a0december\u00a02027 til 28.\u00a0december\u00a02027"
    ]
    assert FILTERS["periods_off"]({"weekend": [6, 7], "days_off": []}, "en") == []


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
