"""Headers: the same words however they are written, and the units they carry."""

from __future__ import annotations

import re
from functools import lru_cache

from rrmm.intake.vocabulary import WORDS, fold

DURATION_UNITS: dict[str, list[str]] = WORDS["duration_units"]
"""Units of time by what they are called, folded."""
UNIT_OF_WORD = {word: unit for unit, words in DURATION_UNITS.items() for word in words}
_LAB_OF_WORD = {word: unit for unit, words in WORDS["lab_units"].items() for word in words}


def unit_of(text: str) -> str:
    """The unit a text names (as "months", "g/dl", "%"), or ""."""
    word = fold(text).strip("()[]{} ")
    word = re.sub(r"^in\s+|^en\s+", "", word)
    tight = word.replace(" ", "").replace("×", "x").replace("⁹", "^9").replace("³", "^3")
    return UNIT_OF_WORD.get(word) or _LAB_OF_WORD.get(tight) or ""


@lru_cache(maxsize=65536)
def words_of(header: str) -> tuple[str, ...]:
    """Words of a header: lower case, without accents and punctuation, camel case taken apart."""
    text = re.sub(r"(?<=[a-zäöüß])(?=[A-Z])", " ", header.replace("ß2", "beta2").replace("β2", "beta2"))
    return tuple(re.findall(r"[a-z0-9%]+", fold(text)))


def key_of(header: str) -> str:
    """Key that two spellings of the same header share."""
    return "".join(words_of(header))


def without_unit(header: str) -> tuple[str, str]:
    """The header without the unit it carries, and that unit ("" when there is none).

    Units stand in brackets, after a comma or slash, or as the first or last word.
    """
    for match in re.finditer(r"[(\[{]([^()\[\]{}]*)[)\]}]", header):
        unit = unit_of(match.group(1))
        if unit:
            return (header[: match.start()] + " " + header[match.end() :]).strip(), unit
    parts = re.split(r"\s*[,;]\s*|\s+/\s+|\s+in\s+|\s+en\s+", header.strip())
    if len(parts) > 1 and (unit := unit_of(parts[-1])):
        return header.strip()[: -len(parts[-1])].rstrip(" ,;/").removesuffix(" in").removesuffix(" en"), unit
    last = header.split()[-1:] or [""]
    if len(header.split()) > 1 and "/" in last[0] and (unit := unit_of(last[0])):
        return header.strip()[: -len(last[0])].strip(), unit
    words = words_of(header)
    if len(words) > 1:
        for at, rest in ((-1, words[:-1]), (0, words[1:])):
            word = words[at]
            if word in UNIT_OF_WORD and (len(word) > 1 or (at == -1 and word in "dm")):
                return " ".join(rest), UNIT_OF_WORD[word]
            if word in ("pct", "percent", "prozent", "%"):
                return " ".join(rest), "%"
    for word in words:
        if len(word) > 3 and word in UNIT_OF_WORD:
            return header, UNIT_OF_WORD[word]
    return header, ""


ASIDE = re.compile(r"[(\[{][^()\[\]{}]*[)\]}]")


def without_asides(header: str) -> str:
    """The header without what stands in brackets: legends, formats, "yes/no"."""
    return " ".join(ASIDE.sub(" ", header).split())
