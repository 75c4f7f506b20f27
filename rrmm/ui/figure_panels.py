"""Figures 1 and 2 of the paper for the cohort that is open: panels, legend, and the whole figure as a file."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from rrmm.analyses.figures import PLANS, Figure, figure
from rrmm.analyses.response import Convention
from rrmm.cohort import Cohort
from rrmm.picks import Picks
from rrmm.report import figures as words
from rrmm.ui import cached, charts, controls, notices, state, takehome
from rrmm.ui.frame import counted, footer

ALT = {"curves": "Kaplan-Meier curves with intervals, medians and numbers at risk; the legend below says what they show.",
       "columns": "Response rates as stacked columns with intervals; the legend below says what they show."}


def figures(cohort: Cohort, picks: Picks) -> None:
    """One figure on a screen."""
    convention = controls.convention()
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        key = str(st.segmented_control("Figure", list(PLANS), default="1", required=True, key="figure",
                                       format_func="Figure {}".format, label_visibility="collapsed",
                                       **controls.REMEMBERED))  # type: ignore[call-overload]
        home = st.popover("Download the figure", icon=":material/download:", key="figure_home", on_change="rerun")
        st.markdown(counted(cohort), width="content")
    shown = figure(cohort, key, picks, lambda each: cached.explored(each, convention))
    if home.open:
        with home:
            _files(cohort, shown, picks, convention)
    st.subheader(notices.plain(words.title(shown)), anchor=False)
    across = shown.plan.across
    for start in range(0, len(shown.panels), across):
        for panel, place in zip(shown.panels[start: start + across], st.columns(across, gap="small"), strict=True):
            with place:
                if panel.needs:
                    st.markdown(f"**{panel.part.letter}** {notices.plain(panel.part.title)}")
                    notices.needs(panel.part.title, panel.needs)
                    continue
                one = words.drawn(panel, charts.tone(), convention)
                kind = "columns" if panel.part.endpoint == "response" else "curves"
                charts.draw(f"figure{key}{one.letter}", one.data, one.spec, ALT[kind])
    st.caption(notices.plain(words.legend(shown, convention, picks.conf_type)) + "  \n" + notices.plain(footer(cohort)))


def _files(cohort: Cohort, shown: Figure, picks: Picks, convention: Convention) -> None:
    mask, key = bool(state.get("mask", False)), shown.plan.key
    # Slides hold panels only: without one there is nothing to put on them.
    bare = all(panel.needs for panel in shown.panels)
    if mask:
        st.caption("Small numbers are masked in the file, as chosen on the Present page.")
    for form in takehome.FORMS:
        if form.ending == "csv":
            continue
        label = "PowerPoint, one slide a panel" if form.ending == "pptx" else form.label
        st.download_button(label, maker(cohort, key, picks, convention, form.ending, mask),
                           f"rrmm-figure-{key}.{form.ending}", form.mime, key=f"figure_{form.ending}", on_click="ignore",
                           disabled=bare and form.ending == "pptx", width="stretch")


def maker(cohort: Cohort, key: str, picks: Picks, convention: Convention, ending: str,
          mask: bool) -> Callable[[], bytes]:
    """Makes the file when it is asked for. The cohort is bound here: no session is open then."""
    return lambda: words.make(cohort, key, picks, convention, ending, mask)
