"""What the accountant pulls: retainer balances, a client's ledger, the trial balance; each also as a CSV file."""

from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import strawberry

from db.queries import reports as queries
from db.unit_of_work import read_only
from schema.context import Info
from schema.relay import Connection, Keyset, decode_id, encode_id
from schema.retainers import RetainerKind, money
from schema.scalars import Currency, Money
from services import ledger, links, reports
from services.actor import MEMBERS
from services.rules.errors import Forbidden

LEDGER_BY_DATE = Keyset("ledger.effective", (date, int, int))


def csv_url(info: Info, report: str, **parameters: object) -> str:
    """A signed link to a report as CSV, good for a quarter of an hour."""
    return report_url(info, f"{report}.csv", **parameters)


def report_url(info: Info, file: str, **parameters: object) -> str:
    """A signed link to a file of /exports, good for a quarter of an hour."""
    actor = info.context.actor
    if actor.member_id is None:
        raise Forbidden("Reports are for members of the practice.")
    given = {name: _plain(value) for name, value in parameters.items() if value is not None}
    name = file + (f"?{urlencode(given)}" if given else "")
    token = links.export_token(actor.tenant_id, actor.member_id, name, now=info.context.now)
    return links.export_url(token, name)


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return value.isoformat() if isinstance(value, date) else str(value)


@strawberry.type(description="What one retainer held.")
class RetainerBalance:
    """One line of the report."""

    retainer_id: strawberry.ID = strawberry.field(description="The retainer.")
    kind: RetainerKind = strawberry.field(description="What it is held for.")
    client_id: strawberry.ID = strawberry.field(description="Whose money it is.")
    client_name: str = strawberry.field(description="The client's name.")
    engagement_id: strawberry.ID = strawberry.field(description="The engagement.")
    engagement_number: str = strawberry.field(description="Its number.")
    engagement_name: str = strawberry.field(description="Its name.")
    balance: Money = strawberry.field(description="What was held.")


@strawberry.type(description="Client money held, as of a date.")
class RetainerBalances:
    """The lines and what they come to in each currency."""

    as_of: date = strawberry.field(description="At the end of this date.")
    known_at: datetime | None = strawberry.field(description="As recorded by this instant.")
    retainers: list[RetainerBalance] = strawberry.field(description="By client and engagement.")
    totals: list[Money] = strawberry.field(description="One sum for each currency.")
    csv_url: str = strawberry.field(description="The same as a file, for a quarter of an hour.")


@strawberry.type(description="One line of a client's ledger.")
class LedgerEntry:
    """Of one account; debit positive."""

    effective_date: date = strawberry.field(description="When it counts.")
    recorded_at: datetime = strawberry.field(description="When it was entered.")
    journal_number: int = strawberry.field(description="The number of its entry; no gaps.")
    kind: str = strawberry.field(description="What happened, such as drawdown.")
    description: str = strawberry.field(description="In words.")
    account_code: str = strawberry.field(description="The account, such as retainer_liability.")
    account_name: str = strawberry.field(description="Its name.")
    debit: Money | None = strawberry.field(description="The amount, if it is a debit.")
    credit: Money | None = strawberry.field(description="The amount, if it is a credit.")
    balance: Money = strawberry.field(
        description="The account's balance after it in the order of dates, on the account's own side."
    )


@strawberry.type(description="Every entry that concerns a client, by date.")
class ClientLedger:
    """A page of it, and the whole as a file."""

    client_id: strawberry.ID = strawberry.field(description="The client.")
    client_name: str = strawberry.field(description="Its name.")
    entries: Connection[LedgerEntry] = strawberry.field(
        description="A page of the lines. Its total counts all lines, whatever the dates."
    )
    csv_url: str = strawberry.field(description="All lines as a file, for a quarter of an hour.")


@strawberry.type(description="All accounts of one code and currency.")
class TrialBalanceLine:
    """Their net balance, in debit or in credit."""

    code: str = strawberry.field(description="The account's code.")
    name: str = strawberry.field(description="Its name.")
    kind: str = strawberry.field(
        description="asset, liability, equity, income, contra_income, expense."
    )
    debit: Money = strawberry.field(description="The balance if it is a debit, else zero.")
    credit: Money = strawberry.field(description="The balance if it is a credit, else zero.")


@strawberry.type(description="The sums of one currency.")
class TrialBalanceTotal:
    """Debit and credit agree."""

    currency: Currency = strawberry.field(description="The currency.")
    debit: Money = strawberry.field(description="All debits.")
    credit: Money = strawberry.field(description="All credits.")
    difference: Money = strawberry.field(description="Debit − credit: zero.")


@strawberry.type(description="Every account with a balance.")
class TrialBalance:
    """Zero in sum."""

    as_of: date | None = strawberry.field(description="At the end of this date; all where null.")
    known_at: datetime | None = strawberry.field(description="As recorded by this instant.")
    lines: list[TrialBalanceLine] = strawberry.field(description="In the order of the chart.")
    totals: list[TrialBalanceTotal] = strawberry.field(description="One for each currency.")
    csv_url: str = strawberry.field(description="The same as a file, for a quarter of an hour.")


def _entry(entry: ledger.Entry) -> LedgerEntry:
    amount = money(abs(entry.amount_minor), entry.currency)
    return LedgerEntry(
        effective_date=entry.effective_date,
        recorded_at=entry.recorded_at,
        journal_number=entry.seq,
        kind=entry.kind,
        description=entry.description,
        account_code=entry.code,
        account_name=ledger.CHART[entry.code].name,
        debit=amount if entry.amount_minor > 0 else None,
        credit=amount if entry.amount_minor < 0 else None,
        balance=money(entry.natural_balance_minor, entry.currency),
    )


@strawberry.type
class ReportQuery:
    """Mixed into Query."""

    @strawberry.field(description="What every retainer held as of a date. For every member.")
    async def retainer_balances(
        self,
        info: Info,
        *,
        as_of: date | None = None,
        known_at: datetime | None = None,
        include_empty: bool = False,
    ) -> RetainerBalances:
        """Today where no date is given."""
        day = as_of or info.context.today
        found = await reports.retainer_balances(
            info.context.actor, as_of=day, known_at=known_at, include_empty=include_empty
        )
        return RetainerBalances(
            as_of=day,
            known_at=known_at,
            retainers=[
                RetainerBalance(
                    retainer_id=encode_id("Retainer", line.retainer_id),
                    kind=RetainerKind(line.kind),
                    client_id=encode_id("Client", line.client_id),
                    client_name=line.client_name,
                    engagement_id=encode_id("Engagement", line.engagement_id),
                    engagement_number=line.engagement_number,
                    engagement_name=line.engagement_name,
                    balance=money(line.balance_minor, line.currency),
                )
                for line in found.retainers
            ],
            totals=[money(total, currency) for currency, total in found.totals.items()],
            csv_url=csv_url(
                info,
                "retainer-balances",
                asOf=day,
                knownAt=known_at,
                includeEmpty="true" if include_empty else None,
            ),
        )

    @strawberry.field(description="Every entry that concerns a client. For every member.")
    async def client_ledger(
        self,
        info: Info,
        *,
        client_id: strawberry.ID,
        from_date: date | None = None,
        to_date: date | None = None,
        known_at: datetime | None = None,
        first: int | None = None,
        after: str | None = None,
    ) -> ClientLedger:
        """By effective date, each line with its account's running balance."""
        actor = info.context.actor
        actor.require(*MEMBERS)
        client_uuid: UUID = decode_id("Client", client_id, "clientId")
        page = LEDGER_BY_DATE.page(first, after, None, None)
        found = await reports.client_ledger(
            actor,
            client_uuid,
            from_date=from_date,
            to_date=to_date,
            known_at=known_at,
            after=ledger.EntryCursor(*page.after) if page.after else None,
            limit=page.fetch,
        )

        async def total() -> int:
            async with read_only(actor.scope()) as uow:
                return await queries.count_client_entries(uow, client_uuid)

        def key(entry: ledger.Entry) -> tuple[Any, ...]:
            return entry.effective_date, entry.seq, entry.position

        return ClientLedger(
            client_id=client_id,
            client_name=found.client_name,
            entries=Connection.of(page, found.entries, node=_entry, key=key, total=total),
            csv_url=csv_url(
                info,
                "client-ledger",
                clientId=client_uuid,
                **{"from": from_date, "to": to_date},
                knownAt=known_at,
            ),
        )

    @strawberry.field(description="Every account with its net balance. For every member.")
    async def trial_balance(
        self, info: Info, *, as_of: date | None = None, known_at: datetime | None = None
    ) -> TrialBalance:
        """Debit and credit agree in each currency."""
        found = await reports.trial_balance(info.context.actor, as_of=as_of, known_at=known_at)
        return TrialBalance(
            as_of=as_of,
            known_at=known_at,
            lines=[
                TrialBalanceLine(
                    code=line.code,
                    name=line.name,
                    kind=line.kind,
                    debit=money(line.debit_minor, line.currency),
                    credit=money(line.credit_minor, line.currency),
                )
                for line in found.lines
            ],
            totals=[
                TrialBalanceTotal(
                    currency=Currency(currency),
                    debit=money(debit, currency),
                    credit=money(credit, currency),
                    difference=money(debit - credit, currency),
                )
                for currency, (debit, credit) in found.totals.items()
            ],
            csv_url=csv_url(info, "trial-balance", asOf=as_of, knownAt=known_at),
        )
