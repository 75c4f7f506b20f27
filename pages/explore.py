"""The live explorer: one comparison, seen as survival, response and forest.

In front of it: a presenter whose audience just asked a question. They want to know: is the curve of these
patients worse, by how much, how sure is that, and how many patients is it? Next they change the comparison, narrow
the population, or take the picture home.
"""

import streamlit as st

from rrmm.picks import Picks
from rrmm.report import sentences
from rrmm.ui import cached, charts, controls, notices, outcome_panels, state, takehome
from rrmm.ui.frame import footer, frame

KM, BARS, FOREST = 610, 206, 368


def methods(picks: Picks) -> str:
    """Whose data and which methods: the line under the curve."""
    return footer(state.cohort(), f"Kaplan-Meier, {picks.conf_type} interval, log-rank, Cox (Efron)")


@st.fragment
def live(with_more: bool) -> None:
    cohort = state.cohort()
    with st.container(horizontal=True, gap="medium"):
        endpoint = controls.endpoint(cohort)
        compare = controls.compare(cohort)
    said, *cuts = st.columns([5, 2, 2], vertical_alignment="center")
    controls.cut_offs(cohort, cuts)
    picks = state.picks(endpoint, compare)
    view = cached.explored(picks, controls.convention())
    said.markdown(f"**{view.compared} of {view.cohort_n} patients** in this comparison · "
                  + notices.plain(sentences.left_out(view)) + outcome_panels.counter(view, picks))
    left, right = st.columns([3, 2])
    with left:
        charts.survival(view, methods(picks), KM)
    with right:
        charts.response(view, BARS)
        charts.forest(view, FOREST, kind=controls.forest_kind())
    st.markdown(notices.plain(sentences.finding(view)))
    notices.remarks(view.remarks)
    if with_more:
        more()


def more() -> None:
    """Add, take home, and the boxes below the pictures."""
    cohort, picks = state.cohort(), state.chosen()
    takehome.bar(picks, methods(picks))
    outcome_panels.many_looks(picks)
    outcome_panels.progression(cohort, picks)
    outcome_panels.known_later(cohort, picks)
    # An open box follows every click, so it is redrawn with the pictures; a closed one costs them nothing.
    if outcome_panels.any_open() != opened:
        st.rerun()


frame("Explore", count=False)
opened = outcome_panels.any_open()
live(with_more=opened)
if not opened:
    st.fragment(more)()
