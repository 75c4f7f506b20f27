"""The upload template: every column rrmm knows, with drop-down lists, and the data dictionary."""

from __future__ import annotations

from pathlib import Path

from rrmm.schema import VARIABLES, Variable

ROWS = 500
"""Rows of the template that carry drop-down lists."""

KINDS = {
    "id": "code",
    "text": "text",
    "category": "one of a list",
    "flag": "yes or no",
    "number": "number",
    "grade": "grade 0 to 5",
    "date": "date",
}

HOW_TO = (
    "How to fill in the sheet 'Cohort'",
    "One row a patient. Row 1 keeps its headers; columns you do not have can stay empty or be deleted, "
    "in any order. Columns of your own may be added.",
    "Yes/no columns: 'yes' or 'no'. Leave a cell empty when it is not known: unknown is counted as unknown, "
    "never as no.",
    "Dates as dates (2023-05-19 or 19.05.2023). Times are computed from dates: start of treatment is day 0.",
    "Grey columns are computed from the others. Fill them in only where you have no dates.",
    "Needed for survival: start_date, progression and progression_date, death and death_date, "
    "last_contact_date.",
    "Needed for response: best_response; for duration of response also first_response_date.",
    "Adverse events: the highest grade, 0 when it did not occur, empty when it is not known.",
    "Patient ID: any code. No names, no dates of birth.",
    "The sheet 'Dictionary' says what each column means and which values it takes.",
)


def allowed(entry: Variable) -> str:
    """The values a column takes, in words."""
    if entry.kind == "flag":
        return "yes, no"
    if entry.levels:
        return ", ".join(entry.levels)
    if entry.kind == "grade":
        return "0, 1, 2, 3, 4, 5"
    if entry.kind == "date":
        return "YYYY-MM-DD or DD.MM.YYYY"
    if entry.low is not None and entry.high is not None:
        return f"{entry.low:g} to {entry.high:g}"
    return ""


def write(path: Path) -> None:
    """Sheets "Cohort" (headers and drop-down lists), "Dictionary" and "How to"."""
    from openpyxl import Workbook
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.utils import get_column_letter

    from sample_data.workbooks import DERIVED_FILL, fill, save

    book = Workbook()
    sheet = book.active
    sheet.title = "Cohort"
    fill(sheet, list(VARIABLES), [])
    for at, entry in enumerate(VARIABLES.values(), start=1):
        letter = get_column_letter(at)
        if entry.given_or_derived:
            sheet.cell(1, at).fill = PatternFill("solid", fgColor=DERIVED_FILL)
            sheet.cell(1, at).font = Font(italic=True)
        if entry.kind == "date":
            sheet.column_dimensions[letter].number_format = "yyyy-mm-dd"
        rule = _validation(entry)
        sheet.add_data_validation(rule)
        rule.add(f"{letter}2:{letter}{ROWS + 1}")

    dictionary = book.create_sheet("Dictionary")
    fill(
        dictionary,
        ["Column", "Label", "Section", "Kind", "Unit", "Allowed values", "Description", "Computed"],
        [
            [
                entry.name,
                entry.label,
                entry.section,
                KINDS[entry.kind],
                entry.unit,
                allowed(entry),
                entry.description,
                "from other columns where they are there" if entry.given_or_derived else "",
            ]
            for entry in VARIABLES.values()
        ],
    )
    for letter, width in zip("ABCDEFGH", (26, 34, 14, 15, 12, 38, 70, 36), strict=True):
        dictionary.column_dimensions[letter].width = width

    how = book.create_sheet("How to")
    for line in HOW_TO:
        how.append([line])
        how.cell(how.max_row, 1).alignment = Alignment(wrap_text=True, vertical="top")
    how["A1"].font = Font(bold=True)
    how.column_dimensions["A"].width = 110
    save(book, path)


def _validation(entry: Variable):  # type: ignore[no-untyped-def]
    """Drop-down list, range or date check of one column; empty is always allowed."""
    from openpyxl.worksheet.datavalidation import DataValidation

    values = list(entry.levels) or {"flag": ["yes", "no"], "grade": [*"012345"]}.get(entry.kind, [])
    if values:
        rule = DataValidation(type="list", formula1='"' + ",".join(values) + '"', allow_blank=True)
        rule.error = "Choose from the list, or leave the cell empty when it is not known."
    elif entry.kind == "date":
        rule = DataValidation(type="date", operator="greaterThan", formula1="25569", allow_blank=True)
        rule.error, rule.errorStyle = "A date is expected, such as 2023-05-19.", "warning"
    elif entry.kind == "number":
        rule = DataValidation(
            type="decimal",
            operator="between",
            formula1=f"{entry.low:g}",
            formula2=f"{entry.high:g}",
            allow_blank=True,
        )
        rule.error = (
            f"A number from {entry.low:g} to {entry.high:g} is expected. Keep the value if it is right."
        )
        rule.errorStyle = "warning"
    else:
        rule = DataValidation(type="textLength", operator="lessThanOrEqual", formula1="200", allow_blank=True)
        rule.error = "At most 200 characters."
    unit = f" Unit: {entry.unit}." if entry.unit else ""
    rule.promptTitle, rule.prompt = entry.label[:32], (entry.description + unit)[:255]
    rule.errorTitle, rule.showErrorMessage, rule.showInputMessage = entry.label[:32], True, True
    return rule
