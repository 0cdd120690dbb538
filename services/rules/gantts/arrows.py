"""Dependencies as elbow connectors between the bars, as long as there are not too many to be followed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from services.rules.gantts.chart import GanttLink, RowKind

if TYPE_CHECKING:
    from services.rules.gantts.layout import Bar, PlacedRow

MOST_ARROWS: Final = 120
"""Beyond this only the arrows between critical rows are drawn; beyond it of those, none."""

_OUT: Final = 7.0
_HALF_ROW: Final = 12.0
_DIAMOND: Final = 6.5
_HALF_BAR: Final = 5.5


@dataclass(frozen=True, slots=True)
class Arrow:
    """A line through points; its head lies at the last and points the way the line arrives."""

    points: tuple[tuple[float, float], ...]
    is_critical: bool


def route_arrows(rows: Sequence["PlacedRow"], links: Sequence[GanttLink]) -> tuple[Arrow, ...]:
    """The connectors between rows that are both shown with a bar of the current plan."""
    by_key = {each.row.key: each for each in rows if each.current}
    drawable = [
        (by_key[link.predecessor_key], by_key[link.successor_key], link)
        for link in links
        if link.predecessor_key in by_key and link.successor_key in by_key
    ]
    if len(drawable) > MOST_ARROWS:
        drawable = [
            each for each in drawable if each[0].row.is_critical and each[1].row.is_critical
        ]
    if len(drawable) > MOST_ARROWS:
        return ()
    return tuple(
        Arrow(_points(tail, head, link), tail.row.is_critical and head.row.is_critical)
        for tail, head, link in drawable
    )


def _points(
    tail: "PlacedRow", head: "PlacedRow", link: GanttLink
) -> tuple[tuple[float, float], ...]:
    assert tail.current
    assert head.current
    is_below = head.middle >= tail.middle
    out_x = _end(tail, tail.current, right=link.from_finish)
    in_x = _end(head, head.current, right=link.to_finish)
    start, end = (out_x, tail.middle), (in_x, head.middle)
    if link.from_finish and not link.to_finish:
        step = 1 if is_below else -1
        is_event = head.kind is RowKind.MILESTONE
        if is_event and abs(head.current.left - tail.current.right) < 1:
            # One event right below what leads to it.
            from_y = tail.middle + step * (
                _DIAMOND if tail.kind is RowKind.MILESTONE else _HALF_BAR
            )
            x = head.current.left - (0 if tail.kind is RowKind.MILESTONE else 1)
            return ((x, from_y), (x, head.middle - step * _DIAMOND))
        if tail.kind is RowKind.MILESTONE and -2 <= head.current.left - tail.current.left <= 6:
            x = max(tail.current.left, head.current.left) + 2
            return ((x, tail.middle + step * 4.5), (x, head.middle - step * _HALF_BAR))
        into = min(head.current.left + 4, (head.current.left + head.current.right) / 2)
        if into >= out_x + 1:
            # Straight on, then into the bar from above or below, as plans are drawn by hand.
            rise = _DIAMOND if is_event else _HALF_BAR
            return (start, (into, tail.middle), (into, head.middle - step * rise))
        between = head.middle - _HALF_ROW if is_below else head.middle + _HALF_ROW
        return (
            start, (out_x + _OUT, tail.middle), (out_x + _OUT, between), (in_x - _OUT, between),
            (in_x - _OUT, head.middle), end,
        )  # fmt: skip
    if link.from_finish:
        far = max(out_x, in_x) + _OUT
        return (start, (far, tail.middle), (far, head.middle), end)
    if not link.to_finish:
        far = min(out_x, in_x) - _OUT
        return (start, (far, tail.middle), (far, head.middle), end)
    between = head.middle - _HALF_ROW if is_below else head.middle + _HALF_ROW
    return (
        start, (out_x - _OUT, tail.middle), (out_x - _OUT, between), (in_x + _OUT, between),
        (in_x + _OUT, head.middle), end,
    )  # fmt: skip


def _end(row: "PlacedRow", bar: "Bar", *, right: bool) -> float:
    reach = _DIAMOND if row.kind is RowKind.MILESTONE else 0.0
    return bar.right + reach if right else bar.left - reach
