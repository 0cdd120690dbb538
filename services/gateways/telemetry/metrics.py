"""The figures Prometheus fetches. Labels come from closed sets: a client can never make a new series."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from time import perf_counter

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from services.gateways.telemetry.logs import log

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
OutboxDepth = Callable[[], Awaitable[Mapping[str, int]]]

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Metrics:
    """Every figure of one process, in a registry of its own."""

    def __init__(self, outbox_depth: OutboxDepth | None = None) -> None:
        """`outbox_depth` answers messages by status whenever figures are fetched."""
        self.registry = CollectorRegistry()
        self._outbox_depth = outbox_depth
        ProcessCollector(registry=self.registry)
        self.requests = Counter(
            "scopewright_http_requests_total",
            "Requests answered.",
            ["method", "route", "status"],
            registry=self.registry,
        )
        self.request_seconds = Histogram(
            "scopewright_http_request_seconds",
            "Time from the first byte in to the last byte out.",
            ["method", "route"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.requests_in_progress = Gauge(
            "scopewright_http_requests_in_progress",
            "Requests being answered right now.",
            registry=self.registry,
        )
        self.graphql_operations = Counter(
            "scopewright_graphql_operations_total",
            "GraphQL operations, by kind and by how they ended.",
            ["kind", "outcome"],
            registry=self.registry,
        )
        self.graphql_seconds = Histogram(
            "scopewright_graphql_operation_seconds",
            "Time of a GraphQL operation, from validated to answered.",
            ["kind"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.jobs = Counter(
            "scopewright_jobs_total",
            "Jobs the worker ended.",
            ["job", "outcome"],
            registry=self.registry,
        )
        self.outbox_messages = Gauge(
            "scopewright_outbox_messages",
            "Outbox messages by status; absent while the database does not answer.",
            ["status"],
            registry=self.registry,
        )

    @contextmanager
    def operation(self, kind: str) -> Iterator[None]:
        """Count and time one GraphQL operation: `kind` is query, mutation or subscription. `fault` is an exception that left it: a bug, not a refusal."""
        started = perf_counter()
        outcome = "fault"
        try:
            yield
            outcome = "answered"
        finally:
            self.graphql_operations.labels(kind, outcome).inc()
            self.graphql_seconds.labels(kind).observe(perf_counter() - started)

    async def exposition(self) -> tuple[bytes, str]:
        """The figures as text, and that text's media type. An unreachable database only costs the outbox figure."""
        if self._outbox_depth is not None:
            self.outbox_messages.clear()
            try:
                depth = await asyncio.wait_for(self._outbox_depth(), timeout=2)
            except Exception as error:  # the figures must be told just when things go wrong
                log("metrics").warning("outbox_depth_unknown", error=repr(error))
            else:
                for status, count in depth.items():
                    self.outbox_messages.labels(status).set(count)
        return generate_latest(self.registry), CONTENT_TYPE_LATEST
