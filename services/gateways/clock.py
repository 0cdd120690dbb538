"""The one place that reads the clock. Services take `now` and `today` as arguments and never ask for themselves."""

from datetime import UTC, date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo


class Clock(Protocol):
    """What time it is."""

    def now(self) -> datetime:
        """The moment, aware, in UTC."""
        ...

    def today(self, timezone: str) -> date:
        """The calendar date right now in an IANA timezone such as `Europe/Copenhagen`.

        Raises `ZoneInfoNotFoundError` (a `KeyError`) for an unknown one.
        """
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def today(self, timezone: str) -> date:
        return datetime.now(ZoneInfo(timezone)).date()


class FixedClock:
    """A clock that stands still until it is moved: for the demo and for tests."""

    def __init__(self, moment: datetime) -> None:
        self.set(moment)

    def now(self) -> datetime:
        return self._moment

    def today(self, timezone: str) -> date:
        return self._moment.astimezone(ZoneInfo(timezone)).date()

    def set(self, moment: datetime) -> None:
        """Stand at another moment. Raises `ValueError` for one without a timezone."""
        if moment.tzinfo is None:
            raise ValueError("a moment needs a timezone")
        self._moment = moment.astimezone(UTC)

    def advance(self, by: timedelta) -> None:
        """Move on."""
        self._moment += by
