"""Pictures on the page: a constant spec, the data beside it, and words for those who can't see it."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pyarrow as pa
import streamlit as st

from rrmm import formatting
from rrmm.analyses.explore import Explore
from rrmm.analyses.response import DEPTHS
from rrmm.analyses.swimmer import lanes
from rrmm.charts import forest as forest_chart
from rrmm.charts import response_bars, theme
from rrmm.charts import survival as survival_chart
from rrmm.charts import swimmer as swimmer_chart
from rrmm.cohort import Cohort
from rrmm.picks import Picks, population
from rrmm.subgroups import group


def tone() -> theme.Tone:
    """Light or dark, as the viewer's browser shows the app."""
    return theme.tone(st.context.theme.type or "light")


def draw(key: str, data: pa.Table | pd.DataFrame, spec: dict[str, Any], alt: str, width: int = 0,
         **tables: pa.Table) -> None:
    """One picture. The same key, spec and ``alt`` again: the browser patches the data instead of building it anew.

    width: pixels to lay the picture out for, whatever its place is (the stage enlarges it); 0: as wide as the place.
    tables: named data of single layers, which change without the rest.
    So ``alt`` names the kind of picture, and the sentence beside it, which changes, says what it shows.
    """
    if width:
        spec = {**spec, "width": width}
    if tables:
        # All by name: the browser would take a single named table for the main one.
        spec = {**spec, "data": {"name": "rows"}, "datasets": {"rows": data, **tables}}
    with st.container(key="picture_" + key):
        st.vega_lite_chart(None if tables else data, spec, theme=None, key=key, alt=alt, width="content" if width else "stretch")


def survival(view: Explore, footer: str, height: int, key: str = "survival", width: int = 0) -> None:
    """Kaplan-Meier curves with everything that belongs to them."""
    draw(key, survival_chart.survival_data(view, footer, height),
         survival_chart.survival_spec(tone(), len(view.groups), height),
         "Kaplan-Meier curves with intervals, medians, test and numbers at risk; the sentence below says what they show.", width,
         **{survival_chart.READING: survival_chart.reading_data(view, height)})


def response(view: Explore, height: int, key: str = "response", width: int = 0) -> None:
    """Stacked response bars by group."""
    draw(key, response_bars.response_data(view.response, tone(), height), response_bars.response_spec(tone(), height),
         "Best response by group as stacked bars with the overall response rate and its interval.", width)


def forest(view: Explore, height: int, key: str = "forest", kind: str = "ratio", width: int = 0) -> None:
    """All subgroups for the endpoint of the view. kind: "ratio" (hazard ratios) or "rate" (survival at six months)."""
    draw(f"{key}_{kind}", forest_chart.forest_data(view, kind, height), forest_chart.forest_spec(tone(), kind, height),
         "All subgroups for this endpoint, each with its estimate and interval.", width,
         **{forest_chart.CHOSEN: forest_chart.chosen_rows(view, kind, height)})


def swimmer(cohort: Cohort, picks: Picks, order: str) -> None:
    """Every patient of the population as a lane; coloured by the comparison, or by best response where there is none."""
    grouping = group(cohort, picks.compare, picks.cut_of)
    found = lanes(cohort, population(cohort, picks).mask, grouping.codes, order)
    by_response = picks.compare == "none"
    levels = (*DEPTHS, "unknown") if by_response else (*grouping.levels, "unknown")
    tall = swimmer_chart.height(len(found))
    st.caption("▲ first response   ◆ best response   ✚ progression   ■ death   ▶ still followed without progression")
    draw("swimmer", swimmer_chart.swimmer_data(found, tall, levels, by_response),
         swimmer_chart.swimmer_spec(tone(), tall, levels, by_response),
         "Swimmer plot: one lane a patient, with response, progression, death and end of follow-up.")
    if found.attrs["without_time"]:
        st.caption(f"{formatting.patients(found.attrs['without_time'])} without a known time: not drawn.")
