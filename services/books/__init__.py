"""The accountant's desk: the books as files of other programs, closed periods, reconciliation, what stood in the books before.

What this package does not do: say what a figure means for tax, or file anything with an authority.
"""

from services.books.journal_files import Program, journal_file
from services.books.opening_balances import (
    OpeningPreview,
    import_opening_balances,
    preview_opening_balances,
    record_opening_payment,
)
from services.books.periods import close_period, reopen_period
from services.books.reconciliations import (
    ClientMoney,
    Comparison,
    compare,
    record_reconciliation,
)
from services.books.statement_papers import Form, statement_paper

__all__ = [
    "ClientMoney",
    "Comparison",
    "Form",
    "OpeningPreview",
    "Program",
    "close_period",
    "compare",
    "import_opening_balances",
    "journal_file",
    "preview_opening_balances",
    "record_opening_payment",
    "record_reconciliation",
    "reopen_period",
    "statement_paper",
]
