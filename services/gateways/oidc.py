"""Sign-in by an identity provider: bearer tokens (JWTs) checked against the provider's published keys.

Only signatures by private keys count (RS256, ES256, EdDSA). A symmetric algorithm would let anyone who can read the
public key forge a token, and `none` anyone at all: both are refused before a key is even looked up, whatever the token
or the key set says.
"""

import asyncio
import json
import time
import warnings
from collections.abc import Callable, Mapping
from typing import Any

import httpx
from joserfc import jwk, jws
from joserfc.errors import JoseError, SecurityWarning

from services.gateways.clock import Clock, SystemClock

ALGORITHMS: Mapping[str, tuple[str, str | None]] = {
    # name -> the type and curve of the only keys it may be used with
    "RS256": ("RSA", None),
    "ES256": ("EC", "P-256"),
    "EdDSA": ("OKP", "Ed25519"),
    "Ed25519": ("OKP", "Ed25519"),
}
_KEY_MEMBERS = {"RSA": {"n", "e"}, "EC": {"crv", "x", "y"}, "OKP": {"crv", "x"}}
_TYPES = {None, "jwt", "at+jwt", "application/at+jwt"}
_LONGEST_TOKEN = 16_384
_LARGEST_KEY_SET = 1_048_576
_LEEWAY_SECONDS = 30

Key = jwk.RSAKey | jwk.ECKey | jwk.OKPKey


class InvalidToken(Exception):
    """A token that proves nothing. The message says why, for the log; callers are told no more than that it is refused."""


class IdentityProviderUnavailable(Exception):
    """The keys cannot be fetched and none are known: nobody can be told from anybody just now."""


class OidcVerifier:
    """Checks bearer tokens of one issuer for one audience.

    Keys are fetched when first needed, kept for `keep_seconds`, and fetched again when a token names a key that is not
    among them, but never twice within `wait_seconds`, so that made-up key ids cannot make us pester the provider. While
    the provider is down, known keys serve on for `grace_seconds`.
    """

    def __init__(
        self,
        *,
        issuer: str,
        audience: str,
        jwks_url: str,
        client: httpx.AsyncClient,
        clock: Clock | None = None,
        keep_seconds: float = 600,
        wait_seconds: float = 30,
        grace_seconds: float = 3600,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        """`client` is closed by whoever opened it. `ticks` counts seconds for the cache; `clock` tells the time of day."""
        self._issuer = issuer
        self._audience = audience
        self._jwks_url = jwks_url
        self._client = client
        self._clock = clock or SystemClock()
        self._keep_seconds = keep_seconds
        self._wait_seconds = wait_seconds
        self._grace_seconds = grace_seconds
        self._ticks = ticks
        self._keys: list[Key] = []
        self._fetched_at: float | None = None
        self._tried_at: float | None = None
        self._fetching = asyncio.Lock()

    async def verify(self, token: str) -> dict[str, Any]:
        """The claims of a token that holds: signature, `iss`, `aud`, `exp`, `nbf`, and a `sub` to know the person by.

        Raises `InvalidToken`, or `IdentityProviderUnavailable` where there are no keys to check it by.
        """
        header = _header(token)
        algorithm, key_id = header["alg"], header.get("kid")
        key = await self._key(algorithm, key_id)
        try:
            with warnings.catch_warnings():
                # EdDSA is the older name of Ed25519 (RFC 9864); providers still use it.
                warnings.simplefilter("ignore", SecurityWarning)
                content = jws.deserialize_compact(token, key, algorithms=[algorithm])
            claims = json.loads(content.payload)
        except (JoseError, ValueError) as error:
            raise InvalidToken(f"the signature does not hold: {error}") from error
        if not isinstance(claims, dict):
            raise InvalidToken("the claims are not an object")
        self._check(claims)
        return claims

    def _check(self, claims: dict[str, Any]) -> None:
        if claims.get("iss") != self._issuer:
            raise InvalidToken("another issuer")
        audience = claims.get("aud")
        if self._audience not in (audience if isinstance(audience, list) else [audience]):
            raise InvalidToken("another audience")
        now = self._clock.now().timestamp()
        if now - _LEEWAY_SECONDS >= _moment(claims, "exp"):
            raise InvalidToken("expired")
        if "nbf" in claims and now + _LEEWAY_SECONDS < _moment(claims, "nbf"):
            raise InvalidToken("not valid yet")
        if not isinstance(claims.get("sub"), str) or not claims["sub"]:
            raise InvalidToken("names nobody")

    async def _key(self, algorithm: str, key_id: str | None) -> Key:
        """The one key that may have signed. Raises `InvalidToken`, `IdentityProviderUnavailable`."""
        if self._age() > self._keep_seconds:
            await self._fetch()
        key = self._known(algorithm, key_id)
        if key is None:
            await self._fetch()
            key = self._known(algorithm, key_id)
        if key is None:
            if self._age() > self._keep_seconds + self._grace_seconds:
                raise IdentityProviderUnavailable(f"no keys from {self._jwks_url}")
            raise InvalidToken("no such key")
        return key

    def _known(self, algorithm: str, key_id: str | None) -> Key | None:
        if self._age() > self._keep_seconds + self._grace_seconds:
            return None
        key_type, curve = ALGORITHMS[algorithm]
        fitting = [
            key
            for key in self._keys
            if key.key_type == key_type
            and (curve is None or key.get("crv") == curve)
            and key.get("alg", algorithm) == algorithm
            and (key_id is None or key.get("kid") == key_id)
        ]
        # Without a key id the provider must have left no choice.
        return fitting[0] if len(fitting) == 1 else None

    def _age(self) -> float:
        return float("inf") if self._fetched_at is None else self._ticks() - self._fetched_at

    async def _fetch(self) -> None:
        """Fetch the keys unless that was tried a moment ago; keep those we have where it fails."""
        asked_at = self._ticks()
        async with self._fetching:
            if self._tried_at is not None and (
                self._tried_at >= asked_at or asked_at - self._tried_at < self._wait_seconds
            ):
                return
            self._tried_at = self._ticks()
            try:
                async with self._client.stream(
                    "GET", self._jwks_url, follow_redirects=False, timeout=5
                ) as answer:
                    if answer.status_code != 200:
                        return
                    content = b""
                    async for chunk in answer.aiter_bytes():
                        content += chunk
                        if len(content) > _LARGEST_KEY_SET:
                            return
                found = json.loads(content)["keys"]
                keys = [key for entry in found if (key := _public_key(entry)) is not None]
            except (httpx.HTTPError, ValueError, KeyError, TypeError):
                return
            self._keys = keys
            self._fetched_at = self._ticks()


def _header(token: str) -> dict[str, Any]:
    """The token's header, where it is one that we would check at all. Nothing in it is trusted yet."""
    if len(token) > _LONGEST_TOKEN:
        raise InvalidToken("too long")
    try:
        header = jws.extract_compact(token.encode("ascii")).headers()
    except (JoseError, ValueError) as error:
        raise InvalidToken("not a signed token") from error
    if not isinstance(header.get("alg"), str) or header["alg"] not in ALGORITHMS:
        raise InvalidToken("an algorithm that is not accepted")
    kind = header.get("typ")
    if (kind.lower() if isinstance(kind, str) else kind) not in _TYPES:
        raise InvalidToken("another kind of token")
    if "crit" in header:
        raise InvalidToken("asks for an extension that is not known")
    if not isinstance(header.get("kid", ""), str):
        raise InvalidToken("a key id that is not a text")
    # The key a token brings along (jwk, jku, x5c) is never looked at: only the provider's own count.
    return dict(header)


def _public_key(entry: Any) -> Key | None:
    """A key of the provider's set, its public part alone; None for kinds and uses that are not for signing tokens."""
    if not isinstance(entry, dict) or entry.get("use", "sig") != "sig":
        return None
    kept = _KEY_MEMBERS.get(str(entry.get("kty")))
    if kept is None:
        return None
    public = {name: entry[name] for name in (*kept, "kty", "kid", "alg") if name in entry}
    try:
        key = jwk.import_key(public)
    except (JoseError, ValueError, TypeError):
        return None
    if isinstance(key, jwk.RSAKey):
        return key if key.public_key.key_size >= 2048 else None
    return key if isinstance(key, (jwk.ECKey, jwk.OKPKey)) else None


def _moment(claims: dict[str, Any], name: str) -> float:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise InvalidToken(f"{name} is not a time")
    return float(value)
