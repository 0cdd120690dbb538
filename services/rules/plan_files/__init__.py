"""Plans that come as files: read strictly, every problem named at once, nothing stored.

Four forms are known. JSON: the plan format of the command line (`start`, `items`, `dependencies`), and the form in which a
scheduler's recorded plan comes (`project_start`, `items[].duration`, `deps`, `children`). CSV: one item a line, with
predecessors as in `3FS-15d`. Microsoft Project's XML, from elements that a parser has read. All become the same `Plan`.

What this package does not do: schedule, or look anything up. Whether items form a circle is for `services.rules.schedule`.
"""

from services.rules.plan_files.json_plans import read_json
from services.rules.plan_files.plan import (
    Plan,
    PlanCalendar,
    PlanItem,
    PlanItemCalendar,
    PlanLink,
    PlanProblem,
    Severity,
)
from services.rules.plan_files.project_files import read_project
from services.rules.plan_files.tables import read_csv

__all__ = [
    "Plan",
    "PlanCalendar",
    "PlanItem",
    "PlanItemCalendar",
    "PlanLink",
    "PlanProblem",
    "Severity",
    "read_csv",
    "read_json",
    "read_project",
]
