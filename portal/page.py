"""What every page of the portal shares: the templates, the headers, who calls, and how a failure looks."""

import hashlib
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from portal.texts import TEXTS, preferred, refusal, text
from services.gateways.clock import Clock
from services.gateways.telemetry.logs import log
from services.gateways.telemetry.requests import request_id_of
from services.rules.errors import DomainError, InvalidInput, NotFound

HERE = Path(__file__).parent

# Nothing from elsewhere, no scripts, nobody may frame the page, and forms only come back here.
HEADERS = {
    "content-security-policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-robots-tag": "noindex, nofollow",
}

_TEMPLATES = Environment(
    loader=FileSystemLoader(HERE / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
# Part of the sheet's address, so that no browser shows a new page in old clothes.
_TEMPLATES.globals["style_version"] = hashlib.sha256(
    (HERE / "static" / "portal.css").read_bytes()
).hexdigest()[:12]

Handler = Callable[["Portal", Request], Awaitable[Response]]


class FormTooLarge(InvalidInput):
    """More than any form of ours sends."""

    def __init__(self) -> None:
        super().__init__("The form is too large.", code="FORM_TOO_LARGE")


@dataclass(frozen=True)
class Portal:
    """The clock by which pages act; and how to render one."""

    clock: Clock

    def caller(self, request: Request) -> dict[str, str]:
        """What a signing event writes down of the caller."""
        return {
            "ip": request.client.host if request.client else "",
            "user_agent": request.headers.get("user-agent", "")[:300],
        }

    def render(
        self, request: Request, template: str, locale: str, *, status: int = 200, **values: Any
    ) -> Response:
        """A whole page in `locale`."""

        def t(key: str, **words: str) -> str:
            return text(locale, key, **words)

        body = _TEMPLATES.get_template(template).render(
            locale=locale, t=t, words=TEXTS[locale], **values
        )
        return HTMLResponse(body, status_code=status, headers=HEADERS)

    def failure(self, request: Request, error: Exception) -> Response:
        """The page for what could not be done: a refusal in words, a bug as a number that the log knows."""
        locale = preferred(request.headers.get("accept-language", ""))
        if isinstance(error, NotFound):
            return self.render(
                request, "message.html", locale, status=404,
                title=text(locale, "gone"), more=text(locale, "gone_more"),
            )  # fmt: skip
        if isinstance(error, DomainError):
            return self.render(
                request, "message.html", locale, status=413 if isinstance(error, FormTooLarge) else 400,
                title=text(locale, "error_heading"), more=refusal(locale, error.code),
            )  # fmt: skip
        number = request_id_of(request.scope)
        if number == "-":
            number = uuid.uuid4().hex
        log("portal").error("page_failed", error_id=number, exc_info=error)
        return self.render(
            request, "message.html", locale, status=500,
            title=text(locale, "broken"), more=text(locale, "broken_more", id=number),
        )  # fmt: skip


def endpoint(portal: Portal, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    """A Starlette endpoint around a handler, with every failure turned into a page."""

    async def answer(request: Request) -> Response:
        try:
            response = await handler(portal, request)
        except Exception as error:
            response = portal.failure(request, error)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        return response

    return answer
