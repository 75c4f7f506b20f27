"""Finds the table on one sheet: its header rows, its columns, and which rows are patients."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from rrmm.intake.containers.book import Sheet, column_letter
from rrmm.intake.issues import Issue, Severity
from rrmm.intake.raw import RawTable
from rrmm.intake.words import (
    CENTRE,
    LEGEND,
    TOTAL,
    header_text,
    is_data,
    is_unit,
    known_header,
    plain,
)

Say = Callable[[Severity, int | None, str, str, str], None]

LOOK = 60
"""Rows from the top among which the header is looked for."""


@dataclass(frozen=True, eq=False)
class Found:
    """A table on a sheet. known: how many headers are known word for word; legend: explains codes, holds no patients."""

    table: RawTable
    known: int
    legend: bool
    transposed: bool
    header_rows: tuple[int, ...]
    left_out: tuple[tuple[int, str], ...] = ()


def find_tables(
    sheet: Sheet, source: str, *, header_row: int | None = None, transposed: bool | None = None
) -> list[Found]:
    """The tables of a sheet, from the top: usually one. header_row and transposed overrule what would be found."""
    if not sheet.n or not sheet.columns:
        return []
    if sheet.headers is not None:
        table = RawTable(
            sheet.name,
            sheet.headers,
            ("",) * len(sheet.headers),
            tuple(sheet.columns),
            list(sheet.row_numbers),
            0,
            source=source,
            value_labels=dict(sheet.value_labels),
        )
        return [Found(table, sum(known_header(h) is not None for h in sheet.headers), False, False, ())]
    turned = _is_transposed(sheet) if transposed is None and header_row is None else bool(transposed)
    if turned:
        sheet = _transpose(sheet)
    parts = [sheet] if header_row is not None else _split_stacked(sheet)
    found = [_find(part, source, header_row if part is parts[0] else None, turned) for part in parts]
    return [entry for entry in found if entry is not None]


# ---------------------------------------------------------------- orientation


def _is_transposed(sheet: Sheet) -> bool:
    """Headers run down the first columns: far more known ones there than in any row, and several patients beside."""
    width = len(sheet.columns)
    if width < 3:
        return False
    down = max(_known_downwards(column) for column in sheet.columns[:3])
    if down < 4:
        return False
    across = max(_distinct_known(sheet.row(at)) for at in range(min(sheet.n, LOOK)))
    if down < 2 * across + 2:
        return False
    return not any(_legend_words(sheet.row(at)) >= 2 for at in range(min(sheet.n, 10)))


def _distinct_known(cells: list[object]) -> int:
    return len({plain(str(value)) for value in cells if known_header(value) is not None})


def _known_downwards(column: list[object]) -> int:
    """Known headers down a column; 0 where texts repeat, as values do (a list of events) and headers don't."""
    texts = [plain(value) for value in column[:300] if isinstance(value, str)]
    if len(set(texts)) < 0.8 * len(texts):
        return 0
    return _distinct_known(column[:300])


def _legend_words(cells: list[object]) -> int:
    return sum(isinstance(value, str) and plain(value) in LEGEND for value in cells)


def _transpose(sheet: Sheet) -> Sheet:
    numbers = [sheet.first_column + at + 1 for at in range(len(sheet.columns))]
    rows = [sheet.row(at) for at in range(sheet.n)]
    keep = [at for at, column in enumerate(sheet.columns) if any(value is not None for value in column)]
    columns = [[row[at] for at in keep] for row in rows]
    return replace(
        sheet,
        columns=columns,
        row_numbers=[numbers[at] for at in keep],
        first_column=0,
        merged=(),
        hidden_rows=frozenset(),
        hidden_columns=(),
    )


# ---------------------------------------------------------------- several tables on one sheet


def _split_stacked(sheet: Sheet) -> list[Sheet]:
    """Cut where, below a blank row, another table with other headers begins."""
    numbers = np.asarray(sheet.row_numbers)
    gaps = np.flatnonzero(np.diff(numbers) > 1) + 1
    first = _header_at(sheet)
    cuts = []
    for at in gaps[:500]:
        if first is None or at <= first + 2:
            continue
        cells = sheet.row(int(at))
        names = {plain(v) for v in cells if isinstance(v, str)}
        known = sum(known_header(v) is not None for v in cells)
        if known >= 3 and not any(is_data(v) for v in cells):
            above = {plain(v) for v in sheet.row(cuts[-1] if cuts else first) if isinstance(v, str)}
            if len(names & above) < 0.6 * len(names):
                cuts.append(int(at))
    edges = [0, *cuts, sheet.n]
    return [
        replace(
            sheet,
            columns=[column[low:high] for column in sheet.columns],
            row_numbers=sheet.row_numbers[low:high],
        )
        for low, high in zip(edges, edges[1:], strict=False)
    ]


# ---------------------------------------------------------------- header rows


def _row_score(cells: list[object]) -> float:
    filled = [value for value in cells if value is not None]
    if not filled:
        return -1e9
    known = sum(known_header(value) is not None for value in filled)
    data = sum(is_data(value) and known_header(value) is None for value in filled)
    texts = sum(isinstance(value, str) and len(value) <= 120 for value in filled) - data
    units = sum(is_unit(value) for value in filled)
    distinct = len({plain(value) for value in filled if isinstance(value, str)})
    return 3 * known + texts - 2 * data - units - (len(filled) - distinct) * 0.5


def _header_at(sheet: Sheet) -> int | None:
    """Place of the row that is most like a header; None when the first rows are all values."""
    rows = [sheet.row(at) for at in range(min(sheet.n, LOOK))]
    for at, row in enumerate(rows[:10]):
        # A data dictionary: its second row is a variable's name, which would pass for a header.
        if _legend_words(row) >= max(2, 0.4 * sum(value is not None for value in row)):
            return at
    scores = [_row_score(cells) for cells in rows]
    best = int(np.argmax(scores))
    cells = rows[best]
    filled = [value for value in cells if value is not None]
    known = sum(known_header(value) is not None for value in filled)
    data = sum(is_data(value) for value in filled)
    if known == 0 and (data >= 0.35 * len(filled) or (len(filled) == 1 and len(sheet.columns) > 1)):
        return None
    if known >= 3:
        # Of several tables below each other the first one's header counts.
        for at, score in enumerate(scores[:best]):
            if score >= 0.5 * scores[best] and _distinct_known(rows[at]) >= max(3, 0.5 * known):
                return at
    # A text-heavy patient can only win over headers that nobody knows; the first row that is all text is the header.
    if known == 0:
        widest = max(sum(v is not None for v in row) for row in rows)
        for at, row in enumerate(rows):
            texts = [v for v in row if v is not None]
            if len(texts) >= max(2, 0.6 * widest) and not any(is_data(v) for v in texts):
                return at
    return best


def _header_like(cells: list[object]) -> bool:
    filled = [value for value in cells if value is not None]
    return (
        bool(filled)
        and all(isinstance(v, str) and len(v) <= 120 for v in filled)
        and not any(is_data(v) and known_header(v) is None for v in filled)
    )


def _header_block(sheet: Sheet, at: int) -> tuple[int, int]:
    """First and last place of the header rows around the best one."""
    first = last = at
    numbers = sheet.row_numbers
    main = sheet.row(at)
    if _legend_words(main) >= 2:
        return at, at
    while first > 0 and first > at - 2 and numbers[first] - numbers[first - 1] == 1:
        above = sheet.row(first - 1)
        filled = [place for place, value in enumerate(above) if value is not None]
        spans = _spans(sheet, numbers[first - 1])
        grouped = any(high > low for low, high in spans) and not any(
            low == 0 and high >= 0.7 * (len(main) - 1) for low, high in spans
        )
        if not _header_like(above) or not filled:
            break
        if len(filled) == 1 and (filled[0] == 0 or not grouped):
            break
        if len(filled) < 2 and not grouped:
            break
        if any(len(str(above[place])) > 60 for place in filled):
            break
        first -= 1
    while last + 1 < sheet.n and last < at + 2 and numbers[last + 1] - numbers[last] == 1:
        below = sheet.row(last + 1)
        split = _splits_group(sheet, last, below)
        if not _header_like(below) or not split and (_mostly_units(below) or not _continues(sheet, last, below)):
            break
        last += 1
    return first, last


def _spans(sheet: Sheet, row_number: int) -> list[tuple[int, int]]:
    """Merged stretches of columns in that row, as places in the sheet's columns."""
    return [
        (start[1] - sheet.first_column, end[1] - sheet.first_column)
        for start, end in sheet.merged
        if start[0] == row_number - 1 and end[1] > start[1]
    ]


def _splits_group(sheet: Sheet, at: int, below: list[object]) -> bool:
    """Whether the row below names at least two columns under one merged header cell."""
    return any(
        sum(value is not None for value in below[max(low, 0) : high + 1]) >= 2
        for low, high in _spans(sheet, sheet.row_numbers[at])
    )


def _continues(sheet: Sheet, at: int, below: list[object]) -> bool:
    """Whether the row below a header goes on with it: it names what is under merged or empty header cells, or is a
    second name for most columns."""
    above = sheet.row(at)
    filled = [place for place, value in enumerate(below) if value is not None]
    if not filled:
        return False
    known = sum(known_header(below[place]) is not None for place in filled)
    merged = {place for low, high in _spans(sheet, sheet.row_numbers[at]) for place in range(low, high + 1)}
    under = sum(place in merged or above[place] is None for place in filled)
    if known >= max(2, 0.4 * len(filled)):
        return True
    return bool(merged) and under >= 0.8 * len(filled) and len(filled) >= 2


def _mostly_units(cells: list[object]) -> bool:
    filled = [value for value in cells if value is not None]
    return (
        bool(filled)
        and sum(is_unit(value) for value in filled) >= 0.6 * len(filled)
        and all(isinstance(value, str) and len(value) <= 30 for value in filled)
    )


def _headers(sheet: Sheet, first: int, last: int) -> list[str]:
    """One text a column: the rows of the header, groups spread over their columns, joined with " / "."""
    width = len(sheet.columns)
    levels: list[list[str]] = []
    for at in range(first, last + 1):
        texts = [header_text(value) for value in sheet.row(at)]
        if at < last:
            texts = _spread(sheet, at, texts, [header_text(value) for value in sheet.row(at + 1)])
        levels.append(texts)
    headers = []
    for place in range(width):
        parts: list[str] = []
        for texts in levels:
            if texts[place] and texts[place] not in parts:
                parts.append(texts[place])
        headers.append(" / ".join(parts))
    return headers


def _spread(sheet: Sheet, at: int, texts: list[str], below: list[str]) -> list[str]:
    spread = list(texts)
    spans = _spans(sheet, sheet.row_numbers[at])
    if spans:
        for low, high in spans:
            for place in range(max(low, 0), min(high + 1, len(spread))):
                spread[place] = spread[place] or texts[max(low, 0)]
        return spread
    group = ""
    for place, text in enumerate(texts):
        if text:
            group = text if below[place] else ""
        elif below[place]:
            spread[place] = group
    return spread


def unique_headers(headers: list[str], first_column: int) -> tuple[str, ...]:
    """Empty headers get their column's letter, repeated ones a number."""
    seen: Counter[str] = Counter()
    result = []
    taken = set(headers)
    for place, header in enumerate(headers):
        header = header or f"Column {column_letter(first_column + place)}"
        seen[header] += 1
        name = header
        while seen[header] > 1 and (name == header or name in result or name in taken):
            name = f"{header} ({seen[header]})"
            if name in result or name in taken:
                seen[header] += 1
        result.append(name)
    return tuple(result)


# ---------------------------------------------------------------- the table


def _find(sheet: Sheet, source: str, header_row: int | None, transposed: bool) -> Found | None:
    if not sheet.n:
        return None
    at = _place_of(sheet, header_row) if header_row is not None else _header_at(sheet)
    notes: list[Issue] = []

    def say(severity: Severity, row: int | None, column: str, rule: str, message: str) -> None:
        notes.append(Issue(severity, sheet.name, row, column, rule, message))

    if at is None:
        first = last = -1
        headers = [""] * len(sheet.columns)
        say(
            "error",
            sheet.row_numbers[0],
            "",
            "no_header",
            "No row of headers was found; the first row already holds values. Columns are named by their letters.",
        )
    else:
        first, last = _header_block(sheet, at) if header_row is None else (at, at)
        headers = _headers(sheet, first, last)
    body = last + 1
    units = [""] * len(sheet.columns)
    if at is not None and body < sheet.n and _mostly_units(sheet.row(body)):
        units = [header_text(value).strip("[]() ") for value in sheet.row(body)]
        say(
            "info",
            sheet.row_numbers[body],
            "",
            "units_row",
            "This row names units; it was not read as a patient.",
        )
        body += 1
    sheet = _filled_down(sheet, body, say)
    filled = np.array(
        [[value is not None for value in column[body:]] for column in sheet.columns], dtype=bool
    ).reshape(len(sheet.columns), sheet.n - body)
    columns = _table_columns(sheet, headers, filled, say)
    if not columns:
        return None
    rows = _patient_rows(sheet, headers, columns, filled, body, say)
    names = unique_headers([headers[place] for place in columns], 0)
    names = tuple(
        f"Column {column_letter(sheet.first_column + place)}" if not headers[place] else name
        for place, name in zip(columns, names, strict=True)
    )
    cells = tuple([sheet.columns[place][at] for at in rows.kept] for place in columns)
    out_units = tuple(units[place] for place in columns)
    if rows.centres:
        names, out_units, cells = (*names, "Centre"), (*out_units, ""), (*cells, rows.centres)
    for rule, message in _title_notes(sheet, first):
        say("info", None, "", rule, message)
    _hidden_note(sheet, columns, rows.kept, say)
    if transposed:
        say(
            "info",
            None,
            "",
            "transposed",
            "Patients stand in columns here; the table was turned. "
            "Row numbers are the columns of the file, A being 1.",
        )
    known = sum(known_header(name) is not None for name in names)
    table = RawTable(
        sheet.name,
        names,
        out_units,
        cells,
        [sheet.row_numbers[at] for at in rows.kept],
        sheet.row_numbers[last] if last >= 0 else 0,
        source=source,
        notes=tuple(notes),
    )
    legend = _is_legend(sheet, first, last, names, table.n)
    header_rows = tuple(sheet.row_numbers[first : last + 1]) if at is not None else ()
    return Found(table, known, legend, transposed, header_rows)


def _filled_down(sheet: Sheet, body: int, say: Say) -> Sheet:
    """A cell merged over several rows counts for each of them."""
    place = {number: at for at, number in enumerate(sheet.row_numbers)}
    columns = list(sheet.columns)
    done = 0
    for (top, left), (bottom, right) in sheet.merged:
        at, column = place.get(top + 1, -1), left - sheet.first_column
        if bottom == top or right != left or at < body or not 0 <= column < len(columns):
            continue
        if columns[column][at] is None:
            continue
        if columns[column] is sheet.columns[column]:
            columns[column] = list(columns[column])
        for number in range(top + 2, bottom + 2):
            if number in place and columns[column][place[number]] is None:
                columns[column][place[number]] = columns[column][at]
                done += 1
    if not done:
        return sheet
    say("info", None, "", "merged_cells_filled", f"Cells merged over several rows were taken for each of them ({done} cells).")
    return replace(sheet, columns=columns)


def _place_of(sheet: Sheet, row_number: int) -> int | None:
    if row_number in sheet.row_numbers:
        return sheet.row_numbers.index(row_number)
    return None


def _title_notes(sheet: Sheet, first: int) -> list[tuple[str, str]]:
    if first <= 0:
        return []
    return [
        (
            "title_rows",
            f"{first} row{'s' if first > 1 else ''} above the header {'were' if first > 1 else 'was'} "
            "taken for a title and not read.",
        )
    ]


def _is_legend(sheet: Sheet, first: int, last: int, names: tuple[str, ...], n: int) -> bool:
    words = sum(plain(name) in LEGEND for name in names)
    if words >= 2 and words >= 0.4 * len(names):
        return True
    down = sum(known_header(value) is not None for value in sheet.columns[0][:200])
    across = sum(known_header(name) is not None for name in names)
    return len(names) <= 3 and down >= 4 and down > across + 2


def _hidden_note(sheet: Sheet, columns: list[int], kept: list[int], say: Say) -> None:
    rows = sum(sheet.row_numbers[at] in sheet.hidden_rows for at in kept) if sheet.hidden_rows else 0
    hidden = {place for low, high in sheet.hidden_columns for place in range(low - 1, high)}
    cols = sum(sheet.first_column + place in hidden for place in columns)
    if rows or cols:
        parts = [
            f"{count} hidden {word}{'s' if count > 1 else ''}"
            for count, word in ((rows, "row"), (cols, "column"))
            if count
        ]
        say(
            "info",
            None,
            "",
            "hidden_kept",
            f"{' and '.join(parts)} (filtered ones included) "
            f"{'were' if rows + cols > 1 else 'was'} read like all others.",
        )


def _table_columns(sheet: Sheet, headers: list[str], filled: np.ndarray, say: Say) -> list[int]:
    """Columns of the table: without empty ones, and without notes at its side."""
    counts = filled.sum(axis=1) if filled.size else np.zeros(len(headers), dtype=int)
    present = [bool(header) or counts[place] > 0 for place, header in enumerate(headers)]
    blocks: list[list[int]] = []
    for place, there in enumerate(present):
        if not there:
            continue
        if blocks and blocks[-1][-1] == place - 1:
            blocks[-1].append(place)
        else:
            blocks.append([place])
    if not blocks:
        return []
    weight = [
        sum(known_header(headers[p]) is not None for p in block) * 1000 + int(counts[block].sum())
        for block in blocks
    ]
    main = int(np.argmax(weight))
    typical = int(counts[blocks[main]].max()) if filled.size else 0
    keep = list(blocks[main])
    for number, block in enumerate(blocks):
        if number == main:
            continue
        known = sum(known_header(headers[p]) is not None for p in block)
        named = all(headers[p] for p in block)
        full = int(counts[block].max()) >= 0.5 * typical if typical else named
        wordy = sum(plain(headers[p]) in LEGEND for p in block)
        if (known and not wordy) or (named and full and not wordy) or not typical:
            keep += block
        else:
            letters = column_letter(sheet.first_column + block[0])
            if len(block) > 1:
                letters += " to " + column_letter(sheet.first_column + block[-1])
            say(
                "info",
                None,
                "",
                "side_notes",
                f"Column {letters}, beside the table, looks like notes and was not read.",
            )
    keep.sort()
    no_header = [p for p in keep if not headers[p]]
    for place in no_header:
        letter = column_letter(sheet.first_column + place)
        if counts[place] < 0.2 * typical and known_any(headers):
            keep.remove(place)
            say(
                "info",
                None,
                "",
                "side_notes",
                f"Column {letter} has no header and few entries; it was not read.",
            )
        elif _is_counter(sheet.columns[place][-filled.shape[1] :], place == keep[0]) and any(
            known_header(headers[p]) == "patient_id" for p in keep
        ):
            keep.remove(place)
            say(
                "info",
                None,
                "",
                "row_counter",
                f"Column {letter} has no header and only counts the rows; not read.",
            )
        elif known_any(headers):
            say(
                "info",
                None,
                f"Column {letter}",
                "column_without_header",
                f"Column {letter} has no header; it is kept under its letter.",
            )
    return keep


def known_any(headers: list[str]) -> bool:
    """Whether there is any header at all."""
    return any(headers)


def _is_counter(column: list[object], first: bool) -> bool:
    try:
        values = [float(v) for v in column if v is not None]  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return False
    return (
        first
        and len(values) > 1
        and all(b - a == 1 for a, b in zip(values, values[1:], strict=False))
        and values[0] in (0, 1)
    )


# ---------------------------------------------------------------- rows


@dataclass
class _Rows:
    kept: list[int]
    centres: list[object]


def _patient_rows(
    sheet: Sheet, headers: list[str], columns: list[int], filled: np.ndarray, body: int, say
) -> _Rows:
    """Places of the rows that are patients. What is left out is said: totals, subheadings, notes, repeated headers."""
    mask = filled[columns]
    counts = mask.sum(axis=0) if mask.size else np.zeros(0, dtype=int)
    width = len(columns)
    id_at = next((p for p in columns if known_header(headers[p]) == "patient_id"), None)
    typical = float(np.median(counts[counts > 0])) if (counts > 0).any() else 0.0
    shapes = _shapes(sheet.columns[id_at][body:], counts, typical) if id_at is not None else set()
    kept: list[int] = []
    centres: list[object] = []
    centre: object = None
    has_centre = any(known_header(headers[p]) == "center" for p in columns)
    few = counts <= max(2, 0.25 * typical)
    last_full = int(np.flatnonzero(~few)[-1]) if (~few).any() else -1
    suspicious = few.copy()
    # Totals and repeated headers can be as full as a patient: look for their first words.
    for place in columns[:3]:
        cells = sheet.columns[place][body:]
        for at, value in enumerate(cells):
            if type(value) is str and (TOTAL.match(value) or value == headers[place]):
                suspicious[at] = True
    names = {plain(headers[p]) for p in columns if headers[p]}
    for at in range(len(counts)):
        if counts[at] == 0:
            continue
        place = body + at
        if not suspicious[at]:
            kept.append(place)
            centres.append(centre)
            continue
        number = sheet.row_numbers[place]
        cells = [(p, sheet.columns[p][place]) for p in columns if sheet.columns[p][place] is not None]
        verdict = _verdict(
            cells, headers, names, id_at, shapes, width, int(counts[at]), typical, at > last_full
        )
        if verdict == "patient":
            kept.append(place)
            centres.append(centre)
        elif verdict == "subheading":
            text = str(cells[0][1])
            if CENTRE.search(text) and at < last_full:
                centre = text.split(":", 1)[1].strip() if ":" in text else text
            say(
                "info",
                number,
                "",
                "subheading",
                "This row is a subheading or a note; it was not read as a patient.",
            )
        elif verdict == "total":
            say("info", number, "", "total_row", "This row holds totals; it was not read as a patient.")
        elif verdict == "header":
            say(
                "info",
                number,
                "",
                "repeated_header",
                "This row repeats the headers; it was not read as a patient.",
            )
        else:
            say(
                "warning",
                number,
                "",
                "row_without_patient",
                "This row has no patient ID and almost no values; it was "
                "not read as a patient. If it is one, give it an ID.",
            )
    use_centres = not has_centre and any(value is not None for value in centres)
    return _Rows(kept, centres if use_centres else [])


def _shapes(ids: list[object], counts: np.ndarray, typical: float) -> set[str]:
    """What the ids of full rows look like: digits as 9, letters as A."""
    return {
        _shape(value)
        for value, count in zip(ids, counts, strict=True)
        if value is not None and count >= 0.5 * typical
    }


def _shape(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return re.sub(r"[^\W\d_]+", "A", re.sub(r"\d+", "9", str(value)))


def _verdict(
    cells: list[tuple[int, object]],
    headers: list[str],
    names: set[str],
    id_at: int | None,
    shapes: set[str],
    width: int,
    count: int,
    typical: float,
    tail: bool,
) -> str:
    texts = [(p, v) for p, v in cells if isinstance(v, str)]
    same = sum(plain(v) == plain(headers[p]) for p, v in texts if headers[p])
    if same >= 2 and same >= 0.6 * len(cells):
        return "header"
    has_id = any(p == id_at for p, _ in cells)
    id_value = next((v for p, v in cells if p == id_at), None)
    if any(TOTAL.match(v) for _, v in texts[:2]) and not (
        has_id and not (isinstance(id_value, str) and TOTAL.match(id_value))
    ):
        return "total"
    if width < 4:
        return "patient"
    if has_id and _shape(id_value) in shapes:
        return "patient"
    if count == 1:
        if texts or id_at is None:
            return "subheading" if texts else "leftover"
        return "leftover" if not has_id else "patient"
    if (
        count <= 2
        and len(texts) == count
        and any(len(v) > 25 or v.endswith(":") for _, v in texts)
        and not has_id
    ):
        return "subheading"
    if id_at is not None and not has_id:
        return "leftover" if tail or count <= 2 else "patient"
    if id_at is not None and isinstance(id_value, str) and (len(id_value) > 40 or len(id_value.split()) > 3):
        return "subheading"
    return "patient"
