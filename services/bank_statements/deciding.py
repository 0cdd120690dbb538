"""Undoing a match, turning a suggestion down, and setting a line aside."""

from datetime import date, datetime
from uuid import UUID

from db.ids import new_id
from db.queries import bank_statements as queries
from db.tables.bank_statements import BankLine, BankMatch
from db.unit_of_work import UnitOfWork, unit_of_work
from services import ledger
from services.actor import MONEY, Actor
from services.bank_statements.confirming import locked_line, member_of
from services.idempotency import keyed
from services.payments.reversing import reverse
from services.rules.errors import Conflict, RuleViolation, Stale
from services.rules.movements import check_happened
from services.rules.text import clean_text


async def undo_match(
    actor: Actor,
    line_id: UUID,
    *,
    on: date,
    reason: str,
    idempotency_key: str,
    today: date,
    now: datetime,
) -> UUID:
    """Take a match back: the line is open again, and what the match had entered is reversed by a further entry on that date.

    What had been entered before the match stays. A deposit, a refund and a payment that went back have papers and steps of their
    own and are not undone here: refund the deposit, or enter that the refund failed. Answers the line's id.

    Raises `Forbidden`, `NotFound`, `InvalidInput` (DATE, TEXT_…), `Conflict` (LINE_NOT_MATCHED), `RuleViolation` (MATCH_STANDS),
    and what reversing raises.
    """
    actor.require(*MONEY)
    check_happened(on, today, "on")
    why = clean_text(reason, "reason", max_length=400)

    async def effect(uow: UnitOfWork) -> UUID:
        line = await locked_line(uow, line_id)
        match = await queries.standing_match(uow, line_id)
        if match is None:
            raise Conflict("This line is matched with nothing.", code="LINE_NOT_MATCHED")
        check_happened(on, on, "on", earliest=line["booked_on"])
        if match["is_new"]:
            if match["kind"] == "payment":
                await reverse(
                    uow,
                    match["payment_id"],
                    reversed_on=on,
                    reason=f"Matched wrongly: {why}",
                    now=now,
                )
            elif match["kind"] == "bank_charge":
                await ledger.reverse(
                    uow,
                    match["journal_id"],
                    effective_date=on,
                    description=f"Matched wrongly: {why}",
                    now=now,
                )
            else:
                raise RuleViolation(
                    "This movement is taken back by a step of its own, not by undoing the match.",
                    code="MATCH_STANDS",
                )
        await BankMatch.update(
            {"undone_on": on, "undone_by": member_of(actor), "undo_reason": why}
        ).where(BankMatch.tenant_id == uow.tenant_id, BankMatch.id == match["id"])
        return line_id

    return await keyed(
        actor,
        key=idempotency_key,
        operation="undo_bank_match",
        request={"line_id": line_id, "on": on, "reason": why},
        now=now,
        effect=effect,
    )


async def reject_match(actor: Actor, line_id: UUID, *, suggestion_key: str, now: datetime) -> UUID:
    """Turn a suggestion down: it is not made for this line again. A second time changes nothing.

    Raises `Forbidden`, `NotFound`, `InvalidInput` (TEXT_…).
    """
    actor.require(*MONEY)
    key = clean_text(suggestion_key, "suggestionKey", max_length=300)
    async with unit_of_work(actor.scope()) as uow:
        await locked_line(uow, line_id)
        known = {row["suggestion_key"] for row in await queries.rejected_keys(uow, [line_id])}
        if key not in known:
            await uow.execute(
                """
                insert into bank_match_rejection (tenant_id, id, line_id, suggestion_key, rejected_by, rejected_at)
                values ($1, $2, $3, $4, $5, $6)
                """,
                uow.tenant_id, new_id(), line_id, key, member_of(actor), now,
            )  # fmt: skip
    return line_id


async def set_line_aside(
    actor: Actor, line_id: UUID, *, reason: str, expected_version: int
) -> UUID:
    """Say that a line is no business of clients (a transfer between own accounts, a salary): nothing is suggested for it.

    An empty reason opens it again. Raises `Forbidden`, `NotFound`, `InvalidInput` (TEXT_…), `Stale` (STALE_VERSION), `Conflict`
    (LINE_NOT_OPEN).
    """
    actor.require(*MONEY)
    why = clean_text(reason, "reason", max_length=500, required=False)
    async with unit_of_work(actor.scope()) as uow:
        line = await locked_line(uow, line_id)
        if line["status"] == "matched":
            raise Conflict("This line is matched.", code="LINE_NOT_OPEN")
        if line["version"] != expected_version:
            raise Stale(
                "The line was changed meanwhile.",
                code="STALE_VERSION",
                field="expectedVersion",
                current_version=line["version"],
            )
        await BankLine.update(
            {
                "status": "set_aside" if why else "open",
                "set_aside_reason": why,
                "version": line["version"] + 1,
            }
        ).where(BankLine.tenant_id == uow.tenant_id, BankLine.id == line_id)
    return line_id
