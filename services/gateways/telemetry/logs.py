"""Log lines: one event each, keys and values, no secrets.

`configure_logging` sends structlog and the standard library's loggers (uvicorn's, asyncio's) through the same processors,
so that every line has the same form and the same cuts.
"""

import logging
import re
import sys
from collections.abc import Mapping
from typing import Any, Literal, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

_SECRET_NAMES = re.compile(
    r"token|secret|password|authorization|cookie|api_?key|database_url|smtp_url|dsn", re.IGNORECASE
)
_CUTS = (
    # user:password@ in an address
    (re.compile(r"(\w+://[^\s:/@]*):[^\s/@]+@"), r"\1:***@"),
    (re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]+"), r"\1 ***"),
    # the token of a client's link (but not a route's template)
    (re.compile(r"/(p|sign|files)/(?!\{)[^/\s?#\"']+"), r"/\1/*"),
    # the token of a report's link; the name of a report asked for without one stays
    (re.compile(r"/exports/(?!\{)[^/\s?#\"']+/"), r"/exports/*/"),
    # a query string, wherever an address is quoted
    (re.compile(r"(https?://[^\s?#\"']+)\?[^\s\"']*"), r"\1?*"),
)
# Whatever else looks like a key in a path: long, without being a UUID or a word.
_LONG_SEGMENT = re.compile(r"[A-Za-z0-9_.~=-]{32,}")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def safe_path(path: str) -> str:
    """A request's path as it may be logged: link tokens and other long keys become `*`; control characters go."""
    shown = _without_secrets("".join(c if c.isprintable() else "?" for c in path))
    return "/".join(
        "*" if _LONG_SEGMENT.fullmatch(part) and not _UUID.fullmatch(part) else part
        for part in shown.split("/")
    )[:300]


def _without_secrets(text: str) -> str:
    for pattern, instead in _CUTS:
        text = pattern.sub(instead, text)
    return text


def _cut(value: object) -> object:
    """The same value with secrets replaced, however deep they lie."""
    if isinstance(value, str):
        return _without_secrets(value)
    if isinstance(value, Mapping):
        return {
            key: "***" if _SECRET_NAMES.search(str(key)) else _cut(inner)
            for key, inner in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [_cut(inner) for inner in value]
    return value


def cut_secrets(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """The processor that stands last before a line is written: also over the text of tracebacks."""
    for key, value in event.items():
        if key != "exc_info":
            event[key] = "***" if _SECRET_NAMES.search(key) else _cut(value)
    return event


def configure_logging(
    *, format: Literal["console", "json"], level: str, stream: TextIO | None = None
) -> None:
    """Set up logging for this process; a second call replaces the first. Lines go to `stream`, by default stderr."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    # Tracebacks become text before the cuts, or an exception's message would pass them by.
    last: list[Processor] = (
        [
            structlog.processors.ExceptionRenderer(
                # Local variables would carry clients' data into the log.
                structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
            ),
            cut_secrets,
            structlog.processors.JSONRenderer(default=str),
        ]
        if format == "json"
        else [
            structlog.processors.format_exc_info,
            cut_secrets,
            structlog.dev.ConsoleRenderer(
                colors=(stream or sys.stderr).isatty(),
                exception_formatter=structlog.dev.plain_traceback,
            ),
        ]
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = True
    # Our own line per request replaces uvicorn's, which would print whole query strings; the others print addresses.
    for name in ("uvicorn.access", "httpx", "httpcore", "strawberry.execution"):
        logging.getLogger(name).setLevel(logging.WARNING)


def log(name: str) -> Any:
    """The logger of one part of the system."""
    return structlog.stdlib.get_logger(name)
