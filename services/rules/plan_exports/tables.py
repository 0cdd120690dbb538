"""A scope as CSV: one item a line, in the columns that an import reads."""

import csv
import io
from typing import Final

from services.rules.formulas import guarded
from services.rules.plan_exports.exported import ExportedPlan, percent, plain
from services.rules.plan_files.tables import COLUMNS
from services.rules.schedule import LagKind
from services.rules.scope import Dependency, ScopeItem

_TEXTS: Final = frozenset(
    {"item_key", "parent_key", "title", "description", "unit", "tax_code", "deliverable", "acceptance_criteria"}
)  # fmt: skip
"""The columns that hold what a person wrote, where a formula may hide."""


def write_csv(plan: ExportedPlan) -> str:
    """The items and their links. Expectations and calendars have no place in a table: an import leaves those of the draft."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    before: dict[str, list[Dependency]] = {}
    for link in plan.scope.dependencies:
        before.setdefault(link.successor_key, []).append(link)
    for item in plan.items():
        cells = _cells(plan, item, before.get(item.item_key, []))
        writer.writerow(
            [
                guarded(cells.get(name) or "") if name in _TEXTS else cells.get(name) or ""
                for name in COLUMNS
            ]
        )
    return text.getvalue()


def _cells(plan: ExportedPlan, item: ScopeItem, links: list[Dependency]) -> dict[str, str | None]:
    return {
        "item_key": item.item_key,
        "parent_key": item.parent_key,
        "kind": item.kind.value,
        "title": item.title,
        "description": item.description,
        "quantity": None if item.quantity is None else plain(item.quantity),
        "unit": item.unit,
        "rate": plan.amount(item.rate_minor),
        "fee": plan.amount(item.fee_minor),
        "cost": plan.amount(item.cost_minor) if item.cost_minor else None,
        "effort_minutes": str(item.effort_minutes or ""),
        "tax_code": item.tax_code,
        "tax_rate": percent(item.tax_bps),
        "duration_days": str(item.duration_days) if item.duration_days else None,
        "predecessors": "; ".join(predecessor(link) for link in links),
        "constraint_type": None
        if item.constraint_kind.value == "as_soon_as_possible"
        else item.constraint_kind.value,
        "constraint_date": item.constraint_date.isoformat() if item.constraint_date else None,
        "calendar": item.calendar_key,
        "allocation_percent": None if item.allocation_bps == 10_000 else percent(item.allocation_bps),
        "deliverable": item.deliverable,
        "acceptance_criteria": item.acceptance_criteria,
    }  # fmt: skip


def predecessor(link: Dependency) -> str:
    """A link as in `design FS+2d`, `design SS-1ed<=5ed`; the blank keeps a key apart that itself ends in FS."""
    unit = "ed" if link.lag_kind is LagKind.ELAPSED else "d"
    most = "" if link.max_lag_days is None else f"<={link.max_lag_days}{unit}"
    # An elapsed lag of none still differs from a working one, by what it is counted in.
    lag = f"{link.lag_days:+d}{unit}" if link.lag_days or unit == "ed" or most else ""
    return f"{link.predecessor_key} {link.kind.value}{lag}{most}"
