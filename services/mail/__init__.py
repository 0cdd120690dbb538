"""The words of the mails: one small template per kind and language, plain text that becomes HTML by the same words.

The first line of a template is the subject, then comes a blank line, then paragraphs. A paragraph that is the link alone
becomes a button in the HTML; everything else is a paragraph there too, so both say the same. To add a mail: one file
`<kind>.txt` in every language.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from babel.dates import format_datetime
from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

_FOLDER = Path(__file__).parent

DOCUMENT_NAMES: Final[dict[str, dict[str, str]]] = {
    "en": {
        "services_contract": "the contract",
        "change_order": "the change order",
        "policies": "our policies and procedures",
        "retainer_agreement": "the retainer agreement",
        "prepayment_invoice": "the prepayment invoice",
        "refund_memo": "the refund memo",
    },
    "da": {
        "services_contract": "kontrakten",
        "change_order": "ændringsordren",
        "policies": "vores retningslinjer og procedurer",
        "retainer_agreement": "aftalen om forudbetaling",
        "prepayment_invoice": "fakturaen for forudbetalingen",
        "refund_memo": "tilbagebetalingen",
    },
}
"""What a mail calls each kind of document."""

_BUTTONS = {"en": "Open the document", "da": "Åbn dokumentet"}
_DELIVERY_BUTTONS = {"en": "See the delivery and answer", "da": "Se leveringen og svar"}
_LOCALES = {"en": "en_GB", "da": "da_DK"}
_MOMENTS = {"en": "d MMMM y 'at' HH:mm (zzzz)", "da": "d. MMMM y 'kl.' HH.mm (zzzz)"}


@dataclass(frozen=True)
class Letter:
    """A mail's words, ready to send."""

    subject: str
    text: str
    html: str


@cache
def _text_environment() -> ImmutableSandboxedEnvironment:
    # No autoescape: these become plain text; the HTML layout escapes every paragraph.
    return ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(_FOLDER),
        undefined=StrictUndefined,
        autoescape=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def _html_environment() -> ImmutableSandboxedEnvironment:
    return ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(_FOLDER), undefined=StrictUndefined, autoescape=True
    )


def has_template(kind: str, locale: str) -> bool:
    """Whether there are words for this kind in this language."""
    return (
        kind.isidentifier() and locale in _LOCALES and (_FOLDER / locale / f"{kind}.txt").is_file()
    )


def moment(iso: str, locale: str, timezone: str) -> str:
    """An instant as a reader writes it, in the practice's time zone, which it names: the reader may live in another."""
    local = datetime.fromisoformat(iso).astimezone(ZoneInfo(timezone))
    return str(format_datetime(local, _MOMENTS[locale], locale=_LOCALES[locale]))


def write(
    kind: str,
    locale: str,
    data: dict[str, Any],
    *,
    recipient_name: str,
    timezone: str,
    link: str | None,
    sender: str,
) -> Letter:
    """The mail's words from its data. `sender` signs it. Raises jinja2's errors where data lack a word."""
    values = dict(data) | {"link": link or "", "sender": sender, "recipient_name": recipient_name}
    if "document_kind" in data:
        values["document"] = DOCUMENT_NAMES[locale].get(
            data["document_kind"], data["document_number"]
        )
    if "expires_at" in data:
        values["expires"] = moment(data["expires_at"], locale, timezone)
    written = _text_environment().get_template(f"{locale}/{kind}.txt").render(values)
    subject, _, body = written.strip().partition("\n")
    blocks = [block.strip() for block in body.split("\n\n") if block.strip()]
    buttons = _DELIVERY_BUTTONS if "delivery_recipient_id" in data else _BUTTONS
    html = (
        _html_environment()
        .get_template("layout.html")
        .render(locale=locale, subject=subject, blocks=blocks, link=link, button=buttons[locale])
    )
    return Letter(subject.strip(), "\n\n".join(blocks) + "\n", html)
