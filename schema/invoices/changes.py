"""Lists of invoices; drafting, issuing, discarding them, and releasing what was retained."""

from datetime import date
from uuid import UUID

import strawberry

from db.queries import engagements as engagement_queries
from db.queries import invoices as queries
from db.unit_of_work import read_only
from schema.context import Info
from schema.errors import Payload, refusals_as
from schema.invoices.types import Invoice
from schema.newest import newest
from schema.relay import Connection, Keyset, decode_id
from schema.scalars import MoneyInput
from services import invoices
from services.actor import MONEY
from services.rules.discounts import Discount
from services.rules.errors import NotFound
from services.rules.movements import check_currency

INVOICES_NEWEST_FIRST = Keyset("invoices.drafted", (UUID,))


@strawberry.type
class InvoiceQuery:
    """Mixed into Query."""

    @strawberry.field(description="Invoices, newest first; of one client or one engagement.")
    async def invoices(
        self,
        info: Info,
        *,
        client_id: strawberry.ID | None = None,
        engagement_id: strawberry.ID | None = None,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[Invoice]:
        """All invoices that fit, drafts among them."""
        page = INVOICES_NEWEST_FIRST.page(first, after, last, before)
        return await newest(
            info, "invoice", page, Invoice.of, client_id=client_id, engagement_id=engagement_id
        )


@strawberry.input(description="What was laid out for the client, with its receipt.")
class ExpenseInput:
    """The only free line of an invoice."""

    description: str = strawberry.field(description="What it was.")
    net: MoneyInput = strawberry.field(description="Before tax.")
    tax_code: str = strawberry.field(description="Tax category (UNCL 5305).")
    tax_bps: int = strawberry.field(description="Tax rate in basis points.")
    receipt_reference: str = strawberry.field(description="The receipt; each is billed once.")


@strawberry.input(description="A period of a retainer that is billed by period.")
class RetainerPeriodInput:
    """By its number."""

    retainer_id: strawberry.ID = strawberry.field(description="The retainer.")
    number: int = strawberry.field(description="From 1.")


@strawberry.input(description="A discount: a percentage or a sum, one of the two.")
class DiscountInput:
    """Before tax."""

    reason: str = strawberry.field(description="As it is printed.")
    rate_bps: int | None = strawberry.field(default=None, description="In basis points.")
    amount: MoneyInput | None = strawberry.field(default=None, description="A sum.")


@strawberry.input(description="A discount of one line of the draft.")
class LineDiscountInput:
    """Lines stand in the order in which the draft names what it bills."""

    position: int = strawberry.field(description="The line, from 1.")
    discount: DiscountInput = strawberry.field(description="What comes off.")


@strawberry.input(description="A voucher to use.")
class VoucherInput:
    """Without an amount as much as both sides allow."""

    voucher_id: strawberry.ID = strawberry.field(description="A voucher of the client.")
    amount: MoneyInput | None = strawberry.field(default=None, description="How much of it.")


@strawberry.input(description="What to bill, and what comes off.")
class DraftInvoiceInput:
    """Where nothing is named: everything that could be billed (see `billable`)."""

    engagement_id: strawberry.ID = strawberry.field(description="The engagement.")
    item_keys: list[str] | None = strawberry.field(
        default=None, description="Items of the current scope version, each accepted."
    )
    stage_ids: list[strawberry.ID] | None = strawberry.field(
        default=None, description="Stages of the billing plan, each reached."
    )
    time_entry_ids: list[strawberry.ID] | None = strawberry.field(
        default=None, description="Hours."
    )
    package_sale_ids: list[strawberry.ID] | None = strawberry.field(
        default=None, description="Packages sold."
    )
    change_order_ids: list[strawberry.ID] | None = strawberry.field(
        default=None, description="Signed orders that changed a fee which a plan bills."
    )
    retainer_periods: list[RetainerPeriodInput] | None = strawberry.field(
        default=None, description="Periods of retainers that are billed by period."
    )
    expenses: list[ExpenseInput] = strawberry.field(
        default_factory=list, description="What was laid out."
    )
    line_discounts: list[LineDiscountInput] = strawberry.field(
        default_factory=list, description="What comes off single lines; taken first."
    )
    discounts: list[DiscountInput] = strawberry.field(
        default_factory=list, description="What comes off the whole; taken next."
    )
    vouchers: list[VoucherInput] = strawberry.field(
        default_factory=list, description="Vouchers; taken last."
    )
    idempotency_key: str = strawberry.field(description="The same key has one effect, ever.")


@strawberry.input(description="A draft to issue.")
class IssueInvoiceInput:
    """It gets the next number of its series and year."""

    invoice_id: strawberry.ID = strawberry.field(description="The draft.")
    issue_date: date | None = strawberry.field(
        default=None, description="Its date; today where it is left out."
    )
    series_id: strawberry.ID | None = strawberry.field(
        default=None, description="A series of invoices; the standard one where it is left out."
    )
    expected_version: int = strawberry.field(description="The version you saw.")
    idempotency_key: str = strawberry.field(description="The same key has one effect, ever.")


@strawberry.input(description="A draft to put away.")
class DiscardInvoiceInput:
    """Its items can be billed again."""

    invoice_id: strawberry.ID = strawberry.field(description="The draft.")
    expected_version: int = strawberry.field(description="The version you saw.")


@strawberry.type(description="The invoice, or why not.")
class InvoicePayload(Payload):
    """Answer of mutations of invoices."""

    invoice: Invoice | None = strawberry.field(default=None, description="As it is now.")


@strawberry.input(description="Retention to release.")
class ReleaseRetentionInput:
    """All that is retained on the engagement's invoices, once everything is accepted."""

    engagement_id: strawberry.ID = strawberry.field(description="The engagement.")
    on: date = strawberry.field(description="When it counts; not in the future.")
    due_on: date | None = strawberry.field(
        default=None, description="When it falls due; after the payment terms where it is left out."
    )
    idempotency_key: str = strawberry.field(description="The same key has one effect, ever.")


@strawberry.type(description="The invoices whose retention was released, or why not.")
class ReleaseRetentionPayload(Payload):
    """Answer of `releaseRetention`."""

    invoices: list[Invoice] = strawberry.field(
        default_factory=list, description="The engagement's issued invoices as they are now."
    )


def _selection(input: DraftInvoiceInput) -> invoices.Selection | None:
    """What is named; None where only items are, or nothing is, as requests have always been."""

    def ids(kind: str, given: list[strawberry.ID] | None, field: str) -> list[UUID] | None:
        if given is None:
            return None
        return [decode_id(kind, each, f"{field}.{at}") for at, each in enumerate(given)]

    found = invoices.Selection(
        item_keys=input.item_keys,
        stage_ids=ids("BillingStage", input.stage_ids, "stageIds"),
        time_entry_ids=ids("TimeEntry", input.time_entry_ids, "timeEntryIds"),
        package_sale_ids=ids("PackageSale", input.package_sale_ids, "packageSaleIds"),
        change_order_ids=ids("ChangeOrder", input.change_order_ids, "changeOrderIds"),
        retainer_periods=None
        if input.retainer_periods is None
        else [
            (
                decode_id("Retainer", each.retainer_id, f"retainerPeriods.{at}.retainerId"),
                each.number,
            )
            for at, each in enumerate(input.retainer_periods)
        ],
        expenses=[
            invoices.Expense(
                each.description,
                each.net.to_money(f"expenses.{at}.net.amount"),
                each.tax_code,
                each.tax_bps,
                each.receipt_reference,
            )
            for at, each in enumerate(input.expenses)
        ],
    )
    only_items = invoices.Selection(item_keys=input.item_keys, expenses=[])
    return None if found == only_items else found


def _discount(input: DiscountInput, currency_of: str, field: str) -> Discount:
    amount = input.amount.to_money(f"{field}.amount.amount") if input.amount else None
    if amount is not None:
        check_currency(amount, currency_of, f"{field}.amount")
    return Discount(input.reason, input.rate_bps, amount.amount_minor if amount else None)


async def _reductions(
    info: Info, engagement_id: UUID, input: DraftInvoiceInput
) -> invoices.Reductions:
    """What comes off, in the engagement's currency."""
    if not (input.line_discounts or input.discounts or input.vouchers):
        return invoices.Reductions()
    info.context.actor.require(*MONEY)
    async with read_only(info.context.actor.scope()) as uow:
        engagement = await engagement_queries.engagement_by_id(uow, engagement_id)
    if engagement is None:
        raise NotFound("No engagement with this id.", field="engagementId")
    currency = engagement["currency"]
    vouchers = []
    for at, each in enumerate(input.vouchers):
        amount = each.amount.to_money(f"vouchers.{at}.amount.amount") if each.amount else None
        if amount is not None:
            check_currency(amount, currency, f"vouchers.{at}.amount")
        vouchers.append(
            invoices.VoucherUse(
                decode_id("DiscountVoucher", each.voucher_id, f"vouchers.{at}.voucherId"),
                amount.amount_minor if amount else None,
            )
        )
    return invoices.Reductions(
        [
            invoices.LineDiscount(
                each.position, _discount(each.discount, currency, f"lineDiscounts.{at}.discount")
            )
            for at, each in enumerate(input.line_discounts)
        ],
        [_discount(each, currency, f"discounts.{at}") for at, each in enumerate(input.discounts)],
        vouchers,
    )


async def _payload(info: Info, invoice_id: UUID) -> InvoicePayload:
    async with read_only(info.context.actor.scope()) as uow:
        (row,) = await queries.invoices_by_ids(uow, [invoice_id])
    return InvoicePayload(invoice=Invoice.of(row))


@strawberry.type
class InvoiceMutation:
    """Mixed into Mutation."""

    @strawberry.mutation(description="Draft an invoice. For owner and staff.")
    @refusals_as(InvoicePayload)
    async def draft_invoice(self, info: Info, input: DraftInvoiceInput) -> InvoicePayload:
        """Each source is billed once."""
        engagement_id = decode_id("Engagement", input.engagement_id, "engagementId")
        invoice_id = await invoices.draft_invoice(
            info.context.actor,
            engagement_id,
            item_keys=input.item_keys,
            selection=_selection(input),
            reductions=await _reductions(info, engagement_id, input),
            idempotency_key=input.idempotency_key,
            today=info.context.today,
            now=info.context.now,
        )
        return await _payload(info, invoice_id)

    @strawberry.mutation(
        description="Issue a draft: number, due date, ledger, mail. For owner and staff."
    )
    @refusals_as(InvoicePayload)
    async def issue_invoice(self, info: Info, input: IssueInvoiceInput) -> InvoicePayload:
        """From then on it stands."""
        invoice_id = await invoices.issue_invoice(
            info.context.actor,
            decode_id("Invoice", input.invoice_id, "invoiceId"),
            issue_date=input.issue_date,
            series_id=None
            if input.series_id is None
            else decode_id("InvoiceSeries", input.series_id, "seriesId"),
            expected_version=input.expected_version,
            idempotency_key=input.idempotency_key,
            today=info.context.today,
            now=info.context.now,
        )
        return await _payload(info, invoice_id)

    @strawberry.mutation(description="Put a draft away. For owner and staff.")
    @refusals_as(InvoicePayload)
    async def discard_invoice(self, info: Info, input: DiscardInvoiceInput) -> InvoicePayload:
        """An issued invoice stands."""
        invoice_id = await invoices.discard_invoice(
            info.context.actor,
            decode_id("Invoice", input.invoice_id, "invoiceId"),
            expected_version=input.expected_version,
            now=info.context.now,
        )
        return await _payload(info, invoice_id)

    @strawberry.mutation(
        description="Release what is retained, once the whole is accepted. For owner and staff."
    )
    @refusals_as(ReleaseRetentionPayload)
    async def release_retention(
        self, info: Info, input: ReleaseRetentionInput
    ) -> ReleaseRetentionPayload:
        """Dr receivable / Cr retention receivable."""
        engagement_id = await invoices.release_retention(
            info.context.actor,
            decode_id("Engagement", input.engagement_id, "engagementId"),
            on=input.on,
            due_on=input.due_on,
            idempotency_key=input.idempotency_key,
            today=info.context.today,
            now=info.context.now,
        )
        async with read_only(info.context.actor.scope()) as uow:
            rows = await queries.invoices_of(uow, engagement_id)
        return ReleaseRetentionPayload(invoices=[Invoice.of(row) for row in rows])
