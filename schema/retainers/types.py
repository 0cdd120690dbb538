"""What moves in a retainer: deposits, drawdowns, earnings, transfers, and the terms of its periods."""

from datetime import date, datetime
from enum import Enum
from typing import Any, Self

import strawberry

from schema.context import Info
from schema.documents import Document, document_loader
from schema.relay import Node, encode_id
from schema.scalars import Money
from services.retainers import prepayments
from services.rules.money import Money as RulesMoney
from services.rules.retainers import AllowanceStanding


def money(amount_minor: int, currency: str) -> Money:
    """An amount of a row as the schema's money."""
    return Money.of(RulesMoney(amount_minor, currency))


@strawberry.enum(description="What a retainer is held for.")
class RetainerKind(Enum):
    """The kinds of `services.rules.retainers`."""

    DEPOSIT = strawberry.enum_value("deposit", description="Against fees; pays invoices.")
    SECURITY_DEPOSIT = strawberry.enum_value(
        "security_deposit", description="Held to the end, then applied or returned."
    )
    EVERGREEN = strawberry.enum_value("evergreen", description="Topped up below its floor.")
    AVAILABILITY = strawberry.enum_value(
        "availability", description="For being reachable; earned over time, not refundable."
    )
    PERIOD_ALLOWANCE = strawberry.enum_value("period_allowance", description="Hours in a period.")


@strawberry.enum(description="Where a retainer stands.")
class RetainerStatus(Enum):
    """The status of a retainer."""

    REQUESTED = strawberry.enum_value("requested", description="Asked for; nothing is there yet.")
    ACTIVE = strawberry.enum_value("active", description="Money has come in.")
    CLOSING = strawberry.enum_value(
        "closing", description="It takes nothing more; what is left is applied or goes back."
    )
    CLOSED = strawberry.enum_value("closed", description="Nothing is left in it.")


@strawberry.enum(description="How long a period of a retainer is.")
class RetainerPeriod(Enum):
    """The periods of `services.rules.retainers`."""

    WEEK = strawberry.enum_value("week", description="Seven days.")
    MONTH = strawberry.enum_value("month", description="A month.")
    QUARTER = strawberry.enum_value("quarter", description="Three months.")
    YEAR = strawberry.enum_value("year", description="Twelve months.")


@strawberry.enum(description="Why retainer money was earned.")
class RetainerEarningKind(Enum):
    """The kinds of earnings."""

    PERIOD = strawberry.enum_value("period", description="A period of availability ended.")
    USE = strawberry.enum_value("use", description="Hours were used.")
    EXPIRY = strawberry.enum_value("expiry", description="Hours ran out at the end of a period.")
    REST = strawberry.enum_value(
        "rest", description="What was not refundable when the retainer was closed."
    )


@strawberry.enum(description="Where a request for a deposit stands.")
class RetainerRequestStatus(Enum):
    """The status of a request."""

    REQUESTED = strawberry.enum_value("requested", description="Money is awaited.")
    RECEIVED = strawberry.enum_value("received", description="All of it came in.")
    CANCELLED = strawberry.enum_value("cancelled", description="Taken back.")


@strawberry.type(description="Money that came into a retainer.")
class RetainerDeposit(Node):
    """Never changed."""

    row: strawberry.Private[Any]
    amount: Money = strawberry.field(description="What came in.")
    received_on: date = strawberry.field(description="When it counts.")
    bank_reference: str = strawberry.field(description="What the bank's statement says.")
    tax: Money = strawberry.field(description="The tax in it that was due on receipt.")
    prepayment_number: str | None = strawberry.field(
        description="Of the prepayment invoice, such as P-0001, where tax was due."
    )
    recorded_at: datetime = strawberry.field(description="When it was entered.")

    @strawberry.field(description="The prepayment invoice, where tax was due on receipt.")
    async def document(self, info: Info) -> Document | None:
        """Frozen when the money was entered."""
        document_id = self.row["document_id"]
        return await document_loader(info).load(document_id) if document_id else None

    @classmethod
    def of(cls, row: Any) -> Self:
        """From its row."""
        number = row["prepayment_number"]
        return cls(
            row=row,
            tax=money(row["tax_minor"], row["currency"]),
            prepayment_number=None if number is None else prepayments.number_of(number),
            id=encode_id("RetainerDeposit", row["id"]),
            amount=money(row["amount_minor"], row["currency"]),
            received_on=row["received_on"],
            bank_reference=row["bank_reference"],
            recorded_at=row["recorded_at"],
        )


@strawberry.type(description="Retainer money applied to an invoice.")
class Drawdown(Node):
    """Never changed."""

    retainer_id: strawberry.ID = strawberry.field(description="The retainer.")
    invoice_id: strawberry.ID = strawberry.field(description="The invoice it paid.")
    amount: Money = strawberry.field(description="How much.")
    tax: Money = strawberry.field(
        description="The tax on receipt in it, which the invoice takes over: it is taken off tax payable again."
    )
    effective_on: date = strawberry.field(description="When it counts.")
    recorded_at: datetime = strawberry.field(description="When it was entered.")

    @classmethod
    def of(cls, row: Any) -> Self:
        """From its row."""
        return cls(
            id=encode_id("Drawdown", row["id"]),
            retainer_id=encode_id("Retainer", row["retainer_id"]),
            invoice_id=encode_id("Invoice", row["invoice_id"]),
            tax=money(row["tax_minor"], row["currency"]),
            amount=money(row["amount_minor"], row["currency"]),
            effective_on=row["effective_on"],
            recorded_at=row["recorded_at"],
        )


@strawberry.type(description="Retainer money that became revenue.")
class RetainerEarning(Node):
    """Never changed."""

    retainer_id: strawberry.ID = strawberry.field(description="The retainer.")
    kind: RetainerEarningKind = strawberry.field(description="Why.")
    amount: Money = strawberry.field(description="How much, tax included.")
    tax: Money = strawberry.field(description="The tax in it.")
    minutes: int = strawberry.field(description="Minutes of an allowance that it is for; else 0.")
    period_number: int | None = strawberry.field(
        description="The period that ended, counted from 1."
    )
    effective_on: date = strawberry.field(description="When it counts.")
    note: str = strawberry.field(description="What the hours were used for.")
    recorded_at: datetime = strawberry.field(description="When it was entered.")

    @classmethod
    def of(cls, row: Any) -> Self:
        """From its row."""
        return cls(
            id=encode_id("RetainerEarning", row["id"]),
            retainer_id=encode_id("Retainer", row["retainer_id"]),
            kind=RetainerEarningKind(row["kind"]),
            amount=money(row["amount_minor"], row["currency"]),
            tax=money(row["tax_minor"], row["currency"]),
            minutes=row["minutes"],
            period_number=row["period_number"],
            effective_on=row["effective_on"],
            note=row["note"],
            recorded_at=row["recorded_at"],
        )


@strawberry.type(
    description="A client's money moved from one retainer to another, on the client's word."
)
class RetainerTransfer(Node):
    """Never changed."""

    from_retainer_id: strawberry.ID = strawberry.field(description="Where it was.")
    to_retainer_id: strawberry.ID = strawberry.field(description="Where it is now.")
    amount: Money = strawberry.field(description="How much.")
    tax: Money = strawberry.field(description="The tax on receipt that went along.")
    effective_on: date = strawberry.field(description="When it counts.")
    contact_id: strawberry.ID = strawberry.field(description="Who of the client said so.")
    said_on: date = strawberry.field(description="When they said so.")
    words: str = strawberry.field(description="In which words.")
    recorded_at: datetime = strawberry.field(description="When it was entered.")

    @classmethod
    def of(cls, row: Any) -> Self:
        """From its row."""
        return cls(
            id=encode_id("RetainerTransfer", row["id"]),
            from_retainer_id=encode_id("Retainer", row["from_retainer_id"]),
            to_retainer_id=encode_id("Retainer", row["to_retainer_id"]),
            amount=money(row["amount_minor"], row["currency"]),
            tax=money(row["tax_minor"], row["currency"]),
            effective_on=row["effective_on"],
            contact_id=encode_id("Contact", row["contact_id"]),
            said_on=row["said_on"],
            words=row["words"],
            recorded_at=row["recorded_at"],
        )


@strawberry.type(description="What is agreed for each period of availability or of an allowance.")
class RetainerPeriodTerms:
    """Of an allowance the minutes as well, and how they go over."""

    starts_on: date = strawberry.field(description="The first day of the first period.")
    period: RetainerPeriod = strawberry.field(description="How long a period is.")
    periods: int = strawberry.field(description="How many there are.")
    price: Money = strawberry.field(description="Of each period, before tax.")
    tax: Money = strawberry.field(description="On each period.")
    minutes: int | None = strawberry.field(description="That each period brings; an allowance's.")
    rollover_cap_minutes: int | None = strawberry.field(
        description="At most so many go over into the next period."
    )
    rollover_periods: int | None = strawberry.field(
        description="So many periods after their own they run out."
    )
    settle_after_days: int = strawberry.field(
        description="So many days after a period's end its hours are settled."
    )

    @classmethod
    def of(cls, row: Any) -> Self:
        """From its row."""
        return cls(
            starts_on=row["starts_on"],
            period=RetainerPeriod(row["period"]),
            periods=row["periods"],
            price=money(row["net_minor"], row["currency"]),
            tax=money(row["tax_minor"], row["currency"]),
            minutes=row["minutes"],
            rollover_cap_minutes=row["rollover_cap_minutes"],
            rollover_periods=row["rollover_periods"],
            settle_after_days=row["settle_after_days"],
        )


@strawberry.type(description="The hours of an allowance by the end of a day, in minutes.")
class AllowanceHours:
    """granted = used + lost + left."""

    granted_minutes: int = strawberry.field(description="Brought by the periods paid for so far.")
    used_minutes: int = strawberry.field(description="Used so far.")
    lost_minutes: int = strawberry.field(description="Ran out so far.")
    rolled_minutes: int = strawberry.field(description="Of those left, from earlier periods.")
    left_minutes: int = strawberry.field(description="Left.")

    @classmethod
    def of(cls, found: AllowanceStanding) -> Self:
        """From what the rules say."""
        return cls(
            granted_minutes=found.granted_minutes,
            used_minutes=found.used_minutes,
            lost_minutes=found.lost_minutes,
            rolled_minutes=found.rolled_minutes,
            left_minutes=found.left_minutes,
        )


@strawberry.type(description="What a retainer held by the end of a day.")
class RetainerStanding:
    """In money, and of an allowance in hours."""

    as_of: date = strawberry.field(description="The day.")
    held: Money = strawberry.field(description="What it held, tax included: owed to the client.")
    tax: Money = strawberry.field(description="The tax on receipt in it.")
    hours: AllowanceHours | None = strawberry.field(description="Of an allowance.")
    period_from: date | None = strawberry.field(description="First day of the period of that day.")
    period_to: date | None = strawberry.field(description="Its last day.")
