"""Pictures of stored plans: what they show of versions, orders, contracts and forecasts, as SVG and as PNG."""

import struct
import xml.etree.ElementTree as ElementTree
import zlib
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from db.queries import change_orders as order_queries
from db.unit_of_work import read_only
from services import gantts, links
from services.gantts import GanttRequest
from services.gantts.words import LOCALES, TEXTS, words_of
from services.gateways import pictures
from services.rules.errors import InvalidInput, NotFound
from services.rules.gantts import (
    DEFAULT_ROWS,
    WORDS,
    GanttChart,
    RowKind,
    Theme,
    describe,
    draw,
    lay_out,
)
from services.rules.gantts.lettering import text_width
from services.rules.scope import Pause, RemoveItem, ReviseItem
from tests.factories.engagements import (
    LATER,
    TODAY,
    Case,
    a_change_order,
    a_scoped_engagement,
    a_sent_contract,
    a_sent_order,
    a_signed_engagement,
    sign_subject,
)
from tests.factories.practices import NOW

pytestmark = pytest.mark.usefixtures("database")


async def chart_of(case: Case, request: GanttRequest) -> GanttChart:
    """What a request shows."""
    async with read_only(case.actor.scope()) as uow:
        return await gantts.gantt_chart(uow, request)


def of_engagement(case: Case, **more: Any) -> GanttRequest:
    """A picture of the engagement."""
    return GanttRequest("engagement", case.engagement_id, TODAY, **more)


def of_order(order_id: UUID, **more: Any) -> GanttRequest:
    """A picture of a change order."""
    return GanttRequest("change-order", order_id, TODAY, **more)


def table(chart: GanttChart) -> list[tuple[Any, ...]]:
    """The rows as literals: number, key, days now, days before, shift, critical."""

    def span(days: Any) -> str:
        return f"{days.start:%-d.%-m.}-{days.finish:%-d.%-m.}" if days else ""

    return [
        (
            row.number,
            row.key,
            span(row.current),
            span(row.baseline),
            row.shift_days,
            row.is_critical,
        )
        for row in chart.rows
    ]


async def test_before_the_contract_the_draft_is_shown_alone() -> None:
    case = await a_scoped_engagement(promised_date=date(2026, 3, 18))
    chart = await chart_of(case, of_engagement(case))
    assert table(chart) == [
        ("1", "site", "2.3.-20.3.", "", 0, True),
        ("1.1", "design", "2.3.-6.3.", "", 0, True),
        ("1.2", "build", "9.3.-20.3.", "", 0, True),
        ("2", "handover", "20.3.-20.3.", "", 0, True),
    ]
    assert not chart.has_baseline
    assert [row.kind for row in chart.rows] == [
        RowKind.SUMMARY, RowKind.TASK, RowKind.TASK, RowKind.MILESTONE,
    ]  # fmt: skip
    assert (chart.delivery_after, chart.promised_late_days) == (date(2026, 3, 20), 2)
    assert len(chart.links) == 2


async def test_a_drafted_order_is_shown_before_and_after() -> None:
    case = await a_signed_engagement()
    order_id = await a_change_order(case)
    chart = await chart_of(case, of_order(order_id))
    # Three days for a shop after the build: 23 to 25 March, and the hand-over goes with it.
    assert table(chart) == [
        ("1", "site", "2.3.-25.3.", "2.3.-20.3.", 3, True),
        ("1.1", "design", "2.3.-6.3.", "2.3.-6.3.", 0, True),
        ("1.2", "build", "9.3.-20.3.", "9.3.-20.3.", 0, True),
        ("1.3", "shop", "23.3.-25.3.", "", 0, True),
        ("2", "handover", "25.3.-25.3.", "20.3.-20.3.", 3, True),
    ]
    assert (chart.delivery_before, chart.delivery_after) == (date(2026, 3, 20), date(2026, 3, 25))
    assert chart.change_days == 3
    assert chart.subtitle == ("2026-001 · Draft of a change order: A shop · 2\u00a0March\u00a02026")


async def test_an_order_looks_the_same_drafted_sent_and_signed_and_as_its_paper_says() -> None:
    case = await a_signed_engagement()
    drafted = await a_change_order(case)
    before = await chart_of(case, of_order(drafted))
    order_id = await a_sent_order(case)
    sent = await chart_of(case, of_order(order_id))
    await sign_subject(case.actor, "change_order", order_id)
    signed = await chart_of(case, of_order(order_id))
    assert table(before) == table(sent) == table(signed)
    async with read_only(case.actor.scope()) as uow:
        order: Any = await order_queries.change_order_by_id(uow, order_id)
    for chart in (sent, signed):
        assert chart.delivery_before == order["completion_before"]
        assert chart.delivery_after == order["completion_after"]
        assert chart.change_days == order["change_days"]
    # The older draft was written for version 1 and still says what it did to that.
    assert table(await chart_of(case, of_order(drafted))) == table(before)


async def test_a_promise_stands_until_the_client_agrees_to_a_later_day() -> None:
    case = await a_signed_engagement(promised_date=date(2026, 3, 20))
    order_id = await a_sent_order(case)
    chart = await chart_of(case, of_order(order_id))
    assert (chart.promised_date, chart.promised_late_days) == (date(2026, 3, 20), 3)
    await sign_subject(case.actor, "change_order", order_id)
    for request in (of_order(order_id), of_engagement(case)):
        chart = await chart_of(case, request)
        assert (chart.promised_date, chart.promised_late_days) == (date(2026, 3, 25), 0)
    first = await chart_of(case, of_engagement(case, version=1))
    assert first.promised_date == date(2026, 3, 20)


async def test_current_is_shown_against_baseline_and_any_version_against_any() -> None:
    case = await a_signed_engagement()
    order_id = await a_sent_order(case)
    await sign_subject(case.actor, "change_order", order_id)
    chart = await chart_of(case, of_engagement(case))
    assert [row[4] for row in table(chart)] == [3, 0, 0, 0, 3]
    assert "Version 2 against version 1" in chart.subtitle
    assert chart.status_date == TODAY
    back = await chart_of(case, of_engagement(case, version=1, against=2))
    assert table(back) == [
        ("1", "site", "2.3.-20.3.", "2.3.-25.3.", -3, True),
        ("1.1", "design", "2.3.-6.3.", "2.3.-6.3.", 0, True),
        ("1.2", "build", "9.3.-20.3.", "9.3.-20.3.", 0, True),
        ("", "shop", "", "23.3.-25.3.", 0, True),
        ("2", "handover", "20.3.-20.3.", "25.3.-25.3.", -3, True),
    ]
    for alone in (of_engagement(case, against=None), of_engagement(case, against=2)):
        chart = await chart_of(case, alone)
        assert not chart.has_baseline
        assert {row.baseline for row in chart.rows} == {None}
    for missing in (of_engagement(case, version=3), of_engagement(case, against=9)):
        with pytest.raises(NotFound) as refused:
            await chart_of(case, missing)
        assert refused.value.code == "NO_SCOPE_VERSION"


async def test_what_is_taken_out_stands_where_it_was() -> None:
    case = await a_signed_engagement()
    order_id = await a_change_order(
        case, [RemoveItem("design"), ReviseItem("build", {"duration_days": 4})]
    )
    chart = await chart_of(case, of_order(order_id))
    assert table(chart) == [
        ("1", "site", "2.3.-5.3.", "2.3.-20.3.", -11, True),
        ("", "design", "", "2.3.-6.3.", 0, True),
        ("1.1", "build", "2.3.-5.3.", "9.3.-20.3.", -11, True),
        ("2", "handover", "5.3.-5.3.", "20.3.-20.3.", -11, True),
    ]


async def test_a_pause_shifts_by_the_days_it_costs() -> None:
    case = await a_signed_engagement()
    order_id = await a_change_order(
        case, [Pause(date(2026, 3, 9), date(2026, 3, 13), "The client is away")]
    )
    chart = await chart_of(case, of_order(order_id))
    assert table(chart)[2] == ("1.2", "build", "16.3.-27.3.", "9.3.-20.3.", 5, True)
    assert chart.change_days == 5
    assert not chart.calendar.is_working_day(date(2026, 3, 10))


async def test_a_contract_shows_what_it_promises_before_and_after_it_is_signed() -> None:
    case = await a_sent_contract()
    assert case.contract_id
    request = GanttRequest("contract", case.contract_id, TODAY, locale="da")
    before = await chart_of(case, request)
    assert not before.has_baseline
    assert "Kontraktens plan" in before.subtitle
    await sign_subject(case.actor, "services_contract", case.contract_id)
    order_id = await a_sent_order(case)
    await sign_subject(case.actor, "change_order", order_id)
    assert table(await chart_of(case, request)) == table(before)


async def test_a_forecast_has_bars_from_it() -> None:
    case = await a_signed_engagement()
    # Nothing was reported until 11 March, so nothing has begun, and everything is left from then on.
    on = date(2026, 3, 11)
    chart = await chart_of(case, replace(of_engagement(case, is_forecast=True), on=on))
    assert chart.status_date == on
    assert "Forecast against version 1" in chart.subtitle
    shown = {row.key: row for row in chart.rows}
    assert shown["design"].current
    assert shown["design"].current.start >= on
    assert shown["handover"].shift_days == chart.change_days > 0
    assert shown["design"].percent_complete_bps == 0


def size_of(png: bytes) -> tuple[int, int]:
    """Width and height, from the header."""
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", png[16:24])
    return width, height


def pixels_of(png: bytes) -> bytes:
    """The decoded (still filtered) lines: enough to tell whether a picture is blank."""
    at, packed = 8, b""
    while at < len(png):
        length, kind = struct.unpack(">I4s", png[at : at + 8])
        if kind == b"IDAT":
            packed += png[at + 8 : at + 8 + length]
        at += 12 + length
    return zlib.decompress(packed)


async def test_a_document_gets_svg_and_png_of_the_same_picture() -> None:
    case = await a_signed_engagement()
    request = of_engagement(case)
    async with read_only(case.actor.scope()) as uow:
        svg = await gantts.gantt_svg(uow, request)
        png = await gantts.gantt_png(uow, request)
        again = await gantts.gantt_png(uow, request)
        small = await gantts.gantt_png(uow, request, zoom=1)
    root = ElementTree.fromstring(svg)
    width, height = float(root.attrib["width"]), float(root.attrib["height"])
    assert size_of(png) == (round(width * 2), round(height * 2))
    assert size_of(small) == (round(width), round(height))
    assert png == again
    assert len(set(pixels_of(png))) > 50


async def test_a_huge_picture_is_made_smaller_instead_of_filling_the_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    case = await a_signed_engagement()
    monkeypatch.setattr(pictures, "MOST_PIXELS", 100_000)
    async with read_only(case.actor.scope()) as uow:
        png = await gantts.gantt_png(uow, of_engagement(case), zoom=3)
    width, height = size_of(png)
    assert 90_000 < width * height <= 101_000


def test_the_machine_and_its_fonts_do_not_change_a_png() -> None:
    svg = '<svg xmlns="http://www.w3.org/2000/svg" width="200" height="30"><text x="2" y="20">{}</text></svg>'

    def drawn(text: str) -> bytes:
        return pictures.png(svg.format(text), width=200, height=30)

    assert len(set(pixels_of(drawn("Smørrebrød")))) > 5
    assert drawn("Ære") != drawn("Are")
    # What is no letter is left out, so that no box stands in its place.
    assert drawn("Ny 🎉") == drawn("Ny ")
    assert (pictures.FONTS / "OFL.txt").read_text("utf-8").count("SIL OPEN FONT LICENSE") >= 1


@pytest.mark.parametrize(("weight", "bold"), [("Regular", False), ("Bold", True)])
def test_text_is_measured_as_the_font_has_it(weight: str, bold: bool) -> None:
    widths = pictures.advances(weight)
    for code in range(32, 127):
        assert text_width(chr(code), 1000, bold=bold) == pytest.approx(widths[code], abs=1)
    for letter in "æøåÆØÅéèüößñçłđ–—’“”…→−·«» ":
        real = widths[ord(letter)]
        assert real - 1 <= text_width(letter, 1000, bold=bold) <= real + 200, letter


def test_both_languages_have_every_word() -> None:
    assert TEXTS["en"].keys() == TEXTS["da"].keys()
    assert set(TEXTS["en"]) >= WORDS
    for locale in LOCALES:
        words = words_of(locale)
        assert words.working_days(1).split()[0][0] == "+"
    assert words_of("da").long_date(date(2026, 3, 2)) == "2.\u00a0marts\u00a02026"
    assert words_of("en").working_days(8) == "+8\u00a0working days"
    assert words_of("da").working_days(-1) == "−1\u00a0arbejdsdag"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"locale": "de"}, "LOCALE"),
        ({"max_rows": 0}, "GANTT_ROWS_OUT_OF_RANGE"),
        ({"max_rows": 401}, "GANTT_ROWS_OUT_OF_RANGE"),
        ({"width": 599}, "GANTT_WIDTH_OUT_OF_RANGE"),
    ],
)
def test_what_cannot_be_drawn_is_refused_before_there_is_a_link(
    change: dict[str, Any], code: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        GanttRequest("engagement", UUID(int=1), TODAY, **change)
    assert refused.value.code == code


async def test_a_link_shows_its_picture_until_it_ends() -> None:
    case = await a_signed_engagement()
    request = of_engagement(case, theme=Theme.DARK, locale="da", max_rows=7)
    made = gantts.gantt_links(case.actor.tenant_id, request, now=NOW)
    assert made.expires_at == NOW + timedelta(minutes=15)
    for url, media_type in [(made.svg_url, "image/svg+xml"), (made.png_url, "image/png")]:
        token, address = url.split("/gantts/")[1].split("/", 1)
        file = await gantts.open_link(token, address, now=NOW + timedelta(minutes=14))
        assert file.media_type == media_type
        with pytest.raises(NotFound):
            await gantts.open_link(token, address, now=made.expires_at)
    token, address = made.svg_url.split("/gantts/")[1].split("/", 1)
    file = await gantts.open_link(token, address, now=NOW)
    chart = await chart_of(case, request)
    assert file.content.decode() == draw(chart, theme=Theme.DARK, max_rows=7)
    other = gantts.gantt_links(case.actor.tenant_id, of_engagement(case), now=NOW)
    another_token = other.svg_url.split("/gantts/")[1].split("/", 1)[0]
    for bad_token, bad_address in [
        (another_token, address),
        (token, address.replace("dark", "light")),
        (token, address.replace("rows=7", "rows=8")),
        (token, address.replace(".svg", ".png")),
        (token, address + "&x=1"),
        (token, address.replace("engagement", "change-order")),
        (token[:-1] + ("A" if token[-1] != "A" else "B"), address),
        ("", address),
        (links.file_token(case.actor.tenant_id, case.engagement_id, now=NOW), address),
    ]:
        with pytest.raises(NotFound) as refused:
            await gantts.open_link(bad_token, bad_address, now=NOW)
        assert refused.value.code == "LINK_INVALID"


async def test_a_link_of_one_practice_finds_nothing_of_another() -> None:
    case, stranger = await a_signed_engagement(), await a_signed_engagement()
    made = gantts.gantt_links(stranger.actor.tenant_id, of_engagement(case), now=NOW)
    token, address = made.svg_url.split("/gantts/")[1].split("/", 1)
    with pytest.raises(NotFound):
        await gantts.open_link(token, address, now=NOW)


@pytest.mark.parametrize(
    "address",
    ["", "engagement.svg", "engagement.exe?on=2026-03-02", "other.svg?on=2026-03-02&locale=en",
     "engagement.svg?on=now&locale=en&theme=light&rows=1&width=900",
     "engagement.svg?on=2026-03-02&locale=en&theme=light&rows=x&width=900"],
)  # fmt: skip
def test_an_address_that_nobody_made_is_no_request(address: str) -> None:
    with pytest.raises(NotFound):
        GanttRequest.read(address, UUID(int=1))


async def test_the_page_of_a_paper_has_the_picture_its_words_and_the_table() -> None:
    case = await a_signed_engagement()
    order_id = await a_sent_order(case)
    picture = await gantts.paper_picture(
        case.actor.tenant_id, "change_order", order_id, locale="da", timezone="Europe/Copenhagen", now=LATER
    )  # fmt: skip
    assert picture
    assert picture.path.startswith("/gantts/")
    chart = await chart_of(case, of_order(order_id, locale="da"))
    assert picture.alt == describe(chart)
    assert "Levering før: 20.\u00a0marts\u00a02026; efter: 25.\u00a0marts\u00a02026" in picture.alt
    assert picture.table.header == ("Arbejde", "Begynder", "Færdig", "Færdig før", "Rykkes")
    assert picture.table.rows[3] == (
        "1.3 A shop (kritisk)", "23.\u00a0mar.\u00a02026", "25.\u00a0mar.\u00a02026", "–", "nyt",
    )  # fmt: skip
    layout = lay_out(chart, width=picture.width, max_rows=DEFAULT_ROWS)
    assert picture.height == round(layout.height)
    for other in ("policies", "retainer_agreement"):
        assert (
            await gantts.paper_picture(
                case.actor.tenant_id, other, order_id, locale="da", timezone="UTC", now=LATER
            )
            is None
        )
