"""A signed engagement with money on it: DKK 100 000 net, 125 000 with tax, of which a third is 41 666.67."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from db.queries import invoices as invoice_queries
from db.queries import payments as payment_queries
from db.queries import refunds as refund_queries
from db.queries import retainers as retainer_queries
from db.unit_of_work import read_only
from services import acceptances, invoices, ledger, payments, refunds, retainers
from services.practices import PracticeDetails, update_practice
from services.rules.money import Money
from tests.factories.engagements import Case, a_signed_engagement
from tests.factories.practices import NOW


def dkk(kroner: int, oere: int = 0) -> Money:
    """Kroner and øre."""
    return Money(kroner * 100 + oere, "DKK")


def noon(day: date) -> datetime:
    """The instant at which things of that day are recorded."""
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


MARCH = {day: date(2026, 3, day) for day in range(1, 32)}


async def a_billable_engagement(**changes: Any) -> Case:
    """The small scope, signed, and a practice that can be paid."""
    case = await a_signed_engagement(**changes)
    await update_practice(
        case.actor,
        PracticeDetails(
            name="Nordlys Studio",
            legal_name="Nordlys Studio ApS",
            country="DK",
            currency="DKK",
            locale="da",
            timezone="Europe/Copenhagen",
            assistant_name="Sofie Holm",
            bank_account="Nordbanken 3409 0012345678",
        ),
        expected_version=1,
        now=NOW,
    )
    return replace(case)


async def ask(case: Case, *, on: date = MARCH[2], **values: Any) -> UUID:
    """A request for a deposit."""
    return await retainers.request_deposit(
        case.actor,
        case.engagement_id,
        **{"idempotency_key": case.key(), "today": on, "now": noon(on), **values},
    )


async def deposit(
    case: Case, request_id: UUID, amount: Money, *, on: date = MARCH[3], **values: Any
) -> UUID:
    """A deposit that came in."""
    return await retainers.record_deposit(
        case.actor,
        request_id,
        **{
            "amount": amount,
            "received_on": on,
            "bank_reference": "R-0001",
            "idempotency_key": case.key(),
            "today": on,
            "now": noon(on),
            **values,
        },
    )


async def a_funded_retainer(case: Case, amount: Money | None = None) -> UUID:
    """A retainer that holds a third of the total, or what is given."""
    request_id = await ask(case, amount=amount)
    await deposit(case, request_id, amount or dkk(41_666, 67))
    return (await request_row(case, request_id))["retainer_id"]


async def accept(case: Case, item_key: str = "design", *, on: date = MARCH[6]) -> None:
    """The client's word that an item is delivered."""
    await acceptances.accept_item(
        case.actor,
        case.engagement_id,
        item_key,
        accepted_on=on,
        note="By telephone",
        now=noon(on),
        today=on,
    )


async def draft(case: Case, *, on: date = MARCH[9], **values: Any) -> UUID:
    """A draft of what is accepted."""
    return await invoices.draft_invoice(
        case.actor,
        case.engagement_id,
        **{"idempotency_key": case.key(), "today": on, "now": noon(on), **values},
    )


async def issue(case: Case, invoice_id: UUID, *, on: date = MARCH[9], **values: Any) -> UUID:
    """A draft, issued."""
    return await invoices.issue_invoice(
        case.actor,
        invoice_id,
        **{
            "expected_version": 1,
            "idempotency_key": case.key(),
            "today": on,
            "now": noon(on),
            **values,
        },
    )


async def an_issued_invoice(case: Case, item_key: str = "design", *, on: date = MARCH[9]) -> UUID:
    """An invoice for one accepted item: the design is DKK 50 000 with tax, the build 75 000."""
    await accept(case, item_key, on=on)
    return await issue(case, await draft(case, item_keys=[item_key], on=on), on=on)


async def draw(
    case: Case,
    retainer_id: UUID,
    invoice_id: UUID,
    amount: Money | None,
    *,
    on: date = MARCH[9],
    **values: Any,
) -> UUID:
    """Retainer money onto an invoice."""
    return await retainers.drawdown(
        case.actor,
        retainer_id,
        invoice_id,
        **{
            "amount": amount,
            "on": on,
            "idempotency_key": case.key(),
            "today": on,
            "now": noon(on),
            **values,
        },
    )


async def pay(
    case: Case, invoice_id: UUID, amount: Money, *, on: date = MARCH[17], **values: Any
) -> UUID:
    """A payment of an invoice."""
    return await payments.record_payment(
        case.actor,
        invoice_id,
        **{
            "amount": amount,
            "received_on": on,
            "bank_reference": "2026-0001",
            "idempotency_key": case.key(),
            "today": on,
            "now": noon(on),
            **values,
        },
    )


async def ask_back(case: Case, amount: Money, *, on: date = MARCH[20], **values: Any) -> UUID:
    """A request for a refund; give `retainer_id` or `payment_id`."""
    return await refunds.request_refund(
        case.actor,
        **{
            "amount": amount,
            "reason": "The client needs less than was planned.",
            "idempotency_key": case.key(),
            "today": on,
            "now": noon(on),
            **values,
        },
    )


async def approve(case: Case, refund_id: UUID, *, on: date = MARCH[23], **values: Any) -> UUID:
    """A refund, approved."""
    return await refunds.approve_refund(
        case.actor,
        refund_id,
        **{
            "expected_version": 1,
            "idempotency_key": case.key(),
            "today": on,
            "now": noon(on),
            **values,
        },
    )


async def settle(case: Case, refund_id: UUID, *, on: date = MARCH[24], **values: Any) -> UUID:
    """An approved refund, paid out."""
    return await refunds.settle_refund(
        case.actor,
        refund_id,
        **{
            "settled_on": on,
            "bank_reference": "RF-0001",
            "expected_version": 2,
            "idempotency_key": case.key(),
            "today": on,
            "now": noon(on),
            **values,
        },
    )


async def request_row(case: Case, request_id: UUID) -> Any:
    """A request as it is stored."""
    async with read_only(case.actor.scope()) as uow:
        return await retainer_queries.request_by_id(uow, request_id)


async def retainer_row(case: Case, retainer_id: UUID) -> Any:
    """A retainer as it is stored."""
    async with read_only(case.actor.scope()) as uow:
        return await retainer_queries.retainer_by_id(uow, retainer_id)


async def invoice_row(case: Case, invoice_id: UUID) -> Any:
    """An invoice as it is stored."""
    async with read_only(case.actor.scope()) as uow:
        return await invoice_queries.invoice_by_id(uow, invoice_id)


async def payment_row(case: Case, payment_id: UUID) -> Any:
    """A payment as it is stored."""
    async with read_only(case.actor.scope()) as uow:
        return await payment_queries.payment_by_id(uow, payment_id)


async def refund_row(case: Case, refund_id: UUID) -> Any:
    """A refund as it is stored."""
    async with read_only(case.actor.scope()) as uow:
        return await refund_queries.refund_by_id(uow, refund_id)


async def books(case: Case) -> dict[str, int]:
    """Every account code with its net balance, debit positive, in minor units; and the books are sound."""
    async with read_only(case.actor.scope()) as uow:
        found = await ledger.trial_balance(uow)
        assert await ledger.verify(uow) == ()
    assert all(debit == credit for debit, credit in found.totals.values())
    return {line.code: line.debit_minor - line.credit_minor for line in found.lines}
