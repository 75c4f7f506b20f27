"""Response: how deep and how fast, overall and in every subgroup (Fig. 1A, Fig. 2 and Table 3 of the paper).

In front of it: a clinician asked "and who responds?". They want to know: what share, how deep, how soon, and
does it differ between patients? Next they change the comparison or take the table home.
"""

import streamlit as st

from rrmm.ui import cached, controls, notices, state
from rrmm.ui import response_panels as panels
from rrmm.ui.frame import counted, footer, frame


@st.fragment
def live() -> None:
    cohort = state.cohort()
    compare = controls.compare(cohort)
    st.markdown(counted(cohort))
    if not cohort.has("responder"):
        notices.needs("Response", panels.NEEDS)
        return
    picks, convention = state.picks(compare=compare), controls.convention()
    view = cached.explored(picks, convention)
    times, blocks = cached.depth(picks, convention)
    left, right = st.columns([3, 2], gap="large")
    with left:
        panels.by_group(view, blocks[0][0])
        panels.all_subgroups(blocks[1:], nonevaluable_counts=convention.nonevaluable_counts)
    with right:
        panels.times(times, footer(cohort, "Aalen-Johansen"))
        interval = panels.method()
        panels.odds(cached.odds(picks, convention, interval), interval, convention.nonevaluable_counts)


frame("Response", count=False)
live()
