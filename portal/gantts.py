"""Gantt pictures behind signed links: `/gantts/<token>/<subject>.svg?…`, and the same as PNG."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from portal.page import Portal
from services import gantts

# Opened by itself, an SVG is a document: it may have its own style sheet, and nothing else at all.
_POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'; sandbox"
)


async def picture(portal: Portal, request: Request) -> Response:
    """GET /gantts/{token}/{name}: the picture that the link was signed for."""
    address: str = request.path_params["name"]
    if request.url.query:
        address += f"?{request.url.query}"
    file = await gantts.open_link(request.path_params["token"], address, now=portal.clock.now())
    return Response(
        file.content,
        media_type=file.media_type,
        headers={
            "content-security-policy": _POLICY,
            "content-disposition": f'inline; filename="{file.file_name}"',
        },
    )
