"""What must be true afterwards: the clients' notes against the rows, the rows against the ledger, and the ledger by itself."""

import shutil
import subprocess
from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg

from tests.torture.notes import Asked

# operation: the rows that it makes or moves, and what they look like then
EFFECTS = {
    "requestDeposit": "select id from retainer_request where tenant_id = any($1)",
    "recordDeposit": "select id from retainer_deposit where tenant_id = any($1)",
    "draftInvoice": "select id from invoice where tenant_id = any($1)",
    "issueInvoice": "select id from invoice where tenant_id = any($1) and status = 'issued'",
    "drawDown": "select id from drawdown where tenant_id = any($1)",
    "recordPayment": "select id from payment where tenant_id = any($1)",
    "requestRefund": "select id from refund where tenant_id = any($1)",
    "approveRefund": "select id from refund where tenant_id = any($1) and document_id is not null",
    "rejectRefund": "select id from refund where tenant_id = any($1) and status = 'rejected'",
    "settleRefund": "select id from refund where tenant_id = any($1) and settled_on is not null",
    "failRefund": "select id from refund where tenant_id = any($1) and status = 'failed'",
}

# operation: where the amount that was asked for stands
AMOUNTS = {
    "requestDeposit": "select id, amount_minor from retainer_request where id = any($1)",
    "recordDeposit": "select id, amount_minor from retainer_deposit where id = any($1)",
    "drawDown": "select id, amount_minor from drawdown where id = any($1)",
    "recordPayment": "select id, amount_minor from payment where id = any($1)",
    "requestRefund": "select id, amount_minor from refund where id = any($1)",
}

# what must find nothing: the name of the invariant, and the rows that break it
INVARIANTS = {
    "a retainer's row is the sum of its movements": """
        select r.id from retainer r where tenant_id = any($1) and (deposited_minor, drawn_minor, refund_pending_minor, refunded_minor)
        is distinct from (
          (select coalesce(sum(amount_minor), 0) from retainer_deposit d where d.retainer_id = r.id),
          (select coalesce(sum(amount_minor), 0) from drawdown d where d.retainer_id = r.id),
          (select coalesce(sum(amount_minor), 0) from refund f where f.retainer_id = r.id and f.status in ('requested', 'approved')),
          (select coalesce(sum(amount_minor), 0) from refund f where f.retainer_id = r.id and f.status = 'settled'))""",
    "a retainer never promises more than it has": """
        select id from retainer where tenant_id = any($1) and drawn_minor + refund_pending_minor + refunded_minor + earned_minor + transferred_out_minor
          > deposited_minor + transferred_in_minor""",
    "a retainer's account is its row": """
        select r.id from retainer r left join ledger_account a on a.subject_id = r.id and a.code = 'retainer_liability'
        where r.tenant_id = any($1) and coalesce(-a.balance_minor, 0) <> r.deposited_minor + r.transferred_in_minor
          - r.drawn_minor - r.refunded_minor - r.earned_minor - r.transferred_out_minor""",
    "no client's money is below zero on any date": """
        select d.id from ledger_day_balance d join ledger_account a on a.id = d.account_id
        where d.tenant_id = any($1) and a.code in ('retainer_liability', 'unapplied_receipts') and -d.balance_minor < 0""",
    "a request received what its deposits say": """
        select q.id from retainer_request q where tenant_id = any($1) and (received_minor > amount_minor or received_minor <>
          (select coalesce(sum(amount_minor), 0) from retainer_deposit d where d.retainer_request_id = q.id))""",
    "an invoice was paid and drawn what its movements say": """
        select i.id from invoice i where tenant_id = any($1) and (paid_minor + drawn_minor > payable_minor or (paid_minor, drawn_minor)
        is distinct from (
          (select coalesce(sum(amount_minor), 0) from payment_allocation p where p.invoice_id = i.id),
          (select coalesce(sum(amount_minor), 0) from drawdown d where d.invoice_id = i.id)))""",
    "a client's receivable is what the invoices still owe": """
        select c.id from client c where tenant_id = any($1) and
          (select coalesce(sum(payable_minor - paid_minor - drawn_minor), 0) from invoice i where i.client_id = c.id and i.status = 'issued')
          <> (select coalesce(sum(balance_minor), 0) from ledger_account a where a.client_id = c.id and a.code = 'receivable')""",
    "a payment's refunds are its own, and within it": """
        select p.id from payment p where tenant_id = any($1) and (refund_pending_minor + refunded_minor > amount_minor
        or (refund_pending_minor, refunded_minor) is distinct from (
          (select coalesce(sum(amount_minor), 0) from refund f where f.payment_id = p.id and f.status in ('requested', 'approved')),
          (select coalesce(sum(amount_minor), 0) from refund f where f.payment_id = p.id and f.status = 'settled')))""",
    "invoices are numbered without gaps": """
        select tenant_id from invoice where tenant_id = any($1) and status = 'issued' group by tenant_id, number_year
        having count(*) <> max(number_ordinal)""",
    "numbers and dates of invoices rise together": """
        select id from (select id, issue_date, lag(issue_date) over (partition by tenant_id, number_year order by number_ordinal) as before
          from invoice where tenant_id = any($1) and status = 'issued') i where issue_date < before""",
    "an item is billed once": """
        select item_key from invoice_line where tenant_id = any($1) and is_live group by engagement_id, item_key having count(*) > 1""",
    "every key has its answer": "select id from idempotency_key where tenant_id = any($1) and response is null",
    "nothing was entered in a closed period": """
        select j.id from ledger_journal j join ledger_closing c on c.tenant_id = j.tenant_id
        where j.tenant_id = any($1) and j.seq > c.last_seq and j.effective_date <= c.closed_through""",
    "every movement has its entry, and none is entered twice": """
        select source_id from ledger_journal where tenant_id = any($1) and source_id is not null and reversal_of is null
        group by kind, source_kind, source_id having count(*) > 1
        union all
        select id from drawdown where tenant_id = any($1) and journal_id not in (select id from ledger_journal)""",
    "the trail is unbroken": "select id from audit_event e where tenant_id = any($1) and digest <> audit_digest(e)",
    "the books are sound": "select v.problem || ' ' || coalesce(v.detail, '') from unnest($1::uuid[]) t, ledger_verify(t) v",
}  # fmt: skip


async def effects_now(owner: asyncpg.Connection, tenants: list[UUID]) -> dict[str, set[str]]:
    """The rows that there are, by the operation that makes them."""
    return {
        operation: {str(row["id"]) for row in await owner.fetch(query, tenants)}
        for operation, query in EFFECTS.items()
    }


async def reckon(
    owner: asyncpg.Connection,
    tenants: list[UUID],
    asked: Iterable[Asked],
    before: dict[str, set[str]],
) -> list[str]:
    """Everything that is wrong, one sentence each; nothing when the books are what the clients were told."""
    found: list[str] = []
    everything = list(asked)
    found += [
        f"{each.operation} {each.key} never got an answer"
        for each in everything
        if not each.is_settled
    ]
    now = await effects_now(owner, tenants)
    for operation in EFFECTS:
        told = Counter(
            each.effect for each in everything if each.operation == operation and each.effect
        )
        made = now[operation] - before[operation]
        for effect, times in told.items():
            if effect not in made:
                found.append(f"{operation}: {effect} was acknowledged and is not there")
            if times > 1:
                found.append(f"{operation}: {effect} is the answer to {times} different requests")
        found += [
            f"{operation}: {effect} is there and nobody was told" for effect in made - set(told)
        ]
    for operation, query in AMOUNTS.items():
        wanted = {
            UUID(each.effect): each.given["amount"]["amount"]
            for each in everything
            if each.operation == operation and each.effect and "|" not in each.effect
        }
        for row in await owner.fetch(query, list(wanted)):
            if Decimal(row["amount_minor"]) / 100 != Decimal(wanted[row["id"]]):
                found.append(f"{operation}: {row['id']} is of another amount than was asked for")
    for name, query in INVARIANTS.items():
        broken = await owner.fetch(query, tenants)
        if broken:
            found.append(f"broken: {name} ({len(broken)} times, such as {broken[0][0]})")
    return found


def hledger(file: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """What hledger says of a file."""
    return subprocess.run(
        ["hledger", "-f", str(file), *arguments], capture_output=True, text=True, check=False
    )


async def hledger_disagrees(
    owner: asyncpg.Connection, tenant: UUID, journal: str, folder: Path
) -> list[str]:
    """Where hledger, reading the exported journal, comes to other sums than the accounts; or that it is not installed."""
    if shutil.which("hledger") is None:
        return []
    file = folder / f"{tenant}.journal"
    file.write_text(journal)
    done = hledger(file, "balance", "--flat", "--no-total", "-O", "csv", "--layout", "bare")
    if done.returncode:
        return [f"hledger does not take the books of {tenant}: {done.stderr.strip()[:300]}"]
    sums: Counter[str] = Counter()
    for line in done.stdout.splitlines()[1:]:
        account, _, amount = (cell.strip('"') for cell in line.split(","))
        sums[account.split(":")[1]] += int(Decimal(amount) * 100)
    ours: Counter[str] = Counter()
    rows: Any = await owner.fetch(
        "select name, sum(balance_minor)::bigint as s from ledger_account where tenant_id = $1 group by name", tenant
    )  # fmt: skip
    for row in rows:
        ours[row["name"].replace(" ", "-")] += row["s"]
    return [
        f"hledger has {sums[name]} on {name}, the ledger {ours[name]}"
        for name in {*sums, *ours}
        if sums[name] != ours[name]
    ]
