"""The aging: what clients owe by how long it has been due, held against the receivables accounts."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from db.queries import ledger as ledger_queries
from db.queries import receivables as queries
from db.queries import reports as report_queries
from db.unit_of_work import UnitOfWork, read_only
from services import engagements, ledger
from services.actor import MEMBERS, Actor
from services.invoices.numbers import number_of
from services.rules.aging import BUCKETS, Bucket, DuePart, OpenPart, Tie, open_parts, summed

_OWED_TO_CLIENTS: tuple[ledger.AccountCode, ...] = ("unapplied_receipts", "client_credit")


@dataclass(frozen=True, slots=True)
class AgedDocument:
    """A part of a document that is open, or a document that was settled by more than it has (negative)."""

    kind: str
    document_id: UUID
    number: str
    client_id: UUID
    client_name: str
    currency: str
    part: OpenPart


@dataclass(frozen=True, slots=True)
class AgedClient:
    """One client in one currency; `unapplied` is negative."""

    client_id: UUID
    client_name: str
    currency: str
    buckets: dict[Bucket, int]

    @property
    def total_minor(self) -> int:
        """What the client owes in all, less what the practice owes back."""
        return sum(self.buckets.values())


@dataclass(frozen=True, slots=True)
class Difference:
    """An entry on which documents and ledger part."""

    seq: int
    effective_date: date
    recorded_at: datetime
    kind: str
    description: str
    currency: str
    documents_minor: int
    ledger_minor: int


@dataclass(frozen=True, slots=True)
class Aging:
    """Documents, clients, a total and a tie for each currency. `differences` is empty where every currency ties."""

    as_of: date
    known_at: datetime | None
    documents: tuple[AgedDocument, ...]
    clients: tuple[AgedClient, ...]
    totals: dict[str, dict[Bucket, int]]
    ties: tuple[Tie, ...]
    differences: tuple[Difference, ...]


async def aging(actor: Actor, *, as_of: date, known_at: datetime | None = None) -> Aging:
    """What was owed at the end of that date, as recorded by an instant, by client, currency and age.

    Everything counts by the effective date of its entry: a payment dated later leaves the invoice open, one that was recorded
    later but counts earlier does not, unless `known_at` lies before it was learnt. Raises `Forbidden`.
    """
    actor.require(*MEMBERS)
    async with read_only(actor.scope()) as uow:
        return await read_aging(uow, as_of=as_of, known_at=known_at)


async def read_aging(uow: UnitOfWork, *, as_of: date, known_at: datetime | None) -> Aging:
    """The aging in the caller's snapshot."""
    known_seq = None if known_at is None else await ledger_queries.last_seq_known_at(uow, known_at)
    names = {row["id"]: row["name"] for row in await report_queries.client_names(uow)}
    documents = await open_documents(uow, names, as_of=as_of, known_seq=known_seq)
    balances = await ledger.balances(
        uow, codes=("receivable", *_OWED_TO_CLIENTS), as_of=as_of, known_at=known_at
    )
    owed: dict[tuple[UUID, str], list[tuple[Bucket, int]]] = {}
    ledger_sums: dict[tuple[str, str], int] = {}
    for document in documents:
        owed.setdefault((document.client_id, document.currency), []).append(
            (document.part.bucket, document.part.open_minor)
        )
    for each in balances:
        account = each.account
        side = "receivable" if account.code == "receivable" else "unapplied"
        key = account.currency, side
        ledger_sums[key] = ledger_sums.get(key, 0) + each.natural_minor
        if side == "unapplied" and each.balance_minor and account.client_id:
            owed.setdefault((account.client_id, account.currency), []).append(
                ("unapplied", -each.natural_minor)
            )
    clients = tuple(
        AgedClient(client_id, names[client_id], currency, summed(parts))
        for (client_id, currency), parts in sorted(
            owed.items(), key=lambda item: (names[item[0][0]], str(item[0][0]), item[0][1])
        )
    )
    currencies = sorted({each.currency for each in clients} | {key[0] for key in ledger_sums})
    totals = {
        currency: summed(
            (bucket, each.buckets[bucket])
            for each in clients
            if each.currency == currency
            for bucket in BUCKETS
        )
        for currency in currencies
    }
    ties = tuple(
        Tie(
            currency,
            sum(totals[currency].values()),
            ledger_sums.get((currency, "receivable"), 0),
            ledger_sums.get((currency, "unapplied"), 0),
        )
        for currency in currencies
    )
    differences: list[Any] = []
    if not all(tie.ties for tie in ties):
        differences = await queries.differences(uow, as_of=as_of, known_seq=known_seq)
    return Aging(
        as_of,
        known_at,
        documents,
        clients,
        totals,
        ties,
        tuple(Difference(**dict(row)) for row in differences),
    )


async def open_documents(
    uow: UnitOfWork,
    names: dict[UUID, str],
    *,
    as_of: date,
    known_seq: int | None,
    client_id: UUID | None = None,
) -> tuple[AgedDocument, ...]:
    """Every open part of every document, by client, then by due date."""
    rows = await queries.document_sums(uow, as_of=as_of, known_seq=known_seq, client_id=client_id)
    by_document: dict[UUID, list[Any]] = {}
    for row in rows:
        by_document.setdefault(row["document_id"], []).append(row)
    called = await called_of(uow, list(by_document))
    found = []
    for document_id, parts in by_document.items():
        first = parts[0]
        due = [
            DuePart(row["due_on"], row["amount_minor"])
            for row in parts
            if row["due_on"] is not None and row["amount_minor"] > 0
        ]
        settled = -sum(
            row["amount_minor"] for row in parts if row["due_on"] is None or row["amount_minor"] < 0
        )
        found += [
            AgedDocument(
                first["kind"],
                document_id,
                called[document_id],
                first["client_id"],
                names[first["client_id"]],
                first["currency"],
                part,
            )
            for part in open_parts(due, settled, as_of=as_of)
        ]
    return tuple(
        sorted(
            found,
            key=lambda each: (each.client_name, str(each.client_id), each.part.due_on, each.number),
        )
    )


async def called_of(uow: UnitOfWork, document_ids: list[UUID]) -> dict[UUID, str]:
    """What people call these documents."""
    found = {}
    for row in await queries.numbers(uow, document_ids):
        if row["kind"] == "invoice":
            found[row["id"]] = number_of(row)
        elif row["kind"] == "kill_fee":
            found[row["id"]] = engagements.number_of(row)
        elif row["kind"] == "late_charge":
            found[row["id"]] = f"LC-{row['number_ordinal']:04d}"
        else:
            found[row["id"]] = row["reference"]
    return found
