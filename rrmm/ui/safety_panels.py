"""The parts of the Safety page: Table 4, CRS and ICANS by grade, infections over time, treatment, who is
behind."""

from __future__ import annotations

import streamlit as st

from rrmm.analyses.safety import Safety, patients_behind
from rrmm.charts import grade_stack, safety_bars
from rrmm.charts import incidence as incidence_chart
from rrmm.cohort import Cohort
from rrmm.picks import Picks
from rrmm.report import tables
from rrmm.ui import charts, notices
from rrmm.ui.tables import chosen_row, height_of, shown

CURVES = 470
NEEDS = (
    "grades of infection, CRS, ICANS, neutropenia, anaemia or thrombopenia (one column each), or a "
    "sheet of adverse "
    "events with patient, event, grade and date of onset"
)


def table(found: Safety, cohort: Cohort, picks: Picks) -> None:
    """Table 4; a chosen row opens the patients behind it."""
    st.subheader("Adverse events", anchor=False)
    place = chosen_row(tables.safety_frame(found), "adverse_events")
    notes = [
        "Percentages are of patients in whom it is known. Infections and cytopenias by CTCAE, CRS "
        "and ICANS by ASTCT."
    ]
    if found.long_sheet:
        notes.append(
            "Events come from a sheet with one row an event: who has no row there is counted as "
            "without the event."
        )
    if found.unknown_group:
        notes.append(f"The group is unknown in {found.unknown_group}.")
    st.caption(notices.plain(" ".join(notes)))
    if place is None:
        st.caption(":material/touch_app: Choose a row to see the patients behind it.")
        return
    row = found.rows[place]
    behind = tables.behind_frame(patients_behind(cohort, picks, row.key))
    st.markdown(f"**{notices.plain(row.label)}: {len(behind)} patients**")
    st.dataframe(behind, hide_index=True, height=min(height_of(behind), 320), key="behind")
    st.caption("Numbered within this list. Day 0 is the first full dose; step-up dosing lies before it.")


def bars(found: Safety) -> None:
    """Any grade and grade 3 or higher, drawn."""
    st.subheader("Any grade, and grade 3 or higher", anchor=False)
    height = safety_bars.height_for(found)
    charts.draw(
        "safety_bars",
        safety_bars.safety_data(found),
        safety_bars.safety_spec(charts.tone(), len(found.columns) > 1, height),
        "Adverse events of any grade and of grade 3 or higher; the table beside has the numbers.",
    )
    if len(found.rows) > safety_bars.MOST:
        st.caption(f"The first {safety_bars.MOST} of {len(found.rows)} events; the table has all of them.")


def by_grade(found: Safety) -> None:
    """CRS and ICANS by worst grade with their onset."""
    st.subheader("CRS and ICANS by grade", anchor=False)
    rows = grade_stack.events(found)
    if not rows:
        notices.needs("CRS and ICANS", "their highest grade (0 for none)")
        return
    height = grade_stack.height_for(found)
    charts.draw(
        "grades",
        grade_stack.grade_data(found, charts.tone()),
        grade_stack.grade_spec(charts.tone(), height),
        "CRS and ICANS by worst grade as stacked bars, with their onset.",
    )
    graded = [
        f"{row.label} " + ", ".join(f"grade {at} in {n}" for at, n in enumerate(row.grades[0]) if at and n)
        for row in rows
        if any(row.grades[0][1:])
    ]
    undated = [f"{row.label} {row.undated[0]} of {row.any_grade[0].x}" for row in rows if row.undated[0]]
    st.caption(
        notices.plain(
            (f"{'; '.join(graded)}. " if graded else "")
            + "Onset: median day (range), day 0 is the first full dose."
            + (f" Not dated: {', '.join(undated)}." if undated else "")
        )
    )


def infections(found: Safety, footer: str) -> None:
    """Cumulative incidence of the first infection, death competing."""
    st.subheader("Infections over time", anchor=False)
    if found.infections is None:
        notices.needs(
            "Infections over time",
            "the grade of infection and the date of its onset, start of treatment, last contact and death",
        )
        return
    data = incidence_chart.incidence_data(
        found.infections,
        "Cumulative incidence of infection (any grade)",
        footer,
        ("had an infection", "died without one"),
        CURVES,
    )
    charts.draw(
        "infections",
        data,
        incidence_chart.incidence_spec(charts.tone(), len(found.infections.groups), CURVES),
        "Cumulative incidence of the first infection, with death competing.",
    )
    left_out = "; ".join(f"{reason}: {n}" for reason, n in found.infections.excluded.items())
    st.caption(
        notices.plain(
            "First infection; death without one competes (Aalen-Johansen, log-log interval)."
            + (f" Left out: {left_out}." if left_out else "")
        )
    )


def care(found: Safety) -> None:
    """What was given, interruptions, hospital stay."""
    st.subheader("Treatment, support and interruptions", anchor=False)
    frame = tables.care_frame(found)
    if not len(frame):
        notices.needs(
            "Treatment and support",
            "tocilizumab, dexamethasone, intensive care, G-CSF, TPO agonists, "
            "immunoglobulins, hospital stay or treatment interruptions",
        )
        return
    shown(frame, "treatment", first=200)
    st.caption("Hospital stay: median (range). Percentages are of patients in whom it is known.")
