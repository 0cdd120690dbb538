"""Microsoft Project's XML as plain elements, parsed by a parser that refuses what XML is abused for.

No document type, no entities, no other files, bounded size and depth. Branches that a plan has no use for (resources' rates,
time-phased data, baselines) are passed over while reading, so that a large file stays small in memory.
"""

import io
from typing import Any, Final
from xml.sax import SAXParseException
from xml.sax.handler import ContentHandler, feature_namespaces
from xml.sax.xmlreader import InputSource

from defusedxml import DefusedXmlException
from defusedxml.sax import make_parser

from services.rules.errors import InvalidInput
from services.rules.plan_files.elements import Element

MAX_XML_BYTES: Final = 10_000_000
"""Microsoft Project writes some 5 to 15 kilobytes for each task."""

_NAMESPACE: Final = "http://schemas.microsoft.com/project"
_MAX_DEPTH: Final = 30
_MAX_ELEMENTS: Final = 2_000_000
_PASSED_OVER: Final = frozenset(
    {"Baseline", "TimephasedData", "OutlineCodes", "WBSMasks", "Views", "Filters", "Groups", "Tables", "Maps",
     "Reports", "Drawings", "DataLinks", "VBAProjects", "WorkingTimes", "AvailabilityPeriods", "Rates", "Lookup",
     "ValueList", "WorkWeeks"}
)  # fmt: skip


def parse_project(text: str) -> Element:
    """The root element of a Microsoft Project file.

    Raises `InvalidInput` with `details["line"]` where it is known: TOO_LARGE, XML_FORBIDDEN for a document type or entities,
    FILE_INVALID for what is no XML, NOT_MS_PROJECT for another document.
    """
    data = text.encode("utf-8", "replace")
    if len(data) > MAX_XML_BYTES:
        raise InvalidInput(f"A file has at most {MAX_XML_BYTES} bytes.", code="TOO_LARGE")
    handler = _Handler()
    parser = make_parser()
    parser.forbid_dtd = True
    parser.setFeature(feature_namespaces, True)
    parser.setContentHandler(handler)
    source = InputSource()
    # The text came as text: whatever encoding its first line claims, these bytes are UTF-8.
    source.setEncoding("utf-8")
    source.setByteStream(io.BytesIO(data.removeprefix(b"\xef\xbb\xbf").lstrip()))
    try:
        parser.parse(source)
    except SAXParseException as error:
        raise InvalidInput(
            f"This is not XML: {error.getMessage()} at column {(error.getColumnNumber() or 0) + 1}.",
            code="FILE_INVALID",
            line=error.getLineNumber(),
        ) from None
    except DefusedXmlException:
        raise InvalidInput(
            "A plan has no document type and no entities.",
            code="XML_FORBIDDEN",
            line=handler.line(),
        ) from None
    if handler.root is None:
        raise InvalidInput("This is not XML: nothing is there.", code="FILE_INVALID")
    return handler.root


class _Handler(ContentHandler):
    def __init__(self) -> None:
        super().__init__()
        self.root: Element | None = None
        self._open: list[Element] = []
        self._texts: list[list[str]] = []
        self._passing = 0
        self._elements = 0
        self._locator: Any = None

    def setDocumentLocator(self, locator: Any) -> None:  # noqa: N802 - SAX's name
        self._locator = locator

    def line(self) -> int:
        return int(self._locator.getLineNumber() or 0) if self._locator is not None else 0

    def startElementNS(self, name: Any, qname: Any, attrs: Any) -> None:  # noqa: N802 - SAX's name
        namespace, local = name
        self._elements += 1
        if self.root is None:
            _require_project(namespace, local, self.line())
        if len(self._open) + self._passing >= _MAX_DEPTH or self._elements > _MAX_ELEMENTS:
            raise InvalidInput(
                "The XML is nested or branched beyond any plan.", code="TOO_LARGE", line=self.line()
            )
        if self._passing:
            self._passing += 1
            return
        if local in _PASSED_OVER:
            # That it was there is worth knowing; what it held is not.
            self._passing = 1
            if self._open:
                self._open[-1].children.append(Element(local, self.line()))
            return
        element = Element(local, self.line())
        if self._open:
            self._open[-1].children.append(element)
        else:
            self.root = element
        self._open.append(element)
        self._texts.append([])

    def endElementNS(self, name: Any, qname: Any) -> None:  # noqa: N802 - SAX's name
        if self._passing:
            self._passing -= 1
            return
        self._open.pop().text = "".join(self._texts.pop())

    def characters(self, content: str) -> None:
        if not self._passing and self._texts:
            self._texts[-1].append(content)


def _require_project(namespace: str | None, local: str, line: int) -> None:
    # Later releases have written the same elements under the name with a year behind it.
    if local == "Project" and f"{namespace}/".startswith(f"{_NAMESPACE}/"):
        return
    said = f"{local} of {namespace}" if namespace else f"{local} without a namespace"
    raise InvalidInput(
        f"This is not a file of Microsoft Project: its root is {said[:120]}, not Project of {_NAMESPACE}.",
        code="NOT_MS_PROJECT",
        line=line,
    )
