"""What a session has computed. Keyed by the cohort's fingerprint and the choices, never by a frame.

Every cache here is session-scoped: Streamlit's default is shared by all users of a server, and these are
patients. The cohort is read inside, so that no cache outlives the session that holds it.
"""

from __future__ import annotations

import streamlit as st

from rrmm.analyses.explore import Explore, Forest, explore, forest
from rrmm.analyses.response import Convention
from rrmm.picks import Picks
from rrmm.ui import state

ENTRIES = 32


@st.cache_resource(scope="session", max_entries=ENTRIES, show_spinner=False)
def _forest(fingerprint: str, picks: str) -> Forest:
    return forest(state.cohort(), Picks.from_json(picks))


@st.cache_resource(scope="session", max_entries=ENTRIES, show_spinner=False)
def _explored(fingerprint: str, picks: str, convention: Convention) -> Explore:
    chosen = Picks.from_json(picks)
    return explore(state.cohort(), chosen, convention, _forest(fingerprint, chosen.but(compare="none").to_json()))


def explored(picks: Picks, convention: Convention) -> Explore:
    """The whole Explore screen for these choices."""
    return _explored(state.cohort().fingerprint, picks.to_json(), convention)


def clear() -> None:
    """Forget everything computed in this session."""
    for each in (_explored, _forest):
        each.clear()
