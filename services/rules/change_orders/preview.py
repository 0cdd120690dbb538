"""What a change order would do: a pure calculation that preview and approval share.

The fingerprint covers all that the client is shown and agrees to: the base scope, the changes, every line, the tax, the sums,
the dates. It leaves out what moves by itself between sending and signing: the day, and the money held.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from services.rules.budgets import Budget, compute_budget
from services.rules.calendars import WorkingCalendar
from services.rules.change_orders.life import ChangeClause, ChangeReason
from services.rules.change_orders.totals import RunningTotals, running_totals
from services.rules.errors import Conflict, Stale
from services.rules.money import minor_units
from services.rules.retainers import ONE_THIRD, RetainerShare, deposit_target, shortfall
from services.rules.schedule import Schedule
from services.rules.scope import (
    AddItem,
    Change,
    ItemKind,
    Scope,
    ScopeDiff,
    ScopeItem,
    apply_changes,
    change_to_data,
    diff,
    item_fee,
    schedule_scope,
    scope_fingerprint,
)
from services.rules.scope.codec import canonical_sha256
from services.rules.taxes import TaxSubtotal


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """One item that the order adds, removes or changes; net fees, None where the item is not in that state."""

    action: Literal["added", "removed", "changed"]
    item_key: str
    title: str
    fee_before_minor: int | None
    fee_after_minor: int | None
    changed_fields: tuple[str, ...] = ()

    @property
    def fee_change_minor(self) -> int:
        """What the line adds to the fee; negative when it takes off."""
        return (self.fee_after_minor or 0) - (self.fee_before_minor or 0)


@dataclass(frozen=True, slots=True)
class MilestoneShift:
    """Where a milestone goes. `shift_days` are working days, positive = later, 0 for one that is added or removed."""

    item_key: str
    title: str
    before: date | None
    after: date | None
    shift_days: int


@dataclass(frozen=True, slots=True)
class RetainerEffect:
    """What the order does to the deposit: the agreed share of the total including tax, and what is then missing."""

    held_minor: int
    required_before_minor: int
    required_after_minor: int
    top_up_minor: int


@dataclass(frozen=True, slots=True)
class ChangePreview:
    """All that a change order says. `changes` are the effective ones: a minimum fee stands among them as an item."""

    base_fingerprint: str
    scope: Scope
    scope_fingerprint: str
    changes: tuple[Change, ...]
    difference: ScopeDiff
    lines: tuple[ChangeLine, ...]
    totals: RunningTotals
    tax_change: tuple[TaxSubtotal, ...]
    """The change of each tax category, signed; categories that do not change are left out."""
    budget_before: Budget
    budget_after: Budget
    schedule_before: Schedule
    schedule_after: Schedule
    milestones: tuple[MilestoneShift, ...]
    retainer: RetainerEffect
    fingerprint: str

    @property
    def change_days(self) -> int:
        """Working days added to the plan; negative = earlier."""
        return self.schedule_after.duration_days - self.schedule_before.duration_days

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
    def total_change_minor(self) -> int:
        """The change including tax, signed."""
        return self.totals.this_change_minor + self.tax_change_minor


def preview(
    base: Scope,
    changes: Sequence[Change],
    *,
    calendar: WorkingCalendar,
    start: date,
    clause: ChangeClause,
    currency: str,
    original_sum_minor: int,
    approved_minor: Sequence[int] = (),
    reason: ChangeReason = ChangeReason.CLIENT_REQUEST,
    contingency_bps: int = 0,
    contingency_minor: int | None = None,
    retention_bps: int = 0,
    retainer_share: RetainerShare = ONE_THIRD,
    retainer_held_minor: int = 0,
    locked_keys: Collection[str] = frozenset(),
) -> ChangePreview:
    """What `changes` do to the `base` scope, which must be the sum of the original and the approved orders.

    Raises what `apply_changes` and `compute_schedule` raise; InvalidInput (CURRENCY_UNKNOWN); Conflict (SUMS_DISAGREE) when
    the fee of the base is not the original sum plus the approved changes.
    """
    minor_units(currency)
    budget_before = compute_budget(
        base,
        contingency_bps=contingency_bps,
        contingency_minor=contingency_minor,
        retention_bps=retention_bps,
    )
    # Nobody pays a fee for having our own error put right.
    minimum_fee = 0 if reason is ChangeReason.OWN_ERROR else clause.minimum_fee_minor
    effective, after = _with_minimum_fee(base, tuple(changes), clause, minimum_fee, locked_keys)
    budget_after = compute_budget(
        after,
        contingency_bps=contingency_bps,
        contingency_minor=contingency_minor,
        retention_bps=retention_bps,
    )
    this_change = budget_after.fee_minor - budget_before.fee_minor
    totals = running_totals(original_sum_minor, approved_minor, this_change)
    if totals.sum_before_minor != budget_before.fee_minor:
        raise Conflict(
            "The scope does not add up to the contract sum and the approved change orders.",
            code="SUMS_DISAGREE",
            scope_minor=budget_before.fee_minor,
            sums_minor=totals.sum_before_minor,
        )
    schedule_before = schedule_scope(base, calendar, start)
    schedule_after = schedule_scope(after, calendar, start)
    difference = diff(base, after)
    required_after = deposit_target(budget_after.total_minor, retainer_share)
    lines = _lines(base, after, difference)
    tax_change = _tax_change(budget_before.tax_subtotals, budget_after.tax_subtotals)
    milestones = _milestones(base, after, schedule_before, schedule_after)
    base_fingerprint, new_fingerprint = scope_fingerprint(base), scope_fingerprint(after)
    content = {
        "base": base_fingerprint,
        "scope": new_fingerprint,
        "changes": [change_to_data(change) for change in effective],
        "reason": reason.value,
        "currency": currency,
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
        "tax": [
            [tax.tax_code, tax.tax_bps, tax.taxable_minor, tax.tax_minor] for tax in tax_change
        ],
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
    return ChangePreview(
        base_fingerprint=base_fingerprint,
        scope=after,
        scope_fingerprint=new_fingerprint,
        changes=effective,
        difference=difference,
        lines=lines,
        totals=totals,
        tax_change=tax_change,
        budget_before=budget_before,
        budget_after=budget_after,
        schedule_before=schedule_before,
        schedule_after=schedule_after,
        milestones=milestones,
        retainer=RetainerEffect(
            retainer_held_minor,
            deposit_target(budget_before.total_minor, retainer_share),
            required_after,
            shortfall(required_after, retainer_held_minor),
        ),
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
    base: Scope,
    changes: tuple[Change, ...],
    clause: ChangeClause,
    minimum_fee_minor: int,
    locked_keys: Collection[str],
) -> tuple[tuple[Change, ...], Scope]:
    """The changes, with an item that lifts a fee below the minimum up to it, and the scope they lead to.

    A change that lowers the fee pays no minimum: taking work out must not become dearer than leaving it in.
    """
    after = apply_changes(base, changes, locked_keys=locked_keys)
    before_minor = sum(item_fee(item) for item in base.leaves())
    change_minor = sum(item_fee(item) for item in after.leaves()) - before_minor
    if not 0 <= change_minor < minimum_fee_minor:
        return changes, after
    # The key follows from the content, so that preview and approval name the item alike without being told.
    seed = [scope_fingerprint(base), [change_to_data(change) for change in changes]]
    roots = [item.position for item in after.items if item.parent_key is None]
    item = ScopeItem(
        f"change-fee-{canonical_sha256(seed)[:16]}",
        clause.minimum_fee_title,
        position=max(roots, default=0) + 1,
        fee_minor=minimum_fee_minor - change_minor,
        tax_code=clause.tax_code,
        tax_bps=clause.tax_bps,
    )
    effective = (*changes, AddItem(item))
    return effective, apply_changes(base, effective, locked_keys=locked_keys)


def _lines(base: Scope, after: Scope, difference: ScopeDiff) -> tuple[ChangeLine, ...]:
    """A line per item that differs, added and changed in outline order, then the removed ones. Headings make no line."""
    old = {item.item_key: item for item in base.items}
    added = {item.item_key for item in difference.added}
    changed = {
        change.item_key: tuple(field.field for field in change.fields)
        for change in difference.changed
    }
    lines = []
    for item in after.in_outline_order():
        key = item.item_key
        if item.kind is ItemKind.SUMMARY and (key in added or not item_fee(old[key])):
            continue
        if key in added:
            lines.append(ChangeLine("added", key, item.title, None, item_fee(item)))
        elif key in changed:
            lines.append(
                ChangeLine(
                    "changed", key, item.title, item_fee(old[key]), item_fee(item), changed[key]
                )
            )
    lines += [
        ChangeLine("removed", item.item_key, item.title, item_fee(item), None)
        for item in difference.removed
        if item.kind is not ItemKind.SUMMARY
    ]
    return tuple(lines)


def _tax_change(
    before: Sequence[TaxSubtotal], after: Sequence[TaxSubtotal]
) -> tuple[TaxSubtotal, ...]:
    old = {(tax.tax_code, tax.tax_bps): tax for tax in before}
    new = {(tax.tax_code, tax.tax_bps): tax for tax in after}
    changes = []
    for key in sorted(old.keys() | new.keys()):
        none = TaxSubtotal(*key, 0, 0)
        was, becomes = old.get(key, none), new.get(key, none)
        taxable = becomes.taxable_minor - was.taxable_minor
        tax = becomes.tax_minor - was.tax_minor
        if taxable or tax:
            changes.append(TaxSubtotal(*key, taxable, tax))
    return tuple(changes)


def _milestones(
    base: Scope, after: Scope, schedule_before: Schedule, schedule_after: Schedule
) -> tuple[MilestoneShift, ...]:
    """Every milestone of either state, those of the new one in outline order first."""
    titles = {
        item.item_key: item.title
        for scope in (after, base)
        for item in scope.in_outline_order()
        if item.kind is ItemKind.MILESTONE
    }
    new_titles = {item.item_key: item.title for item in after.items}
    shifts = []
    for key, title in titles.items():
        was, becomes = schedule_before.items.get(key), schedule_after.items.get(key)
        shift = becomes.early_finish - was.early_finish if was and becomes else 0
        shifts.append(
            MilestoneShift(
                key,
                new_titles.get(key, title),
                was.finish_date if was else None,
                becomes.finish_date if becomes else None,
                shift,
            )
        )
    return tuple(shifts)


def _schedule_content(schedule: Schedule) -> dict[str, Any]:
    return {
        "start": _iso(schedule.start_date),
        "finish": _iso(schedule.finish_date),
        "duration_days": schedule.duration_days,
        "critical_path": list(schedule.critical_path),
    }


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
