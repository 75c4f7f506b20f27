"""Takes stray cells far below or beside the table out of an OOXML workbook.

calamine lays a sheet out as one dense block up to its last cell, so a single stray cell in XFD1048576 asks
for
17 billion cells. No reader at hand skips such cells, hence this; it only runs on files that did not fit into
memory.
"""

from __future__ import annotations

import io
import re
import zipfile

import numpy as np

from rrmm.intake import hostile
from rrmm.intake.containers.book import column_index
from rrmm.intake.issues import Issue, Refused

BLOCK = 20_000_000
"""Cells of a block that surely fits."""
ROW_GAP, COLUMN_GAP = 2_000, 200
MOST = 20_000
_REF = re.compile(rb'<(?:\w+:)?c\b[^>]*?\br="([A-Z]{1,3})(\d{1,7})"')


def without_far_cells(data: bytes, kind: str) -> tuple[bytes, list[Issue]]:
    """The workbook without cells beyond a wide gap, and what was taken out. Raises Refused when that can't
    help.
    """
    from rrmm.intake.containers.workbook import TOO_BIG

    if kind not in ("xlsx", "xlsm"):
        raise Refused(TOO_BIG)
    package = hostile.check_package(data)
    out = io.BytesIO()
    issues: list[Issue] = []
    changed = False
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as copy:
        for name in package.namelist():
            content = hostile.inflate(package, name)
            if re.fullmatch(r"xl/worksheets/[^/]+\.xml", name):
                content, said = _trim(content, name)
                changed |= bool(said)
                issues += said
            copy.writestr(name, content)
    if not changed:
        raise Refused(TOO_BIG)
    return out.getvalue(), issues


def _trim(xml: bytes, part: str) -> tuple[bytes, list[Issue]]:
    from rrmm.intake.containers.workbook import TOO_BIG

    refs = _REF.findall(xml)
    if not refs:
        return xml, []
    columns = {letters: column_index(letters.decode()) for letters in {letters for letters, _ in refs}}
    rows = np.array([int(number) for _, number in refs])
    places = np.array([columns[letters] for letters, _ in refs])
    if int(rows.max()) * (int(places.max()) + 1) <= BLOCK:
        return xml, []
    last_row, last_column = _before_gap(rows, ROW_GAP), _before_gap(places, COLUMN_GAP)
    far = (rows > last_row) | (places > last_column)
    count = int(far.sum())
    if count == 0 or count > MOST or last_row * (last_column + 1) > BLOCK:
        raise Refused(TOO_BIG)
    names = [(refs[at][0] + refs[at][1]) for at in np.flatnonzero(far)]
    gone = set(names)

    def drop(match: re.Match[bytes]) -> bytes:
        return b"" if match.group(1) in gone else match.group(0)

    xml = re.sub(
        rb'<(?:\w+:)?c\b[^>]*?\br="([A-Z]{1,3}\d{1,7})"[^>]*?(?:/>|>.*?</(?:\w+:)?c>)',
        drop,
        xml,
        flags=re.DOTALL,
    )
    shown = ", ".join(name.decode() for name in names[:5]) + (", ..." if count > 5 else "")
    sheet = part.rsplit("/", 1)[-1].removesuffix(".xml")
    return xml, [
        Issue(
            "warning",
            None,
            None,
            "",
            "far_cells",
            f"{count} cell{'s' if count > 1 else ''} far away from the table ({shown}, part {sheet}) "
            f"{'were' if count > 1 else 'was'} left out; no table reaches there.",
        )
    ]


def _before_gap(places: np.ndarray, gap: int) -> int:
    """Last place before the first gap that is wider than any within a table."""
    distinct = np.unique(places)
    wide = np.flatnonzero(np.diff(distinct) > gap)
    return int(distinct[wide[0]] if len(wide) else distinct[-1])
