"""The page that a signer reads says what the file says."""

import re
from html.parser import HTMLParser

import pytest

from contracts.errors import DocumentError
from contracts.payloads import LOCALES
from contracts.preview import preview
from contracts.render import KINDS, render
from contracts.samples import sample
from tests.contracts.conftest import text_of

ALL = [(kind, locale) for kind in KINDS for locale in LOCALES]
ALLOWED = {
    "article",
    "h1",
    "h2",
    "h3",
    "p",
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
    "strong",
    "span",
    "br",
}


class Reader(HTMLParser):
    """Collects the elements, their attributes and the text."""

    def __init__(self, html):
        super().__init__(convert_charrefs=True)
        self.tags, self.attributes, self.text = set(), set(), ""
        self.open = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attrs)
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


@pytest.mark.parametrize(("kind", "locale"), ALL)
def test_the_page_is_well_formed_and_holds_every_word_of_the_body(kind, locale):
    document = render(kind, locale, sample(kind, locale))
    page = Reader(preview(document.content))
    assert page.open == []
    assert page.tags <= ALLOWED
    assert page.attributes <= {"class", "lang", "role", "scope", "colspan"}
    squeezed = re.sub(r"\s", "", page.text)
    body = text_of(document.content).split("\n")
    running = {"document.number"}
    for line in body:
        if "·" in line or line.startswith(("Page", "Side")) or line in running:
            continue
        assert re.sub(r"\s", "", line) in squeezed


def test_headings_carry_the_numbers_that_word_shows():
    html = preview(render("services_contract", "en", sample("services_contract", "en")).content)
    assert '<h2><span class="number">7.</span> Changes</h2>' in html
    assert '<span class="number">18.2</span> <strong>For breach.</strong>' in html
    assert '<p class="subclause"><span class="number">(c)</span> answers' in html
    assert '<table class="signatures" role="presentation">' in html
    assert '<th scope="col" class="figure">Fee</th>' in html


def test_markup_in_data_is_shown_and_not_obeyed():
    data = sample("policies", "en")
    data["categories"][0]["rules"][0]["text"] = "<script>alert(1)</script><img src=x onerror=y>"
    html = preview(render("policies", "en", data).content)
    assert "<script" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;&lt;img src=x" in html


def test_the_same_bytes_give_the_same_page():
    content = render("policies", "da", sample("policies", "da")).content
    assert preview(content) == preview(content)
    assert preview(content).startswith('<article class="document" lang="da">')


@pytest.mark.parametrize("content", [b"", b"PK", b"%PDF-1.7"])
def test_bytes_that_are_no_document_are_refused(content):
    with pytest.raises(DocumentError, match="cannot be read as a document"):
        preview(content)
