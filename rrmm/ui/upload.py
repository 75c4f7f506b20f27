"""Loading a file on the Cohort page: read, say what was understood, keep for this session only."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from rrmm import formatting
from rrmm.cohort import Cohort, build_cohort
from rrmm.intake.issues import Issue, Refused
from rrmm.schema import VARIABLES
from rrmm.ui import guard, state
from rrmm.ui.notices import plain

TYPES = ["xlsx", "xlsm", "xls", "xlsb", "ods", "csv", "tsv", "txt", "sas7bdat", "xpt", "sav", "dta"]
TEMPLATE = state.ROOT / "sample_data" / "template.xlsx"

def loader() -> None:
    """File chooser, template, and the way back to the sample."""
    if not guard.may_load():
        return
    left, right = st.columns([3, 1], vertical_alignment="bottom")
    with left:
        file = st.file_uploader("Load your cohort (Excel, LibreOffice, CSV, SPSS, Stata, SAS)", type=TYPES, key="file",
                                help="The file is read in memory and forgotten when you close this tab. Nothing is stored.")
    with right:
        st.download_button("Empty template", TEMPLATE.read_bytes(), TEMPLATE.name, icon=":material/download:",
                           on_click="ignore", width="stretch",
                           help="An Excel sheet with every column rrmm knows, drop-down lists and a dictionary.")
        if state.is_own() and st.button("Back to the sample cohort", icon=":material/undo:", width="stretch"):
            state.forget()
            state.hold("seen", file.file_id if file else None)
            st.rerun()
    if file is not None and state.held("seen") != file.file_id:
        _take(file.name, file.getvalue())
        state.hold("seen", file.file_id)
        if state.held("refused") is None:
            st.rerun()
    if state.held("refused"):
        st.error(plain(state.held("refused")), icon=":material/error:")


def _take(name: str, data: bytes) -> None:
    """Read the file; on refusal the cohort before it stays."""
    from rrmm.intake import load

    state.hold("refused", None)
    try:
        with st.spinner("Reading the file"):
            state.keep(build_cohort(load(data, name)))
    except Refused as reason:
        state.hold("refused", str(reason))


def counts(cohort: Cohort) -> str:
    """How many findings of each kind, in words."""
    found = pd.Series([issue.severity for issue in cohort.issues], dtype=object).value_counts()
    parts = [f"{found.get(kind, 0)} {words}" for kind, words in
             (("error", "not understood"), ("warning", "to look at"), ("info", "for information")) if found.get(kind, 0)]
    return ", ".join(parts) or "nothing to report"


def what_was_read(cohort: Cohort) -> None:
    """Mapping, findings and what each page misses."""
    read = cohort.read
    st.subheader("What was read", anchor=False)
    place = f"sheet {plain(read['sheet'])}, " if read.get("sheet") else ""
    st.markdown(f"{plain(read.get('file', cohort.name))}: {place}{formatting.patients(cohort.n)}, "
                f"{len(cohort.mapping)} columns understood, {len(cohort.extras.columns)} kept as they are; "
                f"{counts(cohort)}.")
    findings, columns = st.tabs([f"Findings ({len(cohort.issues)})", f"Columns ({len(cohort.mapping)})"])
    with findings:
        _findings(cohort.issues)
    with columns:
        _columns(cohort)


def _findings(issues: tuple[Issue, ...]) -> None:
    if not issues:
        st.markdown("Every cell was understood, and nothing contradicts anything else.")
        return
    table = pd.DataFrame([issue.as_dict() for issue in issues])
    order = {"error": 0, "warning": 1, "info": 2}
    table = table.sort_values("severity", key=lambda each: each.map(order), kind="stable")
    table["severity"] = table["severity"].map({"error": "Not understood", "warning": "Please look", "info": "Note"})
    table["row"] = table["row"].map(lambda row: "" if pd.isna(row) else str(int(row)))
    table["sheet"] = table["sheet"].fillna("")
    st.dataframe(table[["severity", "sheet", "row", "column", "message"]], hide_index=True, height=_tall(table),
                 column_config={"severity": st.column_config.TextColumn("Kind", width="small"),
                                "sheet": st.column_config.TextColumn("Sheet", width="small"),
                                "row": st.column_config.TextColumn("Row", width="small"),
                                "column": st.column_config.TextColumn("Column", width="medium"),
                                "message": st.column_config.TextColumn("Finding", width="large")})


def _columns(cohort: Cohort) -> None:
    rows = [{"Column in the file": header, "Read as": VARIABLES[name].label, "Known": int(cohort.frame[name].notna().sum())}
            for name, header in cohort.mapping.items()]
    rows += [{"Column in the file": str(header), "Read as": "kept as it is, for grouping",
              "Known": int(cohort.extras[header].notna().sum())} for header in cohort.extras.columns]
    table = pd.DataFrame(rows, columns=["Column in the file", "Read as", "Known"])
    st.dataframe(table, hide_index=True, height=_tall(table),
                 column_config={"Known": st.column_config.NumberColumn(f"Known, of {cohort.n}")})


def _tall(table: pd.DataFrame) -> int:
    """Pixels that hold the rows, at most a dozen before it scrolls."""
    return 38 + 35 * min(max(len(table), 1), 12)
