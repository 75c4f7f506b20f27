"""The presenter's stage: one view a screen, large, with no menu and no identifier."""

from __future__ import annotations

import streamlit as st

from rrmm.report import sentences
from rrmm.report.slides import Item
from rrmm.ui import cached, charts, controls, notices, state
from rrmm.ui.frame import footer

# A picture is laid out small and drawn as large as its place: its type is legible from the last row.
STYLE = """<style>
.stSidebar, [data-testid="stSidebarCollapsedControl"], [data-testid="stExpandSidebarButton"], .stAppHeader {display: none;}
.stMainBlockContainer {padding: 0.2rem 1.5rem 0 1.5rem;}
.stMainBlockContainer h1 {display: none;}
.st-key-stage .stElementContainer, .st-key-stage [data-testid="stFullScreenFrame"] div
  {width: 100% !important; height: auto !important;}
.st-key-stage .stVegaLiteChart svg {width: 100% !important; height: auto !important; max-height: 76vh;}
.st-key-stage [data-testid="stElementToolbar"] {display: none;}
.st-key-stage p {font-size: 1.35rem; line-height: 1.25;}
.st-key-stage_bar, .st-key-stage_live {opacity: 0.75;}
</style>"""
BLANK = "<style>.stApp {background: #000 !important;} .st-key-stage {visibility: hidden;}</style>"
SIZE = {"survival": (960, 430), "response": (820, 300), "forest": (760, 360)}
"""Width and height in pixels that a picture alone on the screen is laid out for."""
PARTS = {"survival": (640, 396), "response": (400, 204), "forest": (400, 220)}
"""The same for three pictures on one screen."""
FULL_SCREEN = """export default function({parentElement}) {
  const button = parentElement.querySelector('button');
  button.onclick = () => document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen();
}"""


def show(item: Item, title: str) -> None:
    """One view on the wall."""
    cohort = state.cohort()
    picks, _, kind = item
    view = cached.explored(picks, controls.convention())
    foot = footer(cohort, "Kaplan-Meier, log-rank, Cox (Efron)")
    st.html(STYLE)
    size = PARTS if kind == "explore" else SIZE
    with st.container(key="stage"):
        st.markdown(f"**{notices.plain(title)}** · {view.compared} of {view.cohort_n} patients")
        left, right = st.columns([62, 38]) if kind == "explore" else (st.container(), st.container())
        if kind in ("survival", "explore"):
            with left:
                charts.survival(view, foot, size["survival"][1], "stage_survival", size["survival"][0])
        with right:
            if kind in ("response", "explore"):
                charts.response(view, size["response"][1], "stage_response", size["response"][0])
            if kind in ("forest", "explore"):
                charts.forest(view, size["forest"][1], "stage_forest", width=size["forest"][0])
        st.markdown(notices.plain(sentences.finding(view)))


def blank() -> None:
    """A black screen: everybody looks at the speaker."""
    st.html(BLANK)


def full_screen() -> None:
    """A button for the browser's full screen; Esc leaves it."""
    part = st.components.v2.component("rrmm_full_screen", html="<button>Full screen</button>", js=FULL_SCREEN,
                                      css="button {font: inherit; padding: 0.4rem 0.8rem; border-radius: 0.5rem; "
                                          "border: 1px solid var(--st-border-color); background: transparent; "
                                          "color: var(--st-text-color); cursor: pointer;}")
    part(key="full_screen")
