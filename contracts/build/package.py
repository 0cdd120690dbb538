"""The rest of the .docx around the body: header, footer, settings, properties, relations."""

from pathlib import Path

from contracts.build.body import TEXT_WIDTH, Body, inline, paragraph
from contracts.build.source import parse
from contracts.build.styles import FONT, numbering_xml, styles_xml
from contracts.build.theme import theme_xml
from contracts.packaging import core_properties, write_package
from contracts.words import read_words

_DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_NS = f'xmlns:w="{_W}" xmlns:r="{_R}"'
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_WORD_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml"
_THEME_TYPE = "application/vnd.openxmlformats-officedocument.theme"

_PARTS = (
    ("document.xml", "document.main", "officeDocument"),
    ("styles.xml", "styles", "styles"),
    ("numbering.xml", "numbering", "numbering"),
    ("settings.xml", "settings", "settings"),
    ("fontTable.xml", "fontTable", "fontTable"),
    ("header1.xml", "header", "header"),
    ("header2.xml", "header", "header"),
    ("footer1.xml", "footer", "footer"),
    ("theme/theme1.xml", None, "theme"),
)

_SECTION = (
    '<w:sectPr><w:headerReference w:type="default" r:id="rId5"/>'
    '<w:headerReference w:type="first" r:id="rId6"/>'
    '<w:footerReference w:type="default" r:id="rId7"/>'
    '<w:footerReference w:type="first" r:id="rId7"/>'
    '<w:pgSz w:w="11906" w:h="16838"/>'
    '<w:pgMar w:top="1474" w:right="1418" w:bottom="1361" w:left="1418" w:header="737" '
    'w:footer="624" w:gutter="0"/><w:titlePg/></w:sectPr>'
)


def _tab() -> str:
    return "<w:r><w:tab/></w:r>"


def _field(name: str) -> str:
    return f'<w:fldSimple w:instr=" {name} "><w:r><w:t>1</w:t></w:r></w:fldSimple>'


def _page_of(pattern: str) -> str:
    """``Page {page} of {pages}`` with fields in place of the two names."""
    first, rest = pattern.split("{page}")
    between, last = rest.split("{pages}")
    return inline(first) + _field("PAGE") + inline(between) + _field("NUMPAGES") + inline(last)


def _headers(title: str, words: dict[str, str]) -> dict[str, str]:
    number = "{{ document.number }}"
    version = f"{words['version']} {{{{ document.version }}}}"
    running = paragraph("Header", inline(title) + _tab() + inline(f"{number} · {version}"))
    letterhead = paragraph(
        "Letterhead",
        '<w:r><w:rPr><w:b/><w:color w:val="1D3A5F"/><w:sz w:val="26"/></w:rPr>'
        '<w:t xml:space="preserve">{{ practice.name }}</w:t></w:r>',
    ) + paragraph(
        "Header",
        inline(
            "{{ practice.address_lines|join(' · ') }} · {{ practice.email }}"
            "{% if practice.phone %} · {{ practice.phone }}{% endif %}"
            "{% if practice.registration %} · {{ practice.registration }}{% endif %}"
        ),
    )
    footer = paragraph(
        "Footer", inline(f"{number} · {version}") + _tab() + _page_of(words["page_of_pages"])
    )
    return {
        "word/header1.xml": f"{_DECLARATION}<w:hdr {_NS}>{running}</w:hdr>",
        "word/header2.xml": f"{_DECLARATION}<w:hdr {_NS}>{letterhead}</w:hdr>",
        "word/footer1.xml": f"{_DECLARATION}<w:ftr {_NS}>{footer}</w:ftr>",
    }


def _relations() -> dict[str, str]:
    inner = "".join(
        f'<Relationship Id="rId{at}" Type="{_R}/{kind}" Target="{name}"/>'
        for at, (name, _, kind) in enumerate(_PARTS)
        if at
    )
    outer = (
        f'<Relationship Id="rId1" Type="{_R}/officeDocument" Target="word/document.xml"/>'
        f'<Relationship Id="rId2" Type="{_PACKAGE}/relationships/metadata/core-properties" '
        'Target="docProps/core.xml"/>'
        f'<Relationship Id="rId3" Type="{_R}/extended-properties" Target="docProps/app.xml"/>'
    )
    types = "".join(
        f'<Override PartName="/word/{name}" '
        f'ContentType="{f"{_WORD_TYPE}.{content}" if content else _THEME_TYPE}+xml"/>'
        for name, content, _ in _PARTS
    )
    return {
        "_rels/.rels": f'{_DECLARATION}<Relationships xmlns="{_PACKAGE}/relationships">{outer}</Relationships>',
        "word/_rels/document.xml.rels": (
            f'{_DECLARATION}<Relationships xmlns="{_PACKAGE}/relationships">{inner}</Relationships>'
        ),
        "[Content_Types].xml": (
            f'{_DECLARATION}<Types xmlns="{_PACKAGE}/content-types">'
            '<Default Extension="rels" '
            'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Default Extension="xml" ContentType="application/xml"/>{types}'
            '<Override PartName="/docProps/core.xml" '
            'ContentType="application/vnd.openxmlformats-package.core-properties+xml"/>'
            '<Override PartName="/docProps/app.xml" '
            'ContentType="application/vnd.openxmlformats-officedocument.extended-properties+xml"/></Types>'
        ),
    }


def _settings(language: str) -> str:
    word = "http://schemas.microsoft.com/office/word"
    compat = "".join(
        f'<w:compatSetting w:name="{name}" w:uri="{word}" w:val="{value}"/>'
        for name, value in (
            ("compatibilityMode", 15),
            ("overrideTableStyleFontSizeAndJustification", 1),
            ("enableOpenTypeFeatures", 1),
            ("doNotFlipMirrorIndents", 1),
            ("differentiateMultirowTableHeaders", 1),
        )
    )
    return (
        f'{_DECLARATION}<w:settings {_NS}><w:zoom w:percent="100"/>'
        '<w:defaultTabStop w:val="567"/><w:characterSpacingControl w:val="doNotCompress"/>'
        f'<w:compat>{compat}</w:compat><w:themeFontLang w:val="{language}"/>'
        "</w:settings>"
    )


def build(source: Path) -> bytes:
    """The .docx template of one source file."""
    words = read_words(source.parent)
    language = words["language"]
    blocks = parse(source.read_text("utf-8"))
    title = words[f"title_{source.stem}"]
    body = Body(words).blocks(blocks) + _SECTION
    application = (
        f'{_DECLARATION}<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/'
        'extended-properties"><Application>Scopewright</Application></Properties>'
    )
    fonts = (
        f'{_DECLARATION}<w:fonts {_NS}><w:font w:name="{FONT}"><w:panose1 w:val="020B0604020202020204"/>'
        '<w:charset w:val="00"/><w:family w:val="swiss"/><w:pitch w:val="variable"/></w:font></w:fonts>'
    )
    parts = {
        "word/document.xml": f"{_DECLARATION}<w:document {_NS}><w:body>{body}</w:body></w:document>",
        "word/styles.xml": styles_xml(language, TEXT_WIDTH),
        "word/numbering.xml": numbering_xml(),
        "word/settings.xml": _settings(language),
        "word/fontTable.xml": fonts,
        "word/theme/theme1.xml": theme_xml(),
        "docProps/core.xml": core_properties(
            title, "Scopewright", language, "2026-01-01T00:00:00Z"
        ),
        "docProps/app.xml": application,
        **_headers(title, words),
        **_relations(),
    }
    # Stored, not deflated: the same bytes whatever zlib the machine has.
    return write_package({name: text.encode() for name, text in parts.items()}, compress=False)
