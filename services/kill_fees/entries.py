"""What becomes of a kill fee that was claimed: taken out of the retainer, paid, or waived; in part or whole."""

from collections.abc import Awaitable, Callable
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from db.ids import new_id
from db.queries import kill_fees as queries
from db.queries import retainers as retainer_queries
from db.tables.kill_fees import KillFeeEntry
from db.unit_of_work import UnitOfWork
from services import ledger
from services.actor import MONEY, Actor, Role
from services.idempotency import keyed
from services.kill_fees.claims import member_of
from services.ledger import AccountCode, JournalDraft, Line
from services.retainers import accounts as retainer_accounts
from services.rules.errors import NotFound, RuleViolation
from services.rules.money import Money
from services.rules.movements import check_amount, check_currency, check_happened
from services.rules.text import clean_text

Kind = Literal["offset", "payment", "waiver"]
_WORDS: dict[Kind, str] = {
    "offset": "Kill fee taken out of the retainer",
    "payment": "Kill fee paid",
    "waiver": "Kill fee waived",
}


async def offset_kill_fee(
    actor: Actor,
    kill_fee_id: UUID,
    retainer_id: UUID,
    *,
    amount: Money,
    on: date,
    note: str,
    idempotency_key: str,
    today: date,
    now: datetime,
) -> UUID:
    """Take a kill fee out of a retainer of the same engagement: Dr retainer liability / Cr receivable. Answers the kill fee's id.

    Tax that was due when the deposit came in falls away with it, for a kill fee bears none. Raises `Forbidden`, `NotFound`,
    `InvalidInput` (AMOUNT_…, DATE, TEXT_…), `RuleViolation` (CURRENCY_MISMATCH, RETAINER_MISMATCH, RETAINER_OVERDRAWN with
    `available_minor`, KILL_FEE_EXCEEDED with `open_minor`), and what `ledger.post` and `idempotency.keyed` raise.
    """

    async def debits(uow: UnitOfWork, fee: Any) -> tuple[Line, ...]:
        retainer = await retainer_queries.retainer_by_id(uow, retainer_id)
        assert retainer is not None
        if retainer["engagement_id"] != fee["engagement_id"]:
            raise RuleViolation(
                "The retainer was paid for another engagement.",
                code="RETAINER_MISMATCH",
                field="retainerId",
            )
        free_minor = await retainer_accounts.available(uow, retainer, on=on)
        if amount.amount_minor > free_minor:
            free = Money(free_minor, fee["currency"])
            raise RuleViolation(
                f"The retainer has {free} to give on that date.",
                code="RETAINER_OVERDRAWN",
                field="amount",
                available_minor=free_minor,
            )
        held = await retainer_accounts.liability(uow, retainer, now)
        taxes = await retainer_accounts.tax_back_lines(
            uow, retainer, amount.amount_minor, on=on, now=now
        )
        return (Line.debit(held.id, amount), *taxes)

    return await _enter(
        actor,
        "offset",
        kill_fee_id,
        amount=amount,
        on=on,
        text=note,
        retainer_id=retainer_id,
        debits=debits,
        idempotency_key=idempotency_key,
        today=today,
        now=now,
    )


async def record_kill_fee_payment(
    actor: Actor,
    kill_fee_id: UUID,
    *,
    amount: Money,
    on: date,
    bank_reference: str,
    idempotency_key: str,
    today: date,
    now: datetime,
) -> UUID:
    """Enter what the client paid of a kill fee: Dr bank / Cr receivable. Answers the kill fee's id.

    Raises `Forbidden`, `NotFound`, `InvalidInput` (AMOUNT_…, DATE, TEXT_…), `RuleViolation` (CURRENCY_MISMATCH, KILL_FEE_EXCEEDED
    with `open_minor`), and what `ledger.post` and `idempotency.keyed` raise.
    """
    return await _enter(
        actor,
        "payment",
        kill_fee_id,
        amount=amount,
        on=on,
        text=bank_reference,
        debits=_practice_debit("bank", amount, now),
        idempotency_key=idempotency_key,
        today=today,
        now=now,
    )


async def waive_kill_fee(
    actor: Actor,
    kill_fee_id: UUID,
    *,
    amount: Money,
    on: date,
    reason: str,
    idempotency_key: str,
    today: date,
    now: datetime,
) -> UUID:
    """Let go of a kill fee, or a part of it, by a further entry: Dr kill fees / Cr receivable. The owner alone may. Answers its id.

    Raises `Forbidden`, `NotFound`, `InvalidInput` (AMOUNT_…, DATE, TEXT_…), `RuleViolation` (CURRENCY_MISMATCH, KILL_FEE_EXCEEDED
    with `open_minor`), and what `ledger.post` and `idempotency.keyed` raise.
    """
    return await _enter(
        actor,
        "waiver",
        kill_fee_id,
        amount=amount,
        on=on,
        text=reason,
        roles=("owner",),
        debits=_practice_debit("kill_fees", amount, now),
        idempotency_key=idempotency_key,
        today=today,
        now=now,
    )


def _practice_debit(
    code: AccountCode, amount: Money, now: datetime
) -> Callable[[UnitOfWork, Any], Awaitable[tuple[Line, ...]]]:
    async def debits(uow: UnitOfWork, fee: Any) -> tuple[Line, ...]:
        account = await ledger.account_for(uow, code, amount.currency, now=now)
        return (Line.debit(account.id, amount),)

    return debits


async def _enter(
    actor: Actor,
    kind: Kind,
    kill_fee_id: UUID,
    *,
    amount: Money,
    on: date,
    text: str,
    debits: Callable[[UnitOfWork, Any], Awaitable[tuple[Line, ...]]],
    roles: tuple[Role, ...] = MONEY,
    retainer_id: UUID | None = None,
    idempotency_key: str,
    today: date,
    now: datetime,
) -> UUID:
    actor.require(*roles)
    check_amount(amount)
    check_happened(on, today, "on")
    field = {"offset": "note", "payment": "bankReference", "waiver": "reason"}[kind]
    note = clean_text(text, field, max_length=140 if kind == "payment" else 500)
    member_id = member_of(actor)

    async def effect(uow: UnitOfWork) -> UUID:
        if retainer_id is not None:
            await retainer_accounts.locked(uow, retainer_id)
        fee = await queries.lock_kill_fee(uow, kill_fee_id)
        if fee is None:
            raise NotFound("No kill fee with this id.", field="killFeeId")
        check_currency(amount, fee["currency"])
        check_happened(on, today, "on", earliest=fee["claimed_on"])
        _check_open(fee, amount)
        entry_id = new_id()
        owed = await ledger.account_for(
            uow, "receivable", fee["currency"], client_id=fee["client_id"], now=now
        )
        posted = await ledger.post(
            uow,
            JournalDraft(
                f"kill_fee_{kind}",
                f"{_WORDS[kind]}: {note}"[:500],
                on,
                (*await debits(uow, fee), Line.credit(owed.id, amount)),
                "kill_fee_entry",
                entry_id,
            ),
            now=now,
        )
        await KillFeeEntry.insert(
            KillFeeEntry(
                tenant_id=uow.tenant_id,
                id=entry_id,
                kill_fee_id=kill_fee_id,
                kind=kind,
                retainer_id=retainer_id,
                amount_minor=amount.amount_minor,
                effective_on=on,
                note=note,
                journal_id=posted.id,
                member_id=member_id,
                recorded_at=now,
            )
        )
        return kill_fee_id

    return await keyed(
        actor,
        key=idempotency_key,
        operation=f"kill_fee_{kind}",
        request={
            "kill_fee_id": kill_fee_id,
            "retainer_id": retainer_id,
            "amount": amount,
            "on": on,
            "note": note,
        },
        now=now,
        effect=effect,
    )


def _check_open(fee: Any, amount: Money) -> None:
    open_minor = fee["amount_minor"] - fee["settled_minor"] - fee["waived_minor"]
    if amount.amount_minor > open_minor:
        still = Money(open_minor, fee["currency"])
        raise RuleViolation(
            f"{still} of the kill fee is still open.",
            code="KILL_FEE_EXCEEDED",
            field="amount",
            open_minor=open_minor,
        )
