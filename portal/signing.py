"""The page behind a link: read the document, see its fingerprint, sign or decline. Works without JavaScript."""

import hashlib
from typing import Any

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from portal.page import Portal
from portal.texts import TEXTS, day, moment, text
from services import documents, links, signing
from services.rules.errors import Conflict, DomainError, InvalidInput, NotFound

_FORM_BYTES = 64 * 1024


async def show(portal: Portal, request: Request) -> Response:
    """GET /sign/{token}."""
    page = await signing.open_link(
        request.path_params["token"], now=portal.clock.now(), **portal.caller(request)
    )
    return _page(portal, request, page)


async def act(portal: Portal, request: Request) -> Response:
    """POST /sign/{token}: sign or decline, then back to the page. A refusal shows the page again, with what was typed."""
    token = request.path_params["token"]
    form = await _form(request)
    try:
        if _field(form, "act") == "decline":
            await signing.decline(
                token,
                reason=_field(form, "reason"),
                now=portal.clock.now(),
                **portal.caller(request),
            )
        else:
            if _field(form, "consent") != "yes":
                raise InvalidInput("Consent is needed.", code="CONSENT", field="consent")
            await signing.sign(
                token,
                fingerprint=_field(form, "fingerprint"),
                name=_field(form, "name"),
                consent_version=_field(form, "consent_version"),
                now=portal.clock.now(),
                **portal.caller(request),
            )
    except NotFound:
        raise
    except DomainError as error:
        page = await signing.open_link(token, now=portal.clock.now(), **portal.caller(request))
        status = 409 if isinstance(error, Conflict) else 422
        return _page(portal, request, page, status=status, error=error, typed=form)
    return RedirectResponse(request.url.path, status_code=303)


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


async def _form(request: Request) -> FormData:
    if int(request.headers.get("content-length") or 0) > _FORM_BYTES:
        raise InvalidInput("The form is too large.", code="TEXT_TOO_LONG", field="name")
    return await request.form(max_files=0, max_fields=10, max_part_size=_FORM_BYTES)


def _field(form: FormData, name: str) -> str:
    value = form.get(name, "")
    return value if isinstance(value, str) else ""


def _page(
    portal: Portal,
    request: Request,
    page: signing.SigningPage,
    *,
    status: int = 200,
    error: DomainError | None = None,
    typed: FormData | None = None,
) -> Response:
    locale = page.locale
    words = TEXTS[locale]
    name = _field(typed, "name") if typed else ""
    return portal.render(
        request,
        "sign.html",
        locale,
        status=status,
        page=page,
        title=f"{words[page.document_kind]} {page.document_number}",
        sign_label=words.get(f"act_{page.document_kind}", words["sign_heading"]),
        outcome=_outcome(page),
        deadline=day(locale, page.expires_at),
        file_url=links.file_url(page.file_token),
        signers=[_signer(page, state) for state in page.signers],
        error=_error(locale, error) if error else None,
        error_field=error.field if error else None,
        name=name,
        reason=_field(typed, "reason") if typed else "",
    )


def _error(locale: str, error: DomainError) -> str:
    """The refusal in the reader's language; one that the pages have no words for keeps the service's own."""
    return TEXTS[locale].get(error.code, error.message)


def _signer(page: signing.SigningPage, state: signing.SignerState) -> dict[str, str]:
    locale = page.locale
    who = {"practice": page.practice_name, "client": page.client_name}
    said = (
        text(locale, "signed", when=moment(locale, state.signed_at))
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
    values: dict[str, Any] = {
        "name": page.signer_name,
        "reason": page.reason,
        "practice": page.practice_name,
        "date": day(page.locale, page.expires_at),
    }
    return text(page.locale, key, **values)
