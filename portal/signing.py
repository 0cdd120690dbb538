"""The page behind a link: read the document, see its fingerprint, sign or decline. Works without JavaScript."""

import hashlib
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from portal.forms import Form, read_form
from portal.page import Portal
from portal.texts import TEXTS, day, moment, refusal, text
from services import documents, gantts, signing
from services.gateways.telemetry.logs import log
from services.rules.errors import Conflict, DomainError, InvalidInput, NotFound, Stale
from services.signing.holders import find_holder

_FIELDS: Final = 10
_ON_PAGE: Final = frozenset({"consent", "name", "reason"})
"""The fields that the page shows, and so can point at."""


async def show(portal: Portal, request: Request) -> Response:
    """GET /sign/{token}. HEAD tells whether the link works, and does not count as reading."""
    token = request.path_params["token"]
    if request.method == "HEAD":
        await find_holder(token, **portal.caller(request))
        return Response(media_type="text/html")
    page = await signing.open_link(token, now=portal.clock.now(), **portal.caller(request))
    return _page(portal, request, page, await _picture(portal, page))


async def act(portal: Portal, request: Request) -> Response:
    """POST /sign/{token}: sign or decline, then back to the page. A refusal shows the page again, with what was typed."""
    token = request.path_params["token"]
    form = await read_form(request, fields=_FIELDS)
    try:
        await _do(portal, request, token, form)
    except NotFound:
        raise
    except DomainError as error:
        page = await signing.open_link(token, now=portal.clock.now(), **portal.caller(request))
        if not page.can_sign and page.signer_status == _ANSWERED.get(form.get("act", "")):
            # A second click, or the way back in the browser: this was said already, and it stands.
            return RedirectResponse(request.url.path, status_code=303)
        status = 409 if isinstance(error, Conflict) else 422
        picture = await _picture(portal, page)
        return _page(portal, request, page, picture, status=status, error=error, typed=form)
    return RedirectResponse(request.url.path, status_code=303)


async def _picture(portal: Portal, page: signing.SigningPage) -> gantts.PaperPicture | None:
    """The plan that the paper is about. A paper can be read and signed without it, so trouble with it only goes to the log."""
    try:
        return await gantts.paper_picture(
            page.tenant_id,
            page.subject_kind,
            page.subject_id,
            locale=page.locale,
            timezone=page.timezone,
            now=portal.clock.now(),
        )
    except DomainError as error:
        log("portal").warning("plan_not_drawn", code=error.code)
        return None


_ANSWERED: Final = {"sign": "signed", "decline": "declined"}


async def _do(portal: Portal, request: Request, token: str, form: Form) -> None:
    wish = form.get("act", "")
    if wish == "decline":
        await signing.decline(
            token,
            reason=form.get("reason", ""),
            now=portal.clock.now(),
            **portal.caller(request),
        )
    elif wish == "sign":
        if form.get("consent") != "yes":
            raise InvalidInput("Consent is needed.", code="CONSENT", field="consent")
        await signing.sign(
            token,
            fingerprint=form.get("fingerprint", ""),
            name=form.get("name", ""),
            consent_version=form.get("consent_version", ""),
            now=portal.clock.now(),
            **portal.caller(request),
        )
    else:
        raise InvalidInput("Neither signed nor declined.", code="REFUSED")


async def file(portal: Portal, request: Request) -> Response:
    """GET /files/{token}: the stored bytes, as they were signed."""
    content, name, media_type = await documents.read_file(
        request.path_params["token"], now=portal.clock.now()
    )
    return Response(
        content,
        media_type=media_type,
        headers={
            "content-disposition": f'attachment; filename="{name}"',
            "etag": f'"{hashlib.sha256(content).hexdigest()}"',
        },
    )


def _page(
    portal: Portal,
    request: Request,
    page: signing.SigningPage,
    picture: gantts.PaperPicture | None,
    *,
    status: int = 200,
    error: DomainError | None = None,
    typed: Form | None = None,
) -> Response:
    locale = page.locale
    words = TEXTS[locale]
    typed = typed or {}
    what = f"{words[page.document_kind]} {page.document_number}"
    outcome = _outcome(page)
    if outcome and error is not None and error.code in {"ENVELOPE_CLOSED", "ENVELOPE_EXPIRED"}:
        # The outcome says the same, and says it better.
        error = None
    title = f"{what} · {page.practice_name}"
    if error:
        title = text(locale, "error_title", title=title)
    return portal.render(
        request,
        "sign.html",
        locale,
        status=status,
        page=page,
        title=title,
        what=what,
        sign_label=words.get(f"act_{page.document_kind}", words["act"]),
        outcome=outcome,
        has_signed=page.signer_status == "signed" and page.status in _STANDING,
        deadline=day(locale, page.expires_at, page.timezone),
        paper=_scrolling(page.preview_html, words["wide_table"]),
        picture=picture,
        file_path=f"/files/{page.file_token}",
        signers=[_signer(page, state) for state in page.signers],
        error=refusal(locale, error.code) if error else None,
        error_field=error.field if error and page.can_sign and error.field in _ON_PAGE else None,
        # Who must read anew agrees anew.
        has_consented=typed.get("consent") == "yes" and not isinstance(error, Stale),
        name=typed.get("name", ""),
        reason=typed.get("reason", ""),
    )


_STANDING: Final = frozenset({"sent", "viewed", "completed"})


def _scrolling(preview_html: str, label: str) -> str:
    """The preview with each ruled table in a box of its own, which scrolls where the screen is narrower than the figures."""
    box = f'<div class="wide" tabindex="0" role="group" aria-label="{label}"><table class="ruled">'
    pieces = preview_html.split('<table class="ruled">')
    return pieces[0] + "".join(
        box + piece.replace("</table>", "</table></div>", 1) for piece in pieces[1:]
    )


def _signer(page: signing.SigningPage, state: signing.SignerState) -> dict[str, str]:
    locale = page.locale
    who = {"practice": page.practice_name, "client": page.client_name}
    said = (
        text(locale, "signed", when=moment(locale, state.signed_at, page.timezone))
        if state.signed_at
        else text(locale, state.status if state.status in TEXTS[locale] else "pending")
    )
    return {
        "name": state.name,
        "party": text(locale, state.party, **who),
        "status": state.status,
        "said": said,
    }


def _outcome(page: signing.SigningPage) -> str:
    """One sentence on how things stand, empty while the person may sign."""
    if page.can_sign:
        return ""
    key = f"done_{page.status}"
    if page.status in {"sent", "viewed"}:
        key = "done_signed"
    if page.status == "declined" and not page.reason:
        key = "done_declined_plain"
    values: dict[str, Any] = {
        "name": page.signer_name,
        "reason": page.reason,
        "practice": page.practice_name,
        "date": day(page.locale, page.expires_at, page.timezone),
    }
    return text(page.locale, key, **values)
