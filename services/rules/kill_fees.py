"""The kill fee: what the client pays on ending the work early, beside what is earned.

It is a share of the fee not yet earned, by how far the work had come, and never more than the part of the fee that is still unpaid
plus costs that cannot be recovered. All amounts are net and in minor units.

No tax is on it: a fixed sum for backing out compensates a loss and pays for no supply (Court of Justice, C-277/05 Société thermale
d'Eugénie-les-Bains, paragraphs 19 to 36). It is otherwise where the sum comes to what the whole contract would have brought: then it
is consideration and bears tax (C-295/17 MEO, C-622/23 rhtb). So a clause that asks for the whole unearned fee is told apart
(`KillFee.is_whole`), and a practice that has one asks its adviser.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from services.rules.budgets import check_rate
from services.rules.errors import InvalidInput
from services.rules.money import share

MAX_STAGES: Final = 10
"""Stages of one clause, at most."""


@dataclass(frozen=True, slots=True)
class KillFeeStage:
    """A share of the unearned fee that holds from a degree of completion on."""

    from_progress_bps: int
    rate_bps: int


@dataclass(frozen=True, slots=True)
class KillFeeTerms:
    """The stages of a kill fee clause; one from the start is a plain percentage, none is no kill fee.

    Raises InvalidInput (KILL_FEE_INVALID) unless the stages begin at zero and rise, (RATE_INVALID) for a rate out of range.
    """

    stages: tuple[KillFeeStage, ...]

    def __post_init__(self) -> None:
        """Refuse stages that leave a gap or overlap."""
        starts = [stage.from_progress_bps for stage in self.stages]
        if len(starts) > MAX_STAGES:
            raise InvalidInput(
                f"A kill fee has at most {MAX_STAGES} stages.",
                code="KILL_FEE_INVALID",
                field="killFeeStages",
            )
        for at, stage in enumerate(self.stages):
            check_rate(stage.rate_bps, f"killFeeStages.{at}.rateBps")
            check_rate(stage.from_progress_bps, f"killFeeStages.{at}.fromProgressBps")
        if starts and (starts[0] != 0 or starts != sorted(set(starts))):
            raise InvalidInput(
                "The stages of a kill fee begin at zero and rise.",
                code="KILL_FEE_INVALID",
                field="killFeeStages",
            )

    @classmethod
    def flat(cls, rate_bps: int) -> "KillFeeTerms":
        """The same share whenever the work ends."""
        return cls((KillFeeStage(0, rate_bps),))


@dataclass(frozen=True, slots=True)
class KillFee:
    """A kill fee and how it came about: `rate_bps` of `unearned_minor`, at most `cap_minor`.

    The cap is the unpaid remainder of the fee plus `costs_minor`; `progress_bps` picked the stage.
    """

    amount_minor: int
    rate_bps: int
    unearned_minor: int
    cap_minor: int
    progress_bps: int = 0
    costs_minor: int = 0

    @property
    def is_capped(self) -> bool:
        """Whether the cap made it smaller."""
        return self.amount_minor < share(self.unearned_minor, self.rate_bps)

    @property
    def is_whole(self) -> bool:
        """Whether it asks for all of the unearned fee, so that it may count as pay and bear tax; see the module."""
        return 0 < self.amount_minor == self.unearned_minor


def compute_kill_fee(
    terms: KillFeeTerms,
    *,
    total_fee_minor: int,
    earned_minor: int,
    paid_minor: int,
    costs_minor: int = 0,
    progress_bps: int | None = None,
) -> KillFee:
    """The kill fee if the work ended now.

    `progress_bps` picks the stage; without it, it is the earned part of the fee, rounded down (a stage is reached, not nearly
    reached). `paid_minor` is what was paid of the fee. Raises InvalidInput (AMOUNT_NEGATIVE, EARNED_EXCEEDS_FEE).
    """
    for name, amount in (
        ("total_fee_minor", total_fee_minor),
        ("earned_minor", earned_minor),
        ("paid_minor", paid_minor),
        ("costs_minor", costs_minor),
    ):
        if amount < 0:
            raise InvalidInput(f"{name} is negative.", code="AMOUNT_NEGATIVE", field=name)
    if earned_minor > total_fee_minor:
        raise InvalidInput(
            "More is earned than the whole fee.", code="EARNED_EXCEEDS_FEE", field="earned_minor"
        )
    if progress_bps is None:
        progress_bps = earned_minor * 10_000 // total_fee_minor if total_fee_minor else 0
    check_rate(progress_bps, "progress_bps")
    rate_bps = _rate_at(terms.stages, progress_bps)
    unearned = total_fee_minor - earned_minor
    cap = max(0, total_fee_minor - paid_minor) + costs_minor
    return KillFee(
        min(share(unearned, rate_bps), cap), rate_bps, unearned, cap, progress_bps, costs_minor
    )


def _rate_at(stages: Sequence[KillFeeStage], progress_bps: int) -> int:
    reached = [stage.rate_bps for stage in stages if stage.from_progress_bps <= progress_bps]
    return reached[-1] if reached else 0
