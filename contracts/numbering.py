"""The numbers that Word shows before paragraphs: ``7.``, ``7.2``, ``(a)``.

Word stores no numbers, only which paragraph takes part in which list at which level. They are counted
here as Word counts them, for the page in the browser and for the text of cross-references.
"""

from dataclasses import dataclass

from lxml import etree

from contracts.packaging import read_package

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


def w(name: str) -> str:
    """The qualified name of a WordprocessingML element or attribute."""
    return _W + name


@dataclass(frozen=True)
class Level:
    """One level of a list: its format (``decimal``, ``lowerLetter``, ``bullet`` …), text and start."""

    form: str
    text: str
    start: int


@dataclass(frozen=True)
class Label:
    """What stands before a paragraph, and the level it stands on (0 = outermost)."""

    text: str
    level: int
    bullet: bool


@dataclass(frozen=True)
class Scheme:
    """The lists of a package and the styles that take part in them."""

    levels: dict[str, dict[int, Level]]
    lists: dict[str, str]
    styles: dict[str, tuple[str, int]]


def _value(element: "etree._Element | None") -> str | None:
    return None if element is None else element.get(w("val"))


def scheme(styles: bytes, numbering: bytes) -> Scheme:
    """Reads ``word/styles.xml`` and ``word/numbering.xml``."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    levels: dict[str, dict[int, Level]] = {}
    lists: dict[str, str] = {}
    by_style: dict[tuple[str, str], int] = {}
    root = etree.fromstring(numbering, parser)
    for abstract in root.iter(w("abstractNum")):
        identity = abstract.get(w("abstractNumId"), "")
        levels[identity] = {}
        for level in abstract.iter(w("lvl")):
            at = int(level.get(w("ilvl"), "0"))
            levels[identity][at] = Level(
                _value(level.find(w("numFmt"))) or "decimal",
                _value(level.find(w("lvlText"))) or "",
                int(_value(level.find(w("start"))) or "1"),
            )
            style = _value(level.find(w("pStyle")))
            if style:
                by_style[identity, style] = at
    for num in root.iter(w("num")):
        lists[num.get(w("numId"), "")] = _value(num.find(w("abstractNumId"))) or ""
    taking_part: dict[str, tuple[str, int]] = {}
    for style_element in etree.fromstring(styles, parser).iter(w("style")):
        properties = style_element.find(f"{w('pPr')}/{w('numPr')}")
        identity = style_element.get(w("styleId"), "")
        number = None if properties is None else _value(properties.find(w("numId")))
        if number in lists:
            level_at = by_style.get((lists[number], identity), 0)
            taking_part[identity] = (number, level_at)
    return Scheme(levels, lists, taking_part)


def _figure(value: int, form: str) -> str:
    if form == "lowerLetter":
        return chr(ord("a") + (value - 1) % 26) * ((value - 1) // 26 + 1)
    if form == "upperLetter":
        return chr(ord("A") + (value - 1) % 26) * ((value - 1) // 26 + 1)
    return str(value)


class Counter:
    """Counts through one document; ask it for each paragraph in order."""

    def __init__(self, of: Scheme) -> None:
        self._scheme = of
        self._counts: dict[str, dict[int, int]] = {}

    def label(self, paragraph: "etree._Element") -> Label | None:
        """The label of the next paragraph, or None if it has no number."""
        properties = paragraph.find(w("pPr"))
        if properties is None:
            return None
        taking_part = self._scheme.styles.get(_value(properties.find(w("pStyle"))) or "")
        own = properties.find(w("numPr"))
        if own is not None:
            number = _value(own.find(w("numId"))) or "0"
            level = int(_value(own.find(w("ilvl"))) or "0")
            taking_part = (number, level) if number in self._scheme.lists else None
        if taking_part is None:
            return None
        number, level = taking_part
        abstract = self._scheme.lists[number]
        levels = self._scheme.levels[abstract]
        form = levels[level].form
        if form == "bullet":
            return Label(levels[level].text, level, True)
        counts = self._counts.setdefault(abstract, {})
        counts[level] = counts.get(level, levels[level].start - 1) + 1
        for deeper in [at for at in counts if at > level]:
            del counts[deeper]
        text = levels[level].text
        for at in range(level + 1):
            value = counts.get(at, levels[at].start)
            text = text.replace(f"%{at + 1}", _figure(value, levels[at].form))
        return Label(text, level, False)


def bookmark_labels(document: "etree._Element", of: Scheme) -> dict[str, str]:
    """The number of every bookmarked paragraph, as a sentence cites it: ``7``, ``18.2``."""
    counter = Counter(of)
    labels: dict[str, str] = {}
    for paragraph in document.iter(w("p")):
        label = counter.label(paragraph)
        for bookmark in paragraph.iter(w("bookmarkStart")):
            labels[bookmark.get(w("name"), "")] = label.text.rstrip(".") if label else ""
    return labels


def clause_number(content: bytes, clause: str) -> str | None:
    """The number of a clause in the bytes of a document, by its name in the source (``change``).

    What a change order cites of a signed contract. None if the document has no such clause.
    """
    parts = read_package(content)
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)
    numbering = scheme(parts["word/styles.xml"], parts["word/numbering.xml"])
    root = etree.fromstring(parts["word/document.xml"], parser)
    return bookmark_labels(root, numbering).get(f"_Ref_{clause}") or None
