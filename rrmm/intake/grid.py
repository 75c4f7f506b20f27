"""Finds the table on one sheet: its header rows, its columns, and which rows are patients."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from rrmm.intake.containers.book import Sheet, column_letter
from rrmm.intake.header_rows import (
    LOOK,
    distinct_known,
    header_at,
    header_block,
    join_headers,
    legend_words,
    mostly_units,
    unique_headers,
)
from rrmm.intake.issues import Issue, Refused, Severity
from rrmm.intake.patient_rows import Say, patient_rows
from rrmm.intake.raw import RawTable
from rrmm.intake.words import (
    LEGEND,
    header_text,
    is_data,
    known_header,
    plain,
)


@dataclass(frozen=True, eq=False)
class Found:
    """A table on a sheet. known: how many headers are known word for word; legend: explains codes, holds no
    patients.
    """

    table: RawTable
    known: int
    legend: bool
    transposed: bool
    header_rows: tuple[int, ...]
    left_out: tuple[tuple[int, str], ...] = ()


def find_tables(sheet: Sheet, source: str, *, header_row: int | None = None, transposed: bool | None = None) -> list[Found]:
    """The tables of a sheet, from the top: usually one. header_row and transposed overrule what would be
    found.
    """
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
    """Headers run down the first columns: far more known ones there than in any row, and several patients
    beside.
    """
    width = len(sheet.columns)
    if width < 3:
        return False
    down = max(_known_downwards(column) for column in sheet.columns[:3])
    if down < 4:
        return False
    across = max(distinct_known(sheet.row(at)) for at in range(min(sheet.n, LOOK)))
    if down < 2 * across + 2:
        return False
    return not any(legend_words(sheet.row(at)) >= 2 for at in range(min(sheet.n, 10)))


def _known_downwards(column: list[object]) -> int:
    """Known headers down a column; 0 where texts repeat, as values do (a list of events) and headers don't."""
    texts = [plain(value) for value in column[:300] if isinstance(value, str)]
    if len(set(texts)) < 0.8 * len(texts):
        return 0
    return distinct_known(column[:300])


def _transpose(sheet: Sheet) -> Sheet:
    numbers = [sheet.first_column + at + 1 for at in range(len(sheet.columns))]
    rows = [sheet.row(at) for at in range(sheet.n)]
    # A title above has nothing beside it.
    rows = [row for row in rows if known_header(row[0]) is not None or any(value is not None for value in row[1:])]
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
    first = header_at(sheet)
    cuts: list[int] = []
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
        for low, high in pairwise(edges)
    ]


# ---------------------------------------------------------------- the table


def _find(sheet: Sheet, source: str, header_row: int | None, transposed: bool) -> Found | None:
    if not sheet.n:
        return None
    at = _place_of(sheet, header_row) if header_row is not None else header_at(sheet)
    if header_row and at is None:
        raise Refused(f"Row {header_row} of the sheet '{sheet.name}' is empty; it can't hold the headers.")
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
        first, last = header_block(sheet, at) if header_row is None else (at, at)
        headers = join_headers(sheet, first, last)
    body = last + 1
    units = [""] * len(sheet.columns)
    if at is not None and body < sheet.n and mostly_units(sheet.row(body)):
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
    filled = np.array([[value is not None for value in column[body:]] for column in sheet.columns], dtype=bool).reshape(
        len(sheet.columns), sheet.n - body
    )
    columns = _table_columns(sheet, headers, filled, say)
    if not columns:
        return None
    rows = patient_rows(sheet, headers, columns, filled, body, say)
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
            "Patients stand in columns here; the table was turned. Row numbers are the columns of the file, A being 1.",
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
    say(
        "info",
        None,
        "",
        "merged_cells_filled",
        f"Cells merged over several rows were taken for each of them ({done} cells).",
    )
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
        parts = [f"{count} hidden {word}{'s' if count > 1 else ''}" for count, word in ((rows, "row"), (cols, "column")) if count]
        say(
            "info",
            None,
            "",
            "hidden_kept",
            f"{' and '.join(parts)} (filtered ones included) {'were' if rows + cols > 1 else 'was'} read like all others.",
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
    weight = [sum(known_header(headers[p]) is not None for p in block) * 1000 + int(counts[block].sum()) for block in blocks]
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
    return first and len(values) > 1 and all(b - a == 1 for a, b in pairwise(values)) and values[0] in (0, 1)
