"""Loading a file on the Cohort page: read, say what was understood, ask what is open; kept for this session only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pandas as pd
import streamlit as st

from rrmm import formatting
from rrmm.cohort import Cohort
from rrmm.intake.issues import Refused
from rrmm.schema import VARIABLES
from rrmm.ui import findings, guard, state, wizard
from rrmm.ui.notices import plain
from rrmm.ui.reading import Upload

TYPES = ["xlsx", "xlsm", "xls", "xlsb", "ods", "csv", "tsv", "txt", "sas7bdat", "xpt", "sav", "dta"]
TEMPLATE = state.ROOT / "sample_data" / "template.xlsx"
TABS = ("Columns", "Findings", "Conversions", "How it was read")


def loader() -> None:
    """File chooser, template, the way back to the sample, and what has to be decided first."""
    if not guard.may_load():
        return
    left, right = st.columns([3, 1], vertical_alignment="bottom")
    with left:
        file = st.file_uploader("Load your cohort (Excel, LibreOffice, CSV, SPSS, Stata, SAS)", type=TYPES,
                                key=f"file_{state.held('chooser', 0)}",
                                help="The file is read in memory and forgotten when you close this tab. Nothing is stored.")
    with right:
        st.download_button("Empty template", TEMPLATE.read_bytes(), TEMPLATE.name, icon=":material/download:",
                           on_click="ignore", width="stretch",
                           help="An Excel sheet with every column rrmm knows, drop-down lists and a dictionary.")
        if (state.is_own() or wizard.current()) and st.button("Back to the sample cohort", icon=":material/undo:",
                                                              width="stretch"):
            _back()
    if file is not None and state.held("seen") != file.file_id:
        # Before it is read: whatever happens then, the same file is not tried again with every click.
        state.hold("seen", file.file_id)
        _take(Upload(file.name, file.getvalue(), version=wizard.serial()))
    if state.held("refused"):
        st.error(plain(state.held("refused")), icon=":material/error:")
    if state.held("locked") is not None:
        _password(state.held("locked"))
    upload = wizard.current()
    if upload is not None:
        wizard.decisions(upload)
        if not upload.found:
            _nothing_understood(upload)


def _back() -> None:
    """Back to the sample: file and answers are freed; only mappings, which hold no data, stay for the next file."""
    kept = {name: state.held(name) for name in ("mappings", "deidentified") if state.held(name)}
    chooser = state.held("chooser", 0)
    state.forget()
    for name, value in {**kept, "chooser": chooser + 1}.items():
        state.hold(name, value)
    st.rerun()


@contextmanager
def _said() -> Iterator[None]:
    """A refusal becomes a sentence on the page; the cohort before stays."""
    state.hold("refused", None)
    try:
        yield
    except Refused as reason:
        state.hold("refused", str(reason))


def _take(upload: Upload) -> None:
    """Read a new file; a locked one waits for its password."""
    from rrmm.intake.containers.encrypted import PasswordNeeded

    state.hold("locked", None)
    with _said(), st.spinner("Reading the file"):
        try:
            wizard.start(upload)
        except PasswordNeeded as locked:
            state.hold("locked", upload)
            if locked.wrong:
                raise
    if state.held("refused") is None and state.held("locked") is None:
        st.rerun()


def _password(upload: Upload) -> None:
    with st.form("password", border=True):
        word = st.text_input(f"“{plain(upload.name)}” is protected. Password", type="password", key=f"word_{upload.version}",
                             help="Used to open the file in memory, and kept only as long as the file.")
        if st.form_submit_button("Open", icon=":material/lock_open:") and word:
            _take(upload.but(password=word))
            st.rerun()


def _nothing_understood(upload: Upload) -> None:
    """No column was recognised: the user says what they are; the cohort before stays until then."""
    st.warning("None of the columns of this file was recognised. Say below what they are, or use the template; until then "
               f"{'the file before' if state.is_own() else 'the sample'} is shown.", icon=":material/help:")
    columns, found = st.tabs(["Columns", "How it was read"])
    with columns:
        wizard.columns(upload, None)
    with found:
        wizard.found_where(upload, None)


def what_was_read(cohort: Cohort) -> None:
    """Where the table was found, how its columns are read, every finding, and copies to take home."""
    read, upload = cohort.read, wizard.current()
    st.subheader("What was read", anchor=False)
    place = f"sheet {plain(read['sheet'])}, " if read.get("sheet") else ""
    aside = f", {formatting.patients(read['set_aside'])} set aside" if read.get("set_aside") else ""
    st.markdown(f"{plain(read.get('file', cohort.name))}: {place}{formatting.patients(cohort.n)}{aside}, "
                f"{len(set(cohort.mapping.values()))} columns understood, {len(cohort.extras.columns)} kept as they are"
                f"{_gone(read)}; {findings.in_words(cohort)}.")
    findings.take_home(cohort)
    own = upload is not None and bool(upload.found)
    names = TABS if own else TABS[:3]
    tabs = dict(zip(names, st.tabs(list(names), on_change="rerun", key="read_tabs"), strict=True))
    for name, tab in tabs.items():
        if tab.open:
            with tab:
                _tab(name, cohort, upload if own else None)


def _gone(read: Mapping[str, Any]) -> str:
    """What of the columns is not in the cohort, or ""."""
    parts = [f"{len(read.get(key, ()))} left out{words}" for key, words in (("dropped", " as personal data"), ("left_out", ""))
             if read.get(key)]
    return ", " + ", ".join(parts) if parts else ""


def _tab(name: str, cohort: Cohort, upload: Upload | None) -> None:
    if name == "Findings":
        findings.findings(cohort)
    elif name == "Conversions":
        findings.conversions(cohort)
    elif name == "Columns":
        if upload is not None:
            wizard.columns(upload, cohort)
        else:
            _columns(cohort)
        wizard.what_is_missing(cohort)
    elif upload is not None:
        wizard.found_where(upload, cohort)


def _columns(cohort: Cohort) -> None:
    """The columns of a cohort that nobody has to map."""
    rows = [{"Column in the file": header, "Read as": VARIABLES[name].label, "Known": int(cohort.frame[name].notna().sum())}
            for name, header in cohort.mapping.items()]
    rows += [{"Column in the file": str(header), "Read as": "kept as it is, for grouping",
              "Known": int(cohort.extras[header].notna().sum())} for header in cohort.extras.columns]
    table = pd.DataFrame(rows, columns=["Column in the file", "Read as", "Known"])
    st.dataframe(table, hide_index=True, height=wizard.tall(len(table)), key="columns_table",
                 column_config={"Known": st.column_config.NumberColumn(f"Known of {cohort.n}")})
