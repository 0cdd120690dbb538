"""A person's word on what a line is: the movement is entered with the line as its bank's reference, in one transaction."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

import asyncpg

from db.ids import new_id
from db.queries import bank_statements as queries
from db.queries import payments as payment_queries
from db.queries import refunds as refund_queries
from db.tables.bank_statements import BankMatch
from db.unit_of_work import UnitOfWork
from services import ledger
from services.actor import MONEY, Actor
from services.bank_statements.matching import suggest
from services.idempotency import keyed
from services.invoices.numbers import open_minor
from services.ledger import JournalDraft, Line
from services.payments.exchanging import Conversion, checked, exchanged_payment
from services.payments.receipts import receipt_of_client
from services.payments.recording import (
    Allocation,
    locked_invoices,
    payment_of_invoice,
)
from services.payments.reversing import reverse
from services.refunds.settlements import settle
from services.retainers.deposits import deposit
from services.rules.errors import Conflict, Forbidden, InvalidInput, NotFound, RuleViolation
from services.rules.money import Money
from services.rules.movements import check_happened

TargetKind = Literal[
    "invoices", "client", "request", "refund", "reversed_payment", "bank_charge",
    "recorded_payment", "recorded_deposit", "recorded_refund",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Target:
    """What a line is. `ids` are invoices, or the one client, request, refund, payment or deposit; none for a bank's charge."""

    kind: TargetKind
    ids: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class _Found:
    """What was entered, or had been: the kind of the match, the row that it ties to, and its entry in the books."""

    kind: Literal["payment", "deposit", "refund", "reversed_payment", "bank_charge"]
    id: UUID | None
    journal_id: UUID
    is_new: bool = True


async def confirm_match(
    actor: Actor,
    line_id: UUID,
    target: Target,
    *,
    charge: Money | None = None,
    conversion: Conversion | None = None,
    idempotency_key: str,
    today: date,
    now: datetime,
) -> UUID:
    """Match an open line with what it is. Answers the line's id.

    Money in pays one invoice (what is over stays the client's), two or three and more of one client in full, a request for a
    deposit, or comes from a client without a name for it; with `charge`, one invoice is paid by what came in and what the bank
    kept; with `conversion`, one invoice in another currency. Money out settles an approved refund, is a payment that went back, or
    a bank's charge. What had been entered before is tied to the line and not entered again.

    Raises `Forbidden`, `NotFound`, `InvalidInput`, `Conflict` (LINE_NOT_OPEN), `RuleViolation` (LINE_DIRECTION for money that went
    the other way, ALLOCATION_EXCEEDS_PAYMENT, ALREADY_MATCHED, LINE_AMOUNT_DIFFERS), and what entering the movement raises.
    """
    actor.require(*MONEY)
    given = checked(conversion) if conversion else None
    if bool(target.ids) == (target.kind == "bank_charge") or len(set(target.ids)) != len(
        target.ids
    ):
        raise InvalidInput(
            "Name what the line is, each thing once.", code="TARGET_INVALID", field="target"
        )

    async def effect(uow: UnitOfWork) -> UUID:
        line = await locked_line(uow, line_id)
        if line["status"] != "open":
            raise Conflict(
                f"This line is {line['status'].replace('_', ' ')}.", code="LINE_NOT_OPEN"
            )
        check_happened(line["booked_on"], today, "bankLineId")
        score, reasons = await _said(uow, line, target)
        found = await _enter(
            uow, actor, line, target, charge=charge, conversion=given, today=today, now=now
        )
        await _tie(uow, actor, line, found, score=score, reasons=reasons, now=now)
        return line_id

    return await keyed(
        actor,
        key=idempotency_key,
        operation="confirm_bank_match",
        request={
            "line_id": line_id,
            "target": [target.kind, list(target.ids)],
            "charge": charge,
            "conversion": [given.settles, given.rate.home, given.rate.foreign, given.source]
            if given
            else None,
        },
        now=now,
        effect=effect,
    )


async def locked_line(uow: UnitOfWork, line_id: UUID) -> asyncpg.Record:
    """The line under its lock. Raises `NotFound`."""
    line = await queries.lock_line(uow, line_id)
    if line is None:
        raise NotFound("No line of a statement with this id.", field="bankLineId")
    return line


def member_of(actor: Actor) -> UUID:
    """Whoever says so. Raises `Forbidden` for anybody but a member."""
    if actor.member_id is None:
        raise Forbidden("A line is matched by a member of the practice.")
    return actor.member_id


async def _said(uow: UnitOfWork, line: Any, target: Target) -> tuple[int, str]:
    """The score and the reasons of the suggestion that is confirmed; nothing where a person found it alone."""
    key = ":".join([target.kind, *sorted(map(str, target.ids))])
    for each in (await suggest(uow, [line])).get(line["id"], ()):
        if each.key == key:
            return each.score, "; ".join(each.reasons)[:2000]
    return 0, ""


async def _enter(
    uow: UnitOfWork,
    actor: Actor,
    line: Any,
    target: Target,
    *,
    charge: Money | None,
    conversion: Conversion | None,
    today: date,
    now: datetime,
) -> _Found:
    amount = Money(abs(line["amount_minor"]), line["currency"])
    is_in = line["amount_minor"] > 0
    if not await queries.are_known(uow, target.kind, target.ids):
        raise NotFound("No such thing with this id.", field="target")
    if target.kind.startswith("recorded_"):
        return await _recorded(uow, target)
    if is_in != (target.kind in {"invoices", "client", "request"}):
        word = "in" if is_in else "out"
        raise RuleViolation(f"The money of this line went {word}.", code="LINE_DIRECTION")
    if (charge or conversion) and (target.kind != "invoices" or len(target.ids) != 1):
        raise InvalidInput(
            "A bank's charge or a rate of exchange goes with one invoice.", code="TARGET_INVALID"
        )
    on, reference = line["booked_on"], reference_of(line)
    if target.kind == "invoices":
        payment_id = await _pay(
            uow, target.ids, amount, on, reference, charge=charge, conversion=conversion, now=now
        )
        return await _payment(uow, payment_id)
    if target.kind == "client":
        (client_id,) = target.ids
        return await _payment(
            uow, await receipt_of_client(uow, client_id, amount, on, reference, now=now)
        )
    if target.kind == "bank_charge":
        return await _charge(uow, line, amount, reference, now)
    (only,) = target.ids
    if target.kind == "request":
        deposit_id = await deposit(uow, only, amount, on, reference, today=today, now=now)
        return await _moved(uow, "deposit", deposit_id)
    if target.kind == "refund":
        return await _refund(uow, actor, only, amount, on=on, reference=reference, now=now)
    payment = await payment_queries.payment_by_id(uow, only)
    if payment is None:
        raise NotFound("No payment with this id.", field="target")
    _check_same(amount, Money(payment["amount_minor"], payment["currency"]))
    journal_id = await reverse(uow, only, reversed_on=on, reason=reference, now=now)
    return _Found("reversed_payment", only, journal_id)


async def _pay(
    uow: UnitOfWork,
    ids: tuple[UUID, ...],
    amount: Money,
    on: date,
    reference: str,
    *,
    charge: Money | None,
    conversion: Conversion | None,
    now: datetime,
) -> UUID:
    if conversion is not None:
        if charge is not None:
            raise InvalidInput(
                "A charge and a rate of exchange are not taken together: the rate holds what the bank kept.",
                code="TARGET_INVALID",
                field="charge",
            )
        return await exchanged_payment(
            uow, ids[0], amount, conversion, received_on=on, bank_reference=reference, now=now
        )
    if len(ids) == 1:
        return await payment_of_invoice(uow, ids[0], amount, on, reference, charge=charge, now=now)
    rows = await locked_invoices(uow, ids)
    allocations = [Allocation(row["id"], Money(open_minor(row), row["currency"])) for row in rows]
    return await receipt_of_client(
        uow, rows[0]["client_id"], amount, on, reference, allocations=allocations, now=now
    )


async def _refund(
    uow: UnitOfWork,
    actor: Actor,
    refund_id: UUID,
    amount: Money,
    *,
    on: date,
    reference: str,
    now: datetime,
) -> _Found:
    refund = await refund_queries.refund_by_id(uow, refund_id)
    if refund is None:
        raise NotFound("No refund with this id.", field="target")
    _check_same(amount, Money(refund["amount_minor"], refund["currency"]))
    await settle(
        uow,
        actor,
        refund_id,
        settled_on=on,
        reference=reference,
        method="bank",
        expected_version=refund["version"],
        now=now,
    )
    return await _moved(uow, "refund", refund_id)


async def _charge(
    uow: UnitOfWork, line: Any, amount: Money, reference: str, now: datetime
) -> _Found:
    """What the bank took for its services: Dr bank charges / Cr bank. Each match has an entry of its own."""
    bank = await ledger.account_for(uow, "bank", amount.currency, now=now)
    expense = await ledger.account_for(uow, "bank_charges", amount.currency, now=now)
    posted = await ledger.post(
        uow,
        JournalDraft(
            "bank_charge",
            f"Bank charge: {reference}",
            line["booked_on"],
            (Line.debit(expense.id, amount), Line.credit(bank.id, amount)),
            "bank_match",
            new_id(),
        ),
        now=now,
    )
    return _Found("bank_charge", None, posted.id)


async def _recorded(uow: UnitOfWork, target: Target) -> _Found:
    kind: Any = target.kind.removeprefix("recorded_")
    (only,) = target.ids
    found = await _moved(uow, kind, only)
    return _Found(found.kind, found.id, found.journal_id, is_new=False)


async def _payment(uow: UnitOfWork, payment_id: UUID) -> _Found:
    return await _moved(uow, "payment", payment_id)


async def _moved(
    uow: UnitOfWork, kind: Literal["payment", "deposit", "refund"], movement_id: UUID
) -> _Found:
    row = await queries.movement_of(uow, kind, movement_id)
    if row is None:
        raise NotFound(f"No {kind} with this id.", field="target")
    if row["journal_id"] is None:
        raise RuleViolation(f"This {kind} is not in the books.", code="MOVEMENT_NOT_BOOKED")
    return _Found(kind, movement_id, row["journal_id"])


def _check_same(said: Money, moved: Money) -> None:
    if said != moved:
        raise RuleViolation(
            f"The line says {said}, the movement is of {moved}.", code="LINE_AMOUNT_DIFFERS"
        )


async def _tie(
    uow: UnitOfWork,
    actor: Actor,
    line: Any,
    found: _Found,
    *,
    score: int,
    reasons: str,
    now: datetime,
) -> None:
    if not found.is_new:
        entry = await ledger.journal(uow, found.journal_id)
        moved_minor = sum(
            each.amount_minor
            for each in entry.lines
            if each.code == "bank" and each.currency == line["currency"]
        )
        if moved_minor != line["amount_minor"]:
            _check_same(
                Money(line["amount_minor"], line["currency"]), Money(moved_minor, line["currency"])
            )
    try:
        await BankMatch.insert(
            BankMatch(
                tenant_id=uow.tenant_id,
                id=new_id(),
                line_id=line["id"],
                kind=found.kind,
                is_new=found.is_new,
                payment_id=found.id if found.kind in {"payment", "reversed_payment"} else None,
                retainer_deposit_id=found.id if found.kind == "deposit" else None,
                refund_id=found.id if found.kind == "refund" else None,
                journal_id=found.journal_id,
                score=score,
                reasons=reasons,
                confirmed_by=member_of(actor),
                confirmed_at=now,
            )
        )
    except asyncpg.UniqueViolationError:
        raise Conflict(
            "This movement is another line's already.", code="ALREADY_MATCHED", field="target"
        ) from None


def reference_of(line: Any) -> str:
    """What the bank's statement says, as the reference of the movement."""
    said = line["text"] or line["reference"] or line["counterparty"]
    return said[:140].strip() or f"Statement of {line['booked_on']}"
