"""Tables as a reader sees them: results as frames of text, and frames as CSV that no spreadsheet will
execute."""

from __future__ import annotations

import math
import re

import pandas as pd

from rrmm import formatting
from rrmm.analyses.baseline import Baseline, Cell, Row, Spread
from rrmm.analyses.eligibility import Eligibility
from rrmm.analyses.proportions import Proportion
from rrmm.analyses.response import GroupResponse
from rrmm.analyses.response_odds import CONTEXT, Odds
from rrmm.analyses.response_times import ResponseTimes
from rrmm.analyses.safety import Safety
from rrmm.analyses.two_by_two import Interval
from rrmm.published import PublishedCohort, Rate
from rrmm.published import Spread as PublishedSpread

_NUMBER = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?\s*%?")
_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%")


def harmless(cell: object) -> object:
    """A cell that a spreadsheet shows and does not run: text that could start a formula gets an apostrophe.

    Numbers stay numbers, also as text ("-1.5").
    """
    if not isinstance(cell, str):
        return cell
    bare = cell.lstrip(" \u00a0\u200b\ufeff")
    # Some programs also pass over other white space and control characters in front.
    if (bare.startswith(_STARTS) or bare.strip().startswith(_STARTS)) and not _NUMBER.fullmatch(bare.strip()):
        return "'" + cell
    return cell


def safe_csv(frame: pd.DataFrame) -> bytes:
    """The frame as CSV (UTF-8 with a byte-order mark, so that Excel reads umlauts), headers and cells
    harmless."""
    made = frame.copy()
    made.columns = pd.Index([harmless(str(name)) for name in frame.columns])
    for at, dtype in enumerate(frame.dtypes):
        if not pd.api.types.is_numeric_dtype(dtype):
            made.isetitem(at, frame.iloc[:, at].map(harmless).to_numpy(object))
    return made.to_csv(index=False, lineterminator="\r\n").encode("utf-8-sig")


# cells ---------------------------------------------------------------------------------------------


def share(value: Proportion, *, interval: bool = False) -> str:
    """ "43/119 (36.1 %)", or with its interval."""
    if not value.n:
        return formatting.DASH
    text = f"{value.x}/{value.n} ({formatting.percent(value.estimate)})"
    if interval:
        text += f", {formatting.percent_interval(value.conf_low, value.conf_high)}"
    return text


def spread(value: Spread, decimals: int = 0, *, scale: float = 1.0) -> str:
    """Median and range: "67 (35–87)"."""
    if not value.n:
        return formatting.DASH
    median, low, high = value.median * scale, value.low * scale, value.high * scale
    # The median of an even number of patients may lie between two values.
    middle = decimals if abs(median - round(median, decimals)) < 1e-9 else max(decimals, 1)
    return f"{median:.{middle}f} ({low:.{decimals}f}–{high:.{decimals}f})"


def interval(value: Interval) -> str:
    """An odds ratio with its limits."""
    if math.isnan(value.estimate):
        return f"not estimable: {value.reason}" if value.reason else "not estimable"
    ratio = formatting.ratio(value.estimate)
    if math.isnan(value.conf_low) and math.isnan(value.conf_high):
        return f"{ratio} (no interval: {value.reason})"
    return f"{ratio} ({formatting.ratio(value.conf_low)}–{formatting.ratio(value.conf_high)})"


def _cell(cell: Cell, row: Row) -> str:
    value = cell.value
    return spread(value, row.of.decimals) if isinstance(value, Spread) else share(value)


def _published(cohort: PublishedCohort, key: str) -> str:
    value = cohort.baseline.get(key) if key else None
    if value is None or not value.known:
        return formatting.DASH
    if isinstance(value, PublishedSpread):
        low_high = (
            f" ({value.low:g}–{value.high:g})" if value.low is not None and value.high is not None else ""
        )
        return f"{value.median:g}{low_high}"
    assert isinstance(value, Rate)
    counts = f"{value.x}/{value.n} " if value.x is not None and value.n else ""
    percent = f"{value.percent:.1f} %"
    return f"{counts}({percent})" if counts else percent


# tables --------------------------------------------------------------------------------------------


def name_of(row: Row) -> str:
    """The row's name with its level or unit."""
    if row.level:
        return f"{row.of.label}: {row.level}" if row.of.kind == "levels" else f"{row.of.label} {row.level}"
    if row.of.kind == "number":
        unit = f", {row.of.unit}" if row.of.unit else ""
        return f"{row.of.label}{unit}"
    return row.of.label


def baseline_frame(
    found: Baseline, beside: tuple[PublishedCohort, ...] = (), *, p_values: bool = False
) -> pd.DataFrame:
    """Table 1: a column for the population, one a group, the unknown, SMD (and p), published cohorts."""
    grouped = len(found.columns) > 1
    rows = []
    for row in found.rows:
        line: dict[str, object] = {"Characteristic": name_of(row)}
        for (label, n), cell in zip(found.columns, row.cells, strict=True):
            line[f"{label} (n = {n})"] = _cell(cell, row)
        missing = [cell.missing for cell in row.cells]
        if grouped:
            by_group = f" ({', '.join(map(str, missing[1:]))})" if missing[0] else ""
            line["Unknown (by group)"] = f"{missing[0]}{by_group}"
        else:
            line["Unknown"] = missing[0]
        if len(found.columns) > 2:
            line["SMD"] = "" if math.isnan(row.smd) else f"{row.smd:.2f}"
            if p_values:
                line["p"] = "" if math.isnan(row.p_value) else formatting.p_number(row.p_value)
        for cohort in beside:
            n_of = f" (n = {cohort.n})" if cohort.n else ""
            line[f"{cohort.label}{n_of}"] = _published(cohort, row.published)
        rows.append(line)
    return pd.DataFrame(rows)


def eligibility_frame(found: Eligibility) -> pd.DataFrame:
    """Criteria not met, one row each: condition at screening and any of it, prior therapy and any of all."""
    rows = []
    for part, label, rate, undecided in (
        ("condition", "Any of these key criteria", found.any_condition, found.undecided),
        ("therapy", "Any criterion", found.any_part, found.undecided_part),
    ):
        mine = [each for each in found.rows if each.criterion.part == part]
        rows += [(each.criterion.fails, share(each.failing, interval=True), each.unknown) for each in mine]
        if mine:
            rows.append((label, share(rate, interval=True), undecided))
    return pd.DataFrame(rows, columns=["Criterion not met", "Patients (95 % CI)", "Unknown"])


def response_frame(groups: tuple[GroupResponse, ...]) -> pd.DataFrame:
    """Depth and rates of response, a row a group."""
    return pd.DataFrame(
        [
            {
                "Group": each.label,
                "n": each.n,
                "ORR (95 % CI)": share(each.orr, interval=True),
                "≥ VGPR": share(each.vgpr, interval=True),
                "≥ CR": share(each.cr, interval=True),
                "Clinical benefit (≥ MR)": share(each.clinical_benefit, interval=True),
                "Not evaluable": each.not_evaluable,
                "Unknown": each.missing,
            }
            for each in groups
        ]
    )


def odds_frame(rows: tuple[Odds, ...]) -> pd.DataFrame:
    """Table 3: one row a subgroup, the second level against the reference."""
    lines = []
    for row in rows:
        reference, level = row.levels
        p = formatting.p_number(row.p_value)
        if not math.isnan(row.fisher_p):
            p += f" (Fisher {formatting.p_number(row.fisher_p)})"
        lines.append(
            {
                "Comparison": f"{CONTEXT.get(row.key, '')}{level.label} v {reference.label}",
                "OR of response (95 % CI)": interval(row.response),
                "OR of non-response (95 % CI)": interval(row.non_response),
                "p": p,
                "Responders/n (%)": f"{share(level.orr)} v {share(reference.orr)}",
                "Unknown": row.unknown,
            }
        )
    return pd.DataFrame(lines)


def times_frame(found: ResponseTimes) -> pd.DataFrame:
    """Time to response of responders, a row a group, months."""
    return pd.DataFrame(
        [
            {
                "Group": each.label,
                "Responders": each.responders,
                "To first response, months": spread(each.first, 1),
                "To best response, months": spread(each.best, 1),
                "Not dated": f"{each.undated_first} / {each.undated_best}",
            }
            for each in found.groups
        ]
    )


def safety_frame(found: Safety) -> pd.DataFrame:
    """Table 4: any grade and grade 3 or higher, for the population and each group."""
    rows = []
    for row in found.rows:
        line: dict[str, object] = {"Adverse event": row.label}
        for at, (label, _) in enumerate(found.columns):
            name = label if len(found.columns) > 1 else ""
            any_name, severe_name = (f"{name}, any", f"{name}, ≥ 3") if name else ("Any grade", "Grade ≥ 3")
            line[any_name] = share(row.any_grade[at], interval=len(found.columns) == 1)
            line[severe_name] = share(row.severe[at], interval=len(found.columns) == 1)
        line["Unknown"] = row.unknown[0]
        if any(each.ungraded[0] for each in found.rows):
            line["Grade unknown"] = row.ungraded[0]
        rows.append(line)
    return pd.DataFrame(rows)


def care_frame(found: Safety) -> pd.DataFrame:
    """What was given, interruptions and hospital stay, by group."""
    rows = []
    for care in found.care:
        line: dict[str, object] = {"": care.label}
        for at, (label, n) in enumerate(found.columns):
            line[f"{label} (n = {n})"] = share(care.shares[at], interval=len(found.columns) == 1)
        rows.append({**line, "Unknown": care.unknown[0]})
    if found.stay and found.stay[0].n:
        line = {"": "Hospital stay (step-up), days"}
        for at, (label, n) in enumerate(found.columns):
            line[f"{label} (n = {n})"] = spread(found.stay[at])
        rows.append({**line, "Unknown": found.stay_unknown[0]})
    return pd.DataFrame(rows)


def behind_frame(patients: pd.DataFrame) -> pd.DataFrame:
    """Patients behind a row, in words: no identifier, no date."""
    made = pd.DataFrame(
        {
            "No.": patients["number"],
            "Sex": patients["sex"].map({"F": "female", "M": "male"}).fillna("unknown"),
            "EMD": patients["emd"],
            "ISS": patients["iss"].fillna("unknown"),
            "Worst grade": [f"{x:.0f}" if math.isfinite(x) else "unknown" for x in patients["grade"]],
            "Onset, day": [f"{x:.0f}" if math.isfinite(x) else "not dated" for x in patients["onset_day"]],
        }
    )
    return made.reset_index(drop=True)
