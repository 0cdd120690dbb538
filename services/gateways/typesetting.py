"""Data to PDF, by typst: no office program, no fonts of the machine, the same bytes for the same data everywhere.

Text is set in Liberation Sans (see `pictures`). The data reach the source as one JSON text, so nothing in a name is ever markup. The
source says the date of the document; nothing is read from a clock.
"""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

import typst

from services.gateways.pictures import FONTS, letters

_FONTS: Final = [str(FONTS)]
_UNKNOWN: Final = "\N{REPLACEMENT CHARACTER}"


def pdf(source: Path, data: dict[str, Any], *, issued_on: date) -> bytes:
    """The PDF (PDF/A-2b) of a typst source that reads `json(bytes(sys.inputs.data))`.

    A letter that the font lacks becomes a replacement sign, for a document that lacks a letter is better than none. Takes some ten
    milliseconds of a thread. Raises `typst.TypstError` for a source that is wrong.
    """
    text = json.dumps(data, ensure_ascii=False, sort_keys=True)
    shown = "".join(each if ord(each) in letters() or each == "\n" else _UNKNOWN for each in text)
    return bytes(
        typst.compile(
            str(source),
            font_paths=_FONTS,
            ignore_system_fonts=True,
            format="pdf",
            sys_inputs={"data": shown},
            pdf_standards="a-2b",
            timestamp=datetime(issued_on.year, issued_on.month, issued_on.day, tzinfo=UTC),
        )
    )
