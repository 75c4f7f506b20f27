"""A patient like mine, and everybody's course as a lane.

In front of it: a tumour board with one patient. They want to know: how did patients like this one do, how many were
they, and how much does that tell? Next they let a feature go, or look at single courses.
"""

import streamlit as st

from rrmm.report import sentences
from rrmm.ui import cached, charts, controls, notices, state
from rrmm.ui.frame import footer, frame


@st.fragment
def like_mine() -> None:
    cohort = state.cohort()
    left, right = st.columns([2, 5], gap="large")
    with left:
        st.subheader("A patient like mine", anchor=False)
        features = controls.features(cohort)
    with right:
        endpoint = controls.endpoint(cohort)
        found = cached.alike(state.picks(), features)
        st.markdown(notices.plain(sentences.alike(found, cohort.n)))
        if not features:
            return
        view = cached.explored(state.picks(endpoint, found.combination.key), controls.convention())
        charts.survival(view, footer(cohort, "Kaplan-Meier, log-log interval, log-rank, Cox (Efron)"), 500, key="alike")
        charts.response(view, 230, key="alike_response")
        st.markdown(notices.plain(sentences.finding(view)))
        notices.remarks(view.remarks)
        st.dataframe(sentences.ladder(found), hide_index=True)


@st.fragment
def courses() -> None:
    cohort = state.cohort()
    st.subheader("Every patient’s course", anchor=False)
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        order = controls.lane_order()
        compare = controls.compare(cohort, "Coloured by (all patients: best response)")
    charts.swimmer(cohort, state.picks(compare=compare), order)


frame("Patients")
like_mine()
courses()
