"""Any sound scope, for properties that hold of all of them."""

from datetime import date
from decimal import Decimal

from hypothesis import strategies as st

from services.rules.calendars import CalendarTerms
from services.rules.errors import InvalidInput
from services.rules.schedule import ConstraintKind, LagKind, LinkKind
from services.rules.scope import (
    Dependency,
    Expectation,
    ExpectationKind,
    ItemCalendar,
    ItemKind,
    Scope,
    ScopeItem,
)
from services.rules.text import clean_text

KEYS = st.from_regex(r"\A[A-Za-z0-9][A-Za-z0-9._-]{0,11}\Z")
DAYS = st.dates(date(2024, 1, 1), date(2028, 12, 31))


@st.composite
def texts(draw: st.DrawFn, *, required: bool = False, lines: bool = False, most: int = 40) -> str:
    """A text as it is stored; now and then one that a spreadsheet would run."""
    given = draw(
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\ufffe\uffff"), max_size=most)
        | st.sampled_from(["=1+1", "'=1", "''@x", "+45 1", "-a;b", "@x", '"', "a, b", "<b>&amp;", "]]>", "FS", "æøå  ß"])
    )  # fmt: skip
    try:
        return clean_text(given, "text", max_length=most * 2, required=required, lines=lines)
    except InvalidInput:
        return "Plain" if required else ""


@st.composite
def calendar_terms(draw: st.DrawFn) -> CalendarTerms:
    """Terms of a calendar on which work gets done."""
    country, region = draw(st.sampled_from([(None, ""), ("DK", ""), ("DE", "BY"), ("US", "CA")]))
    weekend = draw(st.sets(st.integers(0, 6), max_size=4))
    off = draw(st.sets(DAYS, max_size=4))
    return CalendarTerms(country, region, frozenset(weekend), tuple(sorted(off)))


@st.composite
def scopes(draw: st.DrawFn) -> Scope:
    """A scope that `check_scope` passes, in outline order with positions counted through."""
    keys = draw(st.lists(KEYS, min_size=1, max_size=8, unique=True))
    calendars = tuple(
        ItemCalendar(key, draw(texts(required=True)), draw(calendar_terms()))
        for key in draw(st.lists(KEYS, max_size=2, unique=True))
    )
    parents: list[str | None] = [None]
    for at in range(1, len(keys)):
        parents.append(draw(st.sampled_from([None, keys[at - 1], parents[at - 1]])))
    holding = set(parents)
    items = []
    for at, key in enumerate(keys):
        parent = parents[at]
        if key in holding:
            items.append(
                ScopeItem(
                    key,
                    draw(texts(required=True)),
                    ItemKind.SUMMARY,
                    parent,
                    at,
                    draw(texts(lines=True)),
                )
            )
        else:
            items.append(draw(leaves(key, parent, at, calendars)))
    ends = [item.item_key for item in items if item.item_key not in holding]
    links: dict[tuple[str, str, str], Dependency] = {}
    for _ in range(draw(st.integers(0, 5)) if len(ends) > 1 else 0):
        tail, head = sorted(
            draw(st.sets(st.sampled_from(range(len(ends))), min_size=2, max_size=2))
        )
        lag = draw(st.integers(-3, 5))
        link = Dependency(
            ends[tail],
            ends[head],
            draw(st.sampled_from(LinkKind)),
            lag,
            draw(st.sampled_from(LagKind)),
            draw(st.none() | st.integers(max(lag, 0) + 300, 400)),
        )
        links.setdefault(link.identity, link)
    expectations = draw(
        st.lists(
            st.builds(
                Expectation, st.sampled_from(ExpectationKind), texts(required=True, lines=True)
            ),
            max_size=3,
            unique=True,
        )
    )
    return in_outline(Scope(tuple(items), tuple(links.values()), tuple(expectations), calendars))


@st.composite
def leaves(
    draw: st.DrawFn, key: str, parent: str | None, at: int, calendars: tuple[ItemCalendar, ...]
) -> ScopeItem:
    """A task or a milestone."""
    kind = draw(st.sampled_from([ItemKind.TASK, ItemKind.MILESTONE]))
    is_task = kind is ItemKind.TASK
    constraint = draw(st.sampled_from(ConstraintKind))
    amounts = st.none() | st.integers(0, 10**9)
    tax_code, tax_bps = draw(st.sampled_from([("S", 2500), ("S", 1950), ("Z", 0), ("AE", 0)]))
    return ScopeItem(
        key,
        draw(texts(required=True)),
        kind,
        parent,
        at,
        draw(texts(lines=True)),
        draw(st.none() | st.decimals(0, 10**6, places=3).map(Decimal.normalize)),
        draw(texts()),
        draw(st.integers(0, 10_000)),
        draw(amounts),
        draw(amounts),
        draw(st.integers(0, 10**9)),
        tax_code,
        tax_bps,
        draw(st.integers(0, 30)) if is_task else 0,
        constraint,
        None if constraint.value.startswith("as_") else draw(DAYS),
        draw(texts(lines=True)),
        draw(texts(lines=True)),
        draw(st.sampled_from([None, *(each.key for each in calendars)])),
        draw(st.sampled_from([10_000, 5_000, 3_333, 2_500])) if is_task else 10_000,
    )


def in_outline(scope: Scope) -> Scope:
    """The same scope listed as a reader sees it, so that two can be compared."""
    from dataclasses import replace

    ordered = scope.in_outline_order()
    return replace(
        scope,
        items=tuple(replace(item, position=at) for at, item in enumerate(ordered)),
        dependencies=tuple(sorted(scope.dependencies, key=lambda link: link.identity)),
        calendars=tuple(sorted(scope.calendars, key=lambda each: each.key)),
    )
