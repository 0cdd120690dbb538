"""A client with somebody who signs and somebody who pays, and policies for it to sign off."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from services import clients, links, policies
from services.actor import Actor
from services.rules.policies import DraftDetails, RuleDetails
from tests.factories.practices import NOW


@dataclass(frozen=True)
class ClientPeople:
    """One client and its contacts."""

    client_id: UUID
    signer_id: UUID
    billing_id: UUID


async def a_client(
    actor: Actor, name: str = "Havn & Co", *, locale: str = "da", now: datetime = NOW
) -> ClientPeople:
    """A Danish client with one signer, who has a name that templates trip over, and one payer."""
    client_id = await clients.create_client(
        actor,
        clients.ClientDetails(
            name=name,
            legal_name=f"{name} A/S",
            country="DK",
            currency="DKK",
            locale=locale,
            kind="looks_to_us",
            registration_number="87654321",
            address="Havnegade 2\n1058 København K",
            email="post@havn.example",
        ),
        now=now,
    )

    async def contact(person: str, role: str) -> UUID:
        return await clients.add_contact(
            actor,
            client_id,
            clients.ContactDetails(
                name=person, email=f"{role}@havn.example", locale=locale, roles=[role]
            ),
            now=now,
        )

    return ClientPeople(
        client_id,
        await contact("Søren <Å> O'Hara & Søn", "signer"),
        await contact("Birgit Dam", "billing"),
    )


A_RULE = RuleDetails(
    code="P-01",
    category="payment",
    title_en="Invoices",
    title_da="Fakturaer",
    text_en="An invoice is due eight days after its date.",
    text_da="En faktura forfalder otte dage efter sin dato.",
    consequence_en="A reminder costs DKK 100.",
    consequence_da="En rykker koster 100 kr.",
)
ANOTHER_RULE = RuleDetails(
    code="C-01",
    category="calls",
    title_en="Calls begin on time",
    title_da="Opkald begynder til tiden",
    text_en="Whoever is late by ten minutes has missed the call.",
    text_da="Den, der kommer ti minutter for sent, er udeblevet.",
)


async def published_policies(actor: Actor, *, now: datetime = NOW) -> UUID:
    """The next version of the policies, with two rules, published."""
    version_id = await policies.draft(
        actor,
        DraftDetails(title="How we work", effective_date=date(2026, 4, 1)),
        copies_rules=False,
        now=now,
    )
    await policies.add_rule(actor, version_id, A_RULE, now=now)
    await policies.add_rule(actor, version_id, ANOTHER_RULE, now=now)
    await policies.publish(actor, version_id, expected_version=3, today=now.date(), now=now)
    return version_id


def link_of(actor: Actor, signer_id: UUID, generation: int = 1) -> str:
    """The token that a signer got by mail."""
    return links.signer_token(actor.tenant_id, signer_id, generation)
