"""Pictures on the page: a constant spec, the data beside it, and words for those who can't see it."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from rrmm.analyses.explore import Explore
from rrmm.charts import forest as forest_chart
from rrmm.charts import response_bars, theme
from rrmm.charts import survival as survival_chart
from rrmm.report import sentences


def tone() -> theme.Tone:
    """Light or dark, as the viewer's browser shows the app."""
    return theme.tone(st.context.theme.type or "light")


def draw(key: str, data: pd.DataFrame, spec: dict[str, Any], alt: str) -> None:
    """One picture. The same key and spec again: the browser patches the data instead of building it anew."""
    with st.container(key="picture_" + key):
        st.vega_lite_chart(data, spec, theme=None, key=key, alt=alt)


def survival(view: Explore, footer: str, height: int, key: str = "survival") -> None:
    """Kaplan-Meier curves with everything that belongs to them."""
    draw(key, survival_chart.survival_data(view, footer, height),
         survival_chart.survival_spec(tone(), len(view.groups), height), sentences.finding(view))


def response(view: Explore, height: int, key: str = "response") -> None:
    """Stacked response bars by group."""
    draw(key, response_bars.response_data(view.response, tone(), height), response_bars.response_spec(tone(), height),
         sentences.response_finding(view))


def forest(view: Explore, height: int, key: str = "forest", kind: str = "ratio") -> None:
    """All subgroups for the endpoint of the view. kind: "ratio" (hazard ratios) or "rate" (survival at six months)."""
    draw(f"{key}_{kind}", forest_chart.forest_data(view, kind, height), forest_chart.forest_spec(tone(), kind, height),
         sentences.forest_finding(view, kind))
