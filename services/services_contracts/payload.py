"""The services contract as data for its template: a scope, its dates and figures, and the terms of the engagement."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from operator import itemgetter
from typing import Any

from contracts import formats
from services import calendars, engagements
from services.approval_tiers import roles_in_order, tiers_of
from services.rules.money import BPS, divide_half_even
from services.rules.retainers import RetainerShare, deposit_target
from services.rules.scope import Expectation, ExpectationKind, ItemKind, ScopeItem
from services.scopes import ScopeState

TAX_LABELS = {"en": "VAT", "da": "moms"}
"""What the reader calls value added tax."""

_WORDS = {
    "en": {
        "accepted": "On acceptance of “{name}”",
        "signature": "On signature",
        "kill_fee": "from signature until the work is delivered",
        "kill_fee_first": "before {to} of the fee has been earned",
        "kill_fee_next": "once {at} of the fee has been earned, and before {to}",
        "kill_fee_last": "once {at} of the fee has been earned",
        "keys": {"exclusion": "X", "assumption": "A", "no_guarantee": "G"},
        "roles": {
            "signer": "signatory",
            "billing": "billing contact",
            "sponsor": "sponsor",
            "stakeholder": "stakeholder",
        },
    },
    "da": {
        "accepted": "Ved godkendelse af »{name}«",
        "signature": "Ved underskrift",
        "kill_fee": "fra underskrift, og indtil arbejdet er leveret",
        "kill_fee_first": "før {to} af honoraret er optjent",
        "kill_fee_next": "når {at} af honoraret er optjent, men ikke {to}",
        "kill_fee_last": "når {at} af honoraret er optjent",
        "keys": {"exclusion": "U", "assumption": "F", "no_guarantee": "G"},
        "roles": {
            "signer": "underskriftsberettiget",
            "billing": "faktureringskontakt",
            "sponsor": "opdragsgiver",
            "stakeholder": "interessent",
        },
    },
}


@dataclass(frozen=True)
class ContractParties:
    """Who the contract names: `Party` dicts of `contracts`, and the people who sign."""

    practice: dict[str, Any]
    client: dict[str, Any]
    practice_signer: str
    client_signers: Sequence[str]
    change_requesters: Sequence[str] = ()


def money(amount_minor: int, currency: str) -> dict[str, Any]:
    """An amount as papers take it."""
    return {"amount_minor": amount_minor, "currency": currency}


def tax_lines(subtotals: Sequence[Any], currency: str, locale: str) -> list[dict[str, Any]]:
    """Tax by category, as papers take it; categories at 0 % are shown as well."""
    return [
        {
            "label": TAX_LABELS[locale],
            "rate_bps": each.tax_bps,
            "base": money(each.taxable_minor, currency),
            "amount": money(each.tax_minor, currency),
        }
        for each in subtotals
    ]


def retainer_minor(engagement: Any, total_minor: int) -> int:
    """The deposit that the contract asks for: the agreed share of the expected total, tax included."""
    share = RetainerShare(engagement["retainer_numerator"], engagement["retainer_denominator"])
    return deposit_target(total_minor, share)


def signatures(parties: ContractParties) -> list[dict[str, Any]]:
    """The signature block: the practice first."""
    return [
        {"party_name": parties.practice["name"], "signer_name": parties.practice_signer},
        *(
            {"party_name": parties.client["name"], "signer_name": name}
            for name in parties.client_signers
        ),
    ]


def services_contract(
    engagement: Any,
    state: ScopeState,
    parties: ContractParties,
    *,
    locale: str,
    issue: int,
    issued_on: date,
) -> dict[str, Any]:
    """The payload of kind `services_contract` in one language. Free text stands as the practice wrote it."""
    currency = engagement["currency"]
    budget, schedule = state.budget, state.schedule
    phases = _phases(engagement, state)
    return {
        "document": {
            "number": engagements.number_of(engagement),
            "version": issue,
            "issued_on": issued_on.isoformat(),
        },
        "practice": parties.practice,
        "client": parties.client,
        "engagement": {"title": engagement["name"], "purpose": engagement["purpose"] or None},
        "scope": {"version": 1, "phases": phases},
        "totals": {
            "fee": money(budget.fee_minor, currency),
            "taxes": tax_lines(budget.tax_subtotals, currency, locale),
            "total": money(budget.total_minor, currency),
            "contingency": money(budget.contingency_minor, currency)
            if budget.contingency_minor
            else None,
        },
        "timeline": {
            "starts_on": schedule.start_date.isoformat(),
            "delivery_on": schedule.finish_date.isoformat(),
            "milestones": sorted(
                (
                    {
                        "name": item.title,
                        "due_on": schedule.items[item.item_key].finish_date.isoformat(),
                    }
                    for item in state.scope.in_outline_order()
                    if item.kind is ItemKind.MILESTONE
                ),
                key=itemgetter("due_on"),
            ),
        },
        "calendar": _calendar(engagement),
        "expectations": _expectations(state.scope.expectations, locale),
        "payment": {
            "instalments": _instalments(phases, locale),
            "terms_days": engagement["payment_terms_days"],
        },
        "clauses": _clauses(engagement, state, parties, locale),
        "law": {"jurisdiction": engagement["law"], "venue": engagement[f"venue_{locale}"]},
        "signatures": signatures(parties),
    }


def _calendar(engagement: Any) -> dict[str, Any]:
    """What counts as a working day, from the calendar that the schedule was computed on."""
    terms = engagements.calendar_terms(engagement)
    region = None
    if terms.country and terms.region:
        region = calendars.region_name(terms.country, terms.region)
    return {
        "weekend": sorted(weekday + 1 for weekday in terms.weekend),
        "country": terms.country,
        "region": region,
        "days_off": [day.isoformat() for day in terms.days_off],
    }


def _phases(engagement: Any, state: ScopeState) -> list[dict[str, Any]]:
    """One phase for each summary at the top; tasks beside them stand together under the engagement's name."""
    roots: list[tuple[str, ScopeItem | None, list[ScopeItem]]] = []
    for item in state.scope.in_outline_order():
        if item.parent_key is None and item.kind is ItemKind.SUMMARY:
            roots.append((item.title, item, []))
        elif item.parent_key is None:
            if not roots or roots[-1][1] is not None:
                roots.append((engagement["name"], None, []))
            roots[-1][2].append(item)
        else:
            roots[-1][2].append(item)
    phases = []
    for name, summary, below in roots:
        # A milestone without a fee is a date, and stands in the timeline.
        printed = [
            item
            for item in below
            if item.kind is ItemKind.TASK or state.budget.items[item.item_key].fee_minor
        ]
        if printed:
            phases.append(_phase(name, summary, printed, state, engagement["currency"]))
    return phases


def _phase(
    name: str,
    summary: ScopeItem | None,
    items: Sequence[ScopeItem],
    state: ScopeState,
    currency: str,
) -> dict[str, Any]:
    own = [summary] if summary is not None else []
    planned = [state.schedule.items[item.item_key] for item in items]
    figures = state.budget.items
    return {
        "name": name,
        "items": [
            {
                "key": item.item_key,
                "name": item.title,
                "description": item.description or None,
                "quantity": _quantity(item.quantity, item.unit),
                "fee": money(figures[item.item_key].fee_minor, currency),
            }
            for item in items
        ],
        "fee": money(sum(figures[item.item_key].fee_minor for item in items), currency),
        "deliverable": "; ".join(each.deliverable for each in [*own, *items] if each.deliverable)
        or None,
        "acceptance": "; ".join(
            each.acceptance_criteria for each in [*own, *items] if each.acceptance_criteria
        )
        or None,
        "starts_on": min(each.start_date for each in planned).isoformat(),
        "finishes_on": max(each.finish_date for each in planned).isoformat(),
    }


def _quantity(quantity: Decimal | None, unit: str) -> str | None:
    if quantity is None:
        return None
    return f"{format(quantity.normalize(), 'f')} {unit}".strip()


def _expectations(expectations: Sequence[Expectation], locale: str) -> list[dict[str, Any]]:
    """The register, keyed by kind and place, such as X1."""
    keys: Any = _WORDS[locale]["keys"]
    counted: dict[ExpectationKind, int] = {}
    lines = []
    for each in sorted(expectations, key=lambda each: list(ExpectationKind).index(each.kind)):
        counted[each.kind] = counted.get(each.kind, 0) + 1
        key = f"{keys[each.kind.value]}{counted[each.kind]}"
        lines.append({"key": key, "kind": each.kind.value, "text": each.text})
    return lines


def _instalments(phases: Sequence[dict[str, Any]], locale: str) -> list[dict[str, Any]]:
    words: Any = _WORDS[locale]["accepted"]
    return [
        {
            "when": words.format(name=phase["name"]),
            "due_on": phase["finishes_on"],
            "amount": phase["fee"],
        }
        for phase in phases
        if phase["fee"]["amount_minor"]
    ]


def _clauses(
    engagement: Any, state: ScopeState, parties: ContractParties, locale: str
) -> dict[str, Any]:
    currency, clauses = engagement["currency"], engagements.clauses_of(engagement)
    retainer = retainer_minor(engagement, state.budget.total_minor)
    minimum = engagement["change_minimum_fee_minor"]
    property_mode = clauses.intellectual_property
    found = {
        "retainer": {
            "amount": money(retainer, currency),
            "share_bps": divide_half_even(
                engagement["retainer_numerator"] * BPS, engagement["retainer_denominator"]
            ),
            "due_days": engagement["payment_terms_days"],
            "applied_to": "each_invoice",
        }
        if retainer
        else None,
        "change": {
            "requesters": list(parties.change_requesters or parties.client_signers),
            "response_days": engagement["change_response_days"],
            "offer_days": engagement["change_offer_days"],
            "minimum_fee": money(minimum, currency) if minimum else None,
            "approvals": _approvals(engagement, locale),
        },
        "acceptance": {
            "test_days": engagement["test_period_days"],
            "correction_rounds": engagement["correction_rounds"],
        }
        if engagement["test_period_days"]
        else None,
        "no_guarantee": any(
            each.kind is ExpectationKind.NO_GUARANTEE for each in state.scope.expectations
        )
        or None,
        "late_payment": _late_payment(clauses.late_payment, currency),
        "suspension": {
            "overdue_days": clauses.suspension_overdue_days,
            "notice_days": clauses.suspension_notice_days,
        }
        if clauses.suspension_notice_days is not None
        else None,
        "kill_fee": _kill_fee(engagement, locale),
        "refunds": {"settlement_days": clauses.refund_settlement_days}
        if clauses.refund_settlement_days is not None
        else None,
        "confidentiality": {"years": clauses.confidentiality_years}
        if clauses.confidentiality_years is not None
        else None,
        "data_protection": clauses.has_data_protection or None,
        "intellectual_property": {
            "mode": property_mode,
            "portfolio": clauses.may_show_in_portfolio,
        }
        if property_mode
        else None,
        "liability": {"cap_bps": clauses.liability_cap_bps}
        if clauses.liability_cap_bps is not None
        else None,
        "termination": {
            "notice_days": clauses.termination_notice_days,
            "cure_days": clauses.termination_cure_days,
        }
        if clauses.termination_notice_days is not None
        else None,
        "force_majeure": {"leave_after_days": clauses.force_majeure_leave_after_days}
        if clauses.force_majeure_leave_after_days is not None
        else None,
    }
    return {name: value for name, value in found.items() if value is not None}


def _approvals(engagement: Any, locale: str) -> list[dict[str, Any]] | None:
    """Who signs by amount; None where one signature is enough for any."""
    words: Any = _WORDS[locale]["roles"]
    return [
        {
            "from_amount": money(tier.from_minor, engagement["currency"]),
            "signers": tier.signers,
            "roles": [words[role] for role in roles_in_order(tier)],
            "is_owner_needed": tier.is_owner_needed,
        }
        for tier in tiers_of(engagement)
    ] or None


def _kill_fee(engagement: Any, locale: str) -> dict[str, Any] | None:
    """What the client pays for ending early, stage by stage; None where nothing was agreed."""
    stages = engagements.kill_fee_terms(engagement).stages
    words: Any = _WORDS[locale]
    if not any(stage.rate_bps for stage in stages):
        return None
    ends = [stage.from_progress_bps for stage in stages[1:]]
    found = []
    for stage, end in zip(stages, [*ends, None], strict=True):
        at, to = (
            "" if bps is None else formats.percent(bps, locale)
            for bps in (stage.from_progress_bps, end)
        )
        which = "first" if not stage.from_progress_bps else "last" if end is None else "next"
        when = words["kill_fee" if len(stages) == 1 else f"kill_fee_{which}"]
        found.append({"when": when.format(at=at, to=to), "rate_bps": stage.rate_bps})
    return {"stages": found}


def _late_payment(
    late: engagements.LatePaymentTerms | None, currency: str
) -> dict[str, Any] | None:
    if late is None:
        return None
    reminders = None
    if late.reminder_fee_minor is not None:
        reminders = {
            "fee": money(late.reminder_fee_minor, currency),
            "maximum_count": late.reminder_maximum_count,
            "interval_days": late.reminder_interval_days,
        }
    compensation = late.compensation_minor
    return {
        "basis": late.basis,
        "rate_bps": late.rate_bps,
        "compensation": None if compensation is None else money(compensation, currency),
        "reminders": reminders,
    }
