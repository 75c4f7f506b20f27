"""Methods: definitions, conventions and settings, printed from the registries; each statistic beside R.

In front of it: a biostatistician who will not sign what is not defined, or an author who writes the methods section.
They want to know: what is an event, how is the median read, who computed this, how far is it from R, what happens to
the file? Next they copy a definition, or change a setting.
"""

import streamlit as st

from rrmm.ui import methods_panels as panels
from rrmm.ui import state
from rrmm.ui.frame import frame


@st.fragment
def live() -> None:
    part = panels.view()
    if part == "definitions":
        panels.definitions(state.picks())
    elif part == "statistics":
        panels.statistics()
    elif part == "variables":
        panels.variables()
    else:
        panels.data()


frame("Methods", count=False)
live()
