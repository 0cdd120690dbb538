"""What the accountant pulls: retainer balances, a client's ledger, a trial balance, the aging, the roll-forward of money held;
each as values and as CSV.

Every report is read in one snapshot of the books, so that its lines and its totals agree. `as_of` asks what counted by a date,
`known_at` what had been recorded by an instant, so that last year's answer can be had again.
"""

from services.reports.csv_files import (
    client_ledger_csv,
    retainer_balances_csv,
    trial_balance_csv,
    write_csv,
)
from services.reports.csv_of_books import (
    aging_csv,
    deferred_revenue_csv,
    reconciliations_csv,
    statement_csv,
)
from services.reports.readings import (
    ClientLedger,
    RetainerBalance,
    RetainerBalances,
    client_ledger,
    retainer_balances,
    trial_balance,
)
from services.reports.receivables import Aging, aging
from services.reports.roll_forwards import PeriodRoll, deferred_revenue
from services.reports.statements import Statement, statement_of_account
from services.rules.deferred_revenue import Span

__all__ = [
    "Aging",
    "ClientLedger",
    "PeriodRoll",
    "RetainerBalance",
    "RetainerBalances",
    "Span",
    "Statement",
    "aging",
    "aging_csv",
    "client_ledger",
    "client_ledger_csv",
    "deferred_revenue",
    "deferred_revenue_csv",
    "reconciliations_csv",
    "retainer_balances",
    "retainer_balances_csv",
    "statement_csv",
    "statement_of_account",
    "trial_balance",
    "trial_balance_csv",
    "write_csv",
]
