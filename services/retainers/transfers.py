"""Moving a client's money from one retainer to another, on the client's word."""

from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from db.ids import new_id
from db.queries import clients as client_queries
from db.tables.retainers import RetainerTransfer
from db.unit_of_work import UnitOfWork
from services import ledger
from services.actor import MONEY, Actor
from services.idempotency import keyed
from services.ledger import JournalDraft, Line
from services.retainers import accounts
from services.retainers.replenishing import replenish
from services.rules.errors import InvalidInput, NotFound, RuleViolation
from services.rules.money import Money, format_amount
from services.rules.movements import check_amount, check_currency, check_happened
from services.rules.retainers import RetainerKind
from services.rules.text import clean_text

_EARMARKED: Final = (RetainerKind.AVAILABILITY, RetainerKind.PERIOD_ALLOWANCE)
"""Their money is the price of periods: it does not move while they run, and availability is never given back."""


async def transfer(
    actor: Actor,
    from_retainer_id: UUID,
    to_retainer_id: UUID,
    *,
    amount: Money,
    on: date,
    contact_id: UUID,
    said_on: date,
    words: str,
    idempotency_key: str,
    today: date,
    now: datetime,
) -> UUID:
    """Move money between two retainers of one client, because a contact of the client said so. Answers the transfer's id.

    Dr liability of the one / Cr liability of the other, with the tax on receipt that goes along. Who said it, when and in which
    words is kept; it does not count from before it was said. Never more than is free in the one on that date and on every later
    one. Both bear the same tax on receipt, else tax would fall due, or away, without a paper. Both rows are locked in the order of
    their ids, so transfers both ways at once do not wait for each other.

    Raises `Forbidden`, `NotFound`, `InvalidInput` (AMOUNT_…, DATE, TEXT_…, TRANSFER_TO_ITSELF), `RuleViolation` (CURRENCY_MISMATCH,
    TRANSFER_BETWEEN_CLIENTS, CONTACT_OF_ANOTHER_CLIENT, RETAINER_NOT_ACTIVE, RETAINER_CLOSED, RETAINER_NOT_TRANSFERABLE,
    RETAINER_TAX_DIFFERS, RETAINER_OVERDRAWN with `limit_minor`), and what `ledger.post` and `idempotency.keyed` raise.
    """
    actor.require(*MONEY)
    check_amount(amount)
    check_happened(said_on, today, "saidOn")
    check_happened(on, today, "on", earliest=said_on)
    said = clean_text(words, "words", max_length=1000, lines=True)
    if from_retainer_id == to_retainer_id:
        raise InvalidInput(
            "Money moves from one retainer to another.",
            code="TRANSFER_TO_ITSELF",
            field="toRetainerId",
        )

    async def effect(uow: UnitOfWork) -> UUID:
        source, target = await _both(uow, from_retainer_id, to_retainer_id)
        contact = await client_queries.contact_by_id(uow, contact_id)
        if contact is None:
            raise NotFound("No contact with this id.", field="contactId")
        _check(source, target, contact, amount)
        available_minor = await accounts.available(uow, source, on=on)
        if amount.amount_minor > available_minor:
            limit = format_amount(Money(available_minor, amount.currency))
            raise RuleViolation(
                f"The retainer does not hold that much. At most {limit} {amount.currency}.",
                code="RETAINER_OVERDRAWN",
                field="amount",
                limit_minor=available_minor,
            )
        tax_minor = await accounts.tax_in_part(uow, source, amount.amount_minor, on=on)
        # Before the ledger: a request takes a number, and numbers are locked before the books.
        await replenish(
            uow, from_retainer_id, leaving_minor=amount.amount_minor, today=today, now=now
        )
        transfer_id = new_id()
        journal_id = await _post(
            uow, transfer_id, source, target, amount, tax_minor=tax_minor, on=on, now=now
        )
        await RetainerTransfer.insert(
            RetainerTransfer(
                tenant_id=uow.tenant_id,
                id=transfer_id,
                from_retainer_id=from_retainer_id,
                to_retainer_id=to_retainer_id,
                client_id=source["client_id"],
                amount_minor=amount.amount_minor,
                tax_minor=tax_minor,
                effective_on=on,
                contact_id=contact_id,
                said_on=said_on,
                words=said,
                journal_id=journal_id,
                recorded_at=now,
            )
        )
        return transfer_id

    return await keyed(
        actor,
        key=idempotency_key,
        operation="transfer_retainer",
        request={
            "from_retainer_id": from_retainer_id,
            "to_retainer_id": to_retainer_id,
            "amount": amount,
            "on": on,
            "contact_id": contact_id,
            "said_on": said_on,
            "words": said,
        },
        now=now,
        effect=effect,
    )


async def _both(uow: UnitOfWork, from_retainer_id: UUID, to_retainer_id: UUID) -> tuple[Any, Any]:
    fields = {from_retainer_id: "fromRetainerId", to_retainer_id: "toRetainerId"}
    rows = {each: await accounts.locked(uow, each, field=fields[each]) for each in sorted(fields)}
    return rows[from_retainer_id], rows[to_retainer_id]


def _check(source: Any, target: Any, contact: Any, amount: Money) -> None:
    if source["client_id"] != target["client_id"]:
        raise RuleViolation(
            "The retainers belong to two clients, and one client's money never pays for another.",
            code="TRANSFER_BETWEEN_CLIENTS",
            field="toRetainerId",
        )
    if contact["client_id"] != source["client_id"]:
        raise RuleViolation(
            "This contact is not of the client whose money it is.",
            code="CONTACT_OF_ANOTHER_CLIENT",
            field="contactId",
        )
    check_currency(amount, source["currency"])
    check_currency(amount, target["currency"])
    if source["status"] != "closing":
        accounts.require_active(source, "fromRetainerId")
    if target["status"] not in ("requested", "active"):
        raise RuleViolation(
            f"This retainer is {target['status']}.", code="RETAINER_CLOSED", field="toRetainerId"
        )
    kind = RetainerKind(source["kind"])
    if kind is RetainerKind.AVAILABILITY or (kind in _EARMARKED and source["status"] != "closing"):
        raise RuleViolation(
            "What this retainer holds is the price of its periods.",
            code="RETAINER_NOT_TRANSFERABLE",
            field="fromRetainerId",
        )
    treatments = [
        (row["is_taxed_on_receipt"], row["is_taxed_on_receipt"] and row["tax_bps"])
        for row in (source, target)
    ]
    if treatments[0] != treatments[1]:
        raise RuleViolation(
            "The two differ in the tax on receipt: return the money and ask for it anew.",
            code="RETAINER_TAX_DIFFERS",
            field="toRetainerId",
        )


async def _post(
    uow: UnitOfWork,
    transfer_id: UUID,
    source: Any,
    target: Any,
    amount: Money,
    *,
    tax_minor: int,
    on: date,
    now: datetime,
) -> UUID:
    out = await accounts.liability(uow, source, now)
    into = await accounts.liability(uow, target, now)
    posted = await ledger.post(
        uow,
        JournalDraft(
            "retainer_transfer",
            "Moved between retainers on the client's word",
            on,
            # The tax payable of the one and of the other cancel out: it stays due, and only changes its retainer.
            accounts.merged(
                (
                    Line.debit(out.id, amount),
                    Line.credit(into.id, amount),
                    *await accounts.tax_lines(uow, source, -tax_minor, now),
                    *await accounts.tax_lines(uow, target, tax_minor, now),
                )
            ),
            "retainer_transfer",
            transfer_id,
        ),
        now=now,
    )
    return posted.id
