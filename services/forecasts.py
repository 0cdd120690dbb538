"""The forecast: the current scope, with what is done where it was done, and what is left scheduled from the status date.

A forecast promises nothing and is stored nowhere: it is computed from the signed scope version and the progress reported, so it
is right the moment either of them moves. Days of shift are working days of the engagement's calendar: positive is later.

A report counts as fresh for a week. Unless a status date is asked for, the forecast starts from the last one reported, but at most
a week back: who reports on Fridays is not late on Thursdays, and who stops reporting is, a week later.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from db.queries import budgets as budget_queries
from db.queries import progress as progress_queries
from db.queries import scopes as scope_queries
from db.unit_of_work import UnitOfWork, read_only
from services import engagements, scopes
from services.actor import MEMBERS, Actor
from services.calendars import PlanCalendars, plan_calendars
from services.progress_readings import progress_as_of
from services.rules import alerts as alert_rules
from services.rules.calendars import Timeline
from services.rules.errors import NotFound
from services.rules.movements import check_happened
from services.rules.progress import ItemProgress, percent_of
from services.rules.schedule import Schedule, ScheduleItem, compute_schedule
from services.rules.scope import Scope, schedule_items, schedule_links

REPORT_FRESH_FOR: Final = timedelta(days=7)
"""How long after its status date a report still says how things stand."""


@dataclass(frozen=True)
class Plan:
    """What was agreed and is in force: the version, the baseline, their items' rows by key, and the calendars."""

    engagement: Any
    version: Any
    baseline: Any
    scope: Scope
    items: dict[str, Any]
    """Rows of the version's items by key, in outline order."""
    baseline_items: dict[str, Any]
    calendars: PlanCalendars
    timeline: Timeline
    """The working days of the engagement's calendar."""

    @property
    def promised_date(self) -> date:
        """The date that the client may count on; see `rules.alerts.promised_date`."""
        return alert_rules.promised_date(
            self.engagement["promised_date"],
            baseline_delivery=self.baseline["delivery_date"],
            current_delivery=self.version["delivery_date"],
        )

    def days_between(self, earlier: date, later: date) -> int:
        """Working days from the end of one day to the end of another; negative where the other comes first."""
        return self.timeline.finished_by(later) - self.timeline.finished_by(earlier)


@dataclass(frozen=True)
class ItemForecast:
    """One item as it is going to be, against the plan in force and against the baseline (None where it was not there)."""

    item_key: str
    parent_key: str | None
    title: str
    kind: str
    percent_complete_bps: int
    is_complete: bool
    actual_start: date | None
    actual_finish: date | None
    start_date: date
    finish_date: date
    planned_start_date: date
    planned_finish_date: date
    baseline_start_date: date | None
    baseline_finish_date: date | None
    finish_shift_days: int
    baseline_finish_shift_days: int | None
    total_float_days: int
    is_critical: bool


@dataclass(frozen=True)
class Forecast:
    """A plan as it is going to be, seen from a status date."""

    plan: Plan
    status_date: date
    schedule: Schedule
    progress: Mapping[str, ItemProgress]
    items: tuple[ItemForecast, ...]
    """In outline order."""

    @property
    def delivery_date(self) -> date:
        """The day the last item ends."""
        return self.schedule.finish_date

    @property
    def is_delivered(self) -> bool:
        """Whether nothing is left to do."""
        return bool(self.items) and all(item.is_complete for item in self.items)

    @property
    def shift_days(self) -> int:
        """Working days that delivery is later than the plan in force."""
        return self.plan.days_between(self.plan.version["delivery_date"], self.delivery_date)

    @property
    def baseline_shift_days(self) -> int:
        """Working days that delivery is later than the baseline."""
        return self.plan.days_between(self.plan.baseline["delivery_date"], self.delivery_date)

    @property
    def days_past_promise(self) -> int:
        """Calendar days from the promised date to the delivery; negative is in time."""
        return (self.delivery_date - self.plan.promised_date).days

    @property
    def working_days_left(self) -> int:
        """Working days from the delivery to the promised date; negative is past it."""
        return self.plan.days_between(self.delivery_date, self.plan.promised_date)


async def load_plan(
    uow: UnitOfWork, engagement: Any, *, until: date, known_at: datetime | None = None
) -> Plan:
    """The plan in force, with calendars that reach beyond `until`; with `known_at` the one in force at that moment.

    Raises `NotFound` (NO_SCOPE_VERSION) where no contract is signed, or was not by then.
    """
    version: Any = await budget_queries.version_known_at(uow, engagement["id"], known_at)
    baseline: Any = await scope_queries.baseline_of(uow, engagement["id"])
    if version is None or baseline is None:
        raise NotFound(
            "The contract is not signed yet, so there is no scope version.",
            code="NO_SCOPE_VERSION",
        )
    by_version: dict[UUID, dict[str, Any]] = {baseline["id"]: {}, version["id"]: {}}
    for row in await scope_queries.items_of(uow, list(by_version)):
        by_version[row["scope_version_id"]][row["item_key"]] = row
    scope = await scopes.load_scope(uow, version)
    terms = scopes.terms_of_version(version)
    reaches = max(until, version["delivery_date"], engagement["promised_date"] or until)
    calendars = plan_calendars(scope, terms.calendar, terms.start_date, until=reaches)
    return Plan(
        engagement,
        version,
        baseline,
        scope,
        by_version[version["id"]],
        by_version[baseline["id"]],
        calendars,
        Timeline(calendars.project, terms.start_date),
    )


async def forecast(
    uow: UnitOfWork,
    engagement: Any,
    status_date: date,
    *,
    known_at: datetime | None = None,
    plan: Plan | None = None,
) -> Forecast:
    """The forecast of an engagement's row from a status date; `plan` spares loading it again.

    Raises what `load_plan` and `compute_schedule` raise.
    """
    if plan is None:
        plan = await load_plan(uow, engagement, until=status_date, known_at=known_at)
    progress = await progress_as_of(uow, engagement["id"], status_date, known_at=known_at)
    return compute_forecast(plan, progress, status_date)


def compute_forecast(
    plan: Plan, progress: Mapping[str, ItemProgress], status_date: date
) -> Forecast:
    """The forecast of a plan with this progress. Raises what `compute_schedule` raises."""
    schedule = compute_schedule(
        [_with_progress(item, plan, progress) for item in schedule_items(plan.scope)],
        schedule_links(plan.scope),
        plan.calendars.project,
        plan.version["start_date"],
        calendars=plan.calendars.items,
        status_date=status_date,
    )
    return Forecast(plan, status_date, schedule, progress, _items(plan, schedule, progress))


async def fresh_status_date(uow: UnitOfWork, engagement_id: UUID, today: date) -> date:
    """The status date that a forecast starts from unless another is asked for."""
    last = await progress_queries.last_status_date(uow, engagement_id)
    return min(max(last or date.min, today - REPORT_FRESH_FOR), today)


async def forecast_of(
    actor: Actor, engagement_id: UUID, *, status_date: date | None = None, today: date
) -> Forecast:
    """The forecast from a status date that has come, or from the fresh one.

    Raises `Forbidden`, `NotFound`, `InvalidInput` (DATE), and what `forecast` raises.
    """
    actor.require(*MEMBERS)
    if status_date is not None:
        check_happened(status_date, today, "statusDate")
    async with read_only(actor.scope()) as uow:
        engagement = await engagements.found(uow, engagement_id)
        if status_date is None:
            status_date = await fresh_status_date(uow, engagement_id, today)
        return await forecast(uow, engagement, status_date)


def _with_progress(
    item: ScheduleItem, plan: Plan, progress: Mapping[str, ItemProgress]
) -> ScheduleItem:
    known = progress.get(item.item_id)
    if known is None:
        return item
    start, finish = known.actual_start, known.actual_finish
    if finish is not None and start is None:
        # Accepted without a report: it began as planned, and no later than it ended.
        start = min(plan.items[item.item_id]["start_date"], finish)
    return item._replace(
        actual_start=start,
        actual_finish=finish,
        percent_complete_bps=known.percent_complete_bps,
    )


def _items(
    plan: Plan, schedule: Schedule, progress: Mapping[str, ItemProgress]
) -> tuple[ItemForecast, ...]:
    parts: dict[str, list[tuple[int, int]]] = {key: [] for key in plan.items}
    for key, row in reversed(plan.items.items()):  # children come after their parent
        if row["kind"] != "summary":
            known = progress.get(key)
            percent = known.percent_complete_bps if known else 0
            parts[key] = [(row["duration_days"], percent)]
        if row["parent_key"] is not None:
            parts[row["parent_key"]] += parts[key]
    found = []
    for key, row in plan.items.items():
        coming, first, known = schedule.items[key], plan.baseline_items.get(key), progress.get(key)
        found.append(
            ItemForecast(
                item_key=key,
                parent_key=row["parent_key"],
                title=row["title"],
                kind=row["kind"],
                percent_complete_bps=percent_of(parts[key]),
                is_complete=coming.is_complete,
                actual_start=known.actual_start if known else None,
                actual_finish=known.actual_finish if known else None,
                start_date=coming.start_date,
                finish_date=coming.finish_date,
                planned_start_date=row["start_date"],
                planned_finish_date=row["finish_date"],
                baseline_start_date=first["start_date"] if first else None,
                baseline_finish_date=first["finish_date"] if first else None,
                finish_shift_days=plan.days_between(row["finish_date"], coming.finish_date),
                baseline_finish_shift_days=plan.days_between(
                    first["finish_date"], coming.finish_date
                )
                if first
                else None,
                total_float_days=coming.total_float_days,
                is_critical=coming.critical,
            )
        )
    return tuple(found)
