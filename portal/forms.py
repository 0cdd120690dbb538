"""Posted forms, read no further than any form of ours is long."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl

from starlette.requests import Request

from portal.page import FormTooLarge

Form = Mapping[str, str]

FORM_BYTES: Final = 64 * 1024
"""The most that a form of ours sends, unless its page says otherwise."""


async def read_form(request: Request, *, fields: int, size: int = FORM_BYTES) -> Form:
    """The fields of a posted form, at most `fields` of them in `size` bytes.

    Raises `FormTooLarge` as soon as more comes in.
    """
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > size:
            raise FormTooLarge
    try:
        pairs = parse_qsl(
            body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=fields
        )
    except ValueError:
        raise FormTooLarge from None
    return dict(pairs)
