"""Where everything in a Gantt picture lies, in pixels: the table on the left, the bars on the right, the lines of dates."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from services.rules.errors import InvalidInput
from services.rules.gantts.arrows import Arrow, route_arrows
from services.rules.gantts.axis import Axis, make_axis
from services.rules.gantts.chart import (
    DEFAULT_ROWS,
    MOST_ROWS,
    PAPER_WIDTH,
    GanttChart,
    GanttRow,
    RowKind,
    Span,
)
from services.rules.gantts.choice import ShownRow, choose_rows
from services.rules.gantts.lettering import fitted, text_width

EDGE: Final = 20.0
ROW_HEIGHT: Final = 24.0
TEXT_SIZE: Final = 12.0
SMALL_SIZE: Final = 10.5
TITLE_SIZE: Final = 20.0
TIER_HEIGHT: Final = 19.0
LANE_HEIGHT: Final = 17.0
LEGEND_LINE: Final = 20.0
FACT_HEIGHT: Final = 19.0
BAR_HEIGHT: Final = 11.0
BASELINE_HEIGHT: Final = 4.0
_INDENT: Final = 13.0
_GAP: Final = 12.0


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch of the time axis; a milestone is where `left` and `right` meet."""

    left: float
    right: float

    @property
    def width(self) -> float:
        """Pixels."""
        return self.right - self.left


@dataclass(frozen=True, slots=True)
class PlacedRow:
    """A row with its bars; `middle` is the height that its arrows come and go at."""

    row: GanttRow
    kind: RowKind
    top: float
    number_left: float
    label: str
    label_left: float
    finish: str
    shift: str
    current: Bar | None
    baseline: Bar | None
    middle: float
    tag: str


@dataclass(frozen=True, slots=True)
class Marker:
    """A date across all rows. `kind` is status, promised, before or after; `label_left` is where its words begin."""

    kind: str
    x: float
    label: str
    label_left: float
    label_width: float
    lane: int


@dataclass(frozen=True, slots=True)
class LegendEntry:
    """A sample and its words; `kind` names the sample."""

    kind: str
    label: str
    left: float
    top: float


@dataclass(frozen=True, slots=True)
class Layout:
    """The whole picture. Heights count downwards from the top."""

    width: float
    height: float
    title: str
    subtitle: str
    facts: tuple[tuple[str, str], ...]
    """The lines at the top right: how each is set (label, dates, shift, promised) and its words."""
    axis: Axis
    axis_top: float
    plot_top: float
    plot_bottom: float
    finish_right: float
    shift_right: float
    rows: tuple[PlacedRow, ...]
    more: str
    """The words for what is left out; empty where nothing is."""
    arrows: tuple[Arrow, ...]
    markers: tuple[Marker, ...]
    legend: tuple[LegendEntry, ...]


def check_size(width: int, max_rows: int) -> None:
    """Raise `InvalidInput` (GANTT_ROWS_OUT_OF_RANGE, GANTT_WIDTH_OUT_OF_RANGE) for a picture that nobody could read."""
    if not 1 <= max_rows <= MOST_ROWS:
        raise InvalidInput(
            f"A picture has 1 to {MOST_ROWS} rows.", code="GANTT_ROWS_OUT_OF_RANGE", field="maxRows"
        )
    if not 600 <= width <= 4000:
        raise InvalidInput(
            "A picture is 600 to 4000 wide.", code="GANTT_WIDTH_OUT_OF_RANGE", field="width"
        )


def lay_out(chart: GanttChart, *, width: int = PAPER_WIDTH, max_rows: int = DEFAULT_ROWS) -> Layout:
    """Place everything. Raises what `check_size` raises."""
    check_size(width, max_rows)
    words = chart.words
    shown, left_out = choose_rows(chart.rows, max_rows)
    finishes = [_finish(chart, each.row) for each in shown]
    shifts = [_shift(chart, each.row) for each in shown]
    finish_room = max(
        [text_width(words.text("finish"), SMALL_SIZE, bold=True)]
        + [text_width(each, SMALL_SIZE) for each in finishes]
    )
    shift_room = (
        max(
            [text_width(words.text("shift"), SMALL_SIZE, bold=True)]
            + [text_width(each, SMALL_SIZE, bold=True) for each in shifts]
        )
        if any(shifts)
        else 0.0
    )
    label_room = _label_room(shown, width)
    finish_right = EDGE + label_room + _GAP + finish_room
    shift_right = finish_right + (_GAP + shift_room if shift_room else 0.0)
    axis = make_axis(*_days(chart), shift_right + _GAP, width - EDGE)
    markers = _markers(chart, axis)
    facts = _facts(chart)
    lanes = 1 + max((each.lane for each in markers), default=-1)
    axis_top = max(74.0, 24.0 + FACT_HEIGHT * len(facts)) + LANE_HEIGHT * lanes + 4
    plot_top = axis_top + 2 * TIER_HEIGHT
    rows = tuple(
        _placed(chart, each, axis, plot_top + at * ROW_HEIGHT, label_room, finish, shift)
        for at, (each, finish, shift) in enumerate(zip(shown, finishes, shifts, strict=True))
    )
    lines = len(rows) + (1 if left_out or not rows else 0)
    plot_bottom = plot_top + max(lines, 1) * ROW_HEIGHT
    more = words.text("more_items", count=words.number(left_out)) if left_out else ""
    if not chart.rows:
        more = chart.why_empty or words.text("no_items")
    arrows = route_arrows(rows, chart.links)
    legend, height = _legend(chart, rows, arrows, axis, width, plot_bottom + 14)
    facts_room = max((text_width(each, 15, bold=True) for _, each in facts), default=0.0)
    title_room = width - 2 * EDGE - facts_room - 2 * _GAP
    return Layout(
        width=float(width),
        height=height,
        title=fitted(chart.title, title_room, TITLE_SIZE, bold=True),
        subtitle=fitted(chart.subtitle, title_room, TEXT_SIZE),
        facts=facts,
        axis=axis,
        axis_top=axis_top,
        plot_top=plot_top,
        plot_bottom=plot_bottom,
        finish_right=finish_right,
        shift_right=shift_right,
        rows=rows,
        more=more,
        arrows=arrows,
        markers=markers,
        legend=legend,
    )


def _days(chart: GanttChart) -> tuple[date, date]:
    """The first and the last day that the axis must show."""
    spans = [span for row in chart.rows for span in (row.current, row.baseline) if span]
    fixed = [day for day in (chart.delivery_before, chart.delivery_after) if day]
    if not spans and not fixed:
        only = chart.status_date or chart.promised_date or date(2000, 1, 3)
        return only, only
    first = min([span.start for span in spans] + fixed)
    last = max([span.finish for span in spans] + fixed)
    # Dates beside the plan are shown as long as they do not squeeze it.
    near = timedelta(days=max(14, (last - first).days // 3))
    for day in (chart.promised_date, chart.status_date):
        if day and day < first and first - day <= near:
            first = day
        elif day and day > last and day - last <= near:
            last = day
    # What lies on the very edge of a long axis needs a little air; a short one is filled up to whole weeks.
    air = timedelta(days=(last - first).days // 60)
    if first - date.min > air:
        first -= air
    if date.max - last > air:
        last += air
    return first, last


def _label_room(shown: Sequence[ShownRow], width: int) -> float:
    wished = max((_indent(each.row) + _label_width(each) for each in shown), default=120.0)
    return min(max(wished, 150.0), width * 0.33)


def _indent(row: GanttRow) -> float:
    return min(row.depth, 8) * _INDENT


def _number_room(row: GanttRow) -> float:
    return text_width(row.number, SMALL_SIZE) + 6 if row.number else 0.0


def _hidden(each: ShownRow, chart: GanttChart) -> str:
    count = chart.words.number(each.hidden)
    return chart.words.text("hidden_in", count=count) if each.hidden else ""


def _label_width(each: ShownRow) -> float:
    is_bold = each.row.kind is RowKind.SUMMARY
    hidden = 40.0 if each.hidden else 0.0
    return _number_room(each.row) + text_width(each.row.title, TEXT_SIZE, bold=is_bold) + hidden + 2


def _finish(chart: GanttChart, row: GanttRow) -> str:
    span = row.current or row.baseline
    return chart.words.short_date(span.finish) if span else ""


def _shift(chart: GanttChart, row: GanttRow) -> str:
    if not chart.has_baseline:
        return ""
    if row.current is None:
        return chart.words.text("removed")
    if row.baseline is None:
        return chart.words.text("new")
    return signed(row.shift_days) if row.shift_days else ""


def signed(days: int) -> str:
    """A number of days with its sign: `+8`, `−2`."""
    return f"+{days}" if days > 0 else f"−{-days}" if days < 0 else "0"


def _placed(  # noqa: PLR0917 - the parts of one row
    chart: GanttChart, each: ShownRow, axis: Axis, top: float, room: float, finish: str, shift: str
) -> PlacedRow:
    row = each.row
    kind = row.kind
    left = EDGE + _indent(row)
    label_left = left + _number_room(row)
    hidden = _hidden(each, chart)
    hidden_room = text_width(hidden, TEXT_SIZE) + 4 if hidden else 0.0
    label = fitted(
        row.title,
        EDGE + room - label_left - hidden_room,
        TEXT_SIZE,
        bold=kind is RowKind.SUMMARY,
    )
    bar_top = top + (4 if chart.has_baseline else (ROW_HEIGHT - BAR_HEIGHT) / 2)
    tag = ""
    if row.total_float_days < 0 and row.current and kind is not RowKind.SUMMARY:
        tag = chart.words.text("float", days=signed(row.total_float_days))
    return PlacedRow(
        row=row,
        kind=kind,
        top=top,
        number_left=left,
        label=f"{label} {hidden}" if hidden else label,
        label_left=label_left,
        finish=finish,
        shift=shift,
        current=_bar(axis, row.current, kind),
        baseline=_bar(axis, row.baseline, kind) if chart.has_baseline else None,
        middle=bar_top + BAR_HEIGHT / 2,
        tag=tag,
    )


def _bar(axis: Axis, span: Span | None, kind: RowKind) -> Bar | None:
    if span is None:
        return None
    if kind is RowKind.MILESTONE:
        at = axis.start_of(span.finish) if span.is_morning else axis.end_of(span.finish)
        return Bar(at, at)
    left, right = axis.start_of(span.start), axis.end_of(span.finish)
    # A day on a long axis is less than a pixel, and would not be seen.
    return Bar(left, max(right, left + 2.0))


def _facts(chart: GanttChart) -> tuple[tuple[str, str], ...]:
    words = chart.words
    facts: list[tuple[str, str]] = []
    if chart.delivery_after:
        after = words.long_date(chart.delivery_after)
        before = chart.delivery_before
        facts.append(("label", words.text("delivery")))
        if chart.has_baseline and before and before != chart.delivery_after:
            facts.append(("dates", f"{words.long_date(before)} → {after}"))
            facts.append(("shift", words.working_days(chart.change_days)))
        else:
            facts.append(("dates", after))
            if chart.has_baseline:
                facts.append(("same", words.working_days(0)))
    if chart.promised_date:
        late = chart.promised_late_days
        state = words.text("late", days=words.plain_days(late)) if late else words.text("on_time")
        promised = words.text("promised", date=words.long_date(chart.promised_date))
        facts.append(("late" if late else "promised", f"{promised} · {state}"))
    return tuple(facts)


def _markers(chart: GanttChart, axis: Axis) -> tuple[Marker, ...]:
    words = chart.words
    wanted: list[tuple[str, float, str]] = []

    def add(kind: str, day: date | None, x: float, label: str) -> None:
        if day is not None and axis.shows(day):
            wanted.append((kind, x, label))

    before, after = chart.delivery_before, chart.delivery_after
    if chart.has_baseline and before and before != after:
        add(
            "before",
            before,
            axis.end_of(before),
            words.text("before", date=words.short_date(before)),
        )
        if after:
            add(
                "after",
                after,
                axis.end_of(after),
                words.text("after", date=words.short_date(after)),
            )
    elif after:
        add(
            "after",
            after,
            axis.end_of(after),
            f"{words.text('delivery')} {words.short_date(after)}",
        )
    promised, status = chart.promised_date, chart.status_date
    if promised:
        label = words.text("promised", date=words.short_date(promised))
        add("promised", promised, axis.end_of(promised), label)
    if status:
        label = words.text("status", date=words.short_date(status))
        add("status", status, axis.middle_of(status), label)
    placed: list[Marker] = []
    ends: list[float] = []
    for kind, x, label in sorted(wanted, key=lambda each: (each[1], each[0])):
        room = text_width(label, SMALL_SIZE, bold=True) + 10
        left = min(max(x - room / 2, axis.left), axis.right - room)
        lane = next((at for at, end in enumerate(ends) if end <= left), len(ends))
        ends[lane : lane + 1] = [left + room + 6]
        placed.append(Marker(kind, x, label, left, room, lane))
    return tuple(placed)


def _legend(  # noqa: PLR0917 - the parts of one picture
    chart: GanttChart,
    rows: Sequence[PlacedRow],
    arrows: Sequence[Arrow],
    axis: Axis,
    width: float,
    top: float,
) -> tuple[tuple[LegendEntry, ...], float]:
    """What the picture holds, explained, in as many lines as it takes; and where the picture ends."""
    words = chart.words
    drawn = [row for row in rows if row.current]
    kinds = {row.kind for row in drawn}
    entries = []
    if drawn:
        label = chart.current_label or words.text("current")
        entries.append(("current", label))
    if any(row.row.is_critical for row in drawn):
        entries.append(("critical", words.text("critical")))
    if any(row.row.percent_complete_bps for row in drawn):
        entries.append(("done", words.text("done")))
    if chart.has_baseline:
        entries.append(("baseline", chart.baseline_label or words.text("baseline")))
    if any(row.row.current is None for row in rows):
        gone = words.text("removed")
        entries.append(("gone", gone[:1].upper() + gone[1:]))
    if RowKind.SUMMARY in kinds:
        entries.append(("summary", words.text("summary")))
    if RowKind.MILESTONE in kinds:
        entries.append(("milestone", words.text("milestone")))
    if arrows:
        entries.append(("dependency", words.text("dependency")))
    if axis.days_off(chart.calendar):
        entries.append(("day_off", words.text("day_off")))
    placed = []
    left = EDGE
    for kind, said in entries:
        label = fitted(said, 300, SMALL_SIZE)
        room = 32 + text_width(label, SMALL_SIZE) + 22
        if left > EDGE and left + room - 22 > width - EDGE:
            left, top = EDGE, top + LEGEND_LINE
        placed.append(LegendEntry(kind, label, left, top))
        left += room
    return tuple(placed), top + LEGEND_LINE + 14
