"""Our SVGs as PNG, for mails: where a mail is read, an SVG seldom is shown."""

from importlib.resources import as_file, files

import resvg_py
from defusedxml import ElementTree

FINENESS = 2
"""Twice as many dots as it is wide, for screens of today."""
_FAMILY = "Source Sans Pro"
_DESCRIPTION = "{http://www.w3.org/2000/svg}desc"


def png(svg: str) -> bytes:
    """Return a picture as PNG on white, its letters in a font that came with us: a server mostly has none."""
    fonts = files("font_source_sans_pro") / "files"
    with as_file(fonts / "SourceSansPro-Regular.ttf") as regular, as_file(fonts / "SourceSansPro-Bold.ttf") as bold:
        drawn = resvg_py.svg_to_bytes(
            svg_string=svg,
            background="#ffffff",
            zoom=FINENESS,
            skip_system_fonts=True,
            font_files=[str(regular), str(bold)],
            font_family=_FAMILY,
            sans_serif_family=_FAMILY,
        )
    return bytes(drawn)


def told(svg: str) -> str:
    """Return what a picture shows, as it tells screen readers."""
    return str(ElementTree.fromstring(svg).findtext(_DESCRIPTION, ""))
