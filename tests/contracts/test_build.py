"""The committed templates are what their sources give, and are such as Word can read."""

import zipfile

import pytest
from openxml_audit import FileFormat, OpenXmlValidator

from contracts.build.__main__ import TEMPLATES
from contracts.build.package import build
from contracts.build.source import Paragraph, Row, SourceError, Table, parse
from contracts.payloads import LOCALES
from contracts.render import KINDS

ALL = [(kind, locale) for kind in KINDS for locale in LOCALES]


@pytest.mark.parametrize(("kind", "locale"), ALL)
def test_the_committed_template_is_byte_for_byte_what_its_source_gives(kind, locale):
    source = TEMPLATES / locale / f"{kind}.md"
    assert build(source) == source.with_suffix(".docx").read_bytes()


def test_every_language_has_every_kind_and_nothing_else():
    for locale in LOCALES:
        found = {path.stem for path in (TEMPLATES / locale).glob("*.docx")}
        assert found == set(KINDS)
        assert {path.stem for path in (TEMPLATES / locale).glob("*.md")} == set(KINDS)


@pytest.mark.parametrize(("kind", "locale"), ALL)
def test_an_unfilled_template_is_valid_office_open_xml(kind, locale):
    result = OpenXmlValidator(file_format=FileFormat.OFFICE_2019).validate(
        str(TEMPLATES / locale / f"{kind}.docx")
    )
    assert [str(error) for error in result.errors] == []


def test_a_template_has_no_date_of_its_making():
    with zipfile.ZipFile(TEMPLATES / "en" / "policies.docx") as package:
        assert {entry.date_time for entry in package.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert b"2026-01-01T00:00:00Z" in package.read("docProps/core.xml")


def test_a_source_becomes_blocks():
    blocks = parse(
        "; comment\n## Fee {#fee}\n+ One\n  two.{keep}\n\n"
        "::: table 70 30> whole\n|! a | b\n{% for x in y %}\n| {{ x.z|money }} |\n{% endfor %}\n:::\n"
    )
    assert blocks[0] == Paragraph("Heading1", "Fee", "fee")
    assert blocks[1] == Paragraph("Clause", "One two.", None, keep=True)
    table = blocks[2]
    assert isinstance(table, Table)
    assert table.whole
    assert [column.right for column in table.columns] == [False, True]
    assert table.rows[2] == Row("row", ("{{ x.z|money }}", ""))
    assert [row.kind for row in table.rows] == ["header", "tag", "row", "tag"]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("::: table 50 50\n| a | b | c\n:::\n", "line 2: 3 cells in a table of 2 columns"),
        ("::: table 50 50\n| a | b\n", "the last table does not end"),
        (":::\n", "line 1: a table begins or ends out of place"),
        ("::: table 50 50\nhello\n:::\n", "line 2: not a table row: hello"),
    ],
)
def test_a_source_that_cannot_be_read_is_refused_with_its_line(source, message):
    with pytest.raises(SourceError, match=message):
        parse(source)
