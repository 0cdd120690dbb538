"""The wiring: who comes in by an identity provider, and what is served beside GraphQL."""

import httpx
import pytest

from app import create_app
from services.gateways.clock import FixedClock
from services.practices import add_member, deactivate_member
from settings import Settings
from tests.conftest import SETTINGS
from tests.factories.practices import a_practice
from tests.services.gateways.test_oidc import ISSUER, NOW, Provider, claims, token

pytestmark = pytest.mark.usefixtures("database")


async def test_a_member_comes_in_by_an_identity_provider_and_a_stranger_does_not() -> None:
    people = await a_practice()
    member_id = await add_member(
        people.owner, name="Ida", email="ida@nordlys.example", role="staff",
        oidc_issuer=ISSUER, oidc_subject="u-1", now=NOW,
    )  # fmt: skip
    provider = Provider()
    async with provider.serving() as jwks_url:
        settings = Settings(
            _env_file=None,
            secret_key=SETTINGS.secret_key,
            oidc_issuer=ISSUER,
            oidc_audience="scopewright",
            oidc_jwks_url=jwks_url,
        )
        transport = httpx.ASGITransport(create_app(settings, None, clock=FixedClock(NOW)))
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as http:

            async def who(**changes: str) -> httpx.Response:
                good = {"sub": "u-1", "practice": str(people.practice_id)}
                bearer = token(claims(**(good | changes)))
                return await http.post(
                    "/graphql",
                    json={"query": "{ viewer { name role } }"},
                    headers={"authorization": f"Bearer {bearer}"},
                )

            assert (await who()).json()["data"] == {"viewer": {"name": "Ida", "role": "staff"}}
            for wrong in ({"sub": "u-2"}, {"aud": "another"}, {"practice": str(NOW.year)}):
                response = await who(**wrong)
                assert response.status_code == 401, wrong
            await deactivate_member(people.owner, member_id=member_id, expected_version=1, now=NOW)
            assert (await who()).status_code == 401


async def test_the_schema_is_served_as_a_file(http: httpx.AsyncClient) -> None:
    response = await http.get("/schema.graphql")
    assert response.status_code == 200
    assert "type Query {" in response.text
