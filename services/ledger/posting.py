"""What changes the books: opening an account, posting, reversing, closing a period."""

from datetime import date, datetime
from uuid import UUID

from db.ids import new_id
from db.queries import ledger as queries
from db.unit_of_work import UnitOfWork
from services.ledger import reading
from services.ledger.records import Account, PostedJournal, account_from
from services.ledger.refusals import refusals
from services.rules import ledger as rules
from services.rules.errors import RuleViolation
from services.rules.ledger import CHART, AccountCode, JournalDraft, Line
from services.rules.money import Money, minor_units
from services.rules.text import clean_text


async def account_for(
    uow: UnitOfWork,
    code: AccountCode,
    currency: str,
    *,
    subject_id: UUID | None = None,
    client_id: UUID | None = None,
    now: datetime,
) -> Account:
    """The account of this code and currency for its subject, opened if there is none yet; safe against twins.

    An account of the practice takes no ids, a client's takes `client_id`, a retainer's takes `subject_id` (the retainer)
    and `client_id`. Opening takes the ledger head. Raises InvalidInput (CURRENCY_UNKNOWN), RuleViolation
    (ACCOUNT_MISMATCH) where the account belongs to another client, ValueError where the ids do not fit the code.
    """
    minor_units(currency)
    line = CHART[code]
    subject = {"practice": uow.tenant_id, "client": client_id}.get(line.subject_kind, subject_id)
    if subject is None or (client_id is None) != (line.subject_kind == "practice"):
        raise ValueError(f"the ids given do not fit an account of a {line.subject_kind}")
    row = await queries.account_by_subject(uow, code, currency, line.subject_kind, subject)
    if row is None:
        row = await queries.open_account(
            uow,
            account_id=new_id(),
            code=code,
            kind=line.kind,
            name=line.name,
            currency=currency,
            subject_kind=line.subject_kind,
            subject_id=subject,
            client_id=client_id,
            floor_minor=line.floor_minor,
            now=now,
        )
    account = account_from(row)
    if account.client_id != client_id:
        raise RuleViolation("This account belongs to another client.", code="ACCOUNT_MISMATCH")
    return account


async def post(uow: UnitOfWork, draft: JournalDraft, *, now: datetime) -> PostedJournal:
    """Enter the journal in the books; takes the ledger head until commit.

    Raises what `rules.ledger.checked` raises; InvalidInput (EFFECTIVE_DATE_INVALID); RuleViolation (PERIOD_CLOSED,
    CURRENCY_MISMATCH, INSUFFICIENT_FUNDS with the first `date` on which an account would fall below its floor and the
    `available_minor`); Conflict (ALREADY_POSTED); NotFound for an account that this practice does not have.
    """
    return await _post(uow, rules.checked(draft), None, now)


async def reverse(
    uow: UnitOfWork, journal_id: UUID, *, effective_date: date, description: str, now: datetime
) -> PostedJournal:
    """Take an entry back by a new one that negates it, on its date or later, and that carries the same source.

    Raises NotFound; Conflict (ALREADY_REVERSED); RuleViolation (NOT_REVERSIBLE for a reversal, or a date before the
    entry's; INSUFFICIENT_FUNDS where the money has been used since; PERIOD_CLOSED).
    """
    original = await reading.journal(uow, journal_id)
    draft = JournalDraft(
        "reversal",
        clean_text(description, "description", max_length=500),
        effective_date,
        rules.negated(
            Line(line.account_id, Money(line.amount_minor, line.currency))
            for line in original.lines
        ),
        original.source_kind,
        original.source_id,
    )
    return await _post(uow, draft, journal_id, now)


async def _post(
    uow: UnitOfWork, draft: JournalDraft, reversal_of: UUID | None, now: datetime
) -> PostedJournal:
    with refusals():
        row = await queries.post_journal(
            uow,
            journal_id=new_id(),
            effective_date=draft.effective_date,
            now=now,
            kind=draft.kind,
            description=draft.description,
            source_kind=draft.source_kind,
            source_id=draft.source_id,
            reversal_of=reversal_of,
            postings=[
                (line.account_id, line.amount.currency, line.amount.amount_minor)
                for line in draft.lines
            ],
        )
    return PostedJournal(row["id"], row["seq"], row["effective_date"], row["recorded_at"])


async def close_period(uow: UnitOfWork, *, through: date, now: datetime) -> None:
    """Close every date up to and including `through`, for good, and write down where the chain stands.

    Raises InvalidInput (EFFECTIVE_DATE_INVALID) for a date to come, RuleViolation (PERIOD_CLOSED) for one closed already.
    """
    with refusals():
        await queries.close_period(uow, closing_id=new_id(), through=through, now=now)
