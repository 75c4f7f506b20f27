"""Lengths of time in days, weeks, months or years; the unit is never guessed silently."""

from __future__ import annotations

from typing import Any

from rrmm import DAYS_PER_MONTH
from rrmm.intake.columns import Column, Note, Question, Reading, Remark
from rrmm.intake.headers import DURATION_UNITS, unit_of, without_unit
from rrmm.intake.numbers import Amount, _is_missing_number, _written, settle
from rrmm.schema import Variable

DAYS_PER = {"days": 1.0, "weeks": 7.0, "months": DAYS_PER_MONTH, "years": 365.25}
"""Days in one unit of time."""

TIMES = frozenset(
    (
        "years_since_dx",
        "car_t_interval_months",
        "pfs_days",
        "os_days",
        "dor_days",
        "ttr_days",
        "ttbr_days",
        "hospital_days",
        "interruption_days",
        "age",
    )
)
"""Variables that are lengths of time."""
UNIT_BY_CUSTOM = {
    "years_since_dx": "years",
    "age": "years",
    "hospital_days": "days",
    "interruption_days": "days",
}
"""Units that go without saying."""
ENDPOINT_TIMES = frozenset(("pfs_days", "os_days", "dor_days"))


def read_duration(column: Column, variable: Variable, choices: dict[str, Any], evidence: str = "") -> Reading:
    """Lengths of time, in the unit of the schema; 1 month is 30.4375 days, 1 year 365.25.

    The unit comes from the cell, else from the header or the row of units, else from ``evidence`` (a unit that fits
    the dates), else from the numbers where only one unit is possible, else it is asked and the values are missing.
    """
    reading = Reading([None] * len(column.uniques))
    amounts = _written(column, reading, f"a length of time in {variable.unit}")
    bare = [
        found
        for found in amounts
        if found is not None and not found.unit and not _is_missing_number(found, variable, 1.0)
    ]
    unit, words = _time_unit(column, variable, choices, evidence, bare)
    if words:
        reading.remarks.append(Remark("warning", "duration_unit_decided", words))
    if not unit and bare:
        key = f"duration_unit:{column.header}"
        reading.questions.append(
            Question(
                key,
                column.header,
                f"In which unit is {variable.label} given?",
                {name: name for name in DURATION_UNITS},
            )
        )
        reading.remarks.append(
            Remark(
                "error",
                "duration_unit_ambiguous",
                "The unit is neither in the header nor clear from the numbers: choose days, weeks, "
                "months or years. Until then the values are missing.",
            )
        )
    for at, found in enumerate(amounts):
        if found is None:
            continue
        own = _cell_unit(found.unit)
        if found.unit and not own:
            reading.fail(at, f"a length of time in {unit or variable.unit}")
            continue
        if not own and not unit:
            reading.values[at] = None
            reading.notes[at] = reading.notes.get(at) or Note("failed")
            continue
        factor = DAYS_PER[own or unit] / DAYS_PER[variable.unit]
        if _is_missing_number(found, variable, factor):
            reading.missing(at)
            continue
        value, said = settle(found)
        if variable.name in ENDPOINT_TIMES and not own and _too_long(value, unit):
            reading.fail(
                at,
                f"a time in {unit}; {value:g} {unit} are too long for {variable.label}, perhaps it is in days",
                "units_mixed",
            )
            continue
        # What is in the unit of the schema stays as it is, to the last digit.
        value = value if factor == 1.0 else value * DAYS_PER[own or unit] / DAYS_PER[variable.unit]
        reading.values[at] = value
        if said:
            reading.warn(at, value, "imprecise_number", said)
        elif own and unit and own != unit:
            reading.warn(at, value, "units_mixed", f"in {own}, while the column is in {unit}; converted")
    own_units = {_cell_unit(found.unit) for found in amounts if found is not None and found.unit} - {""}
    if len(own_units) > 1:
        reading.remarks.append(
            Remark(
                "warning",
                "units_mixed",
                "The cells are in different units ("
                + ", ".join(sorted(own_units))
                + "); each was converted by its own.",
            )
        )
    return reading


def _cell_unit(text: str) -> str:
    unit = unit_of(text.strip(". "))
    return unit if unit in DAYS_PER else ""


def _too_long(value: float, unit: str) -> bool:
    return (
        (unit == "months" and value > 150)
        or (unit == "years" and value > 30)
        or (unit == "weeks" and value > 800)
    )


def _time_unit(
    column: Column, variable: Variable, choices: dict[str, Any], evidence: str, bare: list[Amount]
) -> tuple[str, str]:
    """Unit of the numbers without one, and the words for it where it had to be worked out."""
    answer = choices.get(f"duration_unit:{column.header}")
    if answer in DAYS_PER:
        return str(answer), ""
    said = unit_of(column.unit) if column.unit else ""
    said = said if said in DAYS_PER else without_unit(column.header)[1]
    if said in DAYS_PER:
        return said, ""
    if column.header.strip().lower() == variable.name:
        return variable.unit, ""
    if variable.name in UNIT_BY_CUSTOM:
        return UNIT_BY_CUSTOM[variable.name], ""
    if evidence:
        return evidence, f"The header gives no unit; the numbers fit the dates when read as {evidence}."
    values = [found.value for found in bare]
    if values and variable.name in ENDPOINT_TIMES:
        whole = all(value.is_integer() for value in values)
        if whole and max(values) > 250:
            return "days", "The header gives no unit; whole numbers this large were read as days."
        if not whole and 20 < max(values) <= 150:
            return (
                "months",
                "The header gives no unit; numbers with decimals in this range were read as months.",
            )
    return "", ""
