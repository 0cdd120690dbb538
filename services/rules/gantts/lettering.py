"""Text in a picture: how wide it is, how it is cut, and what of it may be drawn at all.

A picture cannot ask a browser how wide a word is. The widths are those of Liberation Sans, which are those of Arial and Helvetica
to the unit, so what is laid out here holds on nearly every machine; the pictures that we draw ourselves use that very font.
"""

import unicodedata
from typing import Final

FONT_FAMILY: Final = "'Liberation Sans', Arial, Helvetica, sans-serif"
"""All of one width; the first is the one that lies beside `services.gateways.pictures`."""

# Thousandths of the size of the font, for U+0020 to U+007E.
_REGULAR: Final = tuple(map(int, ["278", "278", "355", "556", "556", "889", "667", "191", "333", "333", "389", "584", "278", "333", "278", "278", "556", "556", "556", "556", "556", "556", "556", "556", "556", "556", "278", "278", "584", "584", "584", "556", "1015", "667", "667", "722", "722", "667", "611", "778", "722", "278", "500", "667", "556", "833", "722", "778", "667", "778", "722", "667", "611", "722", "667", "944", "667", "667", "611", "278", "278", "278", "469", "556", "333", "556", "556", "500", "556", "556", "278", "556", "556", "222", "222", "500", "222", "833", "556", "556", "556", "556", "333", "500", "278", "556", "500", "722", "500", "500", "500", "334", "260", "334", "584"]))  # fmt: skip
_BOLD: Final = tuple(map(int, ["278", "333", "474", "556", "556", "889", "722", "238", "333", "333", "389", "584", "278", "333", "278", "278", "556", "556", "556", "556", "556", "556", "556", "556", "556", "556", "333", "333", "584", "584", "584", "611", "975", "722", "722", "722", "722", "667", "611", "778", "722", "278", "556", "722", "611", "833", "722", "778", "667", "778", "722", "667", "611", "722", "667", "944", "667", "667", "611", "333", "278", "333", "584", "556", "333", "556", "611", "556", "611", "556", "333", "611", "611", "278", "278", "556", "278", "889", "611", "611", "611", "611", "389", "556", "333", "611", "556", "778", "556", "556", "500", "389", "280", "389", "584"]))  # fmt: skip
_OTHERS: Final = {
    "æ": 889, "Æ": 1000, "ø": 611, "Ø": 778, "œ": 944, "Œ": 1000, "ß": 611, "ð": 611, "Ð": 722, "þ": 611, "Þ": 667,
    "ł": 278, "Ł": 611, "đ": 611, "–": 556, "—": 1000, "‘": 278, "’": 278, "“": 500, "”": 500, "…": 1000, "•": 350,
    "→": 1000, "←": 1000, "−": 584, "≤": 549, "±": 549, "×": 584, "·": 333, "«": 556, "»": 556, "\u00a0": 278,
    "\u2011": 333, "\u202f": 278, "£": 556, "€": 556, "°": 400, "§": 556,
}  # fmt: skip
_LETTER: Final = 723
_WIDE: Final = 1250

ELLIPSIS: Final = "…"

_TURNERS: Final = frozenset(
    "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c"
)


def drawable(text: str) -> str:
    """The text without what XML forbids, what breaks a line and what turns the order of letters around."""
    kept = []
    for character in text:
        category = unicodedata.category(character)
        if category in {"Cc", "Zl", "Zp"}:
            kept.append(" ")
        elif category in {"Cs", "Cn"} or character in _TURNERS:
            continue
        else:
            kept.append(character)
    return " ".join("".join(kept).split(" ")).strip()


def escaped(text: str) -> str:
    """The text for XML, as content or in double quotes."""
    return (
        drawable(text)
        .replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace('"', "&quot;")
    )


def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """How wide a text is at a size, in the unit of the size; of letters that the table lacks, a little too much."""
    table = _BOLD if bold else _REGULAR
    return sum(_thousandths(character, table) for character in text) * size / 1000


def _thousandths(character: str, table: tuple[int, ...]) -> int:
    code = ord(character)
    if 32 <= code < 127:
        return table[code - 32]
    known = _OTHERS.get(character)
    if known is not None:
        return known
    category = unicodedata.category(character)
    if category in {"Mn", "Me", "Cf"}:
        return 0
    # An accent takes no room of its own.
    base = ord(unicodedata.normalize("NFD", character)[0])
    if 32 <= base < 127:
        return table[base - 32]
    if unicodedata.east_asian_width(character) in "WF" or category == "So":
        return _WIDE
    return _LETTER if category != "Lu" else 1000


def fitted(text: str, room: float, size: float, *, bold: bool = False) -> str:
    """The text, cut with an ellipsis where it is wider than the room. A letter keeps its accents."""
    clean = drawable(text)
    if text_width(clean, size, bold=bold) <= room:
        return clean
    left = room - text_width(ELLIPSIS, size, bold=bold)
    table = _BOLD if bold else _REGULAR
    kept = 0
    for character in clean:
        left -= _thousandths(character, table) * size / 1000
        if left < 0:
            break
        kept += 1
    while 0 < kept < len(clean) and _joins(clean[kept]):
        kept -= 1
    return clean[:kept].rstrip(" ,.;:-–\u200d") + ELLIPSIS


def _joins(character: str) -> bool:
    """Whether a character belongs to the one before it."""
    return unicodedata.category(character) in {"Mn", "Me", "Mc", "Cf"} or (
        0x1F3FB <= ord(character) <= 0x1F3FF
    )
