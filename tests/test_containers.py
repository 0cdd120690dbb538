"""docker-compose.yml and Dockerfile, as far as they can be held without a container engine."""

import importlib.resources
import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from settings import Settings, read_settings

ROOT = Path(__file__).parent.parent
PINNED = re.compile(r"[\w./-]+:\d?v?[\w.-]+@sha256:[0-9a-f]{64}")
DOCKERFILE = (ROOT / "Dockerfile").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]


def test_the_file_is_valid_by_the_compose_specification() -> None:
    vendored = importlib.resources.files("check_jsonschema") / "builtin_schemas" / "vendor"
    schema = json.loads((vendored / "compose-spec.json").read_text())
    validator = jsonschema.validators.validator_for(schema)(schema)
    assert [error.message for error in validator.iter_errors(COMPOSE)] == []
    # … by a schema that does refuse.
    broken = {**COMPOSE, "services": {"x": {"image": "y", "helthcheck": {}}}}
    assert not validator.is_valid(broken)


def test_the_services_are_the_four_that_the_readme_promises() -> None:
    assert set(SERVICES) == {"postgres", "server", "worker", "mailpit"}


@pytest.mark.parametrize("name", SERVICES)
def test_every_image_is_pinned_by_tag_and_digest_or_built_here(name: str) -> None:
    if "build" not in SERVICES[name]:
        assert PINNED.fullmatch(SERVICES[name]["image"])


def test_what_is_built_here_starts_from_a_pinned_image() -> None:
    bases = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    assert bases
    assert all(PINNED.fullmatch(base) for base in bases)
    assert "--require-hashes" in DOCKERFILE


def test_what_is_built_here_does_not_run_as_root() -> None:
    assert re.findall(r"^USER (\S+)", DOCKERFILE, re.MULTILINE) == ["scopewright"]


def test_what_is_built_here_takes_every_package_of_ours_and_nothing_else() -> None:
    kept = set(re.findall(r"^!(\S+)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE))
    packages = {"schema", "services", "contracts", "db", "portal", "demo"}
    assert kept == packages | {"*.py", "requirements.lock", "LICENSE"}


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_has_a_health_check_of_its_own(name: str) -> None:
    check = SERVICES[name]["healthcheck"]
    assert check["test"][0] == "CMD"
    assert {"interval", "timeout", "retries", "start_period"} <= set(check)


@pytest.mark.parametrize("name", SERVICES)
def test_a_port_is_open_to_this_machine_alone(name: str) -> None:
    assert all(port.startswith("127.0.0.1:") for port in SERVICES[name].get("ports", []))


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_waits_until_what_it_needs_is_healthy(name: str) -> None:
    needed = SERVICES[name].get("depends_on", {})
    assert all(how == {"condition": "service_healthy"} for how in needed.values())


@pytest.mark.parametrize("name", ["server", "worker"])
def test_the_environment_given_is_one_that_the_settings_accept(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    given: dict[str, str] = SERVICES[name]["environment"]
    assert set(given) <= {field.upper() for field in Settings.model_fields}
    for key, value in given.items():
        monkeypatch.setenv(key, re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", value))
    assert read_settings(env_file=None).base_url == "http://localhost:8000"


@pytest.mark.parametrize("name", ["server", "worker"])
def test_the_command_is_one_that_the_command_line_knows(name: str) -> None:
    from typer.main import get_command

    from cli import app

    python, script, command, *options = SERVICES[name]["command"]
    assert (python, script) == ("python", "cli.py")
    known = get_command(app).commands  # type: ignore[attr-defined]
    spellings = {
        spelling
        for parameter in known[command].params
        for spelling in (*parameter.opts, *parameter.secondary_opts)
    }
    assert set(options) <= spellings
