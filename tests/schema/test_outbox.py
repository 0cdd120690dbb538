"""The mails of a practice over HTTP: seen, and sent again."""

import httpx

from db.unit_of_work import unit_of_work
from services import jobs
from services.gateways.clock import FixedClock
from services.gateways.email import OutgoingEmail, PermanentEmailFailure
from tests.factories.api import api_of
from tests.factories.clients import a_client, published_policies
from tests.factories.practices import a_practice

LIST = """
query ($status: MessageStatus) { outboxMessages(status: $status) { totalCount nodes {
  id kind recipientEmail locale status attempts lastError sentAt } } }
"""
AGAIN = """
mutation ($id: ID!) { sendMessageAgain(input: {messageId: $id}) { message { status attempts } userErrors { code field } } }
"""


class Refusing:
    """A gateway whose server knows nobody."""

    async def send(self, message: OutgoingEmail) -> None:
        raise PermanentEmailFailure("550 no such user")


async def test_a_mail_that_failed_is_seen_and_sent_again(
    http: httpx.AsyncClient, clock: FixedClock
) -> None:
    people, others = await a_practice(), await a_practice("Sydlys")
    await a_client(people.owner)
    await published_policies(people.owner)
    api = await api_of(http, people.owner, people.owner)
    other = await api_of(http, others.owner, others.owner)
    clients = await api.ask("{ clients { nodes { id } } }")
    await api.ask(
        "mutation ($id: ID!) { sendPoliciesForSignOff(input: {clientId: $id}) { userErrors { code } } }",
        id=clients["clients"]["nodes"][0]["id"],
    )
    (message,) = (await api.ask(LIST))["outboxMessages"]["nodes"]
    assert message | {"id": ""} == {
        "id": "",
        "kind": "signature_request",
        "recipientEmail": "signer@havn.example",
        "locale": "da",
        "status": "PENDING",
        "attempts": 0,
        "lastError": "",
        "sentAt": None,
    }
    assert await api.refusal(AGAIN, id=message["id"]) == ("MESSAGE_NOT_FAILED", ["messageId"])
    node = await api.ask("query ($id: ID!) { node(id: $id) { id } }", id=message["id"])
    assert node["node"] == {"id": message["id"]}

    async with unit_of_work(people.owner.scope()) as uow:
        row_id = await uow.fetchval(
            "select id from outbox_message where tenant_id = $1", uow.tenant_id
        )
    await jobs.deliver(
        people.practice_id, row_id, jobs.Mailer(Refusing(), "no-reply@scope.example"), clock
    )
    (failed,) = (await api.ask(LIST, status="FAILED"))["outboxMessages"]["nodes"]
    assert failed["lastError"] == "PermanentEmailFailure: 550 no such user"
    assert await other.refusal(AGAIN, id=message["id"]) == ("NOT_FOUND", ["messageId"])
    assert (await other.ask(LIST))["outboxMessages"] == {"totalCount": 0, "nodes": []}
    accountant = await api_of(http, people.owner, people.accountant)
    assert await accountant.refusal(AGAIN, id=message["id"]) == ("FORBIDDEN", None)
    again = (await api.ask(AGAIN, id=message["id"]))["sendMessageAgain"]
    assert again == {"message": {"status": "PENDING", "attempts": 0}, "userErrors": []}
