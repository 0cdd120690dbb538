"""What a client may get back of an engagement's money, explained line by line from what is recorded."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from contracts import formats
from db.queries import engagements as engagement_queries
from db.queries import invoices as invoice_queries
from db.queries import refunds as queries
from db.queries import retainers as retainer_queries
from db.queries import scopes as scope_queries
from db.unit_of_work import UnitOfWork, read_only
from services.actor import MEMBERS, Actor
from services.invoices import numbers as invoice_numbers
from services.refunds.numbers import number_of
from services.retainers.papers import number_of as request_number_of
from services.rules import refunds as rules
from services.rules.errors import NotFound
from services.rules.kill_fees import KillFeeTerms, compute_kill_fee
from services.rules.money import divide_half_even

_WORDS: Final[dict[str, dict[str, Any]]] = {
    "en": {
        "requests": ("Request {}", "Requests {}"),
        "invoices": ("Invoice {}", "Invoices {}"),
        "accepted": "accepted, not invoiced yet: {}",
        "kill_fee": "{} of the fee not earned",
        "credit": "Agreed on invoice {} (refund {})",
        "refunds": ("Refund {}", "Refunds {}"),
        "limit": "Never below nothing, nor above what is left of what was paid",
    },
    "da": {
        "requests": ("Anmodning {}", "Anmodning {}"),
        "invoices": ("Faktura {}", "Faktura {}"),
        "accepted": "godkendt, endnu ikke faktureret: {}",
        "kill_fee": "{} af det ikke optjente honorar",
        "credit": "Aftalt på faktura {} (tilbagebetaling {})",
        "refunds": ("Tilbagebetaling {}", "Tilbagebetaling {}"),
        "limit": "Aldrig under nul og aldrig over resten af det betalte",
    },
}


@dataclass(frozen=True, slots=True)
class ExplainedLine:
    """One step: a signed amount, the sum so far, and where the figure comes from, in the engagement's language."""

    kind: str
    amount_minor: int
    running_minor: int
    note: str


@dataclass(frozen=True, slots=True)
class ExplainedEntitlement:
    """What may go back: the lines sum to `entitled_minor`, which is never above `refundable_minor`."""

    currency: str
    lines: tuple[ExplainedLine, ...]
    entitled_minor: int
    refundable_minor: int


@dataclass(frozen=True, slots=True)
class PaymentRefund:
    """A refund out of a payment that is being worked out: what of it was applied to the invoice becomes an agreed credit."""

    number: int
    invoice_number: str
    credited_minor: int


async def entitlement(actor: Actor, engagement_id: UUID) -> ExplainedEntitlement:
    """What the client may get back now, with every step explained. Raises `Forbidden`, `NotFound`."""
    actor.require(*MEMBERS)
    async with read_only(actor.scope()) as uow:
        engagement = await engagement_queries.engagement_by_id(uow, engagement_id)
        if engagement is None:
            raise NotFound("No engagement with this id.", field="engagementId")
        return await explain(uow, engagement)


async def explain(
    uow: UnitOfWork,
    engagement: Any,
    *,
    without: UUID | None = None,
    proposed: PaymentRefund | None = None,
) -> ExplainedEntitlement:
    """The entitlement from the rows: paid + deposited − earned − kill fee + credits − refunds (those under way included).

    Earned is what was invoiced, and what was accepted and not invoiced yet, both with tax and retention. A kill fee counts once
    the engagement is terminated; it is damages, so no tax is on it. A refund out of a payment is itself the agreement of a
    credit. `without` leaves a refund out of the earlier ones, `proposed` adds the credit of one out of a payment.
    """
    words = _WORDS[engagement["locale"]]
    retainers = await retainer_queries.retainers_of_engagements(uow, [engagement["id"]])
    requests = await retainer_queries.requests_of(uow, [row["id"] for row in retainers])
    invoices = await invoice_queries.invoices_of(uow, engagement["id"])
    payments = await invoice_queries.payments_of(uow, [row["id"] for row in invoices])
    earlier = [
        row for row in await queries.live_refunds_of(uow, engagement["id"]) if row["id"] != without
    ]
    numbers = {row["id"]: invoice_numbers.number_of(row) for row in invoices}
    accepted = await _accepted_unbilled(uow, engagement)
    paid_minor = sum(row["amount_minor"] for row in payments)
    invoiced_minor = sum(row["total_minor"] for row in invoices)
    kill_fee_minor = await _kill_fee(uow, engagement, invoices, accepted)
    credits = [
        rules.Credit(
            row["amount_minor"] - row["unapplied_minor"],
            words["credit"].format(invoice_numbers.number_of(row), number_of(row["number"])),
        )
        for row in earlier
        if row["payment_id"] is not None
    ]
    if proposed is not None:
        note = words["credit"].format(proposed.invoice_number, number_of(proposed.number))
        credits.append(rules.Credit(proposed.credited_minor, note))
    found = rules.compute_entitlement(
        paid_minor=paid_minor,
        deposited_minor=sum(
            row["deposited_minor"] + row["transferred_in_minor"] - row["transferred_out_minor"]
            for row in retainers
        ),
        earned_minor=max(
            0, invoiced_minor + sum(row["fee_minor"] + row["tax_minor"] for row in accepted)
        )
        + sum(row["earned_minor"] for row in retainers),
        kill_fee_minor=kill_fee_minor,
        credits=credits,
        refunded_minor=sum(row["amount_minor"] for row in earlier),
    )
    earned_notes = [
        _counted(words["invoices"], numbers.values()) if numbers else "",
        words["accepted"].format(_listed(row["item_key"] for row in accepted)) if accepted else "",
    ]
    notes = {
        rules.EntitlementKind.PAID: _counted(
            words["invoices"], dict.fromkeys(numbers[row["invoice_id"]] for row in payments)
        ),
        rules.EntitlementKind.DEPOSITED: _counted(
            words["requests"],
            (request_number_of(row["number"]) for row in requests if row["received_minor"]),
        ),
        rules.EntitlementKind.EARNED: "; ".join(note for note in earned_notes if note),
        rules.EntitlementKind.KILL_FEE: words["kill_fee"].format(
            formats.percent(engagement["kill_fee_bps"], engagement["locale"])
        ),
        rules.EntitlementKind.EARLIER_REFUND: _counted(
            words["refunds"], (number_of(row["number"]) for row in earlier)
        ),
        rules.EntitlementKind.LIMIT: words["limit"],
    }
    return ExplainedEntitlement(
        engagement["currency"],
        tuple(
            ExplainedLine(
                line.kind.value,
                line.amount_minor,
                line.running_minor,
                line.note or notes.get(line.kind, ""),
            )
            for line in found.lines
        ),
        found.entitled_minor,
        found.refundable_minor,
    )


def _counted(words: tuple[str, str], names: Iterable[str]) -> str:
    """The names behind their noun, which is singular for one."""
    every = list(names)
    return words[len(every) != 1].format(_listed(every))


def _listed(names: Iterable[str], most: int = 12) -> str:
    """The names in a row; of many only the first, so that a line stays a line."""
    every = list(names)
    return ", ".join(every[:most]) + (" …" if len(every) > most else "")


async def _accepted_unbilled(uow: UnitOfWork, engagement: Any) -> list[Any]:
    issued = {
        row["item_key"]
        for row in await invoice_queries.billed_lines(uow, engagement["id"])
        if row["status"] == "issued"
    }
    return [
        row
        for row in await scope_queries.billable_items(uow, engagement["id"])
        if row["acceptance_id"] and row["fee_minor"] and row["item_key"] not in issued
    ]


async def _kill_fee(
    uow: UnitOfWork, engagement: Any, invoices: list[Any], accepted: list[Any]
) -> int:
    version_id = engagement["current_scope_version_id"]
    if engagement["status"] != "terminated" or version_id is None:
        return 0
    version = await scope_queries.version_by_id(uow, version_id)
    assert version is not None
    fee_minor: int = max(0, version["fee_minor"])
    earned_minor = sum(row["net_minor"] for row in invoices) + sum(
        row["fee_minor"] for row in accepted
    )
    return compute_kill_fee(
        KillFeeTerms.flat(engagement["kill_fee_bps"]),
        total_fee_minor=fee_minor,
        earned_minor=min(max(0, earned_minor), fee_minor),
        paid_minor=settled_of_fee(invoices),
    ).amount_minor


def settled_of_fee(invoices: Iterable[Any]) -> int:
    """What was paid of the fee: the tax in each payment and drawdown taken out."""
    return sum(
        divide_half_even(
            (row["paid_minor"] + row["drawn_minor"]) * row["net_minor"], row["total_minor"]
        )
        for row in invoices
        if row["total_minor"]
    )
