"""A scope as JSON in the plan format; the command line schedules the same file."""

import json
from typing import Any

from services.rules.calendars import CalendarTerms
from services.rules.plan_exports.exported import ExportedPlan, percent, plain
from services.rules.scope import Dependency, ScopeItem


def write_json(plan: ExportedPlan) -> str:
    """The whole scope, expectations and calendars of items with it. What has its default is left out."""
    data: dict[str, Any] = {
        "name": plan.name,
        "start": plan.start.isoformat(),
        "calendar": _calendar(plan.terms),
        "calendars": {
            each.key: {"title": each.title, **_calendar(each.terms)}
            for each in plan.scope.calendars
        },
        "items": [_item(plan, item) for item in plan.items()],
        "dependencies": [_link(link) for link in plan.scope.dependencies],
        "expectations": [
            {"kind": each.kind.value, "text": each.text} for each in plan.scope.expectations
        ],
    }
    return json.dumps(data, ensure_ascii=False, indent=1) + "\n"


def _calendar(terms: CalendarTerms) -> dict[str, Any]:
    return {
        "country": terms.country,
        "region": terms.region,
        "weekend": sorted(terms.weekend),
        "days_off": [day.isoformat() for day in terms.days_off],
    }


def _item(plan: ExportedPlan, item: ScopeItem) -> dict[str, Any]:
    given: dict[str, Any] = {
        "id": item.item_key,
        "name": item.title,
        "kind": item.kind.value,
        "parent": item.parent_key,
        "description": item.description,
        "duration_days": item.duration_days,
        "quantity": None if item.quantity is None else plain(item.quantity),
        "unit": item.unit,
        "rate": plan.amount(item.rate_minor),
        "fee": plan.amount(item.fee_minor),
        "cost": plan.amount(item.cost_minor) if item.cost_minor else None,
        "effort_minutes": item.effort_minutes or None,
        "tax_code": item.tax_code,
        "tax_rate": percent(item.tax_bps),
        "calendar": item.calendar_key,
        "deliverable": item.deliverable,
        "acceptance_criteria": item.acceptance_criteria,
    }
    if item.allocation_bps != 10_000:
        given["allocation_percent"] = percent(item.allocation_bps)
    if item.constraint_date is not None:
        given["constraint"] = {
            "type": item.constraint_kind.value,
            "date": item.constraint_date.isoformat(),
        }
    elif item.constraint_kind.value != "as_soon_as_possible":
        given["constraint"] = {"type": item.constraint_kind.value}
    return {name: value for name, value in given.items() if value not in (None, "")}


def _link(link: Dependency) -> dict[str, Any]:
    given: dict[str, Any] = {
        "from": link.predecessor_key,
        "to": link.successor_key,
        "type": link.kind.value,
        "lag_days": link.lag_days,
        "lag_kind": link.lag_kind.value,
    }
    if link.max_lag_days is not None:
        given["max_lag_days"] = link.max_lag_days
    return given
