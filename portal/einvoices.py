"""Electronic invoices behind signed links: `/einvoices/<token>/invoice-<id>.xml`, and the same for credit notes."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from portal.page import Portal
from services import einvoices

_POLICY: Final = "default-src 'none'; frame-ancestors 'none'; sandbox"


async def file(portal: Portal, request: Request) -> Response:
    """GET /einvoices/{token}/{name}: the XML that the link was signed for."""
    found = await einvoices.open_link(
        request.path_params["token"], request.path_params["name"], now=portal.clock.now()
    )
    return Response(
        found.content,
        media_type="application/xml; charset=utf-8",
        headers={
            "content-security-policy": _POLICY,
            "content-disposition": f'attachment; filename="{found.name}"',
            "cache-control": "no-store",
        },
    )
