"""Cells that a spreadsheet would take for a formula.

A text that begins with `=`, `+`, `-`, `@`, a tab or a carriage return (or the wide forms of these signs) runs as a formula when a
spreadsheet opens the file. An apostrophe in front, which spreadsheets hide, keeps it a text.
"""

import re
from typing import Final

# Apostrophes that stand there already are counted in, so that taking one away gives back exactly what was written.
_DANGEROUS: Final = re.compile("'*[=+\\-@\t\r＝＋－＠]")


def guarded(text: str) -> str:
    """The text as it may stand in a cell."""
    return "'" + text if _DANGEROUS.match(text) else text


def unguarded(cell: str) -> str:
    """The text of a cell that `guarded` wrote, or that a person wrote in the same way."""
    return cell[1:] if cell.startswith("'") and _DANGEROUS.match(cell) else cell
