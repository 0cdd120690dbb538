"""How a language writes money, dates, shares, counts and lists. Every filter that templates know.

A filter takes the plain value of the payload and returns text. Money and date formatting is Babel's,
under rules of our own where CLDR is not fit for contracts: the currency code stands after the amount,
decimals are those of ISO 4217 (CLDR shows fewer for some currencies), and spaces inside a figure never
break over a line.
"""

import datetime
from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import cache
from typing import Any

from babel import Locale
from babel.dates import format_date, get_day_names
from babel.numbers import format_currency, format_decimal

NO_BREAK_SPACE = "\u00a0"
NO_BREAK_HYPHEN = "\u2011"
MINUS = "\u2212"

_BABEL_LOCALES = {"en": "en_GB", "da": "da_DK"}

# ISO 4217 minor units; every currency that is not named has two.
_DECIMALS = {
    **dict.fromkeys(
        [
            "BIF",
            "CLP",
            "DJF",
            "GNF",
            "ISK",
            "JPY",
            "KMF",
            "KRW",
            "PYG",
            "RWF",
            "UGX",
            "UYI",
            "VND",
            "VUV",
            "XAF",
            "XOF",
            "XPF",
        ],
        0,
    ),
    **dict.fromkeys(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"], 3),
    **dict.fromkeys(["CLF", "UYW"], 4),
}

_WORDS: dict[str, dict[str, Any]] = {
    "en": {
        "and": "and",
        "or": "or",
        "shares": {3333: "one third", 3334: "one third", 5000: "one half", 6667: "two thirds"},
        "days": ("day", "days"),
        "working_days": ("working day", "working days"),
        "years": ("year", "years"),
        "periods": ("period", "periods"),
        "hours": ("hour", "hours"),
        "minutes": ("minute", "minutes"),
        "rounds": ("round", "rounds"),
        "reminders": ("reminder", "reminders"),
        "range": "{} to {}",
        # Countries whose names take another preposition or an article; every other follows the first form.
        "in_country": ("in {}", "in the {}"),
        "other_countries": (
            "AE AX BQ BS CC CF CK DO FK FO GB GM HM IM IO KM KY MH MP MV NL PH PN PS SB SC TC TF UM US VG VI"
        ),
        "laws": {
            "DK": "Danish law",
            "SE": "Swedish law",
            "NO": "Norwegian law",
            "DE": "German law",
            "NL": "Dutch law",
            "IE": "Irish law",
            "GB-EAW": "the law of England and Wales",
        },
    },
    "da": {
        "and": "og",
        "or": "eller",
        "shares": {
            3333: "en tredjedel",
            3334: "en tredjedel",
            5000: "halvdelen",
            6667: "to tredjedele",
        },
        "days": ("dag", "dage"),
        "working_days": ("arbejdsdag", "arbejdsdage"),
        "years": ("år", "år"),
        "periods": ("periode", "perioder"),
        "hours": ("time", "timer"),
        "minutes": ("minut", "minutter"),
        "rounds": ("runde", "runder"),
        "reminders": ("rykker", "rykkere"),
        "range": "{} til {}",
        "in_country": ("i {}", "på {}"),
        "other_countries": (
            "AW AX BB BM BS BV CC CK CU CV CW CX CY FJ FK FO GG GP GU IM JE JM KM KY MG MH MP MQ MT MU MV NF RE SB SC TC "
            "UM VG VI"
        ),
        "laws": {
            "DK": "dansk ret",
            "SE": "svensk ret",
            "NO": "norsk ret",
            "DE": "tysk ret",
            "NL": "hollandsk ret",
            "IE": "irsk ret",
            "GB-EAW": "engelsk ret",
        },
    },
}


def currency_decimals(currency: str) -> int:
    """The number of decimals of a currency by ISO 4217: JPY 0, DKK 2, BHD 3."""
    return _DECIMALS.get(currency, 2)


@cache
def _money_pattern(decimals: int) -> str:
    figures = "#,##0" + ("." + "0" * decimals if decimals else "")
    # An explicit second half, so that the minus is the typographic one.
    return f"{figures} ¤¤;{MINUS}{figures} ¤¤"


def _unbroken(text: str) -> str:
    return text.replace("\u202f", NO_BREAK_SPACE).replace(" ", NO_BREAK_SPACE)


def money(value: dict[str, Any], locale: str) -> str:
    """``{"amount_minor": 123450, "currency": "DKK"}`` → ``1,234.50 DKK`` / ``1.234,50 DKK``."""
    currency = value["currency"]
    decimals = currency_decimals(currency)
    amount = Decimal(value["amount_minor"]).scaleb(-decimals)
    text = format_currency(
        amount,
        currency,
        _money_pattern(decimals),
        locale=_BABEL_LOCALES[locale],
        currency_digits=False,
    )
    return _unbroken(text)


def signed_money(value: dict[str, Any], locale: str) -> str:
    """As `money`, with a plus before a positive amount: for what is added or taken away."""
    return ("+" if value["amount_minor"] > 0 else "") + money(value, locale)


def date(value: str, locale: str) -> str:
    """``2026-11-03`` → ``3 November 2026`` / ``3. november 2026``; the day stays with the month."""
    text = format_date(
        datetime.date.fromisoformat(value),
        "d MMMM y" if locale == "en" else "d. MMMM y",
        locale=_BABEL_LOCALES[locale],
    )
    return _unbroken(text)


def short_date(value: str, locale: str) -> str:
    """For narrow columns, with the month as a word so that no reader mixes day and month."""
    text = format_date(
        datetime.date.fromisoformat(value),
        "d MMM y" if locale == "en" else "d. MMM y",
        locale=_BABEL_LOCALES[locale],
    )
    return _unbroken(text)


def percent(bps: int, locale: str) -> str:
    """Basis points as per cent: 2500 → ``25%`` / ``25 %``, 310 → ``3.1%`` / ``3,1 %``."""
    figure = format_decimal(
        Decimal(bps).scaleb(-2), "#,##0.##", locale=_BABEL_LOCALES[locale]
    ).replace("-", MINUS)
    return f"{figure}%" if locale == "en" else f"{figure}{NO_BREAK_SPACE}%"


def share(bps: int, locale: str) -> str:
    """Basis points in words where a person would use words (``one third``), else per cent."""
    words: dict[int, str] = _WORDS[locale]["shares"]
    return words.get(bps) or percent(bps, locale)


def number(value: int, locale: str) -> str:
    """A whole number with the thousands separators of the language."""
    return str(format_decimal(value, "#,##0", locale=_BABEL_LOCALES[locale]))


def _count(unit: str) -> Callable[[int, str], str]:
    def count(value: int, locale: str) -> str:
        one, many = _WORDS[locale][unit]
        return f"{number(value, locale)}{NO_BREAK_SPACE}{one if abs(value) == 1 else many}".replace(
            "-", MINUS
        )

    count.__doc__ = f"A number of {unit.replace('_', ' ')} with the noun in the right form."
    return count


def hours(minutes: int, locale: str) -> str:
    """Minutes as a person says them: 600 → ``10 hours``, 630 → ``10 hours 30 minutes``."""
    whole, rest = divmod(minutes, 60)
    parts = [_count("hours")(whole, locale)] if whole or not rest else []
    return " ".join(parts + ([_count("minutes")(rest, locale)] if rest else []))


def signed_number(value: int, locale: str) -> str:
    """A whole number with its sign, for shifts: ``+5``, ``−2``, ``0``."""
    return ("+" if value > 0 else "") + number(value, locale).replace("-", MINUS)


def _listing(word: str) -> Callable[[Sequence[str], str], str]:
    def listing(values: Sequence[str], locale: str) -> str:
        """``A, B and C``: the names of a list as a sentence has them."""
        if len(values) < 2:
            return "".join(values)
        return f"{', '.join(values[:-1])} {_WORDS[locale][word]} {values[-1]}"

    return listing


def sentence(value: str, locale: str) -> str:
    """The text with a capital first letter, for where it begins a line."""
    return value[:1].upper() + value[1:]


def law(jurisdiction: str, locale: str) -> str:
    """The name of a law in a sentence: ``Danish law``, ``dansk ret``."""
    names: dict[str, str] = _WORDS[locale]["laws"]
    return names[jurisdiction]


def working_weekdays(weekend: Sequence[int], locale: str) -> str:
    """The weekdays that are worked, for a weekend in ISO numbers (Monday is 1): ``[6, 7]`` → ``Monday to Friday``.

    Three or more in a row are named by the first and the last, also over the turn of the week.
    """
    if not set(weekend) <= set(range(1, 8)) or len(set(weekend)) == 7:
        raise ValueError("a weekend holds ISO weekdays, 1 to 7, and not all of them")
    names = get_day_names(locale=_BABEL_LOCALES[locale])
    worked = [day for day in range(1, 8) if day not in weekend]
    first = next((day for day in worked if (day - 2) % 7 + 1 not in worked), 1)
    in_order = sorted(worked, key=lambda day: (day - first) % 7)
    if len(worked) > 2 and (in_order[-1] - first) % 7 == len(worked) - 1:
        text: str = _WORDS[locale]["range"].format(names[first - 1], names[in_order[-1] - 1])
        return text
    return _listing("and")([names[day - 1] for day in worked], locale)


def in_country(code: str, locale: str) -> str:
    """Where, by ISO 3166-1 alpha-2: ``in Denmark``, ``in the Netherlands``; ``i Danmark``, ``på Færøerne``."""
    words = _WORDS[locale]
    name = Locale.parse(_BABEL_LOCALES[locale]).territories[code]
    text: str = words["in_country"][code in words["other_countries"].split()].format(name)
    return text


def periods_off(calendar: dict[str, Any], locale: str) -> list[str]:
    """The days off of a calendar, those in a row as one: ``24 December 2026``, ``12 July 2027 to 30 July 2027``.

    Days with nothing but a weekend between them are in a row, for there is no working day in between.
    """
    runs: list[list[datetime.date]] = []
    for day in sorted({datetime.date.fromisoformat(text) for text in calendar["days_off"]}):
        between = (day - runs[-1][-1]).days if runs else 0
        if runs and all(
            (day - datetime.timedelta(back)).isoweekday() in calendar["weekend"]
            for back in range(1, between)
        ):
            runs[-1].append(day)
        else:
            runs.append([day])
    return [
        date(run[0].isoformat(), locale)
        if len(run) == 1
        else _WORDS[locale]["range"].format(
            date(run[0].isoformat(), locale), date(run[-1].isoformat(), locale)
        )
        for run in runs
    ]


FILTERS: dict[str, Callable[[Any, str], Any]] = {
    "money": money,
    "signed_money": signed_money,
    "date": date,
    "short_date": short_date,
    "percent": percent,
    "share": share,
    "number": number,
    "signed_number": signed_number,
    "days": _count("days"),
    "working_days": _count("working_days"),
    "years": _count("years"),
    "periods": _count("periods"),
    "hours": hours,
    "rounds": _count("rounds"),
    "reminders": _count("reminders"),
    "all_of": _listing("and"),
    "any_of": _listing("or"),
    "working_weekdays": working_weekdays,
    "in_country": in_country,
    "periods_off": periods_off,
    "law": law,
    "sentence": sentence,
}
"""Every filter of ours by the name that templates use; each takes (value, locale)."""
