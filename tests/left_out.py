"""A pytest plugin: tests that need a program this machine lacks are skipped, and the run ends by naming them loudly.

A test asks by marker: `@pytest.mark.browser`, `@pytest.mark.office`, `@pytest.mark.node`, `@pytest.mark.hledger`. Fixtures
find the program with `program("browser")`. Loaded by `pytest_plugins` in tests/conftest.py; works under xdist, where the workers
skip and the controller tells.
"""

import fcntl
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import pytest

NEEDS = {
    "browser": ("chromium", "apt-get install chromium"),
    "office": ("soffice", "apt-get install libreoffice-writer-nogui"),
    "node": ("npm", "apt-get install nodejs npm"),
    "hledger": ("hledger", "apt-get install hledger"),
}
_PREFIX = "left out, needs "


def program(marker: str) -> str | None:
    """The path of the program that tests with this marker need, or None where it is missing."""
    return shutil.which(NEEDS[marker][0])


def node_packages() -> Path:
    """The folder with the npm packages of tests/conformance, installed from their lock by whichever worker comes first.

    Raises `CalledProcessError` where npm cannot install them: a suite that did not run must not look like one that passed.
    """
    folder = Path(__file__).parent / "conformance"
    npm = program("node")
    assert npm is not None, "ask by the marker node"
    with (folder / ".npm.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        installed = folder / "node_modules" / ".package-lock.json"
        wanted = folder / "package-lock.json"
        if not installed.is_file() or installed.stat().st_mtime < wanted.stat().st_mtime:
            subprocess.run(
                [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
                cwd=folder,
                check=True,
                timeout=240,
            )
    return folder


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    missing = [marker for marker in NEEDS if program(marker) is None]
    for item in items:
        for marker in missing:
            if item.get_closest_marker(marker) is not None:
                item.add_marker(pytest.mark.skip(reason=f"{_PREFIX}{NEEDS[marker][0]}"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    left_out: Counter[tuple[str, str]] = Counter()
    for report in terminalreporter.stats.get("skipped", []):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else ""
        wanted = reason.removeprefix("Skipped: ")
        if wanted.startswith(_PREFIX):
            left_out[wanted.removeprefix(_PREFIX), report.nodeid.split("::")[0]] += 1
    if not left_out:
        return
    terminalreporter.section("LEFT OUT ON THIS MACHINE", sep="!", red=True, bold=True)
    for needed, remedy in NEEDS.values():
        suites = {path: count for (name, path), count in left_out.items() if name == needed}
        if suites:
            terminalreporter.line(f"{needed} is missing; to run these: {remedy}", red=True)
            for path, count in sorted(suites.items()):
                terminalreporter.line(f"    {path} ({count} test{'s' if count > 1 else ''})")
