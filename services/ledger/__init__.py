"""The books of a practice, in the caller's own unit of work.

The model: money moves only by a journal, and a journal is never changed; what was wrong is reversed. The first posting of a
unit of work takes the practice's ledger head and holds it until commit, which makes numbers gap-free and balances certain.
Hence the order of locks: idempotency key, then the rows of your own, the ledger last.

Amounts and `balance_minor` are debit positive; `natural_minor` is on the account's own side (a retainer of 5 000 held reads
+5 000). `as_of` asks what counted by a date, `known_at` what had been recorded by an instant; None is no limit.

What this package does not do: check the actor's role, decide which accounts a business event touches, or go on after a
refusal of the database. A refusal aborts the transaction: let it propagate.
"""

from services.ledger.posting import account_for, close_period, post, reverse
from services.ledger.reading import (
    account_entries,
    available,
    balance,
    balances,
    client_entries,
    closed_through,
    journal,
    journals,
    trial_balance,
    verify,
)
from services.ledger.records import (
    Account,
    AccountBalance,
    Entry,
    EntryCursor,
    Journal,
    JournalLine,
    PostedJournal,
    Problem,
    TrialBalance,
    TrialBalanceLine,
)
from services.rules.ledger import CHART, AccountCode, JournalDraft, Line

__all__ = [
    "CHART",
    "Account",
    "AccountBalance",
    "AccountCode",
    "Entry",
    "EntryCursor",
    "Journal",
    "JournalDraft",
    "JournalLine",
    "Line",
    "PostedJournal",
    "Problem",
    "TrialBalance",
    "TrialBalanceLine",
    "account_entries",
    "account_for",
    "available",
    "balance",
    "balances",
    "client_entries",
    "close_period",
    "closed_through",
    "journal",
    "journals",
    "post",
    "reverse",
    "trial_balance",
    "verify",
]
