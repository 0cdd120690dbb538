"""What the running system says about itself: log lines, figures, and whether it is well.

A gateway like the others, because it is one more way out of the house: services and the worker count and log through it,
and `app.py` puts `RequestTelemetry` around everything and mounts the routes. It lies here, and not at the top, so that
every layer above may use it while none of the layers below can.

    logs.py       structlog, for eyes or for collectors; secrets are cut before a line is written
    metrics.py    Prometheus figures; labels come from closed sets, never from what a client sent
    requests.py   the ASGI middleware: request id, one line per request, figures per route template
    health.py     /healthz, /readyz, /metrics
"""
