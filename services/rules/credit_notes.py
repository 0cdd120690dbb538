"""Credit notes: what of an issued invoice may still be credited, and where a credit goes.

A credit takes back net amounts of lines, each with its part of the line's tax. It first lowers what the invoice still owes, then
what is retained of it; only what is more than both was paid, and that the client keeps for other invoices or gets back.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from services.rules.errors import InvalidInput, NotFound, RuleViolation
from services.rules.money import divide_half_even
from services.rules.taxes import TaxSubtotal

REASONS: Final = ("error", "quality", "goodwill", "descoping", "termination", "discount")
"""Why an invoice is credited."""


@dataclass(frozen=True, slots=True)
class InvoicedLine:
    """A line of an issued invoice, and what of it was credited before."""

    position: int
    net_minor: int
    tax_code: str
    tax_bps: int
    tax_minor: int
    credited_net_minor: int = 0
    credited_tax_minor: int = 0

    @property
    def left_net_minor(self) -> int:
        """What may still be credited of it, before tax; negative for a line that took off."""
        return self.net_minor - self.credited_net_minor

    @property
    def left_tax_minor(self) -> int:
        """The tax in that."""
        return self.tax_minor - self.credited_tax_minor


@dataclass(frozen=True, slots=True)
class CreditedLine:
    """What a credit note takes back of one line."""

    position: int
    net_minor: int
    tax_code: str
    tax_bps: int
    tax_minor: int


@dataclass(frozen=True, slots=True)
class CreditFigures:
    """A credit in lines, by tax category, and in total."""

    lines: tuple[CreditedLine, ...]
    subtotals: tuple[TaxSubtotal, ...]
    net_minor: int
    tax_minor: int

    @property
    def total_minor(self) -> int:
        """Net and tax."""
        return self.net_minor + self.tax_minor


@dataclass(frozen=True, slots=True)
class InvoiceStanding:
    """An issued invoice's sums. `refunded_minor` is what refunds out of its payments took back of what was applied to it."""

    total_minor: int
    open_minor: int
    retained_minor: int
    credited_minor: int
    written_off_minor: int
    refunded_minor: int

    @property
    def creditable_minor(self) -> int:
        """The most a further credit note may come to, with tax."""
        return max(
            0, self.total_minor - self.credited_minor - self.written_off_minor - self.refunded_minor
        )

    @property
    def paid_back_minor(self) -> int:
        """What of that was paid: the most that may be kept, offset or refunded."""
        return max(0, self.creditable_minor - self.open_minor - self.retained_minor)


@dataclass(frozen=True, slots=True)
class CreditSplit:
    """Where a credit goes; the parts sum to it. What is offset against other invoices is in `kept_minor` until it is used."""

    open_minor: int
    retention_minor: int
    kept_minor: int
    refund_minor: int


def credit_of_line(line: InvoicedLine, net_minor: int, field: str = "net") -> CreditedLine:
    """This much of a line with its tax: the last credit takes what is left, so that parts sum to the whole.

    Raises RuleViolation (CREDIT_EXCEEDS_LINE with `creditable_minor`) for more or the wrong sign, InvalidInput (AMOUNT_NOT_POSITIVE)
    for nothing, naming `field`.
    """
    left = line.left_net_minor
    if left == 0 or (net_minor > 0) != (left > 0) or abs(net_minor) > abs(left):
        if net_minor == 0:
            raise InvalidInput("A credit is of something.", code="AMOUNT_NOT_POSITIVE", field=field)
        raise RuleViolation(
            f"Line {line.position} can be credited by what is left of it and no more.",
            code="CREDIT_EXCEEDS_LINE",
            field=field,
            creditable_minor=left,
        )
    if net_minor == 0:
        raise InvalidInput("A credit is of something.", code="AMOUNT_NOT_POSITIVE", field=field)
    tax_minor = divide_half_even(net_minor * line.left_tax_minor, left)
    return CreditedLine(line.position, net_minor, line.tax_code, line.tax_bps, tax_minor)


def compute_credit(
    lines: Sequence[InvoicedLine],
    wanted: Mapping[int, int | None] | None,
    standing: InvoiceStanding,
) -> CreditFigures:
    """The credit of these lines by position, each with a net amount or (None) all that is left; of every line where none is named.

    Raises InvalidInput (CREDIT_EMPTY, AMOUNT_NOT_POSITIVE), NotFound (LINE_NOT_FOUND), RuleViolation (CREDIT_EXCEEDS_LINE,
    CREDIT_EXCEEDS_INVOICE with `creditable_minor`, NOTHING_TO_CREDIT).
    """
    by_position = {line.position: line for line in lines}
    if wanted is None:
        wanted = {line.position: None for line in lines if line.left_net_minor}
        if not wanted:
            raise RuleViolation("Nothing is left to credit.", code="NOTHING_TO_CREDIT")
    if not wanted:
        raise InvalidInput("A credit note credits something.", code="CREDIT_EMPTY", field="lines")
    credited = []
    # What is refused is named by its place among what is wanted, which is the place in the request.
    for position, (at, net_minor) in sorted(
        (position, (at, net)) for at, (position, net) in enumerate(wanted.items())
    ):
        line = by_position.get(position)
        if line is None:
            raise NotFound(
                f"The invoice has no line {position}.",
                code="LINE_NOT_FOUND",
                field=f"lines.{at}.position",
            )
        credited.append(
            credit_of_line(
                line, line.left_net_minor if net_minor is None else net_minor, f"lines.{at}.net"
            )
        )
    sums: dict[tuple[str, int], tuple[int, int]] = {}
    for each in credited:
        net, tax = sums.get((each.tax_code, each.tax_bps), (0, 0))
        sums[each.tax_code, each.tax_bps] = net + each.net_minor, tax + each.tax_minor
    figures = CreditFigures(
        tuple(credited),
        tuple(TaxSubtotal(*key, net, tax) for key, (net, tax) in sorted(sums.items())),
        sum(each.net_minor for each in credited),
        sum(each.tax_minor for each in credited),
    )
    if figures.total_minor <= 0 or figures.net_minor < 0 or figures.tax_minor < 0:
        raise InvalidInput(
            "These lines together credit nothing.", code="AMOUNT_NOT_POSITIVE", field="lines"
        )
    if figures.total_minor > standing.creditable_minor:
        raise RuleViolation(
            "The invoice cannot be credited by more than is left of it.",
            code="CREDIT_EXCEEDS_INVOICE",
            field="lines",
            creditable_minor=standing.creditable_minor,
        )
    return figures


def split_credit(
    total_minor: int, standing: InvoiceStanding, *, refund_minor: int = 0, offset_minor: int = 0
) -> CreditSplit:
    """Where a credit goes: onto what is open, onto what is retained, the rest as wished; what is not asked for is kept.

    Raises InvalidInput (AMOUNT_NEGATIVE), RuleViolation (CREDIT_SPLIT_EXCEEDS with `available_minor`) where more is to be
    refunded and offset than was paid.
    """
    if refund_minor < 0 or offset_minor < 0:
        raise InvalidInput("A part is negative.", code="AMOUNT_NEGATIVE", field="settlement")
    open_part = min(total_minor, standing.open_minor)
    retention_part = min(total_minor - open_part, standing.retained_minor)
    free = total_minor - open_part - retention_part
    if refund_minor + offset_minor > free:
        raise RuleViolation(
            "Only what was paid can be refunded or used for other invoices; the credit first lowers what is open and retained.",
            code="CREDIT_SPLIT_EXCEEDS",
            field="settlement",
            available_minor=free,
        )
    return CreditSplit(open_part, retention_part, free - refund_minor, refund_minor)
