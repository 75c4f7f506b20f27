"""What a user takes home: each picture as a file, the view on the presentation's list, the code behind it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from rrmm.analyses.response import Convention
from rrmm.cohort import Cohort
from rrmm.picks import Picks
from rrmm.report import sentences
from rrmm.report.slides import Item, Kind
from rrmm.ui import cached, controls, state

PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
NAMES: dict[Kind, str] = {"explore": "Whole screen", "survival": "Survival", "response": "Response", "forest": "Forest"}


@dataclass(frozen=True)
class Form:
    """One way to take a picture home."""

    label: str
    ending: str
    mime: str


FORMS = (Form("PowerPoint, editable", "pptx", PPTX), Form("PNG, 300 dpi", "png", "image/png"),
         Form("SVG", "svg", "image/svg+xml"), Form("PDF", "pdf", "application/pdf"), Form("Data as CSV", "csv", "text/csv"))


def collection() -> list[Item]:
    """The views of the presentation, in order."""
    found: list[Item] = state.held("collection", [])
    return found


def collect(items: list[Item]) -> None:
    """Replace the presentation's list."""
    state.hold("collection", items)


def bar(picks: Picks, footer: str) -> None:
    """Below a view: add it to the presentation, or take its pictures, data and code home.

    What is in the two menus is made when they are opened: a click on a comparison does not pay for it.
    """
    with st.container(horizontal=True, gap="small"):
        if st.button("Add to the presentation", icon=":material/playlist_add:", key="add_view"):
            collect([*collection(), (picks, "", "explore")])
            st.toast(f"View {len(collection())} of the presentation.", icon=":material/playlist_add_check:")
        home = st.popover("Take home", icon=":material/download:", key="home", on_change="rerun")
        script = st.popover("Code", icon=":material/code:", key="script", on_change="rerun")
        st.button("Reset", icon=":material/restart_alt:", key="reset", on_click=state.reset,
                  help="Everybody, PFS, no filter, cut-offs as they were.")
    if home.open:
        with home:
            _pictures(picks, footer)
    if script.open:
        with script:
            _scripts(picks)


def _pictures(picks: Picks, footer: str) -> None:
    cohort, convention = state.cohort(), controls.convention()
    kinds: list[Kind] = ["survival", "response", "forest"]
    kind: Kind = st.segmented_control("Picture", kinds, default="survival", required=True,
                                      format_func=NAMES.__getitem__, key="home_kind") or "survival"
    for form in FORMS:
        st.download_button(form.label, maker(cohort, picks, convention, kind, form.ending, footer, _masked()),
                           f"rrmm-{kind}-{picks.endpoint}.{form.ending}", form.mime, key=f"home_{form.ending}",
                           on_click="ignore", width="stretch")


def _scripts(picks: Picks) -> None:
    from rrmm.report import code

    cohort, convention = state.cohort(), controls.convention()
    st.caption("Runs on the cleaned export, and gives these numbers.")
    language = st.segmented_control("Language", ["R", "Python"], default="R", required=True, key="code_language")
    if language == "R":
        st.code(code.r_code(cohort, picks, convention), language="r", height=360)
    else:
        st.code(code.python_code(cohort, picks, convention), language="python", height=360)
    st.download_button("Scripts with the cleaned data (holds patient data)", lambda: code.bundle(cohort, picks, convention),
                       "rrmm-analysis.zip", "application/zip", on_click="ignore", key="home_bundle")


def _masked() -> bool:
    return bool(state.get("mask", False))


def maker(cohort: Cohort, picks: Picks, convention: Convention, kind: Kind, ending: str, footer: str,
          mask: bool) -> Callable[[], bytes]:
    """Makes the file when it is asked for, and not before. The cohort is bound here: no session is open then."""
    def make() -> bytes:
        from rrmm.analyses.explore import explore
        from rrmm.report import images, slides, tables

        if ending == "pptx":
            return slides.deck([(picks, "", kind)], cohort, convention, mask=mask)
        spec, data = images.picture(kind, explore(cohort, picks, convention), footer, mask=mask)  # type: ignore[arg-type]
        if ending == "csv":
            return tables.safe_csv(data)
        return images.render(spec, data, ending)  # type: ignore[arg-type]
    return make


def reports() -> None:
    """The whole presentation as slides, document and page, and the session as a small file."""
    from rrmm.report import session

    cohort, convention, items, mask = state.cohort(), controls.convention(), collection(), _masked()

    def slides_file() -> bytes:
        from rrmm.report import slides

        return slides.deck(items, cohort, convention, mask=mask)

    def document_file() -> bytes:
        from rrmm.report import document

        return document.document(items, cohort, convention, mask=mask)

    def page_file() -> bytes | str:
        from rrmm.report import html_report

        return html_report.html_report(items, cohort, convention, mask=mask)

    with st.container(horizontal=True, gap="small"):
        st.download_button("PowerPoint", slides_file, "rrmm.pptx", PPTX, icon=":material/co_present:", on_click="ignore",
                           disabled=not items)
        st.download_button("Word", document_file, "rrmm.docx", DOCX, icon=":material/description:", on_click="ignore",
                           disabled=not items)
        st.download_button("Web page", page_file, "rrmm.html", "text/html", icon=":material/public:", on_click="ignore",
                           disabled=not items)
        own = session.Session(state.picks(), convention, dict(cohort.mapping), tuple(items))
        st.download_button("Session (choices only, no patient data)", session.to_json(own), "rrmm-session.json",
                           "application/json", icon=":material/save:", on_click="ignore")


def title_of(item: Item) -> str:
    """The view's own title, or its finding in short."""
    picks, title, kind = item
    if title:
        return title
    view = cached.explored(picks, controls.convention())
    by = "" if picks.compare == "none" else f" by {view.grouping.label}"
    what = {"response": "Response", "forest": f"{view.endpoint.label} in all subgroups"}.get(kind, view.endpoint.label)
    return what if kind == "forest" else what + by


def finding(picks: Picks) -> str:
    """The sentence under the view."""
    return sentences.finding(cached.explored(picks, controls.convention()))
