"""Death, progression and endpoint events: status words, inverted flags, 1/2 codes, and dates inside the status."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace
from typing import Any

import numpy as np

from rrmm.intake.columns import Column, Note, Question, Reading, Remark, code_key, fold, is_missing_word
from rrmm.intake.dates import parse_text, read_date
from rrmm.intake.flags import MISSING_FLAG_CODES, read_flag, yes_no
from rrmm.intake.headers import words_of
from rrmm.intake.vocabulary import words

DEAD, ALIVE, LOST, EVENT, CENSORED = (words(name) for name in ("dead", "alive", "lost", "event", "censored"))
PROGRESSED, NOT_PROGRESSED, _NO_DATE = (words(name) for name in ("progressed", "not_progressed", "no_date"))

_INVERTING = {
    "censored",
    "censor",
    "cens",
    "zensiert",
    "zensierung",
    "zens",
    "cnsr",
    "censure",
    "censurado",
    "cenzura",
    "censoring",
}
_LIVING = {"alive", "lebt", "lebend", "leben", "living", "vivant", "vivo", "zyje", "survival"}
_DYING = {"dead", "death", "died", "tot", "tod", "verstorben", "gestorben", "deceased", "decede", "fallecido"}
_DATE = re.compile(
    r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[./-]\d{1,2}[./-](?:\d{4}|\d{2})(?!\d)|"
    r"\d{1,2}\.?\s*(?:de )?[A-Za-zäéûżźńśóçÄ]{3,12}\.?\s*(?:de )?\d{4}|(?<![\d./-])\d{1,2}[/.-]\d{4}(?!\d)"
)
_JOINERS = re.compile(
    r"[\s,;:()\[\]\-–=/]*\b(?:am|on|le|el|dnia|at|seit|since|in|im|vom|stand|date|datum|zuletzt|last seen|"
    r"last contact|letzter kontakt)\b[\s.:,]*|[\s,;:()\[\]\-–=/.]+$|^[\s,;:()\[\]\-–=/]+"
)
LONGEST = 300
"""Characters of a status text that is searched for words and dates."""
DATE_OF = {"death": "death_date", "os_event": "death_date", "progression": "progression_date"}
EXPECTED = {
    "death": "whether the patient died (yes/no, dead/alive)",
    "os_event": "event or censored (1/0)",
    "progression": "whether the disease progressed (yes/no)",
    "pfs_event": "event or censored (1/0)",
    "dor_event": "event or censored (1/0)",
}


def words_for(name: str) -> tuple[frozenset[str], frozenset[str]]:
    """Words that mean yes and no for this event."""
    if name == "death":
        return DEAD, ALIVE | CENSORED
    if name == "os_event":
        return DEAD | EVENT, ALIVE | CENSORED
    if name == "progression":
        return PROGRESSED, NOT_PROGRESSED | CENSORED
    return PROGRESSED | DEAD | EVENT, NOT_PROGRESSED | CENSORED | ALIVE


def is_inverted(name: str, header: str) -> bool:
    """Whether 1 or yes under this header means "no event" (censored, alive)."""
    words = set(words_of(header))
    if name.endswith("_event") and words & _INVERTING and not words & {"event", "ereignis"}:
        return True
    return name in ("death", "os_event") and bool(words & (_LIVING - {"survival"})) and not words & _DYING


def unclear_codes(name: str, header: str) -> bool:
    """Whether 0 and 1 under this header could mean either (a vital status)."""
    words = set(words_of(header))
    return name in ("death", "os_event") and (
        bool(
            words & {"vital", "vitalstatus", "vitalstand", "survival"}
            and not words & _DYING
            and "os" not in words
        )
        or bool(words & _LIVING and words & _DYING)
        or bool({"event", "ereignis"} & words and words & _INVERTING)
    )


def split_date(text: str) -> tuple[str, str]:
    """A status text without its date, folded, and that date as written; ("...", "") without or with several dates."""
    found = _DATE.findall(text) if len(text) <= LONGEST else []
    if len(found) != 1:
        return fold(text), ""
    rest = fold(text.replace(found[0], " ", 1))
    for _ in range(3):
        rest = _JOINERS.sub(" ", rest).strip()
    return rest, found[0]


def read_event(
    column: Column, name: str, choices: dict[str, Any], dated: np.ndarray | None, today: dt.date
) -> Reading:
    """An event flag. dated: (n,) whether the row has a date of this event, None when the file has no such column."""
    yes, no = words_for(name)
    inverted = is_inverted(name, column.header)
    texts: list[Any] = []
    dates: dict[int, Any] = {}
    for at, cell in enumerate(column.uniques):
        text = cell
        if isinstance(cell, str):
            rest, date = split_date(cell)
            if date:
                text = rest or "ja"
                dates[at] = date
        elif isinstance(cell, dt.date):
            dates[at], text = cell, "ja"
        texts.append(text)
    inner = replace(column, uniques=texts, legend=_legend(column, yes, no))
    codes = _decide_codes(inner, name, inverted, choices, dated)
    if codes is None:
        reading = read_flag(
            replace(inner, legend={}),
            {**choices, f"codes:{column.header}": "1=yes"},
            yes,
            no,
            inverted=inverted,
        )
        _ask(column, name, reading)
        for at, cell in enumerate(texts):
            if code_key(cell) in ("0", "1", "2"):
                reading.fail(at, "", "")
    else:
        words, remark = codes
        if words:
            inner = replace(inner, legend={**inner.legend, **words})
        reading = read_flag(inner, choices, yes, no, inverted=inverted and not words)
        if remark is not None:
            reading.remarks.append(remark)
    if inverted and "cnsr" in words_of(column.header):
        for at, cell in enumerate(texts):
            if (
                code_key(cell).isdigit()
                and code_key(cell) not in MISSING_FLAG_CODES
                and int(code_key(cell)) > 1
            ):
                reading.values[at] = False
                reading.notes.pop(at, None)
    _words(column, texts, name, yes, no, reading)
    _dates(dates, name, reading, today)
    return reading


def _legend(column: Column, yes: frozenset[str], no: frozenset[str]) -> dict[str, str]:
    legend = {}
    for code, label in column.legend.items():
        word = fold(label)
        legend[code] = "yes" if word in yes else "no" if word in no else label
    return legend


def _decide_codes(
    column: Column, name: str, inverted: bool, choices: dict[str, Any], dated: np.ndarray | None
) -> tuple[dict[str, str], Remark | None] | None:
    """Meaning of 0/1/2, from the user, the header's legend, or the dates; None when it has to be asked."""
    numbers = {
        code_key(cell) for cell in column.uniques if code_key(cell).lstrip("-").isdigit()
    } - MISSING_FLAG_CODES
    if not numbers or numbers & set(column.legend):
        return {}, None
    pair = ("1", "2") if "2" in numbers and numbers <= {"1", "2"} else ("0", "1")
    answer = choices.get(f"codes:{column.header}")
    if answer in (f"{pair[0]}=yes", f"{pair[1]}=yes"):
        event = str(answer)[0]
        return {code: "yes" if code == event else "no" for code in pair}, None
    if not numbers <= set(pair):
        return {}, None
    unclear = pair == ("1", "2") or unclear_codes(name, column.header)
    expected = None if unclear else ("0" if inverted else "1")
    # Turning round what the header says takes more than a row or two.
    event = _by_dates(column, pair, dated, 2 if unclear else 3)
    if event and event != expected:
        other = pair[1] if event == pair[0] else pair[0]
        return (
            {event: "yes", other: "no"},
            Remark(
                "warning",
                "codes_decided",
                f"The code {event} was read as the event and {other} as none, because "
                f"the dates of the event stand beside {event}.",
            ),
        )
    return None if unclear and not event else ({}, None)


def _by_dates(column: Column, pair: tuple[str, str], dated: np.ndarray | None, least: int) -> str:
    """The code that stands beside a date of the event; "" when the dates do not tell."""
    if dated is None or len(column.codes) == 0:
        return ""
    share = {}
    for code in pair:
        at = [k for k, cell in enumerate(column.uniques) if code_key(cell) == code]
        rows = np.isin(column.codes, at)
        if rows.sum() < least:
            return ""
        share[code] = float(dated[rows].mean())
    for event, other in (pair, pair[::-1]):
        if share[event] >= 0.9 and share[other] <= 0.1:
            return event
    return ""


def blanks_by_dates(column: Column, reading: Reading, dated: np.ndarray | None) -> None:
    """Only "yes" is entered, and exactly these rows have a date of the event: then a blank means no."""
    asked = [question for question in reading.questions if question.key.startswith("blank:")]
    if not asked or dated is None or not np.array_equal(dated, column.codes >= 0):
        return
    reading.questions.remove(asked[0])
    reading.remarks[:] = [remark for remark in reading.remarks if remark.rule != "blank_unclear"]
    reading.also["<blank>"] = {0: False}
    reading.remarks.append(
        Remark(
            "info",
            "blank_is_no",
            "Blank cells were read as no, as exactly the other rows have a date of the event.",
        )
    )


def _ask(column: Column, name: str, reading: Reading) -> None:
    numbers = {code_key(cell) for cell in column.uniques}
    first, second = ("1", "2") if "2" in numbers else ("0", "1")
    what = {"death": "death", "os_event": "death", "progression": "progression"}.get(name, "an event")
    reading.questions.append(
        Question(
            f"codes:{column.header}",
            column.header,
            f"Which code means {what}?",
            {
                f"{second}=yes": f"{second} is {what}, {first} is none",
                f"{first}=yes": f"{first} is {what}, {second} is none",
            },
        )
    )
    reading.remarks.append(
        Remark(
            "error",
            "codes_ambiguous",
            f"The codes {first} and {second} are not explained: choose "
            f"which one means {what}. Until then the values are missing.",
        )
    )


def _words(
    column: Column, texts: list[Any], name: str, yes: frozenset[str], no: frozenset[str], reading: Reading
) -> None:
    """Phrases around the status word, and patients lost to follow-up."""
    for at, cell in enumerate(texts):
        note = reading.notes.get(at)
        if not isinstance(cell, str) or note is None or note.state != "failed" or not note.rule:
            continue
        if len(cell) > LONGEST:
            reading.fail(at, EXPECTED.get(name, "yes or no"))
            continue
        word = fold(cell)
        if word in LOST or any(word.startswith(lost) for lost in LOST):
            reading.warn(
                at, False, "lost_to_follow_up", "lost to follow-up: read as no event up to the last contact"
            )
            continue
        words = re.split(r"[\s,;:()/]+", word)
        negated = bool(
            set(words)
            & {
                "kein",
                "keine",
                "keinen",
                "no",
                "not",
                "nicht",
                "ohne",
                "without",
                "sans",
                "pas",
                "sin",
                "bez",
                "nie",
            }
        )
        hits = {True: bool(set(words) & yes), False: bool(set(words) & no)}
        if (
            hits[True] != hits[False]
            and not negated
            and not re.search(r"\?|verdacht|suspect|fraglich|v\.\s?a", word)
        ):
            reading.warn(at, hits[True], "status_in_text", "a word of the text was used")
        else:
            reading.fail(at, EXPECTED.get(name, "yes or no"))


def _dates(dates: dict[int, Any], name: str, reading: Reading, today: dt.date) -> None:
    """Dates inside the status go to the date of the event; those beside "alive" to the last contact."""
    target = DATE_OF.get(name)
    for at, written in dates.items():
        value = reading.values[at]
        if value is None:
            continue
        day: dt.datetime | None = None
        if isinstance(written, dt.date):
            day = dt.datetime(written.year, written.month, written.day)
        else:
            parsed = parse_text(written, today)
            if parsed is not None:
                day = parsed.day or (
                    parsed.dmy if parsed.separator == "." or parsed.dmy == parsed.mdy else None
                )
                if day is None and bool(parsed.dmy) != bool(parsed.mdy):
                    day = parsed.dmy or parsed.mdy
        place = target if value else ("last_contact_date" if name in ("death", "os_event") else None)
        if day is not None and place is not None:
            reading.also.setdefault(place, {})[at] = day
        elif place is not None:
            reading.warn(
                at,
                value,
                "date_in_status",
                "the date in the cell could not be read for certain; the status was used",
            )


def read_event_date(
    column: Column,
    name: str,
    choices: dict[str, Any],
    *,
    datemode_1904: bool,
    today: dt.date,
    outside: str = "",
) -> Reading:
    """A date column that also holds words: "lives", "no progression", "died 12.03.23"."""
    flag = {"death_date": "death", "progression_date": "progression"}.get(name)
    yes, no = words_for(flag) if flag else (frozenset(), frozenset())
    uniques, status, wrapped, blank = list(column.uniques), {}, set(), set()
    for at, cell in enumerate(column.uniques):
        if not isinstance(cell, str) or parse_text(cell, today) is not None:
            continue
        rest, date = split_date(cell)
        word = fold(cell)
        if date and parse_text(date, today) is not None:
            uniques[at] = date
            wrapped.add(at)
            if rest in no:
                # "alive 12.03.23" in a column of deaths is a date of last contact, and no death.
                uniques[at] = "-"
                blank.add(at)
            if flag and (rest in yes or rest in no):
                status[at] = rest in yes
        elif word in no or word in ALIVE or yes_no(word) is False or word in _NO_DATE:
            uniques[at] = "-"
            blank.add(at)
            if flag:
                status[at] = False
        elif flag and (word in yes or yes_no(word)):
            status[at] = True
    reading = read_date(
        replace(column, uniques=uniques), choices, datemode_1904=datemode_1904, today=today, outside=outside
    )
    for at in wrapped - blank:
        if reading.values[at] is not None and at not in reading.notes:
            reading.warn(at, reading.values[at], "date_in_text", "the date was taken from the text")
    for at in blank:
        reading.values[at] = None
        reading.notes[at] = Note("read")
    if flag and status:
        reading.also[flag] = dict(status)
    return reading


def is_status_text(column: Column) -> bool:
    """Whether most texts of a column are words for dead or alive."""
    words = [split_date(cell)[0] for cell in column.uniques if isinstance(cell, str)]
    words = [word for word in words if word and not is_missing_word(word)]
    return bool(words) and sum(word in DEAD | ALIVE | LOST for word in words) >= 0.8 * len(words)
