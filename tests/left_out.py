"""A pytest plugin: tests that need a program this machine lacks are skipped, and the run ends by naming them loudly.

A test asks by marker: `@pytest.mark.browser`, `@pytest.mark.office`, `@pytest.mark.node`. Fixtures find the program with
`program("browser")`. Loaded by `pytest_plugins` in tests/conftest.py; works under xdist, where the workers skip and the
controller tells.
"""

import shutil
from collections import Counter

import pytest

NEEDS = {
    "browser": ("chromium", "apt-get install chromium"),
    "office": ("soffice", "apt-get install libreoffice-writer-nogui"),
    "node": ("npm", "apt-get install nodejs npm"),
}
_PREFIX = "left out, needs "


def program(marker: str) -> str | None:
    """The path of the program that tests with this marker need, or None where it is missing."""
    return shutil.which(NEEDS[marker][0])


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
