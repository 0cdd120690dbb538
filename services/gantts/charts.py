"""The charts there are: an engagement's versions against each other, its forecast, a change order, a contract."""

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from db.queries import change_orders as order_queries
from db.queries import engagements as engagement_queries
from db.queries import practices as practice_queries
from db.queries import scopes as queries
from db.unit_of_work import UnitOfWork
from services import engagements, scopes
from services.change_orders import SUBJECT as CHANGE_ORDER
from services.change_orders import stored_changes
from services.forecasts import forecast
from services.gantts.plans import (
    DrawnPlan,
    days_between,
    plan_of_forecast,
    plan_of_scope,
    plan_of_version,
    rows_of,
)
from services.gantts.words import words_of
from services.progress_readings import progress_as_of
from services.rules.alerts import promised_date
from services.rules.calendars import Timeline
from services.rules.errors import NotFound
from services.rules.gantts import GanttChart
from services.rules.scope import apply_calendar_changes, apply_changes
from services.scopes.drafts import load_stored
from services.scopes.imports import scheduled
from services.services_contracts import SUBJECT as CONTRACT

__all__ = ["CHANGE_ORDER", "CONTRACT", "contract_chart", "engagement_chart", "order_chart"]


async def engagement_chart(
    uow: UnitOfWork,
    engagement: Any,
    *,
    version: int | None = None,
    against: int | None = 1,
    is_forecast: bool = False,
    locale: str,
    on: date,
) -> GanttChart:
    """A scope version (the current one where none is named) against another, with what was done of it by `on`.

    With `is_forecast` the current version as it is going to be, seen from `on`. Before the contract is signed it is the
    draft, alone. Raises `NotFound` (NO_SCOPE_VERSION) for a number that no version has.
    """
    words = words_of(locale)
    versions = {row["number"]: row for row in await queries.versions_of(uow, [engagement["id"]])}
    number = engagements.number_of(engagement)
    if not versions and version is None and not is_forecast:
        return await _draft_chart(uow, engagement, locale=locale, on=on)
    newest = max(versions, default=0)
    shown = _version(versions, newest if version is None else version)
    base = _version(versions, against) if against is not None else None
    before = None
    if base is not None and (is_forecast or base["number"] != shown["number"]):
        before = await plan_of_version(uow, base)
    if is_forecast:
        found = await forecast(uow, engagement, on)
        after = plan_of_forecast(found)
        current_label = words.text("forecast")
    else:
        after = await plan_of_version(uow, shown)
        current_label = words.text("version", number=str(shown["number"]))
        if shown["number"] == newest:
            after = after.with_progress(await progress_as_of(uow, engagement["id"], on))
    if before is None or base is None:
        what = current_label
    elif is_forecast:
        what = words.text("forecast_against", base=str(base["number"]))
    else:
        what = words.text("versions_against", number=str(shown["number"]), base=str(base["number"]))
    return _chart(
        engagement,
        after,
        before,
        locale=locale,
        what=f"{number} · {what}",
        on=on,
        current_label=current_label,
        baseline_label=words.text("agreed", number=str(base["number"])) if base else "",
        promised=_promised(engagement, versions[1], shown),
        status_date=on,
    )


async def _draft_chart(uow: UnitOfWork, engagement: Any, *, locale: str, on: date) -> GanttChart:
    """The draft as it would be planned; empty, with a word on it, as long as it cannot be."""
    words = words_of(locale)
    what = f"{engagements.number_of(engagement)} · {words.text('draft')}"
    draft, _ = await scopes.draft_scope(uow, engagement["id"])
    terms = scopes.terms_of_engagement(engagement)
    state = scopes.read_draft(draft, terms).state
    if state is None:
        return GanttChart(
            title=engagement["name"],
            subtitle=words.text("as_of", what=what, date=words.long_date(on)),
            words=words,
            rows=(),
            why_empty=words.text("unsound"),
        )
    plan = plan_of_scope(draft, state.schedule, terms)
    promised = engagement["promised_date"]
    return _chart(engagement, plan, None, locale=locale, what=what, on=on, promised=promised)


async def order_chart(uow: UnitOfWork, order: Any, *, locale: str, on: date) -> GanttChart:
    """The plan without a change order and with it.

    An approved order shows the version it made; any other what its changes make of the version they were written for.
    """
    words = words_of(locale)
    engagement = await engagements.found(uow, order["engagement_id"])
    base: Any = await queries.version_by_id(uow, order["base_scope_version_id"])
    before = await plan_of_version(uow, base)
    versions = await queries.versions_of(uow, [engagement["id"]])
    made = next((row for row in versions if row["change_order_id"] == order["id"]), None)
    if made is not None:
        after = await plan_of_version(uow, made)
    else:
        changes = stored_changes(order)
        terms = scopes.terms_of_version(base)
        scope = apply_changes(await scopes.load_scope(uow, base), changes)
        calendar = apply_calendar_changes(terms.calendar, changes)
        schedule = scheduled(scope, calendar, terms.start_date)
        after = plan_of_scope(scope, schedule, replace(terms, calendar=calendar))
    number = order["number"]
    what = (
        words.text("change_draft", title=order["title"])
        if number is None
        else words.text("change_order", number=str(number), title=order["title"])
    )
    return _chart(
        engagement,
        after,
        before,
        locale=locale,
        what=f"{engagements.number_of(engagement)} · {what}",
        on=on,
        current_label=words.text("with_order"),
        baseline_label=words.text("agreed", number=str(base["number"])),
        promised=_promised(engagement, versions[0], made or base),
        change_days=order["change_days"],
    )


async def contract_chart(uow: UnitOfWork, contract: Any, *, locale: str) -> GanttChart:
    """The plan that a services contract promises, as it was sent."""
    words = words_of(locale)
    engagement = await engagements.found(uow, contract["engagement_id"])
    versions = await queries.versions_of(uow, [engagement["id"]])
    made = next((row for row in versions if row["contract_id"] == contract["id"]), None)
    if made is not None:
        plan = await plan_of_version(uow, made)
    else:
        terms = scopes.terms_of_engagement(engagement)
        scope = load_stored(contract["scope"])
        plan = plan_of_scope(scope, scheduled(scope, terms.calendar, terms.start_date), terms)
    practice: Any = await practice_queries.practice(uow)
    sent_on = contract["sent_at"].astimezone(ZoneInfo(practice["timezone"])).date()
    what = f"{engagements.number_of(engagement)} · {words.text('contract')}"
    promised = engagement["promised_date"]
    return _chart(engagement, plan, None, locale=locale, what=what, on=sent_on, promised=promised)


async def order_by_id(uow: UnitOfWork, order_id: UUID) -> Any:
    """A change order's row. Raises `NotFound`."""
    order = await order_queries.change_order_by_id(uow, order_id)
    if order is None:
        raise NotFound("No change order with this id.", field="changeOrderId")
    return order


async def contract_by_id(uow: UnitOfWork, contract_id: UUID) -> Any:
    """A services contract's row. Raises `NotFound`."""
    contract = await engagement_queries.contract_by_id(uow, contract_id)
    if contract is None:
        raise NotFound("No services contract with this id.")
    return contract


def _version(versions: dict[int, Any], number: int) -> Any:
    if number not in versions:
        raise NotFound(f"There is no scope version {number}.", code="NO_SCOPE_VERSION")
    return versions[number]


def _promised(engagement: Any, baseline: Any, agreed: Any) -> date | None:
    """The date that was promised, or the later one that the client has agreed to since; None where none ever was."""
    promised: date | None = engagement["promised_date"]
    if promised is None:
        return None
    return promised_date(
        promised,
        baseline_delivery=baseline["delivery_date"],
        current_delivery=agreed["delivery_date"],
    )


def _chart(
    engagement: Any,
    after: DrawnPlan,
    before: DrawnPlan | None,
    *,
    locale: str,
    what: str,
    on: date,
    promised: date | None,
    current_label: str = "",
    baseline_label: str = "",
    change_days: int | None = None,
    status_date: date | None = None,
) -> GanttChart:
    words = words_of(locale)
    if before is not None and change_days is None:
        days = Timeline(before.calendar, before.start_date)
        change_days = days_between(days, before.delivery_date, after.delivery_date)
    late = 0
    if promised is not None:
        days = Timeline(after.calendar, after.start_date)
        late = max(0, days_between(days, promised, after.delivery_date))
    return GanttChart(
        title=engagement["name"],
        subtitle=words.text("as_of", what=what, date=words.long_date(on)),
        words=words,
        rows=rows_of(after, before),
        links=after.links,
        calendar=after.calendar,
        has_baseline=before is not None,
        baseline_label=baseline_label,
        current_label=current_label,
        delivery_before=before.delivery_date if before else None,
        delivery_after=after.delivery_date if after.lines else None,
        change_days=change_days or 0,
        promised_date=promised,
        promised_late_days=late,
        status_date=status_date,
    )
