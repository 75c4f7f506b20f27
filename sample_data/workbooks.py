"""Write workbooks whose bytes depend on their content alone."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

STAMP = "2024-01-20T00:00:00Z"
ZIP_DATE = (2024, 1, 20, 0, 0, 0)
HEADER_FILL = "DCE6EE"
DERIVED_FILL = "F0F0F0"


def save(book: Workbook, path: Path) -> None:
    """Save the workbook with fixed times.

    Members are stored, not compressed: another zlib would give other bytes.
    """
    buffer = io.BytesIO()
    book.properties.creator = "rrmm"
    book.save(buffer)
    with zipfile.ZipFile(buffer) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as target:
        for name in source.namelist():
            data = source.read(name)
            if name == "docProps/core.xml":
                data = re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", STAMP.encode(), data)
            info = zipfile.ZipInfo(name, ZIP_DATE)
            info.external_attr = 0o644 << 16
            info.create_system = 3
            target.writestr(info, data)


def fill(
    sheet: Worksheet, headers: list[str], rows: list[list[Any]], date_format: str = "yyyy-mm-dd"
) -> None:
    """Headers in bold in row 1, then the rows; dates in one format, the first row frozen."""
    from datetime import date

    from openpyxl.styles import Alignment, Font, PatternFill

    sheet.append(headers)
    for cell in sheet[1]:
        cell.font = Font(bold=True)
        cell.fill = PatternFill("solid", fgColor=HEADER_FILL)
        cell.alignment = Alignment(vertical="top")
    for row in rows:
        sheet.append(row)
    for line in sheet.iter_rows(min_row=2):
        for cell in line:
            if isinstance(cell.value, date):
                cell.number_format = date_format
    for at, header in enumerate(headers, start=1):
        sheet.column_dimensions[_letter(at)].width = max(11, min(28, len(header) + 3))
    sheet.freeze_panes = "B2"


def _letter(column: int) -> str:
    from openpyxl.utils import get_column_letter

    return get_column_letter(column)
