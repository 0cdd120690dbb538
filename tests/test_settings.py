"""The environment: what is read, what is refused and in which words, and that the example tells all of it."""

import re
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from settings import Settings, SettingsError, read_settings

ROOT = Path(__file__).parent.parent


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


def read(monkeypatch: pytest.MonkeyPatch, **environment: str) -> Settings:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return read_settings(env_file=None)


def test_the_example_and_the_settings_name_the_same_set() -> None:
    told = re.findall(r"^#?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)
    assert sorted(told) == sorted(name.upper() for name in Settings.model_fields)


def test_the_example_shows_the_true_default_of_every_setting_that_has_one() -> None:
    shown = dict(
        re.findall(r"^#([A-Z_]+)=(.*)$", (ROOT / ".env.example").read_text(), re.MULTILINE)
    )
    for name, field in Settings.model_fields.items():
        if field.default is not None:
            default = str(field.default)
            assert shown[name.upper()] == (default.lower() if field.default is True else default)


def test_the_example_with_every_line_uncommented_is_accepted(tmp_path: Path) -> None:
    lines = re.sub(r"^#([A-Z_]+=)", r"\1", (ROOT / ".env.example").read_text(), flags=re.MULTILINE)
    (tmp_path / ".env").write_text(lines)
    assert read_settings(env_file=str(tmp_path / ".env")).link_days == 14


def test_nothing_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    found = read(monkeypatch)
    assert (found.host, found.port, found.base_url) == ("127.0.0.1", 8000, "http://127.0.0.1:8000")
    assert found.database_url is None


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ({"PORT": "eighty"}, "PORT: input should be a valid integer"),
        ({"PORT": "70000"}, "PORT: input should be less than or equal to 65535"),
        ({"ENVIRONMENT": "staging"}, "ENVIRONMENT: input should be 'development' or 'production'"),
        ({"DATABASE_URL": "mysql://u:hunter2@h/d"}, "DATABASE_URL: must look like postgresql://"),
        ({"DATABASE_URL": "postgresql://u:hunter2@h"}, "DATABASE_URL: must end in the database's"),
        ({"SMTP_URL": "mail.example.com:25"}, "SMTP_URL: must look like smtp://"),
        ({"SECRET_KEY": "hunter2"}, "SECRET_KEY: string should have at least 32 characters"),
        ({"PUBLIC_URL": "example.com"}, "PUBLIC_URL: must look like https://host"),
        ({"ENVIRONMENT": "production"}, "ENVIRONMENT=production needs SECRET_KEY and PUBLIC_URL"),
        ({"OIDC_ISSUER": "https://i"}, "OIDC_ISSUER, OIDC_AUDIENCE and OIDC_JWKS_URL go together"),
        (
            {"OIDC_ISSUER": "i", "OIDC_AUDIENCE": "a", "OIDC_JWKS_URL": "http://example.com/k"},
            "OIDC_JWKS_URL must be https",
        ),
        ({"RUNTIME_DATABASE_URL": "postgresql://u@h/d"}, "RUNTIME_DATABASE_URL needs DATABASE_URL"),
    ],
)
def test_a_bad_value_is_told_in_one_line_that_shows_no_secret(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], message: str
) -> None:
    with pytest.raises(SettingsError) as refused:
        read(monkeypatch, **environment)
    assert str(refused.value).startswith(message)
    assert "\n" not in str(refused.value)
    assert "hunter2" not in str(refused.value)


def test_secrets_stay_out_of_the_representation(monkeypatch: pytest.MonkeyPatch) -> None:
    found = read(
        monkeypatch,
        SECRET_KEY="k" * 32,
        DATABASE_URL="postgresql://owner:hunter2@db/scopewright",
        SMTP_URL="smtps://u:hunter2@mail:465",
    )
    assert "hunter2" not in repr(found)
    assert "kkkk" not in repr(found)


def test_the_runtime_address_is_the_owners_with_another_role(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = read(monkeypatch, SECRET_KEY="k" * 32)
    address = found.runtime_url("postgresql://owner:p%40ss@db:5433/scopewright?sslmode=require")
    assert address == (
        f"postgresql://scopewright_app:{found.runtime_password}@db:5433/scopewright?sslmode=require"
    )
    assert re.fullmatch("[0-9a-f]{64}", found.runtime_password or "")
    # An embedded server listens on a socket: the address has no host at all.
    socket = found.runtime_url("postgresql://owner:pw@/scopewright?host=%2Fsockets")
    assert socket.endswith("@/scopewright?host=%2Fsockets")


def test_a_runtime_address_of_ones_own_is_used_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    own = "postgresql://app:pw@db/scopewright"
    found = read(monkeypatch, DATABASE_URL="postgresql://o:pw@db/x", RUNTIME_DATABASE_URL=own)
    assert found.runtime_url("postgresql://o:pw@db/x") == own
    assert found.runtime_password is None


def test_keys_differ_by_purpose_and_by_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    one = read(monkeypatch, SECRET_KEY="a" * 32)
    two = read(monkeypatch, SECRET_KEY="b" * 32)
    keys = {one.derived_key("x"), one.derived_key("y"), two.derived_key("x")}
    assert len(keys) == 3
    assert one.derived_key("x") == one.derived_key("x")


def test_twenty_threads_that_start_at_once_make_one_private_secret(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    found = read(monkeypatch, VAR_DIR=str(tmp_path / "var"))
    with ThreadPoolExecutor(20) as threads:
        keys = set(threads.map(lambda _: found.derived_key("x"), range(20)))
    assert len(keys) == 1
    assert [path.name for path in (tmp_path / "var").iterdir()] == ["secret_key"]
    assert stat.S_IMODE((tmp_path / "var" / "secret_key").stat().st_mode) == 0o600


def test_a_secret_that_others_can_read_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "secret_key").write_text("s" * 64)
    (tmp_path / "secret_key").chmod(0o644)
    with pytest.raises(SettingsError, match="can be read by others; run: chmod 600"):
        read(monkeypatch, VAR_DIR=str(tmp_path)).derived_key("x")
