"""How an engagement stands when a change is tried on it: the scope version, what it comes to, and what counts beside it.

A scope version is immutable, so what follows from it is remembered in the process, by practice and version: the scope as it
was read and proven against its fingerprint, its budget, its schedule. Previews use what is remembered. What binds (sending and
signing) reads the rows and proves them again.
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from db.queries import acceptances as acceptance_queries
from db.queries import change_orders as queries
from db.queries import scopes as scope_queries
from db.unit_of_work import UnitOfWork
from services import engagements, kill_fees, scopes
from services.approval_tiers import tiers_of
from services.calendars import plan_calendars
from services.rules.alerts import promised_date
from services.rules.change_orders import (
    ChangeClause,
    KillFeeBasis,
    OrderTerms,
    StartingPoint,
    starting_point,
)
from services.rules.retainers import RetainerShare
from services.scopes import ScopeTerms

_MINIMUM_FEE_TITLES = {
    "en": "Minimum fee for a change order",
    "da": "Mindstegebyr for en ændringsordre",
}


@dataclass(frozen=True)
class Standing:
    """Where an engagement stands: its rows, and the two things the rule computes from."""

    engagement: Any
    version: Any
    terms: ScopeTerms
    approved: Sequence[Any]
    start: StartingPoint
    order_terms: OrderTerms


class RememberedVersions:
    """Starting points by practice and scope version, the least recently used forgotten first.

    Only what never changes is kept, so nothing here can be out of date; `items` bounds how much it is.
    """

    def __init__(self, items: int = 40_000) -> None:
        self.items = items
        self._held = 0
        self._known: OrderedDict[tuple[UUID, UUID], StartingPoint] = OrderedDict()

    def __len__(self) -> int:
        return len(self._known)

    def get(self, tenant_id: UUID, version_id: UUID) -> StartingPoint | None:
        """What follows from a version, if it is remembered."""
        known = self._known.get((tenant_id, version_id))
        if known is not None:
            self._known.move_to_end((tenant_id, version_id))
        return known

    def put(self, tenant_id: UUID, version_id: UUID, start: StartingPoint) -> None:
        """Remember what follows from a version, and forget others until there is room."""
        before = self._known.pop((tenant_id, version_id), None)
        self._held += len(start.scope.items) - (len(before.scope.items) if before else 0)
        self._known[tenant_id, version_id] = start
        while self._held > self.items and len(self._known) > 1:
            _, forgotten = self._known.popitem(last=False)
            self._held -= len(forgotten.scope.items)


_REMEMBERED = RememberedVersions()


def change_clause(engagement: Any) -> ChangeClause:
    """The change clause that the contract printed."""
    return ChangeClause(
        requesters=frozenset(engagement["change_requesters"]),
        response_days=engagement["change_response_days"],
        offer_days=engagement["change_offer_days"],
        minimum_fee_minor=engagement["change_minimum_fee_minor"],
        tax_code=engagement["tax_code"],
        tax_bps=engagement["tax_bps"],
        minimum_fee_title=_MINIMUM_FEE_TITLES[engagement["locale"]],
        reminder_days=engagement["change_reminder_days"],
        approval_tiers=tiers_of(engagement),
    )


async def standing(uow: UnitOfWork, engagement: Any, *, binds: bool = True) -> Standing:
    """How an engagement stands. Where it `binds` the scope is read and proven, else it may be remembered.

    Raises `NotFound` (NO_SCOPE_VERSION) before there is a scope version, and `RuntimeError` for rows that were tampered with.
    """
    version = await scopes.current_version(uow, engagement)
    baseline: Any = await scope_queries.baseline_of(uow, engagement["id"])
    approved = await queries.approved_orders(uow, engagement["id"])
    accepted = await acceptance_queries.acceptances_of(uow, [engagement["id"]])
    terms = scopes.terms_of_version(version)
    start = None if binds else _REMEMBERED.get(uow.tenant_id, version["id"])
    scope = await scopes.load_scope(uow, version) if start is None else start.scope
    order_terms = OrderTerms(
        calendar=terms.calendar,
        start=terms.start_date,
        clause=change_clause(engagement),
        currency=terms.currency,
        original_sum_minor=baseline["fee_minor"],
        approved_minor=[row["change_minor"] for row in approved],
        contingency_bps=terms.contingency_bps,
        contingency_minor=terms.contingency_minor,
        retention_bps=terms.retention_bps,
        retainer_share=RetainerShare(
            engagement["retainer_numerator"], engagement["retainer_denominator"]
        ),
        retainer_held_minor=await queries.retainer_held_minor(uow, engagement["id"]),
        locked_keys=frozenset(row["item_key"] for row in accepted),
        promised_date=_promise(engagement, baseline, version),
        kill_fee=await _kill_fee_basis(uow, engagement),
        expand=lambda each, calendar: plan_calendars(each, calendar, terms.start_date),
    )
    if start is None:
        # `load_scope` has just proven that this is the fingerprint of what it read.
        start = starting_point(scope, order_terms, fingerprint=version["fingerprint"])
        _REMEMBERED.put(uow.tenant_id, version["id"], start)
    return Standing(engagement, version, terms, approved, start, order_terms)


def _promise(engagement: Any, baseline: Any, version: Any) -> date | None:
    """The promised date, or the later one that the client has agreed to by signing; None where none was promised."""
    if engagement["promised_date"] is None:
        return None
    return promised_date(
        engagement["promised_date"],
        baseline_delivery=baseline["delivery_date"],
        current_delivery=version["delivery_date"],
    )


async def _kill_fee_basis(uow: UnitOfWork, engagement: Any) -> KillFeeBasis:
    """What is earned and paid of the fee as far as anything is known, and the clause: what a termination today would go by."""
    found = await kill_fees.standing(uow, engagement, on=date.max)
    return KillFeeBasis(
        rate_bps=engagement["kill_fee_bps"],
        earned_minor=found.earned_minor,
        paid_minor=found.paid_minor,
        terms=engagements.kill_fee_terms(engagement),
    )
