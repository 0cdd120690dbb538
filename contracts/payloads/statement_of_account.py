"""The statement of account: what a client owed, what moved it, what it owes, and what of that is overdue."""

from typing import Literal, NotRequired, TypedDict

from contracts.payloads.parts import BankAccount, DocumentHead, IsoDate, Money, Party


class AccountMovement(TypedDict):
    """One line. ``amount`` is positive where more is owed by it. ``text`` is printed for the kind ``other`` alone."""

    on: IsoDate
    kind: Literal[
        "invoice",
        "payment",
        "drawdown",
        "credit_note",
        "credit_application",
        "write_off",
        "retention_release",
        "late_charge",
        "kill_fee",
        "refund",
        "opening",
        "reversal",
        "other",
    ]
    number: str
    text: NotRequired[str | None]
    amount: Money
    balance: Money


class OverdueDocument(TypedDict):
    """What is due and unpaid at the end."""

    number: str
    due_on: IsoDate
    days: int
    open: Money


class AccountSection(TypedDict):
    """The account in one currency."""

    currency: str
    opening: Money
    lines: list[AccountMovement]
    closing: Money
    overdue: list[OverdueDocument]
    overdue_total: Money
    held: NotRequired[Money | None]


class StatementOfAccountPayload(TypedDict):
    """``statement_of_account``: kontoudtog. Both dates are in it."""

    document: DocumentHead
    practice: Party
    client: Party
    from_date: IsoDate
    to_date: IsoDate
    sections: list[AccountSection]
    account: NotRequired[BankAccount | None]
