"""One client: it looks at an engagement, asks for something at random, and insists on an answer.

Run as `python -m tests.torture.client`; it is killed without warning and started again, and goes on from its notes.
"""

import asyncio
import json
import random
import sys
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from schema.relay import read_id
from tests.torture.notes import Asked, Notes

LANES = 3
TWIN, REPLAY = 0.15, 0.05

LOOK = """
query Look($e: ID!) {
  retainers(engagementId: $e, first: 5) { nodes { id held { amount }
    requests { id status amount { amount } received { amount } } } }
  invoices(engagementId: $e, first: 12) { nodes { id state version open { amount }
    payments { id amount { amount } refunded { amount } refundPending { amount } } } }
  refunds(engagementId: $e, first: 12) { nodes { id status version } }
}
"""

# operation: what it answers with, and the name of its input's type
OPERATIONS = {
    "requestDeposit": ("retainerRequest", "RequestDepositInput"),
    "recordDeposit": ("deposit", "RecordDepositInput"),
    "draftInvoice": ("invoice", "DraftInvoiceInput"),
    "issueInvoice": ("invoice", "IssueInvoiceInput"),
    "drawDown": ("drawdown", "DrawDownInput"),
    "recordPayment": ("payment", "RecordPaymentInput"),
    "requestRefund": ("refund", "RequestRefundInput"),
    "approveRefund": ("refund", "DecideRefundInput"),
    "rejectRefund": ("refund", "DecideRefundInput"),
    "settleRefund": ("refund", "SettleRefundInput"),
    "failRefund": ("refund", "FailRefundInput"),
}


class Client:
    """Asks, notes, and asks again."""

    def __init__(
        self, table: dict[str, Any], notes: Notes, http: httpx.AsyncClient, seed: str
    ) -> None:
        self._practices = table["practices"]
        self._today = date.fromisoformat(table["today"])
        self._notes = notes
        self._http = http
        self._random = random.Random(seed)
        self._stop = Path(table["stop"])

    async def run(self) -> None:
        """First what an earlier life left open, then on until told to stop."""
        for asked in self._notes.open():
            await self._insist(asked)
        await asyncio.gather(*(self._lane() for _ in range(LANES)))

    async def _lane(self) -> None:
        while not self._stop.exists():
            practice = self._random.randrange(len(self._practices))
            engagement = self._random.choice(self._practices[practice]["engagements"])
            look = await self._post(practice, LOOK, {"e": engagement["id"]})
            if not look or look.get("data") is None:
                await asyncio.sleep(0.05)
                continue
            chosen = self._choose(engagement, look["data"])
            if chosen is None:
                continue
            operation, given = chosen
            key = uuid4().hex
            asked = Asked(key, operation, practice, {**given, "idempotencyKey": key})
            self._notes.intend(asked)
            if self._random.random() < TWIN:
                await asyncio.gather(self._insist(asked), self._insist(asked))
            else:
                await self._insist(asked)
            if self._random.random() < REPLAY:
                await self._insist(asked)

    def _choose(
        self, engagement: dict[str, Any], look: dict[str, Any]
    ) -> tuple[str, dict[str, Any]] | None:
        """Something that may be asked of an engagement as it looked a moment ago; it may have moved since."""
        retainers = look["retainers"]["nodes"]
        invoices = look["invoices"]["nodes"]
        requests = [r for each in retainers for r in each["requests"] if r["status"] == "REQUESTED"]
        issued = [i for i in invoices if i["state"] in {"ISSUED", "PART_PAID"}]
        payments = [p for i in invoices for p in i["payments"]]
        refunds = look["refunds"]["nodes"]
        pick = self._random.choice
        ways: list[tuple[int, str]] = [(1, "requestDeposit")]
        ways += [(4, "recordDeposit")] if requests else []
        ways += [(2, "draftInvoice")]
        ways += [(4, "issueInvoice")] if any(i["state"] == "DRAFT" for i in invoices) else []
        ways += [(5, "drawDown")] if issued and retainers else []
        ways += [(3, "recordPayment")] if issued else []
        ways += [(2, "requestRefund")] if retainers or payments else []
        ways += (
            [(4, "refund")]
            if any(r["status"] in {"REQUESTED", "APPROVED"} for r in refunds)
            else []
        )
        ways += (
            [(1, "failRefund")]
            if any(r["status"] in {"APPROVED", "SETTLED"} for r in refunds)
            else []
        )
        (operation,) = self._random.choices([w for _, w in ways], [n for n, _ in ways])
        if operation == "requestDeposit":
            return operation, {
                "engagementId": engagement["id"],
                "amount": self._money(1, 25_000_00),
            }
        if operation == "recordDeposit":
            request = pick(requests)
            left = minor(request["amount"]) - minor(request["received"])
            return operation, {
                "requestId": request["id"], "amount": self._money(1, left + left // 8 + 1),
                "receivedOn": self._day(), "bankReference": "torture",
            }  # fmt: skip
        if operation == "draftInvoice":
            return operation, {
                "engagementId": engagement["id"],
                "itemKeys": [pick(engagement["items"])],
            }
        if operation == "issueInvoice":
            draft = pick([i for i in invoices if i["state"] == "DRAFT"])
            return operation, {
                "invoiceId": draft["id"],
                "expectedVersion": draft["version"],
                "issueDate": self._day(),
            }
        if operation == "drawDown":
            retainer, invoice = pick(retainers), pick(issued)
            most = min(minor(retainer["held"]), minor(invoice["open"]))
            return operation, {
                "retainerId": retainer["id"], "invoiceId": invoice["id"], "amount": self._money(1, most + most // 4 + 1),
                "on": self._day(),
            }  # fmt: skip
        if operation == "recordPayment":
            invoice = pick(issued)
            owed = minor(invoice["open"])
            return operation, {
                "invoiceId": invoice["id"], "amount": self._money(1, owed + owed // 3 + 1), "receivedOn": self._day(),
                "bankReference": "torture",
            }  # fmt: skip
        if operation == "requestRefund":
            if payments and (not retainers or self._random.random() < 0.5):
                payment = pick(payments)
                source, most = {"paymentId": payment["id"]}, minor(payment["amount"])
            else:
                retainer = pick(retainers)
                source, most = {"retainerId": retainer["id"]}, minor(retainer["held"])
            return operation, {
                "source": source,
                "amount": self._money(1, most + most // 4 + 1),
                "reason": "torture",
            }
        if operation == "failRefund":
            refund = pick([r for r in refunds if r["status"] in {"APPROVED", "SETTLED"}])
            return operation, {
                "refundId": refund["id"], "expectedVersion": refund["version"], "failedOn": self._today.isoformat(),
                "reason": "torture",
            }  # fmt: skip
        refund = pick([r for r in refunds if r["status"] in {"REQUESTED", "APPROVED"}])
        given: dict[str, Any] = {"refundId": refund["id"], "expectedVersion": refund["version"]}
        if refund["status"] == "REQUESTED":
            return ("approveRefund" if self._random.random() < 0.8 else "rejectRefund"), given
        return "settleRefund", {
            **given,
            "settledOn": self._today.isoformat(),
            "bankReference": "torture",
        }

    def _money(self, least: int, most: int) -> dict[str, str]:
        amount = self._random.randint(least, max(least, most))
        return {"amount": f"{amount // 100}.{amount % 100:02d}", "currency": "DKK"}

    def _day(self) -> str:
        return (self._today - timedelta(days=self._random.choice([0, 0, 0, 1, 2, 4]))).isoformat()

    async def _insist(self, asked: Asked) -> None:
        """Ask until there is an answer: an effect, or a refusal that was meant."""
        answers, kind = OPERATIONS[asked.operation]
        document = (
            f"mutation Ask($input: {kind}!) {{ {asked.operation}(input: $input) "
            f"{{ {answers} {{ id }} userErrors {{ code }} }} }}"
        )
        while True:
            body = await self._post(asked.practice, document, {"input": asked.given})
            data = ((body or {}).get("data") or {}).get(asked.operation)
            if data is None:
                # Nothing came, or the server could not say what became of it.
                await asyncio.sleep(0.1)
                continue
            if not data["userErrors"]:
                _, effect = read_id(data[answers]["id"], "id")
                self._note(asked, effect=str(effect))
                return
            code = data["userErrors"][0]["code"]
            if code == "IN_PROGRESS":
                await asyncio.sleep(0.1)
                continue
            self._note(asked, refused=code)
            return

    def _note(self, asked: Asked, *, effect: str | None = None, refused: str | None = None) -> None:
        """An effect stands, whoever asks again. A refusal leaves no trace, so the same key may have an effect later."""
        if asked.effect is not None:
            if asked.effect != effect:
                # The reckoning will not have it.
                effect, refused = f"{asked.effect}|{effect or refused}", None
            else:
                return
        if (asked.effect, asked.refused) != (effect, refused):
            self._notes.answered(asked, effect=effect, refused=refused)
            asked.effect, asked.refused = effect, refused

    async def _post(
        self, practice: int, query: str, variables: dict[str, Any]
    ) -> dict[str, Any] | None:
        headers = {"authorization": f"Bearer {self._practices[practice]['tokens']['owner']}"}
        try:
            response = await self._http.post(
                "/graphql", json={"query": query, "variables": variables}, headers=headers
            )
        except httpx.HTTPError:
            return None
        if response.status_code != 200:
            return None
        body: dict[str, Any] = response.json()
        return None if body.get("errors") else body


def minor(money: dict[str, str]) -> int:
    """Kroner as øre."""
    whole, _, part = money["amount"].partition(".")
    return int(whole) * 100 + int(part or 0)


async def main(table_path: str, number: str, life: str) -> None:
    """Play one life of one client."""
    table = json.loads(Path(table_path).read_text())
    notes = Notes(Path(table_path).parent / f"client-{number}.jsonl")
    limits = httpx.Limits(max_keepalive_connections=0)
    async with httpx.AsyncClient(base_url=table["url"], timeout=30, limits=limits) as http:
        await Client(table, notes, http, f"{table['seed']}-{number}-{life}").run()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
