"""A small sample of the torture that `make torture` runs for longer: a sound server passes, and one with a bug does not."""

import sys
from pathlib import Path

import pytest

from tests.torture.run import Plan, torture

pytestmark = [
    pytest.mark.timeout(400),
    pytest.mark.skipif(sys.platform != "linux", reason="finds processes in /proc"),
]


async def test_random_money_and_kills_leave_the_books_as_the_clients_were_told(
    tmp_path: Path,
) -> None:
    report = await torture(
        tmp_path,
        Plan(seconds=150, enough=60, practices=1, engagements=1, clients=3, kills=4, seed=7),
    )
    assert report.problems == [], report.told()
    assert sum(report.effects.values()) > 20, report.told()


async def test_a_planted_bug_is_caught(tmp_path: Path) -> None:
    report = await torture(
        tmp_path,
        Plan(seconds=120, practices=1, engagements=1, clients=3, kills=0, plant="lost_update"),
    )
    assert any("sum of its movements" in each for each in report.problems), report.told()
