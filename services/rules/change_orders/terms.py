"""What an order is computed from: the terms that are agreed, and the scope as it stands with all that follows from it."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from services.rules.budgets import Budget, compute_budget
from services.rules.calendars import CalendarTerms, WorkingCalendar
from services.rules.change_orders.effects import KillFeeBasis
from services.rules.change_orders.life import ChangeClause
from services.rules.retainers import ONE_THIRD, RetainerShare
from services.rules.schedule import Schedule
from services.rules.scope import Scope, ScopeItem, schedule_scope, scope_fingerprint
from services.rules.scope.codec import part_texts

Calendars = tuple[WorkingCalendar, Mapping[str, WorkingCalendar]]
"""The working days of a plan: the engagement's own, and those of its item calendars by key."""


def plain_calendars(scope: Scope, terms: CalendarTerms) -> Calendars:
    """Calendars without public holidays: who knows a table of those passes another function in its place."""

    def plain(each: CalendarTerms) -> WorkingCalendar:
        return WorkingCalendar(each.weekend, frozenset(each.days_off))

    return plain(terms), {each.key: plain(each.terms) for each in scope.calendars}


@dataclass(frozen=True, slots=True)
class OrderTerms:
    """What besides the scope and the changes decides on an order: what is agreed, approved, earned, paid and held.

    The contingency is `contingency_minor` where an amount is agreed, else `contingency_bps` of the fee. `locked_keys` are
    accepted items, which no order touches. `expand` makes working days of the calendar's terms.
    """

    calendar: CalendarTerms
    start: date
    clause: ChangeClause
    currency: str
    original_sum_minor: int
    approved_minor: Sequence[int] = ()
    contingency_bps: int = 0
    contingency_minor: int | None = None
    retention_bps: int = 0
    retainer_share: RetainerShare = ONE_THIRD
    retainer_held_minor: int = 0
    locked_keys: Collection[str] = frozenset()
    promised_date: date | None = None
    kill_fee: KillFeeBasis = field(default_factory=KillFeeBasis)
    expand: Callable[[Scope, CalendarTerms], Calendars] = plain_calendars

    def schedule(self, scope: Scope, calendar: CalendarTerms) -> Schedule:
        """The plan of a scope under a calendar's terms."""
        project, calendars = self.expand(scope, calendar)
        return schedule_scope(scope, project, self.start, calendars=calendars)

    def budget(self, scope: Scope, contingency_minor: int | None = None) -> Budget:
        """The budget of a scope on these terms, with another contingency if one is given."""
        return compute_budget(
            scope,
            contingency_bps=self.contingency_bps,
            contingency_minor=self.contingency_minor
            if contingency_minor is None
            else contingency_minor,
            retention_bps=self.retention_bps,
        )


@dataclass(frozen=True, slots=True)
class StartingPoint:
    """A scope with all that follows from it: computed once, however many changes are then tried on it."""

    scope: Scope
    fingerprint: str
    budget: Budget
    schedule: Schedule
    outline: tuple[ScopeItem, ...]
    texts: Mapping[int, str]
    """The canonical text of its parts, by which the fingerprint of what comes of them is found sooner."""


def starting_point(
    base: Scope,
    terms: OrderTerms,
    *,
    fingerprint: str | None = None,
    schedule: Schedule | None = None,
) -> StartingPoint:
    """Where orders start from. A `fingerprint` and a `schedule` that are known to be the scope's save their computing.

    It depends on the scope, the calendar, the start, the contingency and the retention; on nothing else of the terms.
    """
    texts = part_texts(base)
    return StartingPoint(
        base,
        scope_fingerprint(base, texts=texts) if fingerprint is None else fingerprint,
        terms.budget(base),
        terms.schedule(base, terms.calendar) if schedule is None else schedule,
        base.in_outline_order(),
        texts,
    )
