"""The roll-forward of client money held, period by period, held against the ledger at the end of each."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from db.queries import books as queries
from db.queries import ledger as ledger_queries
from db.queries import reports as report_queries
from db.unit_of_work import UnitOfWork, read_only
from services import ledger
from services.actor import MEMBERS, Actor
from services.rules.dates import check_plausible
from services.rules.deferred_revenue import (
    MovementClass,
    Period,
    RollForward,
    Span,
    class_of,
    periods,
    rolled,
)

_Held = dict[tuple[UUID, str], int]


@dataclass(frozen=True, slots=True)
class ClientRoll:
    """One client's money in one currency over one period."""

    client_id: UUID
    client_name: str
    roll: RollForward


@dataclass(frozen=True, slots=True)
class TotalRoll:
    """All clients' in one currency; `ledger_minor` is what the retainers' accounts held at the end."""

    roll: RollForward
    ledger_minor: int

    @property
    def difference_minor(self) -> int:
        """Closing − ledger: zero where they tie."""
        return self.roll.closing_minor - self.ledger_minor


@dataclass(frozen=True, slots=True)
class PeriodRoll:
    """One period; the closing sum of one is the opening sum of the next."""

    period: Period
    clients: tuple[ClientRoll, ...]
    totals: tuple[TotalRoll, ...]


async def deferred_revenue(
    actor: Actor,
    *,
    from_date: date,
    to_date: date,
    span: Span = "month",
    known_at: datetime | None = None,
) -> tuple[PeriodRoll, ...]:
    """Opening + received − earned − refunded ± transferred = closing, for each period, client and currency.

    The opening sum is the ledger's before the first day; every later sum follows from what moved, and is compared with the ledger.
    Clients without money and movement are left out. Raises `Forbidden`, `InvalidInput` (PERIOD_INVALID, DATE_OUT_OF_RANGE).
    """
    actor.require(*MEMBERS)
    check_plausible(from_date, "fromDate")
    check_plausible(to_date, "toDate")
    spans = periods(from_date, to_date, span)
    async with read_only(actor.scope()) as uow:
        known_seq = (
            None if known_at is None else await ledger_queries.last_seq_known_at(uow, known_at)
        )
        names = {row["id"]: row["name"] for row in await report_queries.client_names(uow)}
        moves = await queries.retainer_movements(
            uow, from_date=from_date, to_date=to_date, known_seq=known_seq
        )
        held = await _held(uow, from_date - timedelta(1), known_at)
        found = []
        for period in spans:
            moved: dict[tuple[UUID, str], list[tuple[MovementClass, int]]] = {}
            for row in moves:
                if period.first <= row["effective_date"] <= period.last:
                    # A liability grows by credits.
                    moved.setdefault((row["client_id"], row["currency"]), []).append(
                        (class_of(row["kind"]), -row["amount_minor"])
                    )
            rolls = {
                key: rolled(key[1], held.get(key, 0), moved.get(key, ()))
                for key in sorted(
                    held.keys() | moved.keys(), key=lambda key: (names[key[0]], str(key[0]), key[1])
                )
                if held.get(key) or key in moved
            }
            by_ledger = await _held(uow, period.last, known_at)
            found.append(_period(period, rolls, by_ledger, names))
            held = {key: roll.closing_minor for key, roll in rolls.items()}
    return tuple(found)


async def _held(uow: UnitOfWork, as_of: date, known_at: datetime | None) -> _Held:
    sums: _Held = {}
    for each in await ledger.balances(
        uow, codes=["retainer_liability"], as_of=as_of, known_at=known_at
    ):
        assert each.account.client_id is not None
        key = each.account.client_id, each.account.currency
        sums[key] = sums.get(key, 0) + each.natural_minor
    return sums


def _period(
    period: Period,
    rolls: dict[tuple[UUID, str], RollForward],
    by_ledger: _Held,
    names: dict[UUID, str],
) -> PeriodRoll:
    currencies = sorted(
        {key[1] for key in rolls} | {key[1] for key, held in by_ledger.items() if held}
    )
    totals = tuple(
        TotalRoll(
            rolled(
                currency,
                sum(roll.opening_minor for roll in rolls.values() if roll.currency == currency),
                (
                    (each, minor)
                    for roll in rolls.values()
                    if roll.currency == currency
                    for each, minor in roll.moved.items()
                ),
            ),
            sum(held for key, held in by_ledger.items() if key[1] == currency),
        )
        for currency in currencies
    )
    clients = tuple(
        ClientRoll(client_id, names[client_id], roll) for (client_id, _), roll in rolls.items()
    )
    return PeriodRoll(period, clients, totals)
