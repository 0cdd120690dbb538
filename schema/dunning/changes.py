"""What can be done about late payers."""

from datetime import date
from typing import cast
from uuid import UUID

import strawberry

from db.queries import dunning as queries
from db.unit_of_work import read_only
from schema.context import Info
from schema.dunning.inputs import (
    AddReferenceRateInput,
    ApproveDunningNoticeInput,
    ChargeFixedSumInput,
    ChargeLateInterestInput,
    DunningStepInput,
    EditDunningNoticeInput,
    RecordLateChargePaymentInput,
    ResumeDunningInput,
    SendDunningNoticeInput,
    SetDunningLadderInput,
    StopDunningInput,
    WaiveDunningNoticeInput,
    WaiveLateChargeInput,
)
from schema.dunning.types import DunningLadder, DunningNotice, DunningStop, LateCharge
from schema.errors import Payload, refusals_as
from schema.relay import decode_id
from services import dunning
from services.dunning.stops import StopKind
from services.late_interest.practice_rates import add_rate
from services.rules.dunning import CountsFrom, Hours, Step, Tone
from services.rules.late_interest import Reference
from services.rules.movements import check_currency


@strawberry.type(description="The ladder, or why not.")
class DunningLadderPayload(Payload):
    """Answer of `setDunningLadder`."""

    ladder: DunningLadder | None = strawberry.field(default=None, description="As it is now.")


@strawberry.type(description="The notice, or why not.")
class DunningNoticePayload(Payload):
    """Answer of mutations of notices."""

    notice: DunningNotice | None = strawberry.field(default=None, description="As it is now.")


@strawberry.type(description="What keeps the invoice from being reminded of now, or why not.")
class DunningStopPayload(Payload):
    """Answer of `stopDunning` and `resumeDunning`."""

    invoice_id: strawberry.ID | None = strawberry.field(default=None, description="The invoice.")
    stopped_by: list[DunningStop] | None = strawberry.field(default=None, description="Every stop that holds.")  # fmt: skip


@strawberry.type(description="The charge, or why not.")
class LateChargePayload(Payload):
    """Answer of mutations of charges."""

    late_charge: LateCharge | None = strawberry.field(default=None, description="As it is now.")


@strawberry.type(description="The rate that was added, or why not.")
class AddReferenceRatePayload(Payload):
    """Answer of `addReferenceRate`."""

    valid_from: date | None = strawberry.field(default=None, description="The day it holds from.")


def _step(given: DunningStepInput, at: int, currency: str) -> Step:
    fee_minor = 0
    if given.fee is not None:
        fee = given.fee.to_money(f"steps.{at}.fee.amount")
        check_currency(fee, currency, f"steps.{at}.fee")
        fee_minor = fee.amount_minor
    return Step(
        Tone(str(given.tone.value)),
        given.after_days,
        cast(CountsFrom, given.counts_from.value),
        given.pay_within_days,
        fee_minor,
        given.needs_approval,
        given.opening_en,
        given.opening_da,
    )


async def _notice(info: Info, notice_id: UUID) -> DunningNoticePayload:
    async with read_only(info.context.actor.scope()) as uow:
        (row,) = await queries.rows_by_ids(uow, "dunning_notice", [notice_id])
    return DunningNoticePayload(notice=DunningNotice.of(row))


async def _charge(info: Info, charge_id: UUID) -> LateChargePayload:
    async with read_only(info.context.actor.scope()) as uow:
        (row,) = await queries.rows_by_ids(uow, "late_charge", [charge_id])
    return LateChargePayload(late_charge=LateCharge.of(row))


async def _stops(info: Info, invoice_id: strawberry.ID, key: UUID) -> DunningStopPayload:
    async with read_only(info.context.actor.scope()) as uow:
        rows = await queries.rows_of_invoices(uow, "dunning_stop", [key])
    kinds = sorted({row["kind"] for row in rows if row["ended_at"] is None})
    return DunningStopPayload(invoice_id=invoice_id, stopped_by=[DunningStop(k) for k in kinds])


@strawberry.type
class DunningMutation:
    """Mixed into Mutation."""

    @strawberry.mutation(description="Write how late payers are reminded. For the owner.")
    @refusals_as(DunningLadderPayload)
    async def set_dunning_ladder(
        self, info: Info, input: SetDunningLadderInput
    ) -> DunningLadderPayload:
        """The next edition."""
        actor = info.context.actor
        actor.require("owner")
        async with read_only(actor.scope()) as uow:
            currency = await queries.practice_currency(uow)
        from_minor = 0
        if input.suspension_from is not None:
            least = input.suspension_from.to_money("suspensionFrom.amount")
            check_currency(least, currency, "suspensionFrom")
            from_minor = least.amount_minor
        await dunning.set_ladder(
            actor,
            is_active=input.is_active,
            hours=Hours(input.send_from_minute, input.send_until_minute),
            country=input.country,
            region=input.region,
            weekend=input.weekend,
            days_off=input.days_off,
            suspension_from_minor=from_minor,
            steps=[_step(step, at, currency) for at, step in enumerate(input.steps)],
            expected_number=input.expected_number,
            today=info.context.today,
            now=info.context.now,
        )
        async with read_only(actor.scope()) as uow:
            return DunningLadderPayload(ladder=DunningLadder.of(await dunning.ladder(uow)))

    @strawberry.mutation(description="Write the opening words of the next notice. For owner, staff and assistant.")  # fmt: skip
    @refusals_as(DunningNoticePayload)
    async def edit_dunning_notice(
        self, info: Info, input: EditDunningNoticeInput
    ) -> DunningNoticePayload:
        """Before it goes out."""
        notice_id = await dunning.edit_notice(
            info.context.actor,
            decode_id("Invoice", input.invoice_id, "invoiceId"),
            opening=input.opening,
            expected_version=input.expected_version,
            now=info.context.now,
        )
        return await _notice(info, notice_id)

    @strawberry.mutation(description="Let the next notice go out. For the owner.")
    @refusals_as(DunningNoticePayload)
    async def approve_dunning_notice(
        self, info: Info, input: ApproveDunningNoticeInput
    ) -> DunningNoticePayload:
        """Where the step asks for it."""
        notice_id = await dunning.approve_notice(
            info.context.actor,
            decode_id("Invoice", input.invoice_id, "invoiceId"),
            expected_version=input.expected_version,
            now=info.context.now,
        )
        return await _notice(info, notice_id)

    @strawberry.mutation(description="Leave the next notice out. For the owner.")
    @refusals_as(DunningNoticePayload)
    async def waive_dunning_notice(
        self, info: Info, input: WaiveDunningNoticeInput
    ) -> DunningNoticePayload:
        """With the reason."""
        notice_id = await dunning.waive_notice(
            info.context.actor,
            decode_id("Invoice", input.invoice_id, "invoiceId"),
            reason=input.reason,
            expected_version=input.expected_version,
            now=info.context.now,
        )
        return await _notice(info, notice_id)

    @strawberry.mutation(description="Send the next notice now, once its day has come. For owner, staff and assistant.")  # fmt: skip
    @refusals_as(DunningNoticePayload)
    async def send_dunning_notice(
        self, info: Info, input: SendDunningNoticeInput
    ) -> DunningNoticePayload:
        """Never in quiet hours."""
        notice_id = await dunning.send_notice(
            info.context.actor,
            decode_id("Invoice", input.invoice_id, "invoiceId"),
            now=info.context.now,
        )
        return await _notice(info, notice_id)

    @strawberry.mutation(description="Send no notice on an invoice for now. A waiver is for the owner, the rest for owner, staff and assistant.")  # fmt: skip
    @refusals_as(DunningStopPayload)
    async def stop_dunning(self, info: Info, input: StopDunningInput) -> DunningStopPayload:
        """Hold, dispute or waiver."""
        key = decode_id("Invoice", input.invoice_id, "invoiceId")
        await dunning.stop_dunning(
            info.context.actor,
            key,
            cast(StopKind, input.kind.value),
            reason=input.reason,
            disputed=input.disputed.to_money("disputed.amount") if input.disputed else None,
            now=info.context.now,
        )
        return await _stops(info, input.invoice_id, key)

    @strawberry.mutation(description="End a hold, a dispute or a waiver. A waiver is for the owner, the rest for owner, staff and assistant.")  # fmt: skip
    @refusals_as(DunningStopPayload)
    async def resume_dunning(self, info: Info, input: ResumeDunningInput) -> DunningStopPayload:
        """The ladder goes on."""
        key = decode_id("Invoice", input.invoice_id, "invoiceId")
        await dunning.resume_dunning(
            info.context.actor,
            key,
            cast(StopKind, input.kind.value),
            outcome=input.outcome,
            now=info.context.now,
        )
        return await _stops(info, input.invoice_id, key)

    @strawberry.mutation(description="Charge the interest that has run on an invoice. For owner and staff.")  # fmt: skip
    @refusals_as(LateChargePayload)
    async def charge_late_interest(
        self, info: Info, input: ChargeLateInterestInput
    ) -> LateChargePayload:
        """Dr receivable / Cr late charges."""
        charge_id = await dunning.charge_late_interest(
            info.context.actor,
            decode_id("Invoice", input.invoice_id, "invoiceId"),
            until=input.until,
            idempotency_key=input.idempotency_key,
            today=info.context.today,
            now=info.context.now,
        )
        return await _charge(info, charge_id)

    @strawberry.mutation(description="Charge the fixed sum that contract or law give for a late invoice. For owner and staff.")  # fmt: skip
    @refusals_as(LateChargePayload)
    async def charge_fixed_sum(self, info: Info, input: ChargeFixedSumInput) -> LateChargePayload:
        """Once for each invoice."""
        charge_id = await dunning.charge_fixed_sum(
            info.context.actor,
            decode_id("Invoice", input.invoice_id, "invoiceId"),
            idempotency_key=input.idempotency_key,
            today=info.context.today,
            now=info.context.now,
        )
        return await _charge(info, charge_id)

    @strawberry.mutation(description="Enter what came in for a charge. For owner and staff.")
    @refusals_as(LateChargePayload)
    async def record_late_charge_payment(
        self, info: Info, input: RecordLateChargePaymentInput
    ) -> LateChargePayload:
        """Dr bank / Cr receivable."""
        charge_id = await dunning.record_late_charge_payment(
            info.context.actor,
            decode_id("LateCharge", input.late_charge_id, "lateChargeId"),
            amount=input.amount.to_money("amount.amount"),
            received_on=input.received_on,
            bank_reference=input.bank_reference,
            idempotency_key=input.idempotency_key,
            today=info.context.today,
            now=info.context.now,
        )
        return await _charge(info, charge_id)

    @strawberry.mutation(description="Give a charge up; its entry is reversed. For the owner.")
    @refusals_as(LateChargePayload)
    async def waive_late_charge(self, info: Info, input: WaiveLateChargeInput) -> LateChargePayload:
        """While nothing is paid of it."""
        charge_id = await dunning.waive_late_charge(
            info.context.actor,
            decode_id("LateCharge", input.late_charge_id, "lateChargeId"),
            reason=input.reason,
            expected_version=input.expected_version,
            idempotency_key=input.idempotency_key,
            today=info.context.today,
            now=info.context.now,
        )
        return await _charge(info, charge_id)

    @strawberry.mutation(description="Add a reference rate that came out after those of the table. For owner and staff.")  # fmt: skip
    @refusals_as(AddReferenceRatePayload)
    async def add_reference_rate(
        self, info: Info, input: AddReferenceRateInput
    ) -> AddReferenceRatePayload:
        """One half-year, with its source."""
        await add_rate(
            info.context.actor,
            Reference(str(input.reference.value)),
            valid_from=input.valid_from,
            rate_bps=input.rate_bps,
            source=input.source,
            today=info.context.today,
            now=info.context.now,
        )
        return AddReferenceRatePayload(valid_from=input.valid_from)
