"""Money into a retainer."""

from datetime import date, datetime
from uuid import UUID

from db.ids import new_id
from db.queries import retainers as queries
from db.tables.retainers import RetainerDeposit, RetainerRequest
from db.unit_of_work import UnitOfWork
from services import ledger
from services.actor import MONEY, Actor
from services.idempotency import keyed
from services.ledger import JournalDraft, Line
from services.retainers import accounts, papers, prepayments
from services.retainers.requests import require_open
from services.rules.errors import NotFound, RuleViolation
from services.rules.money import Money
from services.rules.movements import check_amount, check_currency, check_happened
from services.rules.text import clean_text


async def record_deposit(
    actor: Actor,
    request_id: UUID,
    *,
    amount: Money,
    received_on: date,
    bank_reference: str,
    idempotency_key: str,
    today: date,
    now: datetime,
) -> UUID:
    """Enter what the client paid for a request: Dr bank / Cr retainer liability. Answers the deposit's id.

    It may be a part of what was asked for; several parts make up the whole, and the last one closes the request. More than was
    asked for is refused, because nobody agreed on it: ask for the rest by a request of its own, and record it there.

    Where the retainer is taxed on receipt, the tax in the amount is due now (Dr deposit tax / Cr tax payable, see `accounts`), and
    the client gets a numbered prepayment invoice by mail.

    Raises `Forbidden`, `NotFound`, `InvalidInput` (AMOUNT_…, DATE, TEXT_…), `RuleViolation` (CURRENCY_MISMATCH,
    DEPOSIT_EXCEEDS_REQUEST with `open_minor`), `Conflict` (REQUEST_CLOSED), and what `ledger.post` and `idempotency.keyed` raise.
    """
    actor.require(*MONEY)
    check_amount(amount)
    check_happened(received_on, today, "receivedOn")
    reference = clean_text(bank_reference, "bankReference", max_length=140)

    async def effect(uow: UnitOfWork) -> UUID:
        return await deposit(uow, request_id, amount, received_on, reference, today=today, now=now)

    return await keyed(
        actor,
        key=idempotency_key,
        operation="record_deposit",
        request={
            "request_id": request_id,
            "amount": amount,
            "received_on": received_on,
            "bank_reference": reference,
        },
        now=now,
        effect=effect,
    )


async def deposit(
    uow: UnitOfWork,
    request_id: UUID,
    amount: Money,
    received_on: date,
    bank_reference: str,
    *,
    today: date,
    now: datetime,
) -> UUID:
    """`record_deposit` in the caller's transaction, its values cleaned."""
    seen = await queries.request_by_id(uow, request_id)
    if seen is None:
        raise NotFound("No request with this id.", field="requestId")
    retainer = await accounts.locked(uow, seen["retainer_id"])
    request = await queries.request_by_id(uow, request_id)
    assert request is not None
    require_open(request)
    check_currency(amount, retainer["currency"])
    open_minor = request["amount_minor"] - request["received_minor"]
    if amount.amount_minor > open_minor:
        still = Money(open_minor, retainer["currency"])
        raise RuleViolation(
            f"{still} is still open on this request; ask for more by a request of its own.",
            code="DEPOSIT_EXCEEDS_REQUEST",
            field="amount",
            open_minor=open_minor,
        )
    await RetainerRequest.update(
        {
            "received_minor": request["received_minor"] + amount.amount_minor,
            "status": "received" if amount.amount_minor == open_minor else "requested",
            "version": request["version"] + 1,
            "updated_at": now,
        }
    ).where(RetainerRequest.tenant_id == uow.tenant_id, RetainerRequest.id == request_id)
    await accounts.change(
        uow,
        retainer,
        {
            "status": "active",
            "deposited_minor": retainer["deposited_minor"] + amount.amount_minor,
        },
        now,
    )
    deposit_id = new_id()
    # Before the ledger: the paper takes a number, and numbers are locked before the books.
    taxed = await prepayments.freeze(
        uow,
        retainer,
        request,
        deposit_id=deposit_id,
        amount=amount,
        received_on=received_on,
        today=today,
        now=now,
    )
    bank = await ledger.account_for(uow, "bank", amount.currency, now=now)
    held = await accounts.liability(uow, retainer, now)
    posted = await ledger.post(
        uow,
        JournalDraft(
            "retainer_deposit",
            f"Deposit for request {papers.number_of(request['number'])}: {bank_reference}",
            received_on,
            (
                Line.debit(bank.id, amount),
                Line.credit(held.id, amount),
                *await accounts.tax_lines(uow, retainer, taxed.tax_minor, now),
            ),
            "retainer_deposit",
            deposit_id,
        ),
        now=now,
    )
    await RetainerDeposit.insert(
        RetainerDeposit(
            tenant_id=uow.tenant_id,
            id=deposit_id,
            retainer_id=retainer["id"],
            retainer_request_id=request_id,
            amount_minor=amount.amount_minor,
            received_on=received_on,
            bank_reference=bank_reference,
            tax_minor=taxed.tax_minor,
            prepayment_number=taxed.number,
            document_id=taxed.document_id,
            journal_id=posted.id,
            recorded_at=now,
        )
    )
    return deposit_id
