"""What text a practice may store: what a person can read, sign and print again unchanged."""

import unicodedata

from services.rules.errors import InvalidInput

_BIDI_CONTROLS = frozenset(
    "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c"
)


def clean_text(
    value: str, field: str, *, max_length: int = 200, required: bool = True, lines: bool = False
) -> str:
    """The text in Unicode form NFC, trimmed; with `lines`, line feeds and tabs may stay.

    Refuses control characters, lone surrogates and the invisible characters that reorder what is shown (a signer must see
    what is stored), text longer than `max_length` characters, and empty text where `required`. Raises `InvalidInput`
    naming `field`.
    """
    text = value.replace("\r\n", "\n") if lines else value
    for character in text:
        category = unicodedata.category(character)
        allowed = lines and character in "\n\t"
        if (category in {"Cc", "Cs", "Zl", "Zp"} and not allowed) or character in _BIDI_CONTROLS:
            raise InvalidInput(
                f"The character U+{ord(character):04X} is not allowed here.",
                code="TEXT_INVALID",
                field=field,
            )
    text = unicodedata.normalize("NFC", text).strip()
    if required and not any(unicodedata.category(character)[0] in "LNPS" for character in text):
        # Joiners, zero-width spaces and combining marks alone show nothing.
        raise InvalidInput("This may not be empty.", code="REQUIRED", field=field)
    if len(text) > max_length:
        raise InvalidInput(
            f"At most {max_length} characters; these are {len(text)}.",
            code="TEXT_TOO_LONG",
            field=field,
        )
    return text
