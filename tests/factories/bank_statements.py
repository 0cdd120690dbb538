"""An account at a bank, files as banks write them, and lines of statements to match."""

from datetime import date
from typing import Any
from uuid import UUID

from db.queries import bank_statements as queries
from db.unit_of_work import read_only
from services import bank_statements
from services.bank_statements.mappings import DANISH
from tests.factories.engagements import Case
from tests.factories.money import MARCH, noon
from tests.factories.practices import NOW

IBAN = "DK50 0040 0440 1162 43"


async def an_account(case: Case, currency: str = "DKK", **values: Any) -> UUID:
    """The practice's account, its CSV as Danish banks write it."""
    return await bank_statements.add_bank_account(
        case.actor,
        **{
            "name": f"Nordbanken {currency}",
            "currency": currency,
            "identification": "",
            "mapping": DANISH,
            "now": NOW,
            **values,
        },
    )


def csv_of(*rows: str) -> str:
    """A file of a Danish web bank."""
    return "\n".join(("Dato;Tekst;Beløb;Saldo", *rows))


async def store(
    case: Case, account_id: UUID, text: str, *, on: date = MARCH[31], **values: Any
) -> tuple[UUID, ...]:
    """A file, stored; answers its statements."""
    return await bank_statements.import_statement(
        case.actor,
        account_id,
        values.pop("file", None) or bank_statements.StatementFile("csv", text=text),
        **{"source": "march.csv", "idempotency_key": case.key(), "now": noon(on), **values},
    )


async def lines(case: Case) -> list[Any]:
    """All lines in the order of their days and the file."""
    async with read_only(case.actor.scope()) as uow:
        rows = await queries.lines_page(
            uow, {}, after=None, before=None, limit=1000, is_backward=False
        )
    return sorted(
        rows, key=lambda row: (row["booked_on"], row["bank_statement_id"], row["position"])
    )


async def line(case: Case, text: str) -> Any:
    """The one line whose text holds these words."""
    (found,) = [row for row in await lines(case) if text in row["text"]]
    return found


async def match(
    case: Case, line_id: UUID, kind: Any, *ids: UUID, on: date = MARCH[31], **values: Any
) -> UUID:
    """A line, confirmed to be this."""
    return await bank_statements.confirm_match(
        case.actor,
        line_id,
        bank_statements.Target(kind, ids),
        **{"idempotency_key": case.key(), "today": on, "now": noon(on), **values},
    )


async def undo(case: Case, line_id: UUID, *, on: date = MARCH[31], **values: Any) -> UUID:
    """A match, taken back."""
    return await bank_statements.undo_match(
        case.actor,
        line_id,
        **{
            "on": on,
            "reason": "Another client's.",
            "idempotency_key": case.key(),
            "today": on,
            "now": noon(on),
            **values,
        },
    )
