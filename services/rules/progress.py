"""Progress: what a report of work done may say, and what it says about an item as of a date.

The model: a report gives, for one status date, percent complete and actual dates of leaves. Nothing is overwritten. As of a date
the newest line on or before it counts, and an item that the client has accepted is complete whatever was reported.

What is left out is filled in as a scheduler would: work that has begun began on the day reported before, else on its planned
start, and never after the status date; work at 100 % ended on the status date.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from services.rules.dates import check_plausible
from services.rules.errors import InvalidInput, NotFound, RuleViolation
from services.rules.money import BPS, divide_half_even
from services.rules.scope import ItemKind

MAX_REPORTS = 1000
"""The most items that one report may name."""


@dataclass(frozen=True, slots=True)
class ItemProgress:
    """What is known of one item as of a date; `status_date` is the day it was true on."""

    percent_complete_bps: int
    actual_start: date | None
    actual_finish: date | None
    status_date: date

    @property
    def is_complete(self) -> bool:
        """Whether nothing is left to do."""
        return self.percent_complete_bps == BPS


@dataclass(frozen=True, slots=True)
class ItemReport:
    """One line of a report as it was given. A note is needed where percent complete goes down."""

    item_key: str
    percent_complete_bps: int
    actual_start: date | None = None
    actual_finish: date | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class ReportedItem:
    """What a report must know of an item: its kind, its planned start, what was said before, and what later (if anything)."""

    kind: ItemKind
    planned_start: date
    before: ItemProgress | None = None
    after: ItemProgress | None = None
    is_accepted: bool = False


def check_report(
    reports: Sequence[ItemReport],
    items: Mapping[str, ReportedItem],
    *,
    status_date: date,
    today: date,
) -> tuple[ItemProgress, ...]:
    """The progress that each line states, in order, with what was left out filled in. One bad line refuses the report.

    `items` are those of the current scope version by key. Raises, naming `statusDate` or `entries.<n>.…`:
    `InvalidInput` PROGRESS_EMPTY, PROGRESS_TOO_LONG, PROGRESS_ITEM_TWICE, PERCENT_INVALID, DATE for a date to come, after the
    status date or not plausible (DATE_OUT_OF_RANGE), DATE_ORDER for a finish before its start, FINISH_BEFORE_COMPLETE for
    a finish with less than 100 %; `NotFound` ITEM_NOT_FOUND; `RuleViolation` ITEM_IS_SUMMARY, MILESTONE_PARTLY_DONE,
    PROGRESS_DECREASED without a note, ACCEPTED_ITEM_INCOMPLETE.
    """
    if not reports:
        raise InvalidInput("A report says something of an item.", code="PROGRESS_EMPTY", field="entries")  # fmt: skip
    if len(reports) > MAX_REPORTS:
        raise InvalidInput(
            f"A report names at most {MAX_REPORTS} items.",
            code="PROGRESS_TOO_LONG",
            field="entries",
        )
    if status_date > today:
        raise InvalidInput("This date is still to come.", code="DATE", field="statusDate")
    check_plausible(status_date, "statusDate")
    seen: set[str] = set()
    found = []
    for position, report in enumerate(reports):
        field = f"entries.{position}"
        if report.item_key in seen:
            raise InvalidInput(
                f"{report.item_key} stands twice in the report.",
                code="PROGRESS_ITEM_TWICE",
                field=f"{field}.itemKey",
            )
        seen.add(report.item_key)
        item = items.get(report.item_key)
        if item is None:
            raise NotFound(
                "The current scope has no such item.",
                code="ITEM_NOT_FOUND",
                field=f"{field}.itemKey",
            )
        if item.kind is ItemKind.SUMMARY:
            raise RuleViolation(
                "A summary is as far as what it holds; report that.",
                code="ITEM_IS_SUMMARY",
                field=f"{field}.itemKey",
            )
        found.append(_checked(report, item, status_date, field))
    return tuple(found)


def _checked(report: ItemReport, item: ReportedItem, status_date: date, field: str) -> ItemProgress:
    percent = report.percent_complete_bps
    _check_percent(report, item, field)
    for name, day in (("actualStart", report.actual_start), ("actualFinish", report.actual_finish)):
        if day is not None:
            if day > status_date:
                raise InvalidInput(
                    "What is reported has happened by the status date.",
                    code="DATE",
                    field=f"{field}.{name}",
                )
            check_plausible(day, f"{field}.{name}")
    if report.actual_finish is not None and percent < BPS:
        raise InvalidInput(
            "What has ended is complete: 100 %.",
            code="FINISH_BEFORE_COMPLETE",
            field=f"{field}.actualFinish",
        )
    finish = report.actual_finish
    if finish is None and percent == BPS:
        said = item.before.actual_finish if item.before else None
        finish = said or status_date
    start = report.actual_start
    if start is None and item.before is not None:
        start = item.before.actual_start
    if start is None and percent > 0:
        start = min(item.planned_start, finish or status_date)
    if start is not None and finish is not None and finish < start:
        raise InvalidInput(
            f"It cannot end before it began on {start}.",
            code="DATE_ORDER",
            field=f"{field}.actualFinish",
        )
    return ItemProgress(percent, start, finish, status_date)


def _check_percent(report: ItemReport, item: ReportedItem, field: str) -> None:
    percent = report.percent_complete_bps
    field = f"{field}.percentCompleteBps"
    if type(percent) is not int or not 0 <= percent <= BPS:
        raise InvalidInput(
            f"Percent complete is from 0 to {BPS} basis points.",
            code="PERCENT_INVALID",
            field=field,
        )
    if item.kind is ItemKind.MILESTONE and percent not in {0, BPS}:
        raise RuleViolation(
            "A milestone is reached or not.", code="MILESTONE_PARTLY_DONE", field=field
        )
    if item.is_accepted and percent < BPS:
        raise RuleViolation(
            "The client has accepted it: it is complete.",
            code="ACCEPTED_ITEM_INCOMPLETE",
            field=field,
        )
    before, after = item.before, item.after
    goes_down = (before is not None and percent < before.percent_complete_bps) or (
        after is not None and after.percent_complete_bps < percent
    )
    if goes_down and not report.note:
        raise RuleViolation(
            "Percent complete goes down; say why in a note.", code="PROGRESS_DECREASED", field=field
        )


def with_acceptance(progress: ItemProgress | None, accepted_on: date) -> ItemProgress:
    """The progress of an item that the client accepted on a day: complete, ended on the day reported or else on that day."""
    if progress is None:
        return ItemProgress(BPS, None, accepted_on, accepted_on)
    if progress.is_complete:
        return progress
    start = progress.actual_start
    finish = accepted_on if start is None else max(accepted_on, start)
    return ItemProgress(BPS, start, finish, max(progress.status_date, accepted_on))


def percent_of(parts: Sequence[tuple[int, int]]) -> int:
    """Percent complete, in basis points, of a whole from (duration in days, percent complete in basis points) of its leaves.

    Weighted by duration as schedulers do; where nothing has a duration (milestones alone) each part weighs the same. Whole
    only when every part is: rounding never says 100 % of what is not done. An empty whole has not begun.
    """
    weights = [days for days, _ in parts]
    if not any(weights):
        weights = [1] * len(parts)
    total = sum(weights)
    if not total:
        return 0
    done = sum(weight * percent for weight, (_, percent) in zip(weights, parts, strict=True))
    percent = divide_half_even(done, total)
    if percent == BPS and any(each < BPS for _, each in parts):
        return BPS - 1
    return percent
