"""What the reader of a file said of it, cell by cell, and what can be taken home: findings, conversions, copies."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from rrmm.cohort import Cohort
from rrmm.report.tables import safe_csv
from rrmm.ui.wizard import tall

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
KINDS = {"error": "Not understood", "warning": "Please look", "info": "Note"}


def counts(cohort: Cohort) -> dict[str, int]:
    """How many findings of each severity."""
    found = pd.Series([issue.severity for issue in cohort.issues], dtype=object).value_counts()
    return {kind: int(found.get(kind, 0)) for kind in KINDS}


def in_words(cohort: Cohort) -> str:
    """The same as a phrase."""
    words = {"error": "not understood", "warning": "to look at", "info": "for information"}
    parts = [f"{number} {words[kind]}" for kind, number in counts(cohort).items() if number]
    return ", ".join(parts) or "nothing to report"


def findings(cohort: Cohort) -> None:
    """The list, the gravest first, by kind."""
    from rrmm.report.annotated import findings_frame

    if not cohort.issues:
        st.markdown("Every cell was understood, and nothing contradicts anything else.")
        return
    number = counts(cohort)
    have = [kind for kind in KINDS if number[kind]]
    kinds = st.pills("Show", have, selection_mode="multi", default=have, key="finding_kinds_" + "_".join(have),
                     label_visibility="collapsed", format_func=lambda kind: f"{KINDS[kind]} ({number[kind]})")
    table = findings_frame(cohort)
    table = table[table["Kind"].isin([KINDS[kind] for kind in kinds])]
    if cohort.read.get("sheets") is not None and len(cohort.read["sheets"]) < 2:
        table = table.drop(columns="Sheet")
    st.dataframe(table, hide_index=True, height=tall(len(cohort.issues)), key="findings_table", placeholder="",
                 column_config={"Kind": st.column_config.TextColumn(width=105),
                                "Sheet": st.column_config.TextColumn(width=120),
                                "Row": st.column_config.NumberColumn(width=60, format="%d", help="As the file counts its rows"),
                                "Column": st.column_config.TextColumn(width=190),
                                "Finding": st.column_config.TextColumn(width=1000)})


def conversions(cohort: Cohort) -> None:
    """Every cell that was not taken as it stands: what it says, what it was read as, how often."""
    rows = cohort.read.get("conversions", [])
    if not rows:
        st.markdown("Every value was taken as it stands.")
        return
    table = pd.DataFrame(rows).rename(columns={"column": "Column", "source": "In the file", "read_as": "Read as",
                                               "count": "How often"})
    lost = int(table.loc[table["Read as"] == "missing", "How often"].sum())
    st.caption(f"{len(table)} different cells were not taken as they stand. {lost} cells gave no value: they say that "
               "there is none, or could not be read." if lost else
               f"{len(table)} different cells were not taken as they stand; each gave a value.")
    st.dataframe(table, hide_index=True, height=tall(len(table)), key="conversions_table",
                 column_config={"How often": st.column_config.NumberColumn(width="small")})


def take_home(cohort: Cohort) -> None:
    """The cleaned table, plain and annotated, and the findings. Made when they are asked for."""
    def plain_copy() -> bytes:
        from rrmm.report.cleaned import cohort_csv

        return cohort_csv(cohort)

    def annotated_copy() -> bytes:
        from rrmm.report.annotated import annotated

        return annotated(cohort)

    def findings_file() -> bytes:
        from rrmm.report.annotated import findings_frame

        return safe_csv(findings_frame(cohort))

    with st.container(horizontal=True, gap="small", key="take_home_data"):
        st.download_button("Cleaned table (CSV)", plain_copy, "cohort.csv", "text/csv", icon=":material/download:",
                           on_click="ignore", key="home_cohort",
                           help="One row a patient, every column rrmm knows. Holds patient data.")
        st.download_button("Annotated copy (Excel)", annotated_copy, "cohort-annotated.xlsx", XLSX, icon=":material/edit_note:",
                           on_click="ignore", key="home_annotated",
                           help="The cleaned table with its findings beside each patient, IDs replaced. Holds patient data.")
        st.download_button("Findings (CSV)", findings_file, "findings.csv", "text/csv", icon=":material/checklist:",
                           on_click="ignore", key="home_findings", disabled=not cohort.issues)
