"""How far an engagement's fee is earned and paid, and what its kill fee would be."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from db.queries import invoices as invoice_queries
from db.queries import scopes as scope_queries
from db.unit_of_work import UnitOfWork
from services.engagements import kill_fee_terms
from services.progress_readings import progress_as_of
from services.rules.kill_fees import KillFee, compute_kill_fee
from services.rules.money import divide_half_even, share


@dataclass(frozen=True, slots=True)
class WorkDone:
    """An item, or the part of one, that is done and on no issued invoice: its fee and the tax on it."""

    item_key: str
    progress_bps: int
    net_minor: int
    tax_minor: int


@dataclass(frozen=True, slots=True)
class FeeStanding:
    """An engagement's fee, what is earned of it and what of it is paid; net of tax."""

    fee_minor: int
    earned_minor: int
    paid_minor: int


@dataclass(frozen=True, slots=True)
class ProposedKillFee:
    """The kill fee as of a date, with what it was worked out from."""

    on: date
    currency: str
    standing: FeeStanding
    found: KillFee
    cost_entry_ids: tuple[UUID, ...] = ()


async def work_not_invoiced(
    uow: UnitOfWork, engagement: Any, *, progress_on: date | None = None
) -> list[WorkDone]:
    """What is accepted and not on an issued invoice; with `progress_on` also what was done by then and is not accepted yet.

    While the work goes on only what is accepted counts; when the contract ends, the work done until then does.
    """
    issued = {
        row["item_key"]
        for row in await invoice_queries.billed_lines(uow, engagement["id"])
        if row["status"] == "issued"
    }
    progress = (
        {} if progress_on is None else await progress_as_of(uow, engagement["id"], progress_on)
    )
    found = []
    for row in await scope_queries.billable_items(uow, engagement["id"]):
        known = progress.get(row["item_key"])
        done_bps = 10_000 if row["acceptance_id"] else known.percent_complete_bps if known else 0
        if done_bps and row["fee_minor"] and row["item_key"] not in issued:
            found.append(
                WorkDone(
                    row["item_key"],
                    done_bps,
                    share(row["fee_minor"], done_bps),
                    share(row["tax_minor"], done_bps),
                )
            )
    return found


async def standing(
    uow: UnitOfWork, engagement: Any, *, on: date, invoices: Sequence[Any] | None = None
) -> FeeStanding:
    """What is earned (invoiced less credited, or done by `on` and not invoiced) and paid of the current scope's fee.

    All nothing before there is a scope.
    """
    version_id = engagement["current_scope_version_id"]
    version = await scope_queries.version_by_id(uow, version_id) if version_id else None
    if version is None:
        return FeeStanding(0, 0, 0)
    if invoices is None:
        invoices = await invoice_queries.invoices_of(uow, engagement["id"])
    done = await work_not_invoiced(uow, engagement, progress_on=on)
    return FeeStanding(
        max(0, version["fee_minor"]),
        sum(_net_left(row) for row in invoices) + sum(each.net_minor for each in done),
        settled_of_fee(invoices),
    )


def explained(
    engagement: Any,
    found: FeeStanding,
    *,
    on: date,
    costs_minor: int = 0,
    cost_entry_ids: tuple[UUID, ...] = (),
) -> ProposedKillFee:
    """What the clause makes of a standing. `costs_minor` are costs that cannot be recovered; they lift the cap."""
    earned_minor = min(max(0, found.earned_minor), found.fee_minor)
    paid_minor = max(0, found.paid_minor)
    return ProposedKillFee(
        on,
        engagement["currency"],
        FeeStanding(found.fee_minor, earned_minor, paid_minor),
        compute_kill_fee(
            kill_fee_terms(engagement),
            total_fee_minor=found.fee_minor,
            earned_minor=earned_minor,
            paid_minor=paid_minor,
            costs_minor=costs_minor,
        ),
        cost_entry_ids,
    )


def is_owed(ended: Any) -> bool:
    """Whether the client gave notice: only then is a kill fee owed (see the clause)."""
    return ended is not None and (ended["kind"], ended["party"]) == ("notice", "client")


def settled_of_fee(invoices: Iterable[Any]) -> int:
    """What was paid of the fee, with the tax taken out; what a credit note took back of it is not."""
    return sum(
        divide_half_even(_paid(row) * row["net_minor"], row["total_minor"])
        for row in invoices
        if row["total_minor"]
    )


def _paid(invoice: Any) -> int:
    back: int = (
        invoice["credited_total_minor"]
        - invoice["credited_minor"]
        - invoice["credited_retention_minor"]
    )
    paid: int = invoice["paid_minor"] + invoice["drawn_minor"] + invoice["credit_applied_minor"]
    return paid - back


def _net_left(invoice: Any) -> int:
    """An invoice's net amount less what of it was credited."""
    left_minor = invoice["total_minor"] - invoice["credited_total_minor"]
    if not invoice["total_minor"]:
        return 0
    return divide_half_even(left_minor * invoice["net_minor"], invoice["total_minor"])
