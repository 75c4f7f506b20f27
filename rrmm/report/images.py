"""A picture of the app as PNG (300 dpi), SVG or PDF, without a browser and without a network.

The spec is the one the page shows. Two things change: the width is a number, as there is no page
around it, and the typeface is one that vl-convert carries along, so that every machine draws the same picture.
"""

from __future__ import annotations

import json
from typing import Any, Literal

import pandas as pd

from rrmm.analyses.explore import Explore
from rrmm.charts import forest as forest_chart
from rrmm.charts import response_bars, theme
from rrmm.charts import survival as survival_chart
from rrmm.report.shown import Shown

Kind = Literal["survival", "response", "forest"]
Format = Literal["png", "svg", "pdf"]

WIDTH = 1000
HEIGHTS: dict[Kind, int] = {"survival": 620, "response": 300, "forest": 440}
FONT = "Liberation Sans, Arial, Helvetica, sans-serif"
DPI = 300
INCHES = 6.5
"""Width on a printed page; 300 dots per inch of it."""


def picture(
    kind: Kind, view: Explore, footer: str, *, height: int | None = None, mask: bool = False
) -> tuple[dict[str, Any], pd.DataFrame]:
    """Spec and data of one picture of a view, in the light tone. mask: small counts are masked.

    ValueError with a sentence where masking leaves nothing to show.
    """
    tone = theme.LIGHT
    shown = Shown(view, mask)
    refused = shown.refused_population if kind == "forest" else shown.refused
    if refused:
        raise ValueError(refused)
    groups = len(view.groups)
    if kind == "survival":
        tall = height or HEIGHTS[kind] + max(groups - 2, 0) * 2 * survival_chart.LINE
        return (
            survival_chart.survival_spec(tone, groups, tall),
            shown.survival_data(survival_chart.survival_data(view, footer, tall).to_pandas()),
        )
    if kind == "response":
        tall = height or _bars_height(groups)
        return (
            response_bars.response_spec(tone, tall),
            shown.response_data(response_bars.response_data(view.response, tone, tall).to_pandas()),
        )
    tall = height or HEIGHTS[kind]
    return (
        forest_chart.forest_spec(tone, "ratio", tall),
        shown.forest_data(forest_chart.forest_data(view, "ratio", tall).to_pandas()),
    )


def _bars_height(groups: int) -> int:
    return response_bars.TITLE + response_bars.LEGEND + 42 + 76 * max(groups, 1)


def render(spec: dict[str, Any], data: pd.DataFrame, form: Format = "png", width: int = WIDTH) -> bytes:
    """The picture as a file's bytes. ValueError for an unknown format."""
    import vl_convert

    ready = standalone(spec, data, width)
    if form == "png":
        # ppi multiplies the pixels (72 an inch by itself) and stands in the file; scale brings the width to INCHES.
        return bytes(vl_convert.vegalite_to_png(ready, scale=72 * INCHES / width, ppi=DPI))
    if form == "svg":
        return str(vl_convert.vegalite_to_svg(ready)).encode("utf-8")
    if form == "pdf":
        return bytes(vl_convert.vegalite_to_pdf(ready))
    raise ValueError(f"unknown format: {form}")


def standalone(spec: dict[str, Any], data: pd.DataFrame, width: int = WIDTH) -> dict[str, Any]:
    """The spec with its data inside, a fixed width, a white page and a typeface that is there offline.

    The reading line that follows the pointer is left out: paper has no pointer, and it is most of the data.
    """
    ready: dict[str, Any] = json.loads(json.dumps(spec).replace(json.dumps(theme.FONT)[1:-1], FONT))
    ready["width"] = width
    ready["background"] = "#ffffff"
    ready["config"] = {**ready.get("config", {}), "background": "#ffffff"}
    ready["layer"] = [each for each in ready["layer"] if "reading" not in json.dumps(each)]
    if "part" in data:
        data = data[data["part"] != "read"]
    ready["data"] = {"values": json.loads(data.to_json(orient="records", double_precision=10))}
    return ready
