"""One column read as one variable, without a look at the others."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from rrmm.intake import categories, durations, event_flags, flags, free_text, numbers, responses
from rrmm.intake.columns import Column, Reading, fold, is_missing_word, shown
from rrmm.schema import Variable

EVENTS = ("death", "progression", "pfs_event", "os_event", "dor_event")


def read_plain(variable: Variable, column: Column, choices: Mapping[str, Any]) -> Reading:
    """A column as this variable, without looking at other columns."""
    answers = dict(choices)
    if variable.name == "best_response":
        return responses.read_response(column, answers)
    if variable.kind == "category":
        return categories.read_category(column, variable.name, variable.levels, answers)
    if variable.kind == "grade":
        return categories.read_grade(column)
    if variable.name in durations.TIMES:
        return durations.read_duration(column, variable, answers)
    if variable.kind == "number":
        return numbers.read_number(column, variable, answers)
    if variable.kind == "date":
        return event_flags.read_event_date(
            column, variable.name, answers, datemode_1904=False, today=dt.date.today()
        )
    if variable.name in EVENTS:
        return event_flags.read_event(column, variable.name, answers, None, dt.date.today())
    if variable.kind == "flag":
        return _flag(variable, column, answers)
    return _text(variable, column)


def _flag(variable: Variable, column: Column, choices: dict[str, Any]) -> Reading:
    """A flag; in the column of one drug its names mean yes, in a column on refractoriness "refractory" does."""
    yes: set[str] = set()
    no: set[str] = set()
    if variable.name == "responder":
        yes |= {"responder", "response", "r", "or", "ansprechen"}
        no |= {"non-responder", "nonresponder", "non responder", "no response", "nr", "kein ansprechen"}
    elif variable.name.endswith("refractory"):
        yes |= {"refractory", "refraktaer", "refractaire", "refractario", "oporny", "triple", "penta"}
        no |= {"not refractory", "nicht refraktaer", "sensitive", "sensibel", "exposed", "exponiert"} - {
            "exposed",
            "exponiert",
        }
    elif variable.name == "high_risk_cyto":
        yes |= {
            "high",
            "hoch",
            "high risk",
            "high-risk",
            "hochrisiko",
            "hr",
            "haut risque",
            "alto riesgo",
            "wysokie",
        }
        no |= {
            "standard",
            "standard risk",
            "standard-risk",
            "standardrisiko",
            "sr",
            "normal",
            "low",
            "niedrig",
            "risque standard",
            "riesgo estandar",
            "standardowe",
        }
    for cell in column.uniques:
        word = fold(cell) if isinstance(cell, str) else ""
        if word and variable.name in free_text.DRUGS:
            status = free_text.drug_status(word, variable.name)
            if status is not None:
                (yes if status else no).add(word)
        elif (
            word and variable.name in free_text.ABERRATIONS and word not in yes and not is_missing_word(word)
        ):
            status = free_text._statuses(word, free_text._ABERRATION).get(variable.name)
            if status is not None:
                (yes if status else no).add(word)
            elif word in ("normal", "unauffaellig"):
                no.add(word)
    return flags.read_flag(column, choices, frozenset(yes), frozenset(no))


def _text(variable: Variable, column: Column) -> Reading:
    """Ids and texts as they stand; codes for missing are missing, numbers lose an empty decimal place."""
    reading = Reading([None] * len(column.uniques))
    for at, cell in enumerate(column.uniques):
        if (
            isinstance(cell, str)
            and is_missing_word(fold(cell))
            and fold(cell) not in ("nb", "ka", "nn", "na", "nd", "nk", "bd")
        ):
            reading.missing(at)
        elif isinstance(cell, float) and cell.is_integer():
            reading.values[at] = str(int(cell))
        else:
            label = column.legend.get(str(cell)) if variable.kind == "text" else None
            reading.values[at] = label or (str(cell) if not isinstance(cell, dt.date) else shown(cell))
    return reading
