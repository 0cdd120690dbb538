"""Progress and cost: reported by the practice, never overwritten, and read as of a date.

A report of progress holds lines for several items and is taken whole or not at all. A cost stands on an item or on the whole
engagement; a mistake is put right by an entry of the other sign with a note, and no sum ever falls below zero.

Each of them looks at the engagement's alerts again in the same transaction.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any
from uuid import UUID

from db.ids import new_id
from db.queries import acceptances as acceptance_queries
from db.queries import progress as queries
from db.queries import scopes as scope_queries
from db.tables.progress import CostEntry, ProgressEntry
from db.unit_of_work import UnitOfWork, unit_of_work
from services import alerts, engagements
from services.actor import MONEY, WRITERS, Actor
from services.idempotency import once
from services.progress_readings import progress_as_of, progress_of
from services.rules.errors import InvalidInput, NotFound, RuleViolation
from services.rules.money import MAX_AMOUNT_MINOR, Money
from services.rules.movements import check_currency, check_happened
from services.rules.progress import (
    ItemReport,
    ReportedItem,
    check_report,
)
from services.rules.scope import ItemKind
from services.rules.text import clean_text

__all__ = ["progress_as_of", "record_cost", "record_progress"]

MAX_EFFORT_MINUTES = 10_000_000
"""The most effort that one entry may hold either way: some nineteen years."""


async def record_progress(
    actor: Actor,
    engagement_id: UUID,
    reports: Sequence[ItemReport],
    *,
    status_date: date,
    idempotency_key: str,
    now: datetime,
    today: date,
) -> tuple[UUID, ...]:
    """Write down how far items are on a status date; answers the entries' ids in the order given. All or none.

    Raises `Forbidden`, `NotFound` (also ITEM_NOT_FOUND), `RuleViolation` (NO_SCOPE_VERSION and what `check_report` says),
    `InvalidInput`, and what `idempotency.once` raises.
    """
    actor.require(*WRITERS)
    said = [_cleaned(report, at) for at, report in enumerate(reports)]

    async def effect() -> dict[str, Any]:
        engagement = await engagements.locked(uow, engagement_id)
        version_id = _scope_version(engagement)
        items = await _reported_items(uow, engagement_id, version_id, status_date)
        found = check_report(said, items, status_date=status_date, today=today)
        ids = [new_id() for _ in found]
        await ProgressEntry.insert(
            *(
                ProgressEntry(
                    tenant_id=uow.tenant_id,
                    id=entry_id,
                    engagement_id=engagement_id,
                    scope_version_id=version_id,
                    item_key=report.item_key,
                    status_date=status_date,
                    percent_complete_bps=progress.percent_complete_bps,
                    actual_start=progress.actual_start,
                    actual_finish=progress.actual_finish,
                    note=report.note,
                    member_id=actor.member_id,
                    recorded_at=now,
                )
                for entry_id, report, progress in zip(ids, said, found, strict=True)
            )
        )
        await alerts.review(uow, engagement_id, now=now)
        return {"ids": [str(each) for each in ids]}

    async with unit_of_work(actor.scope()) as uow:
        response = await once(
            uow,
            key=idempotency_key,
            operation="record_progress",
            request={
                "engagement_id": str(engagement_id),
                "status_date": status_date.isoformat(),
                "entries": [_plain(asdict(report)) for report in said],
            },
            now=now,
            effect=effect,
        )
    return tuple(UUID(each) for each in response["ids"])


async def record_cost(
    actor: Actor,
    engagement_id: UUID,
    *,
    amount: Money,
    spent_on: date,
    item_key: str | None = None,
    effort_minutes: int = 0,
    note: str = "",
    idempotency_key: str,
    now: datetime,
    today: date,
) -> UUID:
    """Write down what was spent on an item, or on the whole engagement; answers the entry's id.

    An amount or effort below zero corrects an earlier entry and needs a note. An item that a change order has taken out since
    still takes its costs. Raises `Forbidden`, `NotFound` (also ITEM_NOT_FOUND), `InvalidInput` (COST_EMPTY,
    AMOUNT_TOO_LARGE, OUT_OF_RANGE, DATE, REQUIRED without a note), `RuleViolation` (NO_SCOPE_VERSION, ITEM_IS_SUMMARY,
    CURRENCY_MISMATCH, COST_BELOW_ZERO), and what `idempotency.once` raises.
    """
    actor.require(*MONEY)
    check_happened(spent_on, today, "spentOn")
    _check_cost(amount, effort_minutes)
    is_correction = amount.amount_minor < 0 or effort_minutes < 0
    said = clean_text(note, "note", max_length=1000, required=is_correction, lines=True)

    async def effect() -> dict[str, Any]:
        engagement = await engagements.locked(uow, engagement_id)
        _scope_version(engagement)
        check_currency(amount, engagement["currency"])
        version_id = None if item_key is None else await _cost_item(uow, engagement_id, item_key)
        if is_correction:
            by_day = await queries.spent_by_day(uow, engagement_id, item_key)
            _require_not_below_zero(by_day, amount.amount_minor, effort_minutes, spent_on)
        entry_id = new_id()
        await CostEntry.insert(
            CostEntry(
                tenant_id=uow.tenant_id,
                id=entry_id,
                engagement_id=engagement_id,
                scope_version_id=version_id,
                item_key=item_key,
                currency=amount.currency,
                amount_minor=amount.amount_minor,
                effort_minutes=effort_minutes,
                spent_on=spent_on,
                note=said,
                member_id=actor.member_id,
                recorded_at=now,
            )
        )
        await alerts.review(uow, engagement_id, now=now)
        return {"id": str(entry_id)}

    async with unit_of_work(actor.scope()) as uow:
        response = await once(
            uow,
            key=idempotency_key,
            operation="record_cost",
            request={
                "engagement_id": str(engagement_id),
                "item_key": item_key,
                "amount": str(amount),
                "effort_minutes": effort_minutes,
                "spent_on": spent_on.isoformat(),
                "note": said,
            },
            now=now,
            effect=effect,
        )
    return UUID(response["id"])


async def _reported_items(
    uow: UnitOfWork, engagement_id: UUID, version_id: UUID, status_date: date
) -> Mapping[str, ReportedItem]:
    before = {
        row["item_key"]: progress_of(row)
        for row in await queries.progress_as_of(uow, engagement_id, status_date)
    }
    after = {
        row["item_key"]: progress_of(row)
        for row in await queries.progress_after(uow, engagement_id, status_date)
    }
    accepted = {
        row["item_key"]
        for row in await acceptance_queries.acceptances_of(uow, [engagement_id])
        if row["accepted_on"] <= status_date
    }
    return {
        row["item_key"]: ReportedItem(
            ItemKind(row["kind"]),
            row["start_date"],
            before.get(row["item_key"]),
            after.get(row["item_key"]),
            row["item_key"] in accepted,
        )
        for row in await scope_queries.items_of(uow, [version_id])
    }


def _scope_version(engagement: Any) -> UUID:
    version_id: UUID | None = engagement["current_scope_version_id"]
    if version_id is None:
        raise RuleViolation(
            "The contract is not signed yet: there is nothing to report on.",
            code="NO_SCOPE_VERSION",
        )
    return version_id


async def _cost_item(uow: UnitOfWork, engagement_id: UUID, item_key: str) -> UUID:
    item = await queries.known_item(uow, engagement_id, item_key)
    if item is None:
        raise NotFound("The scope has no such item.", code="ITEM_NOT_FOUND", field="itemKey")
    if item["kind"] == "summary":
        raise RuleViolation(
            "A summary costs what its items cost; name one of them, or none.",
            code="ITEM_IS_SUMMARY",
            field="itemKey",
        )
    version_id: UUID = item["scope_version_id"]
    return version_id


def _check_cost(amount: Money, effort_minutes: int) -> None:
    if amount.amount_minor == 0 and effort_minutes == 0:
        raise InvalidInput(
            "Neither an amount nor effort: nothing was spent.", code="COST_EMPTY", field="amount"
        )
    if abs(amount.amount_minor) > MAX_AMOUNT_MINOR:
        raise InvalidInput("The amount is too large.", code="AMOUNT_TOO_LARGE", field="amount")
    if abs(effort_minutes) > MAX_EFFORT_MINUTES:
        raise InvalidInput(
            f"At most {MAX_EFFORT_MINUTES} minutes either way.",
            code="OUT_OF_RANGE",
            field="effortMinutes",
        )


def _require_not_below_zero(
    by_day: Sequence[Any], amount_minor: int, effort_minutes: int, spent_on: date
) -> None:
    """A correction takes back at most what was spent: on no day from its own on may the sum fall below zero."""
    spent = worked = 0
    lowest: list[tuple[int, int]] = []
    for row in by_day:
        if row["spent_on"] > spent_on:
            lowest.append((spent, worked))
        spent, worked = spent + row["amount_minor"], worked + row["effort_minutes"]
    lowest.append((spent, worked))
    least_spent = min(spent for spent, _ in lowest)
    least_worked = min(worked for _, worked in lowest)
    if (amount_minor < 0 and least_spent + amount_minor < 0) or (
        effort_minutes < 0 and least_worked + effort_minutes < 0
    ):
        raise RuleViolation(
            "This takes back more than was spent by that day.",
            code="COST_BELOW_ZERO",
            field="amount" if least_spent + amount_minor < 0 else "effortMinutes",
        )


def _cleaned(report: ItemReport, at: int) -> ItemReport:
    return ItemReport(
        report.item_key,
        report.percent_complete_bps,
        report.actual_start,
        report.actual_finish,
        clean_text(report.note, f"entries.{at}.note", max_length=1000, required=False, lines=True),
    )


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    """Dates as text, for the fingerprint of the request."""
    return {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in values.items()
    }
