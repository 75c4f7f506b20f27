"""Numbers as people write them: decimal commas, bounds and ranges, units in the cell or in the header, percentages."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from typing import Any

from rrmm.intake.columns import (
    ERROR_CELLS,
    MISSING_NUMBERS,
    Column,
    Question,
    Reading,
    Remark,
    fold,
    is_missing_word,
)
from rrmm.intake.headers import unit_of, without_unit, words_of
from rrmm.schema import Variable

LAB_FACTORS = {
    # beta-2 microglobulin: 11.8 kDa, so 1 mg/l is 84.7 nmol/l.
    "b2m": {"nmol/l": 0.0118},
    "albumin": {"g/l": 0.1},
    "hemoglobin": {"g/l": 0.1, "mmol/l": 1.6114},
    "ldh": {"ukat/l": 60.0},
    "platelets": {"/ul": 0.001, "g/l": 1.0},
    "neutrophils": {"/ul": 0.001, "g/l": 1.0},
    "creatinine_clearance": {"ml/s": 60.0},
}
"""Factor from a unit to the unit of the schema."""

GIVEN_AWAY = {
    # Values that are impossible in our unit and usual in the other: (unit, from, to) in the cell's own number.
    "b2m": ("nmol/l", 100.0, 5000.0),
    "albumin": ("g/l", 12.0, 70.0),
    "hemoglobin": ("g/l", 30.0, 200.0),
    "platelets": ("/ul", 2000.0, 1_500_000.0),
    "neutrophils": ("/ul", 100.0, 60_000.0),
}
"""Units that a value itself gives away."""

LONGEST = 80
"""Characters of a cell that is read as a number; longer ones are none."""
_NUMBER = r"[+-]?(?:\d{1,3}(?:[ ']\d{3})+|\d[\d.,]*)(?:[.,]\d+)?(?:e[+-]?\d+)?|[+-]?[.,]\d+"
_CELL = re.compile(
    rf"^(?:(?P<about>ca|circa|approx|etwa|about|env|environ|aprox|~|≈)\.?\s*)?"
    rf"(?P<bound>>=|<=|=>|=<|≥|≤|>|<|=|ueber|unter|mindestens|min|max|mehr als|more than|less than|"
    rf"weniger als|at least|at most|over|under|bis zu|up to|below|above)?\s*(?P<number>{_NUMBER})"
    rf"(?P<percent>\s*%)?(?:(?:\s*-\s*|\s*(?:to|bis|\.\.)\s*|\s+a\s+)(?P<second>{_NUMBER}))?\s*(?P<plus>\+)?\s*"
    rf"(?P<unit>[^\d\s][^;()]*|10[\^e*]\d+/\w+)?$"
)
_BOUNDS = {
    "=>": ">=",
    "=<": "<=",
    "≥": ">=",
    "≤": "<=",
    "ueber": ">",
    "mehr als": ">",
    "more than": ">",
    "over": ">",
    "above": ">",
    "unter": "<",
    "less than": "<",
    "weniger als": "<",
    "under": "<",
    "below": "<",
    "mindestens": ">=",
    "min": ">=",
    "at least": ">=",
    "max": "<=",
    "at most": "<=",
    "bis zu": "<=",
    "up to": "<=",
    "=": "",
}


@dataclass(frozen=True, slots=True)
class Amount:
    """A number as written. bound: "", ">", ">=", "<", "<="; second: end of a range; unit: as in the cell, or ""."""

    value: float
    bound: str = ""
    second: float | None = None
    unit: str = ""
    about: bool = False
    aside: bool = False
    thousands: bool = False


def plain_number(text: str, comma_decimal: bool | None = None) -> tuple[float, bool] | None:
    """A written number, and whether its one separator before three digits could also mean thousands.

    comma_decimal: True when the column shows decimal commas (a dot then parts thousands), None when unknown.
    """
    text = text.strip().replace(" ", "").replace("'", "")
    if not text or text[-1] in ".,":
        text = text[:-1]
    commas, dots = text.count(","), text.count(".")
    unsure = False
    if commas and dots:
        decimal = "," if text.rfind(",") > text.rfind(".") else "."
        text = text.replace("." if decimal == "," else ",", "")
        if text.count(decimal) > 1:
            return None
        text = text.replace(",", ".")
    elif commas > 1 or dots > 1:
        if not re.fullmatch(r"[+-]?\d{1,3}([.,]\d{3})+", text):
            return None
        text = text.replace(",", "").replace(".", "")
    elif commas or dots:
        unsure = bool(re.fullmatch(r"[+-]?[1-9]\d{0,2}[.,]\d{3}", text))
        if unsure and dots and comma_decimal:
            return float(text.replace(".", "")), False
        if unsure and commas and comma_decimal is False:
            return float(text.replace(",", "")), False
        text = text.replace(",", ".")
    try:
        value = float(text)
    except ValueError:
        return None
    return (value, unsure) if math.isfinite(value) else None


def amount(text: str, comma_decimal: bool | None = None) -> Amount | None:
    """A cell as a number with its bound, range and unit; None when it is none."""
    if len(text) > LONGEST:
        return None
    found = _CELL.match(fold(text).replace("–", "-"))
    if found is None:
        return None
    first = plain_number(found["number"], comma_decimal)
    if first is None:
        return None
    second = None
    if found["second"]:
        other = plain_number(found["second"], comma_decimal)
        if other is None or other[0] < first[0]:
            return None
        second = other[0]
    bound = _BOUNDS.get(found["bound"] or "", found["bound"] or "")
    if found["plus"]:
        bound = ">="
    unit = (found["unit"] or found["percent"] or "").strip()
    return Amount(first[0], bound, second, unit, bool(found["about"]), thousands=first[1])


def settle(amount_: Amount) -> tuple[float, str]:
    """One number for a bound or a range, and the words for it ("" when it was exact)."""
    if amount_.second is not None:
        middle = (amount_.value + amount_.second) / 2
        return middle, "a range; its middle is used"
    if amount_.bound == "<":
        # Just below, so that "<60" is never counted as 60 or more.
        return math.nextafter(amount_.value, -math.inf), "an upper bound; the number just below it is used"
    if amount_.bound:
        return amount_.value, "a bound; the number itself is used"
    if amount_.about:
        return amount_.value, "about; the number itself is used"
    if amount_.aside:
        return amount_.value, "the remark beside the number was left aside"
    return amount_.value, ""


_REMARK = re.compile(r"\s*(?:\([^()]*\)|[*†‡#]+)$")


def _beside_words(text: str, header: str, comma_decimal: bool | None) -> Amount | None:
    """A number behind the name of its own column ("ECOG 1"), or before a remark in brackets or a footnote mark."""
    if len(text) > LONGEST:
        return None
    bare = _REMARK.sub("", text)
    found = amount(bare, comma_decimal) if bare != text else None
    if found is not None:
        return replace(found, aside=True)
    first, _, rest = bare.partition(" ")
    own = fold(first).rstrip(":=") in words_of(header)
    found = amount(rest.lstrip(":= "), comma_decimal) if own and rest else None
    return replace(found, aside=found.aside or bare != text) if found is not None else None


def _comma_decimal(texts: list[str]) -> bool | None:
    """Whether a column of texts shows decimal commas (True), decimal dots (False), or neither clearly (None)."""
    comma = any(re.search(r"\d,\d{1,2}(?!\d)|\d,\d{4,}|(?<!\d)0,\d|\d\.\d{3},\d", text) for text in texts)
    dot = any(re.search(r"\d\.\d{1,2}(?!\d)|\d\.\d{4,}|(?<!\d)0\.\d|\d,\d{3}\.\d", text) for text in texts)
    return comma if comma != dot else None


def expected_number(variable: Variable) -> str:
    """What a cell of this variable should hold, in words."""
    unit = f" in {variable.unit}" if variable.unit else ""
    if variable.low is not None and variable.high is not None:
        return f"a number{unit} (usually {variable.low:g} to {variable.high:g})"
    return f"a number{unit}"


def _written(column: Column, reading: Reading, expected: str) -> list[Amount | None]:
    """Every different cell as a number with its bound and unit; what is none is noted in the reading."""
    texts = [cell for cell in column.uniques if isinstance(cell, str)]
    comma = _comma_decimal(texts) if texts else None
    result: list[Amount | None] = []
    for at, cell in enumerate(column.uniques):
        if isinstance(cell, bool):
            reading.fail(at, expected)
            result.append(None)
        elif isinstance(cell, int | float):
            value = float(cell)
            result.append(Amount(value) if math.isfinite(value) else None)
            if not math.isfinite(value):
                reading.fail(at, expected)
        elif isinstance(cell, str):
            folded = fold(cell)
            if is_missing_word(folded):
                reading.missing(at)
                result.append(None)
                continue
            found = amount(cell, comma) or _beside_words(cell, column.header, comma)
            if found is None:
                reading.fail(
                    at, "a result; the cell holds a formula error" if folded in ERROR_CELLS else expected
                )
            result.append(found)
        else:
            reading.fail(
                at, expected + "; the cell is a date, perhaps turned into one by the spreadsheet program"
            )
            result.append(None)
    return result


def _is_missing_number(found: Amount, variable: Variable, factor: float) -> bool:
    if found.value not in MISSING_NUMBERS or found.bound or found.second is not None or found.unit:
        return False
    value = found.value * factor
    return (variable.low is not None and value < variable.low) or (
        variable.high is not None and value > variable.high
    )


def read_number(column: Column, variable: Variable, choices: dict[str, Any]) -> Reading:
    """Numbers that are no times: laboratory values, counts, percentages."""
    reading = Reading([None] * len(column.uniques))
    expected = expected_number(variable)
    amounts = _written(column, reading, expected)
    if variable.unit == "%":
        _percent(column, variable, amounts, reading, choices)
        return reading
    header_unit = column.unit or without_unit(column.header)[1]
    unit = unit_of(header_unit) if header_unit else ""
    factors = LAB_FACTORS.get(variable.name, {})
    column_factor = factors.get(unit, 1.0)
    if unit and unit not in factors and unit != variable.unit.lower() and factors:
        reading.remarks.append(
            Remark(
                "warning",
                "unit_unknown",
                f"The header gives the unit as {unit}; {variable.label} is expected in "
                f"{variable.unit}. The numbers are used as they are.",
            )
        )
    foreign = 0
    for at, found in enumerate(amounts):
        if found is None:
            continue
        factor, said = column_factor, bool(unit)
        if found.unit:
            own = unit_of(found.unit)
            if own in factors or own == variable.unit.lower():
                factor, said = factors.get(own, 1.0), True
            elif not (variable.unit == "" or found.unit in ("x", "+")) or own:
                reading.fail(at, expected)
                continue
        if _is_missing_number(found, variable, factor):
            reading.missing(at)
            continue
        value, words = settle(found)
        value *= factor
        other = GIVEN_AWAY.get(variable.name)
        if other and not said and other[1] <= found.value <= other[2]:
            foreign += int(column.counts[at])
            value = found.value * factors[other[0]]
            words = (
                f"taken as {other[0]} and converted to {value:.4g} {variable.unit}; such a value is not possible in "
                f"{variable.unit}"
            )
            reading.warn(at, value, "unit_inferred", words)
            continue
        if found.thousands and _outside(variable, value) and not _outside(variable, value * 1000):
            value, words = value * 1000, "a number with thousands parted by a dot or comma"
        reading.values[at] = value
        if words:
            reading.warn(at, value, "imprecise_number", words)
    _same_unit(column, reading, variable, foreign)
    return reading


def _same_unit(column: Column, reading: Reading, variable: Variable, foreign: int) -> None:
    """One remark when a whole column, or a part of it, is in another unit."""
    if not foreign:
        return
    numbers = sum(int(column.counts[at]) for at, value in enumerate(reading.values) if value is not None)
    unit = GIVEN_AWAY[variable.name][0]
    if foreign == numbers:
        for at in [at for at, note in reading.notes.items() if note.rule == "unit_inferred"]:
            del reading.notes[at]
        reading.remarks.append(
            Remark(
                "warning",
                "unit_inferred",
                f"All values look like {unit}; they were converted to {variable.unit}.",
            )
        )
    else:
        reading.remarks.append(
            Remark(
                "warning",
                "units_mixed",
                f"{foreign} of {numbers} values look like {unit}, the others like "
                f"{variable.unit}; those in {unit} were converted.",
            )
        )


def _outside(variable: Variable, value: float) -> bool:
    return (variable.low is not None and value < variable.low) or (
        variable.high is not None and value > variable.high
    )


def _percent(
    column: Column,
    variable: Variable,
    amounts: list[Amount | None],
    reading: Reading,
    choices: dict[str, Any],
) -> None:
    """Percentages: 60, "60 %", 0.6, "≥60", "55-60"; whether numbers are fractions is decided for the whole column."""
    bare = [
        (found.second or found.value)
        for found in amounts
        if found is not None
        and unit_of(found.unit) != "%"
        and not (found.value in MISSING_NUMBERS and found.value > 100)
    ]
    fractions = [value for value in bare if 0 < value < 1]
    answer = choices.get(f"percent:{column.header}")
    all_fractions = bool(fractions) and max(bare) <= 1
    mixed = bool(fractions) and not all_fractions
    scale = 100.0 if all_fractions and answer != "percent" else 1.0
    ask = mixed and answer not in ("fraction", "percent")
    if all_fractions and answer is None:
        reading.remarks.append(
            Remark(
                "warning",
                "fractions",
                "All numbers are between 0 and 1: they were read as fractions (0.6 is 60 %).",
            )
        )
    expected = "a percentage between 0 and 100"
    for at, found in enumerate(amounts):
        if found is None:
            continue
        percent = unit_of(found.unit) == "%"
        if found.unit and not percent:
            reading.fail(at, expected)
            continue
        value, words = settle(found)
        if ask and not percent and 0 < value < 1:
            reading.fail(
                at,
                "a percentage; a number below 1 among numbers above 1 could be a fraction or a percentage",
                "percent_ambiguous",
            )
            continue
        if not percent and (scale != 1.0 or (mixed and answer == "fraction" and 0 < value < 1)):
            value = round(value * 100.0, 10)
        if not -1e-9 <= value <= 100:
            if found.value in MISSING_NUMBERS:
                reading.missing(at)
            else:
                reading.fail(at, expected)
            continue
        reading.values[at] = value
        if words:
            reading.warn(at, value, "imprecise_number", words)
    if ask:
        reading.questions.append(
            Question(
                f"percent:{column.header}",
                column.header,
                "Are the numbers below 1 fractions or percentages?",
                {"percent": "percentages (0.6 is 0.6 %)", "fraction": "fractions (0.6 is 60 %)"},
            )
        )
