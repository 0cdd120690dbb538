"""Ladders, notices, stops and charges as the API shows them."""

from datetime import date, datetime
from enum import Enum
from typing import Any, Self

import orjson
import strawberry

from schema.relay import Node, encode_id
from schema.retainers import money
from schema.scalars import Money
from services.dunning import Ladder, NextNotice
from services.dunning import charges as charge_rules
from services.late_interest import source_title
from services.late_interest.claims import Claim
from services.rules.late_interest import LateInterest


@strawberry.enum(description="How a reminder speaks.")
class DunningTone(Enum):
    """Rises from step to step."""

    KIND = strawberry.enum_value("kind", description="Perhaps it slipped through.")
    FIRM = strawberry.enum_value("firm", description="Please see to it now.")
    FINAL = strawberry.enum_value("final", description="The last reminder.")
    COLLECTOR = strawberry.enum_value("collector", description="Says that the debt goes to a collector.")  # fmt: skip


@strawberry.enum(description="What a step counts its days from.")
class DunningCountsFrom(Enum):
    """The due date, or the step before."""

    DUE = strawberry.enum_value("due", description="The due date.")
    STEP_BEFORE = strawberry.enum_value("step_before", description="The day the step before was sent or waived.")  # fmt: skip


@strawberry.enum(description="Where a notice stands.")
class DunningStatus(Enum):
    """Sent and waived ones stand."""

    DRAFTED = strawberry.enum_value("drafted", description="Its words were changed, or it waits for the owner.")  # fmt: skip
    APPROVED = strawberry.enum_value("approved", description="The owner has let it go out.")
    SENT = strawberry.enum_value("sent", description="It went out.")
    WAIVED = strawberry.enum_value("waived", description="The owner left it out.")


@strawberry.enum(description="Why an invoice is not reminded of.")
class DunningStop(Enum):
    """The kinds of `services.dunning.stops`."""

    HOLD = strawberry.enum_value("hold", description="Somebody holds it for now.")
    DISPUTE = strawberry.enum_value("dispute", description="The client disputes it.")
    WAIVER = strawberry.enum_value("waiver", description="The owner lets it be.")


@strawberry.enum(description="What a charge for delay is.")
class LateChargeKind(Enum):
    """The kinds of `services.dunning.charges`."""

    INTEREST = strawberry.enum_value("interest", description="Interest of a span of days.")
    FIXED_SUM = strawberry.enum_value("fixed_sum", description="The compensation for recovery.")
    REMINDER_FEE = strawberry.enum_value("reminder_fee", description="The fee of one notice.")


@strawberry.enum(description="Where a charge for delay stands.")
class LateChargeState(Enum):
    """Paid follows from what came in."""

    OPEN = strawberry.enum_value("open", description="Something of it is to be paid.")
    PAID = strawberry.enum_value("paid", description="All of it is paid.")
    WAIVED = strawberry.enum_value("waived", description="It was given up and reversed.")


@strawberry.type(description="One step of the ladder.")
class DunningStep:
    """Days are calendar days; a day off moves to the next working day."""

    position: int = strawberry.field(description="From 1.")
    tone: DunningTone = strawberry.field(description="How it speaks.")
    after_days: int = strawberry.field(description="How many days after.")
    counts_from: DunningCountsFrom = strawberry.field(description="After what.")
    pay_within_days: int = strawberry.field(description="How long it gives to pay.")
    fee: Money = strawberry.field(description="What it would charge, where law and contract allow it.")  # fmt: skip
    needs_approval: bool = strawberry.field(description="Whether the owner is asked first.")
    opening_en: str = strawberry.field(description="Own opening words in English; else the built-in ones.")  # fmt: skip
    opening_da: str = strawberry.field(description="Own opening words in Danish.")


@strawberry.type(description="How the practice reminds late payers.")
class DunningLadder:
    """Number 0 is the one that is offered before any was written."""

    number: int = strawberry.field(description="Send it back as `expectedNumber` to write the next edition.")  # fmt: skip
    is_active: bool = strawberry.field(description="Whether notices go out.")
    send_from_minute: int = strawberry.field(description="Notices leave from this minute of the day, where the practice is.")  # fmt: skip
    send_until_minute: int = strawberry.field(description="And before this one; the rest is quiet.")
    country: str | None = strawberry.field(description="Whose public holidays are kept.")
    region: str = strawberry.field(description="Its region.")
    weekend: list[int] = strawberry.field(description="Weekdays off, Monday is 0.")
    days_off: list[date] = strawberry.field(description="Own days off.")
    suspension_from: Money = strawberry.field(description="The undisputed overdue sum from which work may be stopped.")  # fmt: skip
    steps: list[DunningStep] = strawberry.field(description="In their order.")

    @classmethod
    def of(cls, found: Ladder) -> Self:
        """From the service's."""
        return cls(
            number=found.number,
            is_active=found.is_active,
            send_from_minute=found.hours.from_minute,
            send_until_minute=found.hours.until_minute,
            country=found.terms.country,
            region=found.terms.region,
            weekend=sorted(found.terms.weekend),
            days_off=list(found.terms.days_off),
            suspension_from=money(found.suspension_from_minor, found.currency),
            steps=[
                DunningStep(
                    position=position,
                    tone=DunningTone(step.tone.value),
                    after_days=step.after_days,
                    counts_from=DunningCountsFrom(step.counts_from),
                    pay_within_days=step.pay_within_days,
                    fee=money(step.fee_minor, found.currency),
                    needs_approval=step.needs_approval,
                    opening_en=step.opening_en,
                    opening_da=step.opening_da,
                )
                for position, step in enumerate(found.steps, start=1)
            ],
        )


@strawberry.type(description="A reminder on one invoice.")
class DunningNotice(Node):
    """The figures are those it was sent with; null before that."""

    invoice_id: strawberry.ID = strawberry.field(description="The invoice.")
    position: int = strawberry.field(description="Which step of the ladder.")
    tone: DunningTone = strawberry.field(description="How it speaks.")
    status: DunningStatus = strawberry.field(description="Where it stands.")
    planned_on: date = strawberry.field(description="The working day it was planned for.")
    opening: str = strawberry.field(description="Its own opening words; empty for the ladder's.")
    dealt_on: date | None = strawberry.field(description="When it was sent or waived.")
    dealt_at: datetime | None = strawberry.field(description="The moment of it.")
    waive_reason: str = strawberry.field(description="Why it was left out.")
    owed: Money | None = strawberry.field(description="What was owed of the invoice.")
    days_late: int | None = strawberry.field(description="Since how many days.")
    interest: Money | None = strawberry.field(description="Interest to that day; null where no rate was known.")  # fmt: skip
    charges: Money | None = strawberry.field(description="What had been charged before.")
    fee: Money | None = strawberry.field(description="Its own fee.")
    fee_note: str = strawberry.field(description="Why it carried this fee, or none: the rule and its source.")  # fmt: skip
    pay_by: date | None = strawberry.field(description="Until when it gave to pay.")
    subject: str = strawberry.field(description="Its subject as it was sent.")
    body: str = strawberry.field(description="Its words as the first recipient got them.")
    recipients: list[str] = strawberry.field(description="The addresses it went to.")
    version: int = strawberry.field(description="Send it back as `expectedVersion` to change it.")

    @classmethod
    def of(cls, row: Any) -> Self:
        """From its row."""

        def sum_of(name: str) -> Money | None:
            return None if row[name] is None else money(row[name], row["currency"])

        same = (
            "position", "planned_on", "opening", "dealt_on", "dealt_at", "waive_reason", "days_late", "fee_note", "pay_by",
            "subject", "body", "version",
        )  # fmt: skip
        return cls(
            id=encode_id("DunningNotice", row["id"]),
            invoice_id=encode_id("Invoice", row["invoice_id"]),
            tone=DunningTone(row["tone"]),
            status=DunningStatus(row["status"]),
            owed=sum_of("owed_minor"),
            interest=sum_of("interest_minor"),
            charges=sum_of("charges_minor"),
            fee=sum_of("fee_minor"),
            recipients=[each["email"] for each in orjson.loads(row["recipients"])],
            **{name: row[name] for name in same},
        )


@strawberry.type(description="The next reminder on an invoice, as it would go out now.")
class NextDunningNotice:
    """A preview; nothing is stored."""

    position: int = strawberry.field(description="Which step of the ladder.")
    tone: DunningTone = strawberry.field(description="How it speaks.")
    planned_on: date = strawberry.field(description="The working day it is planned for.")
    leaves_at: datetime | None = strawberry.field(
        description="When it leaves; null while something stops it, the owner is asked, or the ladder is off."
    )
    stopped_by: list[str] = strawberry.field(description="hold, dispute, waiver or collector.")
    needs_approval: bool = strawberry.field(description="Whether the owner is asked first.")
    is_approved: bool = strawberry.field(description="Whether the owner has said yes.")
    owed: Money = strawberry.field(description="What is owed of the invoice.")
    days_late: int = strawberry.field(description="Since how many days, on the day it leaves.")
    interest: Money | None = strawberry.field(description="Interest to that day; null where no rate is known.")  # fmt: skip
    interest_note: str = strawberry.field(description="Why no interest can be told.")
    charges: Money = strawberry.field(description="What was charged before.")
    fee: Money | None = strawberry.field(description="Its own fee.")
    fee_note: str = strawberry.field(description="The rule on the fee, with its source.")
    total: Money = strawberry.field(description="All of it.")
    pay_by: date = strawberry.field(description="Until when it gives to pay.")
    subject: str = strawberry.field(description="Its subject.")
    text: str = strawberry.field(description="Its words to the first recipient.")
    version: int = strawberry.field(description="Send it back as `expectedVersion`; 0 before it was drafted.")  # fmt: skip

    @classmethod
    def of(cls, found: NextNotice) -> Self:
        """From the service's."""
        turn, figures = found.turn, found.figures

        def shown(amount: Any) -> Money | None:
            return None if amount is None else Money.of(amount)

        return cls(
            position=turn.position,
            tone=DunningTone(turn.step.tone.value),
            planned_on=turn.planned_on,
            leaves_at=found.leaves_at,
            stopped_by=list(turn.stops),
            needs_approval=turn.step.needs_approval,
            is_approved=turn.row is not None and turn.row["status"] == "approved",
            owed=Money.of(figures.owed),
            days_late=figures.days_late,
            interest=shown(figures.interest),
            interest_note=figures.interest_note,
            charges=Money.of(figures.charges),
            fee=shown(figures.fee),
            fee_note=figures.fee_note,
            total=Money.of(figures.total),
            pay_by=figures.pay_by,
            subject=found.subject,
            text=found.text,
            version=turn.row["version"] if turn.row is not None else 0,
        )


@strawberry.type(
    description="A claim for delay beside an invoice. It bears no VAT and no interest."
)
class LateCharge(Node):
    """Its own number and entry."""

    number: str = strawberry.field(description="Such as LC-0001; runs without gaps.")
    kind: LateChargeKind = strawberry.field(description="What it is.")
    state: LateChargeState = strawberry.field(description="Where it stands.")
    invoice_id: strawberry.ID = strawberry.field(description="The invoice it is about.")
    amount: Money = strawberry.field(description="How much.")
    paid: Money = strawberry.field(description="What came in for it.")
    open: Money = strawberry.field(description="What is still to be paid.")
    charged_on: date = strawberry.field(description="When it counts.")
    first_day: date | None = strawberry.field(description="Of interest: the first day.")
    last_day: date | None = strawberry.field(description="Of interest: the last day.")
    explanation: str = strawberry.field(description="How it came about, as JSON: every step, the rule and its source, why no VAT.")  # fmt: skip
    waive_reason: str = strawberry.field(description="Why it was given up.")
    version: int = strawberry.field(description="Send it back as `expectedVersion` to change it.")

    @classmethod
    def of(cls, row: Any) -> Self:
        """From its row."""
        left, currency = charge_rules.open_minor(row), row["currency"]
        state = "waived" if row["status"] == "waived" else "open" if left else "paid"
        same = ("charged_on", "first_day", "last_day", "explanation", "waive_reason", "version")
        return cls(
            id=encode_id("LateCharge", row["id"]),
            number=charge_rules.number_of(row),
            kind=LateChargeKind(row["kind"]),
            state=LateChargeState(state),
            invoice_id=encode_id("Invoice", row["invoice_id"]),
            amount=money(row["amount_minor"], currency),
            paid=money(row["paid_minor"], currency),
            open=money(left, currency),
            **{name: row[name] for name in same},
        )


@strawberry.type(description="One piece of a span of interest, in which nothing changes.")
class InterestStep:
    """Unrounded; the whole is rounded once."""

    first_day: date = strawberry.field(description="Its first day.")
    last_day: date = strawberry.field(description="Its last day.")
    days: int = strawberry.field(description="How many days.")
    principal: Money = strawberry.field(description="What was owed.")
    reference_percent: str | None = strawberry.field(description="The reference rate a year; null for a fixed rate.")  # fmt: skip
    added_points: str = strawberry.field(description="The points on top of it.")
    annual_percent: str = strawberry.field(description="The rate a year.")
    days_of_year: int = strawberry.field(description="What the rate is divided by.")
    interest_exact: str = strawberry.field(description="Its interest as an exact fraction.")
    source: str = strawberry.field(description="Where the reference rate was taken from.")


@strawberry.type(
    description="Interest on one invoice through a day, explained. Simple, never compounded."
)
class InvoiceLateInterest:
    """By the contract's clause, else by law."""

    invoice_id: strawberry.ID = strawberry.field(description="The invoice.")
    law: str = strawberry.field(
        description="Whose rate it is: DK, EU, UK, IE, DE or the contract's."
    )
    governing_law: str = strawberry.field(description="The engagement's law, which gives the fixed sum.")  # fmt: skip
    is_by_contract: bool = strawberry.field(description="Whether the contract's clause sets the rate.")  # fmt: skip
    until: date = strawberry.field(description="The last day that is counted.")
    days: int = strawberry.field(description="Days that bear interest.")
    steps: list[InterestStep] = strawberry.field(description="Cut wherever rate or debt change.")
    interest: Money = strawberry.field(description="Rounded once, half to even.")
    interest_exact: str = strawberry.field(description="Before that.")
    fixed_sum: Money | None = strawberry.field(description="The compensation that may be claimed once.")  # fmt: skip

    @classmethod
    def of(cls, claim: Claim) -> Self:
        """From the service's."""
        found: LateInterest = claim.found
        return cls(
            invoice_id=encode_id("Invoice", claim.invoice["id"]),
            law=found.debt.law.value,
            governing_law=claim.governing_law,
            is_by_contract=claim.is_by_contract,
            until=found.debt.until,
            days=found.days,
            steps=[
                InterestStep(
                    first_day=step.first_day,
                    last_day=step.last_day,
                    days=step.days,
                    principal=Money.of(step.principal),
                    reference_percent=None
                    if step.reference_percent is None
                    else str(step.reference_percent),
                    added_points=str(step.added_points),
                    annual_percent=str(step.annual_percent),
                    days_of_year=step.days_of_year,
                    interest_exact=str(step.interest),
                    source=source_title(step.source) if step.source else "",
                )
                for step in found.steps
            ],
            interest=Money.of(found.interest),
            interest_exact=str(found.unrounded),
            fixed_sum=None if claim.fixed_sum is None else Money.of(claim.fixed_sum),
        )
