"""A refund before it is asked for: what limits it, what it is made of, and what it would do to the books."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from db.queries import refunds as queries
from db.unit_of_work import UnitOfWork, read_only
from services import engagements
from services.actor import MEMBERS, Actor
from services.refunds import requests, sources
from services.refunds.entitlements import ExplainedEntitlement, explain
from services.refunds.limits import limit_minor
from services.refunds.parts import Parts, parts_of, proposed_credit
from services.retainers import accounts as retainer_accounts
from services.rules import refunds as rules
from services.rules.errors import DomainError
from services.rules.ledger import AccountCode
from services.rules.money import Money
from services.rules.movements import check_amount, check_currency


@dataclass(frozen=True, slots=True)
class LedgerEffect:
    """One line of the entry that paying it out would make; debit positive, minor units."""

    account: AccountCode
    amount_minor: int


@dataclass(frozen=True, slots=True)
class RefundPreview:
    """What a refund would be. Nothing is set aside by looking.

    `left_minor` is what is left of the source, `tax_minor` the tax inside, `unapplied_minor` what never was applied to an invoice.
    `refusals` say why it would be refused now; none means it would be taken.
    """

    entitlement: ExplainedEntitlement
    left_minor: int
    unapplied_minor: int
    net_minor: int
    tax_minor: int
    needs_second_person: bool
    limit_minor: int | None
    effects: tuple[LedgerEffect, ...]
    refusals: tuple[DomainError, ...]


async def preview_refund(
    actor: Actor,
    *,
    retainer_id: UUID | None = None,
    payment_id: UUID | None = None,
    credit_note_id: UUID | None = None,
    amount: Money,
    today: date,
) -> RefundPreview:
    """Look at a refund without asking for it. `needs_second_person` is told for the one who looks.

    Raises `Forbidden`, `NotFound`, `InvalidInput` (SOURCE_INVALID, AMOUNT_…), `RuleViolation` (CURRENCY_MISMATCH).
    """
    actor.require(*MEMBERS)
    check_amount(amount)
    ids = sources.SourceIds(retainer_id, payment_id, credit_note_id)
    async with read_only(actor.scope()) as uow:
        source = await sources.found(uow, ids)
        check_currency(amount, source["currency"])
        return await _preview(uow, actor, source, amount, today)


async def _preview(
    uow: UnitOfWork, actor: Actor, source: Any, amount: Money, today: date
) -> RefundPreview:
    engagement = await engagements.found(uow, source["engagement_id"])
    refusals: list[DomainError] = []
    parts = Parts()
    try:
        requests.check_cap(source, amount.amount_minor)
        parts = await parts_of(uow, source, amount.amount_minor, without=None)
    except DomainError as refusal:
        refusals.append(refusal)
    number = await queries.last_number(uow) + 1
    found = await explain(
        uow, engagement, proposed=await proposed_credit(uow, source, amount, parts, number)
    )
    try:
        requests.check_entitlement(found, amount)
    except DomainError as refusal:
        refusals.append(refusal)
    effects = await _effects(uow, source, amount.amount_minor, parts, today)
    tax_minor = sum(each.amount_minor for each in effects if each.account == "tax_payable")
    limit, alone_minor = await limit_minor(uow, amount.currency), 0
    if actor.member_id is not None:
        alone_minor = await queries.approved_alone_minor(
            uow, engagement["id"], actor.member_id, without=engagement["id"]
        )
    return RefundPreview(
        entitlement=found,
        left_minor=max(0, sources.left(source)),
        unapplied_minor=parts.unapplied_minor,
        net_minor=amount.amount_minor - parts.unapplied_minor - tax_minor,
        tax_minor=tax_minor,
        needs_second_person=rules.needs_second_person(
            amount.amount_minor, limit_minor=limit, alone_minor=alone_minor
        ),
        limit_minor=limit,
        effects=effects,
        refusals=tuple(refusals),
    )


async def _effects(
    uow: UnitOfWork, source: Any, amount_minor: int, parts: Parts, today: date
) -> tuple[LedgerEffect, ...]:
    """The lines that `settle_refund` would post today."""
    lines: tuple[tuple[AccountCode, int], ...]
    if sources.is_retainer(source):
        held_minor = max(0, sources.left(source))
        tax_minor = await retainer_accounts.tax_in_part(
            uow, source, min(amount_minor, held_minor), on=today
        )
        lines = (
            ("retainer_liability", amount_minor),
            ("tax_payable", tax_minor),
            ("deposit_tax", -tax_minor),
        )
    elif sources.is_payment(source):
        lines = (
            ("unapplied_receipts", parts.unapplied_minor),
            ("refunds", amount_minor - parts.unapplied_minor - parts.tax_minor),
            ("tax_payable", parts.tax_minor),
        )
    else:
        lines = (("client_credit", amount_minor),)
    every = (*lines, ("bank", -amount_minor))
    return tuple(LedgerEffect(code, minor) for code, minor in every if minor)
