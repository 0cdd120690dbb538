"""A .docx of ours as HTML, for reading and signing on a page in the browser.

The same words in the same order, with the numbers that Word would show. Only elements and classes that
are named here come out, every text is escaped, and nothing in the file is followed: no links, images,
scripts, styles or external parts. Equal bytes give equal HTML.
"""

import zipfile
from html import escape

from lxml import etree

from contracts.errors import DocumentError
from contracts.numbering import Counter, Label, scheme, w
from contracts.packaging import read_package

_HEADINGS = {"Title": "h1", "Heading1": "h2", "Section": "h2", "Heading2": "h3"}
_CLASSES = {
    "Subtitle": "subtitle",
    "Clause": "clause",
    "Subclause": "subclause",
    "ListBullet": "bullet",
    "Note": "note",
}
_TABLES = {
    "RuledTable": "ruled",
    "FactsTable": "facts",
    "PartiesTable": "parties",
    "SignatureTable": "signatures",
}


def _attribute(element: "etree._Element", path: str) -> str | None:
    found = element.find("/".join(w(name) for name in path.split("/")))
    return None if found is None else found.get(w("val"))


def _is_on(element: "etree._Element", path: str) -> bool:
    found = element.find("/".join(w(name) for name in path.split("/")))
    return found is not None and found.get(w("val"), "1") not in {"0", "false"}


def _run(run: "etree._Element") -> str:
    pieces = []
    for child in run:
        if child.tag == w("t"):
            pieces.append(escape(child.text or ""))
        elif child.tag == w("br"):
            pieces.append("<br>")
        elif child.tag == w("tab"):
            pieces.append('<span class="line"></span>')
    text = "".join(pieces)
    if not text:
        return ""
    if _is_on(run, "rPr/b"):
        text = f"<strong>{text}</strong>"
    if _attribute(run, "rPr/rStyle") == "Muted":
        text = f'<span class="muted">{text}</span>'
    return text


def _text(paragraph: "etree._Element") -> str:
    """The runs of a paragraph; of a field, the text that it shows."""
    pieces = []
    for child in paragraph:
        if child.tag == w("r"):
            pieces.append(_run(child))
        elif child.tag == w("fldSimple"):
            pieces.extend(_run(run) for run in child.iter(w("r")))
    return "".join(pieces).replace("</strong><strong>", "")


class _Page:
    def __init__(self, counter: Counter) -> None:
        self._counter = counter

    def blocks(self, parent: "etree._Element") -> str:
        pieces = []
        for child in parent:
            if child.tag == w("p"):
                pieces.append(self._paragraph(child))
            elif child.tag == w("tbl"):
                pieces.append(self._table(child))
        return "\n".join(piece for piece in pieces if piece)

    def _paragraph(self, paragraph: "etree._Element") -> str:
        label = self._counter.label(paragraph)
        text = _text(paragraph)
        if not text:
            return ""
        style = _attribute(paragraph, "pPr/pStyle") or ""
        name = _HEADINGS.get(style, "p")
        kind = _CLASSES.get(style)
        attributes = f' class="{kind}"' if kind else ""
        return f"<{name}{attributes}>{_number(label)}{text}</{name}>"

    def _table(self, table: "etree._Element") -> str:
        kind = _TABLES.get(_attribute(table, "tblPr/tblStyle") or "", "plain")
        rows = table.findall(w("tr"))
        heads = [row for row in rows if _is_on(row, "trPr/tblHeader")]
        body = [row for row in rows if row not in heads]
        head = "".join(self._row(row, kind, head=True) for row in heads)
        main = "".join(self._row(row, kind, head=False) for row in body)
        head = f"<thead>{head}</thead>" if head else ""
        role = ' role="presentation"' if kind in {"parties", "signatures"} else ""
        return f'<table class="{kind}"{role}>{head}<tbody>{main}</tbody></table>'

    def _row(self, row: "etree._Element", kind: str, *, head: bool) -> str:
        cells = []
        for index, cell in enumerate(row.findall(w("tc"))):
            paragraphs = cell.findall(w("p"))
            content = "<br>".join(filter(None, (_text(paragraph) for paragraph in paragraphs)))
            styles = {_attribute(p, "pPr/pStyle") or "" for p in paragraphs}
            attributes = ""
            span = _attribute(cell, "tcPr/gridSpan")
            if span and span.isdigit():
                attributes += f' colspan="{span}"'
            if any(style.endswith("Figure") for style in styles):
                attributes += ' class="figure"'
            if head:
                cells.append(f'<th scope="col"{attributes}>{content}</th>')
            elif kind == "facts" and index == 0:
                cells.append(f'<th scope="row"{attributes}>{content}</th>')
            else:
                cells.append(f"<td{attributes}>{content}</td>")
        total = row.find(f"{w('tc')}/{w('tcPr')}/{w('tcBorders')}") is not None
        mark = ' class="total"' if total else ""
        return f"<tr{mark}>{''.join(cells)}</tr>"


def _number(label: Label | None) -> str:
    if label is None:
        return ""
    text = escape(label.text)
    return f'<span class="number">{text}</span> '


def preview(content: bytes) -> str:
    """The HTML of a document that `contracts.render` made: one ``<article class="document">``.

    Raises `DocumentError` if the bytes are no .docx with a main part, styles and numbering.
    """
    try:
        parts = read_package(content)
        numbering = scheme(parts["word/styles.xml"], parts["word/numbering.xml"])
        parser = etree.XMLParser(resolve_entities=False, no_network=True)
        root = etree.fromstring(parts["word/document.xml"], parser)
    except (KeyError, ValueError, OSError, zipfile.BadZipFile, etree.XMLSyntaxError) as error:
        raise DocumentError(f"the file cannot be read as a document: {error}") from error
    body = root.find(w("body"))
    if body is None:
        raise DocumentError("the file cannot be read as a document: it has no body")
    language = "da" if b'w:lang w:val="da' in parts["word/styles.xml"] else "en"
    inner = _Page(Counter(numbering)).blocks(body)
    return f'<article class="document" lang="{language}">\n{inner}\n</article>\n'
