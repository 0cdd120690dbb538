"""The clock."""

from datetime import UTC, date, datetime, timedelta

import pytest

from services.gateways.clock import FixedClock, SystemClock


def test_the_system_clock_tells_aware_utc() -> None:
    now = SystemClock().now()
    assert now.tzinfo is UTC
    assert abs(datetime.now(UTC) - now) < timedelta(seconds=5)


def test_the_date_is_that_of_the_timezone_asked_for() -> None:
    clock = FixedClock(datetime(2026, 3, 1, 23, 30, tzinfo=UTC))
    assert clock.today("Europe/Copenhagen") == date(2026, 3, 2)
    assert clock.today("America/New_York") == date(2026, 3, 1)


def test_a_fixed_clock_moves_only_when_told() -> None:
    clock = FixedClock(datetime(2026, 3, 1, tzinfo=UTC))
    assert clock.now() == clock.now()
    clock.advance(timedelta(days=30))
    assert clock.now() == datetime(2026, 3, 31, tzinfo=UTC)


def test_a_moment_without_a_timezone_is_refused() -> None:
    with pytest.raises(ValueError, match="needs a timezone"):
        FixedClock(datetime(2026, 3, 1))  # noqa: DTZ001
