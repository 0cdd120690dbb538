"""Handing over, testing and accepting: how long the client may test, what a rejection must say, and how often.

The source is the acceptance clause of the services contract: the client tests within so many *working days* of the contract's
own calendar; departures from the criteria are corrected in up to so many rounds, each followed by a test period of the same
length; silence when the period ends counts as acceptance; a departure that remains after the last round leaves the client its
remedies. A contract without the clause has none of this: then nothing is accepted but by the client's word.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from services.rules.calendars import WorkingCalendar
from services.rules.errors import InvalidInput, RuleViolation
from services.rules.text import clean_text

REMIND_DAYS: Final = 2
"""How many working days before the end of the test period the client is reminded."""
_REMIND_AT: Final = time(8)
"""When on that day, where the practice is: nobody is written to at night."""
MAX_REASONS: Final = 100
"""The most departures that one rejection lists."""


class DeliverableState(StrEnum):
    """Where an item of the current scope stands with the client."""

    NOT_DELIVERED = "not_delivered"
    IN_TEST = "in_test"
    REJECTED = "rejected"
    DISPUTED = "disputed"
    ACCEPTED = "accepted"
    DEEMED = "deemed"


@dataclass(frozen=True, slots=True)
class PeriodOfTest:
    """When the client tests: to the end of `last_day` where the practice is, which is the instant `ends_at`.

    `remind_at` is None where the period is too short for a reminder.
    """

    last_day: date
    ends_at: datetime
    remind_at: datetime | None

    @property
    def deemed_on(self) -> date:
        """The day on which silence has become acceptance: the one after the last."""
        return self.last_day + timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Reason:
    """One departure: from the criterion of this number (from 1), or from what was agreed altogether."""

    criterion: int | None
    text: str


def period_of_test(
    delivered_on: date,
    test_days: int,
    calendar: WorkingCalendar,
    timezone: str,
    *,
    told_on: date | None = None,
) -> PeriodOfTest | None:
    """The test period of what is handed over on a day and told to the client on another (the same, unless said).

    The days are working days after the day of the handing over, which itself is not counted. None where the contract gives
    no days. Raises `RuleViolation` (TEST_PERIOD_PASSED) where the client would be told when no day is left to test, and
    `InvalidInput` (DATE_OUT_OF_RANGE).
    """
    if test_days == 0:
        return None
    told = max(told_on or delivered_on, delivered_on)
    last = calendar.add_working_days(delivered_on, test_days)
    if last <= told:
        raise RuleViolation(
            f"The test period would end on {last.isoformat()}, before the client could test.",
            code="TEST_PERIOD_PASSED",
            field="deliveredOn",
        )
    remind_on = calendar.add_working_days(last, -REMIND_DAYS)
    return PeriodOfTest(
        last,
        _moment(last + timedelta(days=1), time(), timezone),
        _moment(remind_on, _REMIND_AT, timezone) if remind_on > told else None,
    )


def _moment(day: date, at: time, timezone: str) -> datetime:
    return datetime.combine(day, at, ZoneInfo(timezone)).astimezone(UTC)


def criteria_of(text: str) -> tuple[str, ...]:
    """The criteria of an item one by one: lines, or parts between semicolons, without bullets and numbers before them."""
    parts = [part for line in text.splitlines() for part in line.split(";")]
    return tuple(clean for part in parts if (clean := part.strip().lstrip("-*•–").strip()))


def clean_reasons(
    criteria: Sequence[str], reasons: Sequence[Reason], text: str
) -> tuple[tuple[Reason, ...], str]:
    """What a rejection says, checked: where it departs from the criteria; without criteria, in words of its own.

    Wishes that go beyond the criteria are changes, so where there are criteria one of them must be named. Raises
    `InvalidInput`: REASON_MISSING, CRITERION_UNKNOWN, TOO_MANY_REASONS, and what text can be refused for.
    """
    if len(reasons) > MAX_REASONS:
        raise InvalidInput(
            f"At most {MAX_REASONS} reasons.", code="TOO_MANY_REASONS", field="reasons"
        )
    clean = []
    for at, reason in enumerate(reasons):
        if reason.criterion is not None and not 1 <= reason.criterion <= len(criteria):
            raise InvalidInput(
                f"The criteria are numbered from 1 to {len(criteria)}."
                if criteria
                else "What was delivered has no criteria.",
                code="CRITERION_UNKNOWN",
                field=f"reasons.{at}.criterion",
            )
        said = clean_text(reason.text, f"reasons.{at}.text", max_length=2000, lines=True)
        clean.append(Reason(reason.criterion, said))
    words = clean_text(text, "text", max_length=4000, required=False, lines=True)
    if criteria and not any(reason.criterion for reason in clean):
        raise InvalidInput(
            "Say which criterion is not met, and where. What goes beyond the criteria is a change.",
            code="REASON_MISSING",
            field="reasons",
        )
    if not clean and not words:
        raise InvalidInput(
            "Say where it departs from what was agreed.", code="REASON_MISSING", field="text"
        )
    return tuple(clean), words


def check_rejection_date(
    rejected_on: date, *, delivered_on: date, last_day: date | None, today: date
) -> None:
    """Raise unless the client objected between the handing over and the end of the test period, and not in the future.

    `InvalidInput` (DATE_ORDER), `RuleViolation` (TEST_PERIOD_ENDED).
    """
    if rejected_on > today:
        raise InvalidInput(
            "A rejection cannot lie in the future.", code="DATE_ORDER", field="rejectedOn"
        )
    if rejected_on < delivered_on:
        raise InvalidInput(
            f"It was handed over on {delivered_on.isoformat()}.",
            code="DATE_ORDER",
            field="rejectedOn",
        )
    if last_day is not None and rejected_on > last_day:
        raise period_is_over(last_day)


def period_is_over(last_day: date) -> RuleViolation:
    """The refusal of an objection that comes too late."""
    return RuleViolation(
        f"The test period ended on {last_day.isoformat()}: by the contract it counts as accepted.",
        code="TEST_PERIOD_ENDED",
        last_day=last_day.isoformat(),
    )


def is_final_round(round_number: int, correction_rounds: int | None) -> bool:
    """Whether a rejection in this round (from 1) finds no round of correction left.

    The first delivery is no correction, so with two rounds of correction there are three tests. None bounds nothing: the
    contract has no acceptance clause.
    """
    return correction_rounds is not None and round_number > correction_rounds


def check_round(
    round_number: int, correction_rounds: int | None, agreement: str, field: str
) -> None:
    """Raise `RuleViolation` (CORRECTION_ROUNDS_USED) for a delivery after the last round that the client did not agree to.

    The contract then gives the client a reduced fee or, with a clause for it, termination for breach.
    """
    if round_number > 1 and is_final_round(round_number - 1, correction_rounds) and not agreement:
        raise RuleViolation(
            f"The contract's {correction_rounds} rounds of correction are used up: the client may keep it at a reduced fee "
            "(a change order, then the acceptance) or end the contract. For one more round say how the client agreed to it.",
            code="CORRECTION_ROUNDS_USED",
            field=field,
        )
