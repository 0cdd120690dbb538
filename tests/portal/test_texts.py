"""The pages say the same in both languages, and have words for every refusal that a signer can meet."""

import ast
import string
from datetime import UTC, datetime
from pathlib import Path

import pytest

from portal.texts import LOCALES, TEXTS, day, moment, preferred, refusal
from tests.portal.reach import codes_reached_from
from tests.schema.collect_codes import codes_in

ROOT = Path(__file__).parents[2]
NOT_FOUND_PAGE = {"LINK_INVALID", "NOT_FOUND"}
"""Answered by the page for links that do not work, which needs no words of theirs."""


def placeholders(words: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(words) if name}


def test_both_languages_have_the_same_entries_with_the_same_placeholders() -> None:
    assert set(TEXTS) == set(LOCALES) == {"en", "da"}
    assert list(TEXTS["en"]) == list(TEXTS["da"])
    for key, words in TEXTS["en"].items():
        assert placeholders(words) == placeholders(TEXTS["da"][key]), key
        assert words.strip(), key
        assert TEXTS["da"][key].strip(), key


def test_every_entry_that_a_page_names_exists() -> None:
    templates = "".join(path.read_text("utf-8") for path in (ROOT / "portal/templates").iterdir())
    named = {
        word.split("}")[0].split()[0] for word in templates.replace("(", " ").split("words.")[1:]
    }
    assert named
    assert named <= set(TEXTS["en"])


def test_every_kind_of_paper_has_its_name() -> None:
    from contracts.payloads import PAYLOADS

    assert set(PAYLOADS) <= set(TEXTS["en"])


def test_every_refusal_that_signing_can_meet_has_words() -> None:
    own = codes_in((ROOT / "portal/signing.py").read_text()) | codes_in(
        (ROOT / "portal/page.py").read_text()
    )
    codes = codes_reached_from("services.signing.acts", ["sign", "decline"]) | own
    assert {"ENVELOPE_CLOSED", "CONSENT", "STALE_BASE", "TEXT_INVALID", "FINGERPRINT"} <= codes
    assert sorted(codes - NOT_FOUND_PAGE - set(TEXTS["en"])) == []


def test_a_refusal_that_no_page_expects_has_words_of_its_language() -> None:
    assert "link" in refusal("en", "SOMETHING_NEW")
    assert "linket" in refusal("da", "SOMETHING_NEW")


def test_the_codes_have_words_only_where_something_raises_them() -> None:
    raised = {
        code
        for package in ("services", "portal")
        for path in (ROOT / package).rglob("*.py")
        for code in codes_in(path.read_text("utf-8")) | _literal_codes(path)
    }
    assert {key for key in TEXTS["en"] if key.isupper()} - raised == set()


def _literal_codes(path: Path) -> set[str]:
    tree = ast.parse(path.read_text("utf-8"))
    return {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.isupper()
    }


def test_dates_read_as_people_write_them() -> None:
    instant, zone = datetime(2026, 3, 2, 9, 5, tzinfo=UTC), "Europe/Copenhagen"
    assert (day("da", instant, zone), day("en", instant, zone)) == ("2. marts 2026", "2 March 2026")
    assert moment("da", instant, zone) == "2. marts 2026 kl. 10.05 CET"
    assert moment("en", instant, zone) == "2 March 2026 at 10:05 CET"


@pytest.mark.parametrize(
    ("zone", "danish", "english"),
    [
        ("Europe/Copenhagen", "1. august 2026 kl. 01.30 CEST", "1 August 2026 at 01:30 CEST"),
        ("Europe/London", "1. august 2026 kl. 00.30 BST", "1 August 2026 at 00:30 BST"),
        ("America/Sao_Paulo", "31. juli 2026 kl. 20.30 UTC-03", "31 July 2026 at 20:30 UTC-03"),
        ("UTC", "31. juli 2026 kl. 23.30 UTC", "31 July 2026 at 23:30 UTC"),
    ],
)
def test_an_instant_is_shown_where_the_practice_is(zone: str, danish: str, english: str) -> None:
    instant = datetime(2026, 7, 31, 23, 30, tzinfo=UTC)
    assert (moment("da", instant, zone), moment("en", instant, zone)) == (danish, english)
    assert danish.startswith(day("da", instant, zone))


@pytest.mark.parametrize(
    ("wish", "locale"),
    [
        ("da,en;q=0.8", "da"),
        ("en-GB,en;q=0.9,da;q=0.8", "en"),
        ("nb-NO", "da"),
        ("de-DE,da;q=0.5", "da"),
        ("de", "en"),
        ("", "en"),
        (";;,\x00", "en"),
    ],
)
def test_the_browsers_wish_chooses_the_language(wish: str, locale: str) -> None:
    assert preferred(wish) == locale
