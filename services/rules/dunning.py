"""Dunning: when a reminder goes out, what it may cost, and when a debt may be handed over. Pure; the figures are data below.

The model: a ladder is a row of steps. A step is planned some days after the due date or after the step before was sent (or
waived), moved to the next working day; it leaves between two minutes of that day or of a later working day. Nothing is ever
sent on a day off or in quiet hours, and no step twice.

What this module does not do: know any holiday or time zone (a calendar and the local time come in), and give legal advice.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Final, Literal

from services.rules.calendars import WorkingCalendar
from services.rules.errors import InvalidInput, RuleViolation
from services.rules.money import MAX_AMOUNT_MINOR, Money, format_amount

MAX_STEPS: Final = 10


class Tone(StrEnum):
    """How a reminder speaks; `collector` announces that the debt will be handed over."""

    KIND = "kind"
    FIRM = "firm"
    FINAL = "final"
    COLLECTOR = "collector"


CountsFrom = Literal["due", "step_before"]


@dataclass(frozen=True, slots=True)
class Step:
    """One rung. `after_days` are calendar days from the due date or from the step before; the fee is in the ladder's currency."""

    tone: Tone
    after_days: int
    counts_from: CountsFrom = "step_before"
    pay_within_days: int = 10
    fee_minor: int = 0
    needs_approval: bool = False
    opening_en: str = ""
    opening_da: str = ""


@dataclass(frozen=True, slots=True)
class Hours:
    """The minutes of the day between which notices leave; the rest of the day is quiet."""

    from_minute: int = 9 * 60
    until_minute: int = 16 * 60

    def holds(self, at: time) -> bool:
        """Whether a notice may leave at this local time."""
        return self.from_minute <= at.hour * 60 + at.minute < self.until_minute


def default_steps(country: str, currency: str) -> tuple[Step, ...]:
    """Kind after three days, then firm, final and the collector's announcement, ten days apart.

    With the Danish fee where the practice is Danish and bills in kroner; elsewhere a fee is for the contract to agree on.
    """
    fee_minor = 100_00 if (country, currency) == ("DK", "DKK") else 0
    return (
        Step(Tone.KIND, 3, "due"),
        Step(Tone.FIRM, 10, fee_minor=fee_minor),
        Step(Tone.FINAL, 10, fee_minor=fee_minor),
        Step(Tone.COLLECTOR, 10, fee_minor=fee_minor, needs_approval=True),
    )


def check_steps(steps: Sequence[Step]) -> None:
    """Raise InvalidInput (LADDER_INVALID) naming the place of a step that cannot be.

    The first counts from the due date, none lies before the one before it, and tones only rise.
    """
    tones = list(Tone)

    def refuse(sentence: str, field: str) -> None:
        raise InvalidInput(sentence, code="LADDER_INVALID", field=field)

    if not 1 <= len(steps) <= MAX_STEPS:
        refuse(f"A ladder has 1 to {MAX_STEPS} steps.", "steps")
    for at, step in enumerate(steps):
        place = f"steps.{at}"
        if at == 0 and step.counts_from != "due":
            refuse("The first step counts from the due date.", f"{place}.countsFrom")
        if not 0 <= step.after_days <= 365:
            refuse("A step comes 0 to 365 days after.", f"{place}.afterDays")
        if step.counts_from == "due" and step.after_days < 1:
            refuse("On the due date nothing is late yet.", f"{place}.afterDays")
        if step.counts_from == "step_before" and step.after_days < 1:
            refuse("A step comes a day after the one before, or later.", f"{place}.afterDays")
        if not 1 <= step.pay_within_days <= 90:
            refuse("A notice gives 1 to 90 days to pay.", f"{place}.payWithinDays")
        if not 0 <= step.fee_minor <= MAX_AMOUNT_MINOR:
            refuse("A fee is not below zero.", f"{place}.fee")
        if at and tones.index(step.tone) < tones.index(steps[at - 1].tone):
            refuse("Tones rise from kind to collector.", f"{place}.tone")
    dues = [step.after_days for step in steps if step.counts_from == "due"]
    if dues != sorted(dues):
        refuse("Steps stand in the order of their days.", "steps")


# --- when ----------------------------------------------------------------------------------------------------------------


def planned_day(
    step: Step, *, due_on: date, step_before_on: date | None, calendar: WorkingCalendar
) -> date:
    """The working day on which a step is due; never before the day after the due date."""
    base = due_on if step.counts_from == "due" or step_before_on is None else step_before_on
    day = max(base + timedelta(days=step.after_days), due_on + timedelta(days=1))
    if step_before_on is not None:
        day = max(day, step_before_on + timedelta(days=1))
    return calendar.first_working_day(day)


def may_send(local: datetime, hours: Hours, calendar: WorkingCalendar) -> bool:
    """Whether anything may leave at this local moment: a working day, outside the quiet hours."""
    return calendar.is_working_day(local.date()) and hours.holds(local.time())


def next_moment(
    planned_on: date, local: datetime, hours: Hours, calendar: WorkingCalendar
) -> datetime:
    """The first local moment from `local` on at which a step planned for a day may leave (without a time zone)."""
    start = max(planned_on, local.date())
    plain = local.replace(tzinfo=None, second=0, microsecond=0)
    day = calendar.first_working_day(start)
    opens = _at(day, hours.from_minute)
    if day > local.date() or plain < opens:
        return opens
    if hours.holds(local.time()):
        return plain
    return _at(calendar.first_working_day(day + timedelta(days=1)), hours.from_minute)


def _at(day: date, minute: int) -> datetime:
    return datetime.combine(day, time(minute // 60, minute % 60))


# --- what a reminder may cost ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FeeLimit:
    """What a law says on fees for reminders from a day on. None in `most` is no sum of its own; `by_law` needs no contract."""

    law: str
    valid_from: date
    by_law: bool
    most: Money | None
    times: int | None
    days_apart: int | None
    source: str


FEE_LIMITS: Final = (
    FeeLimit(
        "DK", date(2002, 8, 1), True, Money(100_00, "DKK"), 3, 10,
        "Renteloven § 9 b, stk. 2, as quoted on elov.dk: at most DKK 100 for each reminder, three for one debt, "
        "ten days apart",
    ),
)  # fmt: skip
"""Limits by governing law, dated, each with the place it was read at. A law that is missing here is refused, never guessed."""


@dataclass(frozen=True, slots=True)
class FeeTerms:
    """What the contract says on reminder fees."""

    fee: Money
    times: int
    days_apart: int


@dataclass(frozen=True, slots=True)
class FeeVerdict:
    """The fee that a notice may carry (None for none), and why it is so."""

    fee: Money | None
    note: str


def limit_of(law: str, on: date) -> FeeLimit:
    """The limit that holds on a day. Raises RuleViolation (FEE_LAW_UNKNOWN)."""
    rows = [row for row in FEE_LIMITS if row.law == law and row.valid_from <= on]
    if not rows:
        raise RuleViolation(
            f"No rule on reminder fees is known for {law}.", code="FEE_LAW_UNKNOWN", field="fee"
        )
    return max(rows, key=lambda row: row.valid_from)


def check_fee(fee: Money, law: str, on: date, field: str = "fee") -> None:
    """Raise RuleViolation (FEE_OVER_LIMIT, FEE_LAW_UNKNOWN) naming `field` for a fee that the law forbids whatever is agreed."""
    limit = limit_of(law, on)
    if limit.most is not None and (
        fee.currency != limit.most.currency or fee.amount_minor > limit.most.amount_minor
    ):
        raise RuleViolation(
            f"At most {format_amount(limit.most)} {limit.most.currency} may be taken for a reminder ({limit.source}).",
            code="FEE_OVER_LIMIT",
            field=field,
        )


def check_fees(steps: Sequence[Step], currency: str, law: str, on: date) -> None:
    """Raise RuleViolation (FEE_OVER_LIMIT, FEE_TOO_OFTEN, FEE_LAW_UNKNOWN) for a ladder whose fees its own law forbids."""
    charging = [(at, step) for at, step in enumerate(steps) if step.fee_minor]
    if not charging:
        return
    limit = limit_of(law, on)
    for at, step in charging:
        check_fee(Money(step.fee_minor, currency), law, on, f"steps.{at}.fee")
    if limit.times is not None and len(charging) > limit.times:
        raise RuleViolation(
            f"A fee may be taken for at most {limit.times} reminders of one debt ({limit.source}).",
            code="FEE_TOO_OFTEN",
            field=f"steps.{charging[limit.times][0]}.fee",
        )
    for (before, _), (at, step) in pairwise(charging):
        between = sum(each.after_days for each in steps[before + 1 : at + 1])
        if limit.days_apart and step.counts_from == "step_before" and between < limit.days_apart:
            raise RuleViolation(
                f"Reminders with a fee lie at least {limit.days_apart} days apart ({limit.source}).",
                code="FEE_TOO_OFTEN",
                field=f"steps.{at}.afterDays",
            )


def fee_of(
    wanted: Money | None,
    *,
    law: str,
    on: date,
    terms: FeeTerms | None,
    charged_on: Sequence[date],
    last_notice_on: date | None,
) -> FeeVerdict:
    """The fee that a notice of this day may carry, after those charged before; what the law or contract forbids is left out.

    Never more than the ladder wants, the contract agreed on or the law allows. Never raises: a notice goes out without its
    fee rather than not at all.
    """
    if wanted is None or not wanted.amount_minor:
        return FeeVerdict(None, "")
    try:
        limit = limit_of(law, on)
    except RuleViolation as error:
        return FeeVerdict(None, error.message)
    if terms is None and not limit.by_law:
        return FeeVerdict(None, f"The contract agrees on no fee. {limit.source}.")
    times = min(limit.times or 99, terms.times if terms else 99)
    if len(charged_on) >= times:
        return FeeVerdict(None, f"A fee was taken {times} times already. {limit.source}.")
    apart = max(limit.days_apart or 0, terms.days_apart if terms else 0)
    if last_notice_on is not None and (on - last_notice_on).days < apart:
        return FeeVerdict(None, f"The last reminder is less than {apart} days old. {limit.source}.")
    most = [each for each in (terms.fee if terms else None, limit.most) if each is not None]
    if any(each.currency != wanted.currency for each in most):
        return FeeVerdict(None, f"The fee is not in {wanted.currency}. {limit.source}.")
    return FeeVerdict(min([wanted, *most], key=lambda each: each.amount_minor), limit.source)


# --- handing a debt over -----------------------------------------------------------------------------------------------------

DEMAND: Final = {
    "DK": (
        10,
        "Inkassoloven § 10, stk. 3 (https://www.elov.dk/inkassoloven/paragraf/10/): a written demand with at least ten days "
        "to pay comes first",
    ),
}
"""How many days a demand must have given before a debt is handed over, by law; where none is known, what the notice itself gave."""


def check_demand(law: str, *, sent_on: date | None, pay_by: date | None, on: date) -> None:
    """Raise RuleViolation (DEMAND_MISSING, DEMAND_RUNNING) unless a last demand was sent and its time is up."""
    days, source = DEMAND.get(law, (0, "The notice itself"))
    if sent_on is None or pay_by is None or (pay_by - sent_on).days < days:
        raise RuleViolation(
            f"No demand was sent that says the debt will be handed over and gives its time to pay. {source}.",
            code="DEMAND_MISSING",
        )
    if on <= pay_by:
        raise RuleViolation(
            f"The demand gives until {pay_by.isoformat()} to pay. {source}.", code="DEMAND_RUNNING"
        )
