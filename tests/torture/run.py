"""One run: a real server, clients in processes of their own, kills at random, and the reckoning."""

import asyncio
import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import asyncpg
import httpx

from services.gateways.clock import SystemClock
from tests.factories.server import ROOT, RealServer
from tests.torture.notes import Asked, all_asked
from tests.torture.plants import PLANTS
from tests.torture.reckoning import effects_now, hledger_disagrees, reckon
from tests.torture.setting import engagements_of

PATIENCE_S = 45
"""How long a client may wait for its last answers."""


@dataclass(frozen=True)
class Plan:
    """How much of it: until `enough` effects were acknowledged, for `seconds` at most; the kills are spread over that.

    `plant` names a bug; a run with one ends as soon as it is caught.
    """

    seconds: int = 60
    enough: int = 10**9
    practices: int = 2
    engagements: int = 2
    clients: int = 4
    kills: int = 6
    seed: int = 1
    plant: str | None = None


@dataclass
class Report:
    """What was done, and what is wrong."""

    asked: int = 0
    effects: Counter[str] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)
    kills: Counter[str] = field(default_factory=Counter)
    entries: int = 0
    problems: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def told(self) -> str:
        """In words, for a person."""
        lines = [
            f"{self.asked} requests in {self.seconds:.0f} s: {sum(self.effects.values())} acknowledged, "
            f"{sum(self.refusals.values())} refused by rule; {self.entries} entries in the books",
            f"  effects:  {dict(self.effects.most_common())}",
            f"  refusals: {dict(self.refusals.most_common())}",
            f"  kill -9:  {dict(self.kills) or 'none'}",
        ]
        lines += [f"  WRONG: {each}" for each in self.problems[:30]]
        lines += ["nothing lost, doubled or unasked; every invariant holds"] * (not self.problems)
        return "\n".join(lines)


class Torture:
    """The processes of one run."""

    def __init__(self, folder: Path, plan: Plan) -> None:
        self._folder = folder
        self._plan = plan
        self._random = random.Random(plan.seed)
        command = (
            [str(ROOT / "tests" / "torture" / "planted_server.py"), plan.plant]
            if plan.plant
            else None
        )
        self.server = RealServer(folder, command=command)
        self._clients: dict[int, subprocess.Popen[bytes]] = {}
        self._lives: Counter[int] = Counter()
        self._report = Report()
        self._today = SystemClock().today("Europe/Copenhagen")

    async def run(self) -> Report:
        """Play it, and reckon."""
        await self.server.start()
        table = await self._set_up()
        tenants = [UUID(each["tenant"]) for each in table["practices"]]
        owner = await self.server.connect()
        before = await effects_now(owner, tenants)
        if self._plan.plant:
            await PLANTS[self._plan.plant].spoil(owner)
        await owner.close()
        for number in range(self._plan.clients):
            self._start_client(number)
        began = time.monotonic()
        await self._play(tenants, before, began)
        await self._end_clients()
        self._report.seconds = time.monotonic() - began
        await self._reckon(table, tenants, before)
        return self._report

    async def _play(self, tenants: list[UUID], before: dict[str, set[str]], began: float) -> None:
        """Kills at random moments, a period closed half-way; a planted bug is looked for now and then."""
        plan, closed, look = self._plan, False, 6.0
        moments = sorted(self._random.uniform(0.05, 0.95) for _ in range(plan.kills))
        while True:
            passed = time.monotonic() - began
            done = sum(1 for each in all_asked(self._folder) if each.effect)
            progress = max(passed / plan.seconds, done / plan.enough)
            if progress >= 1:
                return
            if moments and progress >= moments[0]:
                moments.pop(0)
                await self._kill_something()
            if not closed and progress >= 0.4:
                closed = True
                await self._close_periods(tenants)
            if plan.plant and passed >= look:
                look = passed + 6
                if await self._is_caught(tenants, before):
                    return
            await asyncio.sleep(0.2)

    async def _set_up(self) -> dict[str, Any]:
        tokens = await asyncio.to_thread(self._found_practices)
        practices = []
        async with httpx.AsyncClient(base_url=self.server.url, timeout=60) as http:
            for each in tokens:
                engagements = await engagements_of(
                    http, each, self._today.isoformat(), self._plan.engagements
                )
                practices.append(
                    {
                        "tokens": each,
                        "engagements": engagements,
                        "tenant": str(await self._tenant_of(engagements[0]["id"])),
                    }
                )
        table = {
            "url": self.server.url,
            "today": self._today.isoformat(),
            "seed": self._plan.seed,
            "stop": str(self._folder / "stop"),
            "practices": practices,
        }
        (self._folder / "table.json").write_text(json.dumps(table))
        return table

    def _found_practices(self) -> list[dict[str, str]]:
        done = subprocess.run(
            [sys.executable, "-m", "tests.torture.setting", str(self._plan.practices)],
            cwd=ROOT,
            env={**os.environ, "VAR_DIR": str(self.server.var_dir), "LOG_LEVEL": "ERROR"},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(done.stderr)
        found: list[dict[str, str]] = json.loads(done.stdout.strip().splitlines()[-1])
        return found

    async def _tenant_of(self, engagement: str) -> UUID:
        from schema.relay import decode_id

        owner = await self.server.connect()
        try:
            tenant: UUID = await owner.fetchval(
                "select tenant_id from engagement where id = $1",
                decode_id("Engagement", engagement, "id"),
            )
        finally:
            await owner.close()
        return tenant

    def _start_client(self, number: int) -> None:
        self._lives[number] += 1
        with (self._folder / f"client-{number}.txt").open("ab") as said:
            self._clients[number] = subprocess.Popen(
                [sys.executable, "-m", "tests.torture.client", str(self._folder / "table.json"), str(number),
                 str(self._lives[number])],
                cwd=ROOT, stdin=subprocess.DEVNULL, stdout=said, stderr=said,
            )  # fmt: skip

    async def _kill_something(self) -> None:
        what = self._random.choice(
            ["client", "backend", "postmaster", "server", "server and database"]
        )
        self._report.kills[what] += 1
        if what == "client":
            number = self._random.choice(list(self._clients))
            self._clients[number].kill()
            self._clients[number].wait()
            self._start_client(number)
            return
        if what == "backend":
            owner = await self.server.connect()
            pids = await owner.fetch(
                "select pid from pg_stat_activity where usename = 'scopewright_app' order by state = 'active' desc limit 4"
            )
            owner.terminate()
            if pids:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(self._random.choice(pids)["pid"], signal.SIGKILL)
            return
        if what == "postmaster":
            self.server.kill_postmaster()
            with contextlib.suppress(AssertionError):
                await self.server.until_ready()
                return
        self.server.kill(database=what != "server")
        await self.server.start()

    async def _close_periods(self, tenants: list[UUID]) -> None:
        """Close the books through three days ago, as the runtime role would."""
        for tenant in tenants:
            with contextlib.suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                owner = await self.server.connect()
                try:
                    await close_period(owner, tenant, self._today - timedelta(days=2))
                finally:
                    await owner.close()

    async def _is_caught(self, tenants: list[UUID], before: dict[str, set[str]]) -> bool:
        """Whether the books, as they are while the clients go on, show that something is wrong.

        What is under way is neither there nor acknowledged yet, so only invariants and doubled answers count here.
        """
        try:
            owner = await self.server.connect()
        except (OSError, asyncpg.PostgresError):
            return False
        try:
            problems = await reckon(owner, tenants, self._settled(), before)
        finally:
            await owner.close()
        return any(each.startswith("broken:") or "|" in each for each in problems)

    def _settled(self) -> list[Asked]:
        return [each for each in all_asked(self._folder) if each.is_settled]

    async def _end_clients(self) -> None:
        (self._folder / "stop").touch()
        for number, process in self._clients.items():
            try:
                await asyncio.to_thread(process.wait, PATIENCE_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                self._report.problems.append(f"client {number} got no answer for {PATIENCE_S} s")
            if process.returncode not in {0, -signal.SIGKILL}:
                said = (self._folder / f"client-{number}.txt").read_text()[-500:]
                self._report.problems.append(f"client {number} fell over: {said}")

    async def _reckon(
        self, table: dict[str, Any], tenants: list[UUID], before: dict[str, set[str]]
    ) -> None:
        asked = list(all_asked(self._folder))
        self._report.asked = len(asked)
        for each in asked:
            if each.effect:
                self._report.effects[each.operation] += 1
            elif each.refused:
                self._report.refusals[each.refused] += 1
        owner = await self.server.connect()
        try:
            self._report.problems += await reckon(owner, tenants, asked, before)
            self._report.entries = await owner.fetchval(
                "select count(*) from ledger_journal where tenant_id = any($1)", tenants
            )
            async with httpx.AsyncClient(base_url=self.server.url, timeout=120) as http:
                for practice in table["practices"]:
                    self._report.problems += await hledger_disagrees(
                        owner,
                        UUID(practice["tenant"]),
                        await books_of(http, practice),
                        self._folder,
                    )
        finally:
            await owner.close()


async def close_period(owner: asyncpg.Connection, tenant: UUID, through: date) -> None:
    """Close the books of a practice through a date, by the function that the application calls."""
    async with owner.transaction():
        await owner.execute(f"set local app.tenant = '{tenant}'")
        text: str = await owner.fetchval(
            "select pg_get_functiondef('close_ledger_period'::regproc)"
        )
        assert "ledger_require_tenant" in text
        # The owner is trusted to say whose books they are; the runtime role would have to sign it.
        await owner.execute("set local session_replication_role = 'origin'")
        await owner.execute(
            """
            insert into ledger_closing (tenant_id, id, closed_through, recorded_at, actor, request_id, last_seq, last_hash)
            select tenant_id, $2, $3, $4, 'torture', '-', last_seq, last_hash from ledger_head where tenant_id = $1 for update
            """,
            tenant, uuid4(), through, datetime.now(UTC),
        )  # fmt: skip
        await owner.execute(
            "update ledger_head set closed_through = $2 where tenant_id = $1", tenant, through
        )


async def books_of(http: httpx.AsyncClient, practice: dict[str, Any]) -> str:
    """The practice's books for hledger, by the link that the API gives its accountant."""
    headers = {"authorization": f"Bearer {practice['tokens']['accountant']}"}
    answer = await http.post(
        "/graphql", json={"query": "{ bookFiles { hledgerUrl } }"}, headers=headers
    )
    url = urlsplit(answer.json()["data"]["bookFiles"]["hledgerUrl"])
    return (await http.get(f"{url.path}?{url.query}")).raise_for_status().text


async def torture(folder: Path, plan: Plan) -> Report:
    """One whole run in an empty folder; nothing is left running afterwards."""
    run = Torture(folder, plan)
    try:
        return await run.run()
    finally:
        for process in run._clients.values():
            if process.poll() is None:
                process.kill()
                process.wait()
        run.server.clear_away()
