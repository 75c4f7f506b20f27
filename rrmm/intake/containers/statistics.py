"""Files of statistics programs: SAS (sas7bdat, xpt), SPSS (sav, zsav, por), Stata (dta), through pyreadstat.

pyreadstat reads from a path. The bytes go to a file in memory (memfd on Linux) of the child process that
reads them,
so nothing reaches the disk; systems without memfd use a temporary file that is deleted as soon as it was
read.
"""

from __future__ import annotations

from rrmm.intake.containers.book import Book, Sheet
from rrmm.intake.containers.workbook import TOO_BIG, Overflowed, run_child, unpack
from rrmm.intake.header_rows import unique_headers
from rrmm.intake.issues import Refused

MEMORY = 3_000_000_000
"""More than for workbooks: pandas reserves address space that it never uses."""
NAMES = {"sas": "SAS", "spss": "SPSS", "stata": "Stata"}


def read_statistics(data: bytes, kind: str) -> Book:
    """One sheet; its headers are "name / label" where the variable has a label. Raises Refused."""
    try:
        answer = run_child(
            data,
            memory=MEMORY,
            kind=kind,
            damaged=f"The {NAMES[kind]} file can't be read: it is damaged or of a version that is not known.",
        )
    except Overflowed:
        raise Refused(TOO_BIG) from None
    columns = [unpack(column) for column in answer["columns"]]
    names = [
        name if not label or label == name else f"{name} / {label}"
        for name, label in zip(answer["names"], answer["labels"], strict=True)
    ]
    headers = unique_headers(names, 0)
    labels = {
        header: dict(answer["value_labels"][name])
        for header, name in zip(headers, answer["names"], strict=True)
        if name in answer["value_labels"]
    }
    n = len(columns[0]) if columns else 0
    sheet = Sheet("", columns, list(range(1, n + 1)), headers=headers, value_labels=labels)
    return Book(kind, (sheet,))
