"""Charges for delay: interest of a span of days, the fixed sum, the fee of one reminder. Claims of their own beside the invoice.

Each has a number (LC-0001, without gaps) and one entry in the books, Dr receivable / Cr late charges. No VAT is put on them: they
make good a loss and pay for nothing supplied (Court of Justice, case 222/81, BAZ Bausystem, on interest; what is paid as
compensation is outside the tax for the same reason). A day of an invoice bears interest once, and never on a charge. Waiving one
is a reversal; what was waived is given up and not charged again.
"""

from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import orjson

from db.ids import new_id
from db.queries import dunning as queries
from db.queries import invoices as invoice_queries
from db.tables.dunning import LateCharge, LateChargePayment
from db.unit_of_work import UnitOfWork
from services import ledger
from services.actor import MONEY, Actor
from services.idempotency import keyed
from services.invoices.numbers import number_of as invoice_number
from services.late_interest import explained
from services.late_interest.claims import claim_on
from services.ledger import JournalDraft, Line
from services.rules.errors import Conflict, NotFound, RuleViolation, Stale
from services.rules.money import Money, format_amount
from services.rules.movements import check_amount, check_currency, check_happened
from services.rules.text import clean_text

VAT_SOURCE: Final = (
    "No VAT: compensation for delay is no consideration for a supply (Court of Justice, case 222/81, BAZ Bausystem, "
    "https://eur-lex.europa.eu/legal-content/EN/ALL/?uri=CELEX:61981CJ0222)"
)


def number_of(charge: Any) -> str:
    """The number that people see, such as LC-0007."""
    return f"LC-{charge['number']:04d}"


def open_minor(charge: Any) -> int:
    """What is still to be paid of a charge; nothing of a waived one."""
    rest: int = charge["amount_minor"] - charge["paid_minor"]
    return rest if charge["status"] == "open" else 0


async def charge_late_interest(
    actor: Actor,
    invoice_id: UUID,
    *,
    until: date,
    idempotency_key: str,
    today: date,
    now: datetime,
) -> UUID:
    """Charge the interest from the day after the last one charged through `until`, which has come. Answers the charge's id.

    It is all interest through `until`, rounded once, less what was charged before: parts sum to the whole. Raises
    `Forbidden`, `NotFound`, `InvalidInput` (DATE), `RuleViolation` (INVOICE_NOT_ISSUED, NOTHING_TO_CHARGE), and what
    `claims.claim_on`, `ledger.post` and `idempotency.keyed` raise.
    """
    actor.require(*MONEY)
    check_happened(until, today, "until")

    async def effect(uow: UnitOfWork) -> UUID:
        invoice = await _locked_invoice(uow, invoice_id)
        claim = await claim_on(uow, invoice, until)
        before = [
            row
            for row in await queries.rows_of_invoices(uow, "late_charge", [invoice_id])
            if row["kind"] == "interest"
        ]
        first = max([invoice["due_date"], *(row["last_day"] for row in before)]) + timedelta(days=1)
        amount_minor = claim.found.interest.amount_minor - sum(
            row["amount_minor"] for row in before
        )
        if until < first or amount_minor <= 0:
            raise RuleViolation(
                "No interest has run since it was last charged.",
                code="NOTHING_TO_CHARGE",
                field="until",
            )
        return await book_charge(
            uow,
            invoice,
            kind="interest",
            amount=Money(amount_minor, invoice["currency"]),
            explanation={
                **explained(claim.found),
                "charged_before": format_amount(
                    Money(sum(row["amount_minor"] for row in before), invoice["currency"])
                ),
                "vat": VAT_SOURCE,
            },
            on=today,
            span=(first, until),
            now=now,
        )

    return await keyed(
        actor,
        key=idempotency_key,
        operation="charge_late_interest",
        request={"invoice_id": invoice_id, "until": until},
        now=now,
        effect=effect,
    )


async def charge_fixed_sum(
    actor: Actor, invoice_id: UUID, *, idempotency_key: str, today: date, now: datetime
) -> UUID:
    """Charge the compensation for recovery that the contract or the law gives once an invoice is late. Once for each invoice.

    Raises `Forbidden`, `NotFound`, `Conflict` (FIXED_SUM_CHARGED), `RuleViolation` (INVOICE_NOT_ISSUED, NOTHING_TO_CHARGE where
    the invoice was not late or no sum is given), and what `claims.claim_on`, `ledger.post` and `idempotency.keyed` raise.
    """
    actor.require(*MONEY)

    async def effect(uow: UnitOfWork) -> UUID:
        invoice = await _locked_invoice(uow, invoice_id)
        claim = await claim_on(uow, invoice, today)
        if claim.fixed_sum is None:
            raise RuleViolation(
                "The invoice was not late, or no fixed sum is given for it.",
                code="NOTHING_TO_CHARGE",
            )
        charged = await queries.rows_of_invoices(uow, "late_charge", [invoice_id])
        if any(row["kind"] == "fixed_sum" for row in charged):
            raise Conflict(
                "The fixed sum of this invoice was charged before.", code="FIXED_SUM_CHARGED"
            )
        return await book_charge(
            uow,
            invoice,
            kind="fixed_sum",
            amount=claim.fixed_sum,
            explanation={"law": claim.governing_law, "vat": VAT_SOURCE},
            on=today,
            now=now,
        )

    return await keyed(
        actor,
        key=idempotency_key,
        operation="charge_fixed_sum",
        request={"invoice_id": invoice_id},
        now=now,
        effect=effect,
    )


async def book_charge(
    uow: UnitOfWork,
    invoice: Any,
    *,
    kind: str,
    amount: Money,
    explanation: dict[str, Any],
    on: date,
    now: datetime,
    span: tuple[date, date] | None = None,
    notice_id: UUID | None = None,
) -> UUID:
    """Enter a charge under the invoice's lock: its number, its row, its entry. Raises what `ledger.post` raises."""
    number = await queries.next_charge_number(uow)
    charge_id, client_id = new_id(), invoice["client_id"]
    receivable = await ledger.account_for(
        uow, "receivable", amount.currency, client_id=client_id, now=now
    )
    income = await ledger.account_for(uow, "late_charges", amount.currency, now=now)
    posted = await ledger.post(
        uow,
        JournalDraft(
            "late_charge",
            f"LC-{number:04d} on invoice {invoice_number(invoice)}",
            on,
            (Line.debit(receivable.id, amount), Line.credit(income.id, amount)),
            "late_charge",
            charge_id,
        ),
        now=now,
    )
    await LateCharge.insert(
        LateCharge(
            tenant_id=uow.tenant_id,
            id=charge_id,
            number=number,
            kind=kind,
            status="open",
            invoice_id=invoice["id"],
            engagement_id=invoice["engagement_id"],
            client_id=client_id,
            notice_id=notice_id,
            currency=amount.currency,
            amount_minor=amount.amount_minor,
            paid_minor=0,
            first_day=span[0] if span else None,
            last_day=span[1] if span else None,
            charged_on=on,
            explanation=orjson.dumps(explanation).decode(),
            journal_id=posted.id,
            created_at=now,
            updated_at=now,
        )
    )
    return charge_id


async def record_late_charge_payment(
    actor: Actor,
    charge_id: UUID,
    *,
    amount: Money,
    received_on: date,
    bank_reference: str,
    idempotency_key: str,
    today: date,
    now: datetime,
) -> UUID:
    """Enter what came in for a charge, in part or whole: Dr bank / Cr receivable. Answers the charge's id.

    What is more than the charge owes belongs to an invoice or is not the practice's: it is refused here. Raises `Forbidden`,
    `NotFound`, `InvalidInput` (AMOUNT_…, DATE, TEXT_…), `RuleViolation` (CURRENCY_MISMATCH, CHARGE_OVERPAID with
    `open_minor`), `Conflict` (CHARGE_WAIVED), and what `ledger.post` and `idempotency.keyed` raise.
    """
    actor.require(*MONEY)
    check_amount(amount)
    check_happened(received_on, today, "receivedOn")
    reference = clean_text(bank_reference, "bankReference", max_length=140)

    async def effect(uow: UnitOfWork) -> UUID:
        charge = await _locked_charge(uow, charge_id)
        check_currency(amount, charge["currency"])
        if charge["status"] == "waived":
            raise Conflict("This charge was waived.", code="CHARGE_WAIVED", field="lateChargeId")
        if amount.amount_minor > open_minor(charge):
            raise RuleViolation(
                f"Only {format_amount(Money(open_minor(charge), charge['currency']))} is open of this charge.",
                code="CHARGE_OVERPAID",
                field="amount",
                open_minor=open_minor(charge),
            )
        bank = await ledger.account_for(uow, "bank", amount.currency, now=now)
        receivable = await ledger.account_for(
            uow, "receivable", amount.currency, client_id=charge["client_id"], now=now
        )
        payment_id = new_id()
        posted = await ledger.post(
            uow,
            JournalDraft(
                "late_charge_payment",
                f"Payment of {number_of(charge)}: {reference}",
                received_on,
                (Line.debit(bank.id, amount), Line.credit(receivable.id, amount)),
                "late_charge_payment",
                payment_id,
            ),
            now=now,
        )
        await _change(uow, charge, {"paid_minor": charge["paid_minor"] + amount.amount_minor}, now)
        await LateChargePayment.insert(
            LateChargePayment(
                tenant_id=uow.tenant_id,
                id=payment_id,
                late_charge_id=charge_id,
                amount_minor=amount.amount_minor,
                received_on=received_on,
                bank_reference=reference,
                journal_id=posted.id,
                recorded_at=now,
            )
        )
        return charge_id

    return await keyed(
        actor,
        key=idempotency_key,
        operation="record_late_charge_payment",
        request={
            "late_charge_id": charge_id,
            "amount": amount,
            "received_on": received_on,
            "bank_reference": reference,
        },
        now=now,
        effect=effect,
    )


async def waive_late_charge(
    actor: Actor,
    charge_id: UUID,
    *,
    reason: str,
    expected_version: int,
    idempotency_key: str,
    today: date,
    now: datetime,
) -> UUID:
    """Give a charge up: its entry is reversed today. Only the owner may, and only while nothing is paid of it.

    Raises `Forbidden`, `NotFound`, `InvalidInput`, `Stale` (STALE_VERSION), `Conflict` (CHARGE_WAIVED), `RuleViolation`
    (CHARGE_PAID), and what `ledger.reverse` and `idempotency.keyed` raise.
    """
    actor.require("owner")
    why = clean_text(reason, "reason", max_length=1000, lines=True)

    async def effect(uow: UnitOfWork) -> UUID:
        charge = await _locked_charge(uow, charge_id)
        if charge["status"] == "waived":
            raise Conflict("This charge was waived.", code="CHARGE_WAIVED", field="lateChargeId")
        if charge["version"] != expected_version:
            raise Stale(
                "The charge was changed meanwhile.",
                code="STALE_VERSION",
                field="expectedVersion",
                current_version=charge["version"],
            )
        if charge["paid_minor"]:
            raise RuleViolation("Something is paid of this charge.", code="CHARGE_PAID")
        reversal = await ledger.reverse(
            uow,
            charge["journal_id"],
            effective_date=today,
            description=f"{number_of(charge)} waived",
            now=now,
        )
        await _change(
            uow,
            charge,
            {
                "status": "waived",
                "waived_on": today,
                "waived_by": actor.member_id,
                "waive_reason": why,
                "waiver_journal_id": reversal.id,
            },
            now,
        )
        return charge_id

    return await keyed(
        actor,
        key=idempotency_key,
        operation="waive_late_charge",
        request={"late_charge_id": charge_id, "reason": why, "expected_version": expected_version},
        now=now,
        effect=effect,
    )


async def _locked_invoice(uow: UnitOfWork, invoice_id: UUID) -> Any:
    invoice = await invoice_queries.lock_invoice(uow, invoice_id)
    if invoice is None:
        raise NotFound("No invoice with this id.", field="invoiceId")
    return invoice


async def _locked_charge(uow: UnitOfWork, charge_id: UUID) -> Any:
    charge = await queries.lock_row(uow, "late_charge", charge_id)
    if charge is None:
        raise NotFound("No charge with this id.", field="lateChargeId")
    return charge


async def _change(uow: UnitOfWork, charge: Any, values: dict[Any, Any], now: datetime) -> None:
    await LateCharge.update({**values, "version": charge["version"] + 1, "updated_at": now}).where(
        LateCharge.tenant_id == uow.tenant_id, LateCharge.id == charge["id"]
    )
