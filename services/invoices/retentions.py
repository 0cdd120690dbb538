"""Retention let go: what was kept back of an engagement's invoices falls due once the whole work is accepted."""

from datetime import date, datetime, timedelta
from uuid import UUID

from db.ids import new_id
from db.queries import engagements as engagement_queries
from db.queries import invoices as queries
from db.queries import scopes as scope_queries
from db.tables.invoices import RetentionRelease
from db.unit_of_work import UnitOfWork
from services import ledger
from services.actor import MONEY, Actor
from services.idempotency import keyed
from services.invoices.numbers import number_of, retained_minor
from services.ledger import JournalDraft, Line
from services.rules.errors import InvalidInput, NotFound, RuleViolation
from services.rules.money import Money
from services.rules.movements import check_happened


async def release_retention(
    actor: Actor,
    engagement_id: UUID,
    *,
    on: date,
    due_on: date | None = None,
    idempotency_key: str,
    today: date,
    now: datetime,
) -> UUID:
    """Let go of all that is retained on the engagement's issued invoices: Dr receivable / Cr retention receivable, each by itself.

    Every item of the current scope must be accepted. It falls due after the engagement's payment terms, or on the day given.
    Answers the engagement's id. Raises `Forbidden`, `NotFound`, `InvalidInput` (DATE), `RuleViolation` (NOTHING_RETAINED,
    RETENTION_NOT_DUE with the `items` that are not accepted), and what `ledger.post` and `idempotency.keyed` raise.
    """
    actor.require(*MONEY)
    check_happened(on, today, "on")

    async def effect(uow: UnitOfWork) -> UUID:
        engagement = await engagement_queries.lock_engagement(uow, engagement_id)
        if engagement is None:
            raise NotFound("No engagement with this id.", field="engagementId")
        waiting = [
            row["item_key"]
            for row in await scope_queries.billable_items(uow, engagement_id)
            if row["acceptance_id"] is None and row["kind"] == "task"
        ]
        if waiting:
            raise RuleViolation(
                f"Retention is released when the whole is accepted; not accepted: {', '.join(waiting[:12])}.",
                code="RETENTION_NOT_DUE",
                items=waiting,
            )
        falls_due = due_on or on + timedelta(days=engagement["payment_terms_days"])
        if not on <= falls_due <= on + timedelta(days=366):
            raise InvalidInput(
                "It falls due on that day or within a year.", code="DATE", field="dueOn"
            )
        await _release(uow, engagement_id, on, falls_due, now)
        return engagement_id

    return await keyed(
        actor,
        key=idempotency_key,
        operation="release_retention",
        request={"engagement_id": engagement_id, "on": on, "due_on": due_on},
        now=now,
        effect=effect,
    )


async def _release(
    uow: UnitOfWork, engagement_id: UUID, on: date, due_on: date, now: datetime
) -> None:
    seen = await queries.invoices_of(uow, engagement_id)
    held = []
    for each in sorted(row["id"] for row in seen):
        invoice = await queries.lock_invoice(uow, each)
        assert invoice is not None
        if retained_minor(invoice):
            check_happened(on, on, "on", earliest=invoice["issue_date"])
            held.append(invoice)
    if not held:
        raise RuleViolation("Nothing is retained.", code="NOTHING_RETAINED")
    for invoice in held:
        amount = Money(retained_minor(invoice), invoice["currency"])
        release_id = new_id()
        receivable = await ledger.account_for(
            uow, "receivable", amount.currency, client_id=invoice["client_id"], now=now
        )
        retained = await ledger.account_for(
            uow, "retention_receivable", amount.currency, client_id=invoice["client_id"], now=now
        )
        posted = await ledger.post(
            uow,
            JournalDraft(
                "retention_release",
                f"Retention of invoice {number_of(invoice)} released",
                on,
                (Line.debit(receivable.id, amount), Line.credit(retained.id, amount)),
                "retention_release",
                release_id,
            ),
            now=now,
        )
        await RetentionRelease.insert(
            RetentionRelease(
                tenant_id=uow.tenant_id,
                id=release_id,
                invoice_id=invoice["id"],
                engagement_id=engagement_id,
                amount_minor=amount.amount_minor,
                effective_on=on,
                due_on=due_on,
                journal_id=posted.id,
                recorded_at=now,
            )
        )
