"""Series of numbers beside the standard ones."""

import re
from datetime import datetime
from typing import Final, Literal
from uuid import UUID

import asyncpg

from db.ids import new_id
from db.tables.invoices import InvoiceSeries
from db.unit_of_work import unit_of_work
from services.actor import Actor
from services.rules.errors import Conflict, InvalidInput
from services.rules.text import clean_text

_PREFIX: Final = re.compile(r"[A-Z][A-Z0-9]{0,9}", re.ASCII)


async def open_series(
    actor: Actor,
    *,
    kind: Literal["invoice", "credit_note"],
    name: str,
    prefix: str,
    now: datetime,
) -> UUID:
    """Open a series of invoices or credit notes; its numbers begin with the prefix and run by year without gaps. For the owner.

    Raises `Forbidden`, `InvalidInput` (SERIES_PREFIX, TEXT_…), `Conflict` (SERIES_EXISTS).
    """
    actor.require("owner")
    called = clean_text(name, "name", max_length=100)
    if not _PREFIX.fullmatch(prefix) or prefix == "CN":
        raise InvalidInput(
            "A prefix is 1 to 10 capital letters and digits that begin with a letter; CN is that of credit notes.",
            code="SERIES_PREFIX",
            field="prefix",
        )
    series_id = new_id()
    try:
        async with unit_of_work(actor.scope()) as uow:
            await InvoiceSeries.insert(
                InvoiceSeries(
                    tenant_id=uow.tenant_id,
                    id=series_id,
                    kind=kind,
                    name=called,
                    prefix=prefix,
                    created_at=now,
                )
            )
    except asyncpg.UniqueViolationError:
        raise Conflict(
            "Another series has this prefix.", code="SERIES_EXISTS", field="prefix"
        ) from None
    return series_id
