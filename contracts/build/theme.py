"""``word/theme/theme1.xml``: the house colours and font as Word's colour and font pickers offer them."""

from contracts.build.styles import ACCENT, FILL, FONT, INK, MUTED, RULE

_COLORS = (
    ("dk1", INK), ("lt1", "FFFFFF"), ("dk2", ACCENT), ("lt2", FILL), ("accent1", ACCENT),
    ("accent2", MUTED), ("accent3", RULE), ("accent4", "8A5A00"), ("accent5", "2E6B4F"),
    ("accent6", "8C2F39"), ("hlink", ACCENT), ("folHlink", MUTED),
)  # fmt: skip


def theme_xml() -> str:
    """The theme part; the fill, line and effect lists are the plainest that the format allows."""
    colors = "".join(f'<a:{n}><a:srgbClr val="{value}"/></a:{n}>' for n, value in _COLORS)
    font = f'<a:latin typeface="{FONT}"/><a:ea typeface=""/><a:cs typeface=""/>'
    fill = '<a:solidFill><a:schemeClr val="phClr"/></a:solidFill>'
    line = f'<a:ln w="6350">{fill}</a:ln>'
    effect = "<a:effectStyle><a:effectLst/></a:effectStyle>"
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
        '<a:theme xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" name="Scopewright">'
        f'<a:themeElements><a:clrScheme name="Scopewright">{colors}</a:clrScheme>'
        f'<a:fontScheme name="Scopewright"><a:majorFont>{font}</a:majorFont>'
        f"<a:minorFont>{font}</a:minorFont></a:fontScheme>"
        f'<a:fmtScheme name="Scopewright"><a:fillStyleLst>{fill * 3}</a:fillStyleLst>'
        f"<a:lnStyleLst>{line * 3}</a:lnStyleLst><a:effectStyleLst>{effect * 3}</a:effectStyleLst>"
        f"<a:bgFillStyleLst>{fill * 3}</a:bgFillStyleLst></a:fmtScheme></a:themeElements></a:theme>"
    )
