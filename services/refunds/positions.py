"""All the rows that say how the money of one engagement stands, read together."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from db.queries import invoices as invoice_queries
from db.queries import kill_fees as kill_fee_queries
from db.queries import payments as payment_queries
from db.queries import refunds as queries
from db.queries import retainers as retainer_queries
from db.unit_of_work import UnitOfWork
from services import kill_fees
from services.kill_fees import WorkDone


@dataclass(frozen=True, slots=True)
class Position:
    """The rows behind every line of an entitlement. `ended` is how the contract ended, if it has."""

    engagement: Any
    ended: Any
    retainers: Sequence[Any]
    requests: Sequence[Any]
    invoices: Sequence[Any]
    payments: Sequence[Any]
    credit_notes: Sequence[Any]
    refunds: Sequence[Any]
    work: Sequence[WorkDone]
    kill_fee: Any
    kill_fee_entries: Sequence[Any]
    expected_kill_fee_minor: int
    """What the clause makes of it where the client has ended the contract and nothing was claimed yet."""

    @property
    def kill_fee_minor(self) -> int:
        """The kill fee as it counts: what was claimed and not waived, else what may be claimed."""
        if self.kill_fee is None:
            return self.expected_kill_fee_minor
        claimed: int = self.kill_fee["amount_minor"] - self.kill_fee["waived_minor"]
        return claimed

    @property
    def kill_fee_paid_minor(self) -> int:
        """What came in for the kill fee from outside the retainer."""
        return sum(row["amount_minor"] for row in self.kill_fee_entries if row["kind"] == "payment")

    @property
    def deposited_minor(self) -> int:
        """What came into the engagement's retainers, from the client or from others of its retainers."""
        return sum(
            row["deposited_minor"] + row["transferred_in_minor"] - row["transferred_out_minor"]
            for row in self.retainers
        )

    @property
    def paid_minor(self) -> int:
        """Payments of invoices, credit of other invoices used on them, and payments of the kill fee."""
        paid: int = (
            sum(row["amount_minor"] for row in self.payments)
            + sum(row["credit_applied_minor"] for row in self.invoices)
            + self.kill_fee_paid_minor
        )
        return paid

    @property
    def earned_minor(self) -> int:
        """Invoiced, done and not invoiced, and earned out of retainers by time or use; all with tax."""
        invoiced = sum(row["total_minor"] for row in self.invoices)
        done = sum(each.net_minor + each.tax_minor for each in self.work)
        earned: int = max(0, invoiced + done) + sum(row["earned_minor"] for row in self.retainers)
        return earned


async def position(uow: UnitOfWork, engagement: Any, *, without: UUID | None = None) -> Position:
    """How an engagement's money stands now; `without` leaves one refund out."""
    engagement_id = engagement["id"]
    is_ended = engagement["status"] == "terminated"
    ended = await kill_fee_queries.termination_of(uow, engagement_id) if is_ended else None
    ended_on = (ended["ends_on"] if ended else date.max) if is_ended else None
    retainers = await retainer_queries.retainers_of_engagements(uow, [engagement_id])
    invoices = await invoice_queries.invoices_of(uow, engagement_id)
    kill_fee = await kill_fee_queries.kill_fee_of(uow, engagement_id)
    expected_minor = 0
    # A contract that ended before anybody wrote down how is taken to have ended by the client.
    if ended_on is not None and kill_fee is None and (ended is None or kill_fees.is_owed(ended)):
        standing = await kill_fees.standing(uow, engagement, on=ended_on, invoices=invoices)
        expected_minor = kill_fees.explained(engagement, standing, on=ended_on).found.amount_minor
    return Position(
        engagement=engagement,
        ended=ended,
        retainers=retainers,
        requests=await retainer_queries.requests_of(uow, [row["id"] for row in retainers]),
        invoices=invoices,
        payments=await payment_queries.paid_towards(uow, engagement_id, engagement["currency"]),
        credit_notes=await queries.credit_notes_of(uow, engagement_id),
        refunds=[
            row for row in await queries.live_refunds_of(uow, engagement_id) if row["id"] != without
        ],
        work=await kill_fees.work_not_invoiced(uow, engagement, progress_on=ended_on),
        kill_fee=kill_fee,
        kill_fee_entries=(
            await kill_fee_queries.entries_of(uow, [kill_fee["id"]]) if kill_fee else ()
        ),
        expected_kill_fee_minor=expected_minor,
    )
