"""The merge itself: what each change finds on the two sides, and what is kept of it."""

from collections.abc import Collection, Mapping
from dataclasses import fields
from typing import Any, Final

from services.rules.change_orders.rebasing.calendars import CalendarMerge
from services.rules.change_orders.rebasing.conflicts import (
    ConflictKind,
    RebaseConflict,
    RebaseNote,
    differing,
)
from services.rules.change_orders.rebasing.states import State, identity_of
from services.rules.scope import (
    Accelerate,
    AddDependency,
    AddExpectation,
    AddItem,
    AddItemCalendar,
    Change,
    ChangeDependency,
    Dependency,
    RemoveDependency,
    RemoveExpectation,
    RemoveItem,
    RemoveItemCalendar,
    ReviseItem,
    ScopeItem,
    item_fee,
)

_TOGETHER: Final = (
    ("constraint_kind", "constraint_date"),
    # A fixed fee overrides a rate: one order's fee would swallow the other's rate without a word.
    ("fee_minor", "rate_minor"),
    ("tax_code", "tax_bps"),
)
"""Fields that say one thing together: when both orders set any of them, they must set all alike."""
_LAGS: Final = ("lag_days", "lag_kind", "max_lag_days")
_ITEM_FIELDS: Final = tuple(field.name for field in fields(ScopeItem))
_KIND = ConflictKind


class Merge(CalendarMerge):
    """One order being carried over. `ours` is the base with our changes so far, `theirs` the current scope with the kept ones."""

    def __init__(self, ours: State, theirs: State, locked_keys: Collection[str]) -> None:
        super().__init__(ours, theirs)
        self.locked = frozenset(locked_keys)
        self.before, self.meanwhile = dict(ours.items), dict(theirs.items)
        self.broken: set[str] = set()
        """Keys of items whose addition or removal did not fit: what leans on them does not fit either."""
        self.settled: dict[object, object] = {}
        """What ours adds or takes out that others did already: if ours then takes it back, it did nothing, and theirs stays."""

    def take(self, place: int, change: Change) -> Change | None:
        """Look at one change and write it down on both sides: on ours as it is, on theirs what is kept of it."""
        kept = self._kept(place, change)
        self.ours.apply(change)
        if kept is not None:
            self.theirs.apply(kept)
        return kept

    def conflict(self, place: int, kind: ConflictKind, message: str, **more: Any) -> None:
        """Note a disagreement."""
        self.conflicts.append(RebaseConflict(place, kind, message, **more))

    def note(self, place: int, message: str, **more: Any) -> None:
        """Note what dropped out because it is done."""
        self.notes.append(RebaseNote(place, message, **more))

    def _kept(self, place: int, change: Change) -> Change | None:
        leans_on = self.broken.intersection(keys_of(change))
        if leans_on:
            key = min(leans_on)
            message = f"It leans on {key}, about which this order is in conflict."
            self.conflict(place, _KIND.NEEDS_ANOTHER, message, item_key=key)
            return None
        thing = _added_or_removed(change)
        if thing in self.settled:
            self._taken_back(place, change, self.settled.pop(thing))
            return None
        notes, was = len(self.notes), self._there_on_ours(change)
        kept = self._kept_of(place, change)
        if thing is not None and kept is None and len(self.notes) > notes:
            self.settled[thing] = was
        return kept

    def _there_on_ours(self, change: Change) -> object:
        """What ours has where a change adds or takes out something."""
        if isinstance(change, RemoveItem):
            return self.ours.items.get(change.item_key)
        if isinstance(change, RemoveDependency):
            return self.ours.dependencies.get(identity_of(change))
        if isinstance(change, RemoveItemCalendar):
            return self.ours.calendars.get(change.calendar_key)
        return change.expectation if isinstance(change, RemoveExpectation) else None

    def _taken_back(self, place: int, change: Change, was: object) -> None:
        """Ours takes out what it added, or puts something in the place of what it took out, and others did the first half."""
        added = _thing(change)
        if added is None or added == was:
            self.note(place, "It takes back what others have done as well, which stays.")
            return
        key = change.item.item_key if isinstance(change, AddItem) else None
        if key is not None:
            self.broken.add(key)
        message = "It puts something else in the place of what was taken out meanwhile."
        self.conflict(place, _KIND.ITEM_REMOVED, message, item_key=key)

    def _kept_of(self, place: int, change: Change) -> Change | None:
        if isinstance(change, AddItem):
            return self._add_item(place, change)
        if isinstance(change, RemoveItem):
            return self._remove_item(place, change)
        if isinstance(change, ReviseItem):
            return self._revise_item(place, change)
        if isinstance(change, Accelerate):
            return self._accelerate(place, change)
        if isinstance(change, AddDependency):
            return self._add_dependency(place, change)
        if isinstance(change, RemoveDependency | ChangeDependency):
            return self._alter_dependency(place, change)
        if isinstance(change, AddExpectation | RemoveExpectation):
            return self._expectation(place, change)
        return self.kept_of_calendar(place, change)

    # --- items ---------------------------------------------------------------------------------------------------------

    def _add_item(self, place: int, change: AddItem) -> AddItem | None:
        item, key = change.item, change.item.item_key
        there = self.theirs.items.get(key)
        if there is None:
            return change
        if there == item:
            self.note(place, f"The item {key} has been added already.", item_key=key)
            return None
        self.broken.add(key)
        ours, theirs = differing(item, there, _ITEM_FIELDS)
        message = f"Another item was added as {key} meanwhile."
        self.conflict(
            place, _KIND.ITEM_ADDED_TWICE, message, item_key=key, ours=ours, theirs=theirs
        )
        return None

    def _remove_item(self, place: int, change: RemoveItem) -> RemoveItem | None:
        key = change.item_key
        was, there = self.ours.items.get(key), self.theirs.items.get(key)
        if there is None:
            self.note(place, f"The item {key} has been taken out already.", item_key=key)
            return None
        found = len(self.conflicts)
        if key in self.locked:
            self._locked(place, key)
        elif was != there or self._was_changed(key):
            before, since = (was, there) if was != there else (self.before.get(key), self.meanwhile.get(key))  # fmt: skip
            base, theirs = differing(before, since, _ITEM_FIELDS) if before else ({}, {})
            message = f"The item {key}, which is to go, was changed meanwhile."
            self.conflict(
                place, _KIND.ITEM_CHANGED, message, item_key=key, base=base, theirs=theirs
            )
        elif below := self.theirs.children_of(key):
            message = f"{key} holds items by now: {', '.join(below)}."
            self.conflict(place, _KIND.SUMMARY_FILLED, message, item_key=key, theirs=below)
        elif drawn := self._links_not_ours(key):
            message = f"{key}, which is to go, was linked to other items meanwhile."
            self.conflict(place, _KIND.ITEM_DEPENDED_ON, message, item_key=key, theirs=drawn)
        if len(self.conflicts) == found:
            return change
        self.broken.add(key)
        return None

    def _was_changed(self, key: str) -> bool:
        """Whether others changed an item of the base, be it to what ours made of it as well."""
        return key in self.before and self.before[key] != self.meanwhile.get(key)

    def _links_not_ours(self, key: str) -> list[str]:
        """Links on an item that others drew or altered since."""
        known = {link.identity: link for link in self.ours.links_of(key)}
        return sorted(
            f"{link.predecessor_key} {link.kind.value} {link.successor_key}"
            for link in self.theirs.links_of(key)
            if known.get(link.identity) != link
        )

    def _locked(self, place: int, key: str, **more: Any) -> None:
        message = f"{key} was accepted or invoiced meanwhile and cannot be changed any more."
        self.conflict(place, _KIND.ITEM_LOCKED, message, item_key=key, **more)

    def _removed(self, place: int, key: str) -> None:
        message = f"The item {key} was taken out meanwhile."
        self.conflict(place, _KIND.ITEM_REMOVED, message, item_key=key)

    def _revise_item(self, place: int, change: ReviseItem) -> ReviseItem | None:
        key = change.item_key
        was, there = self.ours.items.get(key), self.theirs.items.get(key)
        if was is None or there is None:
            self._removed(place, key)
            return None
        kept: dict[str, Any] = {}
        for names in _groups(change.values):
            kept |= self._revised(place, change, was, there, names)
        if len(kept) == len(change.values):
            return change
        return ReviseItem(key, kept) if kept else None

    def _revised(
        self,
        place: int,
        change: ReviseItem,
        was: ScopeItem,
        there: ScopeItem,
        names: tuple[str, ...],
    ) -> Mapping[str, Any]:
        """What is kept of the values of some fields that belong together."""
        key = change.item_key
        given = {name: change.values[name] for name in names if name in change.values}
        base = {name: getattr(was, name) for name in names}
        theirs = {name: getattr(there, name) for name in names}
        ours = base | given
        if theirs != base and ours in (base, theirs):
            for name in given:
                message = f"The {_words(name)} of {key} is so already."
                self.note(place, message, item_key=key, field=name)
            return {}
        if key in self.locked and ours != theirs:
            for name in given:
                self._locked(place, key, field=name, base=base[name], ours=ours[name], theirs=theirs[name])  # fmt: skip
            return {}
        if theirs == base:
            return given
        for name in given:
            message = f"The {_words(name)} of {key} was set to another value meanwhile."
            self.conflict(
                place,
                _KIND.FIELD_CHANGED_TWICE,
                message,
                item_key=key,
                field=name,
                base=base[name],
                ours=ours[name],
                theirs=theirs[name],
            )
        return {}

    def _accelerate(self, place: int, change: Accelerate) -> Accelerate | None:
        key = change.item_key
        was, there = self.ours.items.get(key), self.theirs.items.get(key)
        if was is None or there is None:
            self._removed(place, key)
            return None
        if key in self.locked:
            self._locked(place, key)
            return None
        # The days come with a price that was reckoned from what the item was: none of it may have moved.
        read = (
            ("duration_days", was.duration_days, change.duration_days, there.duration_days, True),
            ("fee_minor", item_fee(was), item_fee(was) + change.premium_minor, item_fee(there),
             change.premium_minor != 0),
            ("cost_minor", was.cost_minor, was.cost_minor + change.extra_cost_minor, there.cost_minor,
             change.extra_cost_minor != 0),
        )  # fmt: skip
        clashes = [row for row in read if row[4] and row[1] != row[3]]
        for name, base, ours, theirs, _ in clashes:
            message = f"The {_words(name)} of {key} was set to another value meanwhile."
            self.conflict(
                place,
                _KIND.FIELD_CHANGED_TWICE,
                message,
                item_key=key,
                field=name,
                base=base,
                ours=ours,
                theirs=theirs,
            )
        return None if clashes else change

    # --- links and expectations ----------------------------------------------------------------------------------------

    def _add_dependency(self, place: int, change: AddDependency) -> AddDependency | None:
        link = change.dependency
        there = self.theirs.dependencies.get(link.identity)
        if there is None:
            return change
        if there == link:
            self.note(place, f"{_of(link)} has been added already.", item_key=link.successor_key)
            return None
        ours, theirs = differing(link, there, _LAGS)
        message = f"{_of(link)} was added meanwhile with another lag."
        self.conflict(
            place,
            _KIND.DEPENDENCY_CHANGED_TWICE,
            message,
            item_key=link.successor_key,
            ours=ours,
            theirs=theirs,
        )
        return None

    def _alter_dependency(
        self, place: int, change: RemoveDependency | ChangeDependency
    ) -> Change | None:
        identity, key = identity_of(change), change.successor_key
        was = self.ours.dependencies.get(identity)
        there = self.theirs.dependencies.get(identity)
        if there is None and isinstance(change, RemoveDependency):
            self.note(place, f"{_of(change)} has been taken out already.", item_key=key)
            return None
        if there is None or was is None:
            message = f"{_of(change)} was taken out meanwhile."
            self.conflict(place, _KIND.DEPENDENCY_REMOVED, message, item_key=key)
            return None
        if was == there:
            return change
        base, theirs = differing(was, there, _LAGS)
        ours = None
        if isinstance(change, ChangeDependency):
            ours = {name: getattr(change, name) for name in _LAGS}
            if ours == {name: getattr(there, name) for name in _LAGS}:
                self.note(place, f"{_of(change)} has that lag already.", item_key=key)
                return None
            ours = {name: ours[name] for name in theirs}
        message = f"{_of(change)} was given another lag meanwhile."
        self.conflict(
            place,
            _KIND.DEPENDENCY_CHANGED_TWICE,
            message,
            item_key=key,
            base=base,
            ours=ours,
            theirs=theirs,
        )
        return None

    def _expectation(self, place: int, change: AddExpectation | RemoveExpectation) -> Change | None:
        is_there = change.expectation in self.theirs.expectations
        if is_there == isinstance(change, AddExpectation):
            said = "The scope says so already." if is_there else "The scope says so no longer."
            self.note(place, said)
            return None
        return change


def keys_of(change: Change) -> frozenset[str]:
    """The items that a change is about or leans on."""
    if isinstance(change, AddItem):
        parent = change.item.parent_key
        return frozenset({change.item.item_key} | ({parent} if parent else set()))
    if isinstance(change, RemoveItem | Accelerate):
        return frozenset({change.item_key})
    if isinstance(change, ReviseItem):
        parent = change.values.get("parent_key")
        return frozenset({change.item_key} | ({parent} if parent else set()))
    if isinstance(change, AddDependency):
        return frozenset({change.dependency.predecessor_key, change.dependency.successor_key})
    if isinstance(change, RemoveDependency | ChangeDependency):
        return frozenset({change.predecessor_key, change.successor_key})
    return frozenset()


def _added_or_removed(change: Change) -> object:
    """What a change adds or takes out as a whole, None where it does neither."""
    if isinstance(change, AddItem):
        return ("item", change.item.item_key)
    if isinstance(change, RemoveItem):
        return ("item", change.item_key)
    if isinstance(change, AddDependency):
        return change.dependency.identity
    if isinstance(change, RemoveDependency):
        return identity_of(change)
    if isinstance(change, AddExpectation | RemoveExpectation):
        return change.expectation
    if isinstance(change, AddItemCalendar):
        return ("calendar", change.calendar.key)
    return ("calendar", change.calendar_key) if isinstance(change, RemoveItemCalendar) else None


def _thing(change: Change) -> object:
    """What a change adds, None where it adds nothing."""
    if isinstance(change, AddItem):
        return change.item
    if isinstance(change, AddDependency):
        return change.dependency
    if isinstance(change, AddExpectation):
        return change.expectation
    return change.calendar if isinstance(change, AddItemCalendar) else None


def _groups(values: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """The fields that are set, each with those that say one thing with it."""
    groups = [names for names in _TOGETHER if not values.keys().isdisjoint(names)]
    grouped = {name for names in groups for name in names}
    return groups + [(name,) for name in values if name not in grouped]


def _of(link: Dependency | RemoveDependency | ChangeDependency) -> str:
    return f"The link {link.predecessor_key} {link.kind.value} {link.successor_key}"


def _words(field: str) -> str:
    return field.removesuffix("_minor").replace("_bps", " rate").replace("_", " ")
