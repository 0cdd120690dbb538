"""The roll-forward of client money held."""

from datetime import date, datetime
from enum import Enum
from typing import Any, cast

import strawberry

from schema.context import Info
from schema.relay import encode_id
from schema.reports import csv_url
from schema.retainers import money
from schema.scalars import Money
from services import reports
from services.rules.deferred_revenue import RollForward as Roll


@strawberry.enum(description="How long the periods of a report are.")
class ReportSpan(Enum):
    """The calendar's periods, cut at the first and the last day."""

    MONTH = strawberry.enum_value("month", description="Calendar months.")
    QUARTER = strawberry.enum_value("quarter", description="Quarters of the calendar year.")
    YEAR = strawberry.enum_value("year", description="Calendar years.")
    WHOLE = strawberry.enum_value("whole", description="All of it as one.")


@strawberry.type(
    description="opening + received + earned + refunded + transferred + other = closing."
)
class RollForwardFigures:
    """Each figure is signed as it moves what is held."""

    opening: Money = strawberry.field(description="What was held before the first day.")
    received: Money = strawberry.field(description="What came in.")
    earned: Money = strawberry.field(description="What became the practice's; negative.")
    refunded: Money = strawberry.field(description="What went back; negative.")
    transferred: Money = strawberry.field(description="Moved between retainers; zero in sum.")
    other: Money = strawberry.field(description="Entries of no class, such as corrections.")
    closing: Money = strawberry.field(description="What was held at the end of the last day.")
    explanation: str = strawberry.field(description="The sum written out.")


def _figures(roll: Roll) -> dict[str, Any]:
    return {
        "opening": money(roll.opening_minor, roll.currency),
        **{name: money(minor, roll.currency) for name, minor in roll.moved.items()},
        "closing": money(roll.closing_minor, roll.currency),
        "explanation": roll.explanation,
    }


@strawberry.type(description="One client's money in one currency over one period.")
class ClientRollForward:
    """Left out where nothing was held and nothing moved."""

    client_id: strawberry.ID = strawberry.field(description="The client.")
    client_name: str = strawberry.field(description="Its name.")
    figures: RollForwardFigures = strawberry.field(description="The sum.")


@strawberry.type(description="All clients' money in one currency over one period.")
class TotalRollForward:
    """Held against the ledger."""

    figures: RollForwardFigures = strawberry.field(description="The sum.")
    ledger: Money = strawberry.field(description="What the retainers' accounts held at the end.")
    difference: Money = strawberry.field(description="closing − ledger: zero when they tie.")


@strawberry.type(description="One period of the roll-forward.")
class DeferredRevenuePeriod:
    """Begins with what the one before ended with."""

    first_day: date = strawberry.field(description="Its first day.")
    last_day: date = strawberry.field(description="Its last day.")
    clients: list[ClientRollForward] = strawberry.field(description="By name and currency.")
    totals: list[TotalRollForward] = strawberry.field(description="One for each currency.")


@strawberry.type(description="Client money held, rolled forward period by period.")
class DeferredRevenue:
    """At most sixty periods."""

    known_at: datetime | None = strawberry.field(description="As recorded by this instant.")
    periods: list[DeferredRevenuePeriod] = strawberry.field(description="In their order.")
    csv_url: str = strawberry.field(description="The same as a file, for a quarter of an hour.")


@strawberry.type
class DeferredRevenueQuery:
    """Mixed into Query."""

    @strawberry.field(
        description="opening + received − earned − refunded ± transferred = closing, for each period. For every member."
    )
    async def deferred_revenue(
        self,
        info: Info,
        *,
        from_date: date,
        to_date: date,
        span: ReportSpan = ReportSpan.MONTH,
        known_at: datetime | None = None,
    ) -> DeferredRevenue:
        """Explained line by line, and held against the ledger."""
        found = await reports.deferred_revenue(
            info.context.actor,
            from_date=from_date,
            to_date=to_date,
            span=cast(reports.Span, span.value),
            known_at=known_at,
        )
        return DeferredRevenue(
            known_at=known_at,
            periods=[
                DeferredRevenuePeriod(
                    first_day=each.period.first,
                    last_day=each.period.last,
                    clients=[
                        ClientRollForward(
                            client_id=encode_id("Client", line.client_id),
                            client_name=line.client_name,
                            figures=RollForwardFigures(**_figures(line.roll)),
                        )
                        for line in each.clients
                    ],
                    totals=[
                        TotalRollForward(
                            figures=RollForwardFigures(**_figures(total.roll)),
                            ledger=money(total.ledger_minor, total.roll.currency),
                            difference=money(total.difference_minor, total.roll.currency),
                        )
                        for total in each.totals
                    ],
                )
                for each in found
            ],
            csv_url=csv_url(
                info,
                "deferred-revenue",
                **{"from": from_date, "to": to_date},
                span=span.value,
                knownAt=known_at,
            ),
        )
