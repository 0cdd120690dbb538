"""Papers out for signature, as the portal meets them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from contracts.payloads import Kind, Locale
from contracts.samples import sample
from db.ids import new_id
from db.queries import envelopes as queries
from db.unit_of_work import read_only, unit_of_work
from services import documents, envelopes, links, policies
from services.actor import Actor
from tests.factories.clients import ClientPeople, a_client, link_of, published_policies
from tests.factories.practices import NOW, People, a_practice


@dataclass(frozen=True)
class Paper:
    """An envelope on its way, and the link of its first signer at the client."""

    people: People
    client: ClientPeople
    envelope_id: UUID
    signer_id: UUID
    token: str
    fingerprint: str

    @property
    def path(self) -> str:
        """Where the signer opens it."""
        return f"/sign/{self.token}"

    async def state(self) -> tuple[str, list[str]]:
        """The envelope's status and the kinds of its events."""
        async with read_only(self.people.owner.scope()) as uow:
            envelope = await queries.envelope_by_id(uow, self.envelope_id)
            events = await queries.events_of(uow, [self.envelope_id])
        assert envelope is not None
        return envelope["status"], [event["kind"] for event in events]


async def policies_out(
    *, locale: str = "da", client: str = "Havn & Co", practice: str = "Nordlys Studio"
) -> Paper:
    """Policies sent to a new client of a new practice."""
    people = await a_practice(practice)
    asked = await a_client(people.owner, client, locale=locale)
    await published_policies(people.owner)
    envelope_id = await policies.send_for_sign_off(people.owner, client_id=asked.client_id, now=NOW)
    return await _paper(people, asked, envelope_id)


async def sample_out(kind: Kind, locale: Locale, *, now: datetime = NOW) -> Paper:
    """A full sample of a kind of paper, sent for reading: what it is about does not exist, so nobody can sign it."""
    people = await a_practice()
    asked = await a_client(people.owner, locale=locale)
    payload = sample(kind, locale)
    rendered = await documents.render(kind, locale, payload)
    subject_id = new_id()
    async with unit_of_work(people.owner.scope()) as uow:
        frozen = await documents.store(
            uow,
            rendered,
            number="2026-014",
            version=1,
            client_id=asked.client_id,
            engagement_id=None,
            subject_kind="policies",
            subject_id=subject_id,
            payload=payload,
            now=now,
        )
        envelope_id = await envelopes.send(
            uow,
            people.owner,
            document_id=frozen.id,
            subject_kind="policies",
            subject_id=subject_id,
            client_id=asked.client_id,
            expires_at=links.signing_ends(now),
            now=now,
        )
    return await _paper(people, asked, envelope_id)


async def _paper(people: People, client: ClientPeople, envelope_id: UUID) -> Paper:
    actor: Actor = people.owner
    async with read_only(actor.scope()) as uow:
        signer = (await queries.signers_of(uow, [envelope_id]))[1]
        envelope = await queries.envelope_by_id(uow, envelope_id)
    assert envelope is not None
    token = link_of(actor, signer["id"])
    return Paper(people, client, envelope_id, signer["id"], token, envelope["fingerprint"])
