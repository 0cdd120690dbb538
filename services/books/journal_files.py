"""The whole books as one text that hledger or Beancount reads."""

from datetime import date, datetime
from typing import Final, Literal
from uuid import UUID

from db.queries import practices as practice_queries
from db.queries import reports as queries
from db.unit_of_work import UnitOfWork, read_only
from services import engagements, ledger
from services.actor import MEMBERS, Actor
from services.rules.journal_files import (
    BookAccount,
    BookEntry,
    BookLine,
    Books,
    beancount_lines,
    hledger_lines,
)
from services.rules.money import Money

Program = Literal["hledger", "beancount"]
"""Whose text it is."""

_WRITERS: Final = {"hledger": hledger_lines, "beancount": beancount_lines}
_PAGE: Final = 1000


async def journal_file(
    actor: Actor, *, program: Program, through: date, known_at: datetime | None = None
) -> str:
    """Every entry through a date, as known at an instant, in the text of one program; all read in one snapshot.

    The balances that the program reads from it are those of the trial balance of the same date. Raises `Forbidden`.
    """
    actor.require(*MEMBERS)
    async with read_only(actor.scope()) as uow:
        entries = await _entries(uow, through, known_at)
        balances = await ledger.balances(uow, as_of=through, known_at=known_at)
        subjects = await _subjects(uow)
        practice = await practice_queries.practice(uow)
    assert practice is not None
    used = {line.account_id for entry in entries for line in entry.lines}
    books = Books(
        title=practice["legal_name"] or practice["name"],
        through=through,
        known_at=known_at,
        accounts=tuple(
            _account(each.account, subjects) for each in balances if each.account.id in used
        ),
        balances={each.account.id: each.balance_minor for each in balances},
    )
    return "".join(_WRITERS[program](books, entries))


async def _entries(uow: UnitOfWork, through: date, known_at: datetime | None) -> list[BookEntry]:
    """By effective date, those of one day by number: the order in which a reader follows a balance."""
    found: list[ledger.Journal] = []
    numbers: dict[UUID, int] = {}
    while page := await ledger.journals(uow, after_seq=found[-1].seq if found else 0, limit=_PAGE):
        found += page
        numbers |= {each.id: each.seq for each in page}
    return sorted(
        (
            BookEntry(
                each.id,
                each.seq,
                each.effective_date,
                each.recorded_at,
                each.kind,
                each.description,
                tuple(
                    BookLine(line.account_id, Money(line.amount_minor, line.currency))
                    for line in each.lines
                ),
                numbers[each.reversal_of] if each.reversal_of else None,
            )
            for each in found
            if each.effective_date <= through and (known_at is None or each.recorded_at <= known_at)
        ),
        key=lambda entry: (entry.effective_date, entry.seq),
    )


async def _subjects(uow: UnitOfWork) -> dict[UUID, str]:
    """What clients and retainers are called in an account's name."""
    names: dict[UUID, str] = {row["id"]: row["name"] for row in await queries.client_names(uow)}
    for row in await queries.retainer_holders(uow):
        number = engagements.number_of(row)
        names[row["id"]] = f"{row['client_name']} {number} {row['kind'].replace('_', ' ')}"
    return names


def _account(account: ledger.Account, subjects: dict[UUID, str]) -> BookAccount:
    own = account.subject_kind == "practice"
    return BookAccount(
        account.id,
        account.kind,
        account.name,
        account.currency,
        "" if own else subjects.get(account.subject_id, account.subject_kind),
        None if own else account.subject_id,
    )
