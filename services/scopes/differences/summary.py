"""The difference of two scopes as lines that a person can read aloud."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from services.rules.calendars import CalendarTerms
from services.rules.scope import FieldChange, ScopeItem, item_fee
from services.scopes.differences.words import Naming

if TYPE_CHECKING:
    from services.scopes.differences import ScopeDifference

_LONG = 80
_CONSTRAINT = frozenset({"constraint_kind", "constraint_date"})
_WORDED = frozenset({"title", "description", "acceptance_criteria", "deliverable"})


@dataclass(frozen=True)
class _Sides:
    """The names of either state."""

    before: Naming
    after: Naming


def summary_lines(found: "ScopeDifference", locale: str) -> list[str]:
    """What differs, one sentence a line: items, dependencies, expectations, working days, then the totals."""
    names = _Sides(found.before.naming(locale), found.after.naming(locale))
    lines = [
        *_item_lines(found, names),
        *_link_lines(found, names),
        *_expectation_lines(found, names),
        *_calendar_lines(found, names),
    ]
    if lines:
        lines += _total_lines(found, names)
    return lines or [names.after.phrase("same")]


def field_phrase(change: FieldChange, names_before: Naming, names_after: Naming) -> str:
    """One field as part of a sentence: `duration from 5 working days to 8 working days`."""
    label = names_after.label(change.field)
    before = names_before.value(change.field, change.before)
    after = names_after.value(change.field, change.after)
    if change.field in _WORDED and before and after and max(len(before), len(after)) > _LONG:
        return names_after.phrase("reworded", label=label)
    if after is None:
        return names_after.phrase("cleared", label=label, before=_cut(before))
    if before is None:
        return names_after.phrase("set", label=label, after=_cut(after))
    return names_after.phrase("from to", label=label, before=before, after=after)


def _cut(text: str | None) -> str:
    words = " ".join((text or "").split())
    return words if len(words) <= _LONG else words[: _LONG - 1].rstrip() + "…"


def _item_lines(found: "ScopeDifference", names: _Sides) -> Iterator[str]:
    for side, name, items in (
        (names.after, "added", found.diff.added),
        (names.before, "removed", found.diff.removed),
    ):
        for item in items:
            figures = _figures(item, side)
            yield side.phrase(name, title=item.title, key=item.item_key, figures=figures)
    for change in found.diff.changed:
        # Where nothing but the order of siblings differs, that is what there is to say.
        told = [each for each in change.fields if each.field != "position"] or change.fields
        phrases = [
            field_phrase(each, names.before, names.after)
            for each in told
            if each.field not in _CONSTRAINT
        ]
        if len(phrases) < len(told):
            # A constraint and its date are one thing to say.
            phrases.append(
                names.after.phrase(
                    "from to",
                    label=names.after.label("constraint_kind"),
                    before=names.before.constraint(change.item_key),
                    after=names.after.constraint(change.item_key),
                )
            )
        yield names.after.phrase(
            "changed",
            title=names.after.title(change.item_key),
            key=change.item_key,
            fields="; ".join(phrases),
        )


def _figures(item: ScopeItem, names: Naming) -> str:
    parts = []
    if fee := item_fee(item):
        parts.append(names.money(fee))
    if item.duration_days:
        parts.append(names.working_days(item.duration_days))
    return "".join(f", {part}" for part in parts)


def _link_lines(found: "ScopeDifference", names: _Sides) -> Iterator[str]:
    for link in found.diff.dependencies_added:
        yield names.after.phrase("link added", link=names.after.link(link))
    for link in found.diff.dependencies_removed:
        yield names.before.phrase("link removed", link=names.before.link(link))
    for before, after in found.diff.dependencies_changed:
        yield names.after.phrase(
            "link changed", before=names.before.link(before), after=names.after.link(after)
        )


def _expectation_lines(found: "ScopeDifference", names: _Sides) -> Iterator[str]:
    for what, group in (
        ("added", found.diff.expectations_added),
        ("removed", found.diff.expectations_removed),
    ):
        for each in group:
            yield names.after.phrase(f"{each.kind.value} {what}", text=each.text)


def _calendar_lines(found: "ScopeDifference", names: _Sides) -> Iterator[str]:
    changes = terms_phrases(found.before.terms.calendar, found.after.terms.calendar, names.after)
    if changes:
        yield names.after.phrase("project calendar", fields="; ".join(changes))
    for each in found.diff.calendars_added:
        terms = names.after.terms(each.terms)
        yield names.after.phrase("calendar added", title=each.title, terms=terms)
    for each in found.diff.calendars_removed:
        yield names.after.phrase("calendar removed", title=each.title)
    for before, after in found.diff.calendars_changed:
        fields = terms_phrases(before.terms, after.terms, names.after)
        if before.title != after.title:
            fields = [names.after.phrase("titled", title=after.title), *fields]
        yield names.after.phrase("calendar changed", title=before.title, fields="; ".join(fields))


def terms_phrases(before: CalendarTerms, after: CalendarTerms, names: Naming) -> list[str]:
    """What differs between the terms of two calendars; nothing where they are the same."""
    phrases = []
    if (before.country, before.region) != (after.country, after.region):
        places = {
            name: names.place(terms)
            for name, terms in (("before", before), ("after", after))
            if terms.country is not None
        }
        one_sided = " added" if "before" not in places else " removed"
        which = "country" if len(places) == 2 else f"country{one_sided}"
        phrases.append(names.phrase(which, **places))
    if before.weekend != after.weekend:
        phrases.append(
            names.phrase("weekend", before=names.weekdays(before), after=names.weekdays(after))
        )
    for name, days in (
        ("off", sorted(set(after.days_off) - set(before.days_off))),
        ("on", sorted(set(before.days_off) - set(after.days_off))),
    ):
        if days:
            phrases.append(names.phrase(name, days=names.days(days, after)))
    return phrases


def _total_lines(found: "ScopeDifference", names: _Sides) -> Sequence[str]:
    was, becomes = found.before.totals, found.after.totals
    if was is None or becomes is None:
        return []
    lines = []
    say = names.after
    for name, before, after in (
        ("fee", was.fee_minor, becomes.fee_minor),
        ("cost", was.cost_minor, becomes.cost_minor),
    ):
        if before != after:
            change = say.money(after - before, is_change=True)
            lines.append(
                say.phrase(name, before=say.money(before), after=say.money(after), change=change)
            )
    if was.delivery_date == becomes.delivery_date:
        lines.append(say.phrase("delivery kept", after=say.date(becomes.delivery_date)))
    else:
        days = found.delivery_shift_days or 0
        lines.append(
            say.phrase(
                "delivery",
                before=say.date(was.delivery_date),
                after=say.date(becomes.delivery_date),
                change=("+" if days > 0 else "") + say.working_days(days),
            )
        )
    return lines
