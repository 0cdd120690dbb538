"""Reading and writing Open Packaging zips so that the same parts always make the same bytes."""

import io
import zipfile
from collections.abc import Mapping
from xml.sax.saxutils import escape

_DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_EPOCH = (1980, 1, 1, 0, 0, 0)
_FIRST = "[Content_Types].xml"


def write_package(parts: Mapping[str, bytes], *, compress: bool) -> bytes:
    """The zip of ``parts``: names sorted (content types first, as readers expect), one fixed date.

    Without compression the bytes do not depend on the machine's zlib either; templates are kept so.
    """
    method = zipfile.ZIP_DEFLATED if compress else zipfile.ZIP_STORED
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as package:
        for name in sorted(parts, key=lambda n: (n != _FIRST, n)):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.compress_type = method
            entry.create_system = 3
            entry.external_attr = 0o644 << 16
            package.writestr(entry, parts[name], compresslevel=6 if compress else None)
    return buffer.getvalue()


def read_package(content: bytes) -> dict[str, bytes]:
    """Every part of a package by name, without folder entries."""
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        return {n: package.read(n) for n in package.namelist() if not n.endswith("/")}


def core_properties(title: str, author: str, language: str, moment: str) -> str:
    """``docProps/core.xml`` with nothing in it that depends on when or where it is written.

    ``moment`` is an ISO 8601 instant in UTC, to the second.
    """
    return (
        f"{_DECLARATION}<cp:coreProperties "
        f'xmlns:cp="{_PACKAGE}/metadata/core-properties" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f"<dc:title>{escape(title)}</dc:title><dc:creator>{escape(author)}</dc:creator>"
        f'<dcterms:created xsi:type="dcterms:W3CDTF">{moment}</dcterms:created>'
        f'<dcterms:modified xsi:type="dcterms:W3CDTF">{moment}</dcterms:modified>'
        f"<dc:language>{language}</dc:language></cp:coreProperties>"
    )
