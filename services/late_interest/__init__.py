"""Interest on late payment, with the dated table of reference rates that the laws build on.

`rates.json` holds every rate with the place it was taken from. What it does not know is refused (RATE_UNKNOWN), never guessed;
a practice whose law needs a newer rate adds a row with its source.
"""

import json
from datetime import date
from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

from services.rules.late_interest import (
    LateInterest,
    Law,
    RateRow,
    Reference,
    ReferenceRates,
    reference_of,
)
from services.rules.money import Money, format_amount

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
    """What a row's source is called, with its address where it has one."""
    found = _table()["sources"][source]
    return f"{found['title']} ({found['url']})" if "url" in found else str(found["title"])


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
