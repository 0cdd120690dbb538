"""A practice with its people, as tests want one: fresh, so that no test sees another's rows."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from services.actor import Actor, Role
from services.practices import PracticeDetails, add_member, found_practice, system_actor

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@dataclass(frozen=True)
class People:
    """One practice and one actor for each role."""

    practice_id: UUID
    owner: Actor
    staff: Actor
    assistant: Actor
    accountant: Actor


async def a_practice(name: str = "Nordlys Studio", *, now: datetime = NOW) -> People:
    """A Danish practice with an owner, staff, an assistant and an accountant."""
    practice_id = await found_practice(
        PracticeDetails(
            name=name,
            legal_name=f"{name} ApS",
            country="DK",
            currency="DKK",
            locale="da",
            timezone="Europe/Copenhagen",
            registration_number="12345674",
            address="Åboulevarden 1\n8000 Aarhus C",
            email="hej@nordlys.example",
            assistant_name="Sofie Holm",
        ),
        now=now,
    )

    async def member(role: Role, person: str) -> Actor:
        member_id = await add_member(
            system_actor(practice_id),
            name=person,
            email=f"{role}@nordlys.example",
            role=role,
            now=now,
        )
        return Actor(
            practice_id,
            role,
            member_id=member_id,
            name=person,
            timezone="Europe/Copenhagen",
            request_id="test",
        )

    return People(
        practice_id,
        await member("owner", "Freja Lund"),
        await member("staff", "Mikkel Krogh"),
        await member("assistant", "Sofie Holm"),
        await member("accountant", "Ole Bang"),
    )
