"""Factors: what goes with a shorter PFS, OS or DOR, or with a response (Tables 2 and 3 of the paper).

In front of it: a clinician asked "and is that independent of EMD?". They want to know: how strong, how sure, does
it hold beside the others, and can the model be trusted? Next they change a covariate or a cut-off, look closer, or
take the table home.
"""

import streamlit as st

from rrmm.ui import cached, controls, factors, factors_panels, notices, state
from rrmm.ui.frame import frame


@st.fragment
def live() -> None:
    cohort = state.cohort()
    choice = factors.choose(cohort)
    if choice is None:
        notices.needs("Prognostic factors", factors.NEEDS)
        return
    if not choice.covariates:
        st.info("Choose the covariates to look at.", icon=":material/query_stats:")
        return
    picks, convention = state.picks(), controls.convention()
    found = cached.factors(picks, choice.to_json(), convention)
    factors.overview(cohort, found, choice, convention)
    factors_panels.closer(cohort, found, choice, picks, convention)


frame("Factors")
live()
