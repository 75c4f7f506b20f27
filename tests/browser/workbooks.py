"""Files as a hospital would hand them in, made from the fictitious sample."""

from __future__ import annotations

import datetime as dt
import io
from typing import Any

from tests.cohorts import SAMPLES

GROUPS = {
    "Patient": {"Patientennummer": "Nr.", "Zentrum": "Zentrum", "Geschlecht": "Geschlecht",
                "Alter bei Therapiebeginn": "Alter bei Therapiebeginn"},
    "Erkrankung": {"Datum Erstdiagnose": "Datum Erstdiagnose", "ISS Stadium": "ISS Stadium",
                   "Extramedulläre Manifestation": "Extramedulläre Manifestation",
                   "Knochenmarkinfiltration": "Knochenmarkinfiltration"},
    "Vortherapie": {"Anzahl Vortherapien": "Anzahl Vortherapien", "Ide-cel Vortherapie": "Ide-cel"},
    "Teclistamab": {"Datum Therapiebeginn": "Datum Therapiebeginn"},
    "Ansprechen": {"Bestes Ansprechen": "Bestes Ansprechen", "Datum erstes Ansprechen": "Datum erstes Ansprechen"},
    "Progression": {"Progress": "ja/nein", "Datum Progress": "Datum"},
    "Tod": {"Verstorben": "ja/nein", "Todesdatum": "Datum"},
    "Follow-up": {"Letzter Kontakt": "Letzter Kontakt"},
    "Toxizität": {"CRS Grad": "CRS Grad", "ICANS Grad": "ICANS Grad"},
}
"""Upper header -> column of the sample -> lower header."""
FIRST = ("Anna", "Peter", "Monika", "Hans", "Ursula", "Klaus", "Petra", "Jürgen", "Sabine", "Wolfgang")
LAST = ("Schneider", "Fischer", "Weber", "Wagner", "Becker", "Schulz", "Hoffmann", "Koch", "Richter", "Wolf", "Neumann")


def german_two_headers() -> bytes:
    """A legend sheet first, title rows, two merged header rows, names, text beside true dates, a note below."""
    import openpyxl

    source = openpyxl.load_workbook(SAMPLES / "kohorte_deutsch.xlsx", read_only=True).worksheets[0]
    rows = [list(row) for row in source.iter_rows(values_only=True)]
    place = {str(header): at for at, header in enumerate(rows[0])}
    book = openpyxl.Workbook()
    legend = book.active
    legend.title = "Legende"
    for row in (("Variable", "Bedeutung"), ("EMD", "extramedulläre Manifestation"), ("CRS", "ASTCT, Grad 0 bis 4")):
        legend.append(row)
    sheet = book.create_sheet("Kohorte 2024")
    sheet.append(["Teclistamab, fiktive Kohorte"])
    sheet.append([])
    upper: list[Any] = ["Patient"]
    lower: list[Any] = ["Name, Vorname"]
    for group, columns in GROUPS.items():
        upper += [None if group == "Patient" else group, *[None] * (len(columns) - 1)]
        lower += list(columns.values())
    sheet.append(upper)
    sheet.append(lower)
    for at, row in enumerate(rows[1:]):
        cells: list[Any] = [f"{LAST[at % 11]}, {FIRST[at % 10]}"]
        cells += [row[place[header]] for columns in GROUPS.values() for header in columns]
        sheet.append(cells)
    start = 1
    for number, columns in enumerate(GROUPS.values()):
        end = start + len(columns) - (0 if number == 0 else 1)
        if end > start:
            sheet.merge_cells(start_row=3, start_column=start, end_row=3, end_column=end)
        start = end + 1
    sheet.append([])
    sheet.append(["Stand: 31.10.2023, Angaben ohne Gewähr"])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def open_questions(n: int = 40) -> bytes:
    """Status codes 1 and 2 without a legend, dates that could be either order, and two columns for the age."""
    lines = ["Case,Lebensalter,Alter,Start of treatment,Last contact,Vital status,EMD,Site\n"]
    for at in range(n):
        start = dt.date(2023, 1 + at % 9, 1 + at % 9)
        end = dt.date(2024, 1 + at % 12, 1 + at % 11)
        lines.append(f"C{at:02d},{50 + at % 30},{51 + at % 30},{start:%d/%m/%Y},{end:%d/%m/%Y},{1 + (at % 3 == 0)},"
                     f"{'yes' if at % 2 else 'no'},{'North' if at % 4 else '=2+5'}\n")
    return "".join(lines).encode()


def markup() -> bytes:
    """Headers and values that are HTML, Markdown, LaTeX or a formula."""
    header = "ID,Age,<b>Arm</b> $x^2$ **bold** [link](http://a.example),PFS days,PFS event\n"
    body = "".join(f"C{at:02d},{50 + at % 30},{('<img src=x onerror=alert(1)>', ':red[A] $y$')[at % 2]},{30 + at},"
                   f"{'yes' if at % 3 else 'no'}\n" for at in range(30))
    return (header + body).encode()
