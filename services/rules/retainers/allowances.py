"""A period allowance: hours for each period, used up, rolled over up to a cap, and lost when they run out.

The model: each period that is paid for brings its minutes. They are used oldest first. When a period ends, minutes older than
`rollover_periods` periods are lost, and of what is left beyond the cap the oldest. Whatever was used or lost is earned: its
worth is the share of the price that the minutes so far make up, rounded once on the running sum, so that the minutes of a
period always sum to exactly its price, in whatever pieces they go.

All minutes of an allowance cost the same, so which of them were used decides only which ones are lost.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from services.rules.errors import RuleViolation
from services.rules.money import divide_half_even
from services.rules.retainers.periods import Period, period_days, period_on


@dataclass(frozen=True, slots=True)
class AllowanceTerms:
    """What was agreed: `minutes` in each of `periods` periods; at most `rollover_cap_minutes` go over, for `rollover_periods` periods."""

    starts_on: date
    period: Period
    periods: int
    minutes: int
    rollover_cap_minutes: int = 0
    rollover_periods: int = 0

    @property
    def last_period(self) -> int:
        """The number of the period at whose end nothing can be left: what the last one brought has run out."""
        return self.periods + (self.rollover_periods if self.rollover_cap_minutes else 0)


@dataclass(frozen=True, slots=True)
class AllowanceStanding:
    """Minutes by the end of a day. granted = used + lost + left; `rolled_minutes` are those of `left_minutes` from earlier periods."""

    period_number: int
    granted_minutes: int
    used_minutes: int
    lost_minutes: int
    rolled_minutes: int
    left_minutes: int


def standing(
    terms: AllowanceTerms, uses: Sequence[tuple[date, int]], *, paid_periods: int, on: date
) -> AllowanceStanding:
    """How many minutes there are on a day, given what was used (day, minutes) in the order it was recorded.

    Only periods that are paid for bring minutes. Raises RuleViolation (ALLOWANCE_EXCEEDED, with `left_minutes`) where more was
    used on some day than there was.
    """
    now = period_on(terms.starts_on, terms.period, on)
    return _played(terms, uses, paid_periods, now, on).standing(now)


def ended_with(
    terms: AllowanceTerms, uses: Sequence[tuple[date, int]], *, paid_periods: int, number: int
) -> int:
    """The minutes that are lost when this period ends."""
    last = period_days(terms.starts_on, terms.period, number)[1]
    played = _played(terms, uses, paid_periods, number, last)
    before = played.lost
    played.end(terms, number)
    return played.lost - before


def worth(price_minor: int, period_minutes: int, *, earlier_minutes: int, minutes: int) -> int:
    """What `minutes` are worth after `earlier_minutes` of the allowance were earned, at `price_minor` for each period."""
    return divide_half_even(
        price_minor * (earlier_minutes + minutes), period_minutes
    ) - divide_half_even(price_minor * earlier_minutes, period_minutes)


@dataclass(slots=True)
class _Play:
    """Minutes that are left, by the period that brought them."""

    lots: dict[int, int]
    granted: int = 0
    used: int = 0
    lost: int = 0

    def use(self, minutes: int) -> None:
        left = sum(self.lots.values())
        if minutes > left:
            raise RuleViolation(
                f"{left} minutes are left, not {minutes}.",
                code="ALLOWANCE_EXCEEDED",
                field="minutes",
                left_minutes=left,
            )
        self.used += minutes
        self._take(minutes)

    def end(self, terms: AllowanceTerms, number: int) -> None:
        over = sum(
            minutes for lot, minutes in self.lots.items() if lot + terms.rollover_periods <= number
        )
        # The oldest run out first, so those beyond the cap are the oldest of the rest.
        over += max(0, sum(self.lots.values()) - over - terms.rollover_cap_minutes)
        self.lost += over
        self._take(over)

    def _take(self, minutes: int) -> None:
        for lot in sorted(self.lots):
            taken = min(minutes, self.lots[lot])
            self.lots[lot] -= taken
            minutes -= taken

    def standing(self, number: int) -> AllowanceStanding:
        left = sum(self.lots.values())
        rolled = left - self.lots.get(number, 0)
        return AllowanceStanding(number, self.granted, self.used, self.lost, rolled, left)


def _played(
    terms: AllowanceTerms,
    uses: Sequence[tuple[date, int]],
    paid_periods: int,
    last: int,
    on: date,
) -> _Play:
    """Everything up to the end of a day in period `last`, whose own end has not come."""
    play = _Play({})
    by_period: dict[int, list[int]] = {}
    for day, minutes in uses:
        if day <= on:
            by_period.setdefault(period_on(terms.starts_on, terms.period, day), []).append(minutes)
    for minutes in by_period.pop(0, ()):  # before anything began
        play.use(minutes)
    for number in range(1, min(last, terms.last_period + 1) + 1):
        if number > 1:
            play.end(terms, number - 1)
        if number <= min(terms.periods, paid_periods):
            play.lots[number] = terms.minutes
            play.granted += terms.minutes
        for minutes in by_period.pop(number, ()):
            play.use(minutes)
    for late in by_period.values():  # after everything ran out
        for minutes in late:
            play.use(minutes)
    return play
