"""Safety: adverse events as in the paper's Table 4, CRS and ICANS by grade, infections over time, what was
given.

In front of it: a clinician asked "what do they get, how bad, and when?". They want to know: how many
infections, how many severe, when does CRS start, who needed intensive care? Next they open the patients
behind a row, or compare groups.
"""

import streamlit as st

from rrmm.ui import cached, controls, notices, state
from rrmm.ui import safety_panels as panels
from rrmm.ui.frame import counted, footer, frame


@st.fragment
def live() -> None:
    cohort = state.cohort()
    compare = controls.compare(cohort)
    picks = state.picks(compare=compare)
    st.markdown(counted(cohort))
    found = cached.safe(picks, controls.convention().interval)
    if not found.rows and not found.care:
        notices.needs("Safety", panels.NEEDS)
        return
    left, right = st.columns([3, 2], gap="large")
    with left:
        if found.rows:
            panels.table(found, cohort, picks)
        else:
            notices.needs("Adverse events", panels.NEEDS)
        panels.infections(found, footer(cohort, "Aalen-Johansen"))
        panels.care(found)
    with right:
        if found.rows:
            panels.bars(found)
        panels.by_grade(found)


frame("Safety", count=False)
live()
