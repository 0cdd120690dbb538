"""Closed periods: their history, closing one, opening it again."""

from datetime import date, datetime
from enum import Enum
from typing import Any, Self
from uuid import UUID

import strawberry

from db.queries import books as queries
from db.queries import ledger as ledger_queries
from db.unit_of_work import UnitOfWork, read_only
from schema.context import Info
from schema.errors import Payload, refusals_as
from schema.relay import Connection, Keyset
from services import books
from services.actor import MEMBERS

EVENTS_NEWEST_FIRST = Keyset("periods.recorded", (int, int, int, UUID))


@strawberry.enum(description="What happened to the closed period.")
class PeriodEventKind(Enum):
    """Closing and reopening."""

    CLOSED = strawberry.enum_value("closed", description="Dates were closed.")
    REOPENED = strawberry.enum_value("reopened", description="Closed dates were opened again.")


@strawberry.type(description="An entry that a reopening let in.")
class ReopenedEntry:
    """It counts from a date that had been closed before."""

    journal_number: int = strawberry.field(description="The number of the entry.")
    effective_date: date = strawberry.field(description="When it counts.")
    recorded_at: datetime = strawberry.field(description="When it was entered.")
    kind: str = strawberry.field(description="What happened.")
    description: str = strawberry.field(description="In words.")
    actor: str = strawberry.field(description="Who entered it.")


@strawberry.type(description="A closing or a reopening; never changed.")
class PeriodEvent:
    """By whom, when, and where the chain of entries stood."""

    row: strawberry.Private[Any]
    kind: PeriodEventKind = strawberry.field(description="Which of the two.")
    closed_through: date | None = strawberry.field(
        description="What is closed after it; null when everything is open."
    )
    closed_through_before: date | None = strawberry.field(
        description="Of a reopening: what was closed before it."
    )
    reason: str = strawberry.field(description="Why it was reopened; empty for a closing.")
    recorded_at: datetime = strawberry.field(description="When.")
    actor: str = strawberry.field(description="By whom, as the audit trail names them.")
    last_journal_number: int = strawberry.field(description="The last entry made before it.")
    entry_count: int = strawberry.field(
        description="Of a reopening: how many entries it let in that the closed period would have refused."
    )

    @strawberry.field(description="Of a reopening: those entries; the first thousand.")
    async def entries(self, info: Info) -> list[ReopenedEntry]:
        """Read only when asked for, and only where there are any."""
        if not self.entry_count:
            return []
        async with read_only(info.context.actor.scope()) as uow:
            rows = await queries.reopened_journals(uow, self.row["id"])
        return [
            ReopenedEntry(journal_number=row["seq"], **{k: v for k, v in row.items() if k != "seq"})
            for row in rows
        ]

    @classmethod
    def of(cls, row: Any) -> Self:
        """From its row."""
        same = ("closed_through", "closed_through_before", "reason", "recorded_at", "actor")
        return cls(
            row=row,
            kind=PeriodEventKind(row["kind"]),
            last_journal_number=row["last_seq"],
            entry_count=row["entries"],
            **{name: row[name] for name in same},
        )


@strawberry.type
class PeriodQuery:
    """Mixed into Query."""

    @strawberry.field(description="The last closed date; null when none is. For every member.")
    async def closed_through(self, info: Info) -> date | None:
        """No entry may count from it or from a date before."""
        info.context.actor.require(*MEMBERS)
        async with read_only(info.context.actor.scope()) as uow:
            return await _closed_through(uow)

    @strawberry.field(description="Every closing and reopening, newest first. For every member.")
    async def period_events(
        self, info: Info, *, first: int | None = None, after: str | None = None
    ) -> Connection[PeriodEvent]:
        """The history of the closed period."""
        actor = info.context.actor
        actor.require(*MEMBERS)
        page = EVENTS_NEWEST_FIRST.page(first, after, None, None)
        async with read_only(actor.scope()) as uow:
            rows = await queries.period_events(uow, ids=None, before=page.after, limit=page.fetch)

        async def total() -> int:
            async with read_only(actor.scope()) as uow:
                return await queries.count_period_events(uow)

        def key(row: Any) -> tuple[Any, ...]:
            return row["epoch"], row["step"], row["last_seq"], row["id"]

        return Connection.of(page, rows, node=PeriodEvent.of, key=key, total=total)


async def _closed_through(uow: UnitOfWork) -> date | None:
    head = await ledger_queries.head(uow)
    return head["closed_through"] if head else None


@strawberry.input(description="A period to close.")
class ClosePeriodInput:
    """Everything up to a date."""

    through: date = strawberry.field(
        description="The last date to close; today at the latest. Everything before it is closed as well."
    )
    idempotency_key: str = strawberry.field(description="The same key has one effect, ever.")


@strawberry.input(description="A closed period to open again.")
class ReopenPeriodInput:
    """With the reason that stays in the history."""

    through: date | None = strawberry.field(
        default=None,
        description="What stays closed: this date and all before it; nothing without it.",
    )
    reason: str = strawberry.field(description="Why; it stays in the history.")
    idempotency_key: str = strawberry.field(description="The same key has one effect, ever.")


@strawberry.type(description="The closing or reopening, or why not.")
class PeriodPayload(Payload):
    """Answer of both mutations."""

    event: PeriodEvent | None = strawberry.field(default=None, description="As it was recorded.")
    closed_through: date | None = strawberry.field(
        default=None, description="The last closed date now."
    )


async def _payload(info: Info, event_id: UUID) -> PeriodPayload:
    async with read_only(info.context.actor.scope()) as uow:
        (row,) = await queries.period_events(uow, ids=[event_id], before=None, limit=1)
        closed = await _closed_through(uow)
    return PeriodPayload(event=PeriodEvent.of(row), closed_through=closed)


@strawberry.type
class PeriodMutation:
    """Mixed into Mutation."""

    @strawberry.mutation(
        description="Close every date up to one: no entry counts from it any more. For owner and staff."
    )
    @refusals_as(PeriodPayload)
    async def close_period(self, info: Info, input: ClosePeriodInput) -> PeriodPayload:
        """Writes down where the chain of entries stood."""
        event_id = await books.close_period(
            info.context.actor,
            through=input.through,
            idempotency_key=input.idempotency_key,
            now=info.context.now,
        )
        return await _payload(info, event_id)

    @strawberry.mutation(
        description="Open closed dates again, with a reason that stays. For the owner alone."
    )
    @refusals_as(PeriodPayload)
    async def reopen_period(self, info: Info, input: ReopenPeriodInput) -> PeriodPayload:
        """What is entered then is listed with it for good."""
        event_id = await books.reopen_period(
            info.context.actor,
            through=input.through,
            reason=input.reason,
            idempotency_key=input.idempotency_key,
            now=info.context.now,
        )
        return await _payload(info, event_id)
