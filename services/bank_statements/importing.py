"""Looking at a bank's file, and storing it once."""

import base64
import binascii
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from db.ids import new_id
from db.queries import bank_statements as queries
from db.tables.bank_statements import BankLine, BankStatement
from db.unit_of_work import UnitOfWork, read_only
from services.actor import MEMBERS, MONEY, Actor
from services.bank_statements.accounts import locked_account, mapping_of, normal
from services.bank_statements.camt_053 import read_camt_053
from services.bank_statements.csv_files import read_csv
from services.bank_statements.entries import MAX_BYTES, Problem, Reading, Statement, entry_keys
from services.bank_statements.mappings import CsvMapping, checked
from services.idempotency import keyed
from services.rules.errors import InvalidInput, NotFound
from services.rules.text import clean_text

StatementFormat = Literal["csv", "camt_053"]


@dataclass(frozen=True, slots=True)
class StatementFile:
    """A bank's file: as text, or as the bytes it has in base64, so that the encoding it declares holds."""

    format: StatementFormat
    text: str | None = None
    encoded: str | None = None


@dataclass(frozen=True, slots=True)
class Preview:
    """What would be stored: per statement its entries, which of them are known already, and all that is wrong."""

    statements: tuple[Statement, ...]
    known: tuple[frozenset[int], ...]
    problems: tuple[Problem, ...]
    is_stored: bool
    currency: str


async def preview_statement(
    actor: Actor, account_id: UUID, file: StatementFile, *, mapping: CsvMapping | None = None
) -> Preview:
    """Read a file without storing anything. `mapping` tries another than the account's.

    Raises `Forbidden`, `NotFound`, `InvalidInput` (TOO_LARGE, BASE64_INVALID, MAPPING_INVALID).
    """
    actor.require(*MEMBERS)
    content = content_of(file)
    async with read_only(actor.scope()) as uow:
        account = await queries.bank_account_by_id(uow, account_id)
        if account is None:
            raise NotFound("No account at a bank with this id.", field="bankAccountId")
        return await _look(
            uow, account, file.format, content, checked(mapping) if mapping else None
        )


async def import_statement(
    actor: Actor,
    account_id: UUID,
    file: StatementFile,
    *,
    source: str,
    idempotency_key: str,
    now: datetime,
) -> tuple[UUID, ...]:
    """Store a file's statements and those of its entries that no file brought before. Answers the ids of the statements.

    The same file again changes nothing and answers the same ids. A file with any problem is not stored at all; the preview lists
    them. Raises `Forbidden`, `NotFound`, `InvalidInput` (TOO_LARGE, BASE64_INVALID, TEXT_…, STATEMENT_INVALID with the first
    `line`), and what `idempotency.keyed` raises.
    """
    actor.require(*MONEY)
    content = content_of(file)
    name = clean_text(source, "source", max_length=200, required=False)
    digest = digest_of(file.format, content)

    async def effect(uow: UnitOfWork) -> UUID:
        account = await locked_account(uow, account_id)
        found = await _look(uow, account, file.format, content, None)
        if not found.is_stored:
            _refuse(found, "text" if file.text is not None else "encoded")
            await _store(uow, account, file.format, found, digest=digest, source=name, now=now)
        return account_id

    await keyed(
        actor,
        key=idempotency_key,
        operation="import_bank_statement",
        request={"account_id": account_id, "format": file.format, "digest": digest.hex()},
        now=now,
        effect=effect,
    )
    async with read_only(actor.scope()) as uow:
        rows = await queries.statements_of_file(uow, account_id, digest)
    return tuple(row["id"] for row in rows)


def content_of(file: StatementFile) -> bytes | str:
    """What the file holds. Raises InvalidInput (BASE64_INVALID, TOO_LARGE)."""
    content: bytes | str
    if file.encoded is not None:
        try:
            content = base64.b64decode("".join(file.encoded.split()), validate=True)
        except (binascii.Error, ValueError):
            raise InvalidInput(
                "This is not base64.", code="BASE64_INVALID", field="encoded"
            ) from None
        size = len(content)
    else:
        content = file.text or ""
        size = len(content.encode("utf-8", "replace"))
    if size > MAX_BYTES:
        raise InvalidInput(
            f"A file has at most {MAX_BYTES} bytes.",
            code="TOO_LARGE",
            field="encoded" if file.encoded is not None else "text",
        )
    return content


def digest_of(format: StatementFormat, content: bytes | str) -> bytes:
    """What tells a file from every other. Pasted text is another file than the same bytes: its entries are known all the same."""
    told = content if isinstance(content, bytes) else content.encode("utf-8", "replace")
    return hashlib.sha256(format.encode() + b"\0" + told).digest()


async def _look(
    uow: UnitOfWork,
    account: Any,
    format: StatementFormat,
    content: bytes | str,
    mapping: CsvMapping | None,
) -> Preview:
    reading: Reading = (
        read_camt_053(content)
        if format == "camt_053"
        else read_csv(content, mapping or mapping_of(account), account["currency"])
    )
    problems = list(reading.problems)
    known: list[frozenset[int]] = []
    before: dict[str, tuple[int, Any]] = {}
    for statement in reading.statements:
        problems += _about_account(statement, account)
        keys = entry_keys(statement.entries)
        stored = {key: (row["amount_minor"], row["booked_on"]) for key, row in (await queries.known_entries(uow, account["id"], keys)).items()}  # fmt: skip
        places = set()
        for place, (key, entry) in enumerate(zip(keys, statement.entries, strict=True)):
            earlier = stored.get(key) or before.get(key)
            told = entry.amount_minor, entry.booked_on
            if earlier is not None:
                places.add(place)
                if earlier != told:
                    problems.append(
                        Problem(entry.line, "ENTRY_DIFFERS", f"The entry {entry.entry_id!r} was stored with another amount or date.")
                    )  # fmt: skip
            before.setdefault(key, told)
        known.append(frozenset(places))
    stored_before = await queries.statements_of_file(uow, account["id"], digest_of(format, content))
    problems.sort(key=lambda problem: problem.line)
    return Preview(
        reading.statements, tuple(known), tuple(problems), bool(stored_before), account["currency"]
    )


def _about_account(statement: Statement, account: Any) -> list[Problem]:
    problems = []
    if statement.currency != account["currency"]:
        problems.append(
            Problem(statement.line, "CURRENCY_DIFFERS", f"The account is kept in {account['currency']}, the statement in {statement.currency}.")
        )  # fmt: skip
    if statement.account and account["identification"]:
        try:
            told = normal(statement.account)
        except InvalidInput:
            told = statement.account
        # A bank may name its account with or without the country's letters in front.
        if not (
            told.endswith(account["identification"]) or account["identification"].endswith(told)
        ):
            problems.append(
                Problem(statement.line, "ACCOUNT_DIFFERS", f"This is a statement of {statement.account[:40]}.")
            )  # fmt: skip
    return problems


def _refuse(found: Preview, field: str) -> None:
    errors = [problem for problem in found.problems if not problem.is_note]
    if not errors and not any(statement.entries for statement in found.statements):
        if found.statements:
            return  # a day without movements has a statement all the same
        errors = [Problem(1, "STATEMENT_EMPTY", "There is nothing in this file.")]
    if errors:
        more = f" There are {len(errors) - 1} more problems." if len(errors) > 1 else ""
        raise InvalidInput(
            f"Line {errors[0].line}: {errors[0].message}{more}",
            code="STATEMENT_INVALID",
            field=field,
            line=errors[0].line,
        )


async def _store(
    uow: UnitOfWork,
    account: Any,
    format: StatementFormat,
    found: Preview,
    *,
    digest: bytes,
    source: str,
    now: datetime,
) -> None:
    for position, (statement, known) in enumerate(
        zip(found.statements, found.known, strict=True), start=1
    ):
        statement_id = new_id()
        days = [entry.booked_on for entry in statement.entries] or [now.date()]
        has_both = statement.opening_minor is not None and statement.closing_minor is not None
        await BankStatement.insert(
            BankStatement(
                tenant_id=uow.tenant_id,
                id=statement_id,
                bank_account_id=account["id"],
                format=format,
                source=source,
                file_digest=digest,
                position=position,
                reference=statement.reference,
                from_on=min(days),
                to_on=max(days),
                opening_minor=statement.opening_minor if has_both else None,
                closing_minor=statement.closing_minor if has_both else None,
                net_minor=statement.net_minor,
                entry_count=len(statement.entries),
                known_count=len(known),
                recorded_at=now,
            )
        )
        rows = _lines(uow.tenant_id, account, statement_id, statement, known=known, now=now)
        for start in range(0, len(rows), 500):
            await BankLine.insert(*rows[start : start + 500])


def _lines(
    tenant_id: UUID,
    account: Any,
    statement_id: UUID,
    statement: Statement,
    *,
    known: frozenset[int],
    now: datetime,
) -> Sequence[BankLine]:
    keys = entry_keys(statement.entries)
    return [
        BankLine(
            tenant_id=tenant_id,
            id=new_id(),
            bank_statement_id=statement_id,
            bank_account_id=account["id"],
            position=place + 1,
            line=entry.line,
            entry_key=keys[place],
            booked_on=entry.booked_on,
            value_on=entry.value_on,
            amount_minor=entry.amount_minor,
            currency=account["currency"],
            balance_minor=entry.balance_minor,
            text=entry.text,
            counterparty=entry.counterparty,
            counterparty_account=entry.counterparty_account,
            reference=entry.reference,
            end_to_end_id=entry.end_to_end_id,
            original_minor=entry.original.amount_minor if entry.original else None,
            original_currency=entry.original.currency if entry.original else None,
            charge_minor=entry.charge_minor,
            status="open",
            recorded_at=now,
        )
        for place, entry in enumerate(statement.entries)
        if place not in known
    ]
