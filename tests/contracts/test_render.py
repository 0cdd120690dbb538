"""Documents hold what the data say, and nothing that the data do not say."""

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest
from openxml_audit import FileFormat, OpenXmlValidator

from contracts.errors import DocumentError
from contracts.fingerprint import content_fingerprint, fingerprint
from contracts.numbering import clause_number
from contracts.packaging import read_package, write_package
from contracts.payloads import LOCALES, PAYLOADS
from contracts.render import KINDS, render, template
from contracts.samples import sample
from tests.contracts.conftest import text_of

ALL = [(kind, locale) for kind in KINDS for locale in LOCALES]
CLAUSES = {
    "retainer": ("Retainer", "Forudbetaling"),
    "change": ("Changes", "Ændringer"),
    "acceptance": ("Acceptance", "Godkendelse"),
    "no_guarantee": ("No guarantee of results", "Ingen resultatgaranti"),
    "late_payment": ("Late payment", "Forsinket betaling"),
    "suspension": ("Suspension of work", "Standsning af arbejdet"),
    "kill_fee": ("Cancellation by the Client", "Kundens afbestilling"),
    "refunds": ("Refunds", "Tilbagebetaling"),
    "confidentiality": ("Confidentiality", "Fortrolighed"),
    "data_protection": ("Personal data", "Personoplysninger"),
    "intellectual_property": ("Intellectual property", "Immaterielle rettigheder"),
    "liability": ("Liability", "Ansvar"),
    "termination": ("Ending the contract", "Kontraktens ophør"),
    "force_majeure": ("Events beyond control", "Force majeure"),
}


@pytest.mark.parametrize(("kind", "locale"), ALL)
def test_a_rendered_sample_is_valid_office_open_xml(kind, locale, tmp_path):
    path = tmp_path / "document.docx"
    path.write_bytes(render(kind, locale, sample(kind, locale)).content)
    result = OpenXmlValidator(file_format=FileFormat.OFFICE_2019).validate(str(path))
    assert [str(error) for error in result.errors] == []


@pytest.mark.parametrize(("kind", "locale"), ALL)
def test_no_tag_is_left_in_a_rendered_sample(kind, locale):
    text = text_of(render(kind, locale, sample(kind, locale)).content)
    assert "{{" not in text
    assert "{%" not in text
    assert "None" not in text


@pytest.mark.parametrize(("kind", "locale"), ALL)
def test_another_process_makes_the_same_bytes(kind, locale):
    here = render(kind, locale, sample(kind, locale)).fingerprint
    script = (
        "from contracts.render import render\nfrom contracts.samples import sample\n"
        f"print(render({kind!r}, {locale!r}, sample({kind!r}, {locale!r})).fingerprint)"
    )
    root = Path(__file__).parents[2]
    there = subprocess.run(
        [sys.executable, "-c", script],
        cwd=root,
        env={"PYTHONHASHSEED": "4711", "TZ": "Asia/Tokyo", "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    assert there == here


@pytest.mark.parametrize("kind", KINDS)
def test_both_languages_use_the_same_variables(kind):
    assert template(kind, "en").variables() == template(kind, "da").variables()


@pytest.mark.parametrize(("kind", "locale"), ALL)
def test_every_variable_of_a_template_is_in_the_shape_of_its_data(kind, locale):
    assert template(kind, locale).unknown(PAYLOADS[kind]) == []


def test_names_with_markup_quotes_and_danish_letters_stand_as_they_are():
    data = sample("services_contract", "da")
    name = "Bøf & Ål <b>\"Smørrebrød\"</b> 'A/S' > Æ"
    data["client"]["name"] = name
    data["client"]["address_lines"] = ["c/o R&D", "1 < 2"]
    text = text_of(render("services_contract", "da", data).content)
    assert name in text
    assert "\nc/o R&D\n1 < 2" in text


@pytest.mark.parametrize(
    "hostile",
    [
        "{{ 7*7 }}",
        "{% for x in range(9) %}x{% endfor %}",
        "{{ ''.__class__.__mro__ }}",
        "{_{ 7*7 }_}",
        "{%p if true %}",
        "{{r 7 }}",
        "{# gone #}",
        "</w:t></w:r></w:p>",
        "]]><x>",
        "&amp; &#x202E;",
        "${7*7} #{7*7} %(a)s",
    ],
)
def test_tags_and_markup_in_data_stay_literal(hostile):
    data = sample("change_order", "en")
    data["order"]["title"] = hostile
    data["lines"][0]["name"] = hostile
    text = text_of(render("change_order", "en", data).content)
    assert text.count(hostile) == 2


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("a\x00b", "control character"),
        ("a\x1fb", "control character"),
        ("a\tb", "control character"),
        ("a\rb", "control character"),
        ("a\x85b", "control character"),
        ("a\u2028b", "control character"),
        ("a\ud800b", "surrogate"),
        ("a\u202eb", "reading direction"),
        ("a\u2066b", "reading direction"),
        ("a\ufffeb", "no character"),
        ("x" * 20_001, "longer than"),
    ],
)
def test_a_character_that_may_not_be_in_a_document_is_refused_with_its_field(text, what):
    data = sample("services_contract", "en")
    data["scope"]["phases"][1]["items"][2]["name"] = text
    with pytest.raises(DocumentError, match=what) as caught:
        render("services_contract", "en", data)
    assert caught.value.field == "scope.phases[1].items[2].name"


def test_text_is_brought_to_one_unicode_form():
    data = sample("policies", "da")
    data["practice"]["name"] = "A\u030agot"
    composed = render("policies", "da", data)
    assert "Ågot" in text_of(composed.content)
    data["practice"]["name"] = "Ågot"
    assert render("policies", "da", data).fingerprint == composed.fingerprint


def test_a_line_feed_in_a_text_becomes_a_line_break():
    data = sample("refund_memo", "en")
    data["memo"]["reason"] = "First & foremost.\nSecond."
    assert "First & foremost.\nSecond." in text_of(render("refund_memo", "en", data).content)


@pytest.mark.parametrize("clause", CLAUSES)
@pytest.mark.parametrize("locale", LOCALES)
def test_a_clause_is_there_or_not_by_the_data(clause, locale):
    heading = CLAUSES[clause][LOCALES.index(locale)]
    data = sample("services_contract", locale)
    assert f"\n{heading}\n" in text_of(render("services_contract", locale, data).content)
    del data["clauses"][clause]
    assert f"\n{heading}\n" not in text_of(render("services_contract", locale, data).content)


@pytest.mark.parametrize("locale", LOCALES)
def test_a_contract_without_any_optional_part_is_whole(locale, tmp_path):
    data = sample("services_contract", locale)
    data["clauses"] = {}
    data["expectations"] = []
    data["payment"]["bank"] = None
    data["timeline"] = {
        "starts_on": "2026-11-30",
        "delivery_on": "2027-04-23",
        "milestones": [],
    }
    path = tmp_path / "document.docx"
    path.write_bytes(render("services_contract", locale, data).content)
    result = OpenXmlValidator(file_format=FileFormat.OFFICE_2019).validate(str(path))
    assert [str(error) for error in result.errors] == []


WORKING_DAYS = [
    (
        {"weekend": [6, 7], "country": "DK", "days_off": []},
        "“Working days” are Monday to Friday, except public holidays in Denmark.",
        "»Arbejdsdage« er mandag til fredag bortset fra helligdage i Danmark.",
    ),
    (
        {"weekend": [7], "country": "DE", "region": "Bayern", "days_off": ["2026-12-24"]},
        "“Working days” are Monday to Saturday, except public holidays in Germany (Bayern). These days off are no "
        "working days either: 24 December 2026.",
        "»Arbejdsdage« er mandag til lørdag bortset fra helligdage i Tyskland (Bayern). Disse fridage er heller ikke "
        "arbejdsdage: 24. december 2026.",
    ),
    (
        {"weekend": [5, 6], "days_off": ["2026-12-24", "2026-12-31"]},
        "“Working days” are Sunday to Thursday; public holidays count as working days. These days off are no "
        "working days either: 24 December 2026 and 31 December 2026.",
        "»Arbejdsdage« er søndag til torsdag; helligdage regnes som arbejdsdage. Disse fridage er heller ikke "
        "arbejdsdage: 24. december 2026 og 31. december 2026.",
    ),
]


@pytest.mark.parametrize(("calendar", "english", "danish"), WORKING_DAYS)
def test_working_days_are_those_of_the_calendar(calendar, english, danish):
    for locale, words in (("en", english), ("da", danish)):
        data = sample("services_contract", locale) | {"calendar": calendar}
        text = text_of(render("services_contract", locale, data).content).replace("\u00a0", " ")
        assert f"\n{words}\n" in text


def test_many_days_off_stand_in_a_clause_of_their_own():
    data = sample("services_contract", "en")
    mondays = [f"2027-{month:02}-{day:02}" for month, day in ((1, 4), (2, 1), (3, 1), (4, 5), (5, 3), (6, 7), (7, 5), (8, 2), (9, 6), (10, 4), (11, 1))]  # fmt: skip
    data["calendar"]["days_off"] = mondays
    text = text_of(render("services_contract", "en", data).content).replace("\u00a0", " ")
    assert "The days off in clause 3.5 are no working days either." in text
    assert "\nThe days off are 4 January 2027, 1 February 2027, " in text
    data["calendar"]["days_off"] = mondays[:10]
    text = text_of(render("services_contract", "en", data).content)
    assert "The days off are" not in text
    assert "These days off are no working days either: " in text


@pytest.mark.parametrize(
    ("settlement", "english", "danish"),
    [
        (
            {"refund": 12_500, "held": 35_000},
            "The rest of the amount remains yours.",
            "Resten af beløbet er fortsat jeres.",
        ),
        (
            {"refund": 47_500},
            "When the refund has been paid, the amounts",
            "Når beløbet er betalt tilbage, er der gjort",
        ),
        ({"offset": 47_500}, "With this settlement the amounts", "Med denne afregning er der"),
    ],
)
def test_a_memo_says_what_it_settles_and_what_is_left(settlement, english, danish):
    closings = (
        "The rest of the amount", "When the refund has been paid", "With this settlement",
        "Resten af beløbet", "Når beløbet er betalt", "Med denne afregning",
    )  # fmt: skip
    for locale, words in (("en", english), ("da", danish)):
        data = sample("refund_memo", locale)
        data["settlement"] = {
            name: {"amount_minor": kroner * 100, "currency": "DKK"}
            for name, kroner in settlement.items()
        }
        data["signatures"] = []
        text = text_of(render("refund_memo", locale, data).content)
        assert words in text
        assert [each for each in closings if each in text] == [
            each for each in closings if words.startswith(each)
        ]
        assert "Refunded on" not in text
        assert "Betalt tilbage den" not in text


@pytest.mark.parametrize("locale", LOCALES)
def test_a_memo_that_nobody_signs_is_whole(locale, tmp_path):
    data = sample("refund_memo", locale) | {"signatures": []}
    path = tmp_path / "document.docx"
    path.write_bytes(render("refund_memo", locale, data).content)
    result = OpenXmlValidator(file_format=FileFormat.OFFICE_2019).validate(str(path))
    assert [str(error) for error in result.errors] == []


def test_an_agreement_promises_only_what_was_agreed():
    data = sample("retainer_agreement", "en")
    data["clauses"] = {
        "drawdown": {"applied_to": "each_invoice"},
        "unused": {"settlement_days": None},
    }
    data["request"]["bank"] = {"account": "1234 0001234567"}
    text = text_of(render("retainer_agreement", "en", data).content)
    assert "Use of the deposit" in text
    assert "object" not in text
    assert "sends a statement" not in text
    assert "returns what has not been earned without undue delay, to the account" in text
    assert "\nBank\n" not in text


def test_a_further_deposit_is_not_one_before_work_starts():
    for locale, words, absent in (
        ("en", "The Client deposits a further 133,333.33 DKK", "Work starts when"),
        ("da", "Kunden indbetaler yderligere 133.333,33 DKK", "Arbejdet begynder"),
    ):
        data = sample("retainer_agreement", locale)
        data["retainer"] = {"amount": data["retainer"]["amount"], "further": True}
        text = text_of(render("retainer_agreement", locale, data).content)
        text = text.replace("\u00a0", " ")
        assert words in text
        assert absent not in text


def test_cross_references_follow_the_clauses_that_are_there():
    data = sample("services_contract", "en")
    text = text_of(render("services_contract", "en", data).content)
    assert "terminate for breach under clause\u00a018.2" in text
    assert "it is a change under clause\u00a07." in text
    del data["clauses"]["retainer"]
    del data["clauses"]["no_guarantee"]
    text = text_of(render("services_contract", "en", data).content)
    assert "terminate for breach under clause\u00a016.2" in text
    assert "it is a change under clause\u00a06." in text


def test_a_change_order_can_cite_the_clause_of_the_signed_contract():
    data = sample("services_contract", "da")
    assert clause_number(render("services_contract", "da", data).content, "change") == "7"
    assert clause_number(render("services_contract", "da", data).content, "breach") == "18.2"
    del data["clauses"]["change"]
    assert clause_number(render("services_contract", "da", data).content, "change") is None


def test_danish_never_mixes_notice_with_breach():
    text = text_of(render("services_contract", "da", sample("services_contract", "da")).content)
    assert "Opsigelse. Hver part kan uden begrundelse opsige" in text
    assert "Ophævelse. Misligholder en part kontrakten væsentligt" in text


def test_the_paper_of_a_change_order_shows_the_five_sums_and_the_dates():
    text = text_of(render("change_order", "en", sample("change_order", "en")).content)
    lines = text.replace("\u00a0", " ").split("\n")
    start = lines.index("Original contract sum")
    assert lines[start : start + 10] == [
        "Original contract sum",
        "320,000.00 DKK",
        "Net change by previously approved change orders",
        "+12,000.00 DKK",
        "Contract sum before this change order",
        "332,000.00 DKK",
        "This change order",
        "+30,000.00 DKK",
        "New contract sum",
        "362,000.00 DKK",
    ]
    start = lines.index("Working days added")
    assert lines[start : start + 4] == [
        "Working days added",
        "+9",
        "New delivery date",
        "7 May 2027",
    ]


def test_unknown_missing_and_wrong_fields_are_all_named_at_once():
    data = sample("retainer_agreement", "en")
    data["retainer"]["amont"] = data["retainer"].pop("amount")
    data["request"]["due_on"] = "1 December"
    data["law"]["jurisdiction"] = "XX"
    data["document"]["version"] = "1"
    with pytest.raises(DocumentError) as caught:
        render("retainer_agreement", "en", data)
    assert {problem.field for problem in caught.value.problems} == {
        "document.version",
        "retainer.amount",
        "retainer.'amont'",
        "request.due_on",
        "law.jurisdiction",
    }
    assert "did you mean amount?" in caught.value.message


@pytest.mark.parametrize("value", [1.5, b"x", object(), {"a": 1}, ("a",), True, None])
def test_only_plain_values_of_the_right_type_are_taken(value):
    data = sample("policies", "en")
    data["document"]["number"] = value
    with pytest.raises(DocumentError) as caught:
        render("policies", "en", data)
    assert caught.value.field == "document.number"


def test_a_class_that_poses_as_a_string_is_refused():
    class Posing(str):
        def __str__(self):
            return "other"

    data = sample("policies", "en")
    data["document"]["number"] = Posing("RP-3")
    with pytest.raises(DocumentError, match=r"document\.number must be a text"):
        render("policies", "en", data)


@pytest.mark.parametrize(("kind", "locale"), [("novel", "en"), ("policies", "../en")])
def test_an_unknown_kind_or_language_is_refused(kind, locale):
    with pytest.raises(DocumentError, match="there is no"):
        render(kind, locale, {})


def test_the_data_are_not_changed_by_rendering():
    data = sample("services_contract", "en")
    render("services_contract", "en", data)
    assert data == sample("services_contract", "en")


def test_the_fingerprint_is_of_the_bytes_and_the_other_of_the_content():
    document = render("policies", "en", sample("policies", "en"))
    assert document.fingerprint == hashlib.sha256(document.content).hexdigest()
    repacked = write_package(read_package(document.content), compress=False)
    assert fingerprint(repacked) != document.fingerprint
    assert content_fingerprint(repacked) == document.content_fingerprint
    parts = read_package(document.content)
    parts["word/document.xml"] = parts["word/document.xml"].replace(b"minutes", b"minuter", 1)
    assert content_fingerprint(write_package(parts, compress=True)) != document.content_fingerprint
