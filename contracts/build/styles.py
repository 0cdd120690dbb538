"""The house style: paragraph, character and table styles, and the numbering tied to them.

Arial is set because every Word has it and LibreOffice has a face of the same widths, so that lines and
pages break alike. Sizes are half-points, distances twentieths of a point, as the format has them.
"""

_W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
FONT = "Arial"
INK = "1F2A37"
ACCENT = "1D3A5F"
MUTED = "5B6675"
RULE = "C5CCD6"
FILL = "EEF2F6"
TEXT_INDENT = 624
"""Where clause text starts: 1.1 cm, so that numbers such as 12.10 fit before it."""
SUB_INDENT = 1077
# The styles that Word brings along; all others are declared as ours.
_BUILT_IN = {
    "Normal", "Body Text", "Title", "Subtitle", "heading 1", "heading 2", "List Bullet", "header",
    "footer",
}  # fmt: skip


def _style(
    name: str,
    identity: str,
    paragraph: str = "",
    run: str = "",
    *,
    based_on: str | None = "Normal",
    following: str | None = None,
    quick: bool = True,
) -> str:
    return (
        f'<w:style w:type="paragraph" w:styleId="{identity}"'
        + (' w:default="1"' if identity == "Normal" else "")
        + ("" if name in _BUILT_IN else ' w:customStyle="1"')
        + f'><w:name w:val="{name}"/>'
        + (f'<w:basedOn w:val="{based_on}"/>' if based_on else "")
        + (f'<w:next w:val="{following}"/>' if following else "")
        + ("<w:qFormat/>" if quick else "")
        + (f"<w:pPr>{paragraph}</w:pPr>" if paragraph else "")
        + (f"<w:rPr>{run}</w:rPr>" if run else "")
        + "</w:style>"
    )


def _spacing(before: int, after: int, line: int = 264) -> str:
    return f'<w:spacing w:before="{before}" w:after="{after}" w:line="{line}" w:lineRule="auto"/>'


def _numbered(level: int, number: int = 1) -> str:
    return f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{number}"/></w:numPr>'


def _size(half_points: int) -> str:
    return f'<w:sz w:val="{half_points}"/><w:szCs w:val="{half_points}"/>'


def _color(value: str) -> str:
    return f'<w:color w:val="{value}"/>'


def _tab_stops(*stops: tuple[str, int]) -> str:
    return "<w:tabs>" + "".join(f'<w:tab w:val="{k}" w:pos="{p}"/>' for k, p in stops) + "</w:tabs>"


def styles_xml(language: str, text_width: int) -> str:
    """``word/styles.xml`` for a language tag such as ``da-DK``."""
    keep = "<w:keepNext/><w:keepLines/>"
    header_tabs = _tab_stops(("right", text_width))
    rule = f'w:val="single" w:sz="4" w:space="4" w:color="{RULE}"'
    paragraphs = [
        _style("Normal", "Normal", "<w:widowControl/>" + _spacing(0, 0), based_on=None),
        _style("Body Text", "BodyText", _spacing(0, 120)),
        _style(
            "Title", "Title", keep + _spacing(300, 60, 240), "<w:b/>" + _color(ACCENT) + _size(44),
            following="Subtitle",
        ),
        _style(
            "Subtitle", "Subtitle", keep + _spacing(0, 240, 252), _color(MUTED) + _size(26),
            following="BodyText",
        ),
        _style(
            "heading 1", "Heading1",
            keep + _numbered(0) + _spacing(300, 100, 252) + '<w:outlineLvl w:val="0"/>',
            "<w:b/>" + _color(ACCENT) + _size(25), following="Clause",
        ),
        _style(
            "Section", "Section",
            keep + _spacing(300, 100, 252) + '<w:outlineLvl w:val="0"/>',
            "<w:b/>" + _color(ACCENT) + _size(25), following="BodyText",
        ),
        _style(
            "heading 2", "Heading2",
            keep + _spacing(220, 80, 252) + '<w:outlineLvl w:val="1"/>',
            "<w:b/>" + _color(INK) + _size(21), following="BodyText",
        ),
        _style("Clause", "Clause", _numbered(1) + _spacing(0, 100)),
        _style("Subclause", "Subclause", _numbered(2) + _spacing(0, 90)),
        _style(
            "List Bullet", "ListBullet", _numbered(0, 2) + _spacing(0, 70)
        ),
        _style("Note", "Note", _spacing(60, 140, 252), _color(MUTED) + _size(17)),
        _style("Table Text", "TableText", _spacing(50, 50, 247), _size(18)),
        _style(
            "Table Head", "TableHead", "<w:keepNext/>" + _spacing(60, 60, 240),
            "<w:b/>" + _color(ACCENT) + _size(17), based_on="TableText",
        ),
        _style("Table Figure", "TableFigure", '<w:jc w:val="right"/>', based_on="TableText"),
        _style(
            "Table Head Figure", "TableHeadFigure", '<w:jc w:val="right"/>', based_on="TableHead"
        ),
        _style("Signature Text", "SignatureText", keep + _spacing(0, 20), _size(18)),
        _style(
            "Signature Line", "SignatureLine",
            keep + '<w:tabs><w:tab w:val="left" w:leader="underscore" w:pos="4139"/></w:tabs>'
            + _spacing(460, 0, 240), _color(MUTED) + _size(18),
        ),
        _style("Spacer", "Spacer", '<w:spacing w:before="0" w:after="0" w:line="160" w:lineRule="exact"/>', _size(8)),
        _style("Tag", "Tag", _spacing(0, 0, 240), _color("8A5A00") + _size(14)),
        _style(
            "header", "Header",
            f"<w:pBdr><w:bottom {rule}/></w:pBdr>{header_tabs}" + _spacing(0, 0, 240),
            _color(MUTED) + _size(16), quick=False,
        ),
        _style("Letterhead", "Letterhead", header_tabs + _spacing(0, 0, 252), _color(MUTED) + _size(16)),
        _style(
            "footer", "Footer",
            f"<w:pBdr><w:top {rule}/></w:pBdr>{header_tabs}" + _spacing(0, 0, 240),
            _color(MUTED) + _size(16), quick=False,
        ),
    ]  # fmt: skip
    margins = (
        '<w:tblCellMar><w:top w:w="0" w:type="dxa"/><w:left w:w="85" w:type="dxa"/>'
        '<w:bottom w:w="0" w:type="dxa"/><w:right w:w="85" w:type="dxa"/></w:tblCellMar>'
    )
    ruled = (
        f'<w:tblBorders><w:top w:val="single" w:sz="8" w:space="0" w:color="{ACCENT}"/>'
        f'<w:bottom w:val="single" w:sz="8" w:space="0" w:color="{ACCENT}"/>'
        f'<w:insideH w:val="single" w:sz="4" w:space="0" w:color="{RULE}"/></w:tblBorders>'
    )
    hairlines = (
        f'<w:tblBorders><w:top w:val="single" w:sz="4" w:space="0" w:color="{RULE}"/>'
        f'<w:bottom w:val="single" w:sz="4" w:space="0" w:color="{RULE}"/>'
        f'<w:insideH w:val="single" w:sz="4" w:space="0" w:color="{RULE}"/></w:tblBorders>'
    )
    tables = [
        '<w:style w:type="table" w:default="1" w:styleId="TableNormal"><w:name w:val="Normal Table"/>'
        '<w:uiPriority w:val="99"/><w:semiHidden/><w:unhideWhenUsed/>'
        f'<w:tblPr><w:tblInd w:w="0" w:type="dxa"/>{margins}</w:tblPr></w:style>',
    ]
    for name, borders in (
        ("Ruled Table", ruled),
        ("Facts Table", hairlines),
        ("Parties Table", ""),
        ("Signature Table", ""),
    ):
        tables.append(
            f'<w:style w:type="table" w:customStyle="1" w:styleId="{name.replace(" ", "")}">'
            f'<w:name w:val="{name}"/><w:basedOn w:val="TableNormal"/>'
            f"<w:tblPr>{borders}{margins}</w:tblPr></w:style>"
        )
    characters = (
        '<w:style w:type="character" w:default="1" w:styleId="DefaultParagraphFont">'
        '<w:name w:val="Default Paragraph Font"/><w:uiPriority w:val="1"/><w:semiHidden/></w:style>'
        '<w:style w:type="character" w:customStyle="1" w:styleId="Muted"><w:name w:val="Muted"/>'
        f"<w:rPr>{_color(MUTED)}{_size(17)}</w:rPr></w:style>"
        '<w:style w:type="character" w:styleId="Strong"><w:name w:val="Strong"/><w:qFormat/>'
        "<w:rPr><w:b/><w:bCs/></w:rPr></w:style>"
    )
    fonts = f'<w:rFonts w:ascii="{FONT}" w:hAnsi="{FONT}" w:eastAsia="{FONT}" w:cs="{FONT}"/>'
    return (
        f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<w:styles {_W}>'
        f"<w:docDefaults><w:rPrDefault><w:rPr>{fonts}{_color(INK)}{_size(19)}"
        f'<w:lang w:val="{language}" w:eastAsia="{language}" w:bidi="ar-SA"/></w:rPr></w:rPrDefault>'
        "<w:pPrDefault/></w:docDefaults>"
        + "".join(paragraphs)
        + characters
        + "".join(tables)
        + '<w:style w:type="numbering" w:default="1" w:styleId="NoList"><w:name w:val="No List"/>'
        "<w:semiHidden/></w:style></w:styles>"
    )


def _level(
    level: int, form: str, text: str, *, left: int, hanging: int, style: str, run: str = ""
) -> str:
    return (
        f'<w:lvl w:ilvl="{level}"><w:start w:val="1"/><w:numFmt w:val="{form}"/>'
        + f'<w:pStyle w:val="{style}"/>'
        + f'<w:suff w:val="tab"/><w:lvlText w:val="{text}"/><w:lvlJc w:val="left"/>'
        f'<w:pPr><w:tabs><w:tab w:val="num" w:pos="{left}"/></w:tabs>'
        f'<w:ind w:left="{left}" w:hanging="{hanging}"/></w:pPr>'
        + (f"<w:rPr>{run}</w:rPr>" if run else "")
        + "</w:lvl>"
    )


def numbering_xml() -> str:
    """``word/numbering.xml``: clauses 1. → 1.1 → (a), and bullets, each tied to its style."""
    clauses = (
        _level(0, "decimal", "%1.", left=TEXT_INDENT, hanging=TEXT_INDENT, style="Heading1")
        + _level(1, "decimal", "%1.%2", left=TEXT_INDENT, hanging=TEXT_INDENT, style="Clause")
        + _level(
            2,
            "lowerLetter",
            "(%3)",
            left=SUB_INDENT,
            hanging=SUB_INDENT - TEXT_INDENT,
            style="Subclause",
        )
    )
    bullets = _level(
        0,
        "bullet",
        "•",
        left=SUB_INDENT,
        hanging=340,
        style="ListBullet",
        run=f'<w:color w:val="{ACCENT}"/>',
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<w:numbering {_W}>'
        '<w:abstractNum w:abstractNumId="0"><w:multiLevelType w:val="multilevel"/>'
        f"{clauses}</w:abstractNum>"
        '<w:abstractNum w:abstractNumId="1"><w:multiLevelType w:val="hybridMultilevel"/>'
        f"{bullets}</w:abstractNum>"
        '<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>'
        '<w:num w:numId="2"><w:abstractNumId w:val="1"/></w:num></w:numbering>'
    )
