"""Set up a practice with its people, and play the main job in it over HTTP, inside this process."""

from datetime import UTC, datetime

import httpx

from app import create_app, mailer
from db.engine import DB
from demo.main_job import MainJob
from services import jobs
from services.access import issue_token
from services.gateways.clock import SystemClock
from services.practices import PracticeDetails, add_member, found_practice, system_actor
from settings import Settings

PEOPLE = {
    "owner": "Signe Nørrebæk",
    "staff": "Mikkel Krogh",
    "assistant": "Sofie Holm",
    "accountant": "Ole Bang",
}


async def set_up_practice(now: datetime) -> dict[str, str]:
    """A Danish practice of four; answers one token for each role."""
    practice_id = await found_practice(
        PracticeDetails(
            name="Nørrebæk Design & Kode",
            legal_name="Nørrebæk Design & Kode v/Signe Nørrebæk",
            country="DK",
            currency="DKK",
            locale="da",
            timezone="Europe/Copenhagen",
            registration_number="41526374",
            address="Mejlgade 48, 2.\n8000 Aarhus C",
            email="signe@noerrebaek.example",
            phone="+45 86 00 00 12",
            assistant_name=PEOPLE["assistant"],
            bank_account="1234 0001234567",
        ),
        now=now,
    )
    system = system_actor(practice_id, "demo")
    tokens = {}
    for role, name in PEOPLE.items():
        member_id = await add_member(
            system, name=name, email=f"{role}@noerrebaek.example", role=role, now=now
        )
        issued = await issue_token(
            system, member_id=member_id, name="demo", expires_at=None, now=now
        )
        tokens[role] = issued.token
    return tokens


async def load_demo(settings: Settings, runtime_url: str) -> dict[str, str]:
    """Add the demo practice with the main job played through, send its mail, and answer a token for each role."""
    clock = SystemClock()
    await DB.open(runtime_url, pool_size=settings.pool_size)
    try:
        application = create_app(settings, None, clock=clock)
        tokens = await set_up_practice(datetime.now(UTC))
        transport = httpx.ASGITransport(application)
        async with httpx.AsyncClient(transport=transport, base_url=settings.base_url) as http:
            await MainJob(http, tokens).play(clock.today("Europe/Copenhagen"))
        await jobs.drain(runtime_url, mailer(settings), clock)
    finally:
        await DB.close()
    return tokens
