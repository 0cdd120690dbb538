"""Gantt pictures: where things lie, which rows are chosen, what is written, and that the same chart gives the same bytes."""

import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.rules.calendars import WorkingCalendar
from services.rules.errors import InvalidInput
from services.rules.gantts import (
    MOST_ROWS,
    WORDS,
    GanttChart,
    GanttLink,
    GanttRow,
    GanttWords,
    RowKind,
    Span,
    Theme,
    choose_rows,
    describe,
    draw,
    lay_out,
    outline_numbers,
)
from services.rules.gantts.axis import Scale, make_axis
from services.rules.gantts.lettering import drawable, escaped, fitted, text_width

SVG = "{http://www.w3.org/2000/svg}"
MONDAY = date(2026, 3, 2)

_FILLED = {
    "promised": "promised {date}", "status": "today {date}", "before": "before {date}", "after": "after {date}",
    "more_items": "{count} more", "hidden_in": "(+{count})", "float": "float {days}", "quarter": "Q{number}",
    "week": "W{number}", "late": "{days} late", "describe_items": "{count} items, {start} to {finish}.",
    "describe": "From {before} to {after}: {days}.", "describe_moved": "{moved} moved, {new} new, {removed} removed.",
    "describe_promised": "Promised {date}: {state}.", "describe_critical": "Critical: {names}.",
    "and_more": "and {count} more",
}  # fmt: skip

WORDS_HERE = GanttWords(
    locale="en",
    texts={key: _FILLED.get(key, key) for key in WORDS},
    long_date=date.isoformat,
    short_date=lambda day: f"{day.day}/{day.month}",
    month=lambda day: f"M{day.month}",
    month_and_year=lambda day: f"M{day.month} {day.year}",
    weekday=lambda day: "MTWTFSS"[day.weekday()],
    working_days=lambda days: f"{days:+d} days",
    plain_days=lambda days: f"{days} days",
    number=str,
)


def days(first: int, last: int, month: int = 3) -> Span:
    """Dates of March 2026, or of another month of that year."""
    return Span(date(2026, month, first), date(2026, month, last))


TINY = GanttChart(
    title="Tiny",
    subtitle="One against two",
    words=WORDS_HERE,
    rows=(
        GanttRow("all", "All", RowKind.SUMMARY, 0, "1", days(2, 13), days(2, 11), True, 2),
        GanttRow("a", "Design", RowKind.TASK, 1, "1.1", days(2, 6), days(2, 4), True, 2),
        GanttRow("b", "Build", RowKind.TASK, 1, "1.2", days(9, 13), days(5, 11), False, 2),
        GanttRow("m", "Done", RowKind.MILESTONE, 0, "2", days(13, 13), days(11, 11), False, 2),
    ),
    links=(GanttLink("a", "b"), GanttLink("b", "m")),
    has_baseline=True,
    delivery_before=date(2026, 3, 11),
    delivery_after=date(2026, 3, 13),
    change_days=2,
)
"""Two weeks from Monday 2 March 2026: 14 days on the axis."""


def parsed(svg: str) -> ElementTree.Element:
    """The picture as a tree; fails the test where it is no XML."""
    return ElementTree.fromstring(svg)


def shapes(svg: str, style: str) -> list[dict[str, str]]:
    """The attributes of every shape of a class."""
    return [dict(each.attrib) for each in parsed(svg).iter() if each.get("class") == style]


def all_text(svg: str) -> list[str]:
    """Every text that is drawn."""
    return ["".join(each.itertext()) for each in parsed(svg).iter(f"{SVG}text")]


def test_bars_lie_where_their_days_lie() -> None:
    layout = lay_out(TINY, width=1000)
    axis = layout.axis
    assert (axis.first, axis.last, axis.scale) == (MONDAY, date(2026, 3, 15), Scale.DAY)
    # By hand: the table takes 20 + 150 (names) + 12 + 33.3 (finish) + 12 + 26.3 (shift) + 12; the rest is 14 days.
    left = (
        20
        + 150
        + 12
        + text_width("finish", 10.5, bold=True)
        + 12
        + text_width("shift", 10.5, bold=True)
        + 12
    )
    assert axis.left == pytest.approx(left)
    assert axis.right == 980
    day = (980 - left) / 14
    assert axis.day_width == pytest.approx(day)
    _, design, build, done = layout.rows
    # (first day, day after the last) as days from the Monday
    for bar, first, end in [
        (design.current, 0, 5),
        (design.baseline, 0, 3),
        (build.current, 7, 12),
        (build.baseline, 3, 10),
        (done.current, 12, 12),
        (done.baseline, 10, 10),
    ]:
        assert bar is not None
        assert bar.left == pytest.approx(left + first * day)
        assert bar.right == pytest.approx(left + end * day)
    assert [row.top - layout.plot_top for row in layout.rows] == [0, 24, 48, 72]
    assert layout.plot_bottom == layout.plot_top + 96
    assert [(row.finish, row.shift) for row in layout.rows] == [("13/3", "+2")] * 1 + [
        ("6/3", "+2"),
        ("13/3", "+2"),
        ("13/3", "+2"),
    ]
    marks = {each.kind: each.x for each in layout.markers}
    assert marks == {
        "before": pytest.approx(left + 10 * day),
        "after": pytest.approx(left + 12 * day),
    }


def test_the_drawing_has_the_bars_of_both_plans_at_their_places() -> None:
    svg, layout = draw(TINY, width=1000), lay_out(TINY, width=1000)

    def box(shape: dict[str, str]) -> tuple[float, float]:
        return float(shape["x"]), float(shape["width"])

    design, build = layout.rows[1], layout.rows[2]
    assert design.current
    assert build.current
    assert design.baseline
    assert build.baseline
    # The last of each class is its sample in the legend.
    (hot, hot_sample), (bar, bar_sample) = shapes(svg, "hotedge"), shapes(svg, "bar")
    assert box(hot) == pytest.approx((design.current.left, design.current.width), abs=0.06)
    assert box(bar) == pytest.approx((build.current.left, build.current.width), abs=0.06)
    assert hot_sample["width"] == bar_sample["width"] == "26"
    base = [box(each) for each in shapes(svg, "base")]
    summary = layout.rows[0].baseline
    assert summary
    assert base[:3] == [
        pytest.approx((each.left, each.width), abs=0.06)
        for each in (summary, design.baseline, build.baseline)
    ]
    assert len(shapes(svg, "hotsum")) == 1
    assert len(shapes(svg, "basestone")) == 1
    assert {"Tiny", "One against two", "2026-03-11 → 2026-03-13", "+2 days"} <= set(all_text(svg))


def test_a_screen_reader_is_told_everything() -> None:
    root = parsed(draw(TINY))
    assert root.get("role") == "img"
    assert root.get("aria-labelledby") == "gantt-title gantt-desc"
    told = root.find(f"{SVG}desc")
    assert told is not None
    assert told.text == describe(TINY) == (
        "One against two. 3 items, 2026-03-02 to 2026-03-13. From 2026-03-11 to 2026-03-13: +2 days. "
        "3 moved, 0 new, 0 removed. Critical: Design."
    )  # fmt: skip
    tips = [each.text for each in root.iter(f"{SVG}title")]
    assert tips[1:] == [
        "1 All: 2/3 – 13/3, baseline 2/3 – 11/3, +2 days, critical",
        "1.1 Design: 2/3 – 6/3, baseline 2/3 – 4/3, +2 days, critical",
        "1.2 Build: 9/3 – 13/3, baseline 5/3 – 11/3, +2 days",
        "2 Done: 13/3, baseline 11/3, +2 days",
    ]


def test_new_and_removed_items_and_progress_are_drawn_and_named() -> None:
    rows = (
        GanttRow("n", "Fresh", current=days(4, 6), percent_complete_bps=5000),
        GanttRow("r", "Gone", baseline=days(2, 3)),
        GanttRow("z", "Behind", current=days(2, 4), baseline=days(2, 4), total_float_days=-3),
    )
    chart = replace(TINY, rows=rows, links=(), promised_date=date(2026, 3, 5), promised_late_days=6)
    svg, layout = draw(chart), lay_out(chart)
    assert [row.shift for row in layout.rows] == ["new", "removed", ""]
    (core, _) = shapes(svg, "core")
    fresh = layout.rows[0].current
    assert fresh
    assert float(core["width"]) == pytest.approx(fresh.width / 2, abs=0.06)
    assert len(shapes(svg, "gone")) == 2
    words = all_text(svg)
    assert {"float −3", "promised 2026-03-05 · 6 days late", "Removed"} <= set(words)
    assert [each.kind for each in layout.markers] == ["promised", "before", "after"]


@pytest.mark.parametrize(
    ("first", "last", "scale", "begins", "ends"),
    [
        (date(2026, 3, 4), date(2026, 3, 4), Scale.DAY, date(2026, 3, 2), date(2026, 3, 15)),
        (date(2026, 3, 4), date(2026, 4, 1), Scale.DAY, date(2026, 3, 2), date(2026, 4, 5)),
        (date(2026, 3, 4), date(2026, 8, 1), Scale.WEEK, date(2026, 3, 2), date(2026, 8, 2)),
        (date(2026, 3, 4), date(2027, 8, 1), Scale.MONTH, date(2026, 3, 1), date(2027, 8, 31)),
        (date(2026, 3, 4), date(2029, 3, 3), Scale.QUARTER, date(2026, 1, 1), date(2029, 3, 31)),
        (date(2026, 3, 4), date(2066, 3, 3), Scale.YEAR, date(2026, 1, 1), date(2066, 12, 31)),
    ],
)
def test_the_axis_takes_the_finest_scale_that_can_be_read(
    first: date, last: date, scale: Scale, begins: date, ends: date
) -> None:
    axis = make_axis(first, last, 300, 1000)
    assert (axis.scale, axis.first, axis.last) == (scale, begins, ends)
    for tier in (axis.upper(WORDS_HERE), axis.lower(WORDS_HERE)):
        for left, right in pairwise(tier):
            assert left.right == pytest.approx(right.left)
        for tick in tier:
            assert text_width(tick.label, 10.5) <= max(tick.right - tick.left, 0) * 2
        if tier:
            assert (tier[0].left, tier[-1].right) == (pytest.approx(300), pytest.approx(1000))


def test_days_off_are_shaded_as_long_as_a_day_can_be_seen() -> None:
    calendar = WorkingCalendar(days_off=frozenset({date(2026, 3, 9)}))
    axis = make_axis(MONDAY, date(2026, 3, 15), 0, 1400)
    assert axis.days_off(calendar) == [
        (pytest.approx(500), pytest.approx(800)),  # Saturday to Monday
        (pytest.approx(1200), pytest.approx(1400)),
    ]
    assert make_axis(MONDAY, date(2029, 3, 1), 0, 1000).days_off(calendar) == []


def test_arrows_leave_at_a_finish_and_arrive_at_a_start() -> None:
    layout = lay_out(TINY)
    _, design, build, done = layout.rows
    first, second = (each.points for each in layout.arrows)
    assert design.current
    assert build.current
    assert done.current
    assert first[0] == (design.current.right, design.middle)
    assert first[-1] == (build.current.left + 4, build.middle - 5.5)
    # The milestone lies right below the end of what leads to it.
    assert second[-1] == (done.current.left - 1, done.middle - 6.5)
    assert not any(each.is_critical for each in layout.arrows)


@pytest.mark.parametrize("from_finish", [True, False])
@pytest.mark.parametrize("to_finish", [True, False])
def test_every_kind_of_arrow_runs_from_end_to_end_in_right_angles(
    from_finish: bool, to_finish: bool
) -> None:
    rows = (GanttRow("a", "A", current=days(9, 11)), GanttRow("b", "B", current=days(4, 6)))
    chart = replace(TINY, rows=rows, links=(GanttLink("a", "b", from_finish, to_finish),))
    layout = lay_out(chart)
    (arrow,) = layout.arrows
    tail, head = (each.current for each in layout.rows)
    assert tail
    assert head
    assert arrow.points[0][0] == (tail.right if from_finish else tail.left)
    assert arrow.points[-1][0] == (head.right if to_finish else head.left)
    for (x, y), (to_x, to_y) in pairwise(arrow.points):
        assert x == to_x or y == to_y


def test_too_many_arrows_are_left_to_the_critical_ones_and_then_to_none() -> None:
    def chart(critical: int) -> GanttChart:
        rows = [
            GanttRow(str(at), "x", current=days(2, 3), is_critical=at < critical)
            for at in range(200)
        ]
        links = [GanttLink(str(at), str(at + 1)) for at in range(199)]
        return replace(TINY, rows=rows, links=links)

    assert len(lay_out(chart(200), max_rows=200).arrows) == 0
    assert len(lay_out(chart(50), max_rows=200).arrows) == 49
    assert len(lay_out(chart(200), max_rows=100).arrows) == 99


def a_tree() -> list[GanttRow]:
    """Three phases of ten items; one item of the third has moved, one of the second is critical."""
    rows = []
    for phase in range(3):
        rows.append(GanttRow(f"p{phase}", "Phase", RowKind.SUMMARY, 0, "", days(2, 6), days(2, 6)))
        rows += [
            GanttRow(f"{phase}.{at}", "Item", RowKind.TASK, 1, "", days(2, 6), days(2, 6))
            for at in range(10)
        ]
    rows[11 + 5] = replace(rows[11 + 5], is_critical=True)
    rows[22 + 7] = replace(rows[22 + 7], current=days(2, 9))
    return rows


@pytest.mark.parametrize(
    ("most", "shown", "left_out"),
    [
        (33, None, 0),
        (5, [("p0", 10), ("p1", 9), ("1.4", 0), ("p2", 9), ("2.6", 0)], 28),
        (4, [("p0", 10), ("p1", 10), ("p2", 9), ("2.6", 0)], 29),
        (3, [("p0", 10), ("p1", 10), ("p2", 10)], 30),
        (2, [("p0", 10), ("p1", 10)], 31),
    ],
)
def test_whole_levels_are_kept_and_then_what_moves(
    most: int, shown: list[tuple[str, int]] | None, left_out: int
) -> None:
    found, rest = choose_rows(a_tree(), most)
    assert rest == left_out
    if shown is not None:
        assert [(each.row.key, each.hidden) for each in found] == shown
    else:
        assert [each.row for each in found] == a_tree()


def test_what_is_left_out_is_counted_in_the_picture() -> None:
    chart = replace(TINY, rows=a_tree(), links=())
    words = all_text(draw(chart, max_rows=3))
    assert "30 more" in words
    assert words.count("Phase (+10)") == 3


def test_ten_thousand_items_make_a_small_file() -> None:
    rows = [
        GanttRow(str(at), "Item " * 40, RowKind.TASK, at % 3, str(at), days(2, 6), days(3, 6), True)
        for at in range(10_000)
    ]
    links = [GanttLink(str(at), str(at + 1)) for at in range(9_999)]
    chart = replace(TINY, rows=rows, links=links)
    assert len(draw(chart)) < 100_000
    assert len(draw(chart, max_rows=MOST_ROWS)) < 500_000


@pytest.mark.parametrize("bad", [0, -1, MOST_ROWS + 1])
def test_a_picture_of_no_rows_or_too_many_is_refused(bad: int) -> None:
    with pytest.raises(InvalidInput) as refused:
        lay_out(TINY, max_rows=bad)
    assert (refused.value.code, refused.value.field) == ("GANTT_ROWS_OUT_OF_RANGE", "maxRows")
    with pytest.raises(InvalidInput) as refused:
        lay_out(TINY, width=bad)
    assert refused.value.code == "GANTT_WIDTH_OUT_OF_RANGE"


def test_an_empty_plan_says_so() -> None:
    empty = GanttChart("Nothing", "Draft", WORDS_HERE, ())
    assert "no_items" in all_text(draw(empty))
    assert describe(empty) == "Draft. no_items."


def test_the_first_and_the_last_days_there_are_can_be_drawn() -> None:
    row = GanttRow("a", "A", current=Span(date.min, date.max))
    assert parsed(draw(replace(TINY, rows=(row,), links=()))) is not None
    for day in (date.min, date.max):
        row = GanttRow("a", "A", current=Span(day, day))
        only = GanttChart("A", "", WORDS_HERE, (row,), delivery_after=day)
        assert parsed(draw(only)) is not None


NASTY = "<script>alert('x')</script> & \"Søn\" \u202egnp.exe \x00\x07 ]]> \ud800 \ufffe 🎉"


def test_names_are_text_and_nothing_else() -> None:
    row = GanttRow(NASTY, NASTY, number="1", current=days(2, 3))
    chart = replace(TINY, title=NASTY, subtitle=NASTY, rows=(row,), links=())
    svg = draw(chart, theme=Theme.AUTO)
    root = parsed(svg)
    assert {each.tag.removeprefix(SVG) for each in root.iter()} <= {
        "svg", "title", "desc", "style", "defs", "pattern", "path", "rect", "text", "g",
    }  # fmt: skip
    names = {name for each in root.iter() for name in each.attrib}
    assert not {name for name in names if name.startswith("on") or "href" in name}
    assert "\u202e" not in svg
    assert "\x07" not in svg
    assert svg.encode()  # no lone surrogates
    assert f"1 {drawable(NASTY)}: 2/3 – 3/3, new" in [t.text for t in root.iter(f"{SVG}title")]
    assert drawable(NASTY).startswith("<script>alert('x')</script> & \"Søn\" gnp.exe")


@pytest.mark.parametrize(
    ("text", "room", "cut"),
    [
        ("Design", 100, "Design"),
        ("Design of the whole house", 60, "Design o…"),
        ("Design of the whole house", 50, "Design…"),
        ("ééééé" * 9, 46, "ééééé…"),
        ("e\u0301" * 9, 31, "e\u0301" * 2 + "…"),
        ("", 10, ""),
    ],
)
def test_long_names_are_cut_with_an_ellipsis(text: str, room: float, cut: str) -> None:
    assert fitted(text, room, 12) == cut
    assert text_width(cut, 12) <= room or cut == "…"


@pytest.mark.parametrize("theme", list(Theme))
def test_the_same_chart_gives_the_same_bytes(theme: Theme) -> None:
    assert draw(TINY, theme=theme) == draw(replace(TINY, rows=tuple(TINY.rows)), theme=theme)


def test_each_theme_has_its_colours() -> None:
    light, dark, auto = (draw(TINY, theme=theme) for theme in Theme)
    assert "prefers-color-scheme" not in light + dark
    assert auto.count("@media screen and (prefers-color-scheme:dark)") == 1
    assert ".ground{fill:#ffffff}" in light
    assert ".ground{fill:#1d2321}" in dark


def test_outline_numbers_count_at_each_depth() -> None:
    assert outline_numbers([0, 1, 1, 2, 0, 1, 3, 1]) == [
        "1", "1.1", "1.2", "1.2.1", "2", "2.1", "2.1.1.1", "2.2",
    ]  # fmt: skip
    assert outline_numbers([]) == []


DATES = st.dates(date(2020, 1, 1), date(2035, 12, 31))


@st.composite
def rows_of_any_kind(draw_from: st.DrawFn) -> list[GanttRow]:
    """Rows with any names, dates and depths."""

    def span() -> Span | None:
        if draw_from(st.integers(0, 9)) == 0:
            return None
        start = draw_from(DATES)
        return Span(start, start + timedelta(days=draw_from(st.integers(0, 900))))

    return [
        GanttRow(
            str(at),
            draw_from(st.text(max_size=60)),
            draw_from(st.sampled_from(RowKind)),
            draw_from(st.integers(0, 12)),
            draw_from(st.sampled_from(["", "1.2.3"])),
            span(),
            span(),
            draw_from(st.booleans()),
            draw_from(st.integers(-900, 900)),
            draw_from(st.integers(-50, 50)),
            draw_from(st.none() | st.integers(0, 10_000)),
        )
        for at in range(draw_from(st.integers(0, 12)))
    ]


# The rows are many small draws, which a busy machine takes its time for.
@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow])
@given(rows_of_any_kind(), st.booleans(), DATES, st.integers(1, 14))
def test_whatever_is_drawn_is_xml_and_lies_inside_the_picture(
    rows: list[GanttRow], has_baseline: bool, promised: date, most: int
) -> None:
    links = [GanttLink(str(at), str(at + 1), at % 2 == 0, at % 3 == 0) for at in range(len(rows))]
    chart = GanttChart(
        "T", "S", WORDS_HERE, rows, links, has_baseline=has_baseline, promised_date=promised
    )
    layout = lay_out(chart, max_rows=most)
    root = parsed(draw(chart, max_rows=most))
    assert len(layout.rows) == min(most, len(rows))
    for row in layout.rows:
        for bar in (row.current, row.baseline):
            if bar is not None:
                assert layout.axis.left <= bar.left <= bar.right <= layout.axis.right + 2
        assert row.label_left + text_width(row.label, 12) < layout.finish_right + 60
    for each in root.iter(f"{SVG}rect"):
        box: Any = {name: float(each.get(name, 0)) for name in ("x", "y", "width", "height")}
        assert box["width"] >= 0
        assert box["x"] >= -0.1
        assert box["x"] + box["width"] <= layout.width + 2.1
        assert box["y"] + box["height"] <= layout.height + 0.1
    shown_or_counted = len(layout.rows) + (
        int(layout.more.split()[0]) if layout.more and rows else 0
    )
    assert shown_or_counted == len(rows)


@given(st.text(), st.floats(1, 500))
def test_a_cut_name_fits_and_is_drawable(text: str, room: float) -> None:
    cut = fitted(text, room, 12)
    assert text_width(cut, 12) <= max(room, text_width("…", 12)) + 0.001
    ElementTree.fromstring(f"<a>{escaped(text)}</a>")
