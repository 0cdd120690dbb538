"""How long `previewChangeOrder` takes over HTTP, against the bare rule on the same scope: 1 000 items, 2 000 links.

    python -m bench.previews

One run measures both in turn, so that a busy machine slows both alike; what counts is the ratio. The request goes through a
real server on a socket: token, GraphQL, PostgreSQL under row security, the rule, and the answer with every line, every shift
and every milestone. The rule is `preview(...)` from the bare scope: it checks, hashes, schedules and adds up both states.
"""

import asyncio
import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import uvicorn

from app import create_app
from db.embedded import EmbeddedServer
from db.engine import DB
from db.migrate import ensure_database, migrate
from db.unit_of_work import read_only, use_tenant_key
from schema.relay import encode_id
from services import links, scopes
from services.calendars import plan_calendars
from services.change_orders.standing import standing
from services.engagements import found
from services.gateways.clock import FixedClock
from services.rules.change_orders import preview
from services.rules.scope import ReviseItem
from settings import Settings
from tests.conftest import RUNTIME_PASSWORD, as_runtime, with_database
from tests.factories.api import api_of
from tests.factories.engagements import TODAY, Case, an_engagement, sign_subject
from tests.factories.practices import NOW

ITEMS, LINKS, ROUNDS = 1_000, 2_000, 25
SETTINGS = Settings(_env_file=None, secret_key="a secret for benchmarks, known to everyone")

QUERY = """
query($id: ID!, $changes: [ChangeInput!]!) {
  previewChangeOrder(engagementId: $id, changes: $changes) {
    change { amount } newSum { amount } totalAfter { amount } costChange { amount } changeDays deliveryAfter fingerprint
    lines { key kinds feeChange { amount } marginChange { amount } }
    shifts { key startBefore startAfter finishBefore finishAfter shiftDays }
    milestones { key before after shiftDays }
    criticalPathEntered criticalPathLeft floatConsumedDays
    retainer { topUp { amount } } contingency { after { amount } } killFee { after { amount { amount } } }
  }
}
"""


def a_plan(items: int, links_: int, seed: int = 7) -> dict[str, Any]:
    """A plan made at random, the same for a seed: twenty phases of tasks, links of all four kinds to tasks shortly after."""
    chance = random.Random(seed)
    tasks = items - 20
    plan: list[dict[str, Any]] = [{"id": f"p{n}", "name": f"Phase {n}"} for n in range(20)]
    plan += [
        {
            "id": f"t{n}",
            "name": f"Task {n}",
            "parent": f"p{n * 20 // tasks}",
            "duration_days": 0 if n % 50 == 49 else chance.randrange(1, 10),
            "fee": f"{chance.randrange(100, 9000)}.00",
            "cost": f"{chance.randrange(50, 4000)}.00",
            "deliverable": f"The result of task {n}" if n % 5 == 0 else "",
        }
        for n in range(tasks)
    ]
    drawn: dict[tuple[int, int], dict[str, Any]] = {}
    while len(drawn) < links_:
        first = chance.randrange(tasks - 1)
        then = chance.randrange(first + 1, min(tasks, first + 40))
        drawn[first, then] = {
            "from": f"t{first}",
            "to": f"t{then}",
            "type": chance.choice(["FS", "FS", "SS", "FF", "SF"]),
            "lag_days": chance.randrange(-1, 3),
        }
    return {"name": "Bench", "items": plan, "dependencies": list(drawn.values())}


async def a_signed_case(plan: dict[str, Any]) -> Case:
    """An engagement whose signed scope is the plan."""
    from services import services_contracts

    case = await an_engagement(contingency_bps=500, kill_fee_bps=2000)
    await scopes.import_scope(
        case.actor,
        case.engagement_id,
        text=json.dumps(plan),
        file_format="json",
        expected_version=1,
        now=NOW,
    )
    contract_id = await services_contracts.send_contract(
        case.actor,
        case.engagement_id,
        expected_version=2,
        idempotency_key=case.key(),
        now=NOW,
        today=TODAY,
    )
    await sign_subject(case.actor, "services_contract", contract_id)
    return replace(case, contract_id=contract_id)


async def bare_rule(case: Case, days: int) -> Callable[[], Any]:
    """The rule alone, on what the service would hand it."""
    async with read_only(case.actor.scope()) as uow:
        stands = await standing(uow, await found(uow, case.engagement_id))
    terms = stands.order_terms
    values = {name: getattr(terms, name) for name in terms.__slots__}
    values["expand"] = partial(plan_calendars, start=terms.start)
    scope, change = stands.start.scope, ReviseItem("t500", {"duration_days": days})
    return lambda: preview(scope, [change], **values)


async def measure(port: int, case: Case) -> None:
    """Rule and request in turn; the first of each is not counted."""
    rule = await bare_rule(case, 15)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as http:
        api = await api_of(http, case.actor, case.actor)
        variables = {
            "id": encode_id("Engagement", case.engagement_id),
            "changes": [{"reviseItem": {"key": "t500", "durationDays": 15}}],
        }
        bare, served = [], []
        first = time.perf_counter()
        answer = (await api.ask(QUERY, **variables))["previewChangeOrder"]
        cold = time.perf_counter() - first
        assert answer["fingerprint"] == rule().fingerprint, "the two disagree"
        for _ in range(ROUNDS):
            start = time.perf_counter()
            rule()
            between = time.perf_counter()
            await api.ask(QUERY, **variables)
            bare.append(between - start)
            served.append(time.perf_counter() - between)
    one, other = statistics.median(bare), statistics.median(served)
    print(f"previewChangeOrder on {ITEMS} items and {LINKS} links, median of {ROUNDS}")
    print(f"  bare rule   {one * 1000:8.1f} ms")
    print(f"  over HTTP   {other * 1000:8.1f} ms   ({len(answer['shifts'])} items move)")
    print(f"  first one   {cold * 1000:8.1f} ms   (reads the rows, proves them)")
    print(f"  ratio       {other / one:8.2f}      (aim: at most 10)")


async def main(admin_dsn: str) -> None:
    """A fresh database, one practice, one engagement, one server."""
    tenant_key = SETTINGS.derived_key("tenant")
    await ensure_database(admin_dsn, "bench")
    owner = with_database(admin_dsn, "bench")
    await migrate(owner, tenant_key=tenant_key, runtime_password=RUNTIME_PASSWORD)
    use_tenant_key(tenant_key)
    links.use_link_key(SETTINGS.derived_key("links"))
    links.use_base_url(SETTINGS.base_url)
    await DB.open(as_runtime(owner), pool_size=4)
    clock = FixedClock(datetime(2026, 3, 2, 9, 0, tzinfo=UTC))
    application = create_app(SETTINGS, None, clock=clock)
    server = uvicorn.Server(
        uvicorn.Config(application, host="127.0.0.1", port=0, log_level="error", lifespan="off")
    )
    serving = asyncio.create_task(server.serve())
    try:
        case = await a_signed_case(a_plan(ITEMS, LINKS))
        while not server.started:  # noqa: ASYNC110 - uvicorn has no event to wait for
            await asyncio.sleep(0.01)
        await measure(server.servers[0].sockets[0].getsockname()[1], case)
    finally:
        server.should_exit = True
        await serving
        await DB.close()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        embedded = EmbeddedServer(Path(folder) / "pg", settings={"fsync": "off"})
        with embedded.running() as running:
            asyncio.run(main(running.admin_dsn("postgres")))
    sys.exit(0)
