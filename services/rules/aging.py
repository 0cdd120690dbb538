"""What clients owe by how long it has been due: pure sums over documents.

The model: a document (an invoice, a charge for delay) has parts, each with its own due date, and one sum that settled it. What was
settled takes the part that was due first. What is left of each part falls into the column of its age on the day asked about: not
due (the due date is that day or later), 1–30, 31–60, 61–90 days, or more. A document that was settled by more than it has (money
dated before the invoice) has no age: it stands among what is unapplied, negative.

What this module does not do: read anything, or say whether the sum is what the books say; `ties` compares the two.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

Bucket = Literal["not_due", "days_1_30", "days_31_60", "days_61_90", "days_over_90", "unapplied"]

BUCKETS: Final[tuple[Bucket, ...]] = (
    "not_due",
    "days_1_30",
    "days_31_60",
    "days_61_90",
    "days_over_90",
    "unapplied",
)
"""The columns of an aging, from left to right."""

_LAST_DAYS: Final[tuple[tuple[int, Bucket], ...]] = (
    (0, "not_due"),
    (30, "days_1_30"),
    (60, "days_31_60"),
    (90, "days_61_90"),
)


@dataclass(frozen=True, slots=True)
class DuePart:
    """A part of a document that falls due on a date; above zero."""

    due_on: date
    amount_minor: int


@dataclass(frozen=True, slots=True)
class OpenPart:
    """What is left of a part, or of the whole where it is negative; then `due_on` is that of the last part."""

    due_on: date
    overdue_days: int
    open_minor: int
    bucket: Bucket


def bucket_of(overdue_days: int) -> Bucket:
    """The column of what has been due for so many days; zero or less is not due."""
    return next(
        (bucket for last_day, bucket in _LAST_DAYS if overdue_days <= last_day), "days_over_90"
    )


def open_parts(
    parts: Sequence[DuePart], settled_minor: int, *, as_of: date
) -> tuple[OpenPart, ...]:
    """What is left of a document's parts once `settled_minor` has taken those that were due first. Nothing left, nothing said."""
    left_minor, found = settled_minor, []
    in_order = sorted(parts, key=lambda part: part.due_on)
    for part in in_order:
        taken_minor = min(part.amount_minor, left_minor)
        left_minor -= taken_minor
        if part.amount_minor > taken_minor:
            overdue_days = max(0, (as_of - part.due_on).days)
            found.append(
                OpenPart(
                    part.due_on,
                    overdue_days,
                    part.amount_minor - taken_minor,
                    bucket_of(overdue_days),
                )
            )
    if left_minor > 0:
        last = in_order[-1].due_on if in_order else as_of
        found.append(OpenPart(last, 0, -left_minor, "unapplied"))
    return tuple(found)


def summed(parts: Iterable[tuple[Bucket, int]]) -> dict[Bucket, int]:
    """Every column with its sum, zero where there is nothing."""
    sums: dict[Bucket, int] = dict.fromkeys(BUCKETS, 0)
    for bucket, amount_minor in parts:
        sums[bucket] += amount_minor
    return sums


@dataclass(frozen=True, slots=True)
class Tie:
    """The same sum from two sides, in one currency: documents and what moved them, and the accounts of the ledger.

    `receivable_minor` is what the receivables accounts hold, `unapplied_minor` what the practice owes the clients beside it
    (unapplied receipts and credit kept), as a positive figure.
    """

    currency: str
    aged_minor: int
    receivable_minor: int
    unapplied_minor: int

    @property
    def ledger_minor(self) -> int:
        """What clients owe by the ledger."""
        return self.receivable_minor - self.unapplied_minor

    @property
    def difference_minor(self) -> int:
        """Aging − ledger: zero where the two agree to the unit."""
        return self.aged_minor - self.ledger_minor

    @property
    def ties(self) -> bool:
        """Whether they agree."""
        return self.difference_minor == 0
