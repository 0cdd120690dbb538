"""Preparing a plan: everything that is checked and laid out once, for any calendar."""

from collections.abc import Sequence

from services.rules.schedule.items import ScheduleItem, ScheduleLink
from services.rules.schedule.loops import check_loops
from services.rules.schedule.network import PreparedPlan, lay_out
from services.rules.schedule.structure import Structure, read_structure


def check_network(items: Sequence[ScheduleItem], links: Sequence[ScheduleLink]) -> None:
    """Raise what `compute_schedule` would raise for the structure, without a calendar."""
    prepare_plan(items, links)


def prepare_plan(items: Sequence[ScheduleItem], links: Sequence[ScheduleLink]) -> PreparedPlan:
    """Check everything that does not need a calendar and lay out the graph, ready to be computed any number of times.

    Raises InvalidInput (SCHEDULE_INVALID, SCHEDULE_DUPLICATE_ITEM, SCHEDULE_UNKNOWN_ITEM, SCHEDULE_SELF_LINK,
    SCHEDULE_LINK_INSIDE_SUMMARY, SCHEDULE_PARENT_CYCLE, and for progress that cannot be ACTUAL_START_MISSING,
    ACTUAL_FINISH_MISSING, ACTUAL_FINISH_BEFORE_START, PERCENT_CONTRADICTS_FINISH) and RuleViolation (SCHEDULE_CYCLE,
    SCHEDULE_CONTRADICTION); the items concerned are in `details["items"]`, the links of a contradiction in
    `details["links"]`.
    """
    return prepare_links(read_structure(items), links)


def prepare_links(structure: Structure, links: Sequence[ScheduleLink]) -> PreparedPlan:
    """The same for items that are checked already; raises what it raises for links and circles."""
    plan = lay_out(structure, tuple(links))
    if plan.loops:
        check_loops(plan)
    return plan
