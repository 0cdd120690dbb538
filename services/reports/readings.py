"""The reports as plain values."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from db.queries import clients as client_queries
from db.queries import reports as queries
from db.unit_of_work import read_only
from services import engagements, ledger
from services.actor import MEMBERS, Actor
from services.rules.errors import NotFound

_PAGE: Final = 1000
"""Lines read at once where all are wanted."""


@dataclass(frozen=True, slots=True)
class RetainerBalance:
    """What one retainer held."""

    retainer_id: UUID
    kind: str
    client_id: UUID
    client_name: str
    engagement_id: UUID
    engagement_number: str
    engagement_name: str
    currency: str
    balance_minor: int


@dataclass(frozen=True, slots=True)
class RetainerBalances:
    """Every retainer that had a balance, by client, and what they held together in each currency."""

    as_of: date
    known_at: datetime | None
    retainers: tuple[RetainerBalance, ...]
    totals: dict[str, int]


@dataclass(frozen=True, slots=True)
class ClientLedger:
    """A page of the lines of every account that concerns a client, in effective order."""

    client_id: UUID
    client_name: str
    entries: tuple[ledger.Entry, ...]


async def retainer_balances(
    actor: Actor,
    *,
    as_of: date,
    known_at: datetime | None = None,
    include_empty: bool = False,
) -> RetainerBalances:
    """What every retainer held at the end of that date. Raises `Forbidden`."""
    actor.require(*MEMBERS)
    async with read_only(actor.scope()) as uow:
        holders = await queries.retainer_holders(uow)
        balances = await ledger.balances(
            uow, codes=["retainer_liability"], as_of=as_of, known_at=known_at
        )
    held = {each.account.subject_id: each.natural_minor for each in balances}
    lines = tuple(
        RetainerBalance(
            row["id"],
            row["kind"],
            row["client_id"],
            row["client_name"],
            row["engagement_id"],
            engagements.number_of(row),
            row["engagement_name"],
            row["currency"],
            held.get(row["id"], 0),
        )
        for row in holders
        if include_empty or held.get(row["id"], 0)
    )
    totals: dict[str, int] = {}
    for line in lines:
        totals[line.currency] = totals.get(line.currency, 0) + line.balance_minor
    return RetainerBalances(as_of, known_at, lines, dict(sorted(totals.items())))


async def client_ledger(
    actor: Actor,
    client_id: UUID,
    *,
    from_date: date | None = None,
    to_date: date | None = None,
    known_at: datetime | None = None,
    after: ledger.EntryCursor | None = None,
    limit: int | None = 100,
) -> ClientLedger:
    """The client's ledger, each line with its account's running balance; all of it, in one snapshot, without a limit.

    Raises `Forbidden`, `NotFound`.
    """
    actor.require(*MEMBERS)
    async with read_only(actor.scope()) as uow:
        client = await client_queries.client_by_id(uow, client_id)
        if client is None:
            raise NotFound("No client with this id.", field="clientId")
        entries: list[ledger.Entry] = []
        while True:
            page = await ledger.client_entries(
                uow,
                client_id,
                from_date=from_date,
                to_date=to_date,
                known_at=known_at,
                after=entries[-1].cursor if entries else after,
                limit=_PAGE if limit is None else limit,
            )
            entries += page
            if limit is not None or len(page) < _PAGE:
                break
    return ClientLedger(client_id, client["name"], tuple(entries))


async def trial_balance(
    actor: Actor, *, as_of: date | None = None, known_at: datetime | None = None
) -> ledger.TrialBalance:
    """Every account code with its net balance; debit and credit agree in each currency. Raises `Forbidden`."""
    actor.require(*MEMBERS)
    async with read_only(actor.scope()) as uow:
        return await ledger.trial_balance(uow, as_of=as_of, known_at=known_at)
