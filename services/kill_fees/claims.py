"""Working a kill fee out, and claiming it."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from db.ids import new_id
from db.queries import engagements as engagement_queries
from db.queries import kill_fees as queries
from db.tables.kill_fees import KillFee
from db.unit_of_work import UnitOfWork, read_only
from services import engagements, ledger
from services.actor import MEMBERS, MONEY, Actor
from services.idempotency import keyed
from services.kill_fees.standings import ProposedKillFee, explained, is_owed, standing
from services.ledger import JournalDraft, Line
from services.rules.errors import Conflict, Forbidden, InvalidInput, NotFound, RuleViolation
from services.rules.money import Money
from services.rules.movements import check_happened

MAX_COSTS = 100
"""Recorded costs that one claim names, at most."""


async def preview_kill_fee(
    actor: Actor,
    engagement_id: UUID,
    *,
    on: date,
    cost_entry_ids: Sequence[UUID] = (),
    today: date,
) -> ProposedKillFee:
    """What ending the engagement on a date that has come would cost beside the work done by then; nothing is written.

    Raises `Forbidden`, `NotFound`, `InvalidInput` (DATE, COSTS_INVALID).
    """
    actor.require(*MEMBERS)
    check_happened(on, today, "on")
    async with read_only(actor.scope()) as uow:
        engagement = await engagements.found(uow, engagement_id)
        return await proposed(uow, engagement, on=on, cost_entry_ids=cost_entry_ids)


async def proposed(
    uow: UnitOfWork, engagement: Any, *, on: date, cost_entry_ids: Sequence[UUID] = ()
) -> ProposedKillFee:
    """The kill fee on a date, with recorded costs that cannot be recovered. Raises `NotFound`, `InvalidInput` (COSTS_INVALID)."""
    ids = tuple(cost_entry_ids)
    if len(set(ids)) != len(ids) or len(ids) > MAX_COSTS:
        raise InvalidInput(
            f"Name each recorded cost once, and at most {MAX_COSTS}.",
            code="COSTS_INVALID",
            field="costEntryIds",
        )
    rows = await queries.costs_by_ids(uow, engagement["id"], ids)
    if len(rows) != len(ids):
        raise NotFound("No recorded cost of this engagement with this id.", field="costEntryIds")
    costs_minor = sum(row["amount_minor"] for row in rows)
    if costs_minor < 0 or any(row["spent_on"] > on for row in rows):
        raise InvalidInput(
            "The costs are above zero together, and were spent before the end.",
            code="COSTS_INVALID",
            field="costEntryIds",
        )
    return explained(
        engagement,
        await standing(uow, engagement, on=on),
        on=on,
        costs_minor=costs_minor,
        cost_entry_ids=ids,
    )


async def claim_kill_fee(
    actor: Actor,
    engagement_id: UUID,
    *,
    cost_entry_ids: Sequence[UUID] = (),
    idempotency_key: str,
    today: date,
    now: datetime,
) -> UUID:
    """Claim the kill fee of an engagement that the client has ended: Dr receivable / Cr kill fees, once. Answers its id.

    It is worked out with the progress on the day the contract ended, and due by the engagement's payment terms from today. Raises
    `Forbidden`, `NotFound`, `InvalidInput` (COSTS_INVALID), `RuleViolation` (ENGAGEMENT_NOT_ENDED, NO_KILL_FEE), `Conflict`
    (KILL_FEE_CLAIMED), and what `ledger.post` and `idempotency.keyed` raise.
    """
    actor.require(*MONEY)
    member_id = member_of(actor)

    async def effect(uow: UnitOfWork) -> UUID:
        engagement = await engagement_queries.lock_engagement(uow, engagement_id)
        if engagement is None:
            raise NotFound("No engagement with this id.", field="engagementId")
        if await queries.kill_fee_of(uow, engagement_id) is not None:
            raise Conflict(
                "The kill fee of this engagement was claimed already.", code="KILL_FEE_CLAIMED"
            )
        ended_on = await _end(uow, engagement)
        fee = await proposed(uow, engagement, on=ended_on, cost_entry_ids=cost_entry_ids)
        if not fee.found.amount_minor:
            raise RuleViolation("Nothing is owed under the clause.", code="NO_KILL_FEE")
        return await _book(uow, engagement, fee, member_id, today=today, now=now)

    return await keyed(
        actor,
        key=idempotency_key,
        operation="claim_kill_fee",
        request={
            "engagement_id": engagement_id,
            "cost_entry_ids": sorted(str(each) for each in cost_entry_ids),
        },
        now=now,
        effect=effect,
    )


async def _end(uow: UnitOfWork, engagement: Any) -> date:
    """The day on which the client's notice ended the contract. Raises `RuleViolation` (ENGAGEMENT_NOT_ENDED, NO_KILL_FEE)."""
    ended = await queries.termination_of(uow, engagement["id"])
    if engagement["status"] != "terminated" or ended is None:
        raise RuleViolation(
            "A kill fee is claimed once the contract has ended early.",
            code="ENGAGEMENT_NOT_ENDED",
            field="engagementId",
        )
    if not is_owed(ended):
        raise RuleViolation(
            "A kill fee is owed where the client gave notice; this contract ended otherwise.",
            code="NO_KILL_FEE",
            field="engagementId",
        )
    on: date = ended["ends_on"]
    return on


async def _book(
    uow: UnitOfWork,
    engagement: Any,
    fee: ProposedKillFee,
    member_id: UUID,
    *,
    today: date,
    now: datetime,
) -> UUID:
    kill_fee_id = new_id()
    amount = Money(fee.found.amount_minor, fee.currency)
    owed = await ledger.account_for(
        uow, "receivable", fee.currency, client_id=engagement["client_id"], now=now
    )
    income = await ledger.account_for(uow, "kill_fees", fee.currency, now=now)
    posted = await ledger.post(
        uow,
        JournalDraft(
            "kill_fee",
            f"Kill fee of engagement {engagements.number_of(engagement)}",
            today,
            (Line.debit(owed.id, amount), Line.credit(income.id, amount)),
            "kill_fee",
            kill_fee_id,
        ),
        now=now,
    )
    await KillFee.insert(
        KillFee(
            tenant_id=uow.tenant_id,
            id=kill_fee_id,
            engagement_id=engagement["id"],
            client_id=engagement["client_id"],
            currency=fee.currency,
            amount_minor=fee.found.amount_minor,
            fee_minor=fee.standing.fee_minor,
            earned_minor=fee.standing.earned_minor,
            paid_minor=fee.standing.paid_minor,
            costs_minor=fee.found.costs_minor,
            rate_bps=fee.found.rate_bps,
            cost_entry_ids=list(fee.cost_entry_ids),
            ended_on=fee.on,
            claimed_on=today,
            due_on=today + timedelta(days=engagement["payment_terms_days"]),
            journal_id=posted.id,
            member_id=member_id,
            created_at=now,
            updated_at=now,
        )
    )
    return kill_fee_id


def member_of(actor: Actor) -> UUID:
    """The member who acts. Raises `Forbidden` for anybody else."""
    if actor.member_id is None:
        raise Forbidden("A kill fee is claimed and settled by a member of the practice.")
    return actor.member_id
