"""The environment, read once.

`settings()` answers the same frozen object for the life of the process: from the environment, and below it from a `.env`
file in the working folder. `.env.example` tells each name. Only the wiring beside this file may import it; the packages are
handed the one value they need.

One secret feeds every other: `derived_key(purpose)` makes independent keys of it, so nothing else has to be configured on
a machine of one's own.
"""

import contextlib
import hashlib
import hmac
import os
import secrets
from functools import cache
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import quote, urlsplit, urlunsplit

from pydantic import AfterValidator, Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

RUNTIME_ROLE = "scopewright_app"
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class SettingsError(ValueError):
    """The environment cannot be used; the message is one line that names the setting and never shows a secret."""


def _postgres_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"postgresql", "postgres"} or not parts.username:
        raise ValueError("must look like postgresql://user:password@host:5432/database")
    if len(parts.path) < 2:
        raise ValueError("must end in the database's name, as in …@host:5432/scopewright")
    return value


def _smtp_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
        raise ValueError("must look like smtp://user:password@host:587 or smtps://…:465")
    return value


def _web_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("must look like https://host, with no query")
    return value.rstrip("/")


def _mail_address(value: str) -> str:
    if value.count("@") != 1 or any(ord(c) < 32 for c in value):
        raise ValueError("must look like Name <name@example.com>")
    return value


PostgresUrl = Annotated[str, AfterValidator(_postgres_url)]
SmtpUrl = Annotated[str, AfterValidator(_smtp_url)]
WebUrl = Annotated[str, AfterValidator(_web_url)]
MailAddress = Annotated[str, AfterValidator(_mail_address)]


class Settings(BaseSettings):
    """Every setting there is. Secrets stay out of its `repr`."""

    model_config = SettingsConfigDict(
        env_file=".env", extra="ignore", frozen=True, env_ignore_empty=True
    )

    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    public_url: WebUrl | None = None
    environment: Literal["development", "production"] = "development"

    var_dir: Path = Path("var")
    database_url: PostgresUrl | None = Field(default=None, repr=False)
    runtime_database_url: PostgresUrl | None = Field(default=None, repr=False)
    pool_size: int = Field(default=10, ge=1, le=500)
    secret_key: str | None = Field(default=None, min_length=32, repr=False)

    log_format: Literal["console", "json"] = "console"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    metrics: bool = True

    smtp_url: SmtpUrl | None = Field(default=None, repr=False)
    mail_from: MailAddress = "Scopewright <no-reply@localhost.localdomain>"
    link_days: int = Field(default=14, ge=1, le=365)

    oidc_issuer: str | None = None
    oidc_audience: str | None = None
    oidc_jwks_url: WebUrl | None = None
    oidc_practice_claim: str = "practice"

    @field_validator("log_level", mode="before")
    @classmethod
    def _any_case(cls, value: object) -> object:
        return value.upper() if isinstance(value, str) else value

    @model_validator(mode="after")
    def _belong_together(self) -> Self:
        oidc = (self.oidc_issuer, self.oidc_audience, self.oidc_jwks_url)
        if any(oidc) and not all(oidc):
            raise ValueError("OIDC_ISSUER, OIDC_AUDIENCE and OIDC_JWKS_URL go together")
        if self.oidc_jwks_url is not None:
            parts = urlsplit(self.oidc_jwks_url)
            if parts.scheme != "https" and parts.hostname not in _LOOPBACK:
                raise ValueError("OIDC_JWKS_URL must be https: whoever serves the keys can log in")
        if self.runtime_database_url and not self.database_url:
            raise ValueError("RUNTIME_DATABASE_URL needs DATABASE_URL beside it, for migrations")
        if self.environment == "production":
            missing = [
                name
                for name, value in (
                    ("SECRET_KEY", self.secret_key),
                    ("PUBLIC_URL", self.public_url),
                )
                if value is None
            ]
            if missing:
                raise ValueError(f"ENVIRONMENT=production needs {' and '.join(missing)}")
        return self

    @property
    def base_url(self) -> str:
        """Where people reach us, without a slash at the end: links in mails begin with it."""
        if self.public_url is not None:
            return self.public_url
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

    @property
    def mail_dir(self) -> Path:
        """Where mails lie as .eml files while no SMTP_URL is set."""
        return self.var_dir / "mail"

    def derived_key(self, purpose: str) -> bytes:
        """32 bytes for one purpose: HMAC-SHA256 of the purpose under the secret key.

        Reads or makes `VAR_DIR/secret_key` where SECRET_KEY is absent. Raises `SettingsError` where that file is
        readable by others.
        """
        secret = self.secret_key or _secret_in_file(self.var_dir / "secret_key")
        return hmac.digest(secret.encode(), f"scopewright {purpose}".encode(), hashlib.sha256)

    @property
    def runtime_password(self) -> str | None:
        """The password that migrations give to the runtime role; None where RUNTIME_DATABASE_URL manages its own."""
        if self.runtime_database_url is not None:
            return None
        return self.derived_key("runtime database role").hex()

    def runtime_url(self, owner_url: str) -> str:
        """The address the server works under: RUNTIME_DATABASE_URL, or the owner's address with the runtime role."""
        if self.runtime_database_url is not None:
            return self.runtime_database_url
        parts = urlsplit(owner_url)
        place = parts.netloc.rpartition("@")[2]
        role = f"{quote(RUNTIME_ROLE)}:{self.runtime_password}"
        return urlunsplit(parts._replace(netloc=f"{role}@{place}"))


def _secret_in_file(path: Path) -> str:
    """The secret kept in `path`, made on first use; two processes that start at once agree on one."""
    try:
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
            handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w") as file:
                file.write(secrets.token_hex(32) + "\n")
                file.flush()
                os.fsync(file.fileno())
            # A link never overwrites: the slower process takes the faster one's secret.
            with contextlib.suppress(FileExistsError):
                os.link(draft, path)
            draft.unlink()
        if path.stat().st_mode & 0o077:
            raise SettingsError(f"SECRET_KEY: {path} can be read by others; run: chmod 600 {path}")
        secret = path.read_text().strip()
    except OSError as error:
        raise SettingsError(f"SECRET_KEY: cannot keep one in {path}: {error.strerror}") from error
    if len(secret) < 32:
        raise SettingsError(f"SECRET_KEY: {path} is damaged; restore it from a backup")
    return secret


def read_settings(env_file: str | None = ".env") -> Settings:
    """Read the environment now. Raises `SettingsError` with one line that says what is wrong."""
    try:
        return Settings(_env_file=env_file)  # type: ignore[call-arg]
    except ValidationError as error:
        raise SettingsError("; ".join(_sentence(dict(e)) for e in error.errors())) from None


def _sentence(error: dict[str, object]) -> str:
    """One fault in words; the value itself is left out, for it may be a secret."""
    location = error["loc"]
    name = str(location[0]).upper() if isinstance(location, tuple) and location else ""
    text = str(error["msg"]).removeprefix("Value error, ")
    return f"{name}: {text[0].lower()}{text[1:]}" if name else text


@cache
def settings() -> Settings:
    """The settings of this process, read once. Raises `SettingsError`."""
    return read_settings()
