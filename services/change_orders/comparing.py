"""Several candidate changes of one engagement side by side; nothing is stored."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from db.queries import change_orders as queries
from db.unit_of_work import UnitOfWork, read_only
from services import engagements
from services.actor import MEMBERS, Actor
from services.change_orders.calculation import Calculation, calculation_from, order_reason
from services.change_orders.calculation import stored_changes as changes_of_order
from services.change_orders.standing import Standing, standing
from services.rules.change_orders import ChangePreview, ChangeReason
from services.rules.change_orders.what_if import MAX_CANDIDATES, Candidate, Comparison, compare
from services.rules.errors import DomainError, InvalidInput, NotFound
from services.rules.scope import Change


@dataclass(frozen=True)
class CandidateDetails:
    """A candidate as it is asked for: changes, or the id of a drafted order of the same engagement.

    `changes` is called with the engagement's row, for amounts must be in its currency. Without a label a drafted order goes
    by its title.
    """

    label: str = ""
    changes: Callable[[Any], Sequence[Change]] | None = None
    change_order_id: UUID | None = None
    reason: ChangeReason = ChangeReason.CLIENT_REQUEST
    contingency_draw_minor: Callable[[Any], int] | int = 0


@dataclass(frozen=True)
class Compared:
    """A comparison, and what is needed to show the figures of each preview in it."""

    stands: Standing
    comparison: Comparison

    def calculation(self, preview: ChangePreview) -> Calculation:
        """One preview as a calculation, such as `frozen_figures` takes."""
        return calculation_from(self.stands, preview)


async def compare_changes(
    actor: Actor, engagement_id: UUID, candidates: Sequence[CandidateDetails]
) -> Compared:
    """What each of several candidates would do to an engagement, which is best, and whether they fit together.

    Raises `Forbidden`, `NotFound`, `InvalidInput` (CANDIDATES_MISSING, TOO_MANY_CANDIDATES, LABEL_TAKEN,
    CANDIDATE_AMBIGUOUS), and for the input of a candidate what reading it raises. What the rules refuse of a candidate is
    part of the answer.
    """
    actor.require(*MEMBERS)
    if len(candidates) > MAX_CANDIDATES:
        raise InvalidInput(
            f"At most {MAX_CANDIDATES} candidates are compared at once.",
            code="TOO_MANY_CANDIDATES",
            field="candidates",
        )
    async with read_only(actor.scope()) as uow:
        engagement = await engagements.found(uow, engagement_id)
        read = [
            await _candidate(uow, engagement, each, f"candidates.{at}")
            for at, each in enumerate(candidates)
        ]
        stands = await standing(uow, engagement, binds=False)
    return Compared(stands, compare(stands.start, read, stands.order_terms))


async def _candidate(
    uow: UnitOfWork, engagement: Any, details: CandidateDetails, path: str
) -> Candidate:
    if (details.changes is None) == (details.change_order_id is None):
        raise InvalidInput(
            "A candidate is either changes or a drafted change order.",
            code="CANDIDATE_AMBIGUOUS",
            field=path,
        )
    if details.changes is not None:
        try:
            changes = tuple(details.changes(engagement))
        except DomainError as error:
            # Reading an input names its place in one list of changes; the caller gave several.
            error.field = f"{path}.{error.field}" if error.field else path
            raise
        draw = details.contingency_draw_minor
        return Candidate(
            details.label, changes, details.reason, draw(engagement) if callable(draw) else draw
        )
    assert details.change_order_id is not None
    order = await queries.change_order_by_id(uow, details.change_order_id)
    if order is None or order["engagement_id"] != engagement["id"]:
        raise NotFound(
            "No change order of this engagement with this id.", field=f"{path}.changeOrderId"
        )
    return Candidate(
        details.label or order["title"][:80],
        tuple(changes_of_order(order)),
        order_reason(order),
        order["contingency_draw_minor"],
    )
