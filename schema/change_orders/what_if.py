"""Several candidate changes side by side, before anybody decides."""

from typing import Any, Self

import strawberry

from schema.change_orders.figures import ChangePreview
from schema.change_orders.inputs import ChangeInput, changes_of
from schema.change_orders.standing import ConflictKind
from schema.context import Info
from schema.engagements.inputs import minor
from schema.errors import UserError, field_path
from schema.relay import decode_id
from schema.scalars import Money, MoneyInput
from schema.scopes.types import money
from services import change_orders
from services.change_orders import CandidateDetails, Compared, frozen_figures
from services.rules.change_orders import ChangeReason
from services.rules.change_orders.what_if import (
    CandidateConflict,
    CandidateOutcome,
    Combination,
)
from services.rules.errors import DomainError


@strawberry.input(
    description="One candidate of a comparison: either changes, or a drafted change order."
)
class CandidateInput:
    """Exactly one of `changes` and `changeOrderId` is given."""

    label: str = strawberry.field(
        default="", description="A name to tell it by; a drafted order goes by its title."
    )
    changes: list[ChangeInput] | None = strawberry.field(
        default=None, description="The changes, in order."
    )
    change_order_id: strawberry.ID | None = strawberry.field(
        default=None, description="A drafted change order of the same engagement."
    )
    reason: ChangeReason = strawberry.field(
        default=ChangeReason.CLIENT_REQUEST,
        description="Why the scope would change; a drafted order has its own.",
    )
    contingency_draw: MoneyInput | None = strawberry.field(
        default=None, description="What it would draw from the contingency; likewise."
    )


@strawberry.type(description="How far a candidate is from the engagement as it stands.")
class CandidateDifference:
    """After less before: positive is more, or later."""

    fee: Money = strawberry.field(description="Of the fee, before tax.")
    cost: Money = strawberry.field(description="Of what it costs you.")
    margin: Money = strawberry.field(description="Of the margin.")
    tax: Money = strawberry.field(description="Of the tax.")
    total: Money = strawberry.field(description="Of the total including tax.")
    days: int = strawberry.field(description="Of the delivery, in working days agreed before.")
    top_up: Money = strawberry.field(description="What would be missing of the deposit.")
    kill_fee: Money = strawberry.field(description="Of what ending the work today would cost.")
    contingency: Money = strawberry.field(description="Of the contingency.")

    @classmethod
    def of(cls, data: dict[str, Any]) -> Self:
        """From a preview's figures."""
        sums = {
            "fee": data["change_minor"],
            "cost": data["cost_change_minor"],
            "margin": data["change_minor"] - data["cost_change_minor"],
            "tax": data["tax_change_minor"],
            "total": data["total_change_minor"],
            "top_up": data["retainer"]["top_up_minor"],
            "kill_fee": data["kill_fee"]["after"]["amount_minor"]
            - data["kill_fee"]["before"]["amount_minor"],
            "contingency": data["contingency"]["after_minor"] - data["contingency"]["before_minor"],
        }
        return cls(
            days=data["change_days"],
            **{name: money(amount, data["currency"]) for name, amount in sums.items()},
        )


@strawberry.type(description="What came of one candidate: a preview, or why there is none.")
class CandidateResult:
    """Exactly one of `preview` and `error` is set."""

    label: str = strawberry.field(description="Its name.")
    preview: ChangePreview | None = strawberry.field(description="What it would do.")
    difference: CandidateDifference | None = strawberry.field(
        description="The same in a row of figures, for a table; null without a preview."
    )
    error: UserError | None = strawberry.field(description="Why it cannot be done.")
    is_cheapest: bool = strawberry.field(
        description="Whether none changes the total, tax included, by less."
    )
    is_earliest: bool = strawberry.field(description="Whether none is delivered earlier.")
    is_best_margin: bool = strawberry.field(description="Whether none changes the margin better.")

    @classmethod
    def of(cls, compared: Compared, outcome: CandidateOutcome, place: int) -> Self:
        """From the rule's; `place` counts from 0."""
        label, comparison = outcome.candidate.label, compared.comparison
        data = _figures(compared, outcome)
        return cls(
            label=label,
            preview=None if data is None else ChangePreview.of(data),
            difference=None if data is None else CandidateDifference.of(data),
            error=None if outcome.error is None else _error(outcome.error, f"candidates.{place}"),
            is_cheapest=label in comparison.cheapest,
            is_earliest=label in comparison.earliest,
            is_best_margin=label in comparison.best_margin,
        )


@strawberry.type(description="Where a candidate disagrees with those before it.")
class ComparedConflict:
    """The first in the list goes first; the later ones must fit what it leaves."""

    label: str = strawberry.field(description="The candidate that does not fit.")
    with_labels: list[str] = strawberry.field(
        description="Those that it does not fit on by itself; empty if only on all of them together."
    )
    change: int = strawberry.field(description="The place of its change, from 0.")
    kind: ConflictKind = strawberry.field(description="Why it does not fit.")
    item_key: str | None = strawberry.field(description="The item, where it is about one.")
    field_name: str | None = strawberry.field(description="The field, where it is about one.")
    message: str = strawberry.field(description="A sentence for people; may change.")

    @classmethod
    def of(cls, found: CandidateConflict) -> Self:
        """From the rule's."""
        conflict = found.conflict
        return cls(
            label=found.label,
            with_labels=list(found.with_labels),
            change=conflict.change,
            kind=conflict.kind,
            item_key=conflict.item_key,
            field_name=conflict.field,
            message=conflict.message,
        )


@strawberry.type(description="All candidates that can be done, as one order.")
class CandidateCombination:
    """A preview, or the conflicts, or why the whole cannot be done; nothing at all if no candidate can."""

    preview: ChangePreview | None = strawberry.field(description="What they would do together.")
    difference: CandidateDifference | None = strawberry.field(
        description="The same in a row of figures; null without a preview."
    )
    conflicts: list[ComparedConflict] = strawberry.field(description="Where they disagree.")
    error: UserError | None = strawberry.field(
        description="Why they cannot be done together, though no two disagree."
    )

    @classmethod
    def of(cls, compared: Compared, found: Combination) -> Self:
        """From the rule's."""
        data = _figures(compared, found)
        return cls(
            preview=None if data is None else ChangePreview.of(data),
            difference=None if data is None else CandidateDifference.of(data),
            conflicts=[ComparedConflict.of(each) for each in found.conflicts],
            error=None if found.error is None else UserError.of(found.error),
        )


@strawberry.type(description="Several candidate changes side by side; nothing is stored.")
class ChangeComparison:
    """Labels are those of the candidates; several are best where they tie."""

    candidates: list[CandidateResult] = strawberry.field(description="In the order asked for.")
    cheapest: list[str] = strawberry.field(description="The smallest change of the total with tax.")
    earliest: list[str] = strawberry.field(description="The earliest delivery.")
    best_margin: list[str] = strawberry.field(description="The best change of the margin.")
    combined: CandidateCombination = strawberry.field(description="All of them together.")


@strawberry.type
class WhatIfQuery:
    """Part of the previews, which are mixed into Query."""

    @strawberry.field(
        description="What each of at most eight candidates would do, which is best at what, and all of them together."
    )
    async def compare_changes(
        self, info: Info, *, engagement_id: strawberry.ID, candidates: list[CandidateInput]
    ) -> ChangeComparison:
        """What the rules refuse of a candidate is part of the answer."""
        compared = await change_orders.compare_changes(
            info.context.actor,
            decode_id("Engagement", engagement_id, "engagementId"),
            [_candidate(each, f"candidates.{at}") for at, each in enumerate(candidates)],
        )
        found = compared.comparison
        return ChangeComparison(
            candidates=[
                CandidateResult.of(compared, each, at) for at, each in enumerate(found.outcomes)
            ],
            cheapest=list(found.cheapest),
            earliest=list(found.earliest),
            best_margin=list(found.best_margin),
            combined=CandidateCombination.of(compared, found.combination),
        )


def _candidate(given: CandidateInput, path: str) -> CandidateDetails:
    changes, draw, order_id = given.changes, given.contingency_draw, given.change_order_id
    return CandidateDetails(
        label=given.label,
        changes=None if changes is None else lambda engagement: changes_of(changes, engagement),
        change_order_id=None
        if order_id is None
        else decode_id("ChangeOrder", order_id, f"{path}.changeOrderId"),
        reason=given.reason,
        contingency_draw_minor=lambda engagement: (
            minor(draw, engagement["currency"], f"{path}.contingencyDraw") or 0
        ),
    )


def _error(error: DomainError, place: str) -> UserError:
    """A candidate's refusal; its field is a path inside the whole input."""
    # A scope is judged with all of the changes in it: the item that is wrong need not be one that was sent.
    inside = "changes" if error.code == "SCOPE_INVALID" else error.field
    shown = UserError.of(error)
    shown.field = field_path(f"{place}.{inside}" if inside else place)
    return shown


def _figures(compared: Compared, found: CandidateOutcome | Combination) -> dict[str, Any] | None:
    if found.preview is None:
        return None
    return frozen_figures(compared.calculation(found.preview))
