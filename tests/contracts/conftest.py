"""What the tests of documents share."""

import re

from lxml import etree

from contracts.packaging import read_package

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


def text_of(content: bytes) -> str:
    """The text of a .docx: one line a paragraph, of header, body and footer."""
    lines = []
    for name, part in sorted(read_package(content).items()):
        if not re.fullmatch(r"word/(document|header\d|footer\d)\.xml", name):
            continue
        for paragraph in etree.fromstring(part).iter(f"{_W}p"):
            pieces = [
                "\n" if node.tag == f"{_W}br" else node.text or ""
                for node in paragraph.iter(f"{_W}t", f"{_W}br")
            ]
            lines.append("".join(pieces))
    return "\n".join(lines)
