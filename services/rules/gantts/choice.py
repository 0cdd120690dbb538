"""Which rows of a plan a picture shows, when there are more than fit."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.rules.gantts.chart import GanttRow


@dataclass(frozen=True, slots=True)
class ShownRow:
    """A row in the picture, and how many items below it are not."""

    row: GanttRow
    hidden: int = 0


def choose_rows(rows: Sequence[GanttRow], most: int) -> tuple[list[ShownRow], int]:
    """At most `most` rows in their order, and how many are left out.

    Whole levels are kept from the top. What room is left goes to the next level: to rows that move first, then to critical
    ones, then to the others in their order.
    """
    if len(rows) <= most:
        return [ShownRow(row) for row in rows], 0
    per_depth: dict[int, int] = {}
    for row in rows:
        per_depth[row.depth] = per_depth.get(row.depth, 0) + 1
    total, whole = 0, -1
    for depth in sorted(per_depth):
        if total + per_depth[depth] > most:
            break
        total, whole = total + per_depth[depth], depth
    deeper = min(depth for depth in per_depth if depth > whole)
    next_level = [at for at, row in enumerate(rows) if row.depth == deeper]
    next_level.sort(key=lambda at: (not rows[at].is_moved, not rows[at].is_critical, at))
    kept = set(next_level[: most - total])
    shown: list[GanttRow] = []
    hidden: list[int] = []
    above: list[int] = []  # the shown rows that the present one lies in, by position
    for at, row in enumerate(rows):
        while above and shown[above[-1]].depth >= row.depth:
            above.pop()
        if row.depth <= whole or at in kept:
            above.append(len(shown))
            shown.append(row)
            hidden.append(0)
        elif above:
            hidden[above[-1]] += 1
    left_out = len(rows) - len(shown)
    return [ShownRow(row, count) for row, count in zip(shown, hidden, strict=True)], left_out
