"""The source language of the templates, and its parser.

One block per line; a line that starts with a space continues the block before it; ``;`` starts a
comment. Jinja tags stand in the text as they will in the .docx.

====================  =======================================================================
``# text``            document title          ``#> text``  subtitle
``## text {#name}``   numbered clause heading (1.), a target of ``[[#name]]``
``##! text``          heading without a number
``### text``          heading of a part of a clause
``+ text {#name}``    numbered clause (1.1)   ``++ text``  numbered sub-clause (a)
``- text``            bullet                  ``> text``   small print
``text``              body text, in line with the clauses
``{% tag %}``         alone on a line: holds for whole paragraphs, or whole table rows
``::: kind 20 50 30>``  a table with column widths in per cent, ``>`` = aligned right; kinds:
                      ``table`` (ruled), ``facts`` (label and value), ``parties``;
                      ``whole`` at the end: the table stays on one page
``|! a | b``          header row, repeated on every page; ``| a | b`` row; ``|= a | b`` total row;
                      ``|~ text`` a row across all columns
``:::``               end of the table
``::: signatures``    the signature block
``**x**`` ``~x~``     bold; muted and small.  Two backslashes break the line
``[[#name]]``         number of that clause, kept right by Word and by `contracts.render`
``{keep}``            at the end: stay on the page of the next block
====================  =======================================================================

Cells are parted by a bar with spaces around it; a Jinja filter has none.
"""

import re
from dataclasses import dataclass, field
from typing import Literal

Style = Literal[
    "Title",
    "Subtitle",
    "Heading1",
    "Section",
    "Heading2",
    "Clause",
    "Subclause",
    "Bullet",
    "Note",
    "Body",
    "Tag",
]
RowKind = Literal["header", "row", "total", "band", "tag"]

_MARKS: tuple[tuple[str, Style], ...] = (
    ("#> ", "Subtitle"), ("# ", "Title"), ("##! ", "Section"), ("### ", "Heading2"),
    ("## ", "Heading1"), ("++ ", "Subclause"), ("+ ", "Clause"), ("- ", "Bullet"), ("> ", "Note"),
)  # fmt: skip
_ROWS: tuple[tuple[str, RowKind], ...] = (
    ("|! ", "header"), ("|= ", "total"), ("|~ ", "band"), ("| ", "row"),
)  # fmt: skip
_TAG = re.compile(r"\{%.*%\}")
_ANCHOR = re.compile(r"\s*\{#([a-z_]+)\}$")
_KEEP = re.compile(r"\s*\{keep\}$")


@dataclass(frozen=True)
class Paragraph:
    """A paragraph in a style; ``anchor`` names it for references, ``keep`` binds it to the next."""

    style: Style
    text: str
    anchor: str | None = None
    keep: bool = False


@dataclass(frozen=True)
class Column:
    """``width`` in per cent of the text width."""

    width: int
    right: bool


@dataclass(frozen=True)
class Row:
    """A table row; a ``tag`` row holds one Jinja tag and disappears when rendered."""

    kind: RowKind
    cells: tuple[str, ...]


@dataclass
class Table:
    """A table; its kind decides rules and fills. A ``whole`` one is not to break over pages."""

    kind: str
    columns: tuple[Column, ...]
    whole: bool = False
    rows: list[Row] = field(default_factory=list)


Block = Paragraph | Table


class SourceError(ValueError):
    """A template source that cannot be read; the message names the line."""


def _lines(text: str) -> list[tuple[int, str]]:
    """Logical lines with their numbers: comments and blanks dropped, continuations joined."""
    lines: list[tuple[int, str]] = []
    for at, raw in enumerate(text.splitlines(), 1):
        if not raw.strip() or raw.startswith(";"):
            continue
        if raw[0] == " " and lines:
            start, before = lines[-1]
            lines[-1] = (start, f"{before} {raw.strip()}")
        else:
            lines.append((at, raw.rstrip()))
    return lines


def _row(line: str, at: int, columns: int) -> Row:
    if _TAG.fullmatch(line):
        return Row("tag", (line,))
    for mark, kind in _ROWS:
        if line.startswith(mark):
            cells = tuple(cell.strip() for cell in re.split(r"(?<!\S)\|(?!\S)", line[len(mark) :]))
            if kind == "band":
                cells = (line[len(mark) :].strip(),)
            elif len(cells) != columns:
                raise SourceError(f"line {at}: {len(cells)} cells in a table of {columns} columns")
            return Row(kind, cells)
    raise SourceError(f"line {at}: not a table row: {line}")


def _paragraph(line: str) -> Paragraph:
    if _TAG.fullmatch(line) and line.count("{%") == 1:
        return Paragraph("Tag", line)
    style: Style = "Body"
    for mark, marked in _MARKS:
        if line.startswith(mark):
            style, line = marked, line[len(mark) :].strip()
            break
    keep = bool(_KEEP.search(line))
    line = _KEEP.sub("", line)
    anchor = _ANCHOR.search(line)
    return Paragraph(style, _ANCHOR.sub("", line), anchor.group(1) if anchor else None, keep)


def parse(text: str) -> list[Block]:
    """The blocks of a source. Raises `SourceError` naming the line."""
    blocks: list[Block] = []
    table: Table | None = None
    for at, line in _lines(text):
        if line.startswith(":::"):
            words = line[3:].split()
            if table is not None and not words:
                blocks.append(table)
                table = None
            elif words and table is None:
                whole = words[-1] == "whole"
                words = words[:-1] if whole else words
                columns = tuple(Column(int(w.rstrip(">")), w.endswith(">")) for w in words[1:])
                table = Table(words[0], columns, whole)
                if words[0] == "signatures":
                    blocks.append(table)
                    table = None
            else:
                raise SourceError(f"line {at}: a table begins or ends out of place")
        elif table is not None:
            table.rows.append(_row(line, at, len(table.columns)))
        else:
            blocks.append(_paragraph(line))
    if table is not None:
        raise SourceError("the last table does not end")
    return blocks
