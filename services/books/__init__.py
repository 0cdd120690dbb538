"""The accountant's desk: the books as files of other programs.

What this package does not do: say what a figure means for tax, or file anything with an authority.
"""

from services.books.journal_files import Program, journal_file

__all__ = ["Program", "journal_file"]
