"""Reports, and scopes of work, as files: `/exports/<file>` with a bearer token, and `/exports/<token>/<file>` by a signed link.

The parameters are those of the report, as in `/exports/retainer-balances.csv?asOf=2026-03-31`. A signed link reads that one report
with those parameters for a quarter of an hour, as the accountant would, whoever made it.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any, Final, cast, get_args
from uuid import UUID

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from services import books, links, reports
from services.actor import Actor
from services.gateways.clock import Clock
from services.rules.errors import DomainError, Forbidden, InvalidInput, NotFound
from services.scopes import exports

Authenticate = Callable[[Request], Awaitable[Actor | None]]
"""Who sends a request with a bearer token; None without one."""

_MEDIA_TYPES: Final = {
    "csv": "text/csv",
    "json": "application/json",
    "xml": "application/xml",
    "ics": "text/calendar",
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}
_HEADERS: Final = {
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "x-robots-tag": "noindex, nofollow",
}


def _date(values: Mapping[str, str], name: str) -> date | None:
    text = values.get(name)
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise InvalidInput("A date is written 2026-03-31.", code="DATE", field=name) from None


def _instant(values: Mapping[str, str], name: str) -> datetime | None:
    text = values.get(name)
    try:
        moment = datetime.fromisoformat(text) if text else None
    except ValueError:
        moment = None
    if text and (moment is None or moment.utcoffset() is None):
        raise InvalidInput(
            "An instant is written 2026-03-31T12:00:00Z, with its offset.", code="DATE", field=name
        )
    return moment.astimezone(UTC) if moment else None


async def _retainer_balances(actor: Actor, values: Mapping[str, str], today: date) -> str:
    return await reports.retainer_balances_csv(
        actor,
        as_of=_date(values, "asOf") or today,
        known_at=_instant(values, "knownAt"),
        include_empty=values.get("includeEmpty") == "true",
    )


async def _client_ledger(actor: Actor, values: Mapping[str, str], today: date) -> str:
    try:
        client_id = UUID(values.get("clientId", ""))
    except ValueError:
        raise NotFound("No client with this id.", field="clientId") from None
    return await reports.client_ledger_csv(
        actor,
        client_id,
        from_date=_date(values, "from"),
        to_date=_date(values, "to"),
        known_at=_instant(values, "knownAt"),
    )


async def _trial_balance(actor: Actor, values: Mapping[str, str], today: date) -> str:
    return await reports.trial_balance_csv(
        actor, as_of=_date(values, "asOf"), known_at=_instant(values, "knownAt")
    )


async def _aging(actor: Actor, values: Mapping[str, str], today: date) -> str:
    return await reports.aging_csv(
        actor, as_of=_date(values, "asOf") or today, known_at=_instant(values, "knownAt")
    )


async def _deferred_revenue(actor: Actor, values: Mapping[str, str], today: date) -> str:
    last = _date(values, "to") or today
    span = values.get("span", "month")
    if span not in get_args(reports.Span):
        raise InvalidInput(
            f"A span is {', '.join(get_args(reports.Span))}.", code="PERIOD_INVALID", field="span"
        )
    return await reports.deferred_revenue_csv(
        actor,
        from_date=_date(values, "from") or date(last.year, 1, 1),
        to_date=last,
        span=cast(reports.Span, span),
        known_at=_instant(values, "knownAt"),
    )


async def _statement(actor: Actor, values: Mapping[str, str], today: date) -> str:
    last = _date(values, "to") or today
    return await reports.statement_csv(
        actor,
        _uuid(values, "clientId"),
        from_date=_date(values, "from") or date(last.year, 1, 1),
        to_date=last,
        known_at=_instant(values, "knownAt"),
    )


def _statement_paper(form: books.Form) -> "Report":
    async def paper(actor: Actor, values: Mapping[str, str], today: date) -> exports.ScopeFile:
        last = _date(values, "to") or today
        content = await books.statement_paper(
            actor,
            _uuid(values, "clientId"),
            form=form,
            from_date=_date(values, "from") or date(last.year, 1, 1),
            to_date=last,
            known_at=_instant(values, "knownAt"),
            locale=values.get("locale"),
        )
        return exports.ScopeFile(f"statement-{last}.{form}", content)

    return paper


async def _reconciliations(actor: Actor, values: Mapping[str, str], today: date) -> str:
    return await reports.reconciliations_csv(actor)


def _journal(program: books.Program) -> "Report":
    async def journal(actor: Actor, values: Mapping[str, str], today: date) -> str:
        return await books.journal_file(
            actor,
            program=program,
            through=_date(values, "through") or today,
            known_at=_instant(values, "knownAt"),
        )

    return journal


def _uuid(values: Mapping[str, str], name: str) -> UUID:
    try:
        return UUID(values.get(name, ""))
    except ValueError:
        raise NotFound("Nothing with this id.", field=name) from None


def _scope_draft(form: exports.ScopeFileFormat) -> "Report":
    async def draft(actor: Actor, values: Mapping[str, str], today: date) -> exports.ScopeFile:
        return await exports.draft_file(actor, _uuid(values, "engagementId"), form)

    return draft


def _scope_version(form: exports.ScopeFileFormat) -> "Report":
    async def version(actor: Actor, values: Mapping[str, str], today: date) -> exports.ScopeFile:
        return await exports.version_file(actor, _uuid(values, "versionId"), form)

    return version


Report = Callable[[Actor, Mapping[str, str], date], Awaitable[str | exports.ScopeFile]]
_FORMS: Final[tuple[exports.ScopeFileFormat, ...]] = ("csv", "json", "xml", "ics")

REPORTS: Final[dict[str, Report]] = {
    "retainer-balances.csv": _retainer_balances,
    "client-ledger.csv": _client_ledger,
    "trial-balance.csv": _trial_balance,
    "aging.csv": _aging,
    "deferred-revenue.csv": _deferred_revenue,
    "statement.csv": _statement,
    "statement.pdf": _statement_paper("pdf"),
    "statement.docx": _statement_paper("docx"),
    "reconciliations.csv": _reconciliations,
    "books.journal": _journal("hledger"),
    "books.beancount": _journal("beancount"),
    **{f"scope-draft.{form}": _scope_draft(form) for form in _FORMS},
    **{f"scope-version.{form}": _scope_version(form) for form in _FORMS},
}
"""Every report by the name of its file. A date that is needed and not given is today."""


def routes(authenticate: Authenticate, clock: Clock) -> list[BaseRoute]:
    """The addresses of the reports. `authenticate` raises a `DomainError` for a token that does not hold."""

    async def by_token(request: Request) -> Response:
        async def ask() -> Actor:
            actor = await authenticate(request)
            if actor is None:
                raise Forbidden("Send a token: Authorization: Bearer sw_…", code="UNAUTHENTICATED")
            return actor

        return await _answer(request, ask, clock)

    async def by_link(request: Request) -> Response:
        async def ask() -> Actor:
            report: str = request.path_params["file"]
            if request.url.query:
                report += f"?{request.url.query}"
            tenant_id, member_id = links.read_export_token(
                request.path_params["token"], report, now=clock.now()
            )
            return Actor(tenant_id, "accountant", member_id=member_id, request_id="export-link")

        return await _answer(request, ask, clock)

    return [
        Route("/exports/{file}", by_token, methods=["GET"]),
        Route("/exports/{token}/{file}", by_link, methods=["GET"]),
    ]


async def _answer(request: Request, ask: Callable[[], Awaitable[Actor]], clock: Clock) -> Response:
    name: str = request.path_params["file"]
    try:
        actor = await ask()
        if name not in REPORTS:
            raise NotFound(f"The reports are {', '.join(REPORTS)}.", field="report")
        made = await REPORTS[name](actor, request.query_params, clock.today(actor.timezone))
    except DomainError as error:
        return _refused(error)
    if isinstance(made, exports.ScopeFile):
        content, called = made.content, made.name
    else:
        content, called = made.encode(), name
    kind = _MEDIA_TYPES.get(name.rpartition(".")[2], "text/plain")
    return Response(
        content,
        media_type=f"{kind}; charset=utf-8",
        headers={**_HEADERS, "content-disposition": f'attachment; filename="{called}"'},
    )


def _refused(error: DomainError) -> Response:
    status = 400
    if error.code == "UNAUTHENTICATED":
        status = 401
    elif isinstance(error, Forbidden):
        status = 403
    elif isinstance(error, NotFound):
        status = 404
    body: dict[str, Any] = {"code": error.code, "message": error.message, "field": error.field}
    return JSONResponse({"error": body}, status_code=status, headers=_HEADERS)
