"""What identifies a person, in headers and in values, in English, German, French, Spanish and Polish."""

from __future__ import annotations

import json
import re
from pathlib import Path

from rrmm.intake.headers import key_of

_WORDS = json.loads(Path(__file__).with_name("personal.json").read_text(encoding="utf-8"))
HEADERS = {kind: frozenset(map(key_of, words)) for kind, words in _WORDS["headers"].items()}
"""Headers by what they hold, as keys of :func:`rrmm.intake.headers.key_of`."""

KIND_OF_KEY = {key: kind for kind, keys in HEADERS.items() for key in keys}

_INSIDE = (
    (
        "birth date",
        re.compile(
            r"geburts(datum|tag)|date ?of ?birth|birth ?date|date ?de ?naissance|fecha ?de ?nacimiento|"
            r"data ?urodzenia",
            re.I,
        ),
    ),
    (
        "name",
        re.compile(
            r"(vor|nach|familien)name|patient(en)?[ _.-]?name|(first|last|family|given|full)[ _-]?name|surname|"
            r"pr[ée]nom|apellido|nazwisko|\bname (des|der) pat",
            re.I,
        ),
    ),
    ("initials", re.compile(r"\binitial(s|en|es)\b|inicjały|\biniciales\b", re.I)),
    ("e-mail address", re.compile(r"e-?mail", re.I)),
    (
        "phone number",
        re.compile(r"telefon(nummer)?\b|\bphone\b|t[ée]l[ée]phone|tel[ée]fono|handy(nummer|nr)?\b", re.I),
    ),
    (
        "insurance number",
        re.compile(
            r"versicher(ten|ungs)[ -]?(nr|nummer|id)|insurance (no|number|id)|social security|"
            r"s[ée]curit[ée] sociale|seguridad social|\bpesel\b|\bkvnr\b",
            re.I,
        ),
    ),
    (
        "hospital number",
        re.compile(
            r"medical record|\bmrn\b|historia cl[ií]nica|num[ée]ro de dossier|historii choroby|"
            r"aufnahme-?n(umme)?r",
            re.I,
        ),
    ),
    (
        "address",
        re.compile(
            r"postleitzahl|\bplz\b|wohnort|\banschrift\b|zip ?code|post(al)? ?code|code postal|"
            r"c[óo]digo postal|kod pocztowy|home address|street address",
            re.I,
        ),
    ),
)


def kind_of_header(header: str) -> str | None:
    """What personal data a header announces ("name", "birth date", ...), or None."""
    for part in (header, *header.split(" / ")):
        kind = KIND_OF_KEY.get(key_of(part)) or KIND_OF_KEY.get(key_of(re.sub(r"[\[(].*?[\])]", " ", part)))
        if kind:
            return kind
    return next((kind for kind, rule in _INSIDE if rule.search(header)), None)


FIRST_NAMES = frozenset(_WORDS["first_names"])
"""Common first names in the five languages, lower case."""

EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(\.[\w-]{1,63}){1,8}")
PHONE = re.compile(
    r"(?<![\w.,-])(\+\d{1,3}[ ./()-]?(\(?\d{1,5}\)?[ ./-]?){2,6}\d{2,}|0\d{2,5}\s?[/-]\s?\d{3,}[\d -]*\d|"
    r"\(0\d{2,5}\)\s?\d{3,}[\d -]*\d|0[167]\d(?:[ .]\d{2}){4}|01[567]\d[ /-]?\d{6,9})(?![\w.])"
)
KVNR = re.compile(r"(?<![A-Za-z\d])[A-Z]\d{9}(?![A-Za-z\d])")
RVNR = re.compile(r"(?<!\d)\d{2}\s?[0-3]\d[01]\d{3}\s?[A-Z]\s?\d{3}(?!\d)")
NIR = re.compile(r"(?<!\d)[12]\s?\d{2}\s?(0[1-9]|1[0-2])\s?(\d{2}|2[AB])\s?\d{3}\s?\d{3}(\s?\d{2})?(?!\d)")
DNI = re.compile(r"(?<![A-Za-z\d])(\d{8}|[XYZ]\d{7})-?[A-Z](?![A-Za-z\d])")
PESEL = re.compile(r"(?<!\d)\d{11}(?!\d)")
STREET = re.compile(
    r"(?i)(?<![\w.-])[\w.-]{0,40}(stra(ss|ß)e|str\.|weg|allee|gasse|platz|ring|damm)\s+\d{1,4}\s?[a-z]?\b|"
    r"\b\d{1,4}[, ]+(bis )?(rue|avenue|boulevard|place|chemin|impasse) \w|"
    r"\b(calle|avenida|avda\.?|plaza|paseo|c/) ?[\w ]{2,30},? *\d|\b(ul\.|ulica|al\.) ?\w+ \d|"
    r"\b\d{1,5} [A-Z]\w+ (street|st\.|road|rd\.|lane|drive|avenue)\b"
)
BIRTH = re.compile(
    r"(?i)(\bgeb(oren|\.)?( am)?:?|\bborn( on)?:?|\bdob:?|\bn[ée]e? le|\bnacid[oa] el|\bur(odzon[ya])?\.?|\*)"
    r"\s*\d{1,2}[./-]\s?\d{1,2}[./-]\s?(19|20)?\d{2}\b"
)
TITLED = re.compile(
    r"\b(Herrn?|Frau|Hr\.|Fr\.|Mr\.?|Mrs\.?|Ms\.?|Mister|Mme|Madame|Monsieur|Mlle|Sr\.|Sra\.|Señora?|Don|Doña|"
    r"Pani?|Pana|Dr\.?(?: med\.?)?|Prof\.?)\s+(Dr\.?\s*)?(?!(?:ist|hat|is|has|was)\b)[A-ZÄÖÜŁŚŻŹĆ][\w'-]{2,40}"
)
_WORD = r"[A-ZÄÖÜÉÈÁÓÍŁŚŻŹĆÇÑ][\wäöüßéèáóíñçłśżźćęąń'-]{1,40}"
TWO_WORDS = re.compile(rf"({_WORD}),?\s+({_WORD})(?:\s+{_WORD})?")
FULL_NAME = re.compile(rf"^(?:(?:Dr|Prof)\.?\s+)*{_WORD},?\s+(?:(?:von|van|de|del|la|der|zu)\s+)*{_WORD}(?:\s+{_WORD})?$")
SURNAME_FIRST = re.compile(rf"^{_WORD}(?:[ -]{_WORD})?,\s*{_WORD}(?:[ -]{_WORD})?$")
INITIALS_DATE = re.compile(
    r"^[A-ZÄÖÜ]\.?\s?[A-ZÄÖÜ]\.?\s?[A-ZÄÖÜ]?\.?[\s_,*-]*\(?\*?(\d{1,2}[./-]\d{1,2}[./-](19|20)?\d{2}|"
    r"\d{6}|\d{8}|(19|20)\d{2})\)?$"
)
_MEDICAL = frozenset(
    [
        "multiple",
        "multiples",
        "multiplem",
        "bone",
        "acute",
        "chronic",
        "severe",
        "mild",
        "progressive",
        "complete",
        "partial",
        "stable",
        "minimal",
        "very",
        "good",
        "cilta",
        "ide",
        "hodgkin",
        "fever",
        "car",
        "auto",
        "allo",
    ]
)


def _pesel(digits: str) -> bool:
    weights = (1, 3, 7, 9, 1, 3, 7, 9, 1, 3)
    month = int(digits[2:4]) % 20
    return (
        (10 - sum(int(d) * w for d, w in zip(digits, weights, strict=False)) % 10) % 10 == int(digits[10])
        and 1 <= month <= 12
        and 1 <= int(digits[4:6]) <= 31
    )


def number_kind(text: str) -> str | None:
    """Whether a text is or holds an insurance number, a phone number or an e-mail address."""
    if "@" in text and EMAIL.search(text):
        return "e-mail address"
    if (
        KVNR.search(text)
        or RVNR.search(text)
        or NIR.search(text)
        or DNI.search(text)
        or any(_pesel(found) for found in PESEL.findall(text))
    ):
        return "insurance number"
    if PHONE.search(text):
        return "phone number"
    return None


def has_first_name(text: str) -> bool:
    """Two capitalised words one of which is a common first name."""
    for found in TWO_WORDS.finditer(text):
        words = [word.casefold() for word in re.findall(_WORD, found.group(0))]
        parts = {piece for word in words for piece in (word, *word.split("-"))}
        if parts & FIRST_NAMES and not parts & _MEDICAL:
            return True
    return False


def is_name(text: str) -> bool:
    """Whether a whole cell is a person's name."""
    if SURNAME_FIRST.match(text):
        return True
    return bool(FULL_NAME.match(text)) and has_first_name(text)


def in_free_text(text: str, known_names: frozenset[str] = frozenset()) -> str | None:
    """What personal data is in a cell of text, or None. known_names: words of the name columns of the same
    file.
    """
    kind = number_kind(text)
    if kind:
        return kind
    if BIRTH.search(text):
        return "birth date"
    if STREET.search(text):
        return "address"
    if (
        TITLED.search(text)
        or has_first_name(text)
        or (SURNAME_FIRST.match(text) and text.split(",")[-1].strip().casefold() in FIRST_NAMES)
    ):
        return "name"
    if INITIALS_DATE.match(text):
        return "initials with birth date"
    if known_names:
        words = {word.casefold() for word in re.findall(r"[^\W\d_]{3,}", text) if word[0].isupper()}
        if words & known_names:
            return "name"
    return None


LONG_DIGITS = re.compile(r"\d{6,}")
HASH = re.compile(r"^\{?[0-9a-fA-F]{8}-?([0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}\}?$|^[0-9a-fA-F]{24,64}$")


def identifying_id(text: str) -> bool:
    """Whether a patient ID could be looked up: hospital and insurance numbers, names, initials, birth dates.

    Study codes (letters and a short number, running numbers, hashes) could not.
    """
    text = text.strip()
    if HASH.match(text):
        return False
    digits = re.sub(r"\D", "", text)
    if LONG_DIGITS.search(text) or number_kind(text) or INITIALS_DATE.match(text):
        return True
    if re.search(r"\d{1,2}\.\d{1,2}\.(19|20)?\d{2}|(19|20)\d{2}-\d{2}-\d{2}", text):
        return True
    # Letters alone are initials or a name; "Patient A" is none.
    return not digits and bool(re.search(r"[^\W\d_]{2,}", re.sub(r"(?i)^(patient|pat|subject|case|fall)\W+", "", text)))
