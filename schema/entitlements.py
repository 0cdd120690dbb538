"""What a client may get back, explained line by line."""

from dataclasses import asdict
from enum import Enum
from typing import Any, Self

import strawberry

from schema.retainers import money
from schema.scalars import Money
from services import refunds


@strawberry.enum(description="What a line of an entitlement stands for.")
class EntitlementKind(Enum):
    """The kinds of `services.rules.refunds`."""

    PAID = strawberry.enum_value("paid", description="Payments of invoices.")
    DEPOSITED = strawberry.enum_value("deposited", description="What came into retainers.")
    EARNED = strawberry.enum_value("earned", description="Work accepted, with tax.")
    KILL_FEE = strawberry.enum_value("kill_fee", description="The charge for ending early.")
    CREDIT = strawberry.enum_value("credit", description="An agreed credit.")
    EARLIER_REFUND = strawberry.enum_value("earlier_refund", description="Refunded before.")
    LIMIT = strawberry.enum_value("limit", description="What the bounds take off or put on.")


@strawberry.type(description="One step of an entitlement.")
class EntitlementLine:
    """The lines sum to the entitlement."""

    kind: EntitlementKind = strawberry.field(description="What it stands for.")
    amount: Money = strawberry.field(description="Signed, as it enters the sum.")
    running: Money = strawberry.field(description="The sum so far.")
    note: str = strawberry.field(
        description="Where the figure comes from, in the engagement's language."
    )


@strawberry.type(description="What a client may get back of an engagement's money, explained.")
class RefundEntitlement:
    """Paid − earned − kill fee ± credits − earlier refunds."""

    lines: list[EntitlementLine] = strawberry.field(description="Step by step.")
    entitled: Money = strawberry.field(description="What may go back now.")
    refundable: Money = strawberry.field(
        description="What was paid and not refunded: no entitlement is larger."
    )

    @classmethod
    def of(cls, found: refunds.ExplainedEntitlement) -> Self:
        """From the service's own."""
        return cls(
            lines=[entitlement_line(found.currency, asdict(line)) for line in found.lines],
            entitled=money(found.entitled_minor, found.currency),
            refundable=money(found.refundable_minor, found.currency),
        )


def entitlement_line(currency: str, line: dict[str, Any]) -> EntitlementLine:
    return EntitlementLine(
        kind=EntitlementKind(line["kind"]),
        amount=money(line["amount_minor"], currency),
        running=money(line["running_minor"], currency),
        note=line["note"],
    )
