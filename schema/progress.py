"""Progress and cost as they were reported, how far each item is, and when the work is going to be done."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import date, datetime
from typing import Any, Self
from uuid import UUID

import strawberry

from db.queries import progress as queries
from db.unit_of_work import read_only
from schema.context import Info
from schema.errors import Payload, refusals_as
from schema.relay import Connection, Keyset, Node, Page, decode_id, encode_id, fetches
from schema.scalars import Money, MoneyInput
from schema.scopes.types import money
from services import engagements, forecasts, progress
from services.actor import MEMBERS
from services.rules.errors import DomainError
from services.rules.progress import ItemProgress as Known
from services.rules.progress import ItemReport
from services.rules.scope import ItemKind
from services.rules.text import clean_text

PROGRESS_NEWEST_FIRST = Keyset("progress.recorded", (UUID,))
COSTS_NEWEST_FIRST = Keyset("costs.recorded", (UUID,))


@strawberry.type(description="How far one item is as of a date.")
class ItemProgress:
    """The newest report on or before the date; complete where the client has accepted it."""

    key: str = strawberry.field(description="The item's key.")
    percent_complete_bps: int = strawberry.field(description="In basis points; 10000 is done.")
    actual_start: date | None = strawberry.field(description="The day it began.")
    actual_finish: date | None = strawberry.field(description="The day it ended.")
    status_date: date = strawberry.field(description="The day this was true on.")

    @classmethod
    def of(cls, item_key: str, known: Known) -> Self:
        """From the service's answer."""
        return cls(
            key=item_key,
            percent_complete_bps=known.percent_complete_bps,
            actual_start=known.actual_start,
            actual_finish=known.actual_finish,
            status_date=known.status_date,
        )


@strawberry.type(description="One line of a progress report, as it was written.")
class ProgressEntry(Node):
    """Never changed; a later one counts instead."""

    item_key: str = strawberry.field(description="The item's key.")
    status_date: date = strawberry.field(description="The day it was true on.")
    percent_complete_bps: int = strawberry.field(description="In basis points; 10000 is done.")
    actual_start: date | None = strawberry.field(description="The day it began.")
    actual_finish: date | None = strawberry.field(description="The day it ended.")
    note: str = strawberry.field(description="What was said with it.")
    recorded_at: datetime = strawberry.field(description="When it was written down.")

    @classmethod
    def of(cls, row: Any) -> Self:
        """From its row."""
        same = (
            "item_key", "status_date", "percent_complete_bps", "actual_start", "actual_finish", "note", "recorded_at",
        )  # fmt: skip
        return cls(id=encode_id("ProgressEntry", row["id"]), **{name: row[name] for name in same})


@strawberry.type(description="What the practice spent, on one item or on the whole engagement.")
class CostEntry(Node):
    """Never changed; a mistake is put right by an entry of the other sign."""

    item_key: str | None = strawberry.field(description="The item's key; null for the whole.")
    amount: Money = strawberry.field(description="Below zero where it corrects another.")
    effort_minutes: int = strawberry.field(description="The effort that went into it.")
    spent_on: date = strawberry.field(description="The day it counts on.")
    note: str = strawberry.field(description="What it was for.")
    recorded_at: datetime = strawberry.field(description="When it was written down.")

    @classmethod
    def of(cls, row: Any) -> Self:
        """From its row."""
        return cls(
            id=encode_id("CostEntry", row["id"]),
            item_key=row["item_key"],
            amount=money(row["amount_minor"], row["currency"]),
            effort_minutes=row["effort_minutes"],
            spent_on=row["spent_on"],
            note=row["note"],
            recorded_at=row["recorded_at"],
        )


@strawberry.type(description="One item as it is going to be; shifts are working days, positive is later.")  # fmt: skip
class ItemForecast:
    """Beside the plan in force and the baseline."""

    key: str = strawberry.field(description="The item's key.")
    parent_key: str | None = strawberry.field(description="The summary it lies in.")
    title: str = strawberry.field(description="What it is called.")
    kind: ItemKind = strawberry.field(description="Summary, task or milestone.")
    percent_complete_bps: int = strawberry.field(
        description="In basis points; of a summary, weighted by duration."
    )
    is_complete: bool = strawberry.field(description="Whether nothing is left to do.")
    actual_start: date | None = strawberry.field(description="The day it began, as reported.")
    actual_finish: date | None = strawberry.field(description="The day it ended, as reported.")
    start_date: date = strawberry.field(description="Its first day: as it was, or as forecast.")
    finish_date: date = strawberry.field(description="Its last day: as it was, or as forecast.")
    planned_start_date: date = strawberry.field(description="Start in the plan in force.")
    planned_finish_date: date = strawberry.field(description="Finish in the plan in force.")
    baseline_start_date: date | None = strawberry.field(description="Start as agreed first.")
    baseline_finish_date: date | None = strawberry.field(description="Finish as agreed first.")
    finish_shift_days: int = strawberry.field(description="Later than the plan in force by.")
    baseline_finish_shift_days: int | None = strawberry.field(
        description="Later than the baseline by; null where it was not in it."
    )
    total_float_days: int = strawberry.field(description="Slack before the delivery moves.")
    is_critical: bool = strawberry.field(description="Whether it lies on the critical path.")


@strawberry.type(
    description="When the work is going to be done: what is done stays, what is left is scheduled from the status date."
)
class EngagementForecast:
    """A computation, not a promise."""

    status_date: date = strawberry.field(description="The day it is seen from.")
    delivery_date: date = strawberry.field(description="The day the last item will end.")
    planned_delivery_date: date = strawberry.field(description="In the plan in force.")
    baseline_delivery_date: date = strawberry.field(description="As agreed first.")
    shift_days: int = strawberry.field(description="Working days later than the plan in force.")
    baseline_shift_days: int = strawberry.field(description="Working days later than the baseline.")
    promised_date: date = strawberry.field(
        description="What the client may count on: the promised date, or what signed change orders made of it."
    )
    days_past_promise: int = strawberry.field(
        description="Calendar days from the promised date to the delivery; negative is in time."
    )
    is_delivered: bool = strawberry.field(description="Whether nothing is left to do.")
    critical_path: list[str] = strawberry.field(
        description="Keys of the items that decide the delivery date, by start."
    )
    items: list[ItemForecast] = strawberry.field(description="In outline order.")


def forecast_of(found: forecasts.Forecast) -> EngagementForecast:
    """The service's answer as the schema's."""
    plan = found.plan
    same = (
        "parent_key", "title", "percent_complete_bps", "is_complete", "actual_start", "actual_finish", "start_date",
        "finish_date", "planned_start_date", "planned_finish_date", "baseline_start_date", "baseline_finish_date",
        "finish_shift_days", "baseline_finish_shift_days", "total_float_days", "is_critical",
    )  # fmt: skip
    return EngagementForecast(
        status_date=found.status_date,
        delivery_date=found.delivery_date,
        planned_delivery_date=plan.version["delivery_date"],
        baseline_delivery_date=plan.baseline["delivery_date"],
        shift_days=found.shift_days,
        baseline_shift_days=found.baseline_shift_days,
        promised_date=plan.promised_date,
        days_past_promise=found.days_past_promise,
        is_delivered=found.is_delivered,
        critical_path=list(found.schedule.critical_path),
        items=[
            ItemForecast(
                key=item.item_key,
                kind=ItemKind(item.kind),
                **{name: getattr(item, name) for name in same},
            )
            for item in found.items
        ],
    )


async def engagement_forecast(
    info: Info, engagement: Any, status_date: date | None
) -> EngagementForecast | None:
    """The forecast of an engagement's row; None before the contract is signed."""
    if engagement["current_scope_version_id"] is None:
        return None
    found = await forecasts.forecast_of(
        info.context.actor, engagement["id"], status_date=status_date, today=info.context.today
    )
    return forecast_of(found)


async def engagement_progress(
    info: Info, engagement: Any, status_date: date | None, known_at: datetime | None
) -> list[ItemProgress]:
    """How far the items are that anybody said anything of, by key."""
    info.context.actor.require(*MEMBERS)
    async with read_only(info.context.actor.scope()) as uow:
        found = await progress.progress_as_of(
            uow, engagement["id"], status_date or info.context.today, known_at=known_at
        )
    return [ItemProgress.of(key, found[key]) for key in sorted(found)]


@fetches("ProgressEntry")
async def _progress_entries(info: Info, ids: Sequence[UUID]) -> dict[UUID, Node]:
    info.context.actor.require(*MEMBERS)
    async with read_only(info.context.actor.scope()) as uow:
        rows = await queries.entries_by_ids(uow, "progress_entry", ids)
    return {row["id"]: ProgressEntry.of(row) for row in rows}


@fetches("CostEntry")
async def _cost_entries(info: Info, ids: Sequence[UUID]) -> dict[UUID, Node]:
    info.context.actor.require(*MEMBERS)
    async with read_only(info.context.actor.scope()) as uow:
        rows = await queries.entries_by_ids(uow, "cost_entry", ids)
    return {row["id"]: CostEntry.of(row) for row in rows}


async def _reported(
    info: Info,
    table: queries.Reported,
    page: Page,
    node: Any,
    *,
    engagement_id: strawberry.ID,
    item_key: str | None,
) -> Any:
    """One page of what was reported in an engagement. Raises `Forbidden`, `NotFound`, `InvalidInput`."""
    actor = info.context.actor
    actor.require(*MEMBERS)
    key = decode_id("Engagement", engagement_id, "engagementId")
    if item_key is not None:
        item_key = clean_text(item_key, "itemKey", max_length=64)

    async def total() -> int:
        async with read_only(actor.scope()) as uow:
            return await queries.count_entries(uow, table, engagement_id=key, item_key=item_key)

    async with read_only(actor.scope()) as uow:
        await engagements.found(uow, key)
        rows = await queries.entries_page(
            uow,
            table,
            engagement_id=key,
            item_key=item_key,
            after=page.after[0] if page.after else None,
            before=page.before[0] if page.before else None,
            limit=page.fetch,
            is_backward=page.backward,
        )
    return Connection.of(page, rows, node=node, key=lambda row: (row["id"],), total=total)


@strawberry.type
class ProgressQuery:
    """Mixed into Query."""

    @strawberry.field(
        description="Reports of progress as they were written, newest first; of one item, or of all."
    )
    async def progress_entries(
        self,
        info: Info,
        *,
        engagement_id: strawberry.ID,
        item_key: str | None = None,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[ProgressEntry]:
        """The whole history."""
        page = PROGRESS_NEWEST_FIRST.page(first, after, last, before)
        found: Connection[ProgressEntry] = await _reported(
            info,
            "progress_entry",
            page,
            ProgressEntry.of,
            engagement_id=engagement_id,
            item_key=item_key,
        )
        return found

    @strawberry.field(
        description="What was spent on an engagement as it was written, newest first; on one item, or on all."
    )
    async def cost_entries(
        self,
        info: Info,
        *,
        engagement_id: strawberry.ID,
        item_key: str | None = None,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[CostEntry]:
        """Corrections among them."""
        page = COSTS_NEWEST_FIRST.page(first, after, last, before)
        found: Connection[CostEntry] = await _reported(
            info, "cost_entry", page, CostEntry.of, engagement_id=engagement_id, item_key=item_key
        )
        return found


@strawberry.input(description="How far one item is.")
class ProgressEntryInput:
    """What is left out is filled in: begun as planned, ended on the status date."""

    item_key: str = strawberry.field(description="A task or milestone of the current scope.")
    percent_complete_bps: int = strawberry.field(
        description="In basis points: 10000 is done. Of a milestone 0 or 10000."
    )
    actual_start: date | None = strawberry.field(
        default=None, description="The day it began; not after the status date."
    )
    actual_finish: date | None = strawberry.field(
        default=None, description="The day it ended, of what is done."
    )
    note: str = strawberry.field(
        default="", description="Anything to say; required where percent complete goes down."
    )


@strawberry.input(description="A progress report: how far items are on one day. Taken whole or not at all.")  # fmt: skip
class RecordProgressInput:
    """Items that are not named stay as they were."""

    engagement_id: strawberry.ID = strawberry.field(description="The engagement.")
    status_date: date = strawberry.field(description="The day it is true on; not in the future.")
    entries: list[ProgressEntryInput] = strawberry.field(description="Each item once.")
    idempotency_key: str = strawberry.field(description="The same key has one effect, ever.")


@strawberry.type(description="What was written down, or why not.")
class RecordProgressPayload(Payload):
    """Answer of `recordProgress`."""

    progress_entries: list[ProgressEntry] | None = strawberry.field(
        default=None, description="The entries, in the order given."
    )
    forecast: EngagementForecast | None = strawberry.field(
        default=None, description="The forecast from the status date."
    )


@strawberry.input(description="Something that was spent.")
class RecordCostInput:
    """A correction has an amount or effort below zero, and a note."""

    engagement_id: strawberry.ID = strawberry.field(description="The engagement.")
    item_key: str | None = strawberry.field(
        default=None, description="The item it was spent on; null for the engagement as a whole."
    )
    amount: MoneyInput = strawberry.field(description="How much; zero where only effort counts.")
    effort_minutes: int = strawberry.field(default=0, description="The effort that went into it.")
    spent_on: date = strawberry.field(description="The day it counts on; not in the future.")
    note: str = strawberry.field(default="", description="What it was for.")
    idempotency_key: str = strawberry.field(description="The same key has one effect, ever.")


@strawberry.type(description="The cost as it was written down, or why not.")
class RecordCostPayload(Payload):
    """Answer of `recordCost`."""

    cost_entry: CostEntry | None = strawberry.field(default=None, description="The entry.")


@strawberry.type
class ProgressMutation:
    """Mixed into Mutation."""

    @strawberry.mutation(description="Report how far items are. What it changes of the forecast may raise an alert.")  # fmt: skip
    @refusals_as(RecordProgressPayload)
    async def record_progress(
        self, info: Info, input: RecordProgressInput
    ) -> RecordProgressPayload:
        """All or none."""
        actor, today = info.context.actor, info.context.today
        engagement_id = decode_id("Engagement", input.engagement_id, "engagementId")
        ids = await progress.record_progress(
            actor,
            engagement_id,
            [
                ItemReport(
                    each.item_key,
                    each.percent_complete_bps,
                    each.actual_start,
                    each.actual_finish,
                    each.note,
                )
                for each in input.entries
            ],
            status_date=input.status_date,
            idempotency_key=input.idempotency_key,
            now=info.context.now,
            today=today,
        )
        async with read_only(actor.scope()) as uow:
            rows = {
                row["id"]: row for row in await queries.entries_by_ids(uow, "progress_entry", ids)
            }
        payload = RecordProgressPayload(
            progress_entries=[ProgressEntry.of(rows[each]) for each in ids]
        )
        # The report is written by now: dates that allow no forecast must not look like a refusal of it.
        with suppress(DomainError):
            payload.forecast = forecast_of(
                await forecasts.forecast_of(
                    actor, engagement_id, status_date=input.status_date, today=today
                )
            )
        return payload

    @strawberry.mutation(description="Write down what was spent. For owner and staff.")
    @refusals_as(RecordCostPayload)
    async def record_cost(self, info: Info, input: RecordCostInput) -> RecordCostPayload:
        """The practice's own cost; never part of the client's ledger."""
        actor = info.context.actor
        entry_id = await progress.record_cost(
            actor,
            decode_id("Engagement", input.engagement_id, "engagementId"),
            amount=input.amount.to_money("amount.amount"),
            spent_on=input.spent_on,
            item_key=input.item_key,
            effort_minutes=input.effort_minutes,
            note=input.note,
            idempotency_key=input.idempotency_key,
            now=info.context.now,
            today=info.context.today,
        )
        async with read_only(actor.scope()) as uow:
            (row,) = await queries.entries_by_ids(uow, "cost_entry", [entry_id])
        return RecordCostPayload(cost_entry=CostEntry.of(row))
