"""Invoices: what may be billed of a scope, tax, retention, totals and the due date.

Tax is due on the whole net amount when it is invoiced; retention holds back a share of the net amount and no tax.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from services.rules.budgets import check_rate
from services.rules.errors import InvalidInput, NotFound, RuleViolation
from services.rules.money import share
from services.rules.scope import ItemKind, Scope, item_fee
from services.rules.taxes import TaxableLine, TaxSubtotal, compute_taxes


@dataclass(frozen=True, slots=True)
class InvoiceDraftLine:
    """A line before tax. `item_key` names the scope item it bills, if any; a credit is negative."""

    description: str
    net_minor: int
    tax_code: str
    tax_bps: int
    item_key: str | None = None


@dataclass(frozen=True, slots=True)
class InvoiceLine:
    """A line with its share of the tax."""

    description: str
    net_minor: int
    tax_code: str
    tax_bps: int
    tax_minor: int
    item_key: str | None


@dataclass(frozen=True, slots=True)
class PaymentTerms:
    """When an invoice falls due: `days` after its date, or after the end of its month (`løbende måned + 30`).

    Raises InvalidInput (PAYMENT_TERMS_INVALID) for days outside 0 to 365.
    """

    days: int = 14
    from_end_of_month: bool = False

    def __post_init__(self) -> None:
        """Refuse terms nobody would agree to."""
        if type(self.days) is not int or not 0 <= self.days <= 365:
            raise InvalidInput(
                "Payment terms are 0 to 365 days.",
                code="PAYMENT_TERMS_INVALID",
                field="payment_terms",
            )


@dataclass(frozen=True, slots=True)
class InvoiceFigures:
    """All figures of an invoice, in minor units."""

    lines: tuple[InvoiceLine, ...]
    tax_subtotals: tuple[TaxSubtotal, ...]
    net_minor: int
    tax_minor: int
    retention_minor: int
    due_on: date

    @property
    def gross_minor(self) -> int:
        """Net and tax: what the invoice is for."""
        return self.net_minor + self.tax_minor

    @property
    def payable_minor(self) -> int:
        """What falls due: gross less what is retained."""
        return self.gross_minor - self.retention_minor


def due_date(issued_on: date, terms: PaymentTerms) -> date:
    """The last day on which payment is in time."""
    counted_from = issued_on
    if terms.from_end_of_month:
        first_of_next = (issued_on.replace(day=1) + timedelta(days=32)).replace(day=1)
        counted_from = first_of_next - timedelta(days=1)
    return counted_from + timedelta(days=terms.days)


def lines_of_items(
    scope: Scope,
    item_keys: Sequence[str],
    *,
    accepted_keys: Collection[str],
    billed_minor: Mapping[str, int] | None = None,
) -> tuple[InvoiceDraftLine, ...]:
    """The lines that bill what is left of accepted items of the *signed* scope.

    An item that no signed version holds cannot be billed, nor one that is not accepted, nor one twice. Raises InvalidInput
    (INVOICE_EMPTY), NotFound (ITEM_NOT_FOUND), RuleViolation (ITEM_IS_SUMMARY, ITEM_NOT_ACCEPTED, ITEM_BILLED).
    """
    if not item_keys:
        raise InvalidInput("An invoice bills something.", code="INVOICE_EMPTY", field="item_keys")
    items = {item.item_key: item for item in scope.items}
    billed = dict(billed_minor or {})
    lines = []
    for position, key in enumerate(item_keys):
        field = f"item_keys.{position}"
        item = items.get(key)
        if item is None:
            raise NotFound(
                f"The signed scope has no item {key}, so it cannot be billed.",
                code="ITEM_NOT_FOUND",
                field=field,
            )
        if item.kind is ItemKind.SUMMARY:
            raise RuleViolation(
                f"{key} is a heading; bill the items in it.", code="ITEM_IS_SUMMARY", field=field
            )
        if key not in accepted_keys:
            raise RuleViolation(
                f"{key} is not accepted yet.", code="ITEM_NOT_ACCEPTED", field=field
            )
        left = item_fee(item) - billed.get(key, 0)
        if left <= 0:
            raise RuleViolation(
                f"Nothing is left to bill of {key}.", code="ITEM_BILLED", field=field
            )
        billed[key] = item_fee(item)
        lines.append(InvoiceDraftLine(item.title, left, item.tax_code, item.tax_bps, key))
    return tuple(lines)


def compute_invoice(
    lines: Sequence[InvoiceDraftLine],
    *,
    issued_on: date,
    terms: PaymentTerms,
    retention_bps: int = 0,
) -> InvoiceFigures:
    """The figures of an invoice. Raises InvalidInput (INVOICE_EMPTY, RATE_INVALID) and RuleViolation (INVOICE_NEGATIVE)
    when credits outweigh what is billed: that is a credit note."""
    if not lines:
        raise InvalidInput("An invoice bills something.", code="INVOICE_EMPTY", field="lines")
    check_rate(retention_bps, "retention_bps")
    for position, line in enumerate(lines):
        check_rate(line.tax_bps, f"lines.{position}.tax_bps")
    taxes = compute_taxes(
        [TaxableLine(line.net_minor, line.tax_code, line.tax_bps) for line in lines]
    )
    net_minor = sum(line.net_minor for line in lines)
    if net_minor < 0 or net_minor + taxes.tax_minor < 0:
        raise RuleViolation(
            "The credits are larger than what is billed: issue a credit note.",
            code="INVOICE_NEGATIVE",
            field="lines",
        )
    return InvoiceFigures(
        lines=tuple(
            InvoiceLine(
                line.description,
                line.net_minor,
                line.tax_code,
                line.tax_bps,
                tax_minor,
                line.item_key,
            )
            for line, tax_minor in zip(lines, taxes.line_tax_minor, strict=True)
        ),
        tax_subtotals=taxes.subtotals,
        net_minor=net_minor,
        tax_minor=taxes.tax_minor,
        retention_minor=share(net_minor, retention_bps),
        due_on=due_date(issued_on, terms),
    )
