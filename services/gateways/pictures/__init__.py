"""SVG to PNG, by resvg: no browser, no fonts of the machine, so the same picture everywhere.

Text is set in Liberation Sans, which lies in `fonts/` with its licence (SIL Open Font License 1.1). It has the Latin, Greek, Cyrillic
and Hebrew letters. For other scripts the fonts of the machine are asked as well; without one that fits, a letter is a box. Smileys and
the like are left out of a PNG, while a browser shows them in the SVG.
"""

import functools
import struct
import unicodedata
from pathlib import Path
from typing import Final

import resvg_py

FONTS: Final = Path(__file__).parent / "fonts"
"""Where the two files of the font and its licence lie."""

MOST_PIXELS: Final = 24_000_000
"""No PNG gets larger, whatever zoom is asked for: four bytes each while it is made."""

_FILES: Final = [str(FONTS / f"LiberationSans-{weight}.ttf") for weight in ("Regular", "Bold")]


def png(svg: str, *, width: float, height: float, zoom: float = 2.0) -> bytes:
    """The picture of an SVG text that is `width` by `height` pixels in itself, `zoom` times as large.

    Takes some hundred milliseconds of a thread for a large one. Raises `ValueError` for what is no SVG.
    """
    largest = (MOST_PIXELS / (width * height)) ** 0.5
    text = "".join(each for each in svg if not _is_ornament(each))
    return bytes(
        resvg_py.svg_to_bytes(
            svg_string=text,
            zoom=min(zoom, largest),
            skip_system_fonts=letters().issuperset(map(ord, text.replace("\n", " "))),
            font_files=_FILES,
            font_family="Liberation Sans",
            sans_serif_family="Liberation Sans",
            languages=["en"],
        )
    )


def _is_ornament(character: str) -> bool:
    """Whether this is a picture rather than a letter, or belongs to one, and the font lacks it."""
    code = ord(character)
    if code < 128 or code in letters():
        return False
    return unicodedata.category(character) in {"So", "Sk", "Cf", "Cn"} or 0xFE00 <= code <= 0xFE0F


@functools.cache
def letters() -> frozenset[int]:
    """The code points that the font has a shape for, from its own table."""
    return frozenset(advances("Regular"))


@functools.cache
def advances(weight: str) -> dict[int, float]:
    """How wide each letter of the font is, in thousandths of its size: the tables cmap (format 4) and hmtx of OpenType."""
    data = (FONTS / f"LiberationSans-{weight}.ttf").read_bytes()

    def numbers(form: str, at: int, count: int = 1) -> tuple[int, ...]:
        return struct.unpack_from(f">{count}{form}", data, at)

    offsets = {}
    for index in range(numbers("H", 4)[0]):
        name, _, at, _ = struct.unpack_from(">4s3I", data, 12 + 16 * index)
        offsets[name] = at
    units = numbers("H", offsets[b"head"] + 18)[0]
    widths = numbers("H", offsets[b"hmtx"], 2 * numbers("H", offsets[b"hhea"] + 34)[0])[::2]
    cmap = offsets[b"cmap"]
    tables = [
        struct.unpack_from(">HHI", data, cmap + 4 + 8 * index)
        for index in range(numbers("H", cmap + 2)[0])
    ]
    start = cmap + next(at for platform, kind, at in tables if (platform, kind) == (3, 1))
    count = numbers("H", start + 6)[0] // 2
    ends = numbers("H", start + 14, count)
    firsts = numbers("H", start + 16 + 2 * count, count)
    deltas = numbers("h", start + 16 + 4 * count, count)
    ranges_at = start + 16 + 6 * count
    found: dict[int, float] = {}
    for index, (first, end, delta, reach) in enumerate(
        zip(firsts, ends, deltas, numbers("H", ranges_at, count), strict=True)
    ):
        for code in range(first, min(end, 0xFFFE) + 1):
            if reach:
                glyph = numbers("H", ranges_at + 2 * index + reach + 2 * (code - first))[0]
            else:
                glyph = code
            if glyph:
                glyph = (glyph + delta) & 0xFFFF
            if glyph:
                found[code] = widths[min(glyph, len(widths) - 1)] * 1000 / units
    return found
