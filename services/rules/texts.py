"""What may stand in a text that people will read and sign."""

import unicodedata
from typing import Final

_LINE_ENDS: Final = frozenset("\n\t")
# Marks that make a text read otherwise than it is stored (Unicode Technical Report 36): overrides, embeddings, isolates.
_REORDERING: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def text_problem(
    text: object, *, most: int, multiline: bool = False, required: bool = False
) -> str | None:
    """Why `text` cannot be stored and printed, as the rest of a sentence; None when it can.

    Refused are control characters (a line break only where `multiline` allows it), lone surrogates, and the marks that turn
    the direction of text; longer than `most` characters; blank where something is `required`.
    """
    if not isinstance(text, str):
        return "is not a text"
    if required and not text.strip():
        return "is missing"
    if len(text) > most:
        return f"is longer than {most} characters"
    for character in text:
        if character in _LINE_ENDS and multiline:
            continue
        if character in _REORDERING or unicodedata.category(character) in ("Cc", "Cs"):
            return f"contains the character U+{ord(character):04X}, which cannot be printed"
    return None
