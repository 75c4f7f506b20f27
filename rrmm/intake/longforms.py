"""Tables with several rows a patient that can be turned into one: ADaM time-to-event data, REDCap events."""

from __future__ import annotations

import re
from dataclasses import replace

from rrmm.intake.header_rows import unique_headers
from rrmm.intake.issues import Issue
from rrmm.intake.raw import RawTable

ENDPOINTS = {
    "PFS": "pfs",
    "PFSINV": "pfs",
    "PFSIRC": "pfs",
    "PFSI": "pfs",
    "TTPFS": "pfs",
    "OS": "os",
    "TTOS": "os",
    "OSURV": "os",
    "DOR": "dor",
    "DUR": "dor",
    "DURRESP": "dor",
    "DORINV": "dor",
    "DORIRC": "dor",
}
TIMES = {
    "TTR": "Time to response",
    "TTRESP": "Time to response",
    "TTFR": "Time to response",
    "TTBR": "Time to best response",
}
_NAMES = {"pfs": "PFS", "os": "OS", "dor": "DOR"}


def _bare(header: str) -> str:
    return header.split(" / ")[0].strip().upper()


def widen(table: RawTable) -> RawTable:
    """The table with one row a patient, if it is a known long form; else the table itself."""
    names = {_bare(header): header for header in table.headers}
    if {"PARAMCD", "AVAL", "CNSR"} <= set(names) and ({"USUBJID"} | {"SUBJID"}) & set(names):
        return _time_to_event(table, names)
    return table


def _time_to_event(table: RawTable, names: dict[str, str]) -> RawTable:
    """ADTTE: AVAL and CNSR of each endpoint in columns. CNSR 0 is an event, 1 and above are censored."""
    subject = table.column(names.get("USUBJID") or names["SUBJID"])
    codes = [str(value).strip().upper() if value is not None else "" for value in table.column(names["PARAMCD"])]
    place: dict[str, int] = {}
    first: list[int] = []
    for at, value in enumerate(subject):
        if value is not None and str(value) not in place:
            place[str(value)] = len(first)
            first.append(at)
    columns: dict[str, list[object]] = {}
    notes = list(table.notes)
    issue = lambda severity, row, column, rule, message: notes.append(Issue(severity, table.sheet, row, column, rule, message))
    done: dict[str, str] = {}
    for code in dict.fromkeys(codes):
        key = ENDPOINTS.get(code)
        label = _NAMES[key] if key else TIMES.get(code)
        if label is None:
            if code:
                issue(
                    "info",
                    None,
                    names["PARAMCD"],
                    "parameter_not_used",
                    f"The parameter {code} is no endpoint of this app and was not read.",
                )
            continue
        if label in done:
            issue(
                "warning",
                None,
                names["PARAMCD"],
                "parameter_twice",
                f"{code} and {done[label]} are both {label}; {done[label]} was taken.",
            )
            continue
        done[label] = code
        rows = [at for at, value in enumerate(codes) if value == code]
        unit = _unit(table, names, rows)
        times = columns.setdefault(f"{label} ({unit})", [None] * len(first))
        events = columns.setdefault(f"{label} event", [None] * len(first)) if key else []
        for at in rows:
            if subject[at] is None:
                issue(
                    "warning",
                    table.row_numbers[at],
                    names["PARAMCD"],
                    "no_subject",
                    "This row has no subject; not read.",
                )
                continue
            patient = place[str(subject[at])]
            if times[patient] is not None:
                issue(
                    "warning",
                    table.row_numbers[at],
                    names["PARAMCD"],
                    "parameter_repeated",
                    f"{code} is given more than once for this subject; the first one was taken.",
                )
                continue
            times[patient] = table.column(names["AVAL"])[at]
            if key:
                events[patient] = _event(table.column(names["CNSR"])[at])
    keep = _constant(table, subject, place, first)
    headers = [*keep, *columns]
    cells = [*(keep[header] for header in keep), *columns.values()]
    units = [table.units[table.headers.index(header)] for header in keep] + [""] * len(columns)
    issue(
        "info",
        None,
        names["CNSR"],
        "time_to_event_data",
        f"The file is a time-to-event data set (ADTTE): {len(table.columns[0])} "
        f"rows of {len(first)} subjects became one row each. CNSR 0 is an event, 1 and above is censored.",
    )
    return replace(
        table,
        headers=unique_headers(headers, 0),
        units=tuple(units),
        columns=tuple(cells),
        row_numbers=[table.row_numbers[at] for at in first],
        notes=tuple(notes),
        sheets=tuple(table.sheets[at] for at in first) if table.sheets else (),
    )


def _event(value: object) -> str | None:
    try:
        return None if value is None else "no" if float(str(value)) > 0 else "yes"
    except ValueError:
        return None


def _unit(table: RawTable, names: dict[str, str], rows: list[int]) -> str:
    """Unit of AVAL: from AVALU, the words of PARAM, or the dates of start and end."""
    for source in ("AVALU", "PARAM"):
        if source in names:
            text = " ".join({str(table.column(names[source])[at]).lower() for at in rows[:50]})
            found = re.search(r"(day|week|month|year)s?", text)
            if found:
                return found.group(1) + "s"
    return "days"


_PER_ROW = {
    "PARAM",
    "PARAMCD",
    "PARAMN",
    "AVAL",
    "AVALU",
    "AVALC",
    "CNSR",
    "ADT",
    "ADTM",
    "ADY",
    "EVNTDESC",
    "CNSDTDSC",
    "SRCDOM",
    "SRCVAR",
    "SRCSEQ",
    "PARCAT1",
    "PARCAT2",
    "ASEQ",
    "STUDYID",
}


def _constant(table: RawTable, subject: list[object], place: dict[str, int], first: list[int]) -> dict[str, list[object]]:
    """Columns that are about the patient: the same in all rows of each."""
    kept: dict[str, list[object]] = {}
    for header, cells in zip(table.headers, table.columns, strict=True):
        if _bare(header) in _PER_ROW:
            continue
        values = [cells[at] for at in first]
        if all(subject[at] is None or value == values[place[str(subject[at])]] for at, value in enumerate(cells)):
            kept[header] = values
    return kept
