"""Interest on late payment, with the dated table of reference rates that the laws build on.

`rates.json` holds every rate with the place it was taken from. What it does not know is refused (RATE_UNKNOWN), never guessed;
a practice whose law needs a newer rate adds a row with its source.
"""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

from services.rules.errors import InvalidInput
from services.rules.late_interest import (
    DayCount,
    LateDebt,
    LateInterest,
    Law,
    PartPayment,
    RateRow,
    Reference,
    ReferenceRates,
    compute_late_interest,
    reference_of,
)
from services.rules.money import Money, format_amount, minor_units, parse_amount

_FILE = Path(__file__).with_name("rates.json")
_PLACES = Decimal("1e-10")


@cache
def _table() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(_FILE.read_text(encoding="utf-8"))
    return found


@cache
def reference_rates(reference: Reference) -> ReferenceRates:
    """The dated table of one reference rate."""
    found = _table()["rates"][reference.value]
    return ReferenceRates(
        tuple(
            RateRow(date.fromisoformat(row["from"]), Decimal(row["percent"]), row["source"])
            for row in found["rows"]
        ),
        date.fromisoformat(found["known_through"]),
    )


def rates_of(law: Law) -> ReferenceRates | None:
    """The rates that a law needs, None for a contract's own."""
    reference = reference_of(law)
    return None if reference is None else reference_rates(reference)


def source_title(source: str) -> str:
    """What a row's source is called, with its address where it has one; a practice's own row says it itself."""
    found = _table()["sources"].get(source)
    if found is None:
        return source
    return f"{found['title']} ({found['url']})" if "url" in found else str(found["title"])


def computed(
    *,
    law: str,
    principal: str,
    currency: str,
    due: str,
    until: str,
    contract_rate: str | None = None,
    payments: Sequence[Mapping[str, str]] = (),
    day_count: str = "act/365",
    from_consumer: bool = False,
) -> dict[str, Any]:
    """The interest on a debt that is given in plain text, explained.

    Raises what `LateDebt` and `compute_late_interest` raise; InvalidInput (LAW_UNKNOWN, DAY_COUNT_UNKNOWN, DATE_INVALID,
    RATE_INVALID, and what `parse_amount` raises) for text that is none of what it should be.
    """
    known = {each.value.lower(): each for each in Law}
    chosen = known.get(law.strip().lower())
    if chosen is None:
        raise InvalidInput(
            f"The laws are {', '.join(each.value for each in Law)}.",
            code="LAW_UNKNOWN",
            field="law",
        )
    if day_count not in set(DayCount):
        raise InvalidInput(
            f"Days are counted {', '.join(DayCount)}.", code="DAY_COUNT_UNKNOWN", field="dayCount"
        )
    minor_units(currency)
    debt = LateDebt(
        law=chosen,
        principal=parse_amount(principal, currency, "principal"),
        due_on=_day(due, "due"),
        until=_day(until, "until"),
        contract_bps=None if contract_rate is None else _bps(contract_rate),
        payments=tuple(
            PartPayment(
                _day(each["on"], f"payments.{at}"),
                parse_amount(each["amount"], currency, f"payments.{at}"),
            )
            for at, each in enumerate(payments)
        ),
        day_count=DayCount(day_count),
        from_consumer=from_consumer,
    )
    return explained(compute_late_interest(debt, rates_of(chosen)))


def _day(text: str, field: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidInput(
            "A date is written 2026-03-31.", code="DATE_INVALID", field=field
        ) from None


def _bps(text: str) -> int:
    percent = re.fullmatch(r"([0-9]{1,4})(?:\.([0-9]{1,2}))?", text)
    if percent is None:
        raise InvalidInput(
            "A rate is a percentage with at most two decimals, as in 12.5.",
            code="RATE_INVALID",
            field="contractRate",
        )
    return int(percent[1]) * 100 + int((percent[2] or "0").ljust(2, "0"))


def explained(found: LateInterest) -> dict[str, Any]:
    """The interest as plain data: every step unrounded to ten decimals and as an exact fraction, one rounding at the end."""
    debt = found.debt
    reference = reference_of(debt.law)
    total = (
        found.interest + found.fixed_sum
        if found.fixed_sum is not None and found.fixed_sum.currency == found.interest.currency
        else None
    )
    return {
        "law": debt.law.value,
        "reference": None if reference is None else _table()["rates"][reference.value]["name"],
        "principal": format_amount(debt.principal),
        "currency": debt.principal.currency,
        "due": debt.due_on.isoformat(),
        "until": debt.until.isoformat(),
        "day_count": debt.day_count.value,
        "days": found.days,
        "steps": [
            {
                "from": step.first_day.isoformat(),
                "to": step.last_day.isoformat(),
                "days": step.days,
                "principal": format_amount(step.principal),
                "reference_percent": None
                if step.reference_percent is None
                else str(step.reference_percent),
                "added_points": str(step.added_points),
                "annual_percent": str(step.annual_percent),
                "days_of_year": step.days_of_year,
                "per_day": _decimal(step.per_day),
                "interest": _decimal(step.interest),
                "interest_exact": str(step.interest),
                "source": source_title(step.source) if step.source else None,
            }
            for step in found.steps
        ],
        "interest_unrounded": _decimal(found.unrounded),
        "interest_exact": str(found.unrounded),
        "interest": format_amount(found.interest),
        "fixed_sum": None if found.fixed_sum is None else _money(found.fixed_sum),
        "total": None if total is None else format_amount(total),
        "rounding": "half to even, once, at the end",
    }


def _money(amount: Money) -> dict[str, str]:
    return {"amount": format_amount(amount), "currency": amount.currency}


def _decimal(exact: Fraction) -> str:
    """A fraction to ten decimals, for reading; the exact one stands beside it."""
    context = Context(prec=60, rounding=ROUND_HALF_EVEN)
    quotient = context.divide(Decimal(exact.numerator), Decimal(exact.denominator))
    return format(quotient.quantize(_PLACES, context=context), "f")
