"""The paper recomputed: every printed value of Riedhammer et al. 2024 beside ours, and why they differ.

Meant for the fictitious sample cohort, which was built so that the printed values come out; any cohort can be
put in, and a value that its columns do not allow is a row without a number. All statistics are those of the
pages.

status: "met" (ours would be printed like this), "contradiction" (the print contradicts itself there, see the
reason), "deviation" (not reached by the sample, with the reason), "open" (neither: a defect).
"""

from __future__ import annotations

import math
from collections import defaultdict, deque
from dataclasses import dataclass

import pandas as pd

from rrmm.analyses.printed_number import parse, shown
from rrmm.analyses.recompute_parts import Value
from rrmm.analyses.recompute_values import values
from rrmm.cohort import Cohort
from rrmm.published import printed_values

FLOOR = 285
"""Printed values that hold at least, of the 320."""

COLUMNS = ("where", "item", "printed", "ours", "status", "reason", "value")

_ISS = "25 + 35 + 31 stages are 91 of 92, and 25/92 is 27.2 %: the paper cut off instead of rounding."
_TRIPLE = "113/123 is 91.9 %; 92.6 % is 113/122. Count and percentage were kept, one patient is unknown."
_HRC = (
    "22/38 is 57.9 %, 59.0 % would be 23/39; no reading of the printed counts gives odds ratio, interval "
    "and p at once."
)
_EVENTS = "50 events, as in two rows of Table 2, are 59 % censored; 55 % needs 55 events."
_NARROW = "18 + 32 events force a standard error of at least 0.295; the printed interval has 0.279."
_CENTRE = "2.56 is not the centre of 1.31 to 5.83 on the log scale; 2.56 and 1.31 go with 5.00."
_TWO_TESTS = "The printed p does not fit the printed interval: different tests."
_MULTI = (
    "The printed interval needs 44 events; the 81 patients of the ISS row have 42. Ours uses the 92 staged."
)
_SEARCH = (
    "Not reached by the search that built the sample; the paper's interval is possible with other patients."
)

CONTRADICTIONS: dict[tuple[str, str], str] = {
    ("Table 1", "ISS I %"): _ISS,
    ("Table 1", "triple-class refractory total"): _TRIPLE,
    ("Discussion", "polychemotherapy 2 months"): "The results and Tables 2 and 3 have 22 patients.",
    ("Text", "BCMA pretreated %"): "45/123 is 36.6 %; 37.4 % would be 46/123.",
    ("Text", "% censored"): _EVENTS,
    ("Discussion", "% censored"): _EVENTS,
    ("Table 2", "CYTO p"): _TWO_TESTS,
    ("Table 2", "IDE No events"): "37 + 11 = 48 events, 50 in other rows of the same 123 patients.",
    ("Table 2", "IDE HR high"): _CENTRE,
    ("Table 2", "PENTA HR low"): _NARROW,
    ("Table 2", "PENTA HR high"): _NARROW,
    ("Table 2", "POLY p"): _TWO_TESTS,
    ("Table 3", "emd No n"): "53/75 is 70.7 %; 72.6 % and the odds ratio need 73.",
    ("Table 3", "hr_cyto Yes %"): _HRC,
    ("Table 3", "hr_cyto OR"): _HRC,
    ("Table 3", "hr_cyto OR low"): _HRC,
    ("Table 3", "hr_cyto OR high"): _HRC,
    ("Table 3", "hr_cyto p"): _HRC,
    ("Table 4", "Cytopenia G>=3 %"): "66/123 is 53.7 %, as the text has it.",
    ("Table 4", "Neutropenia G>=3 %"): "46/123 is 37.4 %; 38.0 % would be 46/121.",
    ("Table 4", "Thrombopenia G>=3 total"): "132 is a misprint: 32/123 is the printed 26.0 %.",
    ("Text", "dexamethasone %"): "20/123 is 16.3 %: the paper cut off instead of rounding.",
    ("Discussion", "infection %"): "The results and Table 4 have 54.5 % (67/123).",
}
"""Where the paper contradicts itself, so that no cohort can meet all of it."""

DEVIATIONS: dict[tuple[str, str], str] = {
    ("Text", "PFS log-rank p ide-cel"): "Ours is below 0.01, as Table 2 prints it; the text rounds to 0.01.",
    **{
        ("Table 2", f"{row} HR {side}"): _SEARCH
        for row in ("EMD", "ISS3", "POLY")
        for side in ("low", "high")
    },
    ("Table 2", "IDE HR low"): "1.304 against 1.31; the printed interval is not centred on its ratio.",
    (
        "Table 2",
        "PENTA Yes median",
    ): "223 days are 7.33 months; 7.34 lies between 223 and 224 days.",
    **{
        (
            "Table 2",
            f"multi ide_cel {part}",
        ): _MULTI
        for part in ("HR", "low", "high")
    },
}
"""Printed values that the sample misses, and why."""


@dataclass(frozen=True)
class Tally:
    """How many of the printed values hold."""

    met: int
    contradiction: int
    deviation: int
    open: int

    @property
    def total(self) -> int:
        return self.met + self.contradiction + self.deviation + self.open

    @property
    def sentence(self) -> str:
        """One line, for the page and the end of the test run."""
        text = (
            f"{self.met} of {self.total} printed values hold; {self.contradiction} contradict each other in "
            f"print, {self.deviation} deviate with a known reason"
        )
        return text + (f", {self.open} are not explained." if self.open else ".")


def recompute(cohort: Cohort) -> pd.DataFrame:
    """One row for each of the 320 printed values, in the order of the paper.

    Columns: where, item, printed (text), ours (text, as many decimals as the print), status, reason, value
    (float; NaN where not reached or not computable).
    """
    ours: dict[tuple[str, str], deque[Value]] = defaultdict(deque)
    for where, item, value in values(cohort):
        ours[where, item].append(value)
    rows = []
    for line in printed_values():
        key = (line["where"], line["item"])
        value = ours[key].popleft() if ours[key] else Value(math.nan, reason="not computed")
        rows.append((*key, line["printed"], *_judged(key, line["printed"], value), value.number))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _judged(key: tuple[str, str], printed: str, value: Value) -> tuple[str, str, str]:
    """What ours reads like, the status and the reason."""
    number = parse(printed)
    if number is None:
        met = value.not_reached
        text = "NR" if value.not_reached else "" if math.isnan(value.number) else f"{value.number:.2f}"
    elif math.isnan(value.number):
        met, text = False, "NR" if value.not_reached else ""
    else:
        met = number.holds(value.number)
        exact = not math.isfinite(number.low) or not math.isfinite(number.high)
        decimals = 4 if exact else number.decimals
        text = shown(value.number, decimals)
        if not met and text == printed:
            text = shown(value.number, decimals + 1)
    if text and not met and number is not None and value.number and float(text) == 0:
        text = f"{value.number:.2g}"
    if met:
        return text, "met", value.reason
    if key in CONTRADICTIONS:
        return text, "contradiction", CONTRADICTIONS[key]
    if key in DEVIATIONS:
        return text, "deviation", DEVIATIONS[key]
    return text, "open", value.reason or "Ours differs from the print."


def tally(table: pd.DataFrame) -> Tally:
    """Count the rows of :func:`recompute` by status."""
    counts = table["status"].value_counts()
    return Tally(*(int(counts.get(name, 0)) for name in ("met", "contradiction", "deviation", "open")))
