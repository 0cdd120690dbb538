"""kill -9 while the client approves a change order; then the story goes on, with nothing lost and nothing doubled.

The server and its database are real processes, started as a user starts them. Eight change orders are approved, each with a
kill at another moment: the server with every process of its database, the server alone, or the postmaster alone. The client
then opens the link again and signs where there is still something to sign.
"""

import asyncio
import re
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from enum import Enum, auto
from html import unescape
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
import pytest_asyncio

from demo.main_job import MORE, PLAN, SIGNER, MainJob, start_of
from services.gateways.clock import SystemClock
from tests.factories.server import RealServer

pytestmark = [
    pytest.mark.timeout(240),
    pytest.mark.skipif(sys.platform != "linux", reason="finds processes in /proc"),
]


class Kill(Enum):
    """What is killed."""

    ALL = auto()
    SERVER = auto()
    POSTMASTER = auto()


class Moment(Enum):
    """When: some share of the time that an approval takes has gone by; all is written but the mails, and nothing committed;
    it is committed on disk, and the server has not heard of that; the browser has its answer."""

    UNDER_WAY = auto()
    UNCOMMITTED = auto()
    COMMITTED = auto()
    ANSWERED = auto()


@dataclass(frozen=True)
class Round:
    """One change order. Amounts are what its preview says: the change, the sum with it, what tax makes of that in all."""

    title: str
    kill: Kill
    moment: Moment
    changes: list[dict[str, Any]]
    change: str
    new_sum: str
    total_after: str
    delay_share: float = 0.0


def add(key: str, amount: str) -> list[dict[str, Any]]:
    """More work of two days, beside the rest of it."""
    item = {"key": key, "parentKey": "15", "title": f"Extra {key}", "durationDays": 2}
    return [{"addItem": item | {"fee": {"amount": amount, "currency": "DKK"}}}]


def price(key: str, amount: str) -> list[dict[str, Any]]:
    """Another fee for work that is there."""
    return [{"reviseItem": {"key": key, "fee": {"amount": amount, "currency": "DKK"}}}]


ROUNDS = [
    Round("Children's edition", Kill.ALL, Moment.UNCOMMITTED, MORE, "45000.00", "645000.00", "806250.00"),
    Round("At once", Kill.ALL, Moment.UNDER_WAY, add("a", "10000.00"), "10000.00", "655000.00", "818750.00"),
    Round("Halfway", Kill.ALL, Moment.UNDER_WAY, price("a", "4000.00"), "-6000.00", "649000.00", "811250.00", 0.6),
    Round("Committed", Kill.ALL, Moment.COMMITTED, add("c", "3000.00"), "3000.00", "652000.00", "815000.00"),
    Round("Answered", Kill.ALL, Moment.ANSWERED, price("c", "30000.00"), "27000.00", "679000.00", "848750.00"),
    Round("Server", Kill.SERVER, Moment.UNCOMMITTED, add("d", "7000.00"), "7000.00", "686000.00", "857500.00"),
    Round("Postmaster", Kill.POSTMASTER, Moment.UNCOMMITTED, add("e", "6000.00"), "6000.00", "692000.00", "865000.00"),
    Round("Unknown", Kill.POSTMASTER, Moment.COMMITTED, price("e", "5000.00"), "-1000.00", "691000.00", "863750.00"),
]  # fmt: skip


@pytest_asyncio.fixture
async def server(tmp_path: Path) -> AsyncIterator[RealServer]:
    """A served folder, not started yet; no process of it is left afterwards."""
    server = RealServer(tmp_path)
    try:
        yield server
    finally:
        server.clear_away()
        assert server.database_is_gone(patience_s=0)


class Browser:
    """The client's: keeps the form of a page that it has open."""

    def __init__(self, http: httpx.AsyncClient, link: str) -> None:
        self._http = http
        self._link = link
        self.form: dict[str, str] = {}

    async def open(self) -> str:
        """Read the page, and fill in its form if it has one."""
        page = (await self._http.get(self._link)).raise_for_status().text
        hidden = re.findall(r'name="(fingerprint|consent_version)" value="([^"]*)"', page)
        self.form = {name: unescape(value) for name, value in hidden}
        if self.form:
            self.form |= {"consent": "yes", "name": SIGNER, "act": "sign"}
        return page

    async def send(self) -> int | None:
        """Send the form; the status of the answer, or None where the connection broke."""
        try:
            return (await self._http.post(self._link, data=self.form)).status_code
        except httpx.TransportError:
            return None


async def test_a_kill_in_the_middle_of_an_approval_loses_and_doubles_nothing(
    server: RealServer,
) -> None:
    await server.start()
    today = SystemClock().today("Europe/Copenhagen").isoformat()
    # No connection is kept, for none would survive.
    limits = httpx.Limits(max_keepalive_connections=0)
    async with httpx.AsyncClient(base_url=server.url, timeout=30, limits=limits) as http:
        job = MainJob(http, server.tokens())
        await job.take_on_client()
        await job.publish_policies(today)
        await job.page(await job.send_policies()).sign(SIGNER)
        await job.create_engagement(start_of(PLAN))
        await job.import_scope()
        await job.price_scope()
        contract = await job.send_contract()
        browser = Browser(http, contract["link"])
        await browser.open()
        began = time.monotonic()
        assert await browser.send() == 303
        approval_s = time.monotonic() - began
        await job.request_deposit()
        await job.record_deposit(today)

        for number, this in enumerate(ROUNDS, start=1):
            sent = await send(job, number, this)
            browser = Browser(http, sent["link"])
            await browser.open()
            form = browser.form
            answer = await approve_and_kill(server, browser, this, approval_s * this.delay_share)
            await browser.open()
            check_what_survived(this, answer, is_still_to_sign=bool(browser.form))
            if browser.form:
                assert await browser.send() == 303
            assert "Alle har underskrevet. Tak, Karen Sørensen." in await browser.open()
            assert not browser.form
            # The old tab, in which "send again?" is answered with yes.
            browser.form = form
            assert await browser.send() == 303
            await check_standing(job, number, sent)

        await check_the_database(server)
        await check_mails(server)
        await finish(job, today)
        await check_the_database(server)


async def send(job: MainJob, number: int, this: Round) -> dict[str, Any]:
    """5. The change order, previewed and sent on the sum of all before it."""
    figures = await job.preview_change(this.changes)
    assert [figures[name]["amount"] for name in ("originalSum", "change", "newSum", "totalAfter")] == [
        "600000.00", this.change, this.new_sum, this.total_after,
    ]  # fmt: skip
    assert (figures["baseNumber"], figures["deliveryAfter"]) == (number, "2005-01-03")
    sent = await job.send_change_order(this.title, this.changes, figures["fingerprint"])
    assert (sent["number"], sent["status"]) == (number, "SENT")
    return sent


async def approve_and_kill(
    server: RealServer, browser: Browser, this: Round, delay_s: float
) -> int | None:
    """Send the form and kill; then have the server up again. Answers what the browser got."""
    holder, watcher = await server.connect(), await server.connect()
    probing = None
    try:
        if this.moment is Moment.UNCOMMITTED:
            # The mails are the last that an approval writes; here they wait, with all the rest done.
            await holder.execute("begin; lock table outbox_message in share row exclusive mode")
        elif this.moment is Moment.COMMITTED:
            await until_mails_are_out(
                watcher
            )  # or a commit of the worker would be the one that waits
            await watcher.execute("alter system set synchronous_standby_names = 'nobody'")
            await watcher.execute("select pg_reload_conf()")
            probing = asyncio.create_task(commit_until_one_waits(holder))
            await until(watcher, A_COMMIT_WAITS, probing)
        sending = asyncio.create_task(browser.send())
        if this.moment is Moment.UNDER_WAY:
            await asyncio.sleep(delay_s)
        elif this.moment is Moment.UNCOMMITTED:
            await until(watcher, MAIL_WAITS, sending)
        elif this.moment is Moment.COMMITTED:
            # On disk already, each commit waits for a second server, which will not come. The next start knows none.
            await until(watcher, APPROVAL_WAITS, sending)
            await watcher.execute("alter system reset synchronous_standby_names")
        else:
            await sending
        if this.kill is Kill.POSTMASTER:
            server.kill_postmaster()
        else:
            server.kill(database=this.kill is Kill.ALL)
        answer = await sending
    finally:
        holder.terminate()
        watcher.terminate()
        if probing is not None:
            await asyncio.gather(probing, return_exceptions=True)
    if this.kill is Kill.POSTMASTER:
        assert await server.until_ready() <= {200, 503}
    else:
        await server.start()
    return answer


MAIL_WAITS = """
    select exists (select from pg_stat_activity
    where wait_event_type = 'Lock' and query ilike '%insert into%outbox_message%')
"""
A_COMMIT_WAITS = "select exists (select from pg_stat_activity where wait_event = 'SyncRep')"
APPROVAL_WAITS = """
    select exists (select from pg_stat_activity join pg_locks using (pid)
    where wait_event = 'SyncRep' and relation = 'scope_version'::regclass and mode = 'RowExclusiveLock')
"""


async def until(owner: asyncpg.Connection, holds: str, meanwhile: asyncio.Task[Any]) -> None:
    """Ask until it is so, without a pause between; what is to bring it about must not end before."""
    async with asyncio.timeout(30):
        while not await owner.fetchval(holds):
            assert not meanwhile.done(), f"nothing waited: {meanwhile}"


async def commit_until_one_waits(owner: asyncpg.Connection) -> None:
    """Commit nothing of consequence again and again: a changed configuration takes a moment to reach everybody."""
    while True:
        await owner.execute("select pg_logical_emit_message(true, 'probe', '')")


def check_what_survived(this: Round, answer: int | None, *, is_still_to_sign: bool) -> None:
    """What was acknowledged is durable; what was not committed never was; between the two either may be."""
    # None: the connection broke. 500: a page that says that something went wrong; it cannot say whether it was signed.
    broken = 500 if this.kill is Kill.POSTMASTER else None
    match this.moment:
        case Moment.UNDER_WAY:
            assert (answer, is_still_to_sign) in {(None, True), (None, False), (303, False)}
        case Moment.UNCOMMITTED:
            assert (answer, is_still_to_sign) == (broken, True)
        case Moment.COMMITTED:
            assert (answer, is_still_to_sign) == (broken, False)
        case Moment.ANSWERED:
            assert (answer, is_still_to_sign) == (303, False)


async def check_standing(job: MainJob, number: int, sent: dict[str, Any]) -> None:
    """After a round: every order approved once, a scope version for each, an unbroken chain, and books that balance."""
    standing = await job.standing()
    assert [v["number"] for v in standing["scopeVersions"]] == list(range(1, number + 2))
    orders = sorted(standing["changeOrders"], key=lambda order: order["number"])
    assert [(o["number"], o["title"], o["status"], o["decidedBy"]) for o in orders] == [
        (n, this.title, "APPROVED", SIGNER) for n, this in enumerate(ROUNDS[:number], start=1)
    ]
    current = standing["currentScopeVersion"]
    this = ROUNDS[number - 1]
    assert (current["number"], current["deliveryDate"]) == (number + 1, "2005-01-03")
    assert (current["budget"]["fee"]["amount"], current["budget"]["total"]["amount"]) == (
        this.new_sum,
        this.total_after,
    )
    envelope = await job.owner.run("EnvelopeOf", id=sent["envelope"]["id"])
    assert [e["kind"] for e in envelope["events"]] == [
        "SENT", "SIGNED", "VIEWED", "SIGNED", "COMPLETED",
    ]  # fmt: skip
    assert [e["sequence"] for e in envelope["events"]] == [1, 2, 3, 4, 5]
    assert envelope["verification"] == {"isIntact": True, "reason": ""}
    (total,) = (await job.desk("2099-12-31"))["trial"]["totals"]
    assert total["difference"]["amount"] == "0.00"


async def check_the_database(server: RealServer) -> None:
    """What the owner of the database sees: the trail unbroken, the books sound, nothing applied twice, nothing half."""
    owner = await server.connect()
    try:
        assert await owner.fetchval("select count(*) from audit_event") > 0
        assert (
            await owner.fetch("select * from audit_event e where digest <> audit_digest(e)") == []
        )
        assert await owner.fetch("select v.* from practice p, ledger_verify(p.id) v") == []
        assert await owner.fetch(
            """
            select c.title, count(v.id) from change_order c left join scope_version v on v.change_order_id = c.id
            where c.status <> 'approved' or v.id is null or c.document_id is null group by 1
            """
        ) == []  # fmt: skip
        # The demo's one order, and ours; each left one insert of a version and one step to "approved" in the trail.
        traces = await owner.fetch(
            """
            select count(*), count(distinct row_id) from audit_event where table_name = 'change_order'
            and before ->> 'status' = 'sent' and after ->> 'status' = 'approved'
            union all
            select count(*), count(distinct after ->> 'change_order_id') from audit_event
            where table_name = 'scope_version' and operation = 'insert' and after ->> 'change_order_id' is not null
            """
        )
        assert [tuple(row) for row in traces] == [(len(ROUNDS) + 1, len(ROUNDS) + 1)] * 2
    finally:
        await owner.close()


async def check_mails(server: RealServer) -> None:
    """For each order one request and one receipt to the client, one word to the sender: each in one file, once."""
    owner = await server.connect()
    try:
        await until_mails_are_out(owner)
        rows = await owner.fetch(
            "select *, data ->> 'document_number' as number from outbox_message"
        )
    finally:
        await owner.close()
    assert {row["status"] for row in rows} == {"sent"}
    mails = server.mails()
    assert set(mails) == {str(row["id"]) for row in rows}
    assert len({mail["Message-ID"] for mail in mails.values()}) == len(rows)
    for number in range(1, len(ROUNDS) + 1):
        about = [row for row in rows if (row["number"] or "").endswith(f"-002-CO{number:02d}")]
        told = [(row["kind"], mails[str(row["id"])]["To"].addresses[0].addr_spec) for row in about]
        assert sorted(told) == [
            ("envelope_completed", "owner@noerrebaek.example"),
            ("signature_completed", "karen@fjordbakken.example"),
            ("signature_request", "karen@fjordbakken.example"),
        ]


async def until_mails_are_out(owner: asyncpg.Connection) -> None:
    """Wait for the worker to have nothing left to do."""
    async with asyncio.timeout(60):
        while await owner.fetchval(
            "select exists (select from outbox_message where status = 'pending') or exists (select from jobs.pgqueuer)"
        ):
            await owner.execute(LET_LEASES_RUN_OUT)
            await asyncio.sleep(0.2)


LET_LEASES_RUN_OUT = """
    -- A worker that was killed holds its message for five minutes and its job for half a minute; we do not wait so long.
    update outbox_message set due_at = now() where status = 'pending' and due_at > now();
    update jobs.pgqueuer set execute_after = now() where execute_after > now();
    update jobs.pgqueuer set heartbeat = now() - interval '1 hour' where heartbeat < now() - interval '3 seconds';
    -- Has the worker look, as it does by itself every half a minute.
    delete from jobs.pgqueuer where false;
"""


async def finish(job: MainJob, today: str) -> None:
    """6 and 7, as if nothing had been. The books hold the demo's money as well, which went the same way."""
    await job.accept(["3", "4", "5"], today)
    assert (await job.invoice(today))["total"]["amount"] == "87500.00"
    assert (await job.draw_down(today))["retainer"]["held"]["amount"] == "162500.00"
    refund = await job.refund("12500.00", today)
    assert (refund["status"], refund["amount"]["amount"]) == ("SETTLED", "12500.00")
    desk = await job.desk(today)
    assert [e["balance"]["amount"] for e in desk["ledger"]["entries"]["nodes"]] == [
        "250000.00", "87500.00", "162500.00", "0.00", "150000.00",
    ]  # fmt: skip
    assert desk["balances"]["totals"] == [{"amount": "300000.00", "currency": "DKK"}]
    assert {
        line["code"]: (line["debit"]["amount"], line["credit"]["amount"])
        for line in desk["trial"]["lines"]
    } == {
        "bank": ("475000.00", "0.00"),
        "retainer_liability": ("0.00", "300000.00"),
        "tax_payable": ("0.00", "35000.00"),
        "revenue": ("0.00", "140000.00"),
    }
