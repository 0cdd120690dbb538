"""Bearer tokens of an identity provider: a real key server on this machine, good tokens, and forged ones."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from joserfc import jwk, jws, jwt

from services.gateways.clock import FixedClock
from services.gateways.oidc import IdentityProviderUnavailable, InvalidToken, OidcVerifier

ISSUER = "https://login.example.com/"
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
EPOCH = int(NOW.timestamp())
SIGNERS: dict[str, Any] = {
    "RS256": jwk.generate_key("RSA", 2048, {"kid": "rsa-1", "use": "sig"}),
    "ES256": jwk.generate_key("EC", "P-256", {"kid": "ec-1"}),
    "EdDSA": jwk.generate_key("OKP", "Ed25519", {"kid": "ed-1"}),
}


class Provider:
    """A key server: what it serves, and how often it was asked."""

    def __init__(self) -> None:
        self.keys: list[dict[str, Any]] = [key.as_dict(private=False) for key in SIGNERS.values()]
        self.asked = 0
        self.status = "200 OK"
        self.body: bytes | None = None
        self.now = 0.0

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[str]:
        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            self.asked += 1
            body = self.body or json.dumps({"keys": self.keys}).encode()
            head = f"HTTP/1.1 {self.status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
            writer.write(head.encode() + body)
            writer.close()

        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        async with server:
            yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/jwks.json"


@pytest.fixture
def provider() -> Provider:
    return Provider()


@pytest.fixture
async def verifier(provider: Provider) -> AsyncIterator[OidcVerifier]:
    async with provider.serving() as url, httpx.AsyncClient() as client:
        yield OidcVerifier(
            issuer=ISSUER,
            audience="scopewright",
            jwks_url=url,
            client=client,
            clock=FixedClock(NOW),
            ticks=lambda: provider.now,
        )


def claims(**changes: Any) -> dict[str, Any]:
    good = {
        "iss": ISSUER,
        "aud": "scopewright",
        "sub": "user-7",
        "exp": EPOCH + 300,
        "practice": "studio",
    }
    return {name: value for name, value in (good | changes).items() if value is not None}


def token(
    content: dict[str, Any], algorithm: str = "ES256", *, key: Any = None, **header: Any
) -> str:
    key = key or SIGNERS[algorithm]
    head = {"alg": algorithm, "kid": key.kid} | header
    return jwt.encode(
        {name: value for name, value in head.items() if value is not None},
        content,
        key,
        algorithms=[algorithm],
    )


def unpadded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


@pytest.mark.parametrize("algorithm", SIGNERS)
@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
async def test_a_token_signed_by_the_provider_gives_its_claims(
    verifier: OidcVerifier, algorithm: str
) -> None:
    assert await verifier.verify(token(claims(), algorithm)) == claims()


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"aud": "another"}, "another audience"),
        ({"aud": ["a", "b"]}, "another audience"),
        ({"aud": None}, "another audience"),
        ({"aud": {"scopewright": 1}}, "another audience"),
        ({"iss": "https://login.example.com"}, "another issuer"),
        ({"iss": None}, "another issuer"),
        ({"exp": EPOCH - 31}, "expired"),
        ({"exp": None}, "exp is not a time"),
        ({"exp": "9999999999"}, "exp is not a time"),
        ({"exp": True}, "exp is not a time"),
        ({"nbf": EPOCH + 31}, "not valid yet"),
        ({"sub": None}, "names nobody"),
        ({"sub": ""}, "names nobody"),
    ],
)
async def test_a_true_signature_under_wrong_claims_is_refused(
    verifier: OidcVerifier, changes: dict[str, Any], reason: str
) -> None:
    with pytest.raises(InvalidToken, match=reason):
        await verifier.verify(token(claims(**changes)))


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": ["other", "scopewright"]},
        {"exp": EPOCH - 29},
        {"nbf": EPOCH + 29},
        {"exp": EPOCH + 0.5},
    ],
)
async def test_claims_at_the_edge_are_accepted(
    verifier: OidcVerifier, changes: dict[str, Any]
) -> None:
    assert (await verifier.verify(token(claims(**changes))))["sub"] == "user-7"


def unsigned(header: Any) -> str:
    return f"{unpadded(json.dumps(header).encode())}.{unpadded(json.dumps(claims()).encode())}."


def with_the_public_key_as_a_password() -> str:
    """The classic: HS256 keyed with the PEM of the key that everyone can fetch."""
    pem = SIGNERS["RS256"].as_pem(private=False)
    head = unpadded(json.dumps({"alg": "HS256", "kid": "rsa-1"}).encode())
    signed = f"{head}.{unpadded(json.dumps(claims()).encode())}"
    return f"{signed}.{unpadded(hmac.digest(pem, signed.encode(), hashlib.sha256))}"


def with_a_key_of_its_own(**header: Any) -> str:
    return token(claims(), key=jwk.generate_key("EC", "P-256"), kid="ec-1", **header)


def with_other_claims() -> str:
    head, _, signature = token(claims()).split(".")
    return f"{head}.{unpadded(json.dumps(claims(sub='owner')).encode())}.{signature}"


def with_an_extension() -> str:
    return jws.serialize_compact(
        {"alg": "ES256", "kid": "ec-1", "b64": True, "crit": ["b64"]},
        json.dumps(claims()).encode(),
        SIGNERS["ES256"],
        algorithms=["ES256"],
        registry=jws.JWSRegistry(algorithms=["ES256"], strict_check_header=False),
    )


@pytest.mark.parametrize(
    "forge",
    [
        lambda: unsigned({"alg": "none"}),
        lambda: unsigned({"alg": "nOnE"}),
        lambda: unsigned({"alg": "ES256", "kid": "ec-1"}),
        with_the_public_key_as_a_password,
        with_a_key_of_its_own,
        lambda: with_a_key_of_its_own(jwk=jwk.generate_key("EC", "P-256").as_dict(private=False)),
        with_other_claims,
        lambda: token(claims())[:-4] + "AAAA",
        lambda: token(claims()).rpartition(".")[0] + ".",
        lambda: token(claims(), kid="rsa-1"),  # signed by one key, naming another of another kind
        lambda: token(claims(), typ="logout+jwt"),
        lambda: token(claims(), "PS256", key=SIGNERS["RS256"]),
        lambda: token(claims(padding="x" * 20_000)),
        lambda: "",
        lambda: "a.b.c",
        lambda: "ø.ø.ø",
        lambda: token(claims()) + ".x",
        lambda: unsigned([1]) + "e30",
        lambda: unsigned({"alg": ["ES256"]}) + "e30",
        lambda: unsigned({"alg": "ES256", "kid": {}}) + "e30",
        with_an_extension,
    ],
)
async def test_a_forged_token_is_refused(verifier: OidcVerifier, forge: Callable[[], str]) -> None:
    with pytest.raises(InvalidToken):
        await verifier.verify(forge())


async def test_a_payload_that_is_no_object_is_refused(verifier: OidcVerifier) -> None:
    key = SIGNERS["ES256"]
    for payload in (b"[]", b"null", b"not json"):
        signed = jws.serialize_compact({"alg": "ES256", "kid": "ec-1"}, payload, key)
        with pytest.raises(InvalidToken):
            await verifier.verify(signed)


async def test_keys_are_fetched_once_for_many_tokens_at_once(
    verifier: OidcVerifier, provider: Provider
) -> None:
    await asyncio.gather(*(verifier.verify(token(claims())) for _ in range(20)))
    assert provider.asked == 1


async def test_a_new_key_is_fetched_when_a_token_names_it_but_not_at_every_made_up_name(
    verifier: OidcVerifier, provider: Provider
) -> None:
    await verifier.verify(token(claims()))
    new = jwk.generate_key("EC", "P-256", {"kid": "ec-2"})
    provider.keys.append(new.as_dict(private=False))
    provider.now = 31
    assert await verifier.verify(token(claims(), key=new)) == claims()
    assert provider.asked == 2
    for number in range(10):
        provider.now += 1
        with pytest.raises(InvalidToken, match="no such key"):
            await verifier.verify(token(claims(), kid=f"made-up-{number}"))
    assert provider.asked == 2


async def test_a_withdrawn_key_is_forgotten_when_the_set_is_fetched_again(
    verifier: OidcVerifier, provider: Provider
) -> None:
    await verifier.verify(token(claims()))
    provider.keys = [SIGNERS["RS256"].as_dict(private=False)]
    provider.now = 601
    with pytest.raises(InvalidToken, match="no such key"):
        await verifier.verify(token(claims()))
    assert provider.asked == 2


async def test_known_keys_serve_on_for_an_hour_while_the_provider_is_down(
    verifier: OidcVerifier, provider: Provider
) -> None:
    await verifier.verify(token(claims()))
    provider.status = "503 Service Unavailable"
    provider.now = 600 + 3500
    assert await verifier.verify(token(claims())) == claims()
    provider.now = 600 + 3601
    with pytest.raises(IdentityProviderUnavailable):
        await verifier.verify(token(claims()))


@pytest.mark.parametrize(
    ("status", "body"),
    [
        ("500 Oops", None),
        ("302 Found\r\nLocation: http://127.0.0.1:1/", None),
        ("200 OK", b"<html>"),
        ("200 OK", b"{}"),
        ("200 OK", b'{"keys": 7}'),
        ("200 OK", b'{"keys": []}' + b" " * 1_100_000),
    ],
)
async def test_a_provider_that_answers_nonsense_means_nobody_can_be_told_apart(
    verifier: OidcVerifier, provider: Provider, status: str, body: bytes | None
) -> None:
    provider.status, provider.body = status, body
    with pytest.raises(IdentityProviderUnavailable):
        await verifier.verify(token(claims()))


async def test_keys_that_are_not_for_signing_tokens_are_passed_over(
    verifier: OidcVerifier, provider: Provider
) -> None:
    weak = jwk.generate_key("RSA", 1024, {"kid": "weak"})
    password = jwk.generate_key("oct", 256, {"kid": "password"})
    provider.keys = [
        weak.as_dict(private=False),
        password.as_dict(private=True),
        SIGNERS["RS256"].as_dict(private=False) | {"use": "enc", "kid": "enc"},
        {"kty": "EC", "kid": "broken", "crv": "P-256", "x": "AA", "y": "AA"},
        {"kty": ["RSA"]},
        "nonsense",  # type: ignore[list-item]
        SIGNERS["ES256"].as_dict(private=False),
    ]
    assert await verifier.verify(token(claims(), kid=None)) == claims()
    for forged in (
        token(claims(), "RS256", key=weak),
        token(claims(), "HS256", key=password),
        token(claims(), "RS256", kid="enc"),
        token(claims(), kid="broken"),
    ):
        with pytest.raises(InvalidToken):
            await verifier.verify(forged)


async def test_a_token_without_a_key_id_is_refused_where_the_provider_left_a_choice(
    verifier: OidcVerifier, provider: Provider
) -> None:
    provider.keys.append(jwk.generate_key("EC", "P-256", {"kid": "ec-2"}).as_dict(private=False))
    with pytest.raises(InvalidToken, match="no such key"):
        await verifier.verify(token(claims(), kid=None))


async def test_a_token_grows_old(provider: Provider) -> None:
    clock = FixedClock(NOW)
    async with provider.serving() as url, httpx.AsyncClient() as client:
        verifier = OidcVerifier(
            issuer=ISSUER, audience="scopewright", jwks_url=url, client=client, clock=clock
        )
        good = token(claims())
        await verifier.verify(good)
        clock.advance(timedelta(seconds=330))
        with pytest.raises(InvalidToken, match="expired"):
            await verifier.verify(good)
