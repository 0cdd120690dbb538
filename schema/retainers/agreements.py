"""Opening retainers of every kind, using their hours, moving their money, closing them."""

from datetime import date
from uuid import UUID

import strawberry

from db.queries import retainers as queries
from db.unit_of_work import read_only
from schema.context import Info
from schema.errors import Payload, refusals_as
from schema.relay import decode_id, encode_id
from schema.retainers.held import Retainer
from schema.retainers.movements import RetainerRequestPayload, request_payload
from schema.retainers.types import (
    RetainerEarning,
    RetainerKind,
    RetainerPeriod,
    RetainerTransfer,
)
from schema.scalars import MoneyInput
from services import retainers
from services.retainers import closing
from services.rules import retainers as rules


@strawberry.input(description="What each period of availability or of an allowance is to be.")
class RetainerPeriodTermsInput:
    """An allowance has minutes, availability has none."""

    starts_on: date = strawberry.field(description="The first day of the first period.")
    period: RetainerPeriod = strawberry.field(description="How long a period is.")
    periods: int = strawberry.field(description="How many there are; at most 120.")
    price: MoneyInput = strawberry.field(description="Of each period, before tax.")
    minutes: int | None = strawberry.field(
        default=None, description="That each period brings; of an allowance."
    )
    rollover_cap_minutes: int = strawberry.field(
        default=0, description="At most so many go over into the next period."
    )
    rollover_periods: int = strawberry.field(
        default=0, description="So many periods after their own they run out."
    )
    settle_after_days: int = strawberry.field(
        default=5,
        description="So many days after its end a period is settled; until then its hours can be entered.",
    )


@strawberry.input(description="A retainer to open.")
class OpenRetainerInput:
    """Which terms are needed follows from the kind."""

    engagement_id: strawberry.ID = strawberry.field(
        description="The engagement; its contract is signed."
    )
    kind: RetainerKind = strawberry.field(description="One open retainer of each kind.")
    target: MoneyInput | None = strawberry.field(
        default=None, description="What is to be held; not of availability and allowances."
    )
    floor: MoneyInput | None = strawberry.field(
        default=None, description="Of an evergreen retainer: below it the top-up is asked for."
    )
    terms: RetainerPeriodTermsInput | None = strawberry.field(
        default=None, description="Of availability and allowances."
    )
    first_amount: MoneyInput | None = strawberry.field(
        default=None, description="What to ask for now; all of it where it is left out."
    )
    tax_code: str | None = strawberry.field(
        default=None, description="The tax category (UNCL 5305); S where only a rate is given."
    )
    tax_bps: int | None = strawberry.field(
        default=None,
        description="The rate of tax in basis points; the scope's one rate where it is left out.",
    )
    is_taxed_on_receipt: bool | None = strawberry.field(
        default=None,
        description="Whether tax is due when money comes in. Left out, it is for deposits, availability and allowances, whose "
        "supply is known (directive 2006/112/EC, article 65; C-419/02), and not for evergreen retainers and security.",
    )
    due_on: date | None = strawberry.field(
        default=None, description="When it is due; after the payment terms where it is left out."
    )
    idempotency_key: str = strawberry.field(description="The same key has one effect, ever.")


@strawberry.type(description="The retainer, or why not.")
class RetainerPayload(Payload):
    """Answer of `openRetainer`."""

    retainer: Retainer | None = strawberry.field(default=None, description="As it is now.")


@strawberry.input(description="More of a retainer to ask for.")
class RequestTopUpInput:
    """Without an amount it is what is missing to the target."""

    retainer_id: strawberry.ID = strawberry.field(description="The retainer.")
    amount: MoneyInput | None = strawberry.field(default=None, description="How much.")
    due_on: date | None = strawberry.field(
        default=None, description="When it is due; after the payment terms where it is left out."
    )
    idempotency_key: str = strawberry.field(description="The same key has one effect, ever.")


@strawberry.input(description="Hours of an allowance that were used.")
class RecordRetainerUseInput:
    """They become revenue on that day."""

    retainer_id: strawberry.ID = strawberry.field(description="The allowance.")
    minutes: int = strawberry.field(description="How many minutes; not more than are left.")
    on: date = strawberry.field(description="The day; not in the future, nor in a settled period.")
    note: str = strawberry.field(description="What for.")
    idempotency_key: str = strawberry.field(description="The same key has one effect, ever.")


@strawberry.type(description="What was earned, or why not.")
class RetainerEarningPayload(Payload):
    """Answer of `recordRetainerUse`."""

    earning: RetainerEarning | None = strawberry.field(default=None, description="The earning.")
    retainer: Retainer | None = strawberry.field(default=None, description="As it is now.")


@strawberry.input(description="A client's money to move from one retainer to another.")
class TransferRetainerInput:
    """On the client's word, which is kept."""

    from_retainer_id: strawberry.ID = strawberry.field(description="Where it is.")
    to_retainer_id: strawberry.ID = strawberry.field(
        description="Where it goes: of the same client, in the same currency, with the same tax on receipt."
    )
    amount: MoneyInput = strawberry.field(description="How much; not more than is free.")
    on: date = strawberry.field(description="When it counts; not before it was said.")
    contact_id: strawberry.ID = strawberry.field(description="Who of the client said so.")
    said_on: date = strawberry.field(description="When they said so; not in the future.")
    words: str = strawberry.field(description="In which words.")
    idempotency_key: str = strawberry.field(description="The same key has one effect, ever.")


@strawberry.type(description="The transfer, or why not.")
class RetainerTransferPayload(Payload):
    """Answer of `transferRetainer`."""

    transfer: RetainerTransfer | None = strawberry.field(default=None, description="The transfer.")
    from_retainer: Retainer | None = strawberry.field(default=None, description="As it is now.")
    to_retainer: Retainer | None = strawberry.field(default=None, description="As it is now.")


@strawberry.input(description="A retainer to close.")
class CloseRetainerInput:
    """What is free of it is asked back as a refund."""

    retainer_id: strawberry.ID = strawberry.field(description="The retainer.")
    on: date = strawberry.field(description="The day; not in the future.")
    reason: str = strawberry.field(description="Why; the refund carries it.")
    expected_version: int = strawberry.field(description="The version you saw.")
    idempotency_key: str = strawberry.field(description="The same key has one effect, ever.")


@strawberry.type(description="The retainer and the refund of its rest, or why not.")
class CloseRetainerPayload(Payload):
    """Answer of `closeRetainer`."""

    retainer: Retainer | None = strawberry.field(default=None, description="As it is now.")
    refund_id: strawberry.ID | None = strawberry.field(
        default=None, description="The refund that awaits its approval, where something goes back."
    )


async def _retainer(info: Info, retainer_id: UUID) -> Retainer:
    async with read_only(info.context.actor.scope()) as uow:
        return Retainer.of(await queries.retainer_by_id(uow, retainer_id))


def _terms(given: RetainerPeriodTermsInput | None) -> retainers.PeriodOffer | None:
    if given is None:
        return None
    return retainers.PeriodOffer(
        given.starts_on,
        rules.Period(str(given.period.value)),
        given.periods,
        given.price.to_money("terms.price.amount"),
        given.minutes,
        given.rollover_cap_minutes,
        given.rollover_periods,
        given.settle_after_days,
    )


@strawberry.type
class RetainerAgreementMutation:
    """Mixed into Mutation."""

    @strawberry.mutation(
        description="Open a retainer of any kind and ask for its money; the paper is frozen and mailed. For owner and staff."
    )
    @refusals_as(RetainerPayload)
    async def open_retainer(self, info: Info, input: OpenRetainerInput) -> RetainerPayload:
        """Each kind has its own terms."""
        retainer_id = await retainers.open_retainer(
            info.context.actor,
            decode_id("Engagement", input.engagement_id, "engagementId"),
            retainers.RetainerOffer(
                rules.RetainerKind(str(input.kind.value)),
                input.target.to_money("target.amount") if input.target else None,
                input.floor.to_money("floor.amount") if input.floor else None,
                _terms(input.terms),
                input.tax_code,
                input.tax_bps,
                input.is_taxed_on_receipt,
            ),
            first_amount=input.first_amount.to_money("firstAmount.amount")
            if input.first_amount
            else None,
            due_on=input.due_on,
            idempotency_key=input.idempotency_key,
            today=info.context.today,
            now=info.context.now,
        )
        return RetainerPayload(retainer=await _retainer(info, retainer_id))

    @strawberry.mutation(
        description="Ask for more of an open retainer; the paper is frozen and mailed. For owner and staff."
    )
    @refusals_as(RetainerRequestPayload)
    async def request_top_up(self, info: Info, input: RequestTopUpInput) -> RetainerRequestPayload:
        """What is missing to the target, unless an amount is given."""
        request_id = await retainers.request_top_up(
            info.context.actor,
            decode_id("Retainer", input.retainer_id, "retainerId"),
            amount=input.amount.to_money("amount.amount") if input.amount else None,
            due_on=input.due_on,
            idempotency_key=input.idempotency_key,
            today=info.context.today,
            now=info.context.now,
        )
        return await request_payload(info, request_id)

    @strawberry.mutation(description="Enter hours of an allowance as used. For owner and staff.")
    @refusals_as(RetainerEarningPayload)
    async def record_retainer_use(
        self, info: Info, input: RecordRetainerUseInput
    ) -> RetainerEarningPayload:
        """Dr retainer liability / Cr revenue and tax."""
        retainer_id = decode_id("Retainer", input.retainer_id, "retainerId")
        earning_id = await retainers.record_use(
            info.context.actor,
            retainer_id,
            minutes=input.minutes,
            on=input.on,
            note=input.note,
            idempotency_key=input.idempotency_key,
            today=info.context.today,
            now=info.context.now,
        )
        async with read_only(info.context.actor.scope()) as uow:
            (row,) = await queries.earnings_by_ids(uow, [earning_id])
        return RetainerEarningPayload(
            earning=RetainerEarning.of(row), retainer=await _retainer(info, retainer_id)
        )

    @strawberry.mutation(
        description="Move money between two retainers of a client, on the client's word. For owner and staff."
    )
    @refusals_as(RetainerTransferPayload)
    async def transfer_retainer(
        self, info: Info, input: TransferRetainerInput
    ) -> RetainerTransferPayload:
        """Never more than is free on any date."""
        source = decode_id("Retainer", input.from_retainer_id, "fromRetainerId")
        target = decode_id("Retainer", input.to_retainer_id, "toRetainerId")
        transfer_id = await retainers.transfer(
            info.context.actor,
            source,
            target,
            amount=input.amount.to_money("amount.amount"),
            on=input.on,
            contact_id=decode_id("Contact", input.contact_id, "contactId"),
            said_on=input.said_on,
            words=input.words,
            idempotency_key=input.idempotency_key,
            today=info.context.today,
            now=info.context.now,
        )
        async with read_only(info.context.actor.scope()) as uow:
            (row,) = await queries.transfers_by_ids(uow, [transfer_id])
        return RetainerTransferPayload(
            transfer=RetainerTransfer.of(row),
            from_retainer=await _retainer(info, source),
            to_retainer=await _retainer(info, target),
        )

    @strawberry.mutation(
        description="Close a retainer and ask for the return of what is free of it. For owner and staff."
    )
    @refusals_as(CloseRetainerPayload)
    async def close_retainer(self, info: Info, input: CloseRetainerInput) -> CloseRetainerPayload:
        """Where the refund is refused the retainer stays closing, until the money is applied."""
        retainer_id = decode_id("Retainer", input.retainer_id, "retainerId")
        refund_id = await closing.close_retainer(
            info.context.actor,
            retainer_id,
            on=input.on,
            reason=input.reason,
            expected_version=input.expected_version,
            idempotency_key=input.idempotency_key,
            today=info.context.today,
            now=info.context.now,
        )
        return CloseRetainerPayload(
            retainer=await _retainer(info, retainer_id),
            refund_id=None if refund_id is None else encode_id("Refund", refund_id),
        )
