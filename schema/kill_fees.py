"""Kill fees, and the settlement of an engagement."""

from collections.abc import Sequence
from datetime import date, datetime
from enum import Enum
from typing import Any, Self
from uuid import UUID

import strawberry

from db.queries import kill_fees as queries
from db.unit_of_work import read_only
from schema.context import Info
from schema.errors import Payload, refusals_as
from schema.relay import Node, decode_id, encode_id, fetches
from schema.retainers import money
from schema.scalars import Money, MoneyInput
from services import kill_fees, refunds
from services.actor import MEMBERS


@strawberry.enum(description="What became of a kill fee, or a part of it.")
class KillFeeEntryKind(Enum):
    """Each is an entry in the books."""

    OFFSET = strawberry.enum_value("offset", description="Taken out of the retainer.")
    PAYMENT = strawberry.enum_value("payment", description="Paid.")
    WAIVER = strawberry.enum_value("waiver", description="Let go by the owner.")


@strawberry.type(
    description="A kill fee taken out of a retainer, paid or waived; in part or whole."
)
class KillFeeEntry:
    """Never changed."""

    kind: KillFeeEntryKind = strawberry.field(description="What became of it.")
    amount: Money = strawberry.field(description="How much.")
    effective_on: date = strawberry.field(description="When it counts.")
    note: str = strawberry.field(description="Why, or what the bank's statement says.")
    recorded_at: datetime = strawberry.field(description="When it was recorded.")


@strawberry.type(description="The charge for ending an engagement early, as it was claimed.")
class KillFee(Node):
    """Net: it is damages, so no tax is on it."""

    row: strawberry.Private[Any]
    engagement_id: strawberry.ID = strawberry.field(description="The engagement.")
    amount: Money = strawberry.field(description="What was claimed.")
    open: Money = strawberry.field(description="What of it is neither settled nor waived.")
    settled: Money = strawberry.field(description="Taken out of the retainer, or paid.")
    waived: Money = strawberry.field(description="Let go by the owner.")
    fee: Money = strawberry.field(description="The whole fee, before tax.")
    earned: Money = strawberry.field(description="Of it earned when the contract ended.")
    paid: Money = strawberry.field(description="Of it paid by then.")
    costs: Money = strawberry.field(
        description="Costs that cannot be recovered; they lift the cap."
    )
    rate_bps: int = strawberry.field(
        description="The share of the unearned fee that the clause asks."
    )
    ended_on: date = strawberry.field(description="When the contract ended.")
    claimed_on: date = strawberry.field(description="When it was claimed.")
    due_on: date = strawberry.field(description="When it is due.")

    @strawberry.field(description="What became of it, oldest first.")
    async def entries(self, info: Info) -> list[KillFeeEntry]:
        """Of one engagement there is at most one kill fee."""
        async with read_only(info.context.actor.scope()) as uow:
            rows = await queries.entries_of(uow, [self.row["id"]])
        return [
            KillFeeEntry(
                kind=KillFeeEntryKind(row["kind"]),
                amount=money(row["amount_minor"], row["currency"]),
                **{name: row[name] for name in ("effective_on", "note", "recorded_at")},
            )
            for row in rows
        ]

    @classmethod
    def of(cls, row: Any) -> Self:
        """From its row."""
        sums: dict[str, Any] = {
            name: money(row[f"{name}_minor"], row["currency"])
            for name in ("amount", "settled", "waived", "fee", "earned", "paid", "costs")
        }
        open_minor = row["amount_minor"] - row["settled_minor"] - row["waived_minor"]
        return cls(
            id=encode_id("KillFee", row["id"]),
            row=row,
            engagement_id=encode_id("Engagement", row["engagement_id"]),
            open=money(open_minor, row["currency"]),
            **sums,
            **{name: row[name] for name in ("rate_bps", "ended_on", "claimed_on", "due_on")},
        )


@fetches("KillFee")
async def _kill_fees(info: Info, ids: Sequence[UUID]) -> dict[UUID, Node]:
    info.context.actor.require(*MEMBERS)
    async with read_only(info.context.actor.scope()) as uow:
        return {row["id"]: KillFee.of(row) for row in await queries.kill_fees_by_ids(uow, ids)}


@strawberry.type(description="What ending an engagement would cost beside the work done.")
class KillFeePreview:
    """The clause, step by step. Before tax."""

    amount: Money = strawberry.field(description="The kill fee.")
    fee: Money = strawberry.field(description="The whole fee.")
    earned: Money = strawberry.field(description="Of it earned on that day.")
    unearned: Money = strawberry.field(description="The rest, of which a share is asked.")
    paid: Money = strawberry.field(description="What of the fee is paid.")
    costs: Money = strawberry.field(description="Costs that cannot be recovered.")
    cap: Money = strawberry.field(
        description="At most: the unpaid part of the fee, and those costs."
    )
    progress_bps: int = strawberry.field(description="The earned part of the fee; picks the stage.")
    rate_bps: int = strawberry.field(description="The share that this stage asks.")
    is_capped: bool = strawberry.field(description="Whether the cap made it smaller.")
    is_whole: bool = strawberry.field(
        description="Whether it asks for all that is unearned; then it may count as pay and bear tax."
    )


@strawberry.type(description="One thing that happened to the money of an engagement.")
class SettlementLine:
    """Positive is the client's."""

    kind: str = strawberry.field(
        description="Such as deposit, invoice, work_done, kill_fee, refund."
    )
    on: date | None = strawberry.field(description="When; null for what has no date of its own.")
    reference: str = strawberry.field(description="The number of its paper, or the item.")
    amount: Money = strawberry.field(description="Signed, as it enters the balance.")
    running: Money = strawberry.field(description="The balance after it.")


@strawberry.type(
    description="How the accounts of an engagement stand, and what goes back or is owed."
)
class EngagementSettlement:
    """The lines sum to the balance."""

    ended_on: date | None = strawberry.field(
        description="When the contract ended early, if it did."
    )
    lines: list[SettlementLine] = strawberry.field(description="One by one, by date.")
    paid: Money = strawberry.field(description="What came in.")
    earned: Money = strawberry.field(description="Invoiced, and done and not invoiced; with tax.")
    kill_fee: Money = strawberry.field(description="Claimed or to be claimed, less waived.")
    credited: Money = strawberry.field(description="Agreed credits, less what is kept for later.")
    refunded: Money = strawberry.field(description="Refunds, those under way included.")
    balance: Money = strawberry.field(description="What is left of it all; below zero is owed.")
    goes_back: Money = strawberry.field(description="What is left for the client.")
    still_owed: Money = strawberry.field(description="What the client still owes.")
    held: Money = strawberry.field(description="What retainers hold.")
    refund_pending: Money = strawberry.field(description="Refunds that are not paid out yet.")
    late_charges: Money = strawberry.field(
        description="Open interest and fees for late payment; they come on top."
    )

    @classmethod
    def of(cls, found: refunds.Settlement) -> Self:
        """From the service's own."""
        sums = (
            "paid", "earned", "kill_fee", "credited", "refunded", "balance", "goes_back", "still_owed", "held",
            "refund_pending", "late_charges",
        )  # fmt: skip
        return cls(
            ended_on=found.ended_on,
            lines=[
                SettlementLine(
                    kind=line.kind,
                    on=line.on,
                    reference=line.reference,
                    amount=money(line.amount_minor, found.currency),
                    running=money(line.running_minor, found.currency),
                )
                for line in found.lines
            ],
            **{name: money(getattr(found, f"{name}_minor"), found.currency) for name in sums},
        )


@strawberry.type
class KillFeeQuery:
    """Mixed into Query."""

    @strawberry.field(
        description="What was claimed for ending an engagement early; null if nothing."
    )
    async def kill_fee(self, info: Info, engagement_id: strawberry.ID) -> KillFee | None:
        """There is at most one."""
        info.context.actor.require(*MEMBERS)
        engagement = decode_id("Engagement", engagement_id, "engagementId")
        async with read_only(info.context.actor.scope()) as uow:
            row = await queries.kill_fee_of(uow, engagement)
        return None if row is None else KillFee.of(row)

    @strawberry.field(description="What ending an engagement on a day that has come would cost.")
    async def preview_kill_fee(
        self,
        info: Info,
        engagement_id: strawberry.ID,
        on: date,
        cost_entry_ids: list[strawberry.ID] | None = None,
    ) -> KillFeePreview:
        """The same rule as a claim, and as the preview of a change order."""
        seen = await kill_fees.preview_kill_fee(
            info.context.actor,
            decode_id("Engagement", engagement_id, "engagementId"),
            on=on,
            cost_entry_ids=_costs(cost_entry_ids),
            today=info.context.today,
        )
        found, standing, currency = seen.found, seen.standing, seen.currency
        return KillFeePreview(
            amount=money(found.amount_minor, currency),
            fee=money(standing.fee_minor, currency),
            earned=money(standing.earned_minor, currency),
            unearned=money(found.unearned_minor, currency),
            paid=money(standing.paid_minor, currency),
            costs=money(found.costs_minor, currency),
            cap=money(found.cap_minor, currency),
            progress_bps=found.progress_bps,
            rate_bps=found.rate_bps,
            is_capped=found.is_capped,
            is_whole=found.is_whole,
        )

    @strawberry.field(
        description="Everything paid, earned, credited and refunded, and what is left."
    )
    async def engagement_settlement(
        self, info: Info, engagement_id: strawberry.ID
    ) -> EngagementSettlement:
        """As it would be settled now."""
        return EngagementSettlement.of(
            await refunds.settlement(
                info.context.actor, decode_id("Engagement", engagement_id, "engagementId")
            )
        )


def _costs(ids: Sequence[strawberry.ID] | None) -> list[UUID]:
    return [decode_id("CostEntry", each, "costEntryIds") for each in ids or ()]


@strawberry.input(description="The kill fee of a contract that the client has ended.")
class ClaimKillFeeInput:
    """Once for an engagement."""

    engagement_id: strawberry.ID = strawberry.field(description="The engagement.")
    cost_entry_ids: list[strawberry.ID] = strawberry.field(
        default_factory=list, description="Recorded costs that cannot be recovered."
    )
    idempotency_key: str = strawberry.field(description="The same key has one effect, ever.")


@strawberry.input(description="A kill fee to take out of the retainer.")
class OffsetKillFeeInput:
    """On the client's word, or by the contract."""

    kill_fee_id: strawberry.ID = strawberry.field(description="The kill fee.")
    retainer_id: strawberry.ID = strawberry.field(description="A retainer of the same engagement.")
    amount: MoneyInput = strawberry.field(description="How much.")
    on: date = strawberry.field(description="When it counts; not in the future.")
    note: str = strawberry.field(description="On whose word.")
    idempotency_key: str = strawberry.field(description="The same key has one effect, ever.")


@strawberry.input(description="What came in for a kill fee.")
class RecordKillFeePaymentInput:
    """In part or whole."""

    kill_fee_id: strawberry.ID = strawberry.field(description="The kill fee.")
    amount: MoneyInput = strawberry.field(description="How much.")
    on: date = strawberry.field(description="When it came in; not in the future.")
    bank_reference: str = strawberry.field(description="What the bank's statement says.")
    idempotency_key: str = strawberry.field(description="The same key has one effect, ever.")


@strawberry.input(description="A kill fee to let go of.")
class WaiveKillFeeInput:
    """In part or whole."""

    kill_fee_id: strawberry.ID = strawberry.field(description="The kill fee.")
    amount: MoneyInput = strawberry.field(description="How much.")
    on: date = strawberry.field(description="When it counts; not in the future.")
    reason: str = strawberry.field(description="Why.")
    idempotency_key: str = strawberry.field(description="The same key has one effect, ever.")


@strawberry.type(description="The kill fee, or why not.")
class KillFeePayload(Payload):
    """Answer of mutations of kill fees."""

    kill_fee: KillFee | None = strawberry.field(default=None, description="As it is now.")


async def _payload(info: Info, kill_fee_id: UUID) -> KillFeePayload:
    async with read_only(info.context.actor.scope()) as uow:
        (row,) = await queries.kill_fees_by_ids(uow, [kill_fee_id])
    return KillFeePayload(kill_fee=KillFee.of(row))


@strawberry.type
class KillFeeMutation:
    """Mixed into Mutation."""

    @strawberry.mutation(
        description="Claim the kill fee of a contract that the client has ended. For owner and staff."
    )
    @refusals_as(KillFeePayload)
    async def claim_kill_fee(self, info: Info, input: ClaimKillFeeInput) -> KillFeePayload:
        """Dr receivable / Cr kill fees."""
        kill_fee_id = await kill_fees.claim_kill_fee(
            info.context.actor,
            decode_id("Engagement", input.engagement_id, "engagementId"),
            cost_entry_ids=_costs(input.cost_entry_ids),
            idempotency_key=input.idempotency_key,
            today=info.context.today,
            now=info.context.now,
        )
        return await _payload(info, kill_fee_id)

    @strawberry.mutation(description="Take a kill fee out of the retainer. For owner and staff.")
    @refusals_as(KillFeePayload)
    async def offset_kill_fee(self, info: Info, input: OffsetKillFeeInput) -> KillFeePayload:
        """Dr retainer liability / Cr receivable."""
        kill_fee_id = await kill_fees.offset_kill_fee(
            info.context.actor,
            decode_id("KillFee", input.kill_fee_id, "killFeeId"),
            decode_id("Retainer", input.retainer_id, "retainerId"),
            amount=input.amount.to_money("amount.amount"),
            on=input.on,
            note=input.note,
            idempotency_key=input.idempotency_key,
            today=info.context.today,
            now=info.context.now,
        )
        return await _payload(info, kill_fee_id)

    @strawberry.mutation(description="Enter what came in for a kill fee. For owner and staff.")
    @refusals_as(KillFeePayload)
    async def record_kill_fee_payment(
        self, info: Info, input: RecordKillFeePaymentInput
    ) -> KillFeePayload:
        """Dr bank / Cr receivable."""
        kill_fee_id = await kill_fees.record_kill_fee_payment(
            info.context.actor,
            decode_id("KillFee", input.kill_fee_id, "killFeeId"),
            amount=input.amount.to_money("amount.amount"),
            on=input.on,
            bank_reference=input.bank_reference,
            idempotency_key=input.idempotency_key,
            today=info.context.today,
            now=info.context.now,
        )
        return await _payload(info, kill_fee_id)

    @strawberry.mutation(description="Let go of a kill fee, or a part of it. For the owner.")
    @refusals_as(KillFeePayload)
    async def waive_kill_fee(self, info: Info, input: WaiveKillFeeInput) -> KillFeePayload:
        """A further entry: Dr kill fees / Cr receivable."""
        kill_fee_id = await kill_fees.waive_kill_fee(
            info.context.actor,
            decode_id("KillFee", input.kill_fee_id, "killFeeId"),
            amount=input.amount.to_money("amount.amount"),
            on=input.on,
            reason=input.reason,
            idempotency_key=input.idempotency_key,
            today=info.context.today,
            now=info.context.now,
        )
        return await _payload(info, kill_fee_id)
