"""The main job, step by step over HTTP, with a clock that moves and every figure written out.

The plan is a real one of 42 lines, with what Microsoft Project stored for it; the year is 2004, because the plan's is.
"""

import io
import json
import re
from datetime import UTC, datetime
from email import message_from_bytes, policy
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import docx
import httpx
import pytest

from demo.api import Refused
from demo.load import set_up_practice
from demo.main_job import SIGNER, MainJob
from demo.material import MORE, PLAN
from services.access import authenticate
from services.gateways.clock import FixedClock
from services.gateways.email import FileEmailGateway
from services.jobs import Mailer, deliver


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


async def mail(
    folder: Path, truth: asyncpg.Connection, practice: UUID, clock: FixedClock
) -> list[tuple[str, str, str]]:
    """What leaves this practice's outbox now: recipient, subject, the link in the text."""
    for old in folder.glob("*.eml"):
        old.unlink()
    mailer = Mailer(FileEmailGateway(folder), "no-reply@noerrebaek.example")
    waiting = await truth.fetch(
        "select id from outbox_message where tenant_id = $1 and status = 'pending' order by id",
        practice,
    )
    for row in waiting:
        assert (await deliver(practice, row["id"], mailer, clock)).status == "sent"
    letters = []
    for path in sorted(folder.glob("*.eml")):
        letter = message_from_bytes(path.read_bytes(), policy=policy.default)
        body = letter.get_body(("plain",))
        assert body is not None
        link = re.search(r"http://testserver/\S+", body.get_content())
        assert str(letter["From"]).startswith("Sofie Holm <")  # the assistant, never the owner
        letters.append((str(letter["To"]), str(letter["Subject"]), link.group() if link else ""))
    return letters


def words(content: bytes) -> str:
    """All text of a .docx, paragraphs and tables."""
    document = docx.Document(io.BytesIO(content))
    cells = [c.text for t in document.tables for row in t.rows for c in row.cells]
    return "\n".join([p.text for p in document.paragraphs] + cells).replace("\xa0", " ")


async def test_the_main_job(
    http: httpx.AsyncClient, clock: FixedClock, owner_connection: asyncpg.Connection, tmp_path: Path
) -> None:
    clock.set(at("2004-07-05T08:00"))
    tokens = await set_up_practice(clock.now())
    practice = (await authenticate(tokens["owner"], now=clock.now())).tenant_id
    job = MainJob(http, tokens)

    async def letters() -> list[tuple[str, str, str]]:
        return await mail(tmp_path, owner_connection, practice, clock)

    # 1. A client, the policies, and the sign-off.
    await job.take_on_client()
    published = await job.publish_policies("2004-07-05")
    fingerprints = {d["locale"]: d["fingerprint"] for d in published["documents"]}
    assert (published["number"], published["status"], set(fingerprints)) == (
        1,
        "PUBLISHED",
        {"en", "da"},
    )
    link = await job.send_policies()
    ((to, _, mailed),) = await letters()
    assert to == "Karen Sørensen <karen@fjordbakken.example>"
    assert mailed == link
    clock.set(at("2004-07-06T13:30"))
    page = await job.page(mailed).sign(SIGNER)
    assert "Alle har underskrevet. Tak, Karen Sørensen." in page
    assert await job.owner.run("SignOffs", client=job.ids["client"]) == [
        {
            "signerName": "Karen Sørensen",
            "signedAt": "2004-07-06T13:30:00Z",
            "fingerprint": fingerprints["da"],
            "policyVersion": {"number": 1, "title": "Sådan arbejder vi"},
        }
    ]

    # 2. An engagement, its scope from a file, fees on its leaves.
    assert await job.create_engagement("2004-07-19") == "2004-001"
    preview = await job.import_scope()
    assert (preview["problems"], len(preview["plan"]["items"])) == ([], 42)
    budget = await job.price_scope()
    assert budget == {
        "fee": {"amount": "600000.00"},
        "tax": {"amount": "150000.00"},
        "total": {"amount": "750000.00", "currency": "DKK"},
    }
    check_against_recorded_plan(await job.draft())

    # 3. The contract, in two languages, signed on the page.
    contract = await job.send_contract()
    files = {}
    for document in (contract["document"], contract["translation"]):
        answer = await http.get(document["downloadUrl"])
        assert sha256(answer.content).hexdigest() == document["fingerprint"]
        files[document["locale"]] = words(answer.content)
    assert contract["document"]["locale"] == "en"
    for text in (
        "Tooling",
        "60,000.00 DKK",
        "22 December 2004",
        "Fjordbakken Møbler ApS",
        "250,000.00 DKK",
    ):
        assert text in files["en"], text
    for text in ("Tooling", "60.000,00 DKK", "22. december 2004", "Ændringer", "250.000,00 DKK"):
        assert text in files["da"], text
    waiting = await job.standing()
    assert (waiting["status"], waiting["currentScopeVersion"]) == ("CONTRACT_SENT", None)
    clock.set(at("2004-07-08T07:15"))
    (_, (_, _, mailed)) = [*await letters()][-2:]
    assert mailed == contract["link"]
    await job.page(mailed).sign(SIGNER)
    envelope = await job.owner.run("EnvelopeOf", id=contract["envelope"]["id"])
    assert envelope["status"] == "COMPLETED"
    assert [e["kind"] for e in envelope["events"]] == [
        "SENT",
        "SIGNED",
        "VIEWED",
        "SIGNED",
        "COMPLETED",
    ]
    assert envelope["verification"] == {"isIntact": True, "reason": ""}
    standing = await job.standing()
    assert (standing["status"], standing["currentScopeVersion"]["number"]) == ("ACTIVE", 1)
    assert standing["currentScopeVersion"]["deliveryDate"] == "2004-12-22"

    # 4. A retainer of one third: 750 000 / 3.
    request = await job.request_deposit()
    assert (request["number"], request["amount"]) == (
        "R-0001",
        {"amount": "250000.00", "currency": "DKK"},
    )
    clock.set(at("2004-07-15T10:00"))
    deposit = await job.record_deposit("2004-07-15")
    assert deposit["retainer"]["held"] == {"amount": "250000.00", "currency": "DKK"}

    # 5. The client asks for more.
    clock.set(at("2004-10-04T09:00"))
    figures = await job.preview_change(MORE)
    sums = (
        "originalSum",
        "previouslyApproved",
        "sumBefore",
        "change",
        "newSum",
        "taxChange",
        "totalChange",
        "totalAfter",
    )
    assert [figures[name]["amount"] for name in sums] == [
        "600000.00", "0.00", "600000.00", "45000.00", "645000.00", "11250.00", "56250.00", "806250.00",
    ]  # fmt: skip
    assert (figures["deliveryBefore"], figures["deliveryAfter"], figures["changeDays"]) == (
        "2004-12-22",
        "2005-01-03",
        8,
    )
    shifts = {m["key"]: (m["before"], m["after"], m["shiftDays"]) for m in figures["milestones"]}
    assert shifts == {
        "1": ("2004-07-19", "2004-07-19", 0),
        "5": ("2004-10-01", "2004-10-01", 0),
        "8": ("2004-08-06", "2004-08-06", 0),
        "9": ("2004-08-06", "2004-08-06", 0),
        "12": ("2004-08-27", "2004-08-27", 0),
        "14": ("2004-09-17", "2004-09-17", 0),
        "21": ("2004-11-24", "2004-12-06", 8),
        "28": ("2004-10-29", "2004-10-29", 0),
        "34": ("2004-12-16", "2004-12-28", 8),
        "36": ("2004-11-24", "2004-12-06", 8),
        "37": ("2004-11-24", "2004-12-06", 8),
        "42": ("2004-12-22", "2005-01-03", 8),
    }
    # A third of 806 250 is 268 750; 250 000 are held.
    assert {k: v["amount"] for k, v in figures["retainer"].items()} == {
        "held": "250000.00", "requiredBefore": "250000.00", "requiredAfter": "268750.00", "topUp": "18750.00",
    }  # fmt: skip
    assert (await job.standing())["currentScopeVersion"]["number"] == 1  # a preview stores nothing

    sent = await job.send_change_order("Children's edition", MORE, figures["fingerprint"])
    assert (sent["number"], sent["status"], sent["documentNumber"]) == (1, "SENT", "2004-001-CO01")
    paper = words((await http.get(sent["document"]["downloadUrl"])).content)
    for text in (
        "600,000.00 DKK",
        "+45,000.00 DKK",
        "645,000.00 DKK",
        "3 January 2005",
        "+11,250.00 DKK",
    ):
        assert text in paper, text
    clock.set(at("2004-10-06T06:45"))
    await job.page(sent["link"]).sign(SIGNER)
    await job.page(sent["link"]).read()
    standing = await job.standing()
    assert [v["number"] for v in standing["scopeVersions"]] == [1, 2]
    assert standing["changeOrders"][0] | {"id": ""} == {
        "id": "", "number": 1, "title": "Children's edition", "status": "APPROVED",
        "documentNumber": "2004-001-CO01", "decidedBy": SIGNER,
    }  # fmt: skip
    current = standing["currentScopeVersion"]
    assert (current["number"], current["deliveryDate"]) == (2, "2005-01-03")
    assert current["budget"]["total"] == {"amount": "806250.00", "currency": "DKK"}
    assert standing["variance"] == {
        "feeVariance": {"amount": "45000.00"}, "deliveryVarianceDays": 8,
        "baselineDeliveryDate": "2004-12-22", "currentDeliveryDate": "2005-01-03",
    }  # fmt: skip

    # 6. Accepted, invoiced, drawn down, partly refunded.
    clock.set(at("2004-10-08T12:00"))
    await job.accept(["3", "4", "5"], "2004-10-08")
    invoice = await job.invoice("2004-10-08")
    assert (invoice["number"], invoice["dueDate"], invoice["total"]["amount"]) == (
        "2004-0001",
        "2004-10-22",
        "87500.00",
    )
    assert (await job.draw_down("2004-10-08"))["retainer"]["held"]["amount"] == "162500.00"
    assert (await job.owner.run("InvoiceOf", id=job.ids["invoice"]))["open"]["amount"] == "0.00"
    clock.set(at("2004-11-02T12:00"))
    assert [
        (e["kind"], e["amount"]["amount"], e["running"]["amount"])
        for e in (await job.entitlement())["lines"]
    ] == [
        ("DEPOSITED", "250000.00", "250000.00"),
        ("EARNED", "-87500.00", "162500.00"),
    ]
    with pytest.raises(Refused, match="REFUND_OVER_CAP"):
        await job.refund("162500.01", "2004-11-02")
    refund = await job.refund("12500.00", "2004-11-02")
    assert (refund["number"], refund["status"], refund["amount"]["amount"]) == (
        "RF-0001",
        "SETTLED",
        "12500.00",
    )

    # 7. The accountant's desk.
    await check_the_desk(job)


def check_against_recorded_plan(draft: dict[str, Any]) -> None:
    """Date by date, what Microsoft Project stored; summaries have early dates alone in its file."""
    recorded = json.loads(PLAN)["expected"]
    assert {i["key"] for i in draft["items"]} == set(recorded)
    names = (
        "earlyStart",
        "earlyFinish",
        "lateStart",
        "lateFinish",
        "totalFloatDays",
        "freeFloatDays",
        "isCritical",
    )
    for item in draft["items"]:
        told = recorded[item["key"]]
        assert (item["startDate"], item["finishDate"]) == (
            told["start"][:10],
            told["finish"][:10],
        ), item["key"]
        if "ls" in told:
            assert tuple(item[n] for n in names) == tuple(
                told[n] for n in ("es", "ef", "ls", "lf", "tf", "ff", "critical")
            ), item["key"]
    assert draft["timeline"]["deliveryDate"] == "2004-12-22"
    assert draft["timeline"]["durationDays"] == 113


async def check_the_desk(job: MainJob) -> None:
    """Balances as of five dates, the client's ledger, a trial balance that is zero, and each as a file."""
    held = {}
    for day in ("2004-07-14", "2004-07-15", "2004-10-07", "2004-10-08", "2004-11-02"):
        totals = (await job.desk(day))["balances"]["totals"]
        held[day] = totals[0]["amount"] if totals else "0.00"
    assert held == {
        "2004-07-14": "0.00",
        "2004-07-15": "250000.00",
        "2004-10-07": "250000.00",
        "2004-10-08": "162500.00",
        "2004-11-02": "150000.00",
    }
    desk = await job.desk("2004-12-31")
    entries = [
        (
            e["effectiveDate"],
            e["kind"],
            e["accountCode"],
            (e["debit"] or e["credit"])["amount"],
            e["balance"]["amount"],
        )
        for e in desk["ledger"]["entries"]["nodes"]
    ]
    assert entries == [
        ("2004-07-15", "retainer_deposit", "retainer_liability", "250000.00", "250000.00"),
        ("2004-10-08", "invoice", "receivable", "87500.00", "87500.00"),
        ("2004-10-08", "drawdown", "retainer_liability", "87500.00", "162500.00"),
        ("2004-10-08", "drawdown", "receivable", "87500.00", "0.00"),
        ("2004-11-02", "refund", "retainer_liability", "12500.00", "150000.00"),
    ]
    lines = {
        x["code"]: (x["debit"]["amount"], x["credit"]["amount"]) for x in desk["trial"]["lines"]
    }
    assert lines == {
        "bank": ("237500.00", "0.00"),
        "retainer_liability": ("0.00", "150000.00"),
        "tax_payable": ("0.00", "17500.00"),
        "revenue": ("0.00", "70000.00"),
    }
    (total,) = desk["trial"]["totals"]
    assert (total["debit"]["amount"], total["difference"]["amount"]) == ("237500.00", "0.00")
    assert await job.csv(desk["balances"]["csvUrl"]) == (
        "as_of,known_at,client,engagement_number,engagement,kind,currency,balance\r\n"
        "2004-12-31,,Fjordbakken,2004-001,From idea to product,deposit,DKK,150000.00\r\n"
    )
    assert len((await job.csv(desk["ledger"]["csvUrl"])).splitlines()) == 6
    assert "2004-12-31,,revenue,Revenue,income,DKK,0.00,70000.00" in await job.csv(
        desk["trial"]["csvUrl"]
    )
    with pytest.raises(Refused, match="FORBIDDEN"):
        await job.accountant.run(
            "RequestRefund",
            request={
                "source": {"retainerId": job.ids["retainer"]},
                "amount": {"amount": "1.00", "currency": "DKK"},
                "reason": "x",
                "idempotencyKey": "x",
            },
        )
