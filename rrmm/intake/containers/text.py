"""Tables in plain text: which encoding, which separator, and every cell as text."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable
from itertools import islice, zip_longest

from rrmm.intake import hostile
from rrmm.intake.containers.book import Book, Sheet
from rrmm.intake.containers.shifted import straighten
from rrmm.intake.issues import Issue, Refused

SEPARATORS = (";", ",", "\t", "|")
NAMES = {";": "semicolon", ",": "comma", "\t": "tab", "|": "pipe"}
ENCODINGS = (
    ("cp1252", "Windows Western (cp1252)"),
    ("cp1250", "Windows Central European (cp1250)"),
    ("mac_roman", "Mac Roman"),
    ("cp850", "DOS (cp850)"),
    ("iso8859_2", "ISO 8859-2"),
)
LETTERS = "äöüßÄÖÜéèêëàâçîïôùûÉÈÀÇñáíóúÑ¿¡ąćęłńóśźżĄĆĘŁŃÓŚŹŻ"
SIGNS = "°²³µ±×€§–—„“”’‘…≥≤ßβ"


ENOUGH = 20_000
"""Special characters that are looked at to tell the encoding."""


def read_text(data: bytes, filename: str = "", choices: dict | None = None) -> Book:
    """One sheet from delimited text. choices may name ``encoding`` and ``separator``. Raises Refused."""
    choices = choices or {}
    text, encoding, notes = decode(data, choices.get("encoding"))
    if "\0" in text:
        text = text.replace("\0", "")
        notes.append(Issue("warning", "", None, "", "nul_removed", "The file holds NUL characters; they were removed."))
    hint = re.match(r"sep=(.)\r?\n", text, re.IGNORECASE)
    separator: str | None = choices.get("separator") or (hint.group(1) if hint else None)
    if hint:
        text = text[hint.end() :]
    separator = separator or find_separator(text)
    rows, quoting_notes = split(text, separator)
    notes += quoting_notes
    rows, shifted = straighten(rows, separator)
    notes += shifted
    sheet = _sheet(rows)
    about = {"encoding": encoding, "separator": NAMES.get(separator, separator)}
    return Book("csv", (sheet,), tuple(notes), about=about)


def decode(data: bytes, encoding: str | None = None) -> tuple[str, str, list[Issue]]:
    """Text, the name of its encoding, and what to say about it."""
    if encoding:
        try:
            return data.decode(encoding), encoding, []
        except (UnicodeDecodeError, LookupError):
            raise Refused(f"The file can't be read as {encoding}.") from None
    for mark, name in (
        (b"\xef\xbb\xbf", "utf-8-sig"),
        (b"\xff\xfe\0\0", "utf-32"),
        (b"\0\0\xfe\xff", "utf-32"),
        (b"\xff\xfe", "utf-16"),
        (b"\xfe\xff", "utf-16"),
    ):
        if data.startswith(mark):
            try:
                return data.decode(name), name.removesuffix("-sig"), []
            except UnicodeDecodeError:
                return data.decode(name, "replace"), name, [_broken(name)]
    wide = _utf16_without_mark(data)
    if wide:
        return data.decode(wide, "replace"), wide, []
    try:
        return data.decode("utf-8"), "utf-8", []
    except UnicodeDecodeError as problem:
        # A UTF-8 file cut in the middle of a letter, or with one pasted cell of another encoding, is still
        # UTF-8.
        sound = len(re.findall(rb"[\xc3-\xc5][\x80-\xbf]", data))
        bad = len(re.findall(rb"[\x80-\xff]+", data)) - sound
        if sound > 5 * max(bad, 1) or (problem.end >= len(data) and sound):
            return data.decode("utf-8", "replace"), "utf-8", [_broken("utf-8")]
    return _single_byte(data)


def _broken(name: str) -> Issue:
    return Issue(
        "warning",
        "",
        None,
        "",
        "broken_characters",
        f"Some characters are not valid {name.upper()}; they are shown as \N{REPLACEMENT CHARACTER}.",
    )


def _utf16_without_mark(data: bytes) -> str | None:
    head = data[:4000]
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if len(head) >= 8 and max(even, odd) > 0.4 * len(head) / 2 and min(even, odd) < 0.05 * len(head) / 2:
        return "utf-16-le" if odd > even else "utf-16-be"
    return None


def _single_byte(data: bytes) -> tuple[str, str, list[Issue]]:
    """The single-byte encoding whose letters make sense: guessers built for prose fail on the few words of a
    table.

    Each non-ASCII character is looked at with its neighbours: a letter of German, French, Spanish or Polish
    inside
    a word counts for the encoding, a sign inside a word and a capital after a small letter count against it.
    """
    scores = []
    for order, (name, label) in enumerate(ENCODINGS):
        try:
            text = data.decode(name)
        except UnicodeDecodeError:
            continue
        scores.append((_plausible(text), -order, name, label, text))
    if not scores:
        return data.decode("latin-1"), "latin-1", []
    best = max(scores, key=lambda entry: entry[:2])
    score, _, name, label, text = best
    tied = [entry[3] for entry in scores if entry[0] == score and entry[2] != name and entry[4] != text]
    evidence = Counter(ch for ch in text if ord(ch) > 127).most_common(4)
    shown = ", ".join(ch for ch, _ in evidence)
    message = f"The file is not UTF-8; read as {label}, which makes its special characters {shown}."
    if tied:
        message += f" {', '.join(tied)} would fit as well; choose the encoding if words look wrong."
    return text, name, [Issue("info", "", None, "", "encoding", message)]


def _plausible(text: str) -> float:
    score = 0.0
    for found in islice(re.finditer(r"(.?)([^\x00-\x7f])(.?)", text), ENOUGH):
        before, ch, after = found.groups()
        in_word = before.isalpha() or after.isalpha()
        if ch in LETTERS:
            score += 2 if in_word else 0.5
            if ch.isupper() and before.islower():
                score -= 3
        elif ch in SIGNS:
            score += 0.5 if not (before.isalpha() and after.isalpha()) else -1
        elif ch.isalpha():
            score -= 1
        elif not ch.isprintable():
            score -= 3
        else:
            score -= 2 if in_word else 0.5
    return score


def find_separator(text: str) -> str:
    """The separator that cuts the first 200 lines into the most even, and most, fields."""
    sample = text[:200_000]
    best, best_score = ",", 0.0
    for separator in SEPARATORS:
        if separator not in sample:
            continue
        widths = []
        try:
            for row in csv.reader(io.StringIO(sample, newline=""), delimiter=separator):
                if any(row):
                    widths.append(len(row))
                if len(widths) >= 200:
                    break
        except csv.Error:
            continue
        if not widths:
            continue
        common, often = Counter(widths).most_common(1)[0]
        if common == 1 and max(widths) > 1:
            # Title lines alone may outnumber a short table.
            common, often = Counter(width for width in widths if width > 1).most_common(1)[0]
        score = (often / len(widths)) * min(common - 1, 30)
        if score > best_score:
            best, best_score = separator, score
    return best


def split(text: str, separator: str) -> tuple[list[list[str]], list[Issue]]:
    """Rows of fields. A quote that is never closed would swallow the rest of the file; then quotes are plain
    text.
    """
    csv.field_size_limit(hostile.MAX_BYTES)
    notes: list[Issue] = []
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True))
        swallowed = any(field.count("\n") > 30 for row in rows for field in row if len(field) > 60)
    except csv.Error:
        swallowed = True
    if swallowed:
        loose = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
        plain = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator, quoting=csv.QUOTE_NONE))
        if _even(plain) > _even(loose):
            rows = [[_unquote(field) for field in row] for row in plain]
        elif _even(loose) > 0.5:
            rows = loose
        else:
            raise Refused("The text file has a quotation mark that is never closed, so its cells can't be told apart.")
        notes.append(
            Issue(
                "warning",
                "",
                None,
                "",
                "open_quote",
                "A quotation mark is opened and never closed; quotation marks were read as plain text.",
            )
        )
    if len(rows) > hostile.MAX_ROWS + 100:
        raise Refused(f"The file has {len(rows):,} rows; up to {hostile.MAX_ROWS:,} rows can be read.")
    widest = max(map(len, rows), default=0)
    if widest > hostile.MAX_COLUMNS:
        raise Refused(f"The file has {widest:,} columns; up to {hostile.MAX_COLUMNS:,} columns can be read.")
    return rows, notes


def _even(rows: list[list[str]]) -> float:
    """Rows of the most common width, as a share of the lines."""
    filled = [len(row) for row in rows if any(row)]
    if not filled:
        return 0.0
    width, often = Counter(filled).most_common(1)[0]
    return often if width > 1 else 0.0


def _unquote(field: str) -> str:
    field = field.strip()
    return field[1:-1] if len(field) > 1 and field[0] == field[-1] == '"' else field.replace('"', "")


def _sheet(rows: list[list[str]]) -> Sheet:
    numbers, kept = [], []
    for number, row in enumerate(rows, start=1):
        if any(field and not field.isspace() for field in row):
            numbers.append(number)
            kept.append(row)
    return Sheet("", [_stripped(column) for column in zip_longest(*kept)], numbers)


def _stripped(column: Iterable[str | None]) -> list[object]:
    """Fields without blanks around them; equal ones are one object, which saves memory and every later look at them."""
    column = list(column)
    bare: dict[str | None, object] = {field: (field.strip() or None) if field is not None else None for field in set(column)}
    return [bare[field] for field in column]
