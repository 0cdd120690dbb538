"""The main job from the first handshake to the accountant's desk, as a front end and a client's browser play it.

Each step is one method, in order; each keeps what the next ones need. The demo plays them all at once; the story test plays
them one by one, with a clock that moves, and asserts every figure.
"""

from datetime import date
from typing import Any

import httpx

from demo.api import Api, Page
from demo.material import MORE, PLAN, PRICES, RULES, moved, start_of

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
        day = today.isoformat()
        await self.take_on_client()
        await self.publish_policies(day)
        await self.page(await self.send_policies()).sign(SIGNER)
        plan = moved(PLAN, today)
        await self.create_engagement(start_of(plan))
        await self.import_scope(plan)
        await self.price_scope()
        contract = await self.send_contract()
        await self.page(contract["link"]).sign(SIGNER)
        await self.request_deposit()
        await self.record_deposit(day)
        figures = await self.preview_change(MORE)
        sent = await self.send_change_order("Children's edition", MORE, figures["fingerprint"])
        await self.page(sent["link"]).sign(SIGNER)
        await self.accept(["3", "4", "5"], day)
        await self.invoice(day)
        await self.draw_down(day)
        await self.refund("12500.00", day)

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

    async def create_engagement(self, start_date: str, *, country: str | None = None) -> str:
        """2a. An engagement on the terms of the practice; without `country` only weekends are off."""
        answer = await self.owner.run(
            "CreateEngagement",
            create={
                "clientId": self.ids["client"],
                "terms": {
                    "name": "From idea to product",
                    "purpose": "to bring a new product from the idea to the shelf.",
                    "kind": "CONSULTING", "startDate": start_date, "taxBps": 2500,
                    "currency": "DKK", "locale": "en", "law": "DK",
                    "venueEn": "the City Court of Aarhus", "venueDa": "Retten i Aarhus",
                    "calendar": {"country": country}, "paymentTermsDays": 14,
                    "changeClause": {
                        "requesters": ["SIGNER", "SPONSOR"], "responseDays": 5, "offerDays": 14,
                        "minimumFee": {"amount": "2500.00", "currency": "DKK"},
                    },
                    "killFeeBps": 2000, "testPeriodDays": 10, "correctionRounds": 2,
                    "clauses": {
                        "latePayment": {
                            "basis": "DANMARKS_NATIONALBANK", "rateBps": 800,
                            "compensation": {"amount": "310.00", "currency": "DKK"},
                            "reminderFee": {"amount": "100.00", "currency": "DKK"},
                        },
                        "suspensionOverdueDays": 30, "suspensionNoticeDays": 10, "refundSettlementDays": 14,
                        "confidentialityYears": 3, "hasDataProtection": True, "intellectualProperty": "TRANSFER",
                        "liabilityCapBps": 10000, "terminationNoticeDays": 30, "terminationCureDays": 10,
                    },
                },
            },
        )  # fmt: skip
        engagement = answer["engagement"]
        self.ids["engagement"] = engagement["id"]
        self.ids["draft_version"] = engagement["scopeDraft"]["version"]
        number: str = engagement["number"]
        return number

    async def import_scope(self, plan: str = PLAN) -> dict[str, Any]:
        """2b. The scope of work from a file: looked at first, then taken over. Answers what the preview said."""
        preview: dict[str, Any] = await self.owner.run(
            "PreviewImport", engagement=self.ids["engagement"], text=plan
        )
        answer = await self.owner.run(
            "ImportScope",
            **{
                "import": {
                    "engagementId": self.ids["engagement"],
                    "expectedVersion": self.ids["draft_version"],
                    "text": plan,
                    "format": "JSON",
                    "source": "plan_new_product.json",
                }
            },
        )
        self.ids["draft_version"] = answer["engagement"]["scopeDraft"]["version"]
        return preview

    async def price_scope(self) -> dict[str, Any]:
        """2c. Fees, names and deliverables on the leaves; what is not part of it is said as well. Answers the budget."""
        engagement = self.ids["engagement"]
        answer = await self.owner.run(
            "PriceScope",
            price={
                "engagementId": engagement,
                "expectedVersion": self.ids["draft_version"],
                "items": PRICES,
            },
        )
        budget: dict[str, Any] = answer["engagement"]["scopeDraft"]["budget"]
        answer = await self.owner.run(
            "SetExpectations",
            expect={
                "engagementId": engagement,
                "expectedVersion": answer["engagement"]["scopeDraft"]["version"],
                "expectations": [
                    {"kind": "EXCLUSION", "text": "Materials and tools are bought by the client."},
                    {"kind": "ASSUMPTION", "text": "The client provides a panel of twelve people."},
                    {"kind": "NO_GUARANTEE", "text": "No particular sales are promised."},
                ],
            },
        )  # fmt: skip
        self.ids["engagement_version"] = answer["engagement"]["version"]
        return budget

    async def draft(self) -> dict[str, Any]:
        """The scope as it would be signed, with its timeline and budget."""
        answer = await self.owner.run("Draft", engagement=self.ids["engagement"])
        scope: dict[str, Any] = answer["scopeDraft"]
        return scope

    async def send_contract(self) -> dict[str, Any]:
        """3. The services contract, frozen in both languages and sent. Answers it, with the client's link."""
        answer = await self.owner.run(
            "SendContract",
            send={
                "engagementId": self.ids["engagement"],
                "expectedVersion": self.ids["engagement_version"],
                "contactIds": [self.ids["signer"]],
                "idempotencyKey": f"contract {self.ids['engagement']}",
            },
        )
        contract: dict[str, Any] = answer["contract"]
        contract["link"] = client_link(contract["envelope"])
        return contract

    async def standing(self) -> dict[str, Any]:
        """The engagement: its scope versions, dates, budget, variance and change orders."""
        answer: dict[str, Any] = await self.owner.run("Standing", engagement=self.ids["engagement"])
        return answer

    async def request_deposit(self) -> dict[str, Any]:
        """4a. A third of the expected total, asked for before work starts."""
        answer = await self.owner.run(
            "RequestDeposit",
            request={
                "engagementId": self.ids["engagement"],
                "idempotencyKey": f"deposit request {self.ids['engagement']}",
            },
        )
        request: dict[str, Any] = answer["retainerRequest"]
        self.ids["retainer_request"], self.ids["retainer"] = (
            request["id"],
            request["retainer"]["id"],
        )
        self.ids["deposit_amount"] = request["amount"]
        return request

    async def record_deposit(self, received_on: str) -> dict[str, Any]:
        """4b. The money has come in; it is the client's until it is earned."""
        answer: dict[str, Any] = await self.owner.run(
            "RecordDeposit",
            deposit={
                "requestId": self.ids["retainer_request"],
                "amount": self.ids["deposit_amount"],
                "receivedOn": received_on,
                "bankReference": "Fjordbakken forudbetaling",
                "idempotencyKey": f"deposit {self.ids['retainer_request']}",
            },
        )
        return answer

    async def preview_change(self, changes: list[dict[str, Any]]) -> dict[str, Any]:
        """5a. What a change would do to money and dates. Stores nothing."""
        figures: dict[str, Any] = await self.owner.run(
            "PreviewChange", engagement=self.ids["engagement"], changes=changes
        )
        return figures

    async def send_change_order(
        self, title: str, changes: list[dict[str, Any]], fingerprint: str
    ) -> dict[str, Any]:
        """5b. The change order, drafted and sent with the figures that were previewed. Answers it, with the link."""
        answer = await self.owner.run(
            "CreateChangeOrder",
            create={
                "engagementId": self.ids["engagement"],
                "title": title,
                "changes": changes,
                "reason": "CLIENT_REQUEST",
                "reasonText": "The dealers have asked for it.",
                "requestedBy": self.ids["signer"],
            },
        )
        drafted = answer["changeOrder"]
        answer = await self.owner.run(
            "SendChangeOrder",
            send={
                "changeOrderId": drafted["id"],
                "expectedVersion": drafted["version"],
                "fingerprint": fingerprint,
                "contactIds": [self.ids["signer"]],
                "idempotencyKey": f"change order {drafted['id']}",
            },
        )
        sent: dict[str, Any] = answer["changeOrder"]
        sent["link"] = client_link(sent["envelope"])
        return sent

    async def accept(self, keys: list[str], accepted_on: str) -> None:
        """6a. The client accepts what was delivered."""
        for key in keys:
            await self.owner.run(
                "Accept",
                accept={
                    "engagementId": self.ids["engagement"],
                    "itemKey": key,
                    "acceptedOn": accepted_on,
                    "contactId": self.ids["signer"],
                },
            )

    async def invoice(self, issue_date: str) -> dict[str, Any]:
        """6b. An invoice of what was accepted, issued."""
        answer = await self.owner.run(
            "DraftInvoice",
            draft={
                "engagementId": self.ids["engagement"],
                "idempotencyKey": f"invoice {self.ids['engagement']} {issue_date}",
            },
        )
        drafted = answer["invoice"]
        answer = await self.owner.run(
            "IssueInvoice",
            issue={
                "invoiceId": drafted["id"],
                "expectedVersion": drafted["version"],
                "issueDate": issue_date,
                "idempotencyKey": f"issue {drafted['id']}",
            },
        )
        issued: dict[str, Any] = {**drafted, **answer["invoice"]}
        self.ids["invoice"] = issued["id"]
        return issued

    async def draw_down(self, on: str) -> dict[str, Any]:
        """6c. The retainer pays the invoice, as far as both go."""
        answer: dict[str, Any] = await self.owner.run(
            "DrawDown",
            draw={
                "retainerId": self.ids["retainer"],
                "invoiceId": self.ids["invoice"],
                "on": on,
                "idempotencyKey": f"drawdown {self.ids['invoice']}",
            },
        )
        return answer

    async def entitlement(self) -> dict[str, Any]:
        """6d. What the client may get back now, and why."""
        answer: dict[str, Any] = await self.owner.run(
            "Entitlement", engagement=self.ids["engagement"]
        )
        return answer

    async def refund(self, amount: str, settled_on: str) -> dict[str, Any]:
        """6e. A part of the retainer goes back: asked for, approved, settled."""
        answer = await self.owner.run(
            "RequestRefund",
            request={
                "source": {"retainerId": self.ids["retainer"]},
                "amount": {"amount": amount, "currency": "DKK"},
                "reason": "The market study is put off; its share of the deposit goes back.",
                "idempotencyKey": f"refund {self.ids['retainer']} {amount}",
            },
        )
        refund = answer["refund"]
        answer = await self.owner.run(
            "ApproveRefund",
            approve={
                "refundId": refund["id"],
                "expectedVersion": refund["version"],
                "idempotencyKey": f"approve {refund['id']}",
            },
        )
        answer = await self.owner.run(
            "SettleRefund",
            settle={
                "refundId": refund["id"],
                "settledOn": settled_on,
                "bankReference": "Refund Fjordbakken",
                "expectedVersion": answer["refund"]["version"],
                "idempotencyKey": f"settle {refund['id']}",
            },
        )
        settled: dict[str, Any] = answer["refund"]
        return settled

    async def desk(self, as_of: str) -> dict[str, Any]:
        """7. What the accountant pulls, with a role that can read everything and change nothing."""
        run = self.accountant.run
        return {
            "balances": await run("RetainerBalances", asOf=as_of),
            "ledger": await run("ClientLedger", client=self.ids["client"]),
            "trial": await run("TrialBalance", asOf=as_of),
        }

    async def csv(self, url: str) -> str:
        """A report as a file, by its short-lived link."""
        response = await self._http.get(url)
        return response.raise_for_status().text


def client_link(envelope: dict[str, Any]) -> str:
    """The link of the client's first signer."""
    link: str = next(s["link"] for s in envelope["signers"] if s["party"] == "CLIENT")
    return link
