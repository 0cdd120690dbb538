"""What a client may get back of an engagement's money, explained line by line from what is recorded."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from contracts import formats
from db.queries import engagements as engagement_queries
from db.unit_of_work import UnitOfWork, read_only
from services.actor import MEMBERS, Actor
from services.engagements import kill_fee_terms
from services.invoices import numbers as invoice_numbers
from services.refunds.numbers import number_of
from services.refunds.positions import Position, position
from services.retainers import papers
from services.rules import refunds as rules
from services.rules.errors import NotFound
from services.rules.money import BPS

_WORDS: Final[dict[str, dict[str, Any]]] = {
    "en": {
        "locale": "en",
        "requests": ("Request {}", "Requests {}"),
        "invoices": ("Invoice {}", "Invoices {}"),
        "accepted": "accepted, not invoiced yet: {}",
        "begun": "done when the contract ended: {}",
        "kill_fee": "{} of the fee not earned",
        "credit_note": "Credit note {}, of which {} is kept for later work",
        "credit_note_whole": "Credit note {}",
        "credit": "Agreed on invoice {} (refund {})",
        "refunds": ("Refund {}", "Refunds {}"),
        "limit": "Never below nothing, nor above what is left of what was paid",
    },
    "da": {
        "locale": "da",
        "requests": ("Anmodning {}", "Anmodning {}"),
        "invoices": ("Faktura {}", "Faktura {}"),
        "accepted": "godkendt, endnu ikke faktureret: {}",
        "begun": "udført, da kontrakten ophørte: {}",
        "kill_fee": "{} af det ikke optjente honorar",
        "credit_note": "Kreditnota {}, hvoraf {} beholdes til senere arbejde",
        "credit_note_whole": "Kreditnota {}",
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

    Earned is what was invoiced, and what was accepted and not invoiced yet, both with tax and retention; once the contract has
    ended also what was done until then. A kill fee counts from the end on; it is damages, so no tax is on it. A refund out of a
    payment is itself the agreement of a credit; one out of a credit note is not, for the note is. `without` leaves a refund out of the earlier ones, `proposed` adds the credit of one out of a payment.
    """
    money = await position(uow, engagement, without=without)
    words = _WORDS[engagement["locale"]]
    credits = credits_of(money, words)
    if proposed is not None:
        note = words["credit"].format(proposed.invoice_number, number_of(proposed.number))
        credits.append(rules.Credit(proposed.credited_minor, note))
    found = rules.compute_entitlement(
        paid_minor=money.paid_minor,
        deposited_minor=money.deposited_minor,
        earned_minor=money.earned_minor,
        kill_fee_minor=money.kill_fee_minor,
        credits=credits,
        refunded_minor=sum(row["amount_minor"] for row in money.refunds),
    )
    notes = _notes(money, words)
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


def credits_of(money: Position, words: Mapping[str, Any]) -> list[rules.Credit]:
    """Agreed credits: what credit notes take back (less what the client keeps for later), and refunds out of payments."""
    notes = [
        rules.Credit(
            row["total_minor"] - row["kept_minor"],
            words["credit_note"].format(
                invoice_numbers.number_of(row),
                formats.money(papers.money(row["kept_minor"], row["currency"]), words["locale"]),
            )
            if row["kept_minor"]
            else words["credit_note_whole"].format(invoice_numbers.number_of(row)),
        )
        for row in money.credit_notes
    ]
    return notes + [
        rules.Credit(
            row["amount_minor"] - row["unapplied_minor"],
            words["credit"].format(invoice_numbers.number_of(row), number_of(row["number"])),
        )
        for row in money.refunds
        if row["payment_id"] is not None
    ]


def _notes(money: Position, words: Mapping[str, Any]) -> dict[rules.EntitlementKind, str]:
    numbers = {row["id"]: invoice_numbers.number_of(row) for row in money.invoices}
    accepted = [each.item_key for each in money.work if each.progress_bps == BPS]
    begun = [
        f"{each.item_key} {formats.percent(each.progress_bps, words['locale'])}"
        for each in money.work
        if each.progress_bps != BPS
    ]
    earned = [
        _counted(words["invoices"], numbers.values()) if numbers else "",
        words["accepted"].format(_listed(accepted)) if accepted else "",
        words["begun"].format(_listed(begun)) if begun else "",
    ]
    return {
        rules.EntitlementKind.PAID: _counted(
            words["invoices"],
            dict.fromkeys(
                numbers[row["invoice_id"]] for row in money.payments if row["invoice_id"]
            ),
        ),
        rules.EntitlementKind.DEPOSITED: _counted(
            words["requests"],
            (papers.number_of(row["number"]) for row in money.requests if row["received_minor"]),
        ),
        rules.EntitlementKind.EARNED: "; ".join(note for note in earned if note),
        rules.EntitlementKind.KILL_FEE: words["kill_fee"].format(_kill_fee_rate(money, words)),
        rules.EntitlementKind.EARLIER_REFUND: _counted(
            words["refunds"], (number_of(row["number"]) for row in money.refunds)
        ),
        rules.EntitlementKind.LIMIT: words["limit"],
    }


def _kill_fee_rate(money: Position, words: Mapping[str, Any]) -> str:
    """The share that counts: as claimed, else that of every stage of the clause."""
    if money.kill_fee is not None:
        rates = [money.kill_fee["rate_bps"]]
    else:
        rates = [stage.rate_bps for stage in kill_fee_terms(money.engagement).stages]
    return " / ".join(formats.percent(rate, words["locale"]) for rate in rates)


def _counted(words: tuple[str, str], names: Iterable[str]) -> str:
    """The names behind their noun, which is singular for one."""
    every = list(names)
    return words[len(every) != 1].format(_listed(every))


def _listed(names: Iterable[str], most: int = 12) -> str:
    """The names in a row; of many only the first, so that a line stays a line."""
    every = list(names)
    return ", ".join(every[:most]) + (" …" if len(every) > most else "")
