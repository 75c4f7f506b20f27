"""Tables of the Published page: beside other cohorts, the paper recomputed, findings of the print check."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

import pandas as pd

from rrmm import formatting
from rrmm.analyses.compare_published import WEIGHTED, Entry, Measure
from rrmm.analyses.maic_trial import Adjusted
from rrmm.analyses.print_check import COLUMNS, Finding
from rrmm.published import PublishedCohort

STATUS: Mapping[str, tuple[str, str]] = {
    "met": ("●", "holds"),
    "deviation": ("▲", "differs, reason known"),
    "contradiction": ("■", "print contradicts itself"),
    "open": ("✕", "not explained"),
}
"""Status of a recomputed value -> its sign and its word; the colour is a third cue."""

SEVERITY: Mapping[str, tuple[str, str]] = {
    "contradiction": ("■", "contradiction"),
    "check": ("▲", "worth a look"),
}

_FACTORS = {
    "EMD": "EMD", "emd": "EMD", "ISS3": "ISS III", "iss3": "ISS III", "BM60": "Bone marrow ≥ 60 %",
    "BM>=60%": "Bone marrow ≥ 60 %", "bm60": "Bone marrow ≥ 60 %", "CYTO": "High-risk cytogenetics",
    "hr_cyto": "High-risk cytogenetics", "IDE": "Ide-cel", "ide_cel": "Ide-cel", "PENTA": "Penta-refractory",
    "penta_refr": "Penta-refractory", "POLY": "Polychemotherapy, 2 months", "poly_2mo": "Polychemotherapy, 2 months",
}  # fmt: skip
_PARTS = {
    "n": "patients", "resp": "responders", "low": "lower limit", "high": "upper limit", "no.": "count",
    "total": "of",
}  # fmt: skip
PLACES = ("Abstract", "Text", "Table 1", "Table 2", "Table 3", "Table 4", "Fig 1", "Discussion")
"""Where the paper prints its figures."""

WHY = "Status, and why"

_THREE = ("median", "lowest", "highest")


def sign(found: Mapping[str, tuple[str, str]], key: str) -> str:
    """ "● holds", not to be broken between the two."""
    return "\u00a0".join(found[key])


def cell(entry: Entry, months: bool) -> str:
    """ "59.3 % (50.1–68.1)", "NR (7.7–NR)", "18.3 (no interval)"; a star for a note."""
    return words_of(entry, months) + (" *" if entry.note else "")


def words_of(entry: Entry, months: bool) -> str:
    """As :func:`cell`, without the star of a note."""
    if entry.state == "not reported":
        return (
            "not reported"
            if entry.drug
            else "not estimable"
            if entry.cohort == WEIGHTED
            else "not in this file"
        )
    low, high = entry.conf_low, entry.conf_high
    middle = (
        formatting.NOT_REACHED
        if entry.state == "not reached"
        else f"{entry.estimate:.1f}{'' if months else ' %'}"
    )
    if math.isnan(low) and math.isnan(high):
        return middle if entry.state == "not reached" else f"{middle} (no interval)"
    limits = [formatting.NOT_REACHED if math.isnan(limit) else f"{limit:.1f}" for limit in (low, high)]
    return f"{middle} ({limits[0]}–{limits[1]})"


def beside_frame(measures: Sequence[Measure]) -> pd.DataFrame:
    """A row a measure, a column a cohort."""
    return pd.DataFrame(
        [
            {"Measure": measure.label}
            | {entry.label: cell(entry, measure.kind == "times") for entry in measure.entries}
            for measure in measures
        ]
    ).fillna(formatting.DASH)


def difference_frame(measures: Sequence[Measure]) -> pd.DataFrame:
    """This cohort minus each published one, in percentage points with the interval; no medians."""
    rows = []
    for measure in measures:
        if measure.kind == "times":
            continue
        line = {"Measure": measure.label}
        for entry in measure.entries[1:]:
            if entry.cohort == WEIGHTED:
                continue
            gap = entry.difference
            line[entry.label] = (
                formatting.DASH
                if math.isnan(gap.estimate)
                else f"{_signed(gap.estimate)} ({_signed(gap.conf_low)} to {_signed(gap.conf_high)})"
            )
        rows.append(line)
    return pd.DataFrame(rows)


def _signed(points: float, decimals: int = 1) -> str:
    if math.isnan(points):
        return formatting.DASH
    text = f"{abs(points):.{decimals}f}"
    return text if float(text) == 0 else ("+" if points > 0 else "−") + text


def weighting_sentence(found: Adjusted) -> str:
    """Who entered, who did not, and how many are left in effect."""
    missing = sum(found.result.excluded.values())
    out = [
        f"{found.pretreated} had BCMA-directed therapy before, which the trial did not allow"
        if found.pretreated
        else "",
        f"in {found.unknown_pretreated} that is unknown" if found.unknown_pretreated else "",
        f"{missing} lack one of the characteristics" if missing else "",
    ]
    left_out = "; ".join(part for part in out if part)
    text = f"{found.used} of {formatting.patients(found.population)} enter" + (
        f" ({left_out})." if left_out else "."
    )
    if math.isnan(found.ess):
        return f"{text} They can’t be weighted: {found.result.numbers['reason']}."
    share = formatting.percent(found.ess / found.used, 0)
    return f"{text} After weighting they count as {found.ess:.1f} patients: the effective sample size, {share} of {found.used}."


def weighted_frame(found: Adjusted, measures: Sequence[Measure]) -> pd.DataFrame:
    """Outcomes of the cohort, of those matched before and after weighting, and of the trial."""
    by_key = {measure.key: measure for measure in measures if measure.kind in ("response", "times")}
    rows = []
    for outcome in found.outcomes:
        measure = by_key[outcome.key]
        months = measure.kind == "times"
        theirs = next((entry for entry in measure.entries if entry.label == found.trial), None)
        rows.append(
            {
                "Outcome": f"{outcome.label}, {'median months' if months else '%'}",
                "This cohort": cell(measure.own, months),
                f"Those matched, unweighted (n = {found.used})": words_of(outcome.before, months),
                f"Weighted (effective n = {found.ess:.1f})": words_of(outcome.after, months),
                found.trial: "" if theirs is None else words_of(theirs, months),
            }
        )
    return pd.DataFrame(rows)


def balance_frame(found: Adjusted) -> pd.DataFrame:
    """The characteristics before and after weighting, beside the trial, in percent."""
    table = found.balance
    return pd.DataFrame(
        {
            "Characteristic": table["term"],
            found.trial: [formatting.percent(share) for share in table["published"]],
            "Those matched, unweighted": [formatting.percent(share) for share in table["before"]],
            "Weighted": [formatting.percent(share) for share in table["after"]],
            "Standardised difference before": [_signed(gap, 2) for gap in table["smd_before"]],
        }
    )


class Source(NamedTuple):
    """One published cohort in words, and where to read it."""

    name: str
    words: str
    url: str
    host: str


def source_lines(found: Sequence[PublishedCohort]) -> list[Source]:
    """Who the published cohorts are: design, patients, follow-up, data cut-off, citation, what to mind."""
    lines = []
    for each in found:
        follow = each.followup_months
        both = follow.low is not None and follow.high is not None
        months = (
            ""
            if follow.median is None
            else f"{follow.median:g}" + (f" ({follow.low:g}–{follow.high:g})" if both else "")
        )
        facts = (
            f"{each.label}: {each.drug}, {each.design}",
            f"n = {each.n}" if each.n else "number of patients not in the source",
            f"median follow-up {months} months" if months else "follow-up not in the source",
            f"data cut-off {each.data_cut_off}" if each.data_cut_off else "data cut-off not in the source",
        )
        lines.append(
            Source(
                each.label,
                " ".join(part.rstrip(". ") + "." for part in (", ".join(facts), each.citation, *each.notes)),
                each.url,
                urlsplit(each.url).hostname or each.url,
            )
        )
    return lines


def recomputed_frame(table: pd.DataFrame) -> pd.DataFrame:
    """Every printed value beside ours, in words."""
    seen: Counter[tuple[str, str]] = Counter()
    names = []
    for where, item in zip(table["where"], table["item"], strict=True):
        names.append(figure_name(item, seen[where, item]))
        seen[where, item] += 1
    return pd.DataFrame(
        {
            "Place": table["where"],
            "Figure": names,
            "Printed": table["printed"],
            "Ours": table["ours"].replace("", formatting.DASH),
            "Status": [sign(STATUS, key) for key in table["status"]],
            "Why": table["reason"],
        }
    ).reset_index(drop=True)


def differences_frame(frame: pd.DataFrame) -> pd.DataFrame:
    """Rows of :func:`recomputed_frame` that differ, in as few columns as a phone has room for."""
    return pd.DataFrame(
        {
            "Figure": frame["Place"] + ": " + frame["Figure"],
            "Printed": frame["Printed"],
            "Ours": frame["Ours"],
            WHY: frame["Status"] + ". " + frame["Why"],
        }
    )


def figure_name(item: str, at: int = 0) -> str:
    """A printed value's name in words. at: how many of the same name came before it."""
    if item.endswith("median/min/max"):
        return f"{_capital(item.removesuffix(' median/min/max'))}, {_THREE[at % 3]}"
    text = (
        item.replace("G>=3", "grade ≥ 3")
        .replace("any no.", "any grade no.")
        .replace("any total", "any grade total")
    )
    text = text.replace("any %", "any grade %").removeprefix("... ")
    words = text.split(" ")
    if words[0] == "multi" and len(words) > 2:
        factor = _FACTORS.get(words[1], _capital(words[1]))
        return f"{factor}, multivariable: {' '.join(_PARTS.get(word, word) for word in words[2:])}"
    if words[0] in _FACTORS and len(words) > 1:
        name, rest = _FACTORS[words[0]], words[1:]
        if rest[0] in ("No", "Yes"):
            name, rest = f"{name} ({rest[0].lower()})", rest[1:]
        return f"{name}: {'median PFS' if rest[0] == 'median' else ' '.join(_PARTS.get(word, word) for word in rest)}"
    return _capital(re.sub(r" (no\.|total)$", lambda found: ", " + _PARTS[found[1]], text))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def findings_frame(found: Sequence[Finding]) -> pd.DataFrame:
    """Findings of the print check, contradictions first."""
    order = sorted(found, key=lambda each: each.severity != "contradiction")
    return pd.DataFrame(
        [
            {
                "Kind": sign(SEVERITY, each.severity),
                "Where": f"{each.table}: {each.row}",
                "Finding": _capital(
                    each.message.removeprefix(f"{each.table}, {each.row}: ").removeprefix(f"{each.row}: ")
                ),
            }
            for each in order
        ],
        columns=["Kind", "Where", "Finding"],
    )


def tally_of_findings(found: Sequence[Finding]) -> str:
    """ "1 contradiction, 2 worth a look"."""
    hard = sum(each.severity == "contradiction" for each in found)
    return f"{hard} contradiction{'' if hard == 1 else 's'}, {len(found) - hard} worth a look"


def columns_frame() -> pd.DataFrame:
    """The columns of a table to check."""
    return pd.DataFrame([{"Column": name, "What belongs in it": words} for name, words in COLUMNS.items()])
