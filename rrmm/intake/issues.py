"""What the intake has to say about a file: one finding, in a clinician's words."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

Severity = Literal["error", "warning", "info"]


@dataclass(frozen=True)
class Issue:
    """One finding.

    severity: "error" (a value or row could not be used), "warning" (used, but look at it), "info" (what was done).
    sheet, row: as the file shows them, row counted from 1 with its title rows; None where the finding has no place.
    column: header as in the file, or "". rule: stable name of the check. message: what was found, what was
    expected and what was done. A message never quotes names, birth dates or identifiers.
    """

    severity: Severity
    sheet: str | None
    row: int | None
    column: str
    rule: str
    message: str

    def as_dict(self) -> dict[str, Any]:
        """For JSON: the keys of `summary` and `report.json`."""
        return asdict(self)


class Refused(Exception):
    """The file can't be used at all. The text is one sentence that a clinician can act on."""
