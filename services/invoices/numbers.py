"""How an invoice is named, and what its figures say about it."""

from typing import Any, Final

STATES: Final = ("draft", "discarded", "issued", "part_paid", "paid")
"""What an invoice may be; the last three follow from what it owes."""


def number_of(invoice: Any) -> str:
    """The number that people see, such as 2026-0007; empty before it is issued."""
    if invoice["number_ordinal"] is None:
        return ""
    return f"{invoice['number_year']}-{invoice['number_ordinal']:04d}"


def open_minor(invoice: Any) -> int:
    """What is still to be paid by the due date; nothing of what is retained."""
    if invoice["status"] != "issued":
        return 0
    rest: int = invoice["payable_minor"] - invoice["paid_minor"] - invoice["drawn_minor"]
    return rest


def state_of(invoice: Any) -> str:
    """One of `STATES`."""
    status: str = invoice["status"]
    if status != "issued":
        return status
    if open_minor(invoice) == 0:
        return "paid"
    return "part_paid" if invoice["paid_minor"] + invoice["drawn_minor"] else "issued"
