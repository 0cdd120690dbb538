"""What a change order would do: a pure calculation that preview and approval share.

The fingerprint covers all that the client is shown and agrees to: the base scope, the changes, every line, the tax, the sums,
the dates. It leaves out what moves by itself between sending and signing: the day, and the money held.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from services.rules.budgets import Budget
from services.rules.calendars import CalendarTerms, Timeline, WorkingCalendar
from services.rules.change_orders.arrangements import Arrangement, arrangements_of
from services.rules.change_orders.effects import (
    ChangeLine,
    ItemShift,
    KillFeeExposure,
    MilestoneShift,
    RetainerEffect,
    Shifts,
    float_consumed,
    item_shifts,
    kill_fee_exposure,
    lines_of,
    milestone_shifts,
    tax_change,
)
from services.rules.change_orders.life import ChangeReason
from services.rules.change_orders.terms import OrderTerms, StartingPoint, starting_point
from services.rules.change_orders.totals import (
    ContingencyEffect,
    RunningTotals,
    draw_contingency,
    running_totals,
)
from services.rules.errors import Conflict, Stale
from services.rules.money import minor_units
from services.rules.retainers import deposit_target, shortfall
from services.rules.schedule import Schedule
from services.rules.scope import (
    Accelerate,
    AddItem,
    Change,
    ChangeKind,
    Scope,
    ScopeDiff,
    ScopeItem,
    apply_calendar_changes,
    apply_changes,
    change_kinds,
    change_to_data,
    diff,
    item_fee,
    scope_fingerprint,
)
from services.rules.scope.codec import canonical_sha256
from services.rules.taxes import TaxSubtotal

__all__ = [
    "ChangePreview",
    "OrderTerms",
    "StartingPoint",
    "check_base",
    "check_fingerprint",
    "preview",
    "preview_on",
    "starting_point",
]


@dataclass(frozen=True, slots=True)
class ChangePreview:
    """All that a change order says. `changes` are the effective ones: a minimum fee stands among them as an item."""

    base_fingerprint: str
    scope: Scope
    scope_fingerprint: str
    changes: tuple[Change, ...]
    reason: ChangeReason
    difference: ScopeDiff
    kinds: frozenset[ChangeKind]
    lines: tuple[ChangeLine, ...]
    """Item by item."""
    arrangements: tuple[Arrangement, ...]
    """What is arranged besides."""
    totals: RunningTotals
    tax_change: tuple[TaxSubtotal, ...]
    """The change of each tax category, signed; categories that do not change are left out."""
    budget_before: Budget
    budget_after: Budget
    contingency: ContingencyEffect
    calendar_before: CalendarTerms
    calendar_after: CalendarTerms
    """The engagement's calendar; item calendars are part of the scope."""
    schedule_before: Schedule
    schedule_after: Schedule
    change_days: int
    """Working days added to the plan; negative = earlier."""
    milestones: tuple[MilestoneShift, ...]
    shifts: tuple[ItemShift, ...]
    """Every item that moves, comes or goes."""
    float_consumed_days: int
    """Total float that the leaves lose, added up."""
    promised_date: date | None
    retainer: RetainerEffect
    kill_fee: KillFeeExposure
    fingerprint: str

    @property
    def delivery_before(self) -> date:
        """The delivery date as agreed so far."""
        return self.schedule_before.finish_date

    @property
    def delivery_after(self) -> date:
        """The delivery date once the order is signed."""
        return self.schedule_after.finish_date

    @property
    def tax_change_minor(self) -> int:
        """The change of the tax, signed."""
        return self.budget_after.tax_minor - self.budget_before.tax_minor

    @property
    def cost_change_minor(self) -> int:
        """The change of the cost, signed."""
        return self.budget_after.cost_minor - self.budget_before.cost_minor

    @property
    def margin_change_minor(self) -> int:
        """The change of the margin: what the order adds to the fee less what it adds to the cost."""
        return self.totals.this_change_minor - self.cost_change_minor

    @property
    def total_change_minor(self) -> int:
        """The change including tax, signed."""
        return self.totals.this_change_minor + self.tax_change_minor

    @property
    def critical_entered(self) -> tuple[str, ...]:
        """The leaves that the order makes critical, in the order of the path after."""
        before = set(self.schedule_before.critical_path)
        return tuple(key for key in self.schedule_after.critical_path if key not in before)

    @property
    def critical_left(self) -> tuple[str, ...]:
        """The leaves that are critical no more, in the order of the path before."""
        after = set(self.schedule_after.critical_path)
        return tuple(key for key in self.schedule_before.critical_path if key not in after)

    @property
    def misses_promise_before(self) -> bool | None:
        """Whether the delivery lay behind the promised date already; None where none was promised."""
        return None if self.promised_date is None else self.delivery_before > self.promised_date

    @property
    def misses_promise_after(self) -> bool | None:
        """Whether the delivery lies behind the promised date then; None where none was promised."""
        return None if self.promised_date is None else self.delivery_after > self.promised_date


def preview(
    base: Scope,
    changes: Sequence[Change],
    *,
    reason: ChangeReason = ChangeReason.CLIENT_REQUEST,
    contingency_draw_minor: int = 0,
    **terms: Any,
) -> ChangePreview:
    """What `changes` do to the `base` scope, on the `OrderTerms` given by name. Raises what its two parts raise.

    The `calendar` may also be a `WorkingCalendar`, whose days off then are the agreed ones.
    """
    calendar = terms["calendar"]
    if isinstance(calendar, WorkingCalendar):
        calendar = CalendarTerms(
            weekend=calendar.weekend, days_off=tuple(sorted(calendar.days_off))
        )
    known = OrderTerms(**{**terms, "calendar": calendar})
    return preview_on(
        starting_point(base, known),
        changes,
        known,
        reason=reason,
        contingency_draw_minor=contingency_draw_minor,
    )


def preview_on(
    start: StartingPoint,
    changes: Sequence[Change],
    terms: OrderTerms,
    *,
    reason: ChangeReason = ChangeReason.CLIENT_REQUEST,
    contingency_draw_minor: int = 0,
) -> ChangePreview:
    """What `changes` do from a starting point, which must be sound, and the sum of the original and the approved orders.

    Raises what `apply_changes`, `compute_schedule` and `draw_contingency` raise; InvalidInput (CURRENCY_UNKNOWN); Conflict
    (SUMS_DISAGREE) when the fee of the base is not the original sum plus the approved changes.
    """
    minor_units(terms.currency)
    base, budget_before, schedule_before = start.scope, start.budget, start.schedule
    # Nobody pays a fee for having our own error put right.
    minimum_fee = 0 if reason is ChangeReason.OWN_ERROR else terms.clause.minimum_fee_minor
    effective, after = _with_minimum_fee(start, tuple(changes), terms, minimum_fee)
    budget_after = terms.budget(after)
    this_change = budget_after.fee_minor - budget_before.fee_minor
    contingency = draw_contingency(
        budget_before.contingency_minor, contingency_draw_minor, this_change
    )
    if contingency.drawn_minor:
        budget_after = replace(budget_after, contingency_minor=contingency.after_minor)
    totals = running_totals(terms.original_sum_minor, terms.approved_minor, this_change)
    if totals.sum_before_minor != budget_before.fee_minor:
        raise Conflict(
            "The scope does not add up to the contract sum and the approved change orders.",
            code="SUMS_DISAGREE",
            scope_minor=budget_before.fee_minor,
            sums_minor=totals.sum_before_minor,
        )
    calendar_after = apply_calendar_changes(terms.calendar, effective)
    schedule_after = terms.schedule(after, calendar_after)
    days_before, _ = terms.expand(base, terms.calendar)
    is_other = calendar_after != terms.calendar or after.calendars != base.calendars
    shifts = Shifts(
        schedule_before, schedule_after, Timeline(days_before, terms.start) if is_other else None
    )
    outline_after = after.in_outline_order()
    difference = diff(base, after)
    required_after = deposit_target(budget_after.total_minor, terms.retainer_share)
    accelerated = {change.item_key for change in effective if isinstance(change, Accelerate)}
    lines = lines_of(base, outline_after, difference, accelerated)
    taxes = tax_change(budget_before.tax_subtotals, budget_after.tax_subtotals)
    milestones = milestone_shifts(start.outline, outline_after, shifts)
    new_fingerprint = scope_fingerprint(after, texts=start.texts)
    content = {
        "base": start.fingerprint,
        "scope": new_fingerprint,
        "changes": [change_to_data(change) for change in effective],
        "reason": reason.value,
        "currency": terms.currency,
        "lines": [
            [line.action, line.item_key, line.fee_before_minor, line.fee_after_minor]
            for line in lines
        ],
        "sums": [
            totals.original_sum_minor,
            totals.previously_approved_minor,
            totals.this_change_minor,
            totals.new_sum_minor,
        ],
        "tax": [[tax.tax_code, tax.tax_bps, tax.taxable_minor, tax.tax_minor] for tax in taxes],
        "total": [budget_before.total_minor, budget_after.total_minor],
        "contingency": [budget_before.contingency_minor, budget_after.contingency_minor],
        "retention": [budget_before.retention_minor, budget_after.retention_minor],
        "deposit": required_after,
        "milestones": [
            [shift.item_key, _iso(shift.before), _iso(shift.after), shift.shift_days]
            for shift in milestones
        ],
        "schedule": [_schedule_content(schedule_before), _schedule_content(schedule_after)],
    }
    # What an order does not use leaves no trace: one that was sent before this existed keeps its fingerprint.
    if contingency.drawn_minor:
        content["contingency_draw"] = contingency.drawn_minor
    if calendar_after != terms.calendar:
        content["calendar"] = [_calendar_content(each) for each in (terms.calendar, calendar_after)]
    return ChangePreview(
        base_fingerprint=start.fingerprint,
        scope=after,
        scope_fingerprint=new_fingerprint,
        changes=effective,
        reason=reason,
        difference=difference,
        kinds=change_kinds(base, effective),
        lines=lines,
        arrangements=arrangements_of(
            effective,
            difference,
            calendar_before=terms.calendar,
            calendar_after=calendar_after,
            working_days=days_before,
        ),
        totals=totals,
        tax_change=taxes,
        budget_before=budget_before,
        budget_after=budget_after,
        contingency=contingency,
        calendar_before=terms.calendar,
        calendar_after=calendar_after,
        schedule_before=schedule_before,
        schedule_after=schedule_after,
        change_days=shifts.of_delivery(),
        milestones=milestones,
        shifts=item_shifts(start.outline, outline_after, shifts),
        float_consumed_days=float_consumed(schedule_before, schedule_after),
        promised_date=terms.promised_date,
        retainer=RetainerEffect(
            terms.retainer_held_minor,
            deposit_target(budget_before.total_minor, terms.retainer_share),
            required_after,
            shortfall(required_after, terms.retainer_held_minor),
        ),
        kill_fee=kill_fee_exposure(terms.kill_fee, budget_before.fee_minor, budget_after.fee_minor),
        fingerprint=canonical_sha256(content),
    )


def check_fingerprint(computed: ChangePreview, shown_fingerprint: str) -> None:
    """Raise Stale (STALE_PREVIEW) unless the order is still exactly what was shown."""
    if computed.fingerprint != shown_fingerprint:
        raise Stale(
            "The change order is no longer what was shown: look at it again before deciding.",
            code="STALE_PREVIEW",
            field="fingerprint",
            current_fingerprint=computed.fingerprint,
        )


def check_base(base_fingerprint: str, current: Scope) -> None:
    """Raise Stale (STALE_BASE) when the scope moved since the order was drafted on it."""
    found = scope_fingerprint(current)
    if found != base_fingerprint:
        raise Stale(
            "The scope has changed since this order was drafted: draft it again on the current one.",
            code="STALE_BASE",
            field="base",
            current_fingerprint=found,
        )


def _with_minimum_fee(
    start: StartingPoint, changes: tuple[Change, ...], terms: OrderTerms, minimum_fee_minor: int
) -> tuple[tuple[Change, ...], Scope]:
    """The changes, with an item that lifts a fee below the minimum up to it, and the scope they lead to.

    A change that lowers the fee pays no minimum: taking work out must not become dearer than leaving it in.
    """
    after = apply_changes(start.scope, changes, locked_keys=terms.locked_keys, is_sound=True)
    change_minor = sum(item_fee(item) for item in after.leaves()) - start.budget.fee_minor
    if not 0 <= change_minor < minimum_fee_minor:
        return changes, after
    # The key follows from the content, so that preview and approval name the item alike without being told.
    seed = [start.fingerprint, [change_to_data(change) for change in changes]]
    roots = [item.position for item in after.items if item.parent_key is None]
    item = ScopeItem(
        f"change-fee-{canonical_sha256(seed)[:16]}",
        terms.clause.minimum_fee_title,
        position=max(roots, default=0) + 1,
        fee_minor=minimum_fee_minor - change_minor,
        tax_code=terms.clause.tax_code,
        tax_bps=terms.clause.tax_bps,
    )
    effective = (*changes, AddItem(item))
    return effective, apply_changes(
        start.scope, effective, locked_keys=terms.locked_keys, is_sound=True
    )


def _calendar_content(terms: CalendarTerms) -> dict[str, Any]:
    return {
        "country": terms.country,
        "region": terms.region,
        "weekend": sorted(terms.weekend),
        "days_off": [day.isoformat() for day in terms.days_off],
    }


def _schedule_content(schedule: Schedule) -> dict[str, Any]:
    return {
        "start": _iso(schedule.start_date),
        "finish": _iso(schedule.finish_date),
        "duration_days": schedule.duration_days,
        "critical_path": list(schedule.critical_path),
    }


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
