"""Bugs to plant: in the server's own code before it starts, and in the database once it is up. Each must be caught.

They are the bugs that such systems have had: the key that is claimed too late, the cap that nobody checks, the floor that is
not there, the entry that does not balance, the period closed up to but not including its last day, and the lost update.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import asyncpg

from services.rules.money import Money


@dataclass(frozen=True)
class Plant:
    """One bug: what it does to the code of the server, and to the database."""

    patch: Callable[[], None]
    spoil: Callable[[asyncpg.Connection], Any]


async def _nothing(_: asyncpg.Connection) -> None:
    return


def _late_idempotency() -> None:
    """The key is written when all is done, so a twin, and whoever asks again, has the effect once more."""
    import services.idempotency as idempotency

    async def once(uow: Any, *, effect: Any, **_: Any) -> Any:
        return await effect()

    idempotency.once = once  # type: ignore[assignment]


def _no_refund_cap() -> None:
    import services.refunds.requests as requests

    requests.check_cap = lambda *_: None  # type: ignore[attr-defined]
    requests.check_entitlement = lambda *_: None  # type: ignore[attr-defined]


async def _drop_refund_cap(owner: asyncpg.Connection) -> None:
    await owner.execute(
        "alter table payment drop constraint payment_refund_cap; alter table refund drop constraint refund_within"
    )


def _no_floor() -> None:
    import services.retainers.movements as movements

    async def available(uow: Any, retainer: Any, *, on: Any) -> int:
        return 10**12

    movements.available = available  # type: ignore[assignment]


async def _drop_floor(owner: asyncpg.Connection) -> None:
    await owner.execute(
        """
        alter table retainer drop constraint retainer_holds;
        alter table ledger_account drop constraint ledger_account_floor;
        alter table ledger_day_balance drop constraint ledger_day_balance_floor
        """
    )
    await _rewrite(owner, "post_journal", "if account.floor_minor is not null and", "if false and")


def _unbalanced() -> None:
    """Now and then a credit is one øre short."""
    from services.rules import ledger

    honest = ledger.Line.credit.__func__  # type: ignore[attr-defined]
    count = 0

    def credit(cls: Any, account_id: Any, amount: Money) -> Any:
        nonlocal count
        count += 1
        short = (
            amount - Money(1, amount.currency)
            if count % 5 == 0 and amount.amount_minor > 1
            else amount
        )
        return honest(cls, account_id, short)

    ledger.Line.credit = classmethod(credit)  # type: ignore[assignment,method-assign]
    ledger.sums_by_currency = lambda _: {}  # type: ignore[assignment]


async def _drop_balance(owner: asyncpg.Connection) -> None:
    await _rewrite(owner, "post_journal", "having sum(l.amount) <> 0", "having false")
    for row in await owner.fetch(
        "select tgname, tgrelid::regclass::text as t from pg_trigger where tgfoid = 'ledger_check_balanced'::regproc"
    ):
        await owner.execute(f"drop trigger {row['tgname']} on {row['t']}")


async def _off_by_one(owner: asyncpg.Connection) -> None:
    await _rewrite(
        owner, "post_journal", "p_effective_date <= head.closed_through", "p_effective_date < head.closed_through"
    )  # fmt: skip


def _lost_update() -> None:
    """The rows that hold the limits are read without their locks."""
    from db.queries import invoices, retainers

    async def unlocked_retainer(uow: Any, retainer_id: Any) -> Any:
        return await uow.fetchrow(
            "select * from retainer where tenant_id = $1 and id = $2", uow.tenant_id, retainer_id
        )

    async def unlocked_invoice(uow: Any, invoice_id: Any) -> Any:
        return await uow.fetchrow(
            "select * from invoice where tenant_id = $1 and id = $2", uow.tenant_id, invoice_id
        )

    retainers.lock_retainer = unlocked_retainer
    invoices.lock_invoice = unlocked_invoice


async def _rewrite(owner: asyncpg.Connection, function: str, what: str, by: str) -> None:
    """Replace a piece of a function's text, which must be there once."""
    text: str = await owner.fetchval("select pg_get_functiondef($1::regproc)", function)
    assert text.count(what) == 1, f"{function} no longer says: {what}"
    await owner.execute(text.replace(what, by))


def _no_patch() -> None:
    return


PLANTS: dict[str, Plant] = {
    "late_idempotency": Plant(_late_idempotency, _nothing),
    "no_refund_cap": Plant(_no_refund_cap, _drop_refund_cap),
    "no_floor": Plant(_no_floor, _drop_floor),
    "unbalanced": Plant(_unbalanced, _drop_balance),
    "period_off_by_one": Plant(_no_patch, _off_by_one),
    "lost_update": Plant(_lost_update, _nothing),
}
"""Every bug by its name."""
