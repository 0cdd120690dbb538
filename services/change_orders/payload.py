"""A change order as data for its paper, and as the frozen figures that are stored with it."""

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from services import engagements
from services.change_orders.arrangements import arrangements
from services.change_orders.calculation import Calculation
from services.rules.scope import ItemKind
from services.services_contracts.payload import ContractParties, money, signatures, tax_lines


def order_number(engagement: Any, number: int) -> str:
    """The number that people see, such as 2026-001-CO02."""
    return f"{engagements.number_of(engagement)}-CO{number:02d}"


def change_order_paper(
    order: Any,
    calculation: Calculation,
    parties: ContractParties,
    *,
    number: int,
    locale: str,
    issued_on: date,
    valid_until: date,
    contract_signed_at: datetime,
    change_clause: str | None,
    zone: ZoneInfo,
) -> dict[str, Any]:
    """The payload of kind `change_order` in one language. Free text stands as the practice wrote it, dates are in `zone`."""
    found, engagement, currency = (
        calculation.preview,
        calculation.engagement,
        calculation.currency,
    )
    totals = found.totals
    descriptions = {item.item_key: item.description for item in found.scope.items}
    before = calculation.base_version["number"]
    return {
        "document": {
            "number": order_number(engagement, number),
            "version": 1,
            "issued_on": issued_on.isoformat(),
        },
        "practice": parties.practice,
        "client": parties.client,
        "engagement": {
            "title": engagement["name"],
            "contract_number": engagements.number_of(engagement),
            "contract_signed_on": contract_signed_at.astimezone(zone).date().isoformat(),
            "change_clause": change_clause,
        },
        "order": {
            "number": number,
            "title": order["title"],
            "requested_by": order["requested_by"],
            "requested_on": order["requested_on"].isoformat(),
            "offer_valid_until": valid_until.isoformat(),
            "reason": {"code": order["reason"], "text": order["reason_text"] or None},
            "scope_version_before": before,
            "scope_version_after": before + 1,
        },
        "lines": [
            {
                "action": line.action,
                "kind": line.kinds[0].value if line.action == "changed" and line.kinds else None,
                "key": line.item_key,
                "name": line.title,
                "description": descriptions.get(line.item_key) or None,
                "fee_before": None
                if line.fee_before_minor is None
                else money(line.fee_before_minor, currency),
                "fee_after": None
                if line.fee_after_minor is None
                else money(line.fee_after_minor, currency),
                "fee_change": money(line.fee_change_minor, currency),
            }
            for line in found.lines
        ],
        "sums": {
            "original": money(totals.original_sum_minor, currency),
            "previously_approved": money(totals.previously_approved_minor, currency),
            "before": money(totals.sum_before_minor, currency),
            "this_change": money(totals.this_change_minor, currency),
            "after": money(totals.new_sum_minor, currency),
        },
        "tax_change": tax_lines(found.tax_change, currency, locale),
        "total_change": money(found.total_change_minor, currency),
        "total_after": money(found.budget_after.total_minor, currency),
        "previous_orders": [
            {
                "number": row["number"],
                "title": row["title"],
                "approved_on": row["decided_at"].astimezone(zone).date().isoformat(),
                "amount": money(row["change_minor"], currency),
            }
            for row in calculation.approved
        ]
        or None,
        "dates": {
            "change_days": found.change_days,
            "completion_before": found.delivery_before.isoformat(),
            "completion_after": found.delivery_after.isoformat(),
        },
        "milestones": [
            {
                "name": shift.title,
                "before": shift.before.isoformat() if shift.before else None,
                "after": shift.after.isoformat() if shift.after else None,
                "shift_days": shift.shift_days,
            }
            for shift in found.milestones
            if shift.before != shift.after
        ],
        "deliverables": [
            {
                "name": shift.title,
                "deliverable": shift.deliverable,
                "before": shift.finish_before.isoformat() if shift.finish_before else None,
                "after": shift.finish_after.isoformat() if shift.finish_after else None,
                "shift_days": shift.shift_days,
            }
            for shift in found.shifts
            if shift.kind is ItemKind.TASK
            and shift.deliverable
            and shift.finish_before != shift.finish_after
        ]
        or None,
        **arrangements(found),
        "contingency": _contingency(calculation),
        "retainer": _retainer(calculation),
        "signatures": signatures(parties),
    }


def _contingency(calculation: Calculation) -> dict[str, Any] | None:
    effect, currency = calculation.preview.contingency, calculation.currency
    if not effect.before_minor:
        return None
    return {
        "before": money(effect.before_minor, currency),
        "drawn": money(effect.drawn_minor, currency),
        "after": money(effect.after_minor, currency),
    }


def _retainer(calculation: Calculation) -> dict[str, Any] | None:
    effect, currency = calculation.preview.retainer, calculation.currency
    if not calculation.engagement["retainer_numerator"]:
        return None
    return {
        "held": money(effect.held_minor, currency),
        "required_before": money(effect.required_before_minor, currency),
        "required_after": money(effect.required_after_minor, currency),
        "top_up": money(effect.top_up_minor, currency) if effect.top_up_minor else None,
    }
