"""Baseline: who the patients are, beside the trial; what overlaps, what is missing, who is in which analysis.

In front of it: a clinician who writes Table 1, or is asked "are these the patients of the trial?". They want
to know: how do my patients differ from MajesTEC-1's, how many would have been let in, how much is unknown?
Next they filter to the trial-eligible, or compare two groups.
"""

import streamlit as st

from rrmm.ui import baseline_panels as panels
from rrmm.ui import cached, controls, state
from rrmm.ui.frame import counted, frame


@st.fragment
def live() -> None:
    cohort = state.cohort()
    compare = controls.compare(cohort)
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        published = panels.beside()
        p_values = st.toggle(
            "p-values", False, key="pvalues", disabled=compare == "none", **controls.REMEMBERED
        )
    picks = state.picks(compare=compare)
    table, criteria, missing, flow = cached.patients(picks, p_values, controls.convention().interval)
    st.markdown(counted(cohort))
    left, right = st.columns([3, 2], gap="large")
    with left:
        panels.characteristics(table, published, p_values)
        panels.diagram(flow)
    with right:
        panels.criteria(criteria)
        panels.overlapping(cohort, picks)
        panels.missing(missing)


frame("Baseline", count=False)
live()
