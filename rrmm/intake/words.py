"""Words by which the reader knows a header, a unit, a total or a note, in five languages."""

from __future__ import annotations

import datetime as dt
import re
from functools import lru_cache

from rrmm.intake.header_match import synonyms
from rrmm.intake.headers import key_of, without_asides, without_unit, words_of

UNIT = re.compile(
    r"^[\[(]?\s*(%|prozent|percent|pct|mg/d?l|g/d?l|g/l|u/l|iu/l|u/ml|ukat/l|nmol/l|mmol/l|umol/l|µmol/l|mg|g|kg|cm|m²|ml/min.*"
    r"|days?|months?|years?|weeks?|d|mo|y|yrs?|tage?n?|monate?n?|jahre?n?|wochen|jours?|mois|ans?|semaines|"
    r"d[ií]as?|mes(es)?|a[nñ]os?|semanas|dni|dzie[nń]|miesi[aą]c[ae]?|miesi[eę]cy|lata?|lat|"
    r"(yes|ja|oui|s[ií]|tak)\s*[/,|]\s*(no|nein|non|nie).*|0\s*[/,|]\s*1.*|1\s*[/,|]\s*0.*|[mf]\s*[/,|]\s*[wfm]|"
    r"(dd|tt|jj|gg)[./-](mm)[./-](yy|yyyy|jj|jjjj|aa|aaaa|rrrr)|yyyy[./-]mm[./-]dd|jjjj-mm-tt|date|datum|fecha|data|"
    r"text|numeric|number|zahl|integer|code|grade?|grad\s*\d.*|\d\s*-\s*\d|i\s*[-/,]\s*iii|i/ii/iii|"
    r"ctcae.*|astct.*|x?\s*10\^?9/l|/nl|/µl|/ul|g/l|gpt/l|n|-|–|imwg)\s*[\])]?$",
    re.IGNORECASE,
)

TOTAL = re.compile(
    r"^\W*(grand total|sub-?total|totals?|sums?|summe[n]?|zwischensumme|gesamt(zahl|summe|ergebnis)?|insgesamt|"
    r"mittelwerte?|mw|means?|averages?|durchschnitt(lich)?|median[ea]?|anzahl|count|counts|n\s*=\s*\d+|n gesamt|"
    r"moyenne|m[ée]diane|somme|suma|media|promedio|mediana|razem|[łl][aą]cznie|[śs]rednia|"
    r"min(imum)?|max(imum)?|range|spannweite|sd|std|standardabweichung|standard deviation|prozent|percent)"
    r"\b(?!\s*id)[\s:=.()\d%]*[^\d]{0,40}$",
    re.IGNORECASE,
)

CENTRE = re.compile(
    r"\b(zentrum|centre|center|klinik\w*|uniklinik\w*|universit\w*|site|hospital\w*|krankenhaus|standort|"
    r"h[ôo]pital|centro|o[śs]rodek|szpital|clinic\w*|charit[ée]|ukw|uke|lmu|tum|mhh)\b",
    re.IGNORECASE,
)

LEGEND = frozenset(
    {
        "variable",
        "variablenname",
        "variable name",
        "bedeutung",
        "meaning",
        "beschreibung",
        "description",
        "erklaerung",
        "explanation",
        "code",
        "codes",
        "kodierung",
        "coding",
        "spalte",
        "column",
        "feld",
        "field",
        "legende",
        "legend",
        "einheit",
        "unit",
        "werte",
        "values",
        "allowed values",
        "format",
        "typ",
        "type",
        "kind",
        "levels",
        "label",
        "glossar",
        "abkuerzung",
        "abbreviation",
        "variable field name",
        "field type",
        "field label",
        "signification",
        "significado",
        "descripcion",
        "opis",
        "znaczenie",
        "zmienna",
        "hinweis",
        "note",
        "header",
        "ueberschrift",
        "zulaessige werte",
    }
)

PERSONAL = frozenset(
    {
        "name",
        "vorname",
        "nachname",
        "familienname",
        "first name",
        "last name",
        "surname",
        "geburtsdatum",
        "geb",
        "geb datum",
        "birth date",
        "date of birth",
        "dob",
        "birthdate",
        "initials",
        "initialen",
        "strasse",
        "plz",
        "ort",
        "wohnort",
        "address",
        "adresse",
        "telefon",
        "phone",
        "email",
        "e mail",
        "mail",
        "versichertennummer",
        "mrn",
        "kvnr",
        "nom",
        "prenom",
        "apellidos",
        "nombre",
        "imie",
        "nazwisko",
        "fecha de nacimiento",
        "date de naissance",
        "data urodzenia",
    }
)

EVENT_TERM = frozenset(
    {
        "adverse event",
        "adverse events",
        "ae",
        "ae term",
        "aeterm",
        "aedecod",
        "event",
        "event term",
        "term",
        "toxicity",
        "toxizitaet",
        "unerwuenschtes ereignis",
        "ue",
        "nebenwirkung",
        "nebenwirkungen",
        "ereignis",
        "preferred term",
        "pt",
        "ctcae term",
        "evenement indesirable",
        "effet indesirable",
        "evento adverso",
        "acontecimiento adverso",
        "zdarzenie niepozadane",
        "reported term",
        "komplikation",
        "complication",
    }
)
EVENT_GRADE = frozenset(
    {
        "grade",
        "grad",
        "ctcae grade",
        "ctcae grad",
        "ctcae",
        "ctc grade",
        "ctc grad",
        "aetoxgr",
        "severity",
        "schweregrad",
        "toxicity grade",
        "max grade",
        "maximalgrad",
        "ae grade",
        "grado",
        "stopien",
        "gravite",
        "atoxgr",
    }
)
EVENT_ONSET = frozenset(
    {
        "onset",
        "onset date",
        "date of onset",
        "start date",
        "start",
        "beginn",
        "datum beginn",
        "datum",
        "date",
        "aestdtc",
        "astdt",
        "aestdt",
        "ae start",
        "ae start date",
        "beginndatum",
        "datum auftreten",
        "auftreten",
        "date de debut",
        "debut",
        "fecha de inicio",
        "inicio",
        "fecha",
        "data wystapienia",
        "poczatek",
        "event date",
        "ae date",
        "start datum",
        "startdatum",
        "von",
    }
)
EVENT_DAY = frozenset(
    {
        "aestdy",
        "astdy",
        "study day",
        "onset day",
        "day",
        "days",
        "tag",
        "studientag",
        "day of onset",
        "days from start",
        "tage",
        "days since start",
        "tage seit start",
        "jour",
        "dia",
        "dzien",
    }
)


def plain(text: str) -> str:
    """The words of a text, folded, with single spaces between them."""
    return " ".join(words_of(text))


_EXTRA = PERSONAL | EVENT_TERM | EVENT_GRADE | frozenset({"paramcd", "aval", "cnsr", "usubjid", "param"})
# One-word answers that are headers in some files and values in most.
_VALUES = frozenset(
    {
        "yes",
        "no",
        "ja",
        "nein",
        "oui",
        "non",
        "si",
        "tak",
        "nie",
        "x",
        "f",
        "m",
        "w",
        "i",
        "ii",
        "iii",
        "cr",
        "scr",
        "ncr",
        "vgpr",
        "pr",
        "mr",
        "sd",
        "pd",
        "ne",
        "male",
        "female",
        "weiblich",
        "maennlich",
        "unknown",
        "unbekannt",
        "na",
        "nan",
        "none",
        "null",
        "true",
        "false",
        "wahr",
        "falsch",
        "k a",
        "n a",
        "positive",
        "negative",
        "positiv",
        "negativ",
        "1",
        "0",
        "homme",
        "femme",
        "hombre",
        "mujer",
    }
)
_NUMBER = re.compile(r"^[<>≥≤~=]*\s*[-+]?\d[\d.,'  ]*\s*(%|[a-zµ/]{1,6})?$", re.IGNORECASE)
_DATE = re.compile(
    r"^(\d{1,2}[./-]\s?\d{1,2}[./-]\s?(\d{2}|\d{4})|\d{4}[./-]\d{1,2}([./-]\d{1,2})?|\d{1,2}[./]\d{4})"
    r"([ T]\d{1,2}:\d{2}.*)?$"
)


def known_header(value: object) -> str | None:
    """Canonical name for a header that is known word for word; "" for one that is known but no variable; else
    None.

    Words that are values in most files (PD, M, CR) are not known here.
    """
    if not isinstance(value, str) or len(value) > 120 or plain(value) in _VALUES:
        return None
    return _known(value)


@lru_cache(maxsize=20_000)
def _known(value: str) -> str | None:
    for text in (value, without_asides(value), without_unit(value)[0]):
        hit = synonyms().get(key_of(text))
        if hit:
            return hit[0]
        if plain(text) in _EXTRA:
            return ""
    return None


def is_data(value: object) -> bool:
    """Whether a cell looks like a value (a number, a date, yes or no) rather than like a header."""
    if value is None:
        return False
    if isinstance(value, str):
        # Longer than any number or date; and the patterns are made for short texts.
        if len(value) > 60:
            return False
        return bool(_NUMBER.match(value) or _DATE.match(value)) or plain(value) in _VALUES
    return isinstance(value, int | float | bool | dt.date | dt.time | dt.timedelta)


def is_unit(value: object) -> bool:
    """Whether a cell names a unit or a format."""
    return isinstance(value, str) and len(value) <= 40 and bool(UNIT.match(value.strip()))


def header_text(value: object) -> str:
    """A header cell as one line of text."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, dt.datetime | dt.date):
        return value.isoformat()[:10]
    text = " ".join(str(value).split())
    return text if len(text) <= 200 else text[:197] + "..."
