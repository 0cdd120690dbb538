"""Retainers: what is held in advance, what was asked for, and what became of it."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Self
from uuid import UUID

import strawberry
from strawberry.dataloader import DataLoader

from db.queries import retainers as queries
from db.unit_of_work import UnitOfWork, read_only
from schema.clients import Client, client_loader
from schema.context import Info
from schema.documents import Document, document_loader
from schema.newest import newest
from schema.relay import Connection, Keyset, Node, encode_id, fetches
from schema.retainers.types import (
    AllowanceHours,
    Drawdown,
    RetainerDeposit,
    RetainerEarning,
    RetainerKind,
    RetainerPeriodTerms,
    RetainerRequestStatus,
    RetainerStanding,
    RetainerStatus,
    RetainerTransfer,
    money,
)
from schema.scalars import Currency, Money
from services import retainers
from services.actor import MEMBERS
from services.retainers.papers import number_of
from services.rules import retainers as rules

RETAINERS_NEWEST_FIRST = Keyset("retainers.opened", (UUID,))


@strawberry.type(description="A deposit that was asked for, by its own paper.")
class RetainerRequest(Node):
    """The figures stand; only what came in moves."""

    row: strawberry.Private[Any]
    number: str = strawberry.field(description="Such as R-0001; runs in the practice without gaps.")
    status: RetainerRequestStatus = strawberry.field(description="Where it stands.")
    amount: Money = strawberry.field(description="What was asked for.")
    received: Money = strawberry.field(description="What came in of it.")
    expected_total: Money | None = strawberry.field(
        description="Fee and tax together, where the amount is a share of it."
    )
    requested_on: date = strawberry.field(description="The date of the request.")
    due_on: date = strawberry.field(description="When it is due.")
    is_replenishment: bool = strawberry.field(
        description="Whether the system asked by itself, because the balance fell below the floor."
    )
    version: int = strawberry.field(description="Send it back as `expectedVersion` to change it.")

    @strawberry.field(description="The retainer it fills.")
    async def retainer(self, info: Info) -> "Retainer | None":
        """Its retainer."""
        return await retainer_loader(info).load(self.row["retainer_id"])

    @strawberry.field(description="The retainer agreement that went with it.")
    async def document(self, info: Info) -> Document | None:
        """Frozen when it was asked for."""
        return await document_loader(info).load(self.row["document_id"])

    @classmethod
    def of(cls, row: Any) -> Self:
        """From its row."""
        currency, total = row["currency"], row["expected_total_minor"]
        return cls(
            id=encode_id("RetainerRequest", row["id"]),
            row=row,
            number=number_of(row["number"]),
            status=RetainerRequestStatus(row["status"]),
            amount=money(row["amount_minor"], currency),
            received=money(row["received_minor"], currency),
            expected_total=None if total is None else money(total, currency),
            requested_on=row["requested_on"],
            due_on=row["due_on"],
            is_replenishment=row["is_replenishment"],
            version=row["version"],
        )


@strawberry.type(
    description="Client money held in advance: the practice owes it until it is earned."
)
class Retainer(Node):
    """Of one engagement; never below zero on any date."""

    row: strawberry.Private[Any]
    kind: RetainerKind = strawberry.field(description="What it is held for.")
    status: RetainerStatus = strawberry.field(description="Where it stands.")
    currency: Currency = strawberry.field(description="The currency of every amount in it.")
    engagement_id: strawberry.ID = strawberry.field(description="The engagement it is for.")
    target: Money = strawberry.field(
        description="What it is to hold; of a deposit what was asked for in all."
    )
    floor: Money = strawberry.field(
        description="Below it an evergreen retainer asks for its top-up by itself; else 0."
    )
    is_taxed_on_receipt: bool = strawberry.field(
        description="Whether tax is due when money comes in (directive 2006/112/EC, article 65)."
    )
    tax_bps: int = strawberry.field(description="The rate of tax in basis points.")
    deposited: Money = strawberry.field(description="What came in.")
    drawn: Money = strawberry.field(description="What was applied to invoices.")
    refund_pending: Money = strawberry.field(description="What is promised to refunds.")
    refunded: Money = strawberry.field(description="What went back.")
    earned: Money = strawberry.field(
        description="What became revenue without an invoice: availability, hours."
    )
    transferred_in: Money = strawberry.field(description="What came from other retainers.")
    transferred_out: Money = strawberry.field(description="What went to other retainers.")
    held: Money = strawberry.field(
        description="What is there: deposited + transferred in − drawn − earned − refunded − transferred out."
    )
    closed_on: date | None = strawberry.field(description="When it was closed, or began to be.")
    close_reason: str = strawberry.field(description="Why.")
    version: int = strawberry.field(description="Counts every movement.")
    created_at: datetime = strawberry.field(description="When it was opened.")

    @strawberry.field(description="Whose money it is.")
    async def client(self, info: Info) -> Client | None:
        """The client."""
        return await client_loader(info).load(self.row["client_id"])

    @strawberry.field(description="What was asked for, by number.")
    async def requests(self, info: Info) -> list[RetainerRequest]:
        """Read for all retainers of an answer at once."""
        return await info.context.children(
            "retainer.requests", "retainer_id", queries.requests_of, RetainerRequest.of
        ).load(self.row["id"])

    @strawberry.field(description="What came in, by date.")
    async def deposits(self, info: Info) -> list[RetainerDeposit]:
        """Read for all retainers of an answer at once."""
        return await info.context.children(
            "retainer.deposits", "retainer_id", queries.deposits_of, RetainerDeposit.of
        ).load(self.row["id"])

    @strawberry.field(description="What was drawn, by date.")
    async def drawdowns(self, info: Info) -> list[Drawdown]:
        """Read for all retainers of an answer at once."""

        async def read(uow: UnitOfWork, ids: Sequence[UUID]) -> list[Any]:
            return await queries.drawdowns_of(uow, retainer_ids=ids)

        return await info.context.children(
            "retainer.drawdowns", "retainer_id", read, Drawdown.of
        ).load(self.row["id"])

    @strawberry.field(description="What became revenue without an invoice, as it was recorded.")
    async def earnings(self, info: Info) -> list[RetainerEarning]:
        """Read for all retainers of an answer at once."""
        return await info.context.children(
            "retainer.earnings", "retainer_id", queries.earnings_of, RetainerEarning.of
        ).load(self.row["id"])

    @strawberry.field(description="What came from and went to other retainers, by date.")
    async def transfers(self, info: Info) -> list[RetainerTransfer]:
        """Read for all retainers of an answer at once."""
        return await info.context.children(
            "retainer.transfers", "retainer_id", queries.transfers_of, RetainerTransfer.of
        ).load(self.row["id"])

    @strawberry.field(description="What is agreed for its periods, where it has any.")
    async def terms(self, info: Info) -> RetainerPeriodTerms | None:
        """Read for all retainers of an answer at once."""
        found = await info.context.children(
            "retainer.terms", "retainer_id", queries.period_terms_of, RetainerPeriodTerms.of
        ).load(self.row["id"])
        return found[0] if found else None

    @strawberry.field(
        description="What it held by the end of a day, in money and hours; today's without one."
    )
    async def standing(self, info: Info, as_of: date | None = None) -> RetainerStanding:
        """Read for all retainers of an answer at once."""
        day = as_of or info.context.today
        found = await _standing_loader(info, day).load(self.row["id"])
        currency, hours = self.row["currency"], found.hours
        return RetainerStanding(
            as_of=day,
            held=money(found.held_minor, currency),
            tax=money(found.tax_minor, currency),
            hours=AllowanceHours.of(hours) if hours else None,
            period_from=found.period[0] if found.period else None,
            period_to=found.period[1] if found.period else None,
        )

    @classmethod
    def of(cls, row: Any) -> Self:
        """From its row."""
        currency = row["currency"]
        return cls(
            id=encode_id("Retainer", row["id"]),
            row=row,
            kind=RetainerKind(row["kind"]),
            status=RetainerStatus(row["status"]),
            currency=Currency(currency),
            engagement_id=encode_id("Engagement", row["engagement_id"]),
            target=money(row["target_minor"], currency),
            deposited=money(row["deposited_minor"], currency),
            drawn=money(row["drawn_minor"], currency),
            refund_pending=money(row["refund_pending_minor"], currency),
            refunded=money(row["refunded_minor"], currency),
            floor=money(row["floor_minor"], currency),
            is_taxed_on_receipt=row["is_taxed_on_receipt"],
            tax_bps=row["tax_bps"],
            earned=money(row["earned_minor"], currency),
            transferred_in=money(row["transferred_in_minor"], currency),
            transferred_out=money(row["transferred_out_minor"], currency),
            held=money(rules.held_minor(row), currency),
            closed_on=row["closed_on"],
            close_reason=row["close_reason"],
            version=row["version"],
            created_at=row["created_at"],
        )


def retainer_loader(info: Info) -> DataLoader[UUID, Retainer | None]:
    """Retainers by id, for fields of other things."""

    async def load(ids: list[UUID]) -> list[Retainer | None]:
        async with read_only(info.context.actor.scope()) as uow:
            rows = await queries.retainers_by_ids(uow, ids)
        found = {row["id"]: Retainer.of(row) for row in rows}
        return [found.get(value) for value in ids]

    return info.context.loader("retainers", load)


def _standing_loader(info: Info, day: date) -> DataLoader[UUID, retainers.RetainerStanding]:
    async def load(ids: list[UUID]) -> list[retainers.RetainerStanding]:
        found = await retainers.standings(info.context.actor, ids, as_of=day)
        return [found[value] for value in ids]

    return info.context.loader(f"retainer.standing.{day}", load)


@fetches("Retainer")
async def _retainers(info: Info, ids: Sequence[UUID]) -> dict[UUID, Node]:
    info.context.actor.require(*MEMBERS)
    async with read_only(info.context.actor.scope()) as uow:
        return {row["id"]: Retainer.of(row) for row in await queries.retainers_by_ids(uow, ids)}


@fetches("RetainerRequest")
async def _requests(info: Info, ids: Sequence[UUID]) -> dict[UUID, Node]:
    info.context.actor.require(*MEMBERS)
    async with read_only(info.context.actor.scope()) as uow:
        rows = await queries.requests_by_ids(uow, ids)
    return {row["id"]: RetainerRequest.of(row) for row in rows}


@fetches("RetainerDeposit")
async def _deposits(info: Info, ids: Sequence[UUID]) -> dict[UUID, Node]:
    info.context.actor.require(*MEMBERS)
    async with read_only(info.context.actor.scope()) as uow:
        rows = await queries.deposits_by_ids(uow, ids)
    return {row["id"]: RetainerDeposit.of(row) for row in rows}


@fetches("Drawdown")
async def _drawdowns(info: Info, ids: Sequence[UUID]) -> dict[UUID, Node]:
    info.context.actor.require(*MEMBERS)
    async with read_only(info.context.actor.scope()) as uow:
        rows = await queries.drawdowns_by_ids(uow, ids)
    return {row["id"]: Drawdown.of(row) for row in rows}


@fetches("RetainerEarning")
async def _earnings(info: Info, ids: Sequence[UUID]) -> dict[UUID, Node]:
    info.context.actor.require(*MEMBERS)
    async with read_only(info.context.actor.scope()) as uow:
        rows = await queries.earnings_by_ids(uow, ids)
    return {row["id"]: RetainerEarning.of(row) for row in rows}


@fetches("RetainerTransfer")
async def _transfers(info: Info, ids: Sequence[UUID]) -> dict[UUID, Node]:
    info.context.actor.require(*MEMBERS)
    async with read_only(info.context.actor.scope()) as uow:
        rows = await queries.transfers_by_ids(uow, ids)
    return {row["id"]: RetainerTransfer.of(row) for row in rows}


@strawberry.type
class RetainerQuery:
    """Mixed into Query."""

    @strawberry.field(description="Retainers, newest first; of one client or one engagement.")
    async def retainers(
        self,
        info: Info,
        *,
        client_id: strawberry.ID | None = None,
        engagement_id: strawberry.ID | None = None,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[Retainer]:
        """All retainers that fit."""
        page = RETAINERS_NEWEST_FIRST.page(first, after, last, before)
        return await newest(
            info, "retainer", page, Retainer.of, client_id=client_id, engagement_id=engagement_id
        )
