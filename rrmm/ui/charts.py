"""Pictures on the page: a constant spec, the data beside it, and words for those who can't see it."""

from __future__ import annotations

import streamlit as st

from rrmm.analyses.explore import Explore
from rrmm.charts import forest as forest_chart
from rrmm.charts import response_bars, survival as survival_chart, theme
from rrmm.report import sentences


def tone() -> theme.Tone:
    """Light or dark, as the viewer's browser shows the app."""
    return theme.tone(st.context.theme.type or "light")


def survival(view: Explore, footer: str, height: int, key: str = "survival") -> None:
    """Kaplan-Meier curves with everything that belongs to them."""
    st.vega_lite_chart(survival_chart.survival_data(view, footer, height),
                       survival_chart.survival_spec(tone(), len(view.groups), height), theme=None, key=key,
                       alt=sentences.finding(view))


def response(view: Explore, height: int, key: str = "response") -> None:
    """Stacked response bars by group."""
    st.vega_lite_chart(response_bars.response_data(view.response, tone(), height),
                       response_bars.response_spec(tone(), height), theme=None, key=key,
                       alt=sentences.response_finding(view))


def forest(view: Explore, height: int, key: str = "forest", kind: str = "ratio") -> None:
    """All subgroups for the endpoint of the view."""
    st.vega_lite_chart(forest_chart.forest_data(view, kind, height), forest_chart.forest_spec(tone(), kind, height),
                       theme=None, key=key, alt=f"Hazard ratios of {view.endpoint.label} for every subgroup.")
