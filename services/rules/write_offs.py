"""Write-offs: a receivable that is given up, in whole or part, and the tax in it where the law gives that back."""

from services.rules.errors import RuleViolation
from services.rules.money import divide_half_even


def check_write_off(amount_minor: int, open_minor: int) -> None:
    """Raise RuleViolation: NOTHING_OPEN where the invoice owes nothing, WRITE_OFF_EXCEEDS_OPEN (with `open_minor`) for more than it owes."""
    if open_minor <= 0:
        raise RuleViolation("The invoice owes nothing.", code="NOTHING_OPEN", field="invoiceId")
    if amount_minor > open_minor:
        raise RuleViolation(
            "No more is written off than is still owed.",
            code="WRITE_OFF_EXCEEDS_OPEN",
            field="amount",
            open_minor=open_minor,
        )


def tax_in(amount_minor: int, *, tax_minor: int, total_minor: int) -> int:
    """The tax in a part of an invoice, in proportion, rounded half to even."""
    return divide_half_even(amount_minor * tax_minor, total_minor)
