"""A retainer's row under its lock, and its accounts in the ledger: what it holds, and the tax that was due on receipt.

The liability holds the whole amount with its tax, since that is what the practice owes the client. Tax that was due on receipt
stands beside it: Dr deposit tax / Cr tax payable when the money comes in, and the other way round in proportion when it is drawn,
earned or goes back. So the invoice carries the whole tax of the work, and the practice pays it once.
"""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from uuid import UUID

import asyncpg

from db.queries import retainers as queries
from db.tables.retainers import Retainer
from db.unit_of_work import UnitOfWork
from services import ledger
from services.ledger import Line
from services.rules import retainers as rules
from services.rules.errors import NotFound, RuleViolation, Stale
from services.rules.money import Money


async def locked(
    uow: UnitOfWork, retainer_id: UUID, *, field: str = "retainerId", expected: int | None = None
) -> asyncpg.Record:
    """The retainer under its lock, at the version the caller saw where one is given. Raises `NotFound`, `Stale` (STALE_VERSION)."""
    retainer = await queries.lock_retainer(uow, retainer_id)
    if retainer is None:
        raise NotFound("No retainer with this id.", field=field)
    if expected is not None and retainer["version"] != expected:
        raise Stale(
            "The retainer was changed meanwhile.",
            code="STALE_VERSION",
            field="expectedVersion",
            current_version=retainer["version"],
        )
    return retainer


def require_active(retainer: Any, field: str = "retainerId") -> None:
    """Raise `RuleViolation` (RETAINER_NOT_ACTIVE) unless money is in the retainer and nobody is closing it."""
    if retainer["status"] != "active":
        raise RuleViolation(
            f"This retainer is {retainer['status']}.", code="RETAINER_NOT_ACTIVE", field=field
        )


async def change(uow: UnitOfWork, retainer: Any, values: dict[Any, Any], now: datetime) -> None:
    """Write these columns of a locked retainer, and count its version."""
    await Retainer.update({**values, "version": retainer["version"] + 1, "updated_at": now}).where(
        Retainer.tenant_id == uow.tenant_id, Retainer.id == retainer["id"]
    )


async def liability(uow: UnitOfWork, retainer: Any, now: datetime) -> ledger.Account:
    """The account of what the retainer holds."""
    return await ledger.account_for(
        uow,
        "retainer_liability",
        retainer["currency"],
        subject_id=retainer["id"],
        client_id=retainer["client_id"],
        now=now,
    )


async def available(uow: UnitOfWork, retainer: Any, *, on: date) -> int:
    """What may be taken from a locked retainer with this effective date: what is free of it now, and there on every date since."""
    found = await ledger.balances(uow, codes=["retainer_liability"], subject_ids=[retainer["id"]])
    if not found:
        return 0
    there_minor = await ledger.available(uow, found[0].account.id, on=on)
    return max(0, min(rules.free_minor(retainer), there_minor))


async def tax_in_part(uow: UnitOfWork, retainer: Any, amount_minor: int, *, on: date) -> int:
    """The tax on receipt in an amount that leaves a locked retainer; nothing where none was due."""
    if not retainer["is_taxed_on_receipt"]:
        return 0
    found = {
        each.account.code: each
        for each in await ledger.balances(
            uow, codes=["retainer_liability", "deposit_tax"], subject_ids=[retainer["id"]]
        )
    }
    if "deposit_tax" not in found:
        return 0
    taxes = found["deposit_tax"]
    tax_minor = rules.tax_of_part(
        amount_minor,
        held_minor=found["retainer_liability"].natural_minor,
        tax_held_minor=taxes.natural_minor,
        tax_bps=retainer["tax_bps"],
    )
    # Each deposit was rounded by itself, so on an earlier date there may be an øre less than the proportion says.
    return min(tax_minor, await ledger.available(uow, taxes.account.id, on=on))


async def tax_lines(
    uow: UnitOfWork, retainer: Any, tax_minor: int, now: datetime
) -> tuple[Line, ...]:
    """Dr deposit tax / Cr tax payable for tax that is due on receipt; the other way round for a negative amount, nothing for zero."""
    if not tax_minor:
        return ()
    currency = retainer["currency"]
    held = await ledger.account_for(
        uow,
        "deposit_tax",
        currency,
        subject_id=retainer["id"],
        client_id=retainer["client_id"],
        now=now,
    )
    payable = await ledger.account_for(uow, "tax_payable", currency, now=now)
    tax = Money(tax_minor, currency)
    return Line(held.id, tax), Line(payable.id, -tax)


async def tax_back_lines(
    uow: UnitOfWork, retainer: Any, amount_minor: int, *, on: date, now: datetime
) -> tuple[Line, ...]:
    """Dr tax payable / Cr deposit tax for the tax on receipt in an amount that leaves a locked retainer."""
    tax_minor = await tax_in_part(uow, retainer, amount_minor, on=on)
    return await tax_lines(uow, retainer, -tax_minor, now)


def merged(lines: Iterable[Line]) -> tuple[Line, ...]:
    """One line for each account; none where its amounts cancel out."""
    sums: dict[UUID, Money] = {}
    for line in lines:
        sums[line.account_id] = (
            sums[line.account_id] + line.amount if line.account_id in sums else line.amount
        )
    return tuple(Line(account, amount) for account, amount in sums.items() if amount.amount_minor)
