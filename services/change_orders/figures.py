"""Everything a preview shows, as plain data: what is stored with an order that is sent, and what the API answers from."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from services.change_orders.calculation import Calculation
from services.rules.calendars import CalendarTerms
from services.rules.change_orders import ChangePreview
from services.rules.change_orders.arrangements import Arrangement
from services.rules.kill_fees import KillFee
from services.rules.scope import Dependency


def frozen_figures(calculation: Calculation) -> dict[str, Any]:
    """The figures of a calculation: stored when the order is sent, and read back ever after.

    What is stored is never written again, so a name may be added here and never taken out; readers expect orders without the
    later ones.
    """
    found = calculation.preview
    return {
        "currency": calculation.currency,
        "reason": found.reason.value,
        "base_number": calculation.base_version["number"],
        "kinds": sorted(found.kinds),
        **_lines(found),
        "arrangements": [_arrangement(each) for each in found.arrangements],
        **_sums(found),
        **_dates(found),
        "retainer": {
            "held_minor": found.retainer.held_minor,
            "required_before_minor": found.retainer.required_before_minor,
            "required_after_minor": found.retainer.required_after_minor,
            "top_up_minor": found.retainer.top_up_minor,
        },
        "contingency": {
            "before_minor": found.contingency.before_minor,
            "drawn_minor": found.contingency.drawn_minor,
            "after_minor": found.contingency.after_minor,
        },
        "retention": {
            "before_minor": found.budget_before.retention_minor,
            "after_minor": found.budget_after.retention_minor,
        },
        "kill_fee": {
            "rate_bps": found.kill_fee.after.rate_bps,
            "before": _kill_fee(found.kill_fee.before),
            "after": _kill_fee(found.kill_fee.after),
        },
        "fingerprint": found.fingerprint,
    }


def _lines(found: ChangePreview) -> dict[str, Any]:
    return {
        "lines": [
            {
                "action": line.action,
                "item_key": line.item_key,
                "title": line.title,
                "kinds": list(line.kinds),
                "fee_before_minor": line.fee_before_minor,
                "fee_after_minor": line.fee_after_minor,
                "fee_change_minor": line.fee_change_minor,
                "cost_before_minor": line.cost_before_minor,
                "cost_after_minor": line.cost_after_minor,
                "changed_fields": list(line.changed_fields),
            }
            for line in found.lines
        ]
    }


def _sums(found: ChangePreview) -> dict[str, Any]:
    totals = found.totals
    return {
        "original_sum_minor": totals.original_sum_minor,
        "previously_approved_minor": totals.previously_approved_minor,
        "sum_before_minor": totals.sum_before_minor,
        "change_minor": totals.this_change_minor,
        "new_sum_minor": totals.new_sum_minor,
        "net_change_bps": totals.net_change_bps,
        "tax": [
            {
                "tax_code": each.tax_code,
                "tax_bps": each.tax_bps,
                "taxable_minor": each.taxable_minor,
                "tax_minor": each.tax_minor,
            }
            for each in found.tax_change
        ],
        "tax_change_minor": found.tax_change_minor,
        "total_change_minor": found.total_change_minor,
        "total_before_minor": found.budget_before.total_minor,
        "total_after_minor": found.budget_after.total_minor,
        "cost_before_minor": found.budget_before.cost_minor,
        "cost_after_minor": found.budget_after.cost_minor,
        "cost_change_minor": found.cost_change_minor,
    }


def _dates(found: ChangePreview) -> dict[str, Any]:
    return {
        "change_days": found.change_days,
        "completion_before": found.delivery_before.isoformat(),
        "completion_after": found.delivery_after.isoformat(),
        "promised_date": _iso(found.promised_date),
        "calendar_before": _calendar(found.calendar_before),
        "calendar_after": _calendar(found.calendar_after),
        "critical_path_before": list(found.schedule_before.critical_path),
        "critical_path_after": list(found.schedule_after.critical_path),
        "float_consumed_days": found.float_consumed_days,
        "milestones": [
            {
                "item_key": shift.item_key,
                "title": shift.title,
                "before": _iso(shift.before),
                "after": _iso(shift.after),
                "shift_days": shift.shift_days,
            }
            for shift in found.milestones
        ],
        "shifts": [
            {
                "item_key": shift.item_key,
                "title": shift.title,
                "kind": shift.kind.value,
                "start_before": _iso(shift.start_before),
                "start_after": _iso(shift.start_after),
                "finish_before": _iso(shift.finish_before),
                "finish_after": _iso(shift.finish_after),
                "shift_days": shift.shift_days,
                "float_before_days": shift.float_before_days,
                "float_after_days": shift.float_after_days,
            }
            for shift in found.shifts
        ],
    }


def _kill_fee(fee: KillFee) -> dict[str, int]:
    return {
        "amount_minor": fee.amount_minor,
        "unearned_minor": fee.unearned_minor,
        "cap_minor": fee.cap_minor,
    }


def _arrangement(each: Arrangement) -> dict[str, Any]:
    pause, expectation = each.pause, each.expectation
    return {
        "arranged": each.arranged.value,
        "kind": each.kind.value,
        "link_before": _link(each.link_before),
        "link_after": _link(each.link_after),
        "pause": None
        if pause is None
        else {
            "first_day": pause.first_day.isoformat(),
            "last_day": pause.last_day.isoformat(),
            "reason": pause.reason,
            "working_days": each.pause_working_days,
        },
        "calendar_key": each.calendar_key,
        "calendar_title": each.calendar_title,
        "calendar_before": _calendar(each.calendar_before),
        "calendar_after": _calendar(each.calendar_after),
        "expectation": None
        if expectation is None
        else {"kind": expectation.kind.value, "text": expectation.text},
    }


def _link(link: Dependency | None) -> dict[str, Any] | None:
    if link is None:
        return None
    return {
        "predecessor_key": link.predecessor_key,
        "successor_key": link.successor_key,
        "kind": link.kind.value,
        "lag_days": link.lag_days,
        "lag_kind": link.lag_kind.value,
        "max_lag_days": link.max_lag_days,
    }


def _calendar(terms: CalendarTerms | None) -> dict[str, Any] | None:
    if terms is None:
        return None
    return {
        "country": terms.country,
        "region": terms.region,
        "weekend": sorted(terms.weekend),
        "days_off": _isos(terms.days_off),
    }


def _isos(days: Sequence[date]) -> list[str]:
    return [day.isoformat() for day in days]


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
