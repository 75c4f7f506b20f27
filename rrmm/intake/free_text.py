"""Prior therapies and FISH results in free text: which drugs and aberrations are named, and which are denied."""

from __future__ import annotations

import re

from rrmm.intake.columns import Column, Reading, fold, is_missing_word
from rrmm.intake.flags import NO, TICKS, YES

LONGEST = 3000
"""Characters of a text that is searched; in a longer one nothing is recognised."""
DRUGS = {
    "idecel": r"ide[ -]?cel|idecabt\w*(?: vicleucel)?|abecma|bb[ -]?2121(?!7)",
    "ciltacel": r"cilta[ -]?cel|ciltacabt\w*(?: autoleucel)?|carvykti|jnj[ -]?4528|jnj[ -]?68284528|lcar[ -]?b38m",
    "belantamab": r"belantamab\w*(?: mafodotin)?|blenrep|bela[ -]?maf|gsk[ -]?2857916|gsk'?916",
    "other_bcma": r"teclistamab|tecvayli|jnj[ -]?64007957|elranatamab|elrexfio|pf[ -]?06863135|linvoseltamab|lynozyfic|"
    r"regn[ -]?5458|alnuctamab|cc[ -]?93269|bms[ -]?986349|abbv[ -]?383|tnb[ -]?383b|etentamig|"
    r"amg[ -]?420|pacanalotamab|amg[ -]?701|pavurutamab|amg[ -]?224|medi[ -]?2228|cc[ -]?99712|"
    r"orva[ -]?cel|orvacabt\w*|zevor[ -]?cel|zevorcabt\w*|ct[ -]?053|eque[ -]?cel|equecabt\w*|ct[ -]?103a|"
    r"bb[ -]?21217|p[ -]?bcma[ -]?101|allo[ -]?715|descartes[ -]?08|anito[ -]?cel|anitocabt\w*|phe[ -]?885|"
    r"durcabt\w*|bcma[ -]?(?:bite|bispec\w*|bispez\w*|adc|tce)|bispec\w* bcma|bispez\w* bcma|"
    r"bcma[ -]?(?:stud\w+|trial)|stud\w+ bcma",
}
"""BCMA-directed drugs by their names, trade names and study names."""
_ANY_BCMA = re.compile(r"\bbcma\b|bcma[ -]?car")
_DRUG = re.compile(
    "|".join(f"(?P<{name}>(?<![a-z0-9])(?:{pattern})(?![a-z0-9]))" for name, pattern in DRUGS.items())
)
_POLYCHEMO = re.compile(r"\b(?:v?[dt]{0,3}-?t?-?pace|dcep|hyper-?cvad|polychemo\w*)\b")
_OTHER_THERAPY = re.compile(
    r"\b(?:v[rct]d|vrd|krd|kd|kcd|dara\w*|isa\w*|elo\w*|len\w*|pom\w*|thal\w*|carfil\w*|ixa\w*|bortez\w*|velcade|revlimid|imnovid|"
    r"pomalyst|darzalex|kyprolis|ninlaro|sarclisa|empliciti|melphalan|alkeran|cyclophos\w*|endoxan|benda\w*|asct|hdt|"
    r"auto\w*|allo\w*|transplant\w*|selinexor|nexpovio|xpovio|venetoclax|venclyxto|panobinostat|farydak|talquetamab|talvey|"
    r"cevostamab|melflufen|pepaxti|dexa\w*|pred\w*|pad|vad|vcd|vtd|vmp|mpv|mp|mpt|rd|rvd|dvd|drd|dpd|kpd|pvd|epd|erd|iber\w*|"
    r"mezig\w*|vgpr|linie\w*|line[s ]?|sct|[a-z]{0,3}-?rd|[a-z]{0,3}-?vd|[a-z]{0,3}-?pd|[a-z]{0,3}-?kd|"
    r"radiatio|rt|bestrahlung)\b"
)
_DENIAL = r"\b(?:kein\w*|no|not|nicht|ohne|without|never|nie|pas de|sans|sin|ningun\w*|bez|aucun\w*|brak|denies|weder|neither)\b"
_NOT_BEFORE = re.compile(
    _DENIAL + r"[\s:]*(?:(?:prior|vorherige\w*|previous|exposure to|therapie mit|anti-?|de|bcma-?)\s*)*$"
)
_NOT_AFTER = re.compile(
    r"^[\s:=(]*(?:nein|no|neg\w*|nie|non|kein\w*|absent|0|-|∅|(?:wurde |was )?(?:nicht|not|never)"
    r"(?: erhalten| gegeben| bekommen| infundiert| given| received| exposed)?)[\s).\]]*$"
)
_YES_AFTER = re.compile(
    r"^[\s:=(]*(?:ja\b|yes\b|erhalten|gegeben|given|received|\+|1\b|oui\b|si\b|tak\b|pos\w*)"
)
_NOT_FOUND_BEFORE = re.compile(
    _DENIAL
    + r"(?:\s+(?:nachweis\w*|hinweis\w*|evidence|signs?|von|of|einer|eines|eine|der|des|fuer|auf|for|any|an?|de|la|une?))*"
    r"[\s:]*$"
)
_NOT_FOUND = re.compile(
    r"\b(?:nein|neg\w*|nicht|not|no|non|nie|kein\w*|absent|ujemn\w*|normal|unauffaellig|ohne|without|wild ?type)\b|"
    r"^[\s:=(]*(?:0\b(?!\s*[.,%\d])|-(?=\s|$)|∅)"
)
_FOUND = re.compile(
    r"\b(?:pos\w*|ja|yes|nachgewiesen|nachweisbar|nachweis|detected|present|vorhanden|dodatni\w*|oui|si|tak)\b|"
    r"^[\s:=(]*(?:\+|1\b)"
)
_UNSURE = re.compile(
    r"\b(?:geplant|planned|abgelehnt|declined|refused|screen\w*[ -]?fail\w*|apherese only|evaluiert|fraglich|"
    r"verdacht|suspected|possibl\w*|unclear|unklar|nicht auswertbar|not evaluable|pending|ausstehend)\b|\?"
)
_SHARED = re.compile(r"^\s*(?:/|und|and|or|oder|&|\+|noch|nor|sowie|ou|et|o|y|lub|i|ani|ni)\s*$")
_OR = re.compile(r"^\s*,?\s*(?:or|oder|noch|nor|ou|o|lub|ani|ni|/)\s*$")

ABERRATIONS = {
    "del17p": r"del(?:etion)?[ -]?\(?17\)?[ -]?\(?p?(?:13(?:\.\d)?)?\)?|17p ?-|17p[ "
    r"-]?(?:del\w*|verlust|loss)|(?:verlust|loss of) 17p|"
    r"-17p|17p(?:13)?|(?:tp|p)53[ -]?(?:del\w*|verlust|loss)|del\(?tp53\)?",
    "t414": r"t ?\(? ?4 ?[;:,/] ?14 ?\)?(?:\(p16;q32\))?|trans\w* ?\(? ?4 ?[;:,/] ?14 ?\)?|igh ?(?:::|-|/) "
    "?fgfr3|fgfr3 ?(?:::|-|/) ?igh",
    "t1416": r"t ?\(? ?14 ?[;:,/] ?16 ?\)?(?:\(q32;q23\))?|trans\w* ?\(? ?14 ?[;:,/] ?16 ?\)?|igh "
    "?(?:::|-|/) ?c?-?maf(?!b)|c?-?maf ?(?:::|-|/) ?igh",
}
"""Cytogenetic aberrations by the ways they are written, folded."""
_ABERRATION = re.compile(
    "|".join(f"(?P<{name}>(?<![a-z0-9])(?:{pattern})(?![0-9]))" for name, pattern in ABERRATIONS.items())
)
_OTHER_ABERRATION = re.compile(
    r"t ?\(? ?\d+ ?[;:,] ?\d+ ?\)?|1q|13q|amp|gain|hyperdiploid|trisom|del ?\(?1p|monosom|tp53 ?mut|myc"
)
_NORMAL = re.compile(
    r"^(?:fish|zytogenetik|cytogenetics?|karyotype?|befund)?[\s:]*(?:normal\w*|unauffaellig\w*|neg\w*|"
    r"ohne befund|o\.?b|standard ?-?risi\w*|"
    r"standard|no (?:high[ -]risk )?(?:abnormalit\w+|aberrations?|findings?)|keine? (?:hochrisiko\w*|"
    r"aberration\w*|veraenderung\w*|auffaelligkeit\w*|"
    r"high[ -]risk\w*).*|(?:no|not|kein|keine|non)[ -]?(?:high|hoch|hoh)[ -]?(?:risk|risiko)\w*.*|none|keine|"
    r"wild ?type|normale?r karyotyp|sans anomalie|sin alteraciones|"
    r"bez zmian|normal\w*)$"
)
_HIGH_RISK = re.compile(r"\b(?:high[ -]risk|hochrisiko\w*|hr(?=\b)|haut risque|alto riesgo|wysokie ryzyko)\b")
EXPECTED_DRUGS = "the names of prior therapies, or none"
EXPECTED_FISH = 'FISH results, as in "del(17p) pos, t(4;14) neg"'


def _statuses(word: str, pattern: re.Pattern[str]) -> dict[str, bool | None]:
    """Named things of a folded text: True named or positive, False denied, None when it can't be told."""
    fish = pattern is _ABERRATION
    if len(word) > LONGEST:
        return {}
    matches = list(pattern.finditer(word))
    own: list[bool | None] = []
    side: list[str] = []
    for k, match in enumerate(matches):
        before = _last_part(word[matches[k - 1].end() if k else 0 : match.start()])
        after = _first_part(word[match.end() : matches[k + 1].start() if k + 1 < len(matches) else len(word)])
        if k + 1 < len(matches):
            # "A und kein B": the "kein" is B's.
            after = (_NOT_FOUND_BEFORE if fish else _NOT_BEFORE).sub("", after)
        status: bool | None = None
        percent = re.match(r"^[\s:=(]*(?:in |zu )?(\d+(?:[.,]\d+)?) ?%", after)
        if _UNSURE.search(after) or _UNSURE.search(before):
            own.append(None)
            side.append("unsure")
            continue
        where = "after"
        if percent and fish:
            status = float(percent[1].replace(",", ".")) > 0
        elif (_NOT_FOUND.search if fish else _NOT_AFTER.match)(after):
            status = False
        elif (_FOUND.search if fish else _YES_AFTER.match)(after):
            status = True
        elif (_NOT_FOUND_BEFORE if fish else _NOT_BEFORE).search(before):
            status, where = False, "before"
        side.append(where if status is not None else "")
        own.append(status)
    result: dict[str, bool | None] = {}
    for k, match in enumerate(matches):
        status = own[k]
        if not side[k]:
            status = _inherit(word, matches, own, side, k)
        name = str(match.lastgroup)
        if name in result and result[name] != status:
            # Named twice: for other_bcma two drugs, one of them given; else a contradiction.
            status = True if name == "other_bcma" and True in (result[name], status) else None
        result[name] = status
    return result


def _first_part(text: str) -> str:
    return re.split(r"[,;|\n]", text)[0]


def _last_part(text: str) -> str:
    return re.split(r"[,;|\n]", text)[-1]


def _inherit(
    word: str, matches: list[re.Match[str]], own: list[bool | None], side: list[str], k: int
) -> bool | None:
    """Status of a name without its own: shared along "/", "and", "or"; else named means present."""

    def gap(at: int) -> str:
        return word[matches[at].end() : matches[at + 1].start()]

    at = k
    while at + 1 < len(matches) and _SHARED.match(gap(at)):
        at += 1
        if side[at] == "after":
            return own[at]
        if side[at]:
            break
    at = k
    while at > 0 and _SHARED.match(gap(at - 1)):
        at -= 1
        if side[at] == "before" and own[at] is False:
            return False
    if any(side[j] == "before" and own[j] is False for j in range(k)):
        # "no A, B": B may be denied too; "no A, B or C" denies all.
        return False if any(_OR.match(gap(j)) for j in range(len(matches) - 1)) else None
    if any(side[j] == "after" and own[j] is False for j in range(k + 1, len(matches))) and not any(side[:k]):
        # "A, B neg": A may be negative too.
        return None
    return True


def read_drugs(column: Column) -> dict[str, Reading]:
    """Free text on prior therapies as flags: idecel, ciltacel, belantamab, other_bcma, prior_bcma, polychemo_ever.

    A text that names therapies, but not this drug, is read as "no" for the drug: the text lists what was given.
    A text in which nothing is recognised is not understood. An empty cell stays unknown.
    """
    names = (*DRUGS, "prior_bcma", "polychemo_ever")
    readings = {name: Reading([None] * len(column.uniques)) for name in names}
    for at, cell in enumerate(column.uniques):
        word = fold(str(cell))
        if len(word) > LONGEST:
            for name in (*DRUGS, "prior_bcma"):
                readings[name].fail(at, EXPECTED_DRUGS)
            continue
        if is_missing_word(word):
            for reading in readings.values():
                reading.missing(at)
            continue
        if (
            word in NO
            or cell is False
            or re.fullmatch(r"(?:kein\w*|no|none|ohne) (?:bcma\b.*|vortherapie\w*|prior therap\w+)", word)
        ):
            for name in names if "bcma" not in word else (*DRUGS, "prior_bcma"):
                readings[name].values[at] = False
            continue
        statuses = _statuses(word, _DRUG)
        polychemo = _POLYCHEMO.search(word)
        if polychemo:
            readings["polychemo_ever"].values[at] = not _NOT_BEFORE.search(word[: polychemo.start()])
        generic = bool(_ANY_BCMA.search(word)) or word in YES
        if statuses:
            given = list(statuses.values())
            for name in DRUGS:
                status = statuses.get(name, False)
                readings[name].values[at] = status
                if name in statuses and status is None:
                    readings[name].fail(at, EXPECTED_DRUGS + "; whether the drug was given is not clear")
            readings["prior_bcma"].values[at] = True if True in given else None if None in given else False
        elif generic:
            bcma = _ANY_BCMA.search(word)
            denied = bcma is not None and bool(
                _NOT_BEFORE.search(word[: bcma.start()])
                or _NOT_AFTER.match(word[bcma.end() :])
                or "naiv" in word
            )
            if _UNSURE.search(word):
                for name in (*DRUGS, "prior_bcma"):
                    readings[name].fail(at, EXPECTED_DRUGS + "; whether a drug was given is not clear")
                continue
            for name in DRUGS:
                if denied:
                    readings[name].values[at] = False
                else:
                    readings[name].fail(at, "the name of the BCMA-directed drug", "drug_not_named", "warning")
            readings["prior_bcma"].values[at] = not denied
        elif _OTHER_THERAPY.search(word) or _POLYCHEMO.search(word):
            for name in (*DRUGS, "prior_bcma"):
                readings[name].values[at] = False
        else:
            for name in (*DRUGS, "prior_bcma"):
                readings[name].fail(at, EXPECTED_DRUGS)
    return readings


def drug_status(word: str, name: str) -> bool | None:
    """What a folded text in the column of one drug says about it; None when nothing."""
    statuses = _statuses(word, _DRUG)
    return statuses.get(name) if statuses else None


def read_fish(column: Column) -> dict[str, Reading]:
    """Free text of FISH as flags del17p, t414, t1416 and high_risk_cyto.

    Named without a status means found. What is not named stays unknown: it may not have been tested. "Normal" and
    "standard risk" are no for all three.
    """
    readings = {name: Reading([None] * len(column.uniques)) for name in (*ABERRATIONS, "high_risk_cyto")}
    for at, cell in enumerate(column.uniques):
        word = fold(str(cell))
        if len(word) > LONGEST:
            for reading in readings.values():
                reading.fail(at, EXPECTED_FISH)
            continue
        if is_missing_word(word):
            for reading in readings.values():
                reading.missing(at)
            continue
        if _NORMAL.match(word):
            for reading in readings.values():
                reading.values[at] = False
            continue
        statuses = _statuses(word, _ABERRATION)
        for name, status in statuses.items():
            readings[name].values[at] = status
            if status is None:
                readings[name].fail(at, EXPECTED_FISH + "; whether it was found is not clear")
        high = _HIGH_RISK.search(word)
        if high and not _UNSURE.search(word):
            readings["high_risk_cyto"].values[at] = not _NOT_BEFORE.search(word[: high.start()])
        if not statuses and not high:
            named = bool(_OTHER_ABERRATION.search(word))
            for name in ABERRATIONS:
                readings[name].fail(
                    at,
                    EXPECTED_FISH
                    + ("; none of del(17p), t(4;14) and t(14;16) is mentioned" if named else ""),
                    "fish_not_named" if named else "not_understood",
                    "warning" if named else "error",
                )
    return readings


def looks_like_drugs(column: Column) -> bool:
    """Whether a column of texts names therapies: at least one BCMA-directed drug, and hardly anything unknown."""
    texts = [fold(cell) for cell in column.uniques if isinstance(cell, str) and len(cell) <= LONGEST]
    texts = [
        text
        for text in texts
        if not is_missing_word(text) and text not in NO and text not in YES and text not in TICKS
    ]
    named = sum(bool(_DRUG.search(text)) for text in texts)
    known = sum(
        bool(_DRUG.search(text) or _ANY_BCMA.search(text) or _OTHER_THERAPY.search(text)) for text in texts
    )
    return named > 0 and known >= 0.7 * len(texts)


def looks_like_fish(column: Column) -> bool:
    """Whether a column of texts gives cytogenetic results, not only one of them."""
    texts = [fold(cell) for cell in column.uniques if isinstance(cell, str) and len(cell) <= LONGEST]
    texts = [
        text
        for text in texts
        if not is_missing_word(text) and text not in NO and text not in YES and text not in TICKS
    ]
    named = {match.lastgroup for text in texts for match in _ABERRATION.finditer(text)}
    known = sum(
        bool(
            _ABERRATION.search(text)
            or _OTHER_ABERRATION.search(text)
            or _NORMAL.match(text)
            or _HIGH_RISK.search(text)
        )
        for text in texts
    )
    return bool(named) and known >= 0.6 * len(texts)
