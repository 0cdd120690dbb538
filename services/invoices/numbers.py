"""How an invoice is named, and what its figures say about it."""

from typing import Any, Final

STATES: Final = (
    "draft",
    "discarded",
    "issued",
    "part_paid",
    "paid",
    "credited",
    "written_off",
)
"""What an invoice may be; all but the first two follow from what it owes."""


def number_of(invoice: Any) -> str:
    """The number that people see, such as 2026-0007, or B-2026-0007 of a series; empty before it is issued."""
    if invoice["number_ordinal"] is None:
        return ""
    prefix = f"{invoice['number_prefix']}-" if invoice["number_prefix"] else ""
    return f"{prefix}{invoice['number_year']}-{invoice['number_ordinal']:04d}"


def open_minor(invoice: Any) -> int:
    """What is still to be paid: nothing of what is retained, unless it was released.

    Payable and what was released of the retention, less what was paid, drawn, credited (by a credit note to it or credit kept
    from another) and written off.
    """
    if invoice["status"] != "issued":
        return 0
    rest: int = (
        invoice["payable_minor"] + invoice["retention_released_minor"] - settled_minor(invoice)
    )
    return rest


def settled_minor(invoice: Any) -> int:
    """What it owes no more, for whatever reason."""
    settled: int = (
        invoice["paid_minor"]
        + invoice["drawn_minor"]
        + invoice["credited_minor"]
        + invoice["credit_applied_minor"]
        + invoice["written_off_minor"]
    )
    return settled


def retained_minor(invoice: Any) -> int:
    """What is still kept back: neither released nor credited."""
    rest: int = (
        invoice["retention_minor"]
        - invoice["retention_released_minor"]
        - invoice["credited_retention_minor"]
    )
    return rest


def state_of(invoice: Any) -> str:
    """One of `STATES`: credited where credit notes took all of it back, written off where nothing else is left of what it owed."""
    status: str = invoice["status"]
    if status != "issued":
        return status
    if invoice["credited_total_minor"] == invoice["total_minor"]:
        return "credited"
    if open_minor(invoice):
        return "part_paid" if settled_minor(invoice) else "issued"
    return "written_off" if invoice["written_off_minor"] else "paid"
