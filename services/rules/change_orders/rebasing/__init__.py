"""Carrying a change order over to a scope that moved meanwhile: a merge of three states, item by item and field by field.

The three states are the base the order was written on, what the order makes of it (ours), and the current scope that other
orders made of it (theirs). What only ours changed is kept; what both changed alike is there already and drops out with a note;
what both changed differently is a conflict, and stays out until somebody has decided. Nothing of theirs is ever overwritten
silently. Every change is looked at in its place: against the base after our changes before it, and against the current scope
after those of them that were kept.

Laws (held by Hypothesis): rebasing onto the same base changes nothing; where there are no conflicts, one order and then the
other rebased make the same scope as the other way round.
"""

from collections.abc import Collection, Sequence

from services.rules.calendars import CalendarTerms
from services.rules.change_orders.rebasing.conflicts import (
    ConflictKind,
    RebaseConflict,
    Rebased,
    RebaseNote,
)
from services.rules.change_orders.rebasing.fit import fitting, in_order
from services.rules.change_orders.rebasing.inverse import changes_between
from services.rules.change_orders.rebasing.merge import Merge
from services.rules.change_orders.rebasing.states import State
from services.rules.scope import Change, Scope

__all__ = [
    "ConflictKind",
    "RebaseConflict",
    "RebaseNote",
    "Rebased",
    "changes_between",
    "rebase",
]


def rebase(
    changes: Sequence[Change],
    base: Scope,
    current: Scope,
    *,
    locked_keys: Collection[str] = frozenset(),
    base_calendar: CalendarTerms | None = None,
    calendar: CalendarTerms | None = None,
) -> Rebased:
    """The part of `changes`, written on `base`, that still fits `current`, with every conflict and what is done already.

    `locked_keys` are items accepted or invoiced by now. With the terms of the engagement's calendar on both sides, pauses and
    calendar changes are merged as well; without them they are kept as they are. Refuses nothing: what does not fit is told.
    """
    merge = Merge(State.of(base, base_calendar), State.of(current, calendar), locked_keys)
    kept = []
    for place, change in enumerate(changes):
        rest = merge.take(place, change)
        if rest is not None:
            kept.append((place, rest))
    fits, misfits = fitting(kept, base, current, locked_keys, calendar)
    return Rebased(
        tuple(change for _, change in fits),
        in_order([*merge.conflicts, *misfits]),
        tuple(merge.notes),
    )
