"""The addresses of the portal."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from portal import deliveries, einvoices, gantts, signing
from portal.page import HERE, Portal, endpoint
from services.gateways.clock import Clock


async def start(portal: Portal, request: Request) -> Response:
    """GET /: what this is and where to go."""
    return portal.render(request, "start.html", "en", title="Scopewright")


def routes(clock: Clock) -> list[BaseRoute]:
    """Everything that a person opens in a browser, but for GraphiQL."""
    portal = Portal(clock)
    return [
        Route("/", endpoint(portal, start)),
        Route("/sign/{token:path}", endpoint(portal, signing.show), methods=["GET"]),
        Route("/sign/{token:path}", endpoint(portal, signing.act), methods=["POST"]),
        Route("/files/{token:path}", endpoint(portal, signing.file), methods=["GET"]),
        Route("/deliveries/{token:path}", endpoint(portal, deliveries.show), methods=["GET"]),
        Route("/deliveries/{token:path}", endpoint(portal, deliveries.act), methods=["POST"]),
        Route("/einvoices/{token}/{name}", endpoint(portal, einvoices.file), methods=["GET"]),
        Route("/gantts/{token}/{name}", endpoint(portal, gantts.picture), methods=["GET"]),
        Mount("/static", StaticFiles(directory=HERE / "static")),
    ]
