"""What a movement of money must be before anything is looked up: an amount above zero, in the right currency, on a date that has come."""

from datetime import date

from services.rules.dates import check_plausible
from services.rules.errors import InvalidInput, RuleViolation
from services.rules.money import MAX_AMOUNT_MINOR, Money


def check_amount(amount: Money, field: str = "amount") -> Money:
    """The amount again. Raises InvalidInput (AMOUNT_NOT_POSITIVE, AMOUNT_TOO_LARGE) naming `field`."""
    if amount.amount_minor <= 0:
        raise InvalidInput("The amount is not above zero.", code="AMOUNT_NOT_POSITIVE", field=field)
    if amount.amount_minor > MAX_AMOUNT_MINOR:
        raise InvalidInput("The amount is too large.", code="AMOUNT_TOO_LARGE", field=field)
    return amount


def check_currency(amount: Money, currency: str, field: str = "amount") -> None:
    """Raise RuleViolation (CURRENCY_MISMATCH) naming `field` unless the amount is in `currency`; nothing is exchanged here."""
    if amount.currency != currency:
        raise RuleViolation(
            f"The amount is in {amount.currency}, this is kept in {currency}.",
            code="CURRENCY_MISMATCH",
            field=field,
        )


def check_happened(on: date, today: date, field: str, *, earliest: date | None = None) -> None:
    """Raise InvalidInput (DATE, DATE_OUT_OF_RANGE) naming `field` where the date is still to come, or lies before `earliest`."""
    if on > today:
        raise InvalidInput("This date is still to come.", code="DATE", field=field)
    check_plausible(on, field)
    if earliest is not None and on < earliest:
        raise InvalidInput(f"This cannot be before {earliest}.", code="DATE", field=field)
