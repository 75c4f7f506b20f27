"""Preparing and running a presentation of collected views."""

from __future__ import annotations

import streamlit as st

from rrmm.report.slides import Item
from rrmm.ui import controls, stage, state, takehome

BY_NUMBER = 9
"""Views that a number key reaches."""


def running() -> bool:
    """Whether the wall is being shown."""
    return bool(state.held("presenting", False))


def views() -> list[Item]:
    """The collected views; the current choices where nothing is collected."""
    return takehome.collection() or [(state.chosen(), "", "explore")]


def prepare() -> None:
    """The list: order, titles, what each view shows; start, and take home."""
    items = takehome.collection()
    st.markdown("Collect views with *Add to the presentation* on the Explore page. "
                + ("Here they are, in the order in which they are shown." if items else
                   "Nothing is collected yet: the presentation shows what is chosen on Explore now."))
    for at, item in enumerate(items):
        _line(at, item, items)
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        if st.button("Start", type="primary", icon=":material/play_arrow:", shortcut="F8"):
            state.hold("presenting", True)
            state.hold("at", 0)
            st.rerun()
        st.toggle("Mask counts below 5", key="mask", **controls.REMEMBERED)
    st.subheader("Take home", anchor=False)
    takehome.reports()


def _line(at: int, item: Item, items: list[Item]) -> None:
    picks, title, kind = item
    name, how, up, down, away = st.columns([8, 3, 1, 1, 1], vertical_alignment="bottom")
    own = name.text_input(f"View {at + 1}: {takehome.title_of((picks, '', kind))}", title, key=f"title_{at}_{hash(picks)}",
                          placeholder=takehome.title_of((picks, "", kind)), max_chars=120)
    shown = how.selectbox("Shows", list(takehome.NAMES), list(takehome.NAMES).index(kind), key=f"kind_{at}_{hash(picks)}",
                          format_func=takehome.NAMES.__getitem__)
    if (own, shown) != (title, kind):
        takehome.collect([*items[:at], (picks, own, shown), *items[at + 1:]])
    changed = list(takehome.collection())
    if up.button("", icon=":material/arrow_upward:", key=f"up_{at}", disabled=at == 0, help="Earlier"):
        changed[at - 1], changed[at] = changed[at], changed[at - 1]
    elif down.button("", icon=":material/arrow_downward:", key=f"down_{at}", disabled=at == len(items) - 1, help="Later"):
        changed[at + 1], changed[at] = changed[at], changed[at + 1]
    elif away.button("", icon=":material/delete:", key=f"away_{at}", help="Remove"):
        changed.pop(at)
    else:
        return
    takehome.collect(changed)
    st.rerun()


@st.fragment
def screen() -> None:
    """One view, and a thin bar for the presenter: arrows, numbers, B for black, Esc to leave."""
    items = views()
    at = min(int(state.held("at", 0)), len(items) - 1)
    dark = bool(state.held("black", False))
    with st.container(key="stage_bar", horizontal=True, gap="small", vertical_alignment="center"):
        back = st.button("Back", shortcut="Left", disabled=at == 0)
        onward = st.button("Next", shortcut="Right", disabled=at == len(items) - 1)
        numbers = [st.button("View", key=f"view_{nth}", shortcut=str(nth + 1), type="primary" if nth == at else "secondary")
                   for nth in range(min(len(items), BY_NUMBER))]
        black = st.button("Black", shortcut="B")
        leave = st.button("Leave", shortcut="Esc")
        stage.full_screen()
    if leave:
        state.hold("presenting", False)
        state.hold("black", False)
        st.rerun()
    if black:
        dark = not dark
        state.hold("black", dark)
    wanted = at - 1 if back else at + 1 if onward else next((nth for nth, hit in enumerate(numbers) if hit), at)
    if wanted != at:
        state.hold("at", wanted)
        st.rerun(scope="fragment")
    picks, _, kind = items[at]
    shown = controls.live(state.cohort(), picks, f"live_{at}_{hash(picks)}")
    if dark:
        stage.blank()
    stage.show((shown, "", kind), takehome.title_of((shown, items[at][1] if shown == picks else "", kind)))

