"""The books: which accounts there are, and what an entry must be before it may enter them.

The model: a journal is a set of lines, each an amount on one account. Debit is positive and credit negative, so a journal
is in balance when each currency sums to zero. Every account has a side on which it usually stands; `natural_minor` turns a
balance to that side, so that a retainer of 5 000 held reads +5 000 although it is a credit.

What this module does not do: know any balance. Whether the money is there, and whether a period is closed, only the database
can say, under its lock.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final, Literal
from uuid import UUID

from services.rules.errors import InvalidInput, RuleViolation
from services.rules.money import MAX_AMOUNT_MINOR, Money, format_amount
from services.rules.text import clean_text

AccountKind = Literal["asset", "liability", "equity", "income", "contra_income", "expense"]
SubjectKind = Literal["practice", "client", "retainer"]
AccountCode = Literal[
    "bank",
    "receivable",
    "retention_receivable",
    "deposit_tax",
    "retainer_liability",
    "unapplied_receipts",
    "client_credit",
    "tax_payable",
    "opening_equity",
    "currency_clearing",
    "revenue",
    "kill_fees",
    "late_charges",
    "exchange_differences",
    "refunds",
    "credit_notes",
    "write_offs",
    "bank_charges",
]

MAX_LINES: Final = 1000
"""Lines of one entry, at most."""


@dataclass(frozen=True, slots=True)
class ChartLine:
    """One kind of account: `subject_kind` says what there is one of it for, `floor_minor` what it may never fall below.

    The floor is on the account's own side; None lets it stand on the other (an overdrawn bank, an overpaid receivable).
    """

    code: AccountCode
    kind: AccountKind
    name: str
    subject_kind: SubjectKind = "practice"
    floor_minor: int | None = None


CHART: Final[Mapping[AccountCode, ChartLine]] = MappingProxyType(
    {
        line.code: line
        for line in (
            ChartLine("bank", "asset", "Bank"),
            ChartLine("receivable", "asset", "Receivable", "client"),
            ChartLine("retention_receivable", "asset", "Retention receivable", "client"),
            # Tax due on receipt of a deposit, until the invoice takes it over or the deposit goes back.
            ChartLine("deposit_tax", "asset", "Tax on deposits held", "retainer", 0),
            ChartLine("retainer_liability", "liability", "Retainer held", "retainer", 0),
            ChartLine("unapplied_receipts", "liability", "Unapplied receipts", "client", 0),
            # What a credit note took back of money that was paid, until it is used or returned.
            ChartLine("client_credit", "liability", "Client credit", "client", 0),
            ChartLine("tax_payable", "liability", "Tax payable"),
            ChartLine("opening_equity", "equity", "Opening balances"),
            # One side in each of two currencies: so an exchange balances in both.
            ChartLine("currency_clearing", "equity", "Currency clearing"),
            ChartLine("revenue", "income", "Revenue"),
            ChartLine("kill_fees", "income", "Kill fees"),
            ChartLine("late_charges", "income", "Late charges"),
            ChartLine("exchange_differences", "income", "Exchange gains and losses"),
            ChartLine("refunds", "contra_income", "Refunds"),
            ChartLine("credit_notes", "contra_income", "Credit notes"),
            ChartLine("write_offs", "expense", "Write-offs"),
            ChartLine("bank_charges", "expense", "Bank charges"),
        )
    }
)
"""Every account a practice may have, in the order of a trial balance: what it owns, owes, earns and spends."""

_DEBIT_KINDS: Final = frozenset({"asset", "contra_income", "expense"})


def normal_sign(kind: AccountKind) -> int:
    """1 for accounts that usually stand in debit, -1 for those in credit."""
    return 1 if kind in _DEBIT_KINDS else -1


def natural_minor(kind: AccountKind, balance_minor: int) -> int:
    """A balance (debit positive) as a person expects it of an account of this kind."""
    return normal_sign(kind) * balance_minor


@dataclass(frozen=True, slots=True)
class Line:
    """An amount on one account; debit positive, credit negative."""

    account_id: UUID
    amount: Money

    @classmethod
    def debit(cls, account_id: UUID, amount: Money) -> "Line":
        """A debit of a positive amount. Raises InvalidInput (AMOUNT_INVALID) for zero or less."""
        return cls(account_id, _positive(amount))

    @classmethod
    def credit(cls, account_id: UUID, amount: Money) -> "Line":
        """A credit of a positive amount. Raises InvalidInput (AMOUNT_INVALID) for zero or less."""
        return cls(account_id, -_positive(amount))


@dataclass(frozen=True, slots=True)
class JournalDraft:
    """An entry that is about to be posted.

    `kind` says what happened (`retainer_deposit`), `source_kind` and `source_id` which row it is about. A source is posted
    once for each kind, ever; so it is the movement (a payment, a drawdown), not the thing moved.
    """

    kind: str
    description: str
    effective_date: date
    lines: tuple[Line, ...]
    source_kind: str = ""
    source_id: UUID | None = None


def checked(draft: JournalDraft) -> JournalDraft:
    """The draft with its description cleaned, once it is in order by itself.

    Raises InvalidInput: AMOUNT_INVALID for a line of zero, AMOUNT_TOO_LARGE, ENTRY_INVALID for too many lines or a date
    that is none, and what `clean_text` raises. Raises RuleViolation (UNBALANCED, with the currency and the difference).
    """
    if type(draft.effective_date) is not date:
        raise InvalidInput("An entry counts from a date.", code="ENTRY_INVALID")
    if len(draft.lines) < 2:
        raise RuleViolation("An entry has two lines or more.", code="UNBALANCED")
    if len(draft.lines) > MAX_LINES:
        raise InvalidInput(f"An entry has at most {MAX_LINES} lines.", code="ENTRY_INVALID")
    for line in draft.lines:
        if line.amount.amount_minor == 0:
            raise InvalidInput("A line of zero says nothing.", code="AMOUNT_INVALID")
        if abs(line.amount.amount_minor) > MAX_AMOUNT_MINOR:
            raise InvalidInput("The amount is too large.", code="AMOUNT_TOO_LARGE")
    for currency, difference_minor in sums_by_currency(draft.lines).items():
        if difference_minor:
            difference = Money(difference_minor, currency)
            raise RuleViolation(
                f"Debit and credit differ by {format_amount(difference)} {currency}.",
                code="UNBALANCED",
                currency=currency,
                difference_minor=difference_minor,
            )
    return JournalDraft(
        draft.kind,
        clean_text(draft.description, "description", max_length=500),
        draft.effective_date,
        draft.lines,
        draft.source_kind,
        draft.source_id,
    )


def sums_by_currency(lines: Iterable[Line]) -> dict[str, int]:
    """Debit less credit of each currency, in minor units; all zero when the lines are in balance."""
    sums: dict[str, int] = {}
    for line in lines:
        sums[line.amount.currency] = sums.get(line.amount.currency, 0) + line.amount.amount_minor
    return sums


def negated(lines: Iterable[Line]) -> tuple[Line, ...]:
    """The lines of the entry that takes these back."""
    return tuple(Line(line.account_id, -line.amount) for line in lines)


def _positive(amount: Money) -> Money:
    if amount.amount_minor <= 0:
        raise InvalidInput("The amount must be more than zero.", code="AMOUNT_INVALID")
    return amount
