"""Several candidate changes side by side: what each would do, which is best at what, and whether they fit together.

Every candidate is previewed from the same starting point, by the same rule as a signed order. One that cannot be done is told
with its refusal, and the others stand. Together they are one order: each is carried over to what those before it leave, by the
rule that rebases orders, and where two disagree the disagreement is named and nothing is added up.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from services.rules.change_orders.life import ChangeReason
from services.rules.change_orders.preview import ChangePreview, preview_on
from services.rules.change_orders.rebasing import RebaseConflict, rebase
from services.rules.change_orders.terms import OrderTerms, StartingPoint
from services.rules.errors import DomainError, InvalidInput
from services.rules.scope import Change, apply_calendar_changes, apply_changes
from services.rules.text import clean_text

MAX_CANDIDATES: Final = 8
"""More than a table can show side by side, and a bound on the work of one question."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One way to change the scope, with a name to tell it by."""

    label: str
    changes: tuple[Change, ...]
    reason: ChangeReason = ChangeReason.CLIENT_REQUEST
    contingency_draw_minor: int = 0


@dataclass(frozen=True, slots=True)
class CandidateOutcome:
    """What came of one candidate: a preview, or why there is none."""

    candidate: Candidate
    preview: ChangePreview | None = None
    error: DomainError | None = None


@dataclass(frozen=True, slots=True)
class CandidateConflict:
    """Where a candidate disagrees with those before it. `with_labels` are the ones it disagrees with by itself."""

    label: str
    with_labels: tuple[str, ...]
    conflict: RebaseConflict


@dataclass(frozen=True, slots=True)
class Combination:
    """All candidates as one order: a preview, or the conflicts, or why the whole cannot be done."""

    preview: ChangePreview | None = None
    conflicts: tuple[CandidateConflict, ...] = ()
    error: DomainError | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Candidates side by side. The best are given by label, several where they tie; only what can be done competes."""

    outcomes: tuple[CandidateOutcome, ...]
    cheapest: tuple[str, ...] = ()
    """The smallest change of the total, tax included."""
    earliest: tuple[str, ...] = ()
    """The earliest delivery."""
    best_margin: tuple[str, ...] = ()
    """The largest change of the margin."""
    combination: Combination = field(default_factory=Combination)


def compare(start: StartingPoint, candidates: Sequence[Candidate], terms: OrderTerms) -> Comparison:
    """Preview every candidate from one starting point, rank them, and try them together.

    Raises InvalidInput (CANDIDATES_MISSING, TOO_MANY_CANDIDATES, LABEL_TAKEN, and what `clean_text` raises for a label). What
    is wrong with one candidate is an answer and raises nothing.
    """
    check_candidates(candidates)
    outcomes = tuple(_outcome(start, candidate, terms) for candidate in candidates)
    done = [(each.candidate.label, each.preview) for each in outcomes if each.preview is not None]
    return Comparison(
        outcomes,
        cheapest=_best(done, lambda found: found.total_change_minor),
        earliest=_best(done, lambda found: found.delivery_after.toordinal()),
        best_margin=_best(done, lambda found: -found.margin_change_minor),
        combination=_combined(start, outcomes, terms),
    )


def check_candidates(candidates: Sequence[Candidate]) -> None:
    """Raise InvalidInput unless there are candidates, not too many, each under a label of its own."""
    if not candidates:
        raise InvalidInput(
            "There is nothing to compare.", code="CANDIDATES_MISSING", field="candidates"
        )
    if len(candidates) > MAX_CANDIDATES:
        raise InvalidInput(
            f"At most {MAX_CANDIDATES} candidates are compared at once.",
            code="TOO_MANY_CANDIDATES",
            field="candidates",
        )
    seen: set[str] = set()
    for at, candidate in enumerate(candidates):
        label = clean_text(candidate.label, f"candidates.{at}.label", max_length=80)
        if label in seen:
            raise InvalidInput(
                f"Two candidates are called {label}.",
                code="LABEL_TAKEN",
                field=f"candidates.{at}.label",
            )
        seen.add(label)


def _outcome(start: StartingPoint, candidate: Candidate, terms: OrderTerms) -> CandidateOutcome:
    try:
        found = preview_on(
            start,
            candidate.changes,
            terms,
            reason=candidate.reason,
            contingency_draw_minor=candidate.contingency_draw_minor,
        )
    except DomainError as error:
        return CandidateOutcome(candidate, error=error)
    return CandidateOutcome(candidate, found)


def _best(
    done: Sequence[tuple[str, ChangePreview]], measure: Callable[[ChangePreview], int]
) -> tuple[str, ...]:
    if not done:
        return ()
    least = min(measure(found) for _, found in done)
    return tuple(label for label, found in done if measure(found) == least)


def _combined(
    start: StartingPoint, outcomes: Sequence[CandidateOutcome], terms: OrderTerms
) -> Combination:
    """The candidates as one order, in their order. One that cannot be done alone is not part of it."""
    fitting = [each.candidate for each in outcomes if each.preview is not None]
    if len(fitting) < 2:
        return Combination(preview=next((each.preview for each in outcomes if each.preview), None))
    scope, calendar = start.scope, terms.calendar
    changes: list[Change] = []
    conflicts: list[CandidateConflict] = []
    for at, candidate in enumerate(fitting):
        rebased = rebase(
            candidate.changes,
            start.scope,
            scope,
            locked_keys=terms.locked_keys,
            base_calendar=terms.calendar,
            calendar=calendar,
        )
        if rebased.conflicts:
            against = _disagrees_with(start, candidate, fitting[:at], terms)
            conflicts += [
                CandidateConflict(candidate.label, against, each) for each in rebased.conflicts
            ]
        elif rebased.changes:
            changes += rebased.changes
            scope = apply_changes(scope, rebased.changes, locked_keys=terms.locked_keys)
            calendar = apply_calendar_changes(calendar, rebased.changes)
    if conflicts:
        return Combination(conflicts=tuple(conflicts))
    reasons = {candidate.reason for candidate in fitting}
    try:
        return Combination(
            preview_on(
                start,
                changes,
                terms,
                reason=reasons.pop() if len(reasons) == 1 else ChangeReason.CLIENT_REQUEST,
                contingency_draw_minor=sum(each.contingency_draw_minor for each in fitting),
            )
        )
    except DomainError as error:
        return Combination(error=error)


def _disagrees_with(
    start: StartingPoint, candidate: Candidate, others: Sequence[Candidate], terms: OrderTerms
) -> tuple[str, ...]:
    """The labels of those that a candidate would not fit on by itself."""
    found = []
    for other in others:
        after = apply_changes(start.scope, other.changes, locked_keys=terms.locked_keys)
        rebased = rebase(
            candidate.changes,
            start.scope,
            after,
            locked_keys=terms.locked_keys,
            base_calendar=terms.calendar,
            calendar=apply_calendar_changes(terms.calendar, other.changes),
        )
        if rebased.conflicts:
            found.append(other.label)
    return tuple(found)
