"""The interest on one invoice: its law from the engagement, its rate from the contract, its payments from the books.

Without a late payment clause the governing law's own interest runs. With one, the clause's reference rate and its points count,
or its fixed rate; the governing law still gives the fixed sum unless the clause names one. Interest runs on the invoice alone:
what was charged for delay is never part of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from db.queries import dunning as queries
from db.queries import engagements as engagement_queries
from db.queries import invoices as invoice_queries
from db.unit_of_work import UnitOfWork, read_only
from services import engagements
from services.actor import MEMBERS, Actor
from services.late_interest.practice_rates import rates_for
from services.rules.errors import InvalidInput, NotFound, RuleViolation
from services.rules.late_interest import (
    LateDebt,
    LateInterest,
    Law,
    PartPayment,
    compute_late_interest,
    fixed_sum,
)
from services.rules.money import Money

GOVERNING: Final = {"DK": Law.DK, "DE": Law.DE, "IE": Law.IE, "NL": Law.EU, "GB-EAW": Law.UK}
"""The law of interest by governing law. Swedish and Norwegian reference rates are in no table yet, so they are refused."""
_BASES: Final = {
    "danmarks_nationalbank": Law.DK,
    "ecb": Law.EU,
    "bank_of_england": Law.UK,
    "fixed": Law.CONTRACT,
}


@dataclass(frozen=True)
class Claim:
    """The interest on an invoice through a day, explained, and the fixed sum that may be claimed beside it."""

    invoice: Any
    governing_law: str
    is_by_contract: bool
    found: LateInterest
    fixed_sum: Money | None


async def late_interest(actor: Actor, invoice_id: UUID, until: date) -> Claim:
    """The interest on an invoice through a day, which may be to come as far as the rates are known.

    Raises `Forbidden`, `NotFound`, `RuleViolation` (INVOICE_NOT_ISSUED), `InvalidInput` (LAW_UNKNOWN, RATE_UNKNOWN and what
    `LateDebt` raises).
    """
    actor.require(*MEMBERS)
    async with read_only(actor.scope()) as uow:
        invoice = await invoice_queries.invoice_by_id(uow, invoice_id)
        if invoice is None:
            raise NotFound("No invoice with this id.", field="invoiceId")
        return await claim_on(uow, invoice, until)


async def claim_on(uow: UnitOfWork, invoice: Any, until: date) -> Claim:
    """The same in the caller's unit of work, of an invoice's row. Raises what `late_interest` raises."""
    if invoice["status"] != "issued":
        raise RuleViolation("The invoice is not issued.", code="INVOICE_NOT_ISSUED")
    engagement: Any = await engagement_queries.engagement_by_id(uow, invoice["engagement_id"])
    late = engagements.clauses_of(engagement).late_payment
    governing = GOVERNING.get(engagement["law"])
    law = _BASES[late.basis] if late else governing
    if law is None:
        raise InvalidInput(
            f"No statutory rate is known for the law of {engagement['law']}.",
            code="LAW_UNKNOWN",
            field="law",
        )
    settled = await queries.settlements_of(uow, [invoice["id"]])
    debt = LateDebt(
        law=law,
        principal=Money(invoice["payable_minor"], invoice["currency"]),
        due_on=invoice["due_date"],
        until=until,
        contract_bps=late.rate_bps if late and law is Law.CONTRACT else None,
        agreed_points_bps=late.rate_bps if late and law is not Law.CONTRACT else None,
        payments=_until(settled, until, invoice),
    )
    found = compute_late_interest(debt, await rates_for(uow, law))
    compensation = None
    if found.steps and late and late.compensation_minor:
        compensation = Money(late.compensation_minor, invoice["currency"])
    elif found.steps and governing is not None:
        compensation = fixed_sum(debt, governing)
    return Claim(invoice, engagement["law"], late is not None, found, compensation)


def _until(settled: Sequence[Any], until: date, invoice: Any) -> tuple[PartPayment, ...]:
    """What had come by a day, up to what was due: the rest of it paid what was retained."""
    left_minor, payments = invoice["payable_minor"], []
    for row in settled:
        part_minor = min(row["amount_minor"], left_minor)
        if row["on"] <= until and part_minor:
            payments.append(PartPayment(row["on"], Money(part_minor, invoice["currency"])))
            left_minor -= part_minor
    return tuple(payments)
