"""What stands between the practice and one client, by currency, as the books say."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from db.queries import clients as client_queries
from db.unit_of_work import read_only
from services import ledger
from services.actor import MEMBERS, Actor
from services.rules.errors import NotFound


@dataclass(frozen=True, slots=True)
class ClientBalance:
    """In one currency: what the client owes, what is kept back until acceptance, and what of the client's money is held.

    `owed_minor` may be below zero where the client paid an invoice that was credited since. `net_minor` is what would have to be
    paid if all were set off: above zero by the client, below by the practice. Money in retainers is no part of it, since it
    is set aside for what it was asked for.
    """

    currency: str
    owed_minor: int
    retention_minor: int
    unapplied_minor: int
    retainers_minor: int

    @property
    def net_minor(self) -> int:
        """Owed less unapplied."""
        return self.owed_minor - self.unapplied_minor


async def client_balance(
    actor: Actor, client_id: UUID, *, as_of: date | None = None
) -> tuple[ClientBalance, ...]:
    """One balance for each currency that moved, by currency. Raises `Forbidden`, `NotFound`."""
    actor.require(*MEMBERS)
    async with read_only(actor.scope()) as uow:
        if await client_queries.client_by_id(uow, client_id) is None:
            raise NotFound("No client with this id.", field="clientId")
        found = await ledger.balances(uow, client_id=client_id, as_of=as_of)
    sums: dict[str, dict[str, int]] = {}
    for each in found:
        of_currency = sums.setdefault(each.account.currency, {})
        of_currency[each.account.code] = of_currency.get(each.account.code, 0) + each.natural_minor
    return tuple(
        ClientBalance(
            currency,
            of.get("receivable", 0),
            of.get("retention_receivable", 0),
            of.get("unapplied_receipts", 0),
            of.get("retainer_liability", 0),
        )
        for currency, of in sorted(sums.items())
    )
