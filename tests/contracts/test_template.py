"""What a template may do, and how its mistakes are told."""

import re

import pytest
from docxtpl import DocxTemplate

from contracts.build.body import Body, paragraph
from contracts.build.source import parse
from contracts.checks import checked
from contracts.errors import DocumentError
from contracts.packaging import read_package, write_package
from contracts.payloads import LOCALES, PAYLOADS
from contracts.render import KINDS, TEMPLATES, render, render_checked
from contracts.samples import sample
from contracts.template import compile_template, environment
from tests.contracts.conftest import text_of

DATA = {
    "document": {"number": "X-1", "version": 1, "issued_on": "2026-11-16"},
    "practice": {
        "name": "P",
        "registration": None,
        "address_lines": [],
        "email": "p@example.org",
        "phone": None,
    },
    "client": None,
    "categories": [{"name": "Calls", "rules": [{"code": "C-1"}, {"code": "C-2"}]}],
}


def made_of(source):
    """A compiled template with the given source as its body."""
    parts = read_package((TEMPLATES / "en" / "policies.docx").read_bytes())
    text = parts["word/document.xml"].decode()
    start, end = text.index("<w:body>") + 8, text.index("<w:sectPr>")
    body = Body({"place_and_date": "", "signature": ""}).blocks(parse(source)) + paragraph(
        "Note", ""
    )
    parts["word/document.xml"] = (text[:start] + body + text[end:]).encode()
    return compile_template(write_package(parts, compress=True), "en")


def test_all_unknown_variables_are_told_with_their_places_and_near_names():
    template = made_of(
        "+ Hello {{ client.nmae }} and {{ document.number }}.\n\n"
        "{% for rule in categories %}\n+ {{ rule.titel }}\n{% endfor %}\n\n+ {{ nonsense|money }}\n"
    )
    problems = template.unknown(PAYLOADS["policies"])
    assert [(p.field, p.place) for p in problems] == [
        ("client.nmae", "document: “Hello {{ client.nmae }} and {{ document.number }}.”"),
        ("categories[].titel", "document: “{{ rule.titel }}”"),
        ("nonsense", "document: “{{ nonsense|money }}”"),
    ]
    assert "did you mean client.name?" in problems[0].message


def test_a_variable_that_is_missing_when_filled_is_refused_with_its_place():
    with pytest.raises(DocumentError, match=r"nothing.*document: “Here {{ document.nothing }}”"):
        made_of("+ First\n\n+ Here {{ document.nothing }}\n").fill(DATA)


def test_a_value_that_was_left_out_is_never_printed_as_none():
    with pytest.raises(DocumentError, match="cannot be printed"):
        made_of("+ {{ client }}\n").fill(DATA)


def test_a_syntax_error_is_told_with_its_place():
    with pytest.raises(DocumentError, match=r"document: “Oh {{ document\. }}”"):
        made_of("+ Fine\n\n+ Oh {{ document. }}\n")


@pytest.mark.parametrize(
    "attack",
    [
        "{{ ''.__class__ }}",
        "{{ document.__class__.__init__.__globals__ }}",
        "{{ document.pop('number') }}",
        "{{ categories.append(1) }}",
        "{{ document.number.format(1) }}",
        "{{ self.__init__ }}",
        "{{ range(9) }}",
        "{{ lipsum.__globals__ }}",
        "{{ cycler.__init__ }}",
        "{{ categories|map(attribute='name')|list }}",
        "{{ document.number|safe }}",
        "{{ document|attr('keys') }}",
        "{% include 'x' %}",
        "{% import 'x' as y %}",
    ],
)
def test_a_template_reaches_nothing_but_the_data(attack):
    with pytest.raises(DocumentError):
        made_of(f"+ {attack}\n").fill(DATA)


def test_a_reference_to_a_clause_that_is_not_there_is_refused():
    source = "{% if client %}\n## Gone {#gone}\n{% endif %}\n\n+ See clause [[#gone]].\n"
    with pytest.raises(DocumentError, match="refers to the clause gone, which is not in"):
        made_of(source).fill(DATA)


def test_a_key_is_found_before_a_method_of_the_same_name():
    data = {**DATA, "client": {"items": ["a"], "keys": "b"}}
    filled = made_of("+ {% for x in client.items %}{{ x }}{% endfor %}{{ client.keys }}\n").fill(
        data
    )
    assert b">ab<" in filled["word/document.xml"]


def test_a_filled_template_of_ones_own_is_a_document():
    template = made_of(
        "{% for c in categories %}\n## {{ c.name }}\n::: table 100\n{% for rule in c.rules %}\n"
        "| {{ rule.code }}\n{% endfor %}\n:::\n{% endfor %}\n"
    )
    document = render_checked(template, "policies", "en", DATA)
    body = read_package(document.content)["word/document.xml"]
    assert body.count(b"<w:tr>") == 2
    assert document.template_fingerprint == template.fingerprint


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("kind", KINDS)
def test_docxtpl_itself_renders_the_same_text(kind, locale, tmp_path):
    data = checked(sample(kind, locale), PAYLOADS[kind])
    theirs = DocxTemplate(TEMPLATES / locale / f"{kind}.docx")
    theirs.render(data, jinja_env=environment(locale))
    theirs.save(tmp_path / "theirs.docx")
    ours = render(kind, locale, data).content
    assert without_references((tmp_path / "theirs.docx").read_bytes()) == without_references(ours)


def without_references(content):
    """The text of a document, less the numbers of cross-references, which docxtpl does not know."""
    return re.sub(
        r"((?:clause|punkt)\u00a0)[\d.]+\d|((?:clause|punkt)\u00a0)\d", r"\1\2#", text_of(content)
    )
