"""graphql-http's own audits, run by node against a real server on a real socket."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from app import create_app
from tests.conftest import SETTINGS
from tests.left_out import node_packages
from tests.schema.tiny import serving

HERE = Path(__file__).parent
AUDITS = 61

pytestmark = pytest.mark.node


@pytest.fixture(scope="module")
def audits() -> Path:
    """The audit script, with its packages installed."""
    node_packages()
    return HERE / "audit.mjs"


@pytest.fixture(scope="module")
def served_url() -> Iterator[str]:
    """Where to audit: SCOPEWRIGHT_AUDIT_URL if set, else the whole application under uvicorn; audits need no data."""
    if url := os.environ.get("SCOPEWRIGHT_AUDIT_URL"):
        yield url
        return
    with serving(create_app(SETTINGS, None)) as address:
        yield f"{address}/graphql"


def run_audits(script: Path, url: str) -> list[dict[str, str]]:
    """Every audit's result."""
    done = subprocess.run(
        ["node", str(script), url],
        cwd=HERE,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    results: list[dict[str, str]] = json.loads(done.stdout)
    return results


def test_every_audit_of_graphql_over_http_passes(audits: Path, served_url: str) -> None:
    results = run_audits(audits, served_url)
    failed = [
        f"{r['id']} {r['status']}: {r['name']}; {r['reason']}; {r['answered']}"
        for r in results
        if r["status"] != "ok"
    ]
    assert failed == []
    assert len(results) == AUDITS
