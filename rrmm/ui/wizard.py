"""How an upload is understood, drawn so that its reader can change it: decisions, columns, and where the table was found.

In front of it: a clinician whose file was just read. They want to know: was it understood, what must I decide, what is
lost? Nothing is decided for them that the file does not say.
"""

from __future__ import annotations

import re
import zlib
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import count
from typing import Any

import pandas as pd
import streamlit as st

from rrmm.cohort import Cohort
from rrmm.endpoints import ENDPOINTS
from rrmm.intake.columns import Question, short
from rrmm.intake.issues import Refused
from rrmm.intake.saved_mapping import Saved, apply_saved, from_json, to_json
from rrmm.schema import VARIABLES
from rrmm.subgroups import SUBGROUPS, has_data
from rrmm.ui import reading, state
from rrmm.ui.notices import plain
from rrmm.ui.reading import Upload

ROW, MOST_ROWS = 35, 12
NONE = ""
"""Answer to a conflict: none of the columns."""
_serial = count(1)


def serial() -> int:
    """A number no widget's key has had: an answer to one file must never answer for the next."""
    return next(_serial)


def current() -> Upload | None:
    """The upload of this session, as long as its reading can be changed."""
    found: Upload | None = state.held("upload")
    return found


def change(upload: Upload, said: str = "") -> None:
    """Read the file with other decisions, and draw the page again. Where that fails, everything stays as it was."""
    before = current()
    state.hold("refused", None)
    try:
        with st.spinner("Reading the file again"):
            made, cohort = reading.read(upload, _remembered())
        _keep(made, cohort)
    except Refused as reason:
        state.hold("refused", str(reason))
        if before is not None:
            state.hold("upload", before.but(version=serial()))
    if said:
        st.toast(plain(said))
    st.rerun()


def start(upload: Upload) -> None:
    """Read a new file; raises Refused, and then the cohort before it stays."""
    made, cohort = reading.read(upload, _remembered())
    _keep(made, cohort)


def _keep(upload: Upload, cohort: Cohort | None) -> None:
    state.hold("upload", upload)
    if cohort is None:
        return
    state.keep(cohort)
    if upload.mapping is not None and upload.table is not None:
        latest = Saved(dict(upload.mapping), upload.table.headers)
        state.hold("mappings", [*(each for each in _remembered() if set(each.headers) != set(latest.headers)), latest])


def _remembered() -> list[Saved]:
    """Mappings chosen in this session; headers only."""
    found: list[Saved] = state.held("mappings", [])
    return found


# ---------------------------------------------------------------- what must be decided


def decisions(upload: Upload) -> None:
    """Questions the file leaves open, before any number is looked at. Answered ones stay until all are."""
    if not upload.open_questions and not upload.open_conflicts:
        return
    left = len(_groups(upload, upload.open_questions)) + len(upload.open_conflicts)
    with st.container(border=True, key="decisions"):
        st.markdown(f":material/help: **{left} {'thing' if left == 1 else 'things'} to decide.** The file does not say it "
                    "clearly enough; until you do, these values are missing.")
        ask(upload, [each for each in upload.conflicts if not each.chosen])


def ask(upload: Upload, conflicts: Iterable[Any]) -> None:
    """The questions as radio buttons, none chosen beforehand, each with what the cells say."""
    for each in conflicts:
        _conflict(upload, each)
    for group in _groups(upload, upload.asked.values()):
        _question(upload, group)


def decided(upload: Upload, cohort: Cohort) -> None:
    """What the user or the evidence has decided, to be changed; what is still open stands at the top of the page."""
    evident = [] if upload.open_questions or upload.open_conflicts else reading.evident(upload, cohort.issues)
    if upload.open_questions or upload.open_conflicts or not (upload.asked or upload.conflicts or evident):
        return
    st.markdown("**Decided by you, or from what the file says**")
    ask(upload, upload.conflicts)
    for question, taken in evident:
        _question(upload, [question], taken)


def _conflict(upload: Upload, conflict: Any) -> None:
    label = VARIABLES[conflict.canonical].label
    options = [*conflict.headers, NONE]
    chosen = upload.settled.get(conflict.canonical, upload.found.get(conflict.canonical))
    cells = {header: reading.examples(upload, header) for header in conflict.headers}
    value = st.radio(f"**{plain(label)}**: which column?", options, key=_key(upload, conflict.canonical),
                     index=options.index(chosen) if chosen in options else None,
                     format_func=lambda header: f"“{plain(header)}”" if header else "None of them",
                     captions=[plain(cells.get(header, "")) for header in options])
    if value is not None and value != chosen:
        change(reading.settle(upload, conflict.canonical, value))


def _groups(upload: Upload, questions: Iterable[Question]) -> list[list[Question]]:
    """Questions; those on the order of day and month with the same answer are one, as a file is written in one way."""
    groups: dict[str, list[Question]] = {}
    for each in questions:
        alike = each.key.startswith("date_order:")
        groups.setdefault(f"dates {upload.choices.get(each.key)}" if alike else each.key, []).append(each)
    return list(groups.values())


def _question(upload: Upload, group: Sequence[Question], taken: str | None = None) -> None:
    """taken: the option that the evidence speaks for."""
    first = group[0]
    given = {upload.choices.get(each.key, taken) for each in group}
    chosen = given.pop() if len(given) == 1 else None
    options = list(first.options)
    headers = ", ".join(f"“{plain(each.header)}”" for each in group)
    value = st.radio(f"**{headers}**: {plain(first.text)}  \n:small[In the file: {plain(_cells(upload, first))}]", options,
                     key=_key(upload, first.key), horizontal=True, index=options.index(chosen) if chosen in options else None,
                     format_func=lambda option: plain(first.options[option]))
    if value is not None and value != chosen:
        change(reading.answer(upload, group, value))


def _cells(upload: Upload, question: Question) -> str:
    """The commonest cells of the column, with how often, and how many of them stand beside a date of the event."""
    assert upload.table is not None
    cells = upload.table.column(question.header)
    dates = _event_dates(upload, question) if question.key.startswith("codes:") else None
    counts = Counter(short(cell, 24) for cell in cells if cell is not None)
    parts = []
    ranked = counts.most_common()
    if question.key.startswith("date_order:"):
        # "04/04/2024" is the same day in either order: it says nothing.
        ranked.sort(key=lambda pair: len(set(re.findall(r"\d+", pair[0])[:2])) < 2)
    for text, times in ranked[:4]:
        beside = ""
        if dates is not None:
            with_date = sum(date is not None for cell, date in zip(cells, dates, strict=True)
                            if cell is not None and short(cell, 24) == text)
            beside = f", {with_date} with a date of the event"
        parts.append(f"{text} ({times} ×{beside})" if len(counts) < len(cells) / 2 else text)
    blank = sum(cell is None for cell in cells)
    return "; ".join(parts) + ("; …" if len(counts) > 4 else "") + (f"; blank ({blank} ×)" if blank else "")


def _event_dates(upload: Upload, question: Question) -> list[object] | None:
    names = [name for name, header in upload.found.items() if header == question.header]
    source = {"death": "death_date", "os_event": "death_date", "progression": "progression_date"}.get(names[0] if names else "")
    header = upload.found.get(source or "")
    return upload.table.column(header) if header and upload.table and header != question.header else None


def _key(upload: Upload, name: str) -> str:
    return f"ask_{upload.version}_{zlib.crc32(name.encode('utf-8', 'replace')):x}"


# ---------------------------------------------------------------- columns


FILTERS = ("All", "To check", "Not used")


def columns(upload: Upload, cohort: Cohort | None) -> None:
    """Every column of the file with what it is read as; a drop-down changes it, and the file is read again."""
    assert upload.table is not None
    check = reading.to_check(upload, cohort.issues if cohort else ())
    unused = {header for header in upload.table.headers if header not in set(upload.found.values())}
    kept = {"All": set(upload.table.headers), "To check": check & set(upload.table.headers), "Not used": unused}
    with st.container(horizontal=True, vertical_alignment="center"):
        show = st.segmented_control("Columns", FILTERS, default="All", required=True, key="columns_shown",
                                    label_visibility="collapsed", format_func=lambda name: f"{name} ({len(kept[name])})")
        _mapping_menu(upload)
    if upload.from_saved:
        st.caption(":material/history: The columns are read as in the mapping saved for these headers.")
    headers = [header for header in upload.table.headers if header in kept[show]]
    if headers:
        _editor(upload, cohort, headers, show)
    else:
        st.markdown("No such column.")
    dropped = cohort.read.get("dropped", ()) if cohort else ()
    if dropped:
        st.caption(f":material/shield_person: Left out as personal data, before anything was shown: "
                   f"{', '.join(map(plain, dropped))}.")


def _editor(upload: Upload, cohort: Cohort | None, headers: Sequence[str], show: str) -> None:
    table = pd.DataFrame([_row(upload, cohort, header) for header in headers])
    several = any(reading.read_as(upload, header) == reading.SEVERAL for header in headers)
    options = [reading.KEEP, reading.LEAVE_OUT, *([reading.SEVERAL] if several else []), *reading.LABELS]
    total = cohort.n if cohort else upload.table.n if upload.table else 0
    key = f"columns_{upload.version}_{FILTERS.index(show)}"
    edited = st.data_editor(
        table, hide_index=True, height=tall(len(table)), key=key, placeholder="",
        disabled=[name for name in table.columns if name != "Read as"],
        column_config={
            "Column in the file": st.column_config.TextColumn(width=220, pinned=True),
            "Examples": st.column_config.TextColumn(width=220),
            "Read as": st.column_config.SelectboxColumn("Read as ▾", options=options, required=True, width=190,
                                                        help="Click twice to change. The file is read again at once."),
            "Known": st.column_config.NumberColumn(f"Known of {total}", width=105, format="%d"),
            "Fit": st.column_config.NumberColumn(width=50, format="%.0f", help="How well header and values fit, 0 to 100."),
            "Why": st.column_config.TextColumn(width="large")})
    made, said = upload, ""
    for header, before, after in zip(headers, table["Read as"], edited["Read as"], strict=True):
        if after != before:
            made, word = reading.assign(made, header, after)
            said = word or said
    if (edited["Read as"] != table["Read as"]).any():
        # Streamlit lays a cell's edit over whatever the table says later: where the two differ now, begin afresh.
        shown = state.get(key, {}).get("edited_rows", {})
        stale = any(reading.read_as(made.but(found=made.mapping or made.found), headers[int(at)]) != cells.get("Read as")
                    for at, cells in shown.items() if int(at) < len(headers))
        made = made.but(version=serial()) if stale else made
        change(made, said)


def _row(upload: Upload, cohort: Cohort | None, header: str) -> dict[str, Any]:
    fit, why = reading.evidence(upload, header)
    return {"Column in the file": header, "Read as": reading.read_as(upload, header),
            "Examples": reading.examples(upload, header), "Known": _known(upload, cohort, header), "Fit": fit, "Why": why}


def _known(upload: Upload, cohort: Cohort | None, header: str) -> float | None:
    if cohort is None:
        return None
    names = [name for name, source in upload.found.items() if source == header]
    if names:
        return max(int(cohort.frame[name].notna().sum()) for name in names)
    return int(cohort.extras[header].notna().sum()) if header in cohort.extras else None


def _mapping_menu(upload: Upload) -> None:
    """Save the mapping, take an earlier one, or go back to what was proposed."""
    assert upload.table is not None
    with st.popover("Mapping", icon=":material/swap_horiz:"):
        st.caption("Which column is read as what, as a small file: headers only, no values. It is applied by itself to "
                   "the next file with the same headers in this session.")
        st.download_button("Save the mapping", to_json(dict(upload.found), upload.table.headers).encode(), "rrmm-mapping.json",
                           "application/json", icon=":material/save:", on_click="ignore", width="stretch",
                           key="save_mapping", disabled=not upload.found)
        file = st.file_uploader("Apply a saved mapping", type=["json"], key=f"mapping_file_{upload.version}")
        if file is not None:
            _apply(upload, file.getvalue())
        if st.button("Back to the proposed mapping", icon=":material/undo:", width="stretch", key="proposed_mapping",
                     disabled=upload.mapping is None):
            _forget_mapping(upload)
            change(upload.but(mapping=None, settled={}, left_out=frozenset(), from_saved=False, version=serial()))


def _apply(upload: Upload, data: bytes) -> None:
    assert upload.table is not None
    try:
        saved = from_json(data)
    except ValueError as problem:
        st.error(plain(problem))
        return
    fitting = apply_saved(saved, upload.table.headers)
    if not fitting:
        st.error("None of the columns of this mapping is in the file.")
        return
    absent = [header for name, header in saved.mapping.items() if name not in fitting]
    said = f"The file has no column {', '.join(f'“{header}”' for header in absent[:5])}." if absent else "Mapping applied."
    change(upload.but(mapping=fitting, settled={}, from_saved=True, version=serial()), said)


def _forget_mapping(upload: Upload) -> None:
    assert upload.table is not None
    here = set(upload.table.headers)
    state.hold("mappings", [each for each in _remembered() if set(each.headers) != here])


# ---------------------------------------------------------------- what is missing


def missing(cohort: Cohort) -> list[tuple[str, str, str]]:
    """Parts of the pages that this cohort can't fill: page, part, and what it would need."""
    from rrmm.ui import response_panels, safety_panels

    rows = [("Explore", each.long_label, each.needs) for each in ENDPOINTS.values()
            if not (cohort.has(each.time) and cohort.has(each.event))]
    if not (cohort.has("best_response") or cohort.has("responder")):
        rows.append(("Response", "Response", response_panels.NEEDS))
    if not cohort.has("ttr_days"):
        rows.append(("Response", "Time to response", "start of treatment and date of first response"))
    grades = [name for name, variable in VARIABLES.items() if variable.kind == "grade"]
    if cohort.adverse_events is None and not any(cohort.has(name) for name in grades):
        rows.append(("Safety", "Adverse events", safety_panels.NEEDS))
    if not any(cohort.has(name) for name in ("ecog", "hemoglobin", "platelets", "neutrophils", "creatinine_clearance")):
        rows.append(("Baseline", "Criteria of MajesTEC-1",
                     "ECOG, haemoglobin, platelets, neutrophils or creatinine clearance at start"))
    absent = [entry.label for key, entry in SUBGROUPS.items() if not has_data(cohort, key)]
    if absent:
        rows.append(("Explore", "Comparing by other features", "columns for " + ", ".join(absent)))
    return rows


def what_is_missing(cohort: Cohort) -> None:
    """The same as a list, or that nothing is."""
    rows = missing(cohort)
    if not rows:
        st.markdown("Every page has what it needs.")
        return
    lines = [f"- {plain(part)} ({page}) needs {plain(words)}." for page, part, words in rows]
    st.markdown("**What is missing, and where it shows**\n" + "\n".join(lines))


# ---------------------------------------------------------------- where the table was found


USES = {"patients": "patients", "adverse events": "adverse events", "joined": "joined by patient ID",
        "legend": "legend, not read", "empty": "empty", "not used": "not used"}
AS_FOUND = "As found"


def found_where(upload: Upload, cohort: Cohort | None) -> None:
    """Sheet, header row, orientation, and what was left out; each can be overruled."""
    read = cohort.read if cohort else {}
    sheets = read.get("sheets", [])
    if cohort is not None:
        decided(upload, cohort)
    if len(sheets) > 1:
        rows = pd.DataFrame([{"Sheet": each["sheet"], "Used as": USES.get(each["use"], each["use"]), "Rows": each["rows"],
                              "Header row": each["header_row"]} for each in sheets])
        st.dataframe(rows, hide_index=True, height=tall(len(rows)), key="sheets_read")
    with st.form(f"found_{upload.version}", border=False):
        made = _form(upload, read)
        if st.form_submit_button("Read again", icon=":material/refresh:"):
            change(made())


def _form(upload: Upload, read: Any) -> Any:
    left, middle, right = st.columns(3)
    names = [AS_FOUND, *upload.sheets]
    wanted = upload.choices.get("sheet")
    sheet = left.selectbox("Sheet with the patients", names, index=names.index(wanted) if wanted in names else 0,
                           disabled=len(upload.sheets) < 2) if upload.sheets else AS_FOUND
    row = middle.number_input("Header row (the last, as the file counts)", 0, 1_000_000,
                              int(upload.choices.get("header_row") or read.get("header_row") or 0))
    turned = right.checkbox("Patients stand in columns, not in rows", bool(read.get("transposed", False)))
    ids = left.radio("Patient IDs", ("", "replace", "keep"), horizontal=True,
                     index=("", "replace", "keep").index(upload.choices.get("ids", "")),
                     format_func=lambda each: {"": "Replaced if they could identify", "replace": "Replace", "keep": "Keep"}[each])
    dropped = [*read.get("dropped", ()), *upload.choices.get("keep", ())]
    keep = middle.multiselect("Not personal: read these columns after all", dropped, list(upload.choices.get("keep", ())),
                              placeholder="None", help="They were taken for names, birth dates, addresses or numbers of people. "
                              "Only choose a column if nobody can be recognised by it.") if dropped else []
    companion = right.file_uploader("REDCap data dictionary (CSV or Excel)", type=["csv", "xlsx"])

    def made() -> Upload:
        changes: dict[str, Any] = {"sheet": None if sheet == AS_FOUND else sheet, "ids": ids or None, "keep": tuple(keep) or None}
        main = read.get("sheet") or (upload.table.sheet if upload.table else "")
        seen = int(upload.choices.get("header_row") or read.get("header_row") or 0)
        if row and (int(row) != seen or "header_row" in upload.choices):
            changes["header_row"] = int(row)
        if turned != bool(read.get("transposed", False)):
            changes |= {"transposed": turned, "header_row": None}
        if ("header_row" in changes or "transposed" in changes) and sheet == AS_FOUND and len(upload.sheets) > 1:
            # Only a chosen sheet is read otherwise than found; those stacked on it stay.
            changes |= {"sheet": main, "stack": sum(each["use"] == "patients" for each in read.get("sheets", ())) > 1 or None}
        again = reading.anew(upload, **changes)
        given = upload.companion if companion is None else companion.getvalue()
        return again.but(companion=given, version=serial())

    return made


def tall(rows: int) -> int:
    """Pixels that hold the rows, at most a dozen before it scrolls."""
    return ROW * (min(max(rows, 1), MOST_ROWS) + 1) + 3
