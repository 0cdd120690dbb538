"""A picture in words: for whoever hears it instead of seeing it, and for the tip over each row."""

from services.rules.gantts.chart import GanttChart, GanttRow, RowKind, Span
from services.rules.gantts.lettering import drawable, fitted

_MOST_NAMES = 6
_NAME_ROOM = 420.0


def describe(chart: GanttChart) -> str:
    """The whole picture in a few sentences."""
    words = chart.words
    sentences = [chart.subtitle.rstrip(".") + "." if chart.subtitle else ""]
    leaves = [row for row in chart.rows if row.kind is not RowKind.SUMMARY]
    spans = [row.current for row in chart.rows if row.current]
    if not spans:
        sentences.append((chart.why_empty or words.text("no_items")) + ".")
    else:
        sentences.append(
            words.text(
                "describe_items",
                count=words.number(len([row for row in leaves if row.current])),
                start=words.long_date(min(span.start for span in spans)),
                finish=words.long_date(max(span.finish for span in spans)),
            )
        )
    before, after = chart.delivery_before, chart.delivery_after
    if chart.has_baseline and before and after:
        sentences.append(
            words.text(
                "describe",
                before=words.long_date(before),
                after=words.long_date(after),
                days=words.working_days(chart.change_days),
            )
        )
        sentences.append(
            words.text(
                "describe_moved",
                moved=words.number(
                    len([row for row in leaves if row.current and row.baseline and row.is_moved])
                ),
                new=words.number(len([row for row in leaves if row.baseline is None])),
                removed=words.number(len([row for row in leaves if row.current is None])),
            )
        )
    if chart.promised_date:
        late = chart.promised_late_days
        sentences.append(
            words.text(
                "describe_promised",
                date=words.long_date(chart.promised_date),
                state=words.text("late", days=words.plain_days(late))
                if late
                else words.text("on_time"),
            )
        )
    critical = [row for row in leaves if row.is_critical and row.current]
    if critical:
        names = [fitted(row.title, _NAME_ROOM, 12) for row in critical[:_MOST_NAMES]]
        if len(critical) > _MOST_NAMES:
            rest = words.number(len(critical) - _MOST_NAMES)
            names.append(words.text("and_more", count=rest))
        sentences.append(words.text("describe_critical", names="; ".join(names)))
    return drawable(" ".join(each for each in sentences if each))


def describe_row(chart: GanttChart, row: GanttRow) -> str:
    """One row: its whole name, its dates, the dates it had, and what is to be said of it."""
    words = chart.words
    name = f"{row.number} {row.title}".strip()
    parts = [f"{name}: {_dates(chart, row.current or row.baseline)}"]
    if chart.has_baseline:
        if row.current is None:
            parts.append(words.text("removed"))
        elif row.baseline is None:
            parts.append(words.text("new"))
        elif row.is_moved:
            was = _dates(chart, row.baseline)
            parts += [f"{chart.baseline_label or words.text('baseline')} {was}"]
            parts.append(words.working_days(row.shift_days))
    if row.is_critical and row.current:
        parts.append(words.text("critical"))
    if row.percent_complete_bps is not None:
        parts.append(f"{row.percent_complete_bps // 100} %")
    return drawable(", ".join(parts))


def _dates(chart: GanttChart, span: Span | None) -> str:
    if span is None:
        return ""
    short = chart.words.short_date
    if span.start == span.finish:
        return short(span.start)
    return f"{short(span.start)} – {short(span.finish)}"
