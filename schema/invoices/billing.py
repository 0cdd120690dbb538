"""What is billed besides accepted items, and what could be billed now: plans, hours, packages, vouchers, series."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any, Self
from uuid import UUID

import strawberry

from db.queries import billing as queries
from db.queries import credit_notes as credit_note_queries
from db.unit_of_work import read_only
from schema.context import Info
from schema.errors import Payload, refusals_as
from schema.invoices.types import LineSource
from schema.relay import Node, decode_id, encode_id, fetches
from schema.retainers import money
from schema.scalars import Money, MoneyInput
from services import billing, invoices
from services.actor import MEMBERS
from services.rules.billing import Stage, time_amount


def _invoice_id(row: Any) -> strawberry.ID | None:
    return encode_id("Invoice", row["invoice_id"]) if row["invoice_id"] else None


@strawberry.type(description="A part of the fee that is billed when something is reached.")
class BillingStage(Node):
    """Of the engagement's billing plan."""

    position: int = strawberry.field(description="From 1.")
    title: str = strawberry.field(description="What its line says.")
    item_key: str | None = strawberry.field(
        description="Reached when this item is accepted; on signing where it is null."
    )
    share_bps: int | None = strawberry.field(description="Its share of the fee, if it is one.")
    net: Money = strawberry.field(description="What it comes to before tax.")
    is_reached: bool = strawberry.field(description="Whether it may be billed.")
    invoice_id: strawberry.ID | None = strawberry.field(description="The invoice it is on.")

    @classmethod
    def of(cls, row: Any) -> Self:
        """From its row."""
        return cls(
            id=encode_id("BillingStage", row["id"]),
            position=row["position"],
            title=row["title"],
            item_key=row["item_key"],
            share_bps=row["share_bps"],
            net=money(row["net_minor"], row["currency"]),
            is_reached=row["is_reached"],
            invoice_id=_invoice_id(row),
        )


@strawberry.type(description="Hours on an item that is signed as work by the hour.")
class TimeEntry(Node):
    """Never changed; another entry corrects it."""

    item_key: str = strawberry.field(description="The item of the signed scope.")
    member_id: strawberry.ID = strawberry.field(description="Who worked.")
    worked_on: date = strawberry.field(description="When.")
    minutes: int = strawberry.field(description="How long.")
    description: str = strawberry.field(description="What was done.")
    rate: Money = strawberry.field(description="The signed rate for an hour.")
    net: Money = strawberry.field(description="What it comes to before tax.")
    is_replaced: bool = strawberry.field(description="Whether another entry corrects it.")
    invoice_id: strawberry.ID | None = strawberry.field(description="The invoice it is on.")

    @classmethod
    def of(cls, row: Any) -> Self:
        """From its row."""
        currency = row["currency"]
        return cls(
            id=encode_id("TimeEntry", row["id"]),
            item_key=row["item_key"],
            member_id=encode_id("Member", row["member_id"]),
            worked_on=row["worked_on"],
            minutes=row["minutes"],
            description=row["description"],
            rate=money(row["rate_minor"], currency),
            net=money(time_amount(row["minutes"], row["rate_minor"]), currency),
            is_replaced=row["is_replaced"],
            invoice_id=_invoice_id(row),
        )


@strawberry.type(description="A priced bundle that the client bought.")
class PackageSale(Node):
    """By the client's word."""

    title: str = strawberry.field(description="What its line says.")
    quantity: Decimal = strawberry.field(description="How many.")
    unit: str = strawberry.field(description="Of what.")
    unit_price: Money = strawberry.field(description="For one, before tax.")
    net: Money = strawberry.field(description="What it comes to before tax.")
    tax_code: str = strawberry.field(description="Its tax category.")
    tax_bps: int = strawberry.field(description="Its tax rate in basis points.")
    sold_on: date = strawberry.field(description="When the client said yes.")
    contact_id: strawberry.ID = strawberry.field(description="Who said so.")
    words: str = strawberry.field(description="In which words.")
    invoice_id: strawberry.ID | None = strawberry.field(description="The invoice it is on.")

    @classmethod
    def of(cls, row: Any) -> Self:
        """From its row."""
        currency = row["currency"]
        return cls(
            id=encode_id("PackageSale", row["id"]),
            title=row["title"],
            quantity=row["quantity"],
            unit=row["unit"],
            unit_price=money(row["unit_price_minor"], currency),
            net=money(row["net_minor"], currency),
            tax_code=row["tax_code"],
            tax_bps=row["tax_bps"],
            sold_on=row["sold_on"],
            contact_id=encode_id("Contact", row["contact_id"]),
            words=row["words"],
            invoice_id=_invoice_id(row),
        )


@strawberry.type(description="A discount on work to come, for one client.")
class DiscountVoucher(Node):
    """Before tax; never used beyond its value."""

    code: str = strawberry.field(description="Its name on papers.")
    client_id: strawberry.ID = strawberry.field(description="Whose it is.")
    value: Money = strawberry.field(description="What it was given for.")
    used: Money = strawberry.field(description="What drafts and invoices took of it.")
    left: Money = strawberry.field(description="What it still holds.")
    issued_on: date = strawberry.field(description="When it was given.")
    expires_on: date | None = strawberry.field(description="The last day on which it counts.")
    reason: str = strawberry.field(description="Why it was given.")

    @classmethod
    def of(cls, row: Any) -> Self:
        """From its row."""
        currency = row["currency"]
        return cls(
            id=encode_id("DiscountVoucher", row["id"]),
            code=row["code"],
            client_id=encode_id("Client", row["client_id"]),
            value=money(row["value_minor"], currency),
            used=money(row["used_minor"], currency),
            left=money(row["value_minor"] - row["used_minor"], currency),
            issued_on=row["issued_on"],
            expires_on=row["expires_on"],
            reason=row["reason"],
        )


@strawberry.enum(description="What a series numbers.")
class SeriesKind(Enum):
    """Invoices or credit notes."""

    INVOICE = strawberry.enum_value("invoice", description="Invoices.")
    CREDIT_NOTE = strawberry.enum_value("credit_note", description="Credit notes.")


@strawberry.type(description="A series of numbers beside the standard one.")
class InvoiceSeries(Node):
    """Without gaps by year."""

    kind: SeriesKind = strawberry.field(description="What it numbers.")
    name: str = strawberry.field(description="What it is for.")
    prefix: str = strawberry.field(description="What its numbers begin with.")

    @classmethod
    def of(cls, row: Any) -> Self:
        """From its row."""
        return cls(
            id=encode_id("InvoiceSeries", row["id"]),
            kind=SeriesKind(row["kind"]),
            name=row["name"],
            prefix=row["prefix"],
        )


def _fetch(type_name: str, read: Any, of: Any) -> None:
    """Let things of a type be found by their global ids."""

    @fetches(type_name)
    async def found(info: Info, ids: Sequence[UUID]) -> dict[UUID, Node]:
        info.context.actor.require(*MEMBERS)
        async with read_only(info.context.actor.scope()) as uow:
            return {row["id"]: of(row) for row in await read(uow, ids)}


_fetch("BillingStage", queries.stages_by_ids, BillingStage.of)
_fetch("TimeEntry", queries.time_entries_by_ids, TimeEntry.of)
_fetch("PackageSale", queries.package_sales_by_ids, PackageSale.of)
_fetch("DiscountVoucher", queries.vouchers_by_ids, DiscountVoucher.of)
_fetch("InvoiceSeries", credit_note_queries.series_by_ids, InvoiceSeries.of)


@strawberry.type(description="Something that could be billed now.")
class BillableLine:
    """One line of the next invoice."""

    source: LineSource = strawberry.field(description="Where it comes from.")
    title: str = strawberry.field(description="What the line would say.")
    item_key: str | None = strawberry.field(description="The scope item, where it is of one.")
    source_id: strawberry.ID | None = strawberry.field(
        description="The stage, hours, package, order or retainer; null for an item."
    )
    period: int | None = strawberry.field(description="The period of a retainer.")
    quantity: Decimal | None = strawberry.field(description="How much, where that is said.")
    unit: str = strawberry.field(description="Of what.")
    net: Money = strawberry.field(description="Before tax.")
    tax_code: str = strawberry.field(description="Its tax category.")
    tax_bps: int = strawberry.field(description="Its tax rate in basis points.")


_TYPES = {
    "milestone": "BillingStage", "time": "TimeEntry", "package": "PackageSale", "change_order": "ChangeOrder",
    "retainer_period": "Retainer",
}  # fmt: skip


def _billable_line(line: invoices.BillableLine, currency: str) -> BillableLine:
    of, period = line.of if isinstance(line.of, tuple) else (line.of, None)
    return BillableLine(
        source=LineSource(line.source),
        title=line.title,
        item_key=line.columns.get("item_key"),
        source_id=encode_id(_TYPES[line.source], of) if isinstance(of, UUID) else None,
        period=period,
        quantity=line.quantity,
        unit=line.unit,
        net=money(line.net_minor, currency),
        tax_code=line.tax_code,
        tax_bps=line.tax_bps,
    )


@strawberry.type(description="What one source comes to.")
class BillableSum:
    """Of what could be billed now."""

    source: LineSource = strawberry.field(description="The source.")
    net: Money = strawberry.field(description="Before tax.")


@strawberry.type(
    description="Everything of an engagement that could be billed now: the next invoice."
)
class Billable:
    """What drafts hold is not in it."""

    lines: list[BillableLine] = strawberry.field(description="By source.")
    by_source: list[BillableSum] = strawberry.field(description="What each source comes to.")
    net: Money = strawberry.field(description="All of it before tax.")
    tax: Money = strawberry.field(description="The tax of an invoice of all of it.")


@strawberry.type
class BillingQuery:
    """Mixed into Query."""

    @strawberry.field(description="Everything of an engagement that could be billed now.")
    async def billable(self, info: Info, engagement_id: strawberry.ID) -> Billable:
        """With sums by source."""
        found = await invoices.billable(
            info.context.actor,
            decode_id("Engagement", engagement_id, "engagementId"),
            today=info.context.today,
        )
        currency = found.currency
        return Billable(
            lines=[_billable_line(line, currency) for line in found.lines],
            by_source=[
                BillableSum(source=LineSource(source), net=money(net_minor, currency))
                for source, net_minor in found.by_source
            ],
            net=money(found.net_minor, currency),
            tax=money(found.tax_minor, currency),
        )

    @strawberry.field(description="The billing plan of an engagement, in its order.")
    async def billing_plan(self, info: Info, engagement_id: strawberry.ID) -> list[BillingStage]:
        """Empty where items are billed one by one."""
        of = decode_id("Engagement", engagement_id, "engagementId")
        return [BillingStage.of(row) for row in await _rows(info, queries.live_stages, of)]

    @strawberry.field(description="The hours of an engagement by date.")
    async def time_entries(self, info: Info, engagement_id: strawberry.ID) -> list[TimeEntry]:
        """Those that were corrected among them."""
        of = decode_id("Engagement", engagement_id, "engagementId")
        return [TimeEntry.of(row) for row in await _rows(info, queries.time_entries_of, of)]

    @strawberry.field(description="The packages sold in an engagement by date.")
    async def package_sales(self, info: Info, engagement_id: strawberry.ID) -> list[PackageSale]:
        """Billed or not."""
        of = decode_id("Engagement", engagement_id, "engagementId")
        return [PackageSale.of(row) for row in await _rows(info, queries.package_sales_of, of)]

    @strawberry.field(description="The vouchers of a client, newest first.")
    async def discount_vouchers(
        self, info: Info, client_id: strawberry.ID
    ) -> list[DiscountVoucher]:
        """Used up or not."""
        of = [decode_id("Client", client_id, "clientId")]
        return [DiscountVoucher.of(row) for row in await _rows(info, queries.vouchers_of, of)]

    @strawberry.field(description="The series of numbers beside the standard ones, by prefix.")
    async def invoice_series(self, info: Info) -> list[InvoiceSeries]:
        """Of invoices and of credit notes."""
        info.context.actor.require(*MEMBERS)
        async with read_only(info.context.actor.scope()) as uow:
            return [InvoiceSeries.of(row) for row in await credit_note_queries.all_series(uow)]


async def _rows(info: Info, read: Any, of: Any) -> list[Any]:
    info.context.actor.require(*MEMBERS)
    async with read_only(info.context.actor.scope()) as uow:
        rows: list[Any] = await read(uow, of)
    return rows


@strawberry.input(description="A part of the fee: a share or a sum, one of the two.")
class BillingStageInput:
    """Billed when the item is accepted, or on signing."""

    title: str = strawberry.field(description="What its line says.")
    item_key: str | None = strawberry.field(
        default=None, description="An item of the current scope; on signing where it is left out."
    )
    share_bps: int | None = strawberry.field(default=None, description="In basis points.")
    amount: MoneyInput | None = strawberry.field(default=None, description="Before tax.")


@strawberry.input(description="How the fee of the current scope is billed.")
class SetBillingPlanInput:
    """Its items are then billed by the plan."""

    engagement_id: strawberry.ID = strawberry.field(description="The engagement.")
    stages: list[BillingStageInput] = strawberry.field(description="In their order.")
    idempotency_key: str = strawberry.field(description="The same key has one effect, ever.")


@strawberry.type(description="The plan, or why not.")
class BillingPlanPayload(Payload):
    """Answer of `setBillingPlan`."""

    stages: list[BillingStage] = strawberry.field(
        default_factory=list, description="The plan as it is now."
    )


@strawberry.input(description="Hours on an item that is signed as work by the hour.")
class RecordTimeInput:
    """At the signed rate."""

    engagement_id: strawberry.ID = strawberry.field(description="The engagement.")
    item_key: str = strawberry.field(description="An item with a rate and without a fee.")
    worked_on: date = strawberry.field(description="When; not in the future.")
    minutes: int = strawberry.field(description="How long; 0 only to take hours away.")
    description: str = strawberry.field(description="What was done; printed on the invoice.")
    replaces_id: strawberry.ID | None = strawberry.field(
        default=None, description="Hours that this corrects; not on an invoice yet."
    )
    idempotency_key: str = strawberry.field(description="The same key has one effect, ever.")


@strawberry.type(description="The hours, or why not.")
class TimeEntryPayload(Payload):
    """Answer of `recordTime`."""

    time_entry: TimeEntry | None = strawberry.field(default=None, description="As it is now.")


@strawberry.input(description="A package that the client bought.")
class SellPackageInput:
    """Who said yes, when, and in which words, is kept with it."""

    engagement_id: strawberry.ID = strawberry.field(description="The engagement.")
    title: str = strawberry.field(description="What its line says.")
    quantity: Decimal = strawberry.field(description="How many.")
    unit: str = strawberry.field(default="", description="Of what.")
    unit_price: MoneyInput = strawberry.field(description="For one, before tax.")
    tax_code: str = strawberry.field(description="Tax category (UNCL 5305).")
    tax_bps: int = strawberry.field(description="Tax rate in basis points.")
    sold_on: date = strawberry.field(description="When the client said yes; not in the future.")
    contact_id: strawberry.ID = strawberry.field(description="Who said so.")
    words: str = strawberry.field(description="In which words.")
    idempotency_key: str = strawberry.field(description="The same key has one effect, ever.")


@strawberry.type(description="The package, or why not.")
class PackageSalePayload(Payload):
    """Answer of `sellPackage`."""

    package_sale: PackageSale | None = strawberry.field(default=None, description="As it is now.")


@strawberry.input(description="A discount on work to come.")
class IssueVoucherInput:
    """For one client, before tax."""

    client_id: strawberry.ID = strawberry.field(description="Whose it is.")
    value: MoneyInput = strawberry.field(description="What it holds.")
    reason: str = strawberry.field(description="Why.")
    expires_on: date | None = strawberry.field(
        default=None, description="The last day on which it counts."
    )
    engagement_id: strawberry.ID | None = strawberry.field(
        default=None, description="Where it comes from."
    )
    idempotency_key: str = strawberry.field(description="The same key has one effect, ever.")


@strawberry.type(description="The voucher, or why not.")
class DiscountVoucherPayload(Payload):
    """Answer of `issueVoucher`."""

    voucher: DiscountVoucher | None = strawberry.field(default=None, description="As it is now.")


@strawberry.input(description="A series of numbers to open.")
class OpenInvoiceSeriesInput:
    """Its prefix is part of the number, as in P-2026-0001."""

    kind: SeriesKind = strawberry.field(description="What it numbers.")
    name: str = strawberry.field(description="What it is for.")
    prefix: str = strawberry.field(description="Capital letters and digits, such as P.")


@strawberry.type(description="The series, or why not.")
class InvoiceSeriesPayload(Payload):
    """Answer of `openInvoiceSeries`."""

    series: InvoiceSeries | None = strawberry.field(default=None, description="As it is now.")


@strawberry.type
class BillingMutation:
    """Mixed into Mutation."""

    @strawberry.mutation(description="Bill the fee in stages. For owner and staff.")
    @refusals_as(BillingPlanPayload)
    async def set_billing_plan(self, info: Info, input: SetBillingPlanInput) -> BillingPlanPayload:
        """Until something of it is billed it can be set again."""
        engagement_id = await billing.set_billing_plan(
            info.context.actor,
            decode_id("Engagement", input.engagement_id, "engagementId"),
            [
                billing.StageDetails(
                    Stage(each.title, each.item_key, each.share_bps),
                    each.amount.to_money(f"stages.{at}.amount.amount") if each.amount else None,
                )
                for at, each in enumerate(input.stages)
            ],
            idempotency_key=input.idempotency_key,
            now=info.context.now,
        )
        rows = await _rows(info, queries.live_stages, engagement_id)
        return BillingPlanPayload(stages=[BillingStage.of(row) for row in rows])

    @strawberry.mutation(description="Record hours. For everybody but the accountant.")
    @refusals_as(TimeEntryPayload)
    async def record_time(self, info: Info, input: RecordTimeInput) -> TimeEntryPayload:
        """At the signed rate."""
        entry_id = await billing.record_time(
            info.context.actor,
            decode_id("Engagement", input.engagement_id, "engagementId"),
            item_key=input.item_key,
            worked_on=input.worked_on,
            minutes=input.minutes,
            description=input.description,
            replaces_id=None
            if input.replaces_id is None
            else decode_id("TimeEntry", input.replaces_id, "replacesId"),
            idempotency_key=input.idempotency_key,
            today=info.context.today,
            now=info.context.now,
        )
        (row,) = await _rows(info, queries.time_entries_by_ids, [entry_id])
        return TimeEntryPayload(time_entry=TimeEntry.of(row))

    @strawberry.mutation(description="Write down a package that was sold. For owner and staff.")
    @refusals_as(PackageSalePayload)
    async def sell_package(self, info: Info, input: SellPackageInput) -> PackageSalePayload:
        """By the client's word."""
        sale_id = await billing.sell_package(
            info.context.actor,
            decode_id("Engagement", input.engagement_id, "engagementId"),
            billing.PackageDetails(
                input.title,
                input.quantity,
                input.unit_price.to_money("unitPrice.amount"),
                input.tax_code,
                input.tax_bps,
                input.sold_on,
                decode_id("Contact", input.contact_id, "contactId"),
                input.words,
                input.unit,
            ),
            idempotency_key=input.idempotency_key,
            today=info.context.today,
            now=info.context.now,
        )
        (row,) = await _rows(info, queries.package_sales_by_ids, [sale_id])
        return PackageSalePayload(package_sale=PackageSale.of(row))

    @strawberry.mutation(description="Give a client a voucher. For owner and staff.")
    @refusals_as(DiscountVoucherPayload)
    async def issue_voucher(self, info: Info, input: IssueVoucherInput) -> DiscountVoucherPayload:
        """For work to come."""
        voucher_id = await billing.issue_voucher(
            info.context.actor,
            decode_id("Client", input.client_id, "clientId"),
            value=input.value.to_money("value.amount"),
            reason=input.reason,
            expires_on=input.expires_on,
            engagement_id=None
            if input.engagement_id is None
            else decode_id("Engagement", input.engagement_id, "engagementId"),
            idempotency_key=input.idempotency_key,
            today=info.context.today,
            now=info.context.now,
        )
        (row,) = await _rows(info, queries.vouchers_by_ids, [voucher_id])
        return DiscountVoucherPayload(voucher=DiscountVoucher.of(row))

    @strawberry.mutation(description="Open a series of numbers. For the owner.")
    @refusals_as(InvoiceSeriesPayload)
    async def open_invoice_series(
        self, info: Info, input: OpenInvoiceSeriesInput
    ) -> InvoiceSeriesPayload:
        """It cannot be changed afterwards."""
        series_id = await billing.open_series(
            info.context.actor,
            kind="invoice" if input.kind is SeriesKind.INVOICE else "credit_note",
            name=input.name,
            prefix=input.prefix,
            now=info.context.now,
        )
        (row,) = await _rows(info, credit_note_queries.series_by_ids, [series_id])
        return InvoiceSeriesPayload(series=InvoiceSeries.of(row))
