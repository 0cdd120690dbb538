"""What stood in the books before: imported once, against the equity of opening balances.

Every line becomes an entry of its own on the day before which the old books end. A retainer becomes a real one, active with what it
holds; no tax is due on it, for the old books have seen to that. An invoice of before is owed like any other and grows old by its due
date; what comes in for it is entered with `record_opening_payment`.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import asyncpg

from db.ids import new_id
from db.queries import books as queries
from db.tables.books import OpeningImport, OpeningLine, OpeningPayment
from db.tables.retainers import Retainer
from db.unit_of_work import UnitOfWork, read_only
from services import engagements, ledger
from services.actor import MEMBERS, MONEY, Actor
from services.idempotency import keyed
from services.ledger import JournalDraft, Line
from services.rules import opening_balances as rules
from services.rules.errors import Conflict, InvalidInput, NotFound, RuleViolation
from services.rules.money import Money
from services.rules.movements import check_amount, check_currency, check_happened
from services.rules.opening_balances import OpeningProblem
from services.rules.text import clean_text


@dataclass(frozen=True, slots=True)
class FoundLine:
    """A line of the file, and whom it concerns."""

    said: rules.OpeningLine
    client_id: UUID | None
    engagement_id: UUID | None


@dataclass(frozen=True, slots=True)
class OpeningPreview:
    """What an import would enter; nothing is entered while there is a problem. `equity` is assets less liabilities by currency."""

    lines: tuple[FoundLine, ...]
    problems: tuple[OpeningProblem, ...]
    equity: dict[str, int]


async def preview_opening_balances(
    actor: Actor, *, text: str, as_of: date, today: date
) -> OpeningPreview:
    """Every line and every problem of a file. Raises `Forbidden`, `InvalidInput` (OPENING_FILE_INVALID, DATE, DATE_OUT_OF_RANGE)."""
    actor.require(*MEMBERS)
    check_happened(as_of, today, "asOf")
    file = rules.read_file(text, as_of=as_of)
    async with read_only(actor.scope()) as uow:
        return await _found(uow, file)


async def import_opening_balances(
    actor: Actor,
    *,
    text: str,
    file_name: str,
    as_of: date,
    idempotency_key: str,
    today: date,
    now: datetime,
) -> UUID:
    """Enter every line of a file; all of it or nothing, and once in the life of a practice. Answers the import's id.

    Raises `Forbidden`, `InvalidInput` (OPENING_FILE_INVALID with the first problem and how many there are, DATE, TEXT_…), `Conflict`
    (OPENING_IMPORTED), and what `ledger.post` and `idempotency.keyed` raise. For the owner alone.
    """
    actor.require("owner")
    member_id = actor.member_id
    assert member_id is not None
    check_happened(as_of, today, "asOf")
    name = clean_text(file_name, "fileName", max_length=200, required=False)
    file = rules.read_file(text, as_of=as_of)
    digest = hashlib.sha256(text.encode()).digest()

    async def effect(uow: UnitOfWork) -> UUID:
        if await queries.opening_import(uow):
            raise _imported()
        found = await _found(uow, file)
        if found.problems or not found.lines:
            raise _invalid(found.problems)
        import_id = new_id()
        try:
            await OpeningImport.insert(
                OpeningImport(
                    tenant_id=uow.tenant_id,
                    id=import_id,
                    as_of=as_of,
                    file_name=name,
                    file_hash=digest,
                    line_count=len(found.lines),
                    member_id=member_id,
                    recorded_at=now,
                )
            )
        except asyncpg.UniqueViolationError:  # a twin was first
            raise _imported() from None
        for position, line in enumerate(found.lines, start=1):
            await _enter(uow, import_id, position, line, as_of=as_of, now=now)
        return import_id

    return await keyed(
        actor,
        key=idempotency_key,
        operation="import_opening_balances",
        request={"file": digest.hex(), "as_of": as_of, "file_name": name},
        now=now,
        effect=effect,
    )


def _imported() -> Conflict:
    return Conflict("Opening balances were imported before.", code="OPENING_IMPORTED")


def _invalid(problems: Sequence[OpeningProblem]) -> InvalidInput:
    if not problems:
        return InvalidInput("The file has no lines.", code="OPENING_FILE_INVALID", field="text")
    first = problems[0]
    return InvalidInput(
        f"{len(problems)} problems; the first is in line {first.line}, {first.column}: {first.message}",
        code="OPENING_FILE_INVALID",
        field="text",
    )


async def _found(uow: UnitOfWork, file: rules.OpeningFile) -> OpeningPreview:
    clients: dict[str, set[UUID]] = {}
    for row in await queries.opening_names(uow):
        for name in {row["name"], row["legal_name"], row["registration_number"]} - {""}:
            clients.setdefault(name.casefold(), set()).add(row["id"])
    numbers = {engagements.number_of(row): row for row in await queries.opening_engagements(uow)}
    lines: list[FoundLine] = []
    invoices: set[tuple[UUID, str]] = set()
    problems = list(file.problems)
    for line in file.lines:
        known = clients.get(line.client.casefold(), set()) if line.client else set()
        problem: tuple[str, str, str] | None = None
        engagement: Any = numbers.get(line.engagement)
        if line.client and len(known) != 1:
            which = "More than one client is" if known else "No client is"
            problem = ("client", "NOT_FOUND", f"{which} called {line.client}.")
        elif line.kind == "retainer" and (
            engagement is None or engagement["client_id"] not in known
        ):
            problem = (
                "engagement",
                "NOT_FOUND",
                f"The client has no engagement {line.engagement}.",
            )
        elif line.kind == "retainer" and engagement["currency"] != line.amount.currency:
            problem = ("currency", "CURRENCY_MISMATCH", f"The engagement is kept in {engagement['currency']}.")  # fmt: skip
        elif line.kind == "retainer" and line.retainer_kind in engagement["kinds"]:
            problem = ("engagement", "RETAINER_OPEN", "It has an open retainer of this kind.")
        elif line.kind == "invoice":
            key = next(iter(known)), line.reference
            if key in invoices:
                problem = ("reference", "REPEATED", "This stands in the file more than once.")
            invoices.add(key)
        if problem:
            problems.append(OpeningProblem(line.line, *problem))
        else:
            lines.append(
                FoundLine(line, next(iter(known), None), engagement["id"] if engagement else None)
            )
    equity: dict[str, int] = {}
    for each in lines:
        amount = each.said.amount
        signed = amount.amount_minor if each.said.kind in ("invoice", "bank") else -amount.amount_minor  # fmt: skip
        equity[amount.currency] = equity.get(amount.currency, 0) + signed
    return OpeningPreview(
        tuple(lines),
        tuple(sorted(problems, key=lambda each: (each.line, each.column))),
        dict(sorted(equity.items())),
    )


async def _enter(
    uow: UnitOfWork, import_id: UUID, position: int, line: FoundLine, *, as_of: date, now: datetime
) -> None:
    said, line_id = line.said, new_id()
    currency = said.amount.currency
    retainer_id = None
    if said.kind == "retainer":
        retainer_id = await _retainer(uow, line, now)
    codes: dict[str, ledger.AccountCode] = {
        "invoice": "receivable", "retainer": "retainer_liability", "bank": "bank", "tax": "tax_payable",
    }  # fmt: skip
    account = await ledger.account_for(
        uow, codes[said.kind], currency, subject_id=retainer_id, client_id=line.client_id, now=now
    )
    equity = await ledger.account_for(uow, "opening_equity", currency, now=now)
    amount = said.amount if said.kind in ("invoice", "bank") else -said.amount
    posted = await ledger.post(
        uow,
        JournalDraft(
            f"opening_{said.kind}",
            f"Opening balance: {said.kind} {said.reference or said.engagement}".strip(),
            as_of,
            (Line(account.id, amount), Line(equity.id, -amount)),
            "opening_line",
            line_id,
        ),
        now=now,
    )
    await OpeningLine.insert(
        OpeningLine(
            tenant_id=uow.tenant_id,
            id=line_id,
            opening_import_id=import_id,
            position=position,
            kind=said.kind,
            client_id=line.client_id,
            retainer_id=retainer_id,
            reference=said.reference,
            currency=currency,
            amount_minor=said.amount.amount_minor,
            issued_on=said.issued_on,
            due_on=said.due_on,
            paid_minor=0,
            journal_id=posted.id,
            recorded_at=now,
        )
    )


async def _retainer(uow: UnitOfWork, line: FoundLine, now: datetime) -> UUID:
    """A real retainer that holds what the old books held."""
    retainer_id = new_id()
    minor = line.said.amount.amount_minor
    await Retainer.insert(
        Retainer(
            tenant_id=uow.tenant_id,
            id=retainer_id,
            engagement_id=line.engagement_id,
            client_id=line.client_id,
            kind=line.said.retainer_kind,
            status="active",
            currency=line.said.amount.currency,
            target_minor=minor,
            floor_minor=0,
            deposited_minor=minor,
            drawn_minor=0,
            refund_pending_minor=0,
            refunded_minor=0,
            created_at=now,
            updated_at=now,
        )
    )
    return retainer_id


async def record_opening_payment(
    actor: Actor,
    client_id: UUID,
    reference: str,
    *,
    amount: Money,
    received_on: date,
    bank_reference: str,
    idempotency_key: str,
    today: date,
    now: datetime,
) -> UUID:
    """Enter what came in for an invoice of before: Dr bank / Cr receivable; never more than is open. Answers the payment's id.

    Raises `Forbidden`, `NotFound`, `InvalidInput` (AMOUNT_…, DATE, TEXT_…), `RuleViolation` (CURRENCY_MISMATCH, PAYMENT_EXCEEDS_OPEN
    with `open_minor`), and what `ledger.post` and `idempotency.keyed` raise.
    """
    actor.require(*MONEY)
    check_amount(amount)
    check_happened(received_on, today, "receivedOn")
    named = clean_text(reference, "reference", max_length=100)
    said = clean_text(bank_reference, "bankReference", max_length=140)

    async def effect(uow: UnitOfWork) -> UUID:
        invoice = await queries.lock_opening_invoice(uow, client_id, named)
        if invoice is None:
            raise NotFound("No invoice of before with this number.", field="reference")
        check_currency(amount, invoice["currency"])
        open_minor = invoice["amount_minor"] - invoice["paid_minor"]
        if amount.amount_minor > open_minor:
            raise RuleViolation(
                f"{Money(open_minor, invoice['currency'])} is open.",
                code="PAYMENT_EXCEEDS_OPEN",
                field="amount",
                open_minor=open_minor,
            )
        payment_id = new_id()
        bank = await ledger.account_for(uow, "bank", amount.currency, now=now)
        owed = await ledger.account_for(
            uow, "receivable", amount.currency, client_id=client_id, now=now
        )
        posted = await ledger.post(
            uow,
            JournalDraft(
                "opening_payment",
                f"Payment of invoice {named}: {said}"[:500],
                received_on,
                (Line.debit(bank.id, amount), Line.credit(owed.id, amount)),
                "opening_payment",
                payment_id,
            ),
            now=now,
        )
        await OpeningPayment.insert(
            OpeningPayment(
                tenant_id=uow.tenant_id,
                id=payment_id,
                opening_line_id=invoice["id"],
                amount_minor=amount.amount_minor,
                received_on=received_on,
                bank_reference=said,
                journal_id=posted.id,
                recorded_at=now,
            )
        )
        return payment_id

    return await keyed(
        actor,
        key=idempotency_key,
        operation="record_opening_payment",
        request={
            "client_id": client_id,
            "reference": named,
            "amount": amount,
            "received_on": received_on,
            "bank_reference": said,
        },
        now=now,
        effect=effect,
    )
