"""A .docx template made ready: checked against the data's shape, compiled once, rendered often.

The text of a template is docxtpl's dialect (``{%p if x %}`` for a paragraph, ``{%tr for x in y %}`` for
a table row), and docxtpl puts its XML right; what Jinja may do is decided here. The environment is
sandboxed and immutable, escapes everything, knows no global function and only the filters listed, and
refuses unknown names. Data are never read as template source.
"""

import difflib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import jinja2
from docxtpl import DocxTemplate
from jinja2.sandbox import ImmutableSandboxedEnvironment
from lxml import etree
from markupsafe import Markup, escape

from contracts.checks import paths
from contracts.errors import DocumentError, Problem
from contracts.fingerprint import fingerprint
from contracts.formats import FILTERS
from contracts.numbering import Scheme, bookmark_labels, scheme, w
from contracts.packaging import read_package
from contracts.variables import Use, uses

_JINJA_FILTERS = ("batch", "first", "join", "last", "length", "list", "lower", "upper")
_RENDERED = re.compile(r"word/(document|header\d*|footer\d*|footnotes)\.xml")
# A filter that is given what it cannot take raises Python's own errors.
_FAILURES = (jinja2.TemplateError, TypeError, ValueError, LookupError, ArithmeticError)
_BREAK = Markup('</w:t><w:br/><w:t xml:space="preserve">')
_PATCHER = DocxTemplate("unread.docx")


def _finalize(value: Any) -> Any:
    """What `{{ value }}` prints: text (line feeds become line breaks) and whole numbers only."""
    if isinstance(value, jinja2.Undefined):
        return value
    if isinstance(value, str):
        return escape(value).replace("\n", _BREAK) if "\n" in value else value
    if type(value) is int:
        return value
    raise jinja2.TemplateRuntimeError(f"{type(value).__name__} cannot be printed as it is")


def _filter(function: Callable[[Any, str], Any], locale: str, value: Any) -> Any:
    if isinstance(value, jinja2.Undefined):
        value._fail_with_undefined_error()
    if value is None:
        raise jinja2.TemplateRuntimeError("a value that was left out cannot be formatted")
    return function(value, locale)


class _Environment(ImmutableSandboxedEnvironment):
    """A sandbox in which data have keys and nothing else.

    Jinja would look for a method first: ``phase.items`` would be ``dict.items``, and a key that is not
    there could turn out to be some attribute of Python's.
    """

    def getattr(self, obj: Any, attribute: str) -> Any:
        """The value of a key; methods and attributes of plain values do not exist."""
        if isinstance(obj, dict):
            return obj[attribute] if attribute in obj else self.undefined(obj=obj, name=attribute)
        if obj is None or isinstance(obj, (list, str, int)):
            return self.undefined(obj=obj, name=attribute)
        return super().getattr(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """The value of a key or the entry of a list."""
        if isinstance(argument, str):
            return self.getattr(obj, argument)
        return super().getitem(obj, argument)


@cache
def environment(locale: str) -> jinja2.Environment:
    """The Jinja environment of a language; the same object each time."""
    made = _Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, finalize=_finalize, cache_size=0
    )
    made.globals.clear()
    made.filters = {name: made.filters[name] for name in _JINJA_FILTERS}
    made.filters.update({n: partial(_filter, f, locale) for n, f in FILTERS.items()})
    made.tests = {name: made.tests[name] for name in ("defined", "undefined", "none", "==", "in")}
    return made


@dataclass(frozen=True)
class _Part:
    name: str
    compiled: jinja2.Template
    lines: tuple[str, ...]
    uses: tuple[Use, ...]

    def place(self, line: int) -> str:
        """Where a line of the part is, for a person: the part and the beginning of the paragraph."""
        text = re.sub(r"<[^>]+>", "", self.lines[line - 1] if line <= len(self.lines) else "")
        return f"{self.name.removeprefix('word/').removesuffix('.xml')}: “{text.strip()[:90]}”"


@dataclass(frozen=True)
class Template:
    """A template that is ready to be filled."""

    fingerprint: str
    static: Mapping[str, bytes]
    parts: tuple[_Part, ...]
    numbering: Scheme

    def variables(self) -> frozenset[str]:
        """Every data path that the template uses."""
        return frozenset(use.path for part in self.parts for use in part.uses)

    def unknown(self, shape: type) -> list[Problem]:
        """Uses of variables that the shape does not have, each with its place and a near name."""
        known = paths(shape)
        problems: list[Problem] = []
        for part in self.parts:
            for use in part.uses:
                path = use.path.removesuffix(".length")
                if path in known:
                    continue
                near = difflib.get_close_matches(path, known, n=1)
                hint = f", did you mean {near[0]}?" if near else ""
                place = part.place(use.line)
                problem = Problem(f"unknown variable {path}{hint}", path, place)
                if problem not in problems:
                    problems.append(problem)
        return problems

    def fill(self, data: Mapping[str, Any]) -> dict[str, bytes]:
        """The parts of the document for checked data. Raises `DocumentError`."""
        filled = dict(self.static)
        for part in self.parts:
            try:
                text = part.compiled.render(data)
            except _FAILURES as error:
                place = part.place(_failing_line(error, part.compiled))
                raise DocumentError(
                    f"{error} ({place})", None, (Problem(str(error), None, place),)
                ) from error
            filled[part.name] = text.encode()
        filled["word/document.xml"] = _references(filled["word/document.xml"], self.numbering)
        return filled


def _failing_line(error: BaseException, compiled: jinja2.Template) -> int:
    """The template line on which rendering stopped: Jinja rewrites the traceback to name it."""
    line = 1
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == "<template>":
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


def _references(document: bytes, numbering: Scheme) -> bytes:
    """Writes into each REF field the number that Word would show for its target."""
    if b" REF _Ref_" not in document:
        return document
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)
    root = etree.fromstring(document, parser)
    labels = bookmark_labels(root, numbering)
    problems: list[Problem] = []
    for field in root.iter(w("fldSimple")):
        words = (field.get(w("instr")) or "").split()
        if words[:1] != ["REF"]:
            continue
        text = field.find(f"{w('r')}/{w('t')}")
        if words[1] not in labels:
            name = words[1].removeprefix("_Ref_")
            problems.append(Problem(f"refers to the clause {name}, which is not in the document"))
        elif text is not None:
            text.text = labels[words[1]]
    if problems:
        raise DocumentError.of(problems)
    written: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
    return written


def _source(part: bytes) -> str:
    """The Jinja source of a part, one paragraph or table row a line so that lines are places."""
    text: str = _PATCHER.patch_xml(part.decode())
    return re.sub(r"(</w:p>|%\}(?=\s*<w:(?:p|tr|tbl)[ >]))", r"\1\n", text)


def compile_template(content: bytes, locale: str) -> Template:
    """Reads a .docx template. Raises `DocumentError` with the place of a syntax error."""
    package = read_package(content)
    static: dict[str, bytes] = {}
    parts: list[_Part] = []
    jinja = environment(locale)
    for name, part in package.items():
        if not _RENDERED.fullmatch(name):
            static[name] = part
            continue
        source = _source(part)
        lines = tuple(source.split("\n"))
        try:
            parts.append(_Part(name, jinja.from_string(source), lines, tuple(uses(jinja, source))))
        except jinja2.TemplateSyntaxError as error:
            place = _Part(name, jinja.from_string(""), lines, ()).place(error.lineno)
            message = f"{error.message} ({place})"
            raise DocumentError(
                message, None, (Problem(error.message or "wrong syntax", None, place),)
            ) from error
    numbering = scheme(package["word/styles.xml"], package["word/numbering.xml"])
    return Template(fingerprint(content), static, tuple(parts), numbering)
