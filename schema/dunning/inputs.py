"""What arrives about late payers."""

from datetime import date
from enum import Enum

import strawberry

from schema.dunning.types import DunningCountsFrom, DunningStop, DunningTone
from schema.scalars import MoneyInput

_KEY = "The same key has one effect, ever."


@strawberry.enum(description="A published reference rate.")
class ReferenceRate(Enum):
    """The references of `services.rules.late_interest`."""

    ECB = strawberry.enum_value("ECB", description="The ECB's main refinancing rate.")
    BANK_OF_ENGLAND = strawberry.enum_value("BANK_OF_ENGLAND", description="Bank Rate.")
    NATIONALBANKEN = strawberry.enum_value("NATIONALBANKEN", description="Danmarks Nationalbank's lending rate.")  # fmt: skip
    BUNDESBANK = strawberry.enum_value("BUNDESBANK", description="The German Basiszinssatz.")


@strawberry.input(description="One step of the ladder.")
class DunningStepInput:
    """In its order."""

    tone: DunningTone = strawberry.field(description="How it speaks; tones only rise.")
    after_days: int = strawberry.field(description="How many calendar days after.")
    counts_from: DunningCountsFrom = strawberry.field(description="After what; the first counts from the due date.")  # fmt: skip
    pay_within_days: int = strawberry.field(default=10, description="How long it gives to pay, 1 to 90 days.")  # fmt: skip
    fee: MoneyInput | None = strawberry.field(default=None, description="Its fee, in the practice's currency.")  # fmt: skip
    needs_approval: bool = strawberry.field(default=False, description="Whether the owner is asked first.")  # fmt: skip
    opening_en: str = strawberry.field(default="", description="Own opening words in English.")
    opening_da: str = strawberry.field(default="", description="Own opening words in Danish.")


@strawberry.input(description="How to remind late payers from now on: the next edition, whole.")
class SetDunningLadderInput:
    """What the law forbids is refused."""

    is_active: bool = strawberry.field(description="Whether notices go out.")
    send_from_minute: int = strawberry.field(default=540, description="First minute of the day on which notices leave.")  # fmt: skip
    send_until_minute: int = strawberry.field(default=960, description="The minute from which it is quiet again.")  # fmt: skip
    country: str | None = strawberry.field(default=None, description="Whose public holidays are kept.")  # fmt: skip
    region: str = strawberry.field(default="", description="Its region.")
    weekend: list[int] | None = strawberry.field(default=None, description="Weekdays off, Monday is 0; the country's own where null.")  # fmt: skip
    days_off: list[date] = strawberry.field(default_factory=list, description="Own days off.")
    suspension_from: MoneyInput | None = strawberry.field(default=None, description="The undisputed overdue sum from which work may be stopped.")  # fmt: skip
    steps: list[DunningStepInput] = strawberry.field(description="One to ten.")
    expected_number: int = strawberry.field(description="The edition you saw.")


@strawberry.input(description="Own words for the next notice.")
class EditDunningNoticeInput:
    """The figures are always said behind them."""

    invoice_id: strawberry.ID = strawberry.field(description="The invoice.")
    opening: str = strawberry.field(description="The opening words; empty for the ladder's.")
    expected_version: int = strawberry.field(description="The version you saw; 0 before it was drafted.")  # fmt: skip


@strawberry.input(description="The owner's yes to the next notice.")
class ApproveDunningNoticeInput:
    """It leaves on its day, in its hours."""

    invoice_id: strawberry.ID = strawberry.field(description="The invoice.")
    expected_version: int = strawberry.field(description="The version you saw; 0 before it was drafted.")  # fmt: skip


@strawberry.input(description="The next notice, left out.")
class WaiveDunningNoticeInput:
    """The ladder goes on from today."""

    invoice_id: strawberry.ID = strawberry.field(description="The invoice.")
    reason: str = strawberry.field(description="Why.")
    expected_version: int = strawberry.field(description="The version you saw; 0 before it was drafted.")  # fmt: skip


@strawberry.input(description="The next notice, sent by hand.")
class SendDunningNoticeInput:
    """Once its day has come."""

    invoice_id: strawberry.ID = strawberry.field(description="The invoice.")


@strawberry.input(description="An invoice that is not reminded of.")
class StopDunningInput:
    """Until it is resumed."""

    invoice_id: strawberry.ID = strawberry.field(description="The invoice.")
    kind: DunningStop = strawberry.field(description="Why; a waiver is the owner's.")
    reason: str = strawberry.field(description="In words.")
    disputed: MoneyInput | None = strawberry.field(default=None, description="The sum that is disputed; null for the whole.")  # fmt: skip


@strawberry.input(description="The end of a hold, a dispute or a waiver.")
class ResumeDunningInput:
    """The ladder goes on."""

    invoice_id: strawberry.ID = strawberry.field(description="The invoice.")
    kind: DunningStop = strawberry.field(description="What ends.")
    outcome: str = strawberry.field(default="", description="How it came out.")


@strawberry.input(description="Interest to charge.")
class ChargeLateInterestInput:
    """From the day after the last one charged."""

    invoice_id: strawberry.ID = strawberry.field(description="The invoice.")
    until: date = strawberry.field(description="The last day; not in the future.")
    idempotency_key: str = strawberry.field(description=_KEY)


@strawberry.input(description="The fixed sum to charge.")
class ChargeFixedSumInput:
    """Once for each invoice."""

    invoice_id: strawberry.ID = strawberry.field(description="The invoice.")
    idempotency_key: str = strawberry.field(description=_KEY)


@strawberry.input(description="Money that came in for a charge.")
class RecordLateChargePaymentInput:
    """In part or whole."""

    late_charge_id: strawberry.ID = strawberry.field(description="The charge.")
    amount: MoneyInput = strawberry.field(description="How much.")
    received_on: date = strawberry.field(description="When it was in the bank; not in the future.")
    bank_reference: str = strawberry.field(description="What the bank's statement says.")
    idempotency_key: str = strawberry.field(description=_KEY)


@strawberry.input(description="A charge to give up.")
class WaiveLateChargeInput:
    """Reversed today."""

    late_charge_id: strawberry.ID = strawberry.field(description="The charge; nothing is paid of it.")  # fmt: skip
    reason: str = strawberry.field(description="Why.")
    expected_version: int = strawberry.field(description="The version you saw.")
    idempotency_key: str = strawberry.field(description=_KEY)


@strawberry.input(description="A reference rate that came out after those of the table.")
class AddReferenceRateInput:
    """One half-year."""

    reference: ReferenceRate = strawberry.field(description="Which rate.")
    valid_from: date = strawberry.field(description="1 January or 1 July.")
    rate_bps: int = strawberry.field(description="The reference rate alone, in basis points.")
    source: str = strawberry.field(description="Where it was published.")
