"""Drafting an invoice, and discarding a draft."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import asyncpg

from db.ids import new_id
from db.queries import billing as billing_queries
from db.queries import engagements as engagement_queries
from db.queries import invoices as queries
from db.tables.invoices import Invoice, InvoiceAllowance, InvoiceLine
from db.unit_of_work import UnitOfWork, unit_of_work
from services.actor import MONEY, Actor
from services.idempotency import keyed
from services.invoices.sources import Selection, SourceLine, source_lines
from services.rules import invoices as rules
from services.rules.discounts import Discount, discount_of, spread
from services.rules.errors import Conflict, InvalidInput, NotFound, RuleViolation, Stale
from services.rules.text import clean_text


@dataclass(frozen=True, slots=True)
class LineDiscount:
    """A discount of the line at this position of the draft, from 1."""

    position: int
    discount: Discount


@dataclass(frozen=True, slots=True)
class VoucherUse:
    """A voucher, or this much of it; without an amount as much as both sides allow."""

    voucher_id: UUID
    amount_minor: int | None = None


@dataclass(frozen=True, slots=True)
class Reductions:
    """What comes off: of lines, of the whole, and by vouchers, in this order."""

    lines: Sequence[LineDiscount] = ()
    whole: Sequence[Discount] = ()
    vouchers: Sequence[VoucherUse] = ()


@dataclass(frozen=True, slots=True)
class _Line:
    """A line with what comes off it."""

    of: SourceLine
    discount: Discount | None
    discount_minor: int
    allowance_minor: int = 0

    @property
    def net_minor(self) -> int:
        return self.of.net_minor - self.discount_minor - self.allowance_minor


@dataclass(frozen=True, slots=True)
class _Allowance:
    """What comes off the whole."""

    reason: str
    rate_bps: int | None
    amount_minor: int
    voucher_id: UUID | None


async def draft_invoice(
    actor: Actor,
    engagement_id: UUID,
    *,
    item_keys: Sequence[str] | None = None,
    selection: Selection | None = None,
    reductions: Reductions = Reductions(),
    idempotency_key: str,
    today: date,
    now: datetime,
) -> UUID:
    """Draft an invoice of this selection (or these accepted items), or of all that could be billed and is not billed yet.

    Raises `Forbidden`, `NotFound` (also LINE_NOT_FOUND), `InvalidInput` (DISCOUNT_INVALID), `RuleViolation`
    (NOTHING_TO_BILL, INVOICE_NEGATIVE, DISCOUNT_EXCEEDS, VOUCHER_EXPIRED, VOUCHER_EXCEEDED with `left_minor`,
    CURRENCY_MISMATCH), what `sources.source_lines` says of the selection, and what `idempotency.keyed` raises.
    """
    actor.require(*MONEY)
    keys = None if item_keys is None else list(item_keys)
    wanted = selection or Selection(item_keys=keys)

    async def effect(uow: UnitOfWork) -> UUID:
        engagement = await engagement_queries.lock_engagement(uow, engagement_id)
        if engagement is None:
            raise NotFound("No engagement with this id.", field="engagementId")
        return await _draft(uow, engagement, wanted, reductions, today=today, now=now)

    request: dict[str, Any] = {"engagement_id": engagement_id, "item_keys": keys}
    if selection is not None:
        request["selection"] = asdict(selection)
    if reductions != Reductions():
        request["reductions"] = asdict(reductions)
    return await keyed(
        actor,
        key=idempotency_key,
        operation="draft_invoice",
        request=request,
        now=now,
        effect=effect,
    )


async def _draft(
    uow: UnitOfWork,
    engagement: Any,
    wanted: Selection,
    reductions: Reductions,
    *,
    today: date,
    now: datetime,
) -> UUID:
    sources = await source_lines(uow, engagement, wanted, today)
    lines = _discounted(sources, reductions.lines)
    lines, allowances = await _reduced(uow, engagement, lines, reductions, today)
    figures = rules.compute_invoice(
        [
            rules.InvoiceDraftLine(line.of.title, line.net_minor, line.of.tax_code, line.of.tax_bps)
            for line in lines
        ],
        issued_on=today,
        terms=rules.PaymentTerms(engagement["payment_terms_days"]),
        retention_bps=engagement["retention_bps"],
    )
    if figures.gross_minor <= 0:
        raise RuleViolation("This adds up to nothing.", code="NOTHING_TO_BILL")
    invoice_id = new_id()
    await Invoice.insert(
        Invoice(
            tenant_id=uow.tenant_id,
            id=invoice_id,
            engagement_id=engagement["id"],
            client_id=engagement["client_id"],
            scope_version_id=engagement["current_scope_version_id"],
            status="draft",
            currency=engagement["currency"],
            net_minor=figures.net_minor,
            tax_minor=figures.tax_minor,
            total_minor=figures.gross_minor,
            discount_minor=sum(line.discount_minor + line.allowance_minor for line in lines),
            retention_bps=engagement["retention_bps"],
            retention_minor=figures.retention_minor,
            payable_minor=figures.payable_minor,
            paid_minor=0,
            drawn_minor=0,
            created_at=now,
            updated_at=now,
        )
    )
    await InvoiceLine.insert(
        *(
            InvoiceLine(
                tenant_id=uow.tenant_id,
                id=new_id(),
                invoice_id=invoice_id,
                engagement_id=engagement["id"],
                source=line.of.source,
                **line.of.columns,
                position=position,
                title=line.of.title,
                quantity=line.of.quantity,
                unit=line.of.unit,
                discount_bps=line.discount.rate_bps if line.discount else None,
                discount_minor=line.discount_minor,
                discount_reason=line.discount.reason if line.discount else "",
                allowance_minor=line.allowance_minor,
                net_minor=line.net_minor,
                tax_code=line.of.tax_code,
                tax_bps=line.of.tax_bps,
                tax_minor=taxed.tax_minor,
                is_live=True,
            )
            for position, (line, taxed) in enumerate(
                zip(lines, figures.lines, strict=True), start=1
            )
        )
    )
    await _insert_allowances(uow, invoice_id, allowances)
    return invoice_id


async def _insert_allowances(
    uow: UnitOfWork, invoice_id: UUID, allowances: Sequence[_Allowance]
) -> None:
    if allowances:
        await InvoiceAllowance.insert(
            *(
                InvoiceAllowance(
                    tenant_id=uow.tenant_id,
                    id=new_id(),
                    invoice_id=invoice_id,
                    position=position,
                    **asdict(each),
                    is_live=True,
                )
                for position, each in enumerate(allowances, start=1)
            )
        )


def _discounted(sources: Sequence[SourceLine], discounts: Sequence[LineDiscount]) -> list[_Line]:
    by_position: dict[int, tuple[Discount, str]] = {}
    for at, each in enumerate(discounts):
        if not 1 <= each.position <= len(sources) or each.position in by_position:
            raise NotFound(
                f"The draft has no line {each.position}, or it is discounted twice.",
                code="LINE_NOT_FOUND",
                field=f"lineDiscounts.{at}.position",
            )
        named = f"lineDiscounts.{at}.discount"
        by_position[each.position] = (
            Discount(
                clean_text(each.discount.reason, f"{named}.reason"),
                each.discount.rate_bps,
                each.discount.amount_minor,
            ),
            named,
        )
    lines = []
    for position, source in enumerate(sources, start=1):
        if position not in by_position:
            lines.append(_Line(source, None, 0))
            continue
        discount, named = by_position[position]
        taken = discount_of(discount, source.net_minor, named)
        lines.append(_Line(source, discount, taken))
    return lines


async def _reduced(
    uow: UnitOfWork,
    engagement: Any,
    lines: list[_Line],
    reductions: Reductions,
    today: date,
) -> tuple[list[_Line], list[_Allowance]]:
    """The lines with their parts of what comes off the whole: discounts first, then vouchers, each of what is left."""
    allowances: list[_Allowance] = []
    for at, discount in enumerate(reductions.whole):
        named = f"discounts.{at}"
        taken = discount_of(discount, sum(line.net_minor for line in lines), named)
        reason = clean_text(discount.reason, f"{named}.reason")
        allowances.append(_Allowance(reason, discount.rate_bps, taken, None))
        lines = _spread(lines, taken)
    used = [each.voucher_id for each in reductions.vouchers]
    if len(set(used)) != len(used):
        raise InvalidInput("A voucher stands twice.", code="DISCOUNT_INVALID", field="vouchers")
    rows = {each: await billing_queries.lock_voucher(uow, each) for each in sorted(used)}
    for at, use in enumerate(reductions.vouchers):
        row = rows[use.voucher_id]
        taken = _voucher_amount(
            row, use, engagement, sum(line.net_minor for line in lines), today, f"vouchers.{at}"
        )
        assert row is not None
        allowances.append(_Allowance(row["code"], None, taken, use.voucher_id))
        lines = _spread(lines, taken)
    return lines, allowances


def _spread(lines: list[_Line], amount_minor: int) -> list[_Line]:
    parts = spread(amount_minor, [line.net_minor for line in lines])
    return [
        _Line(line.of, line.discount, line.discount_minor, line.allowance_minor + part)
        for line, part in zip(lines, parts, strict=True)
    ]


def _voucher_amount(  # noqa: PLR0917 - one voucher and all it is held against
    row: Any, use: VoucherUse, engagement: Any, net_minor: int, today: date, named: str
) -> int:
    if row is None or row["client_id"] != engagement["client_id"]:
        raise NotFound("This client has no voucher with this id.", field=named)
    if row["currency"] != engagement["currency"]:
        raise RuleViolation(
            f"The voucher is in {row['currency']}.", code="CURRENCY_MISMATCH", field=named
        )
    if row["expires_on"] is not None and row["expires_on"] < today:
        raise RuleViolation(
            f"The voucher was good until {row['expires_on']}.", code="VOUCHER_EXPIRED", field=named
        )
    left_minor = row["value_minor"] - row["used_minor"]
    taken: int = min(left_minor, net_minor) if use.amount_minor is None else use.amount_minor
    if not 0 < taken <= left_minor:
        raise RuleViolation(
            "The voucher holds less, or nothing more.",
            code="VOUCHER_EXCEEDED",
            field=named,
            left_minor=left_minor,
        )
    return taken


async def discard_invoice(
    actor: Actor, invoice_id: UUID, *, expected_version: int, now: datetime
) -> UUID:
    """Discard a draft, so that what it bills can be billed again and its vouchers be used. An issued invoice stands.

    Raises `Forbidden`, `NotFound`, `Stale` (STALE_VERSION), `Conflict` (INVOICE_NOT_DRAFT).
    """
    actor.require(*MONEY)
    async with unit_of_work(actor.scope()) as uow:
        invoice = await locked_draft(uow, invoice_id, expected_version)
        await Invoice.update(
            {"status": "discarded", "version": invoice["version"] + 1, "updated_at": now}
        ).where(Invoice.tenant_id == uow.tenant_id, Invoice.id == invoice_id)
        await InvoiceLine.update({"is_live": False}).where(
            InvoiceLine.tenant_id == uow.tenant_id, InvoiceLine.invoice_id == invoice_id
        )
        await InvoiceAllowance.update({"is_live": False}).where(
            InvoiceAllowance.tenant_id == uow.tenant_id, InvoiceAllowance.invoice_id == invoice_id
        )
    return invoice_id


async def locked_draft(uow: UnitOfWork, invoice_id: UUID, expected_version: int) -> asyncpg.Record:
    """The draft under its engagement's lock and its own, at the version the caller saw.

    Raises `NotFound`, `Stale` (STALE_VERSION), `Conflict` (INVOICE_NOT_DRAFT).
    """
    seen = await queries.invoice_by_id(uow, invoice_id)
    if seen is not None:
        await engagement_queries.lock_engagement(uow, seen["engagement_id"])
    invoice = await queries.lock_invoice(uow, invoice_id)
    if invoice is None:
        raise NotFound("No invoice with this id.", field="invoiceId")
    if invoice["status"] != "draft":
        raise Conflict(f"This invoice is {invoice['status']}.", code="INVOICE_NOT_DRAFT")
    if invoice["version"] != expected_version:
        raise Stale(
            "The invoice was changed meanwhile.",
            code="STALE_VERSION",
            field="expectedVersion",
            current_version=invoice["version"],
        )
    return invoice
