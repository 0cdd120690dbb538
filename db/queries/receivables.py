"""What clients owe, from the rows that say why: every document and every movement on it, dated by its entry in the ledger.

Two sides of the same sum. The documents' side is put together here from invoices, retention, payments, drawdowns, credit, write-offs
and charges; the ledger's side is the receivables accounts. `differences` names the entries on which they part.
"""

from collections.abc import Sequence
from datetime import date
from typing import Final
from uuid import UUID

import asyncpg

from db.unit_of_work import UnitOfWork

# One row for each movement: document, entry, amount (what adds to the debt is positive), and the due date of what falls due.
# A movement counts when its entry counts, and is taken back when that is reversed.
_MOVES: Final = """
    select 'invoice' as kind, i.id as document_id, i.client_id, i.currency, i.journal_id, i.due_date as due_on, i.payable_minor as amount_minor
      from invoice i where i.tenant_id = $1 and i.status = 'issued' and i.payable_minor <> 0
    union all
    select 'invoice', i.id, i.client_id, i.currency, r.journal_id, r.due_on, r.amount_minor
      from retention_release r join invoice i on i.tenant_id = r.tenant_id and i.id = r.invoice_id where r.tenant_id = $1 and i.tenant_id = $1
    union all
    select 'invoice', i.id, i.client_id, i.currency, p.journal_id, null, -p.amount_minor
      from payment_allocation p join invoice i on i.tenant_id = p.tenant_id and i.id = p.invoice_id where p.tenant_id = $1 and i.tenant_id = $1
    union all
    select 'invoice', i.id, i.client_id, i.currency, d.journal_id, null, -d.amount_minor
      from drawdown d join invoice i on i.tenant_id = d.tenant_id and i.id = d.invoice_id where d.tenant_id = $1 and i.tenant_id = $1
    union all
    select 'invoice', i.id, i.client_id, i.currency, c.journal_id, null, -c.open_part_minor
      from credit_note c join invoice i on i.tenant_id = c.tenant_id and i.id = c.invoice_id where c.tenant_id = $1 and i.tenant_id = $1
    union all
    select 'invoice', i.id, i.client_id, i.currency, a.journal_id, null, -a.amount_minor
      from credit_application a join invoice i on i.tenant_id = a.tenant_id and i.id = a.invoice_id where a.tenant_id = $1 and i.tenant_id = $1
    union all
    select 'invoice', i.id, i.client_id, i.currency, w.journal_id, null, -w.amount_minor
      from write_off w join invoice i on i.tenant_id = w.tenant_id and i.id = w.invoice_id where w.tenant_id = $1 and i.tenant_id = $1
    union all
    select 'late_charge', c.id, c.client_id, c.currency, c.journal_id, c.charged_on, c.amount_minor
      from late_charge c where c.tenant_id = $1
    union all
    select 'late_charge', c.id, c.client_id, c.currency, p.journal_id, null, -p.amount_minor
      from late_charge_payment p join late_charge c on c.tenant_id = p.tenant_id and c.id = p.late_charge_id where p.tenant_id = $1 and c.tenant_id = $1
    union all
    select 'kill_fee', k.id, k.client_id, k.currency, k.journal_id, k.due_on, k.amount_minor from kill_fee k where k.tenant_id = $1
    union all
    select 'kill_fee', k.id, k.client_id, k.currency, e.journal_id, null, -e.amount_minor
      from kill_fee_entry e join kill_fee k on k.tenant_id = e.tenant_id and k.id = e.kill_fee_id where e.tenant_id = $1 and k.tenant_id = $1
    union all
    select 'opening_invoice', o.id, o.client_id, o.currency, o.journal_id, o.due_on, o.amount_minor
      from opening_line o where o.tenant_id = $1 and o.kind = 'invoice'
    union all
    select 'opening_invoice', o.id, o.client_id, o.currency, p.journal_id, null, -p.amount_minor
      from opening_payment p join opening_line o on o.tenant_id = p.tenant_id and o.id = p.opening_line_id where p.tenant_id = $1 and o.tenant_id = $1
"""

# $2: the last effective date, $3: the last number known, or null.
_BOOKED: Final = f"""
    with moves as ({_MOVES}), booked as (
      select m.*, j.id as by_journal_id, j.seq, j.effective_date, j.recorded_at, 1 as sign
        from moves m join ledger_journal j on j.tenant_id = $1 and j.id = m.journal_id
      union all
      select m.*, j.id, j.seq, j.effective_date, j.recorded_at, -1
        from moves m join ledger_journal j on j.tenant_id = $1 and j.reversal_of = m.journal_id
    ), counted as (
      select b.* from booked b where b.effective_date <= $2 and ($3::bigint is null or b.seq <= $3)
    )"""  # noqa: S608


async def document_sums(
    uow: UnitOfWork, *, as_of: date, known_seq: int | None, client_id: UUID | None = None
) -> list[asyncpg.Record]:
    """For each document that owes something or is settled by too much: each part that falls due (`due_on`), and in the row without
    a due date what settled it (`amount_minor` negative)."""
    return await uow.fetch(
        f"""{_BOOKED}, parts as (
          select c.kind, c.document_id, c.client_id, c.currency, c.due_on, sum(c.sign * c.amount_minor)::bigint as amount_minor
            from counted c where $4::uuid is null or c.client_id = $4
           group by c.kind, c.document_id, c.client_id, c.currency, c.due_on
        ), sums as (
          select p.*, sum(p.amount_minor) over (partition by p.kind, p.document_id) as open_minor from parts p
        )
        select s.kind, s.document_id, s.client_id, s.currency, s.due_on, s.amount_minor from sums s
        where s.open_minor <> 0 order by s.client_id, s.currency, s.document_id, s.due_on nulls last
        """,  # noqa: S608 - put together of literals
        uow.tenant_id, as_of, known_seq, client_id,
    )  # fmt: skip


async def differences(
    uow: UnitOfWork, *, as_of: date, known_seq: int | None
) -> list[asyncpg.Record]:
    """Entries whose sum on the receivables accounts is not what the documents say, by number."""
    return await uow.fetch(
        f"""{_BOOKED}, ours as (
          select c.by_journal_id as journal_id, c.currency, sum(c.sign * c.amount_minor) as minor from counted c group by 1, 2
        ), theirs as (
          select p.journal_id, p.currency, sum(p.amount_minor) as minor
            from ledger_posting p join ledger_account a on a.tenant_id = $1 and a.id = p.account_id
           where p.tenant_id = $1 and a.code = 'receivable' and p.effective_date <= $2 and ($3::bigint is null or p.journal_seq <= $3)
           group by 1, 2
        )
        select j.seq, j.effective_date, j.recorded_at, j.kind, j.description, d.currency, d.documents_minor::bigint, d.ledger_minor::bigint
          from (select coalesce(o.journal_id, t.journal_id) as journal_id, coalesce(o.currency, t.currency) as currency,
                       coalesce(o.minor, 0) as documents_minor, coalesce(t.minor, 0) as ledger_minor
                  from ours o full join theirs t on t.journal_id = o.journal_id and t.currency = o.currency
                 where coalesce(o.minor, 0) <> coalesce(t.minor, 0)) d
          join ledger_journal j on j.tenant_id = $1 and j.id = d.journal_id
         order by j.seq limit 1000
        """,  # noqa: S608
        uow.tenant_id, as_of, known_seq,
    )  # fmt: skip


async def documents_of_journals(
    uow: UnitOfWork, journal_ids: Sequence[UUID]
) -> list[asyncpg.Record]:
    """Which document each of these entries moved: (`journal_id`, `kind`, `document_id`), each once."""
    return await uow.fetch(
        f"""
        with moves as ({_MOVES})
        select distinct j.id as journal_id, m.kind, m.document_id from ledger_journal j
          join moves m on m.journal_id = j.id or m.journal_id = j.reversal_of
         where j.tenant_id = $1 and j.id = any ($2) order by 1, 3
        """,  # noqa: S608
        uow.tenant_id, list(journal_ids),
    )  # fmt: skip


async def numbers(uow: UnitOfWork, document_ids: Sequence[UUID]) -> list[asyncpg.Record]:
    """What these documents are called: an invoice's number by its parts, a charge's, the engagement's of a kill fee, or the reference
    of one of before."""
    return await uow.fetch(
        """
        select i.id, 'invoice' as kind, i.number_prefix, i.number_year, i.number_ordinal, '' as reference
          from invoice i where i.tenant_id = $1 and i.id = any ($2)
        union all
        select c.id, 'late_charge', '', null, c.number, '' from late_charge c where c.tenant_id = $1 and c.id = any ($2)
        union all
        select k.id, 'kill_fee', '', e.number_year, e.number_ordinal, '' from kill_fee k
          join engagement e on e.tenant_id = k.tenant_id and e.id = k.engagement_id where k.tenant_id = $1 and e.tenant_id = $1 and k.id = any ($2)
        union all
        select o.id, 'opening_invoice', '', null, null, o.reference from opening_line o where o.tenant_id = $1 and o.id = any ($2)
        """,
        uow.tenant_id, list(document_ids),
    )  # fmt: skip
