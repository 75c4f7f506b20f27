"""IMWG responses in words and abbreviations of five languages."""

from __future__ import annotations

import re
from typing import Any

from rrmm.intake.columns import ERROR_CELLS, Column, Reading, code_key, fold, is_missing_word
from rrmm.schema import RESPONSES

_WORDS = {
    "sCR": "scr s-cr stringent cr|stringent complete response|stringent complete remission|stringente komplette remission|"
    "stringente cr|stringente komplettremission|reponse complete stringente|rc stringente|rcs|src|"
    "respuesta completa estricta|rce|scisla calkowita odpowiedz|scisla odpowiedz calkowita|scisla cr",
    "CR": "cr|complete response|complete remission|complete|komplette remission|komplettremission|vollremission|"
    "komplettes ansprechen|vollstaendige remission|reponse complete|remission complete|rc|respuesta completa|"
    "remision completa|calkowita odpowiedz|odpowiedz calkowita|calkowita remisja|remisja calkowita|complete response (cr)|mrd-negative cr|cr mrd-|cr, mrd neg|cr mrd negativ|cr mrd negative|cr mrd neg|mrd neg cr",
    "nCR": "ncr|near cr|near complete response|near complete remission|nahezu komplette remission|fast komplette remission|"
    "nahe cr|unbestaetigte cr|cr unbestaetigt|cr unconfirmed|unconfirmed cr|presque reponse complete|"
    "respuesta casi completa|prawie calkowita odpowiedz|cr ohne km|serologische cr|cr (serologisch)",
    "VGPR": "vgpr|very good partial response|very good partial remission|very good pr|sehr gute partielle remission|"
    "sehr gute partialremission|sehr gutes partielles ansprechen|sgpr|tres bonne reponse partielle|tbrp|"
    "muy buena respuesta parcial|mbrp|bardzo dobra czesciowa odpowiedz|bardzo dobra odpowiedz czesciowa|bdpr|vgpr+",
    "PR": "pr|partial response|partial remission|partial|partielle remission|partialremission|partielles ansprechen|teilremission|"
    "teilansprechen|reponse partielle|rp|respuesta parcial|remision parcial|czesciowa odpowiedz|odpowiedz czesciowa|"
    "czesciowa remisja|remisja czesciowa",
    "MR": "mr|minimal response|minor response|minimal remission|minimale remission|minimales ansprechen|minorresponse|"
    "geringes ansprechen|reponse minime|reponse mineure|rm|respuesta minima|minimalna odpowiedz|odpowiedz minimalna",
    "SD": "sd|stable disease|stable|stabile erkrankung|stabiler verlauf|krankheitsstabilisierung|stabil|stabile krankheit|"
    "stabilisierung|no change|maladie stable|ms|enfermedad estable|ee|estable|choroba stabilna|stabilna choroba|"
    "stabilizacja choroby|stabilizacja",
    "PD": "pd|progressive disease|progression|progress|progressed|progredient|progrediente erkrankung|progredienz|"
    "krankheitsprogress|krankheitsprogression|fortschreitende erkrankung|progressive|primary refractory|refractory disease|maladie progressive|progression de la maladie|"
    "mp|enfermedad progresiva|ep|progresion|progresja|progresja choroby|choroba progresywna|relapse|rezidiv",
    "NE": "ne|not evaluable|non evaluable|inevaluable|unevaluable|not assessable|nicht evaluierbar|nicht auswertbar|"
    "nicht bewertbar|nicht beurteilbar|nicht beurteilt|non evaluable|no evaluable|nieoceniona|nie do oceny|"
    "niemozliwa do oceny|not evaluated|nicht evaluiert|n.e|n. e|n.e.",
}
RESPONSE_OF = {
    fold(word): level
    for level, words in _WORDS.items()
    for word in words.replace("scr s-cr stringent cr", "scr|s-cr|stringent cr").split("|")
}
"""Response level by its folded name."""

_NOISE = re.compile(
    r"\b(?:best(?:es)? (?:overall )?(?:response|ansprechen)|bor|ansprechen|imwg|response|remission|"
    r"confirmed|bestaetigt|unconfirmed|unbest)\b"
)
_PREFIX = re.compile(r"^\d{1,2}\s*[-=:.)]\s*")
_ABBREVIATED = re.compile(r"^([a-z-]{2,5})\s*[(\[]([^()\[\]]+)[)\]]$")
_WORDED = re.compile(r"^([^()\[\]]+?)\s*[(\[]([a-z-]{2,5})[)\]]$")


def response_of(word: str) -> str | None:
    """A folded text as response level; None when it is none, or when it names two."""
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


def read_response(column: Column, choices: dict[str, Any]) -> Reading:
    """Best response by IMWG. A text that names two levels, or none, is not understood."""
    reading = Reading([None] * len(column.uniques))
    # "MR" is minimal response; in French "RM" and "MS", "MP" are read as their words. Numbers need a legend.
    for at, cell in enumerate(column.uniques):
        word, key = fold(str(cell)), code_key(cell)
        label = column.legend.get(key)
        level = response_of(fold(label)) if label else None
        level = level or (response_of(word) if isinstance(cell, str) else None)
        if level is not None:
            reading.values[at] = level
        elif is_missing_word(word) or (
            isinstance(cell, int | float) and not isinstance(cell, bool) and cell in (9, 99, 999, -1, -9, -99)
        ):
            reading.missing(at)
        elif word in ERROR_CELLS:
            reading.fail(at, "a response; the cell holds a formula error")
        else:
            reading.fail(at, "one of " + ", ".join(RESPONSES))
    return reading
