"""What every page starts with: navigation, whose data these are, filters and settings.

Classic `pages/` with a frame of our own: with `st.navigation`, the first visit to a deep link on a fresh server
would skip app.py. A new page is one file in `pages/` and one line in :data:`PAGES`.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import streamlit as st

from rrmm import formatting
from rrmm.cohort import Cohort
from rrmm.picks import population
from rrmm.ui import controls, guard, in_memory, state
from rrmm.ui.notices import plain


class Page(NamedTuple):
    """One line of the navigation."""

    file: str
    title: str
    icon: str


ICON = str(Path(__file__).with_name("icon.png"))
"""A file of ours: Streamlit would fetch a named symbol from the network."""

PAGES = (
    Page("app.py", "Cohort", ":material/upload_file:"),
    Page("pages/explore.py", "Explore", ":material/show_chart:"),
    Page("pages/response.py", "Response", ":material/stacked_bar_chart:"),
    Page("pages/factors.py", "Factors", ":material/query_stats:"),
    Page("pages/baseline.py", "Baseline", ":material/groups:"),
    Page("pages/safety.py", "Safety", ":material/health_and_safety:"),
    Page("pages/patients.py", "Patients", ":material/person_search:"),
    Page("pages/present.py", "Present", ":material/co_present:"),
    Page("pages/published.py", "Published", ":material/library_books:"),
    Page("pages/methods.py", "Methods", ":material/menu_book:"),
)

# Less air at the top, so that a whole comparison fits on a projected screen. Streamlit's own download of a table
# is hidden: it writes cells as they are, and a spreadsheet would run those that start a formula; ours does not.
STYLE = """<style>
.stMainBlockContainer {padding: 3.9rem 2rem 1rem 2rem;}
[data-testid="stSidebarHeader"] {height: 2.4rem; margin-bottom: 0;}
[data-testid="stSidebarUserContent"] {padding-bottom: 1rem;}
[data-testid="stElementToolbar"] button[aria-label="Download as CSV"] {display: none;}
@media (max-width: 1500px) {[data-testid="stMetricValue"] {font-size: 1.6rem;}}
h1 {font-size: 1.5rem !important; padding: 0 !important;}
h3 {font-size: 1.2rem !important; padding: 0.3rem 0 0 0 !important;}
.stSidebar[data-collapsed="false"] {width: 15.5rem !important; min-width: 15.5rem !important;}
@media (max-width: 640px) {.stMainBlockContainer {padding: 3.9rem 0.8rem 1rem 0.8rem;}}
</style>"""


def frame(title: str, *, count: bool = True, filters: bool = True) -> Cohort:
    """Draw the frame and return the session's cohort. First call of every page.

    count: say "n of N" beside the title (a page that redraws by itself says it where it does).
    """
    st.set_page_config(page_title=f"{title} · rrmm", page_icon=ICON, layout="wide")
    st.html(STYLE)
    in_memory.keep_uploads_in_memory()
    in_memory.forget_ended_sessions()
    guard.enter()
    cohort = state.cohort()
    with st.sidebar:
        for page in PAGES:
            st.page_link(page.file, label=page.title, icon=page.icon, width="stretch")
        if filters:
            controls.filters(cohort)
            controls.settings()
        guard.way_out()
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.title(title, anchor=False, width="content")
        if cohort.fictitious:
            st.badge("Fictitious cohort", icon=":material/science:", color="orange")
        st.markdown(badge(cohort) + (" · " + counted(cohort) if count and filters else ""), width="content")
    return cohort


def badge(cohort: Cohort) -> str:
    """Whose data: name, number of patients, date of the data."""
    when = f" · data to {cohort.data_date:%d %b %Y}" if cohort.data_date is not None else ""
    return f"{plain(cohort.name)} · {formatting.patients(cohort.n)}{when}"


def counted(cohort: Cohort) -> str:
    """How many patients the filters leave."""
    people = population(cohort, state.picks())
    return f"**{people.n} of {cohort.n}** selected"


def footer(cohort: Cohort, *methods: str) -> str:
    """One line under a picture, so that a screenshot says what it shows."""
    name = f"{cohort.name} (fictitious)" if cohort.fictitious else cohort.name
    when = f"data to {cohort.data_date:%d %b %Y}" if cohort.data_date is not None else "date of data unknown"
    return " · ".join((f"{name}, n = {cohort.n}", when, *methods))
