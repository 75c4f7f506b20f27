"""Published: this cohort beside published ones; the paper's figures and numbers; a check of printed tables.

In front of it: a clinician whose reviewer asks "and how does that compare with the trial?", or a reader who wants
to know whether the tool can be trusted. They want to know: are we better or worse, how sure is that, are these the
same patients? Next they weight the cohort to the trial's baseline, take the table home, or check their own print.
"""

import streamlit as st

from rrmm.ui import figure_panels, state
from rrmm.ui import published_panels as panels
from rrmm.ui.frame import frame


@st.fragment
def live() -> None:
    cohort = state.cohort()
    part = panels.view()
    if part == "beside":
        panels.beside(cohort, state.picks())
    elif part == "figures":
        figure_panels.figures(cohort, state.picks())
    elif part == "paper":
        panels.paper()
    else:
        panels.print_check()


frame("Published", count=False)
live()
