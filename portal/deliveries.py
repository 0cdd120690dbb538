"""The page behind a delivery's link: see what was handed over, accept it, or say which criterion it does not meet.

Works without JavaScript. Looking at it, or asking for its head, says nothing on the client's behalf.
"""

from typing import Any, Final
from uuid import UUID

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from portal.forms import Form, read_form
from portal.page import Portal
from portal.texts import calendar_day, refusal, text
from services.acceptances import pages
from services.rules.acceptances import Reason
from services.rules.errors import Conflict, DomainError, InvalidInput, NotFound, RuleViolation

_FIELDS: Final = 1200
_BYTES: Final = 512 * 1024
"""A field for each criterion, and room to say what is wrong with it."""
_SAID: Final = {"accept": {"accepted", "deemed"}, "reject": {"rejected"}}
"""The states in which a second click says nothing new."""


async def show(portal: Portal, request: Request) -> Response:
    """GET /deliveries/{token}; HEAD tells whether the link works."""
    token = request.path_params["token"]
    page = await pages.open_link(token, now=portal.clock.now(), **portal.caller(request))
    return _page(portal, request, page)


async def act(portal: Portal, request: Request) -> Response:
    """POST /deliveries/{token}: accept or reject one item, then back to the page, which shows what was said.

    A refusal shows the page again, with what was typed.
    """
    token = request.path_params["token"]
    form = await read_form(request, fields=_FIELDS, size=_BYTES)
    before = await pages.open_link(token, now=portal.clock.now(), **portal.caller(request))
    item = next(
        (each for each in before.items if str(each.delivery_id) == form.get("delivery")), None
    )
    try:
        await _do(portal, request, token, form, item)
    except DomainError as error:
        if isinstance(error, NotFound) and error.code == "LINK_INVALID":
            raise
        page = await pages.open_link(token, now=portal.clock.now(), **portal.caller(request))
        now = next(
            (each for each in page.items if item and each.delivery_id == item.delivery_id), None
        )
        if now is not None and now.state in _SAID.get(form.get("act", ""), ()):
            # A second click, or the way back in the browser: this was said already, and it stands.
            return RedirectResponse(request.url.path, status_code=303)
        is_late = isinstance(error, Conflict | RuleViolation)
        return _page(portal, request, page, status=409 if is_late else 422, error=error, typed=form)
    return RedirectResponse(request.url.path, status_code=303)


async def _do(
    portal: Portal,
    request: Request,
    token: str,
    form: Form,
    item: pages.DeliveredItem | None,
) -> None:
    wish = form.get("act", "")
    if item is None or wish not in _SAID:
        raise InvalidInput("Neither accepted nor rejected.", code="REFUSED")
    caller: dict[str, Any] = {"now": portal.clock.now(), **portal.caller(request)}
    if wish == "reject":
        await pages.reject_by_link(
            token,
            item.delivery_id,
            reasons=[
                Reason(number, said)
                for number in range(1, len(item.criteria) + 1)
                if (said := form.get(f"criterion-{number}", "")).strip()
            ],
            text=form.get("text", ""),
            **caller,
        )
        return
    if form.get("tested") != "yes":
        raise InvalidInput("Say that it was tested.", code="NOT_TESTED", field="tested")
    await pages.accept_by_link(token, item.delivery_id, **caller)


def _page(
    portal: Portal,
    request: Request,
    page: pages.DeliveryPage,
    *,
    status: int = 200,
    error: DomainError | None = None,
    typed: Form | None = None,
) -> Response:
    locale = page.locale
    title = text(locale, "delivery_title", engagement=page.engagement_name)
    heading = f"{title} · {page.practice_name}"
    at = _id(typed.get("delivery", "")) if typed else None
    wrong = next((place for place, each in enumerate(page.items, 1) if each.delivery_id == at), 0)
    items = [
        _shown(page, each, place, error if place == wrong else None, typed or {})
        for place, each in enumerate(page.items, 1)
    ]
    # The message leads to the field it is about, or at least to the item.
    places = [f"{row['wrong']}-{row['place']}" for row in items if row["wrong"]]
    if error and wrong:
        places.append(f"item-{wrong}")
    return portal.render(
        request,
        "deliveries.html",
        locale,
        status=status,
        page=page,
        title=text(locale, "error_title", title=heading) if error else heading,
        what=title,
        delivered_on=calendar_day(locale, page.delivered_on),
        until=calendar_day(locale, page.test_until) if page.test_until else "",
        is_open=any(each.can_answer for each in page.items),
        items=items,
        error=refusal(locale, error.code) if error else None,
        error_place=places[0] if places else "",
    )


def _id(value: str) -> UUID | None:
    try:
        return UUID(value)
    except ValueError:
        return None


def _field(error: DomainError, item: pages.DeliveredItem, typed: Form) -> str:
    """The field of the form that a refusal is about: `tested`, `text` or `criterion-2`; empty where it is none."""
    if error.field in {"tested", "text"}:
        return str(error.field)
    if error.field == "reasons":
        return "criterion-1"
    if error.field and error.field.startswith("reasons."):
        # The rule counts the reasons that were sent, the page the criteria.
        filled = [
            number
            for number in range(1, len(item.criteria) + 1)
            if typed.get(f"criterion-{number}", "").strip()
        ]
        at = int(error.field.split(".")[1])
        return f"criterion-{filled[at]}" if at < len(filled) else ""
    return ""


def _shown(
    page: pages.DeliveryPage,
    item: pages.DeliveredItem,
    place: int,
    error: DomainError | None,
    typed: Form,
) -> dict[str, Any]:
    """One item as the template takes it."""
    locale = page.locale
    mine = typed if typed.get("delivery") == str(item.delivery_id) else {}
    field = _field(error, item, mine) if error and item.can_answer else ""
    return {
        "place": place,
        "item": item,
        "round": text(locale, "delivery_round", number=str(item.round)) if item.round > 1 else "",
        "outcome": _outcome(page, item),
        "criteria": [
            {
                "number": number,
                "text": criterion,
                "said": next((each.text for each in item.reasons if each.criterion == number), ""),
                "typed": mine.get(f"criterion-{number}", ""),
            }
            for number, criterion in enumerate(item.criteria, 1)
        ],
        "others": [each.text for each in item.reasons if each.criterion is None],
        "typed_text": mine.get("text", ""),
        "has_tested": mine.get("tested") == "yes",
        "is_rejecting": mine.get("act") == "reject",
        "wrong": field,
        "rounds": _rounds(page, item),
    }


def _outcome(page: pages.DeliveryPage, item: pages.DeliveredItem) -> str:
    """One sentence on how an item stands, empty while the client may answer."""
    if item.can_answer:
        return ""
    key = f"delivery_{item.state}"
    if item.state == "rejected" and item.is_final:
        key = "delivery_rejected_final"
    return text(
        page.locale,
        key,
        on=calendar_day(page.locale, item.decided_on) if item.decided_on else "",
        until=calendar_day(page.locale, page.test_until) if page.test_until else "",
        clause=page.clause,
        practice=page.practice_name,
    )


def _rounds(page: pages.DeliveryPage, item: pages.DeliveredItem) -> str:
    """What a rejection leads to."""
    if item.rounds_left is None:
        return text(page.locale, "delivery_rounds_open", practice=page.practice_name)
    if item.rounds_left == 0:
        return text(page.locale, "delivery_rounds_none", clause=page.clause)
    return text(
        page.locale,
        "delivery_rounds_left",
        practice=page.practice_name,
        days=str(page.test_days),
        clause=page.clause,
    )
