"""The two sets of colours, and the style sheet that a picture carries.

Nothing is said by colour alone: what is critical is hatched and has a thick edge, the baseline is thin and lies below, what is
done is a solid core. So a print in black and white, and an eye that cannot tell red from green, read the same.
"""

from collections.abc import Mapping
from typing import Final

from services.rules.gantts.chart import Theme
from services.rules.gantts.lettering import FONT_FAMILY

_LIGHT: Final[Mapping[str, str]] = {
    "ground": "#ffffff", "ink": "#1c2430", "soft": "#59636f", "line": "#c9cfc6", "grid": "#e8ebe5", "stripe": "#f5f7f3",
    "off": "#eef0eb", "fill": "#9ccdbe", "edge": "#14594a", "core": "#14594a", "hot": "#f6c9bb", "hot_edge": "#a3291d",
    "hot_core": "#a3291d", "base": "#c3c9d0", "base_edge": "#6d7782", "arrow": "#77818b", "status": "#1a5a9e",
    "promised": "#75379a", "before": "#6d7782", "after": "#14594a", "gain": "#e0f0e8", "loss": "#fbe9e3",
}  # fmt: skip
_DARK: Final[Mapping[str, str]] = {
    "ground": "#1d2321", "ink": "#e8ebe7", "soft": "#a9b2ad", "line": "#47524d", "grid": "#2b332f", "stripe": "#242b28",
    "off": "#262e2a", "fill": "#2f7d69", "edge": "#7ad6bc", "core": "#a8ecd8", "hot": "#7a3a31", "hot_edge": "#f3a399",
    "hot_core": "#ffd9d3", "base": "#505b56", "base_edge": "#9aa7a1", "arrow": "#8a958f", "status": "#8ebcf2",
    "promised": "#d0a6ee", "before": "#a9b2ad", "after": "#7ad6bc", "gain": "#22372f", "loss": "#3d2a26",
}  # fmt: skip


def style_sheet(theme: Theme) -> str:
    """The sheet of one theme. AUTO is light, dark where the screen is, and light again on paper."""
    if theme is Theme.DARK:
        return _shapes() + _colours(_DARK)
    if theme is Theme.LIGHT:
        return _shapes() + _colours(_LIGHT)
    dark = _colours(_DARK)
    return _shapes() + _colours(_LIGHT) + f"@media screen and (prefers-color-scheme:dark){{{dark}}}"


def _shapes() -> str:
    return (
        f"text{{font-family:{FONT_FAMILY};font-size:12px}}"
        ".s{font-size:10.5px}.b{font-weight:bold}.h{font-size:20px;font-weight:bold}.f{font-size:15px;font-weight:bold}"
        ".e{text-anchor:end}.m{text-anchor:middle}.x{text-decoration:line-through}"
        ".n,.grid,.rule,.arrow,.hotarrow,.vstatus,.vpromised,.vbefore,.vafter,.stroke{fill:none}"
    )


def _colours(colours: Mapping[str, str]) -> str:
    c = colours
    return (
        f".ground{{fill:{c['ground']}}}.stripe{{fill:{c['stripe']}}}.off{{fill:{c['off']}}}.gain{{fill:{c['gain']}}}"
        f".loss{{fill:{c['loss']}}}"
        f"text{{fill:{c['ink']}}}text.q{{fill:{c['soft']}}}text.r{{fill:{c['hot_edge']}}}text.g{{fill:{c['edge']}}}"
        f".grid{{stroke:{c['grid']}}}.rule{{stroke:{c['line']}}}"
        f".bar{{fill:{c['fill']};stroke:{c['edge']}}}.core{{fill:{c['core']}}}"
        f".hot{{fill:{c['hot']};stroke:none}}.hatch{{stroke:{c['hot_edge']};stroke-width:1.2}}"
        f".hotedge{{fill:url(#gantt-hatch);stroke:{c['hot_edge']};stroke-width:1.6}}.hotcore{{fill:{c['hot_core']}}}"
        f".base{{fill:{c['base']};stroke:{c['base_edge']};stroke-width:.8}}"
        f".gone{{fill:none;stroke:{c['base_edge']};stroke-dasharray:3 2}}"
        f".sum{{fill:{c['ink']}}}.hotsum{{fill:{c['hot_edge']}}}"
        f".stone{{fill:{c['ink']};stroke:{c['ink']}}}.hotstone{{fill:{c['hot']};stroke:{c['hot_edge']};stroke-width:1.8}}"
        f".basestone{{fill:{c['ground']};stroke:{c['base_edge']};stroke-width:1.2}}"
        f".arrow{{stroke:{c['arrow']}}}.head{{fill:{c['arrow']}}}"
        f".hotarrow{{stroke:{c['hot_edge']};stroke-width:1.3}}.hothead{{fill:{c['hot_edge']}}}"
        f".vstatus{{stroke:{c['status']};stroke-width:1.5}}text.tstatus{{fill:{c['status']}}}"
        f".vpromised{{stroke:{c['promised']};stroke-width:1.5;stroke-dasharray:1.5 3;stroke-linecap:round}}"
        f"text.tpromised{{fill:{c['promised']}}}"
        f".vbefore{{stroke:{c['before']};stroke-width:1.3;stroke-dasharray:5 3}}text.tbefore{{fill:{c['before']}}}"
        f".vafter{{stroke:{c['after']};stroke-width:1.5}}text.tafter{{fill:{c['after']}}}"
        f"text.halo{{stroke:{c['ground']};stroke-width:3px;stroke-linejoin:round;paint-order:stroke}}"
    )
