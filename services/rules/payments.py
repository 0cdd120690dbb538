"""What a payment pays: oldest due first, never beyond what is open nor beyond the payment; and what another currency is worth.

The model: money that came in is either on invoices or the client's own (unapplied). Putting it on and taking it off are further
entries, so the history stays.

**Another currency.** One of the two sides is in the practice's own (home) currency; the other, the foreign one, is valued in it
at a rate that a person gives as two sums of money (746.05 DKK for 100.00 EUR), kept as that exact ratio. The difference between
the two values is realised when the money comes in, and is income or expense of that day (IAS 21, paragraph 28; the first
value is at the rate of the invoice's date, paragraph 21). The books balance in each currency by a clearing account in each, as
P. Selinger describes it in "Tutorial on multiple currency accounting".

What this module does not do: know a rate, or revalue what is still open at the end of a period.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.rules.errors import InvalidInput, RuleViolation
from services.rules.money import Money, divide_half_even


@dataclass(frozen=True, slots=True)
class OpenInvoice:
    """An issued invoice that still owes something; `number` breaks ties of the due date."""

    invoice_id: UUID
    number: str
    due_on: date
    open_minor: int


@dataclass(frozen=True, slots=True)
class Part:
    """So much onto, or off, one invoice."""

    invoice_id: UUID
    amount_minor: int


def oldest_due_first(available_minor: int, invoices: Iterable[OpenInvoice]) -> tuple[Part, ...]:
    """Spread what is available over open invoices, the oldest due first, each as far as it goes."""
    parts: list[Part] = []
    for invoice in sorted(invoices, key=lambda each: (each.due_on, each.number, each.invoice_id)):
        amount_minor = min(available_minor, invoice.open_minor)
        if amount_minor > 0:
            parts.append(Part(invoice.invoice_id, amount_minor))
            available_minor -= amount_minor
    return tuple(parts)


def check_parts(
    parts: Sequence[Part], *, limits: dict[UUID, int], field: str, code: str, said: str
) -> int:
    """The sum of the parts. Raises InvalidInput (ALLOCATION_INVALID) for an invoice named twice or an amount not above zero,
    RuleViolation (`code`, with `limit_minor`) for a part beyond its limit; `said` says what the limit is."""
    if len({part.invoice_id for part in parts}) != len(parts):
        raise InvalidInput("An invoice stands twice.", code="ALLOCATION_INVALID", field=field)
    for part in parts:
        if part.amount_minor <= 0:
            raise InvalidInput(
                "The amount is not above zero.", code="AMOUNT_NOT_POSITIVE", field=field
            )
        limit_minor = limits[part.invoice_id]
        if part.amount_minor > limit_minor:
            raise RuleViolation(said, code=code, field=field, limit_minor=limit_minor)
    return sum(part.amount_minor for part in parts)


@dataclass(frozen=True, slots=True)
class Rate:
    """So much home money for so much foreign money: the exact ratio, nothing rounded."""

    home: Money
    foreign: Money


@dataclass(frozen=True, slots=True)
class Exchange:
    """What the foreign side is worth at home, and what that makes of the payment.

    `foreign × rate.home = value × rate.foreign + rounding_numerator`, exactly, in minor units; the value is rounded once, half
    to even. `difference_minor` is in the home currency: a gain above zero, a loss below.
    """

    value_minor: int
    rounding_numerator: int
    difference_minor: int
    foreign: Money
    home_currency: str


def exchange(paid: Money, settled: Money, rate: Rate, home_currency: str) -> Exchange:
    """Value a payment in one currency against what it settles in another.

    Paid at home: the invoice's part is valued at the rate of its date, and what came in beyond that is the gain. Paid abroad:
    what came in is valued at the rate of that day, and what it is worth beyond the invoice's part is the gain.

    Raises RuleViolation (CURRENCY_PAIR) unless exactly one side is in the home currency; InvalidInput (RATE_INVALID) for a rate
    of other currencies, not above zero, or so low that nothing is left.
    """
    if (paid.currency == home_currency) == (settled.currency == home_currency):
        raise RuleViolation(
            f"One of {paid.currency} and {settled.currency} must be {home_currency}, the practice's own currency.",
            code="CURRENCY_PAIR",
            field="settles",
        )
    foreign = settled if paid.currency == home_currency else paid
    for side, currency, name in (
        (rate.home, home_currency, "rate.home"),
        (rate.foreign, foreign.currency, "rate.foreign"),
    ):
        if side.currency != currency or side.amount_minor <= 0:
            raise InvalidInput(
                f"The rate is so much {home_currency} for so much {foreign.currency}, both above zero.",
                code="RATE_INVALID",
                field=name,
            )
    product = foreign.amount_minor * rate.home.amount_minor
    value_minor = divide_half_even(product, rate.foreign.amount_minor)
    if value_minor <= 0:
        raise InvalidInput("At this rate nothing is left.", code="RATE_INVALID", field="rate")
    difference_minor = (
        paid.amount_minor - value_minor
        if paid.currency == home_currency
        else value_minor - settled.amount_minor
    )
    return Exchange(
        value_minor,
        product - value_minor * rate.foreign.amount_minor,
        difference_minor,
        foreign,
        home_currency,
    )
