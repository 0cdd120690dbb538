"""The page with GraphiQL: everything it loads comes from this server, so it works offline and under a strict policy."""

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import orjson
from starlette.responses import HTMLResponse

ASSETS: Final = Path(__file__).parent / "static" / "graphiql" / "assets"
"""The files that the page loads; `schema/static/graphiql/README.md` tells how they were made."""

# Styles are inline because the editor sets them on its elements; scripts never are.
_POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self' 'unsafe-inline'",
        "connect-src 'self'",
        "img-src 'self' data:",
        "font-src 'self' data:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)

_PAGE: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="{path}/assets/graphiql.min.css">
<link rel="stylesheet" href="{path}/assets/start.css">
</head>
<body>
<div id="graphiql" data-endpoint="{path}"><p>Loading GraphiQL …</p></div>
<script type="application/json" id="settings">{settings}</script>
<script src="{path}/assets/react.production.min.js"></script>
<script src="{path}/assets/react-dom.production.min.js"></script>
<script src="{path}/assets/graphiql.min.js"></script>
<script src="{path}/assets/start.js"></script>
</body>
</html>
"""


@dataclass(frozen=True, slots=True)
class Example:
    """An operation that opens in a tab of its own, which is called by the operation's name."""

    query: str
    variables: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class GraphiQL:
    """What the page opens with: its examples, and the headers every tab starts from."""

    examples: Sequence[Example] = ()
    headers: Mapping[str, str] = field(
        default_factory=lambda: {"Authorization": "Bearer <your token>"}
    )
    title: str = "Scopewright GraphiQL"

    def response(self, path: str) -> HTMLResponse:
        """The page for an endpoint at `path`."""
        settings = {
            "headers": _pretty(self.headers),
            "tabs": [
                {"query": example.query.strip() + "\n", "variables": _pretty(example.variables)}
                for example in self.examples
            ],
        }
        page = _PAGE.format(
            title=html.escape(self.title),
            path=html.escape(path.rstrip("/")),
            # Inside a script element only "<" could end it.
            settings=orjson.dumps(settings).decode().replace("<", "\\u003c"),
        )
        return HTMLResponse(
            page,
            headers={
                "content-security-policy": _POLICY,
                "cache-control": "no-store",
                "referrer-policy": "no-referrer",
                "x-content-type-options": "nosniff",
                "x-frame-options": "DENY",
            },
        )


def _pretty(value: Mapping[str, object] | Mapping[str, str]) -> str:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode() if value else ""
