"""The picture as SVG 1.1: plain shapes and text under one style sheet, no script, nothing from elsewhere.

The same chart gives the same bytes: no clock, no random ids, numbers with at most one decimal.
"""

from collections.abc import Iterable

from services.rules.gantts.arrows import Arrow
from services.rules.gantts.chart import DEFAULT_ROWS, PAPER_WIDTH, GanttChart, RowKind, Theme
from services.rules.gantts.colours import style_sheet
from services.rules.gantts.layout import (
    BAR_HEIGHT,
    BASELINE_HEIGHT,
    EDGE,
    FACT_HEIGHT,
    LANE_HEIGHT,
    ROW_HEIGHT,
    TIER_HEIGHT,
    Bar,
    Layout,
    LegendEntry,
    PlacedRow,
    lay_out,
)
from services.rules.gantts.lettering import escaped
from services.rules.gantts.summary import describe, describe_row


def draw(
    chart: GanttChart,
    *,
    width: int = PAPER_WIDTH,
    max_rows: int = DEFAULT_ROWS,
    theme: Theme = Theme.LIGHT,
) -> str:
    """The SVG text of a chart. Raises what `lay_out` raises."""
    layout = lay_out(chart, width=width, max_rows=max_rows)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_n(layout.width)}" height="{_n(layout.height)}"'
        f' viewBox="0 0 {_n(layout.width)} {_n(layout.height)}" role="img" lang="{escaped(chart.words.locale)}"'
        ' aria-labelledby="gantt-title gantt-desc">',
        f'<title id="gantt-title">{escaped(f"{chart.title}: {chart.subtitle}")}</title>',
        f'<desc id="gantt-desc">{escaped(describe(chart))}</desc>',
        f"<style>{style_sheet(theme)}</style>",
        '<defs><pattern id="gantt-hatch" width="5" height="5" patternUnits="userSpaceOnUse"'
        ' patternTransform="rotate(45)"><path class="hatch" d="M0 0V5"/></pattern></defs>',
        f'<rect class="ground" width="{_n(layout.width)}" height="{_n(layout.height)}"/>',
        *_header(layout),
        *_ground(chart, layout),
        *_axis(chart, layout),
        *_arrows(layout.arrows),
        *(line for each in layout.rows for line in _row(chart, layout, each)),
        *_more(layout),
        *_markers(layout),
        *_legend(layout.legend),
        "</svg>\n",
    ]
    return "\n".join(parts)


def _n(value: float) -> str:
    """A number with at most one decimal."""
    text = f"{value:.1f}"
    return text[:-2] if text.endswith(".0") else text


def _text(x: float, y: float, words: str, style: str = "") -> str:
    kind = f' class="{style}"' if style else ""
    return f'<text x="{_n(x)}" y="{_n(y)}"{kind}>{escaped(words)}</text>'


def _rect(  # noqa: PLR0917 - as the element has them
    left: float, top: float, width: float, height: float, style: str, rx: float = 0
) -> str:
    corner = f' rx="{_n(rx)}"' if rx else ""
    return f'<rect class="{style}" x="{_n(left)}" y="{_n(top)}" width="{_n(width)}" height="{_n(height)}"{corner}/>'


def _path(points: str, style: str) -> str:
    return f'<path class="{style}" d="{points}"/>'


def _header(layout: Layout) -> Iterable[str]:
    yield _text(EDGE, 36, layout.title, "h")
    yield _text(EDGE, 57, layout.subtitle, "q")
    right, y = layout.width - EDGE, 8.0
    styles = {
        "label": "s q e", "dates": "f e", "shift": "b r e", "same": "q e", "promised": "s q e", "late": "s b r e",
    }  # fmt: skip
    for kind, words in layout.facts:
        style = styles[kind]
        y += FACT_HEIGHT
        if kind == "shift" and words.startswith("−"):
            style = "b g e"
        yield _text(right, y, words, style)


def _ground(chart: GanttChart, layout: Layout) -> Iterable[str]:
    axis, top, bottom = layout.axis, layout.plot_top, layout.plot_bottom
    for each in layout.rows:
        if each.kind is RowKind.SUMMARY:
            yield _rect(EDGE - 6, each.top, layout.width - 2 * EDGE + 6, ROW_HEIGHT, "stripe")
    off = "".join(
        f"M{_n(left)} {_n(top)}H{_n(right)}V{_n(bottom)}H{_n(left)}Z"
        for left, right in axis.days_off(chart.calendar)
    )
    if off:
        yield _path(off, "off")
    marks = {each.kind: each.x for each in layout.markers}
    if "before" in marks and "after" in marks:
        left, right = sorted((marks["before"], marks["after"]))
        style = "gain" if marks["after"] < marks["before"] else "loss"
        yield _rect(left, top, right - left, bottom - top, style)
    lines = "".join(
        f"M{_n(tick.left)} {_n(top)}V{_n(bottom)}"
        for tick in (axis.lower(chart.words) or axis.upper(chart.words))
        if tick.left > axis.left
    )
    if lines:
        yield _path(lines, "grid")
    rules = "".join(
        f"M{_n(EDGE - 6)} {_n(each.top)}H{_n(layout.width - EDGE)}" for each in layout.rows[1:]
    )
    if rules:
        yield _path(rules, "grid")


def _axis(chart: GanttChart, layout: Layout) -> Iterable[str]:
    axis, top, words = layout.axis, layout.axis_top, chart.words
    upper, lower = axis.upper(words), axis.lower(words)
    first = top + TIER_HEIGHT - 6
    for tick in upper:
        if tick.label:
            yield _text(tick.left + 4, first, tick.label, "s b")
    for tick in lower:
        if tick.label:
            yield _text((tick.left + tick.right) / 2, first + TIER_HEIGHT, tick.label, "s q m")
    edges = "".join(
        f"M{_n(tick.left)} {_n(top)}v{_n(TIER_HEIGHT)}M{_n(tick.left)} {_n(layout.plot_top)}V{_n(layout.plot_bottom)}"
        for tick in upper
        if tick.left > axis.left
    )
    rules = (
        f"M{_n(axis.left)} {_n(top)}H{_n(axis.right)}"
        f"M{_n(axis.left)} {_n(top + TIER_HEIGHT)}H{_n(axis.right)}"
        f"M{_n(EDGE - 6)} {_n(layout.plot_top)}H{_n(axis.right)}"
        f"M{_n(EDGE - 6)} {_n(layout.plot_bottom)}H{_n(axis.right)}"
        f"M{_n(axis.left)} {_n(top)}V{_n(layout.plot_bottom)}"
    )
    yield _path(edges + rules, "rule")
    heading = layout.plot_top - 6
    yield _text(EDGE, heading, words.text("item"), "s b q")
    yield _text(layout.finish_right, heading, words.text("finish"), "s b q e")
    if layout.shift_right > layout.finish_right:
        yield _text(layout.shift_right, heading, words.text("shift"), "s b q e")


def _row(chart: GanttChart, layout: Layout, each: PlacedRow) -> Iterable[str]:
    row = each.row
    baseline = each.top + 16
    is_bold, is_gone = each.kind is RowKind.SUMMARY, row.current is None
    yield f"<g><title>{escaped(describe_row(chart, row))}</title>"
    if row.number:
        yield _text(each.number_left, baseline, row.number, "s q")
    style = "b" if is_bold else ""
    yield _text(each.label_left, baseline, each.label, f"{style} q x".strip() if is_gone else style)
    yield _text(layout.finish_right, baseline, each.finish, "s q e x" if is_gone else "s e")
    if each.shift:
        tone = " q" if is_gone else "" if row.shift_days > 0 else " g"
        yield _text(layout.shift_right, baseline, each.shift, f"s b e{tone}")
    yield from _bars(each)
    if each.tag and each.current:
        yield _tag(layout, each, each.current)
    yield "</g>"


def _tag(layout: Layout, each: PlacedRow, bar: Bar) -> str:
    reach = 10.0
    if bar.right + reach + 70 < layout.axis.right:
        return _text(bar.right + reach, each.top + 14, each.tag, "s b r halo")
    return _text(bar.left - reach, each.top + 14, each.tag, "s b r e halo")


def _bars(each: PlacedRow) -> Iterable[str]:
    row, current, baseline = each.row, each.current, each.baseline
    below = each.top + 16.5
    if each.kind is RowKind.MILESTONE:
        if baseline and (current is None or baseline.left != current.left):
            style = "gone" if current is None else "basestone"
            yield _diamond(baseline.left, each.middle if current is None else below, 4.5, style)
        if current:
            yield _diamond(current.left, each.middle, 6, "hotstone" if row.is_critical else "stone")
        return
    if baseline:
        if current is None:
            yield _rect(baseline.left, each.middle - 4, baseline.width, 8, "gone", 2)
        else:
            yield _rect(baseline.left, below, baseline.width, BASELINE_HEIGHT, "base", 1)
    if current is None:
        return
    top = each.middle - BAR_HEIGHT / 2
    if each.kind is RowKind.SUMMARY:
        yield _bracket(current, top + 1, "hotsum" if row.is_critical else "sum")
    elif row.is_critical:
        yield _rect(current.left, top, current.width, BAR_HEIGHT, "hot", 2)
        yield _rect(current.left, top, current.width, BAR_HEIGHT, "hotedge", 2)
    else:
        yield _rect(current.left, top, current.width, BAR_HEIGHT, "bar", 2)
    done = row.percent_complete_bps
    if done and each.kind is RowKind.TASK:
        share = min(done, 10_000) / 10_000
        core = "hotcore" if row.is_critical else "core"
        yield _rect(current.left, each.middle - 2, current.width * share, 4, core)


def _bracket(bar: Bar, top: float, style: str) -> str:
    """A beam with two feet."""
    left, right = bar.left, bar.right
    foot = min(6.0, bar.width / 2)
    return _path(
        f"M{_n(left)} {_n(top)}H{_n(right)}V{_n(top + 10)}L{_n(right - foot)} {_n(top + 5)}"
        f"H{_n(left + foot)}L{_n(left)} {_n(top + 10)}Z",
        style,
    )


def _diamond(x: float, y: float, reach: float, style: str) -> str:
    return _path(
        f"M{_n(x)} {_n(y - reach)}L{_n(x + reach)} {_n(y)}L{_n(x)} {_n(y + reach)}L{_n(x - reach)} {_n(y)}Z",
        style,
    )


def _arrows(arrows: Iterable[Arrow]) -> Iterable[str]:
    """All lines of a kind in one path, all heads in another; the critical ones on top."""
    arrows = list(arrows)
    for is_critical, line, head in ((False, "arrow", "head"), (True, "hotarrow", "hothead")):
        drawn = [each for each in arrows if each.is_critical is is_critical]
        if drawn:
            yield _path("".join(_line(each.points) for each in drawn), line)
            yield _path("".join(_head(*each.points[-2:]) for each in drawn), head)


def _line(points: tuple[tuple[float, float], ...]) -> str:
    (x, y), *rest = points
    return f"M{_n(x)} {_n(y)}" + "".join(f"L{_n(x)} {_n(y)}" for x, y in rest)


def _head(before: tuple[float, float], at: tuple[float, float]) -> str:
    (from_x, from_y), (x, y) = before, at
    size, half = 5.0, 3.0
    if from_x == x:
        back = y - size if y > from_y else y + size
        return f"M{_n(x)} {_n(y)}L{_n(x - half)} {_n(back)}H{_n(x + half)}Z"
    back = x - size if x > from_x else x + size
    return f"M{_n(x)} {_n(y)}L{_n(back)} {_n(y - half)}V{_n(y + half)}Z"


def _more(layout: Layout) -> Iterable[str]:
    if layout.more:
        yield _text(EDGE, layout.plot_bottom - 8, layout.more, "q")


def _markers(layout: Layout) -> Iterable[str]:
    lanes = 1 + max((each.lane for each in layout.markers), default=-1)
    heights = [layout.axis_top - LANE_HEIGHT * (lanes - each.lane) + 9 for each in layout.markers]
    for each, y in zip(layout.markers, heights, strict=True):
        yield _path(f"M{_n(each.x)} {_n(y + 3)}V{_n(layout.plot_bottom)}", f"v{each.kind}")
    for each, y in zip(layout.markers, heights, strict=True):
        # Lines of the lanes above pass behind the words.
        yield _rect(each.label_left, y - 10, each.label_width, 13, "ground")
        yield _text(each.label_left + 5, y, each.label, f"s b t{each.kind}")


def _legend(entries: Iterable[LegendEntry]) -> Iterable[str]:
    for each in entries:
        left, middle = each.left, each.top + 8
        sample = Bar(left, left + 26)
        if each.kind in {"current", "done"}:
            yield _rect(left, middle - 5.5, 26, BAR_HEIGHT, "bar", 2)
            if each.kind == "done":
                yield _rect(left, middle - 2, 15, 4, "core")
        elif each.kind == "critical":
            yield _rect(left, middle - 5.5, 26, BAR_HEIGHT, "hot", 2)
            yield _rect(left, middle - 5.5, 26, BAR_HEIGHT, "hotedge", 2)
        elif each.kind == "baseline":
            yield _rect(left, middle - 2, 26, BASELINE_HEIGHT, "base", 1)
        elif each.kind == "gone":
            yield _rect(left, middle - 4, 26, 8, "gone", 2)
        elif each.kind == "summary":
            yield _bracket(sample, middle - 5, "sum")
        elif each.kind == "milestone":
            yield _diamond(left + 13, middle, 6, "stone")
        elif each.kind == "dependency":
            points = ((left, middle - 4), (left + 13, middle - 4), (left + 13, middle + 5))
            yield _path(_line(points), "arrow")
            yield _path(_head(*points[-2:]), "head")
        else:
            yield _rect(left, middle - 7, 26, 14, "off")
        yield _text(left + 32, middle + 4, each.label, "s q")
