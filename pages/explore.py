"""The live explorer: one comparison, seen as survival, response and forest.

In front of it: a presenter whose audience just asked a question. They want to know: is the curve of these
patients worse, by how much, how sure is that, and how many patients is it? Next they change the comparison, narrow
the population, or take the picture home.
"""

import streamlit as st

from rrmm.report import sentences
from rrmm.ui import cached, charts, controls, notices, outcome_panels, state, takehome
from rrmm.ui.frame import footer, frame

KM, BARS, FOREST = 610, 206, 368


@st.fragment
def live() -> None:
    cohort = state.cohort()
    with st.container(horizontal=True, gap="medium"):
        endpoint = controls.endpoint(cohort)
        compare = controls.compare(cohort)
    said, *cuts = st.columns([5, 2, 2], vertical_alignment="center")
    controls.cut_offs(cohort, cuts)
    picks = state.picks(endpoint, compare)
    view = cached.explored(picks, controls.convention())
    said.markdown(f"**{view.compared} of {view.cohort_n} patients** in this comparison · "
                  + notices.plain(sentences.left_out(view)))
    left, right = st.columns([3, 2])
    with left:
        foot = footer(cohort, f"Kaplan-Meier, {picks.conf_type} interval, log-rank, Cox (Efron)")
        charts.survival(view, foot, KM)
    with right:
        charts.response(view, BARS)
        charts.forest(view, FOREST, kind=controls.forest_kind())
    st.markdown(notices.plain(sentences.finding(view)) + outcome_panels.counter(view, picks))
    notices.remarks(view.remarks)
    takehome.bar(picks, foot)
    outcome_panels.many_looks(view)
    outcome_panels.known_later(cohort, view, picks)


frame("Explore", count=False)
live()
