"""Data in, document out: ``render("services_contract", "da", data)``.

The same data and the same template give the same bytes, in any process and on any day: nothing in the
file comes from a clock, a random number or the order of a set. What is stored and signed is these
bytes; they are never rendered again to be verified.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, get_args

from contracts.checks import checked
from contracts.errors import DocumentError
from contracts.fingerprint import fingerprint, parts_fingerprint
from contracts.packaging import core_properties, write_package
from contracts.payloads import LOCALES, PAYLOADS, Kind, Locale
from contracts.template import Template, compile_template
from contracts.words import read_words

TEMPLATES = Path(__file__).parent / "templates"
KINDS: tuple[str, ...] = get_args(Kind)


@dataclass(frozen=True)
class RenderedDocument:
    """A .docx and what identifies it.

    ``fingerprint`` is the SHA-256 of ``content``, ``content_fingerprint`` that of its parts, and
    ``template_fingerprint`` that of the template it was made from.
    """

    kind: str
    locale: str
    content: bytes
    fingerprint: str
    content_fingerprint: str
    template_fingerprint: str


@cache
def template(kind: str, locale: str) -> Template:
    """The shipped template of a kind, compiled once a process.

    Raises `DocumentError` for a kind or a language that does not exist, and, with every place, for a
    template that uses a variable which the kind's data do not have.
    """
    if kind not in PAYLOADS:
        raise DocumentError(f"there is no kind of document called {kind!a}", "kind")
    if locale not in LOCALES:
        raise DocumentError(f"there is no language called {locale!a}", "locale")
    made = compile_template((TEMPLATES / locale / f"{kind}.docx").read_bytes(), locale)
    problems = made.unknown(PAYLOADS[kind])
    if problems:
        raise DocumentError.of(problems)
    return made


@cache
def _words(locale: str) -> dict[str, str]:
    return read_words(TEMPLATES / locale)


def render(kind: Kind, locale: Locale, data: Mapping[str, Any]) -> RenderedDocument:
    """The document of ``kind`` in the language ``locale``, from data of the shape in `payloads`.

    Pure apart from reading the template the first time. Raises `DocumentError` naming the field if the
    data are not of that shape or hold a text that may not stand in a document.
    """
    made = template(kind, locale)
    clean = checked(dict(data), PAYLOADS[kind])
    return render_checked(made, kind, locale, clean)


def render_checked(
    made: Template, kind: str, locale: str, clean: dict[str, Any]
) -> RenderedDocument:
    """As `render`, for a compiled template and data that `checks.checked` has returned."""
    parts = made.fill(clean)
    words = _words(locale)
    head = clean["document"]
    parts["docProps/core.xml"] = core_properties(
        f"{words[f'title_{kind}']} {head['number']}",
        clean["practice"]["name"],
        words["language"],
        f"{head['issued_on']}T00:00:00Z",
    ).encode()
    content = write_package(parts, compress=True)
    return RenderedDocument(
        kind,
        locale,
        content,
        fingerprint(content),
        parts_fingerprint(parts),
        made.fingerprint,
    )
