"""The gate of a suspension: what the contract's clause asks for before work may stop."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Protocol

from services.rules.errors import RuleViolation


@dataclass(frozen=True, slots=True)
class SuspensionClause:
    """An undisputed sum more than `overdue_days` overdue, a notice, and `notice_days` to pay."""

    overdue_days: int
    notice_days: int

    def may_stop_on(self, served_on: date) -> date:
        """The first day on which work may stop: the one after the last day to pay."""
        return served_on + timedelta(days=self.notice_days + 1)


class _Clauses(Protocol):
    @property
    def suspension_overdue_days(self) -> int | None: ...
    @property
    def suspension_notice_days(self) -> int | None: ...


def clause_of(clauses: _Clauses) -> SuspensionClause:
    """The clause of a contract. Raises RuleViolation (SUSPENSION_NOT_AGREED) where it has none."""
    overdue, notice = clauses.suspension_overdue_days, clauses.suspension_notice_days
    if overdue is None or notice is None:
        raise RuleViolation(
            "The contract has no clause on suspension: the work goes on, and the debt is collected.",
            code="SUSPENSION_NOT_AGREED",
        )
    return SuspensionClause(overdue, notice)


def check_owed(undisputed_minor: int, from_minor: int, clause: SuspensionClause) -> None:
    """Raise RuleViolation (NOT_OVERDUE_ENOUGH) unless enough is undisputed and overdue for long enough."""
    if undisputed_minor <= 0 or undisputed_minor < from_minor:
        raise RuleViolation(
            f"Not enough is undisputed and more than {clause.overdue_days} days overdue.",
            code="NOT_OVERDUE_ENOUGH",
            undisputed_minor=undisputed_minor,
        )


@dataclass(frozen=True, slots=True)
class ExtensionWords:
    """What a change order says of the days without work."""

    title: str
    reason: str
    text: str


EXTENSION_WORDS: Final = {
    "en": ExtensionWords(
        "Extension of time after a suspension of work",
        "Work was suspended for late payment",
        "By the clause on suspension every date moves by the length of the suspension: {days} working days.",
    ),
    "da": ExtensionWords(
        "Fristforlængelse efter standsning af arbejdet",
        "Arbejdet var standset på grund af manglende betaling",
        "Efter punktet om standsning af arbejdet rykkes alle tidspunkter med standsningens længde: {days} arbejdsdage.",
    ),
}
