"""Pictures by request: what is asked for, the signed links to it, and the bytes.

A link carries the practice, the subject, and an HMAC over everything the picture depends on, so it shows that one picture for a
quarter of an hour and nothing else. What it shows is computed when it is opened, from what is stored then.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Literal, Self
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

from db.unit_of_work import Scope, UnitOfWork, read_only
from services import engagements, links
from services.gantts import charts
from services.gantts.words import LOCALES
from services.gateways import pictures
from services.rules.errors import InvalidInput
from services.rules.gantts import (
    DEFAULT_ROWS,
    PAPER_WIDTH,
    GanttChart,
    Theme,
    check_size,
    draw,
    lay_out,
)

Subject = Literal["engagement", "change-order", "contract"]
Form = Literal["svg", "png"]

MEDIA_TYPES: Final[Mapping[str, str]] = {"svg": "image/svg+xml", "png": "image/png"}
"""What each form of a picture is served as."""

_SUBJECTS: Final[frozenset[str]] = frozenset({"engagement", "change-order", "contract"})


@dataclass(frozen=True)
class GanttRequest:
    """One picture: of what, seen on which day, and how it is drawn. The same request on the same data gives the same bytes.

    `version` (None is the current one), `against` (None for no baseline) and `is_forecast` count for an engagement only.
    Raises `InvalidInput` (LOCALE, GANTT_ROWS_OUT_OF_RANGE, GANTT_WIDTH_OUT_OF_RANGE).
    """

    subject: Subject
    subject_id: UUID
    on: date
    locale: str = "en"
    theme: Theme = Theme.LIGHT
    max_rows: int = DEFAULT_ROWS
    width: int = PAPER_WIDTH
    version: int | None = None
    against: int | None = 1
    is_forecast: bool = False

    def __post_init__(self) -> None:
        """Refuse what cannot be drawn, before anybody gets a link to it."""
        if self.locale not in LOCALES:
            raise InvalidInput("The locale is en or da.", code="LOCALE", field="locale")
        check_size(self.width, self.max_rows)

    def address(self, form: Form) -> str:
        """The last part of its address: what is signed, in its only spelling."""
        values: dict[str, object] = {
            "on": self.on.isoformat(),
            "locale": self.locale,
            "theme": self.theme.value,
            "rows": self.max_rows,
            "width": self.width,
        }
        if self.subject == "engagement":
            values |= {
                "version": "" if self.version is None else self.version,
                "against": "" if self.against is None else self.against,
                "forecast": int(self.is_forecast),
            }
        return f"{self.subject}.{form}?{urlencode(values)}"

    @classmethod
    def read(cls, address: str, subject_id: UUID) -> tuple[Self, Form]:
        """The request that an address was made from. Raises `NotFound` (LINK_INVALID) for one that none was."""
        name, _, query = address.partition("?")
        subject, _, form = name.partition(".")
        values = dict(parse_qsl(query, keep_blank_values=True))
        if subject not in _SUBJECTS or form not in MEDIA_TYPES:
            raise links.no_such_link()
        try:
            request = cls(
                subject=subject,  # type: ignore[arg-type]
                subject_id=subject_id,
                on=date.fromisoformat(values["on"]),
                locale=values["locale"],
                theme=Theme(values["theme"]),
                max_rows=int(values["rows"]),
                width=int(values["width"]),
                version=int(values["version"]) if values.get("version") else None,
                against=int(values["against"]) if values.get("against") else None,
                is_forecast=values.get("forecast") == "1",
            )
        except (KeyError, ValueError, InvalidInput):
            raise links.no_such_link() from None
        return request, form  # type: ignore[return-value]


@dataclass(frozen=True)
class GanttLinks:
    """Where a picture can be had, and until when."""

    svg_url: str
    png_url: str
    expires_at: datetime


@dataclass(frozen=True)
class GanttFile:
    """A picture as a file."""

    content: bytes
    media_type: str
    file_name: str


async def gantt_chart(uow: UnitOfWork, request: GanttRequest) -> GanttChart:
    """What a picture shows, before it is drawn. Raises `NotFound`, also NO_SCOPE_VERSION."""
    if request.subject == "change-order":
        order = await charts.order_by_id(uow, request.subject_id)
        return await charts.order_chart(uow, order, locale=request.locale, on=request.on)
    if request.subject == "contract":
        contract = await charts.contract_by_id(uow, request.subject_id)
        return await charts.contract_chart(uow, contract, locale=request.locale)
    return await charts.engagement_chart(
        uow,
        await engagements.found(uow, request.subject_id),
        version=request.version,
        against=request.against,
        is_forecast=request.is_forecast,
        locale=request.locale,
        on=request.on,
    )


async def gantt_svg(uow: UnitOfWork, request: GanttRequest) -> str:
    """The picture as SVG: 1120 pixels wide at 96 dots per inch, that is 296 mm, unless the request says otherwise.

    Raises what `gantt_chart` raises.
    """
    chart = await gantt_chart(uow, request)
    return await asyncio.to_thread(drawn, chart, request)


async def gantt_png(uow: UnitOfWork, request: GanttRequest, *, zoom: float = 2.0) -> bytes:
    """The picture as PNG for a document: with the usual width and zoom 2240 pixels, which over 257 mm (A4 on its side within
    20 mm of edge) are 221 dots per inch; over the 170 mm of an upright page, 335.

    Its height follows from its rows (48 pixels each at zoom 2): ask for at most 24 rows for half a page on its side. No
    picture has more than `pictures.MOST_PIXELS`. Raises what `gantt_chart` raises.
    """
    chart = await gantt_chart(uow, request)
    return await asyncio.to_thread(_png, chart, request, zoom)


def drawn(chart: GanttChart, request: GanttRequest) -> str:
    """A chart as the request wants it drawn."""
    return draw(chart, width=request.width, max_rows=request.max_rows, theme=request.theme)


def _png(chart: GanttChart, request: GanttRequest, zoom: float) -> bytes:
    layout = lay_out(chart, width=request.width, max_rows=request.max_rows)
    return pictures.png(drawn(chart, request), width=layout.width, height=layout.height, zoom=zoom)


def link_path(tenant_id: UUID, request: GanttRequest, form: Form, *, now: datetime) -> str:
    """The path of a signed link, for a page of ours."""
    address = request.address(form)
    token = links.gantt_token(tenant_id, request.subject_id, address, now=now)
    return f"/gantts/{token}/{address}"


def gantt_links(tenant_id: UUID, request: GanttRequest, *, now: datetime) -> GanttLinks:
    """The signed links to both forms of a picture. Whether the subject is there is known when one is opened."""
    return GanttLinks(
        svg_url=links.portal_url(link_path(tenant_id, request, "svg", now=now)),
        png_url=links.portal_url(link_path(tenant_id, request, "png", now=now)),
        expires_at=links.gantt_link_ends(now),
    )


async def open_link(token: str, address: str, *, now: datetime) -> GanttFile:
    """The picture behind a signed link. Raises `NotFound` (LINK_INVALID) for one that was altered, made up or has ended."""
    tenant_id, subject_id = links.read_gantt_token(token, address, now=now)
    request, form = GanttRequest.read(address, subject_id)
    async with read_only(Scope(tenant_id, "link:gantt", "-")) as uow:
        if form == "png":
            content = await gantt_png(uow, request)
        else:
            content = (await gantt_svg(uow, request)).encode()
    return GanttFile(content, MEDIA_TYPES[form], f"gantt-{request.subject}-{request.on}.{form}")
