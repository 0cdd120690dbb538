"""A payment in another currency than its invoice."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from db.ids import new_id
from db.queries import bank_statements as bank_queries
from db.queries import practices as practice_queries
from db.tables.payments import Payment, PaymentAllocation, PaymentExchange
from db.unit_of_work import UnitOfWork
from services import ledger
from services.actor import MONEY, Actor
from services.idempotency import keyed
from services.invoices.numbers import number_of, open_minor
from services.ledger import JournalDraft, Line
from services.payments.recording import locked_invoices
from services.rules.errors import RuleViolation
from services.rules.money import Money, format_amount
from services.rules.movements import check_amount, check_currency, check_happened
from services.rules.payments import Exchange, Rate, exchange
from services.rules.text import clean_text


@dataclass(frozen=True, slots=True)
class Conversion:
    """What a payment settles of its invoice, and at which rate the foreign side is valued at home; `source` says whose rate."""

    settles: Money
    rate: Rate
    source: str


async def record_exchanged_payment(
    actor: Actor,
    invoice_id: UUID,
    *,
    amount: Money,
    conversion: Conversion,
    received_on: date,
    bank_reference: str,
    idempotency_key: str,
    today: date,
    now: datetime,
) -> UUID:
    """Enter what came in, in another currency, for an issued invoice. Answers the payment's id.

    Only where the practice has an active account at a bank in the currency that came in, and where one of the two currencies is
    its own. All of the payment settles `conversion.settles`, never more than the invoice owes. In the books: Dr bank, Dr or Cr
    exchange differences / Cr clearing at home; Dr clearing abroad / Cr receivable (or the mirror image), so that each currency
    balances and the invoice's receivable is gone.

    Raises `Forbidden`, `NotFound`, `InvalidInput` (AMOUNT_…, DATE, TEXT_…, RATE_INVALID), `RuleViolation` (CURRENCY_MISMATCH,
    CURRENCY_PAIR, BANK_ACCOUNT_MISSING, INVOICE_NOT_ISSUED, SETTLES_EXCEEDS_OPEN), and what `ledger.post` and
    `idempotency.keyed` raise.
    """
    actor.require(*MONEY)
    check_amount(amount)
    given = checked(conversion)
    check_happened(received_on, today, "receivedOn")
    reference = clean_text(bank_reference, "bankReference", max_length=140)

    async def effect(uow: UnitOfWork) -> UUID:
        return await exchanged_payment(
            uow,
            invoice_id,
            amount,
            given,
            received_on=received_on,
            bank_reference=reference,
            now=now,
        )

    return await keyed(
        actor,
        key=idempotency_key,
        operation="record_exchanged_payment",
        request={
            "invoice_id": invoice_id,
            "amount": amount,
            "settles": given.settles,
            "rate": [given.rate.home, given.rate.foreign],
            "rate_source": given.source,
            "received_on": received_on,
            "bank_reference": reference,
        },
        now=now,
        effect=effect,
    )


def checked(conversion: Conversion) -> Conversion:
    """The conversion with its words cleaned. Raises InvalidInput."""
    check_amount(conversion.settles, "settles")
    check_amount(conversion.rate.home, "rate.home")
    check_amount(conversion.rate.foreign, "rate.foreign")
    source = clean_text(conversion.source, "rate.source", max_length=200)
    return Conversion(conversion.settles, conversion.rate, source)


async def exchanged_payment(
    uow: UnitOfWork,
    invoice_id: UUID,
    amount: Money,
    conversion: Conversion,
    *,
    received_on: date,
    bank_reference: str,
    now: datetime,
) -> UUID:
    """`record_exchanged_payment` in the caller's transaction, its values cleaned."""
    (invoice,) = await locked_invoices(uow, [invoice_id])
    check_currency(conversion.settles, invoice["currency"], "settles")
    practice = await practice_queries.practice(uow)
    assert practice is not None
    if amount.currency not in await bank_queries.currencies_with_account(uow):
        raise RuleViolation(
            f"The practice has no account at a bank in {amount.currency}.",
            code="BANK_ACCOUNT_MISSING",
            field="amount",
        )
    found = exchange(amount, conversion.settles, conversion.rate, practice["currency"])
    rest_minor = open_minor(invoice)
    if conversion.settles.amount_minor > rest_minor:
        raise RuleViolation(
            f"The invoice owes {Money(rest_minor, invoice['currency'])}.",
            code="SETTLES_EXCEEDS_OPEN",
            field="settles",
            limit_minor=rest_minor,
        )
    payment_id = new_id()
    posted = await ledger.post(
        uow,
        JournalDraft(
            "payment",
            f"Payment of invoice {number_of(invoice)} in {amount.currency}: {bank_reference}"[:500],
            received_on,
            await _lines(uow, invoice, amount, conversion.settles, found, now=now),
            "payment",
            payment_id,
        ),
        now=now,
    )
    await Payment.insert(
        Payment(
            tenant_id=uow.tenant_id,
            id=payment_id,
            invoice_id=invoice_id,
            client_id=invoice["client_id"],
            engagement_id=invoice["engagement_id"],
            currency=amount.currency,
            amount_minor=amount.amount_minor,
            applied_minor=0,
            unapplied_minor=amount.amount_minor,
            refund_pending_minor=0,
            refunded_minor=0,
            received_on=received_on,
            bank_reference=bank_reference,
            journal_id=posted.id,
            recorded_at=now,
        )
    )
    paid_at_home = amount.currency == found.home_currency
    await PaymentExchange.insert(
        PaymentExchange(
            tenant_id=uow.tenant_id,
            id=new_id(),
            payment_id=payment_id,
            invoice_id=invoice_id,
            settled_minor=conversion.settles.amount_minor,
            settled_currency=conversion.settles.currency,
            home_currency=found.home_currency,
            foreign_currency=found.foreign.currency,
            foreign_minor=found.foreign.amount_minor,
            rate_home_minor=conversion.rate.home.amount_minor,
            rate_foreign_minor=conversion.rate.foreign.amount_minor,
            rate_on=invoice["issue_date"] if paid_at_home else received_on,
            rate_source=conversion.source,
            value_minor=found.value_minor,
            rounding_numerator=found.rounding_numerator,
            difference_minor=found.difference_minor,
            recorded_at=now,
        )
    )
    await PaymentAllocation.insert(
        PaymentAllocation(
            tenant_id=uow.tenant_id,
            id=new_id(),
            payment_id=payment_id,
            invoice_id=invoice_id,
            amount_minor=conversion.settles.amount_minor,
            payment_minor=amount.amount_minor,
            effective_on=received_on,
            note="",
            journal_id=posted.id,
            recorded_at=now,
        )
    )
    return payment_id


async def _lines(
    uow: UnitOfWork,
    invoice: Any,
    amount: Money,
    settles: Money,
    found: Exchange,
    *,
    now: datetime,
) -> tuple[Line, ...]:
    """Both currencies balance by themselves; at home the difference is what came in beyond the value of what it settled."""
    home, abroad = found.home_currency, found.foreign.currency
    bank = await ledger.account_for(uow, "bank", amount.currency, now=now)
    receivable = await ledger.account_for(
        uow, "receivable", settles.currency, client_id=invoice["client_id"], now=now
    )
    clearing_home = await ledger.account_for(uow, "currency_clearing", home, now=now)
    clearing_abroad = await ledger.account_for(uow, "currency_clearing", abroad, now=now)
    value = Money(found.value_minor, home)
    lines = [Line.debit(bank.id, amount), Line.credit(receivable.id, settles)]
    if amount.currency == home:
        lines += [Line.credit(clearing_home.id, value), Line.debit(clearing_abroad.id, settles)]
    else:
        lines += [Line.debit(clearing_home.id, value), Line.credit(clearing_abroad.id, amount)]
    if found.difference_minor:
        difference = await ledger.account_for(uow, "exchange_differences", home, now=now)
        lines.append(Line(difference.id, Money(-found.difference_minor, home)))
    return tuple(lines)


def rounding_told(row: Any) -> str:
    """How the value of an exchange was rounded, in words: what was cut off or added, as a fraction of the smallest unit."""
    numerator, denominator = row["rounding_numerator"], row["rate_foreign_minor"]
    value = (
        f"{format_amount(Money(row['value_minor'], row['home_currency']))} {row['home_currency']}"
    )
    if not numerator:
        return f"{value} exactly"
    word = "down" if numerator > 0 else "up"
    return f"{value}, rounded {word} by {abs(numerator)}/{denominator} of its smallest unit, half to even"
