"""Colours, type and the constant parts of every picture.

Palette: colour-blind safe (distinct in deuteranopia, protanopia and grey), the reference level in a calm blue-grey;
line style is the second cue. The same level index has the same colour on every page. Text contrast is at least
4.5 : 1 on the page's background, in light and dark.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

FONT = '"Source Sans", "Source Sans Pro", "Helvetica Neue", Arial, sans-serif'


@dataclass(frozen=True)
class Tone:
    """The colours of one mode (light or dark)."""

    name: str
    background: str
    ink: str
    muted: str
    faint: str
    levels: tuple[str, ...]
    response: tuple[tuple[str, str], ...]
    traffic: tuple[tuple[str, tuple[str, str]], ...] = ()

    @property
    def lights(self) -> dict[str, tuple[str, str]]:
        """Ink and fill of a status; a sign and a word always stand beside the colour."""
        return dict(self.traffic)

    def level(self, at: int) -> str:
        """Colour of level ``at``; the last one repeats."""
        return self.levels[min(at, len(self.levels) - 1)]


RESPONSE_DEPTHS = ("CR or better", "VGPR", "PR", "MR", "SD", "PD", "NE")
"""Bars, deepest first; nCR joins "CR or better" by default."""

LIGHT = Tone("light", "#ffffff", "#1b2430", "#566273", "#d9dee5",
             ("#30618c", "#c2410c", "#0f766e", "#7e22ce", "#a16207", "#4b5563"),
             (("CR or better", "#14532d"), ("VGPR", "#2f8f4e"), ("PR", "#8fcf9f"), ("MR", "#d7e8b0"),
              ("SD", "#cbd5e1"), ("PD", "#94a3b8"), ("NE", "#eef1f5")),
             (("met", ("#0b5345", "#dcf3ee")), ("deviation", ("#713f12", "#fdf0c8")), ("check", ("#713f12", "#fdf0c8")),
              ("contradiction", ("#8a1c0a", "#fde3dc")), ("open", ("#ffffff", "#8a1c0a"))))
DARK = Tone("dark", "#0e1117", "#f1f4f8", "#a9b4c2", "#343c48",
            ("#8ab8e0", "#fb8a4c", "#4fd1c0", "#cf9bf5", "#e5b84a", "#b6bec9"),
            (("CR or better", "#5bd68a"), ("VGPR", "#37a866"), ("PR", "#23734a"), ("MR", "#5f6f3a"),
             ("SD", "#556273"), ("PD", "#3e4857"), ("NE", "#272e38")),
            (("met", ("#8ee6d3", "#10312c")), ("deviation", ("#f5d67b", "#3a2f0b")), ("check", ("#f5d67b", "#3a2f0b")),
             ("contradiction", ("#ffb4a2", "#45190f")), ("open", ("#1b0703", "#ffb4a2"))))

DASHES: tuple[tuple[int, int] | tuple[()], ...] = ((), (8, 3), (2, 3), (10, 2), (4, 4), (1, 2))


def tone(mode: str) -> Tone:
    """The tone of a mode; anything but "dark" is light."""
    return DARK if mode == "dark" else LIGHT


def config(colours: Tone) -> dict[str, Any]:
    """Vega-Lite config shared by all pictures."""
    axis = {"labelColor": colours.ink, "titleColor": colours.ink, "domainColor": colours.muted,
            "tickColor": colours.muted, "gridColor": colours.faint, "labelFontSize": 13, "titleFontSize": 14,
            "titleFontWeight": "normal", "labelFont": FONT, "titleFont": FONT}
    return {"background": "transparent", "font": FONT, "view": {"stroke": None}, "axis": axis,
            "text": {"font": FONT, "color": colours.ink}}
