"""An XML file of a bank as plain elements with their lines, by a parser that refuses what XML is abused for.

No document type, no entities, no other files; bounded size, depth and number of elements.
"""

import io
from dataclasses import dataclass, field
from typing import Any, Final
from xml.sax import SAXException, SAXParseException
from xml.sax.handler import ContentHandler, feature_namespaces
from xml.sax.xmlreader import InputSource

from defusedxml import DefusedXmlException
from defusedxml.sax import make_parser

from services.rules.errors import InvalidInput

_MAX_DEPTH: Final = 40
_MAX_ELEMENTS: Final = 1_000_000


@dataclass(slots=True)
class Element:
    """One element: its name without the namespace, where it begins, and what it holds."""

    name: str
    line: int
    attributes: dict[str, str] = field(default_factory=dict)
    children: list["Element"] = field(default_factory=list)
    text: str = ""

    def all(self, path: str) -> list["Element"]:
        """Those at the end of a path such as `NtryDtls/TxDtls`."""
        found = [self]
        for name in path.split("/"):
            found = [child for each in found for child in each.children if child.name == name]
        return found

    def first(self, *paths: str) -> "Element | None":
        """The first element at the first of these paths that leads to any."""
        for path in paths:
            if found := self.all(path):
                return found[0]
        return None

    def said(self, *paths: str) -> str:
        """The text of the first element at the first of these paths that leads to any, or nothing."""
        found = self.first(*paths)
        return found.text.strip() if found else ""


def parse(content: bytes | str) -> tuple[Element, str]:
    """The root and its namespace. Bytes are read in the encoding that the file declares, text as it is.

    Raises InvalidInput with `details["line"]`: XML_FORBIDDEN for a document type or entities, FILE_INVALID for what is no XML,
    TOO_LARGE for what is nested or branched beyond any statement.
    """
    handler = _Handler()
    parser = make_parser()
    parser.forbid_dtd = True
    parser.setFeature(feature_namespaces, True)
    parser.setContentHandler(handler)
    source = InputSource()
    if isinstance(content, str):
        source.setEncoding("utf-8")
        content = content.removeprefix("\ufeff").lstrip().encode("utf-8", "replace")
    source.setByteStream(io.BytesIO(content))
    try:
        parser.parse(source)
    except DefusedXmlException:
        raise InvalidInput(
            "A statement has no document type and no entities.",
            code="XML_FORBIDDEN",
            line=handler.line(),
        ) from None
    except SAXParseException as error:
        raise InvalidInput(
            f"This is not XML: {error.getMessage()} at column {(error.getColumnNumber() or 0) + 1}.",
            code="FILE_INVALID",
            line=error.getLineNumber() or 1,
        ) from None
    except (SAXException, LookupError, UnicodeError):
        raise InvalidInput(
            "This is not XML in an encoding that is known.", code="FILE_INVALID", line=1
        ) from None
    if handler.root is None:
        raise InvalidInput("This is not XML: nothing is there.", code="FILE_INVALID", line=1)
    return handler.root, handler.namespace


class _Handler(ContentHandler):
    def __init__(self) -> None:
        super().__init__()
        self.root: Element | None = None
        self.namespace = ""
        self._open: list[Element] = []
        self._texts: list[list[str]] = []
        self._elements = 0
        self._locator: Any = None

    def setDocumentLocator(self, locator: Any) -> None:  # noqa: N802 - SAX's name
        self._locator = locator

    def line(self) -> int:
        return int(self._locator.getLineNumber() or 1) if self._locator is not None else 1

    def startElementNS(self, name: Any, qname: Any, attrs: Any) -> None:  # noqa: N802 - SAX's name
        self._elements += 1
        if len(self._open) >= _MAX_DEPTH or self._elements > _MAX_ELEMENTS:
            raise InvalidInput(
                "The XML is nested or branched beyond any statement.",
                code="TOO_LARGE",
                line=self.line(),
            )
        element = Element(
            name[1], self.line(), {key[1]: attrs.getValue(key) for key in attrs.getNames()}
        )
        if self._open:
            self._open[-1].children.append(element)
        else:
            self.root, self.namespace = element, name[0] or ""
        self._open.append(element)
        self._texts.append([])

    def endElementNS(self, name: Any, qname: Any) -> None:  # noqa: N802 - SAX's name
        self._open.pop().text = "".join(self._texts.pop())

    def characters(self, content: str) -> None:
        if self._texts:
            self._texts[-1].append(content)
