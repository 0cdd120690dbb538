"""Blocks of a source as WordprocessingML: paragraphs, tables, the signature block."""

import re
from xml.sax.saxutils import escape

from contracts.build.source import Block, Paragraph, Row, Table
from contracts.build.styles import ACCENT, FILL, MUTED

TEXT_WIDTH = 9070
"""A4 less two margins of 2.5 cm, in twentieths of a point."""

_STYLE_IDS = {"Body": "BodyText", "Bullet": "ListBullet"}
_TABLE_STYLES = {"table": "RuledTable", "facts": "FactsTable", "parties": "PartiesTable"}
_TOKENS = re.compile(r"(\{\{.*?\}\}|\{%.*?%\}|\*\*|~|\\\\|\s?\[\[#[a-z_]+\]\])")


def _run(text: str, bold: bool, muted: bool) -> str:
    # LibreOffice takes the size of a character style but not its colour: say the colour here too.
    style = (
        ('<w:rStyle w:val="Muted"/>' if muted else "")
        + ("<w:b/>" if bold else "")
        + (f'<w:color w:val="{MUTED}"/>' if muted else "")
    )
    properties = f"<w:rPr>{style}</w:rPr>" if style else ""
    return f'<w:r>{properties}<w:t xml:space="preserve">{escape(text)}</w:t></w:r>'


def inline(text: str, *, bold: bool = False) -> str:
    """The runs of a line of text; ``bold`` is the state it starts in."""
    muted = False
    pieces: list[str] = []
    pending = ""

    def flush() -> None:
        nonlocal pending
        if pending:
            pieces.append(_run(pending, bold, muted))
            pending = ""

    for piece in _TOKENS.split(text):
        if piece == "**":
            flush()
            bold = not bold
        elif piece == "~":
            flush()
            muted = not muted
        elif piece == "\\\\":
            flush()
            pieces.append("<w:r><w:br/></w:r>")
        elif "[[#" in piece:
            # The number must not part from the word before it ("clause 7").
            pending += "\u00a0" if piece[0].isspace() else ""
            flush()
            name = piece.strip()[3:-2]
            pieces.append(
                f'<w:fldSimple w:instr=" REF _Ref_{name} \\r \\h ">{_run("0", bold, muted)}</w:fldSimple>'
            )
        else:
            pending += piece
    flush()
    return "".join(pieces)


def paragraph(style: str, runs: str, extra: str = "") -> str:
    """A paragraph of ready runs."""
    return f'<w:p><w:pPr><w:pStyle w:val="{style}"/>{extra}</w:pPr>{runs}</w:p>'


def _tag(text: str, scope: str) -> str:
    """A block tag as docxtpl wants it: ``{%p if x %}`` holds for paragraphs, ``{%tr`` for rows."""
    return paragraph("Tag", _run("{%" + scope + text[2:], False, False))


def _span(widths: list[int]) -> str:
    """The mark of a cell across all columns."""
    return f'<w:gridSpan w:val="{len(widths)}"/>' if len(widths) > 1 else ""


class Body:
    """Turns blocks into XML; numbers the bookmarks of one document."""

    def __init__(self, words: dict[str, str]) -> None:
        self._words = words
        self._bookmarks = 0

    def blocks(self, blocks: list[Block]) -> str:
        """The content of ``w:body`` before its section properties."""
        pieces: list[str] = []
        for block in blocks:
            if isinstance(block, Paragraph):
                pieces.append(self._paragraph(block))
            elif block.kind == "signatures":
                pieces.append(self._signatures())
            else:
                pieces.append(self._table(block))
        return "".join(pieces)

    def _paragraph(self, block: Paragraph) -> str:
        if block.style == "Tag":
            return _tag(block.text, "p")
        runs = inline(block.text)
        if block.anchor:
            self._bookmarks += 1
            at = self._bookmarks
            runs = (
                f'<w:bookmarkStart w:id="{at}" w:name="_Ref_{block.anchor}"/>{runs}'
                f'<w:bookmarkEnd w:id="{at}"/>'
            )
        style = _STYLE_IDS.get(block.style, block.style)
        return paragraph(style, runs, "<w:keepNext/><w:keepLines/>" if block.keep else "")

    def _table(self, table: Table) -> str:
        widths = [round(TEXT_WIDTH * column.width / 100) for column in table.columns]
        widths[-1] += TEXT_WIDTH - sum(widths)
        grid = "".join(f'<w:gridCol w:w="{width}"/>' for width in widths)
        # A table whose length is known (no loop in it) is short, and stays on one page too.
        loops = any(row.kind == "tag" and "{% for" in row.cells[0] for row in table.rows)
        whole = table.whole or not loops
        last = next(row for row in reversed(table.rows) if row.kind != "tag")
        rows = ""
        for at, row in enumerate(table.rows):
            # A total and the rows below it stay together, and with the last row of the loop above the total.
            total = row.kind in {"total", "band"} and row is not last
            keep = total or (whole and row is not table.rows[-1])
            made = self._row(table, row, widths, keep=keep)
            following = table.rows[at + 1 : at + 3]
            ends_loop = [each.kind for each in following] == ["tag", "total"] and (
                "endfor" in following[0].cells[0]
            )
            if not keep and row.kind == "row" and ends_loop:
                made = (
                    self._tag_row("{% if loop.last %}", widths)
                    + self._row(table, row, widths, keep=True)
                    + self._tag_row("{% else %}", widths)
                    + made
                    + self._tag_row("{% endif %}", widths)
                )
            rows += made
        style = _TABLE_STYLES[table.kind]
        first_row = "1" if table.kind == "table" else "0"
        return (
            f'<w:tbl><w:tblPr><w:tblStyle w:val="{style}"/><w:tblW w:w="{TEXT_WIDTH}" w:type="dxa"/>'
            '<w:tblLayout w:type="fixed"/>'
            f'<w:tblLook w:val="0000" w:firstRow="{first_row}" w:lastRow="0" w:firstColumn="0" '
            'w:lastColumn="0" w:noHBand="1" w:noVBand="1"/></w:tblPr>'
            f"<w:tblGrid>{grid}</w:tblGrid>{rows}</w:tbl>" + paragraph("Spacer", "")
        )

    def _tag_row(self, tag: str, widths: list[int]) -> str:
        return (
            f'<w:tr><w:tc><w:tcPr><w:tcW w:w="{TEXT_WIDTH}" w:type="dxa"/>{_span(widths)}</w:tcPr>'
            f"{_tag(tag, 'tr')}</w:tc></w:tr>"
        )

    def _row(self, table: Table, row: Row, widths: list[int], *, keep: bool) -> str:
        if row.kind == "tag":
            return self._tag_row(row.cells[0], widths)
        span = _span(widths)
        properties = "<w:cantSplit/>" + ("<w:tblHeader/>" if row.kind == "header" else "")
        if row.kind == "band":
            cells = (
                f'<w:tc><w:tcPr><w:tcW w:w="{TEXT_WIDTH}" w:type="dxa"/>{span}</w:tcPr>'
                + paragraph("TableText", inline(row.cells[0]), "<w:keepNext/>" if keep else "")
                + "</w:tc>"
            )
            return f"<w:tr><w:trPr>{properties}</w:trPr>{cells}</w:tr>"
        cells = ""
        for index, (text, column, width) in enumerate(
            zip(row.cells, table.columns, widths, strict=True)
        ):
            head = row.kind == "header"
            style = ("TableHead" if head else "Table") + (
                "Figure" if column.right else "" if head else "Text"
            )
            bold = row.kind == "total" or (table.kind == "facts" and index == 0)
            border = ""
            if row.kind == "total":
                border = (
                    f'<w:tcBorders><w:top w:val="single" w:sz="6" w:space="0" w:color="{ACCENT}"/>'
                    "</w:tcBorders>"
                )
            fill = f'<w:shd w:val="clear" w:color="auto" w:fill="{FILL}"/>' if head else ""
            extra = "<w:keepNext/>" if head or keep else ""
            cells += (
                f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/>{border}{fill}'
                + ('<w:vAlign w:val="bottom"/>' if head else "")
                + "</w:tcPr>"
                + paragraph(style, inline(text, bold=bold), extra)
                + "</w:tc>"
            )
        return f"<w:tr><w:trPr>{properties}</w:trPr>{cells}</w:tr>"

    def _signatures(self) -> str:
        """Two signers a row; each row stays whole, and all rows stay together."""
        gap = 500
        width = (TEXT_WIDTH - gap) // 2

        def cell(signer: str, shown: str) -> str:
            def line(style: str, text: str, tab: bool = False) -> str:
                opening, closing = (f"{{% if {shown} %}}", "{% endif %}") if shown else ("", "")
                mark = _run(opening, False, False) if opening else ""
                mark_end = _run(closing, False, False) if closing else ""
                content = "<w:r><w:tab/></w:r>" if tab else inline(text)
                return paragraph(style, mark + content + mark_end)

            title = "{% if S.signer_title %}, {{ S.signer_title }}{% endif %}".replace("S", signer)
            return (
                f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/></w:tcPr>'
                + line("SignatureText", f"**{{{{ {signer}.party_name }}}}**")
                + line("SignatureLine", "", tab=True)
                + line("SignatureText", f"~{self._words['place_and_date']}~")
                + line("SignatureLine", "", tab=True)
                + line("SignatureText", f"~{self._words['signature']}~")
                + line("SignatureText", f"{{{{ {signer}.signer_name }}}}{title}")
                + paragraph("SignatureText", "")
                + "</w:tc>"
            )

        blank = (
            f'<w:tc><w:tcPr><w:tcW w:w="{TEXT_WIDTH - 2 * width}" w:type="dxa"/></w:tcPr>'
            + paragraph("SignatureText", "")
            + "</w:tc>"
        )
        tag_cell = f'<w:tr><w:tc><w:tcPr><w:tcW w:w="{TEXT_WIDTH}" w:type="dxa"/><w:gridSpan w:val="3"/></w:tcPr>'
        return (
            '<w:tbl><w:tblPr><w:tblStyle w:val="SignatureTable"/>'
            f'<w:tblW w:w="{TEXT_WIDTH}" w:type="dxa"/><w:tblLayout w:type="fixed"/></w:tblPr>'
            f'<w:tblGrid><w:gridCol w:w="{width}"/><w:gridCol w:w="{TEXT_WIDTH - 2 * width}"/>'
            f'<w:gridCol w:w="{width}"/></w:tblGrid>'
            + tag_cell + _tag("{% for pair in signatures|batch(2) %}", "tr") + "</w:tc></w:tr>"
            + "<w:tr><w:trPr><w:cantSplit/></w:trPr>"
            + cell("pair[0]", "") + blank + cell("pair[1]", "pair|length == 2") + "</w:tr>"
            + tag_cell + _tag("{% endfor %}", "tr") + "</w:tc></w:tr></w:tbl>"
            + paragraph("Spacer", "")
        )  # fmt: skip
