"""Bank statements: read, looked at, stored once, and matched line by line by a person.

The model: a file (CSV by the account's mapping, or camt.053) is previewed with everything that is wrong with it; one problem
keeps all of it out. Stored, each entry is one line, whatever file brings it again. For an open line the rule suggests what it may
be, with reasons; a person confirms, and the movement is entered with the line as its reference in the same transaction. The
database matches a line once, and only with an entry that moved the line's very amount at the bank.

Order of locks: the line, then whatever the movement locks.

What this package does not do: fetch statements from a bank, or match anything by itself.
"""

from services.bank_statements.accounts import add_bank_account, mapping_of, update_bank_account
from services.bank_statements.confirming import Target, TargetKind, confirm_match
from services.bank_statements.deciding import reject_match, set_line_aside, undo_match
from services.bank_statements.importing import (
    Preview,
    StatementFile,
    import_statement,
    preview_statement,
)
from services.bank_statements.mappings import PRESETS, CsvMapping
from services.bank_statements.matching import suggested_matches

__all__ = [
    "PRESETS",
    "CsvMapping",
    "Preview",
    "StatementFile",
    "Target",
    "TargetKind",
    "add_bank_account",
    "confirm_match",
    "import_statement",
    "mapping_of",
    "preview_statement",
    "reject_match",
    "set_line_aside",
    "suggested_matches",
    "undo_match",
    "update_bank_account",
]
