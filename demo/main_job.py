"""The main job from the first handshake to the accountant's desk, as a front end and a client's browser play it.

Each step is one method, in order; each keeps what the next ones need. The demo plays them all at once; the story test plays
them one by one, with a clock that moves, and asserts every figure.
"""

import json
from datetime import date
from pathlib import Path
from typing import Any

import httpx

from demo.api import Api, Page

HERE = Path(__file__).parent
PLAN = (HERE / "plan_new_product.json").read_text(encoding="utf-8")
PRICES: list[dict[str, str]] = json.loads((HERE / "new_product_prices.json").read_text("utf-8"))[
    "items"
]

RULES: list[dict[str, str]] = [
    {
        "code": "C-1", "category": "CALLS",
        "titleEn": "Calls are booked", "titleDa": "Samtaler aftales",
        "textEn": "Calls are booked at least one working day ahead and last at most 45 minutes.",
        "textDa": "Samtaler aftales mindst en arbejdsdag i forvejen og varer højst 45 minutter.",
        "consequenceEn": "A call missed without notice is billed as half an hour.",
        "consequenceDa": "En samtale, der udebliver uden afbud, faktureres som en halv time.",
    },
    {
        "code": "P-1", "category": "PAYMENT",
        "titleEn": "Invoices are paid within 14 days", "titleDa": "Fakturaer betales inden 14 dage",
        "textEn": "An invoice is due 14 days after its date. Work stops when one is 30 days overdue.",
        "textDa": "En faktura forfalder 14 dage efter fakturadatoen. Arbejdet standses, når en er 30 dage forfalden.",
        "consequenceEn": "Interest runs by law from the day after.", "consequenceDa": "Morarente løber efter loven fra dagen efter.",
    },
    {
        "code": "S-1", "category": "CHANGES",
        "titleEn": "Changes are written down", "titleDa": "Ændringer skrives ned",
        "textEn": "Every wish beyond the scope becomes a change order with its price and its new date before work on it begins.",
        "textDa": "Ethvert ønske ud over ydelsen bliver til en ændringsordre med pris og ny dato, før arbejdet på det begynder.",
        "consequenceEn": "", "consequenceDa": "",
    },
    {
        "code": "R-1", "category": "RESPONSE_TIMES",
        "titleEn": "Answers within one working day", "titleDa": "Svar inden en arbejdsdag",
        "textEn": "We answer mail within one working day, and expect decisions within three.",
        "textDa": "Vi svarer på mail inden en arbejdsdag og forventer beslutninger inden tre.",
        "consequenceEn": "The delivery date moves by the days that a decision is late.",
        "consequenceDa": "Leveringsdatoen flyttes med de dage, en beslutning er forsinket.",
    },
]  # fmt: skip

SIGNER = "Karen Sørensen"


class MainJob:
    """One engagement, played through. `today` is the practice's date while a step is played; the caller moves it."""

    def __init__(self, http: httpx.AsyncClient, tokens: dict[str, str]) -> None:
        self._http = http
        self.owner = Api(http, tokens["owner"])
        self.assistant = Api(http, tokens["assistant"])
        self.accountant = Api(http, tokens["accountant"])
        self.ids: dict[str, Any] = {}

    async def play(self, today: date) -> None:
        """All of it on one day."""
        await self.take_on_client()
        await self.publish_policies(today.isoformat())
        await self.page(await self.send_policies()).sign(SIGNER)

    def page(self, link: str) -> Page:
        """The client's browser at a link."""
        return Page(self._http, link)

    async def take_on_client(self) -> str:
        """1a. The client, whoever pays, and whoever signs."""
        answer = await self.owner.run(
            "TakeOnClient",
            client={
                "name": "Fjordbakken", "legalName": "Fjordbakken Møbler ApS", "registrationNumber": "38271605",
                "address": "Havnegade 12\n8000 Aarhus C", "email": "post@fjordbakken.example",
                "country": "DK", "currency": "DKK", "locale": "da", "kind": "KNOWS_WHAT_THEY_WANT",
                "paymentTermsDays": 14,
            },
        )  # fmt: skip
        client_id: str = answer["client"]["id"]
        self.ids["client"] = client_id
        for key, name, email, roles in (
            ("signer", SIGNER, "karen@fjordbakken.example", ["SIGNER", "SPONSOR"]),
            ("billing", "Bo Nørgaard", "faktura@fjordbakken.example", ["BILLING"]),
        ):
            answer = await self.owner.run(
                "AddContact",
                contact={
                    "clientId": client_id,
                    "name": name,
                    "email": email,
                    "locale": "da",
                    "roles": roles,
                },
            )
            self.ids[key] = answer["contact"]["id"]
        return client_id

    async def publish_policies(self, effective_date: str) -> dict[str, Any]:
        """1b. The practice's policies and procedures, published in both languages."""
        answer = await self.owner.run(
            "DraftPolicies",
            draft={
                "title": "Sådan arbejder vi",
                "effectiveDate": effective_date,
                "introductionEn": "So that both sides know what to expect from the first day.",
                "introductionDa": "Så begge parter ved, hvad de kan forvente fra første dag.",
                "copiesRules": False,
            },
        )
        version = answer["policyVersion"]
        for rule in RULES:
            answer = await self.owner.run(
                "AddPolicyRule", rule={"policyVersionId": version["id"], "rule": rule}
            )
            version = answer["policyVersion"]
        answer = await self.owner.run(
            "PublishPolicies",
            publish={"policyVersionId": version["id"], "expectedVersion": version["version"]},
        )
        published: dict[str, Any] = answer["policyVersion"]
        return published

    async def send_policies(self) -> str:
        """1c. Sent to the client by the assistant; answers the client's link."""
        answer = await self.assistant.run(
            "SendPolicies",
            send={"clientId": self.ids["client"], "contactIds": [self.ids["signer"]]},
        )
        self.ids["policies_envelope"] = answer["envelope"]["id"]
        return client_link(answer["envelope"])


def client_link(envelope: dict[str, Any]) -> str:
    """The link of the client's first signer."""
    link: str = next(s["link"] for s in envelope["signers"] if s["party"] == "CLIENT")
    return link
