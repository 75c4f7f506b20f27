"""Sex, stages and grades: short codes in many spellings."""

from __future__ import annotations

import re
from typing import Any

from rrmm.intake.columns import (
    ERROR_CELLS,
    Column,
    Question,
    Reading,
    Remark,
    code_key,
    fold,
    is_missing_word,
)
from rrmm.intake.flags import MISSING_FLAG_CODES, yes_no
from rrmm.intake.headers import words_of
from rrmm.intake.vocabulary import words

FEMALE, MALE, _OTHER_SEX, _NO_GRADE = (words(name) for name in ("female", "male", "other_sex", "no_grade"))

LONGEST = 80
"""Characters of a cell that is read as a stage or grade; longer ones are none."""
_STAGES = {
    "I": "i 1 l one eins",
    "II": "ii 2 ll two zwei",
    "III": "iii 3 lll three drei",
}
_ROMAN = {word: stage for stage, spellings in _STAGES.items() for word in spellings.split()}
_STAGE_WORDS = re.compile(
    r"\b(?:r ?-? ?iss|iss|stage|stadium|stad|std|st|stade|estadio|etapa|grad|grade|risk|group|"
    r"international staging system)\b[.:]?|°|nach"
)
_EITHER = re.compile(r"^(i|1)\s*(?:/|-|or|oder|bis|to|ou|o|lub|,|und|and|\+)\s*(ii|2)$")
_GRADE_WORDS = re.compile(
    r"\b(?:ctcae|ctc|astct|asbmt|lee|grad|grade|gr|g|degre|grado|stopien|stufe|who|max|maximal)\b"
    r"[.:]?\s*|°|(?<=\d)\.$|º"
)
_GRADE_ROMAN = {"i": 1, "ii": 2, "iii": 3, "iv": 4, "v": 5}


def read_category(column: Column, name: str, levels: tuple[str, ...], choices: dict[str, Any]) -> Reading:
    """Sex or stage, by the name of the variable."""
    if name == "sex":
        return read_sex(column, choices)
    return read_stage(column, levels)


def read_sex(column: Column, choices: dict[str, Any]) -> Reading:
    """F or M. A Spanish "M" beside "H" or "V", and codes 1 and 2, are decided for the whole column or asked."""
    reading = Reading([None] * len(column.uniques))
    folded = [fold(str(cell)) for cell in column.uniques]
    present = set(folded)
    spanish = "m" in present and bool(present & {"h", "v"}) and not present & {"f", "w", "k"}
    codes = {
        code: label
        for code, label in ((code, _sex_word(fold(text))) for code, text in column.legend.items())
        if label
    }
    header = set(words_of(column.header))
    if header & {"male", "maennlich", "homme", "hombre", "mezczyzna"} and not header & {
        "female",
        "weiblich",
        "f",
    }:
        codes = {
            "1": "M",
            "0": "F",
            "yes": "M",
            "ja": "M",
            "no": "F",
            "nein": "F",
            "true": "M",
            "false": "F",
            **codes,
        }
    elif header & {"female", "weiblich", "femme", "mujer", "kobieta"} and not header & {
        "male",
        "maennlich",
        "m",
    }:
        codes = {
            "1": "F",
            "0": "M",
            "yes": "F",
            "ja": "F",
            "no": "M",
            "nein": "M",
            "true": "F",
            "false": "M",
            **codes,
        }
    numbers = {code_key(cell) for cell in column.uniques if code_key(cell).isdigit()} - MISSING_FLAG_CODES
    asked = bool(numbers) and numbers <= {"0", "1", "2"} and not numbers & set(codes)
    if asked:
        codes = {**codes, **_sex_codes(column, numbers, choices, reading)}
        asked = not numbers & set(codes)
    for at, (cell, word) in enumerate(zip(column.uniques, folded, strict=True)):
        key = code_key(cell)
        if key in codes:
            reading.values[at] = codes[key]
        elif spanish and word in ("m", "h", "v"):
            reading.values[at] = "F" if word == "m" else "M"
        elif (sex := _sex_word(word)) is not None:
            reading.values[at] = sex
        elif is_missing_word(word) or key in MISSING_FLAG_CODES:
            reading.missing(at)
        elif asked and key in numbers:
            reading.fail(at, "", "")
        elif word in _OTHER_SEX:
            reading.fail(at, "F or M; another entry is kept as missing here", "sex_other", "warning")
        else:
            reading.fail(at, "F or M (w/m, female/male)")
    return reading


def _sex_word(word: str) -> str | None:
    word = word.strip("()[] ")
    if word in FEMALE:
        return "F"
    return "M" if word in MALE or word == "v" else None


def _sex_codes(
    column: Column, numbers: set[str], choices: dict[str, Any], reading: Reading
) -> dict[str, str]:
    key = f"codes:{column.header}"
    pair = sorted(numbers) if len(numbers) == 2 else (["1", "2"] if numbers <= {"1", "2"} else ["0", "1"])
    if len(numbers) > 2:
        pair = ["1", "2"]
    first, second = pair
    answer = choices.get(key)
    options = {
        f"{first}=M": f"{first} is male, {second} is female",
        f"{first}=F": f"{first} is female, {second} is male",
    }
    if answer in options:
        return {first: str(answer)[-1], second: "F" if str(answer)[-1] == "M" else "M"}
    reading.questions.append(
        Question(key, column.header, f"What do the codes {first} and {second} mean?", options)
    )
    reading.remarks.append(
        Remark(
            "error",
            "codes_ambiguous",
            f"The codes {first} and {second} are not explained: choose "
            "which one is male. Until then the values are missing.",
        )
    )
    return {}


def stage_of(word: str) -> str | None:
    """A folded text as ISS stage: I, I/II, II or III; None when it is none."""
    if len(word) > LONGEST:
        return None
    bare = _STAGE_WORDS.sub(" ", word).strip(" :.-=()")
    bare = re.sub(r"\s+", " ", bare)
    if bare in _ROMAN:
        return _ROMAN[bare]
    if _EITHER.match(bare):
        return "I/II"
    if bare in ("< iii", "<iii", "<3", "< 3", "not iii", "nicht iii", "not 3"):
        return "I/II"
    return None


def read_stage(column: Column, levels: tuple[str, ...]) -> Reading:
    """ISS or R-ISS. In a column named "ISS 3" or "ISS III", yes is III and no is I/II."""
    reading = Reading([None] * len(column.uniques))
    stage_three = is_stage_three_header(column.header) and "I/II" in levels
    legend = {
        code: stage
        for code, stage in ((code, stage_of(fold(text))) for code, text in column.legend.items())
        if stage
    }
    answers = [yes_no(fold(code_key(cell))) for cell in column.uniques]
    as_flag = stage_three and all(
        answer is not None or is_missing_word(fold(str(cell)))
        for answer, cell in zip(answers, column.uniques, strict=True)
    )
    for at, cell in enumerate(column.uniques):
        word, key = fold(str(cell)), code_key(cell)
        stage = legend.get(key)
        if as_flag and answers[at] is not None:
            stage = "III" if answers[at] else "I/II"
        elif stage is None and not isinstance(cell, bool):
            stage = stage_of(fold(key) if isinstance(cell, float) else word)
        if stage is not None and stage in levels:
            reading.values[at] = stage
        elif is_missing_word(word) or key in MISSING_FLAG_CODES:
            reading.missing(at)
        elif word in ERROR_CELLS:
            reading.fail(at, "a stage; the cell holds a formula error")
        else:
            reading.fail(at, "one of " + ", ".join(levels))
    return reading


def is_stage_three_header(header: str) -> bool:
    """Whether a header asks "ISS III, yes or no"."""
    words = [
        word
        for word in words_of(header)
        if word
        not in (
            "stage",
            "stadium",
            "ja",
            "nein",
            "yes",
            "no",
            "at",
            "start",
            "bei",
            "baseline",
            "y",
            "n",
            "j",
        )
    ]
    return words in (
        ["iss", "3"],
        ["iss", "iii"],
        ["iss3"],
        ["issiii"],
        ["iss3", "0", "1"],
        ["iss", "3", "0", "1"],
    )


def grade_of(word: str) -> int | None:
    """A folded text as grade 0 to 5; None when it is none."""
    if len(word) > LONGEST:
        return None
    bare = _GRADE_WORDS.sub("", word).strip(" :.-=()")
    bare = re.sub(r"^g(?=\d$)", "", bare)
    if bare in _GRADE_ROMAN:
        return _GRADE_ROMAN[bare]
    if re.fullmatch(r"[0-5](?:\.0|,0)?", bare):
        return int(bare[0])
    return 0 if bare in _NO_GRADE or word in _NO_GRADE else None


_NAMED_GRADE = re.compile(
    r"\b(?:grade|grad|gr|g|ctcae|ctc|grado|stopien|degre)[\s:.°-]*([0-5]|i{1,3}|iv|v)\b(?!\s*[-/])"
)


def _named_grade(word: str) -> int | None:
    """The one grade that a text names, as in "Grade 3 (pneumonia)"; None when it names none or several."""
    if len(word) > 300:
        return None
    found = {grade_of(grade) for grade in _NAMED_GRADE.findall(word)}
    if not found and (number := re.match(r"^([0-5]|i{1,3}|iv|v)°?\s*\([^()]*\)$", word)):
        found = {grade_of(number[1])}
    return found.pop() if len(found) == 1 else None


def read_grade(column: Column) -> Reading:
    """CTCAE and ASTCT grades, 0 to 5. "Yes" tells that it happened, but not the grade: not understood."""
    reading = Reading([None] * len(column.uniques))
    for at, cell in enumerate(column.uniques):
        if type(cell) is int and 0 <= cell <= 5 and not column.legend:
            reading.values[at] = float(cell)
            continue
        word, key = fold(str(cell)), code_key(cell)
        if isinstance(cell, bool):
            if cell:
                reading.fail(at, 'a grade from 0 to 5; "yes" does not say which')
            else:
                reading.values[at] = 0.0
            continue
        legend = column.legend.get(key)
        grade = grade_of(fold(legend)) if legend else None
        grade = grade if grade is not None else grade_of(key if isinstance(cell, float) else word)
        bound = re.match(r"^(?:>=|≥|mindestens|at least|min)\s*(.+)$", word) or re.match(r"^(.+?)\+$", word)
        if grade is not None:
            reading.values[at] = float(grade)
        elif is_missing_word(word) or key in MISSING_FLAG_CODES:
            reading.missing(at)
        elif bound and (least := grade_of(bound[1])) is not None:
            reading.warn(at, float(least), "imprecise_grade", f"a lower bound; grade {least} is used")
        elif (named := _named_grade(word)) is not None:
            reading.warn(at, float(named), "grade_in_text", "the grade was taken from the text")
        elif yes_no(word):
            reading.fail(at, 'a grade from 0 to 5; "yes" does not say which')
        else:
            reading.fail(at, "a grade from 0 to 5")
    return reading
