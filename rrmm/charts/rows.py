"""What the pictures made of rows share: a constant spec of layers by part, and the frame that fills them.

Vertical positions are pixels computed beforehand, as the height is fixed; horizontal ones follow the width of
the page, so that the same picture fits a projector and a phone (below NARROW pixels of plot).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from rrmm.charts.theme import Tone, config

NARROW = "width < 520"
PIXEL = {"type": "quantitative", "scale": None, "axis": None}


def at(name: str) -> dict[str, Any]:
    """A vertical pixel position from a column."""
    return {"field": name, **PIXEL}


def value(name: str) -> dict[str, Any]:
    """A position on the shared horizontal scale."""
    return {"field": name, "type": "quantitative"}


def between(
    left: str, right: str, domain: tuple[float, float], axis: dict[str, Any] | None
) -> dict[str, Any]:
    """The horizontal scale: ``domain`` laid between two expressions of the width."""
    return {
        "field": "x",
        "type": "quantitative",
        "axis": axis,
        "scale": {"domain": list(domain), "nice": False, "range": [{"expr": left}, {"expr": right}]},
    }


def layer(part: str, mark: dict[str, Any], encoding: dict[str, Any]) -> dict[str, Any]:
    """One layer, fed by the rows of its part."""
    return {"transform": [{"filter": f"datum.part === '{part}'"}], "mark": mark, "encoding": encoding}


def text(size: int = 13, align: str = "left", baseline: str = "middle", **more: Any) -> dict[str, Any]:
    """A text mark, a little smaller on a phone."""
    return {
        "type": "text",
        "align": align,
        "baseline": baseline,
        "fontSize": {"expr": f"{NARROW} ? {min(size, 12) - 1} : {size}"},
        **more,
    }


def short_if_narrow() -> dict[str, Any]:
    """The column ``short`` on a phone, else ``text``."""
    return {"condition": {"test": NARROW, "field": "short"}, "field": "text"}


def wide_only(name: str = "text") -> dict[str, Any]:
    """A text that a phone leaves out."""
    return {"condition": {"test": NARROW, "value": ""}, "field": name}


def spec(colours: Tone, height: int, layers: list[dict[str, Any]], right: int = 10) -> dict[str, Any]:
    """The picture: fixed height, width of its place."""
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "height": height,
        "width": "container",
        "autosize": {"type": "fit", "contains": "padding"},
        "padding": {"left": 4, "right": right, "top": 4, "bottom": 4},
        "config": config(colours),
        "layer": layers,
        "resolve": {"scale": {"color": "independent", "x": "shared", "y": "shared"}},
    }


def key_layers(
    colours: Tone, labels: tuple[str, ...], fills: tuple[str, ...], top: int
) -> list[dict[str, Any]]:
    """A legend that never is cut: squares and words in one line, in lines of four on a phone; fed by no
    data."""
    layers: list[dict[str, Any]] = []
    left = 0
    for at_label, (label, fill) in enumerate(zip(labels, fills, strict=True)):
        place = {
            "x": {"expr": f"{NARROW} ? {(at_label % 4) * 0.25} * width : {left}"},
            "y": {"expr": f"{NARROW} ? {top + 18 * (at_label // 4)} : {top}"},
        }
        one = {"values": [{"label": label}]}
        square = {"type": "square", "size": 130, "opacity": 1, "color": fill, "stroke": colours.muted}
        layers.append({"data": one, "mark": {**square, **place, "strokeWidth": 0.5, "xOffset": 7}})
        layers.append(
            {
                "data": one,
                "mark": {**text(13), **place, "dx": 18},
                "encoding": {"text": {"field": "label"}},
            }
        )
        left += 34 + round(7.2 * len(label))
    return layers


def frame(
    rows: Iterable[dict[str, Any]], numbers: Iterable[str], words: Iterable[str] = ("text", "short")
) -> pd.DataFrame:
    """The rows with the same columns and types whatever is in them."""
    numbers, words = tuple(numbers), tuple(words)
    made = pd.DataFrame(list(rows), columns=["part", *numbers, *words])
    for name in numbers:
        made[name] = made[name].astype(float)
    return made.fillna(dict.fromkeys(words, ""))


def readable(fill: str) -> str:
    """Ink for text on a fill: dark on light ones, light on dark ones (WCAG luminance)."""
    channels = [int(fill[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    light = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return "#ffffff" if light < 0.3 else "#111827"
