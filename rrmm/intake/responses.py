"""IMWG responses in words and abbreviations of five languages."""

from __future__ import annotations

import re
from typing import Any

from rrmm.intake.columns import ERROR_CELLS, Column, Reading, code_key, fold, is_missing_word
from rrmm.intake.vocabulary import WORDS
from rrmm.schema import RESPONSES

RESPONSE_OF = {fold(word): level for level, spellings in WORDS["responses"].items() for word in spellings}
"""Response level by its folded name."""

LONGEST = 120
"""Characters of a cell that is read as a response; longer ones are none."""
_NOISE = re.compile(
    r"\b(?:best(?:es)? (?:overall )?(?:response|ansprechen)|bor|ansprechen|imwg|response|remission|"
    r"confirmed|bestaetigt|unconfirmed|unbest)\b"
)
_PREFIX = re.compile(r"^\d{1,2}\s*[-=:.)]\s*")
_ABBREVIATED = re.compile(r"^([a-z-]{2,5})\s*[(\[]([^()\[\]]+)[)\]]$")
_WORDED = re.compile(r"^([^()\[\]]+?)\s*[(\[]([a-z-]{2,5})[)\]]$")


def response_of(word: str) -> str | None:
    """A folded text as response level; None when it is none, or when it names two."""
    if len(word) > LONGEST:
        return None
    bare = _PREFIX.sub("", word).strip(" :.-")
    if bare in RESPONSE_OF:
        return RESPONSE_OF[bare]
    for form in (_ABBREVIATED, _WORDED):
        if found := form.match(bare):
            first, second = RESPONSE_OF.get(found[1].strip()), RESPONSE_OF.get(found[2].strip())
            if first and second:
                return first if first == second else None
            if first or second:
                return first or second
    tight = bare.replace(" ", "").replace("-", "").replace(".", "")
    if tight in RESPONSE_OF:
        return RESPONSE_OF[tight]
    cleaned = " ".join(_NOISE.sub(" ", bare).split()).strip(" :.-")
    return RESPONSE_OF.get(cleaned)


_EITHER = re.compile(r"\s*(?:/|\bor\b|\boder\b|\bbis\b|\bou\b|\blub\b|-(?=\s|[a-z]))\s*")
_PAIRS = {
    ("CR", "nCR"): "nCR",
    ("sCR", "CR"): "CR",
    ("nCR", "VGPR"): "VGPR",
    ("VGPR", "PR"): "PR",
    ("MR", "SD"): "SD",
}


def either_of(word: str) -> str | None:
    """The lower of two neighbouring levels, as in "CR/nCR"; None for others, and where one is a response and
    one not."""
    parts = _EITHER.split(word) if len(word) <= LONGEST else []
    if len(parts) != 2:
        return None
    first, second = response_of(parts[0].strip()), response_of(parts[1].strip())
    if first is None or second is None:
        return None
    return _PAIRS.get((first, second)) or _PAIRS.get((second, first))


def read_response(column: Column, choices: dict[str, Any]) -> Reading:
    """Best response by IMWG. A text that names two levels, or none, is not understood."""
    reading = Reading([None] * len(column.uniques))
    # Numbers mean nothing without a legend: no order of levels is the usual one.
    for at, cell in enumerate(column.uniques):
        word, key = fold(str(cell)), code_key(cell)
        label = column.legend.get(key)
        level = response_of(fold(label)) if label else None
        level = level or (response_of(word) if isinstance(cell, str) else None)
        if level is not None:
            reading.values[at] = level
        elif isinstance(cell, str) and (lower := either_of(word)) is not None:
            reading.warn(at, lower, "response_either", "two neighbouring levels; the lower one is used")
        elif is_missing_word(word) or (
            isinstance(cell, int | float) and not isinstance(cell, bool) and cell in (9, 99, 999, -1, -9, -99)
        ):
            reading.missing(at)
        elif word in ERROR_CELLS:
            reading.fail(at, "a response; the cell holds a formula error")
        else:
            reading.fail(at, "one of " + ", ".join(RESPONSES))
    return reading
