"""The practice's accounts at banks, and how their files are read."""

import re
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from db.ids import new_id
from db.queries import bank_statements as queries
from db.tables.bank_statements import BankAccount
from db.unit_of_work import UnitOfWork, unit_of_work
from services.actor import MONEY, Actor
from services.bank_statements import mappings
from services.bank_statements.mappings import CsvMapping
from services.rules.errors import Conflict, InvalidInput, NotFound, Stale
from services.rules.money import minor_units
from services.rules.text import clean_text


async def add_bank_account(
    actor: Actor,
    *,
    name: str,
    currency: str,
    identification: str,
    mapping: CsvMapping,
    now: datetime,
) -> UUID:
    """Tell of an account at a bank: IBAN or number, currency, and how its CSV is read. Answers its id.

    Raises `Forbidden`, `InvalidInput` (TEXT_…, CURRENCY_UNKNOWN, IDENTIFICATION_INVALID, MAPPING_INVALID), `Conflict`
    (BANK_ACCOUNT_EXISTS).
    """
    actor.require(*MONEY)
    title = clean_text(name, "name")
    minor_units(currency)
    number = normal(identification)
    kept = mappings.checked(mapping)
    async with unit_of_work(actor.scope()) as uow:
        # The practice's row stands for the list: two who add the same account wait for each other here.
        await uow.execute(
            "select 1 from practice where tenant_id = $1 for no key update", uow.tenant_id
        )
        if number and await queries.identified_account(uow, number, currency):
            raise Conflict(
                "There is an account with this number and currency.",
                code="BANK_ACCOUNT_EXISTS",
                field="identification",
            )
        account_id = new_id()
        await BankAccount.insert(
            BankAccount(
                tenant_id=uow.tenant_id,
                id=account_id,
                name=title,
                currency=currency,
                identification=number,
                mapping=orjson.dumps(mappings.stored(kept)).decode(),
                is_active=True,
                created_at=now,
                updated_at=now,
            )
        )
    return account_id


async def update_bank_account(
    actor: Actor,
    account_id: UUID,
    *,
    name: str,
    mapping: CsvMapping,
    is_active: bool,
    expected_version: int,
    now: datetime,
) -> UUID:
    """Name an account anew, say how its CSV is read now, or put it away. What was stored stays.

    Raises `Forbidden`, `NotFound`, `InvalidInput` (TEXT_…, MAPPING_INVALID), `Stale` (STALE_VERSION).
    """
    actor.require(*MONEY)
    title = clean_text(name, "name")
    kept = mappings.checked(mapping)
    async with unit_of_work(actor.scope()) as uow:
        account = await locked_account(uow, account_id)
        if account["version"] != expected_version:
            raise Stale(
                "The account was changed meanwhile.",
                code="STALE_VERSION",
                field="expectedVersion",
                current_version=account["version"],
            )
        await BankAccount.update(
            {
                "name": title,
                "mapping": orjson.dumps(mappings.stored(kept)).decode(),
                "is_active": is_active,
                "version": account["version"] + 1,
                "updated_at": now,
            }
        ).where(BankAccount.tenant_id == uow.tenant_id, BankAccount.id == account_id)
    return account_id


async def locked_account(uow: UnitOfWork, account_id: UUID) -> Any:
    """The account under its lock. Raises `NotFound`."""
    account = await queries.lock_bank_account(uow, account_id)
    if account is None:
        raise NotFound("No account at a bank with this id.", field="bankAccountId")
    return account


def mapping_of(account: Any) -> CsvMapping:
    """How the account's CSV is read."""
    return mappings.restored(orjson.loads(account["mapping"]))


def normal(identification: str) -> str:
    """An account's number without blanks and marks, in capitals. Raises InvalidInput (IDENTIFICATION_INVALID)."""
    text = clean_text(identification, "identification", max_length=60, required=False)
    number = re.sub(r"[\s.\-/]", "", text).upper()
    if not re.fullmatch(r"[A-Z0-9]{0,40}", number):
        raise InvalidInput(
            "An account's number has letters and figures.",
            code="IDENTIFICATION_INVALID",
            field="identification",
        )
    return number
