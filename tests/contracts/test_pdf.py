"""A PDF where LibreOffice is installed, and a clear word where it is not."""

import io

import pypdfium2
import pytest

from contracts import pdf
from contracts.errors import DocumentError, PdfUnavailable
from contracts.render import render
from contracts.samples import sample

needs_office = pytest.mark.skipif(
    pdf.office_program() is None, reason="LibreOffice is not installed: no PDF was made"
)


def test_without_libreoffice_the_error_says_how_to_get_it(monkeypatch):
    monkeypatch.setattr(pdf.shutil, "which", lambda name: None)
    with pytest.raises(PdfUnavailable, match="apt-get install libreoffice-writer-nogui"):
        pdf.to_pdf(b"")


@pytest.mark.office
@needs_office
def test_a_pdf_has_the_text_the_numbers_and_the_pages():
    content = render("services_contract", "da", sample("services_contract", "da")).content
    document = pypdfium2.PdfDocument(io.BytesIO(pdf.to_pdf(content)))
    pages = [page.get_textpage().get_text_range() for page in document]
    assert "Side 1 af " + str(len(pages)) in pages[0].replace("\r\n", "\n")
    whole = "\n".join(pages)
    assert "Nørrebæk Design & Kode" in whole
    assert "18.2" in whole
    assert "133.333,33" in whole


@pytest.mark.office
@needs_office
def test_a_run_that_takes_too_long_is_ended():
    content = render("policies", "en", sample("policies", "en")).content
    with pytest.raises(DocumentError, match="did not finish"):
        pdf.to_pdf(content, timeout_seconds=0.05)
