"""Tables of prognostic factors, cut-offs and risk models as a reader sees them."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from rrmm import DAYS_PER_MONTH, formatting
from rrmm.analyses.explore import Explore
from rrmm.analyses.multiplicity import holm
from rrmm.results import Result

DIRECTIONS = {"": "response", "_non": "non-response"}


def looks_frame(view: Explore) -> pd.DataFrame:
    """Every subgroup of the forest with its p, q (Benjamini-Hochberg) and Holm's p."""
    adjusted = holm([row.logrank_p for row in view.forest])
    rows = [
        {
            "Subgroup": row.label,
            "Events/n": f"{row.events[1]}/{row.n[1]} v {row.events[0]}/{row.n[0]}",
            "HR (95 % CI)": formatting.ratio_interval(row.hr.hr, row.hr.conf_low, row.hr.conf_high),
            "p": formatting.p_number(row.logrank_p),
            "q": formatting.p_number(row.q_value),
            "Holm": formatting.p_number(float(at)),
        }
        for row, at in zip(view.forest, adjusted, strict=True)
    ]
    return pd.DataFrame(rows, columns=["Subgroup", "Events/n", "HR (95 % CI)", "p", "q", "Holm"])


def factors_frame(found: Result, direction: str = "") -> pd.DataFrame:
    """Table 2 (survival) or Table 3 (response): a row a level. direction: key of DIRECTIONS, for odds ratios."""
    survival = found.kind == "survival_factors"
    ratio = "HR" if survival else f"OR of {DIRECTIONS[direction]}"
    lines: list[dict[str, Any]] = []
    last = None
    for row in found.table.to_dict("records"):
        first, last = row["key"] != last, row["key"]
        line: dict[str, Any] = {"Characteristic": row["label"], "Level": row["level"] or "per unit"}
        line["n (events)" if survival else "n (responders)"] = f"{row['n']:.0f} ({row['n_event']:.0f})"
        if survival:
            line["Median, months (95 % CI)"] = _median({str(name): value for name, value in row.items()})
            line["Log-rank p"] = _p(row["logrank_p"]) if first else ""
        else:
            line["Rate (95 % CI)"] = (
                f"{formatting.percent(row['rate'])} ({formatting.percent_interval(row['rate_low'], row['rate_high'])})"
                if row["n"]
                else formatting.DASH
            )
            line["Chi-square p"], line["Fisher p"] = (
                (_p(row["chi_square_p"]), _p(row["fisher_p"])) if first else ("", "")
            )
        reasons = []
        for model, name in (("uni", "Univariable"), ("multi", "Multivariable")):
            values = {part: row[f"{model}{direction}_{part}"] for part in MODEL}
            line[f"{name} {ratio} (95 % CI)"] = _ratio(row["kind"], values)
            line[f"{name} p"] = _p(values["p_value"]) if not values["reason"] else ""
            if values["reason"] and values["reason"] not in QUIET:
                reasons.append(f"{name}: {values['reason']}")
        line["Remark"] = "; ".join(reasons)
        lines.append(line)
    return _said(pd.DataFrame(lines))


def _said(frame: pd.DataFrame) -> pd.DataFrame:
    """Without the column of remarks where there is none."""
    return frame.drop(columns="Remark") if "Remark" in frame and not frame["Remark"].any() else frame


MODEL = ("estimate", "conf_low", "conf_high", "p_value", "reason")
QUIET = ("not in the model", "the reference of this model")


def _p(value: float) -> str:
    return "" if math.isnan(value) else formatting.p_number(value)


def _median(row: dict[str, Any]) -> str:
    if row["kind"] == "number" or not row["n"]:
        return ""
    return formatting.months_interval(row["median"], row["median_low"], row["median_high"], 2)


def _ratio(kind: str, values: dict[str, Any]) -> str:
    reason = values["reason"]
    if reason == "not in the model" or kind == "unknown":
        return ""
    if reason == QUIET[1] or (kind == "reference" and not reason):
        return "1.00 (reference)"
    if reason or not math.isfinite(values["estimate"]):
        return "not estimable"
    return formatting.ratio_interval(values["estimate"], values["conf_low"], values["conf_high"])


def lost_frame(found: Result) -> pd.DataFrame:
    """Who the multivariable model lost, a row a covariate."""
    lost = found.frames["lost"]
    return pd.DataFrame(
        {
            "Covariate": lost["variable"],
            "Unknown in": lost["missing"].astype("Int64"),
            "Lost for this alone": lost["only"].astype("Int64"),
        }
    )


def ph_frame(found: Result) -> pd.DataFrame:
    """The Schoenfeld tests of every model."""
    ph = found.frames["ph"]
    if ph.empty:
        return pd.DataFrame(columns=["Model", "Term", "Chi-square", "df", "p", "Remark"])
    return _said(
        pd.DataFrame(
            {
                "Model": ph["model"].str.capitalize(),
                "Term": ph["term"].where(ph["term"] != "GLOBAL", "The model as a whole"),
                "Chi-square": [
                    f"{value:.2f}" if math.isfinite(value) else formatting.DASH for value in ph["statistic"]
                ],
                "df": ph["df"],
                "p": [formatting.p_number(value) for value in ph["p_value"]],
                "Remark": ph["reason"].fillna(""),
            }
        )
    )


def interaction_frame(found: Result) -> pd.DataFrame:
    """The pairs with their tests."""
    table = found.table
    return _said(
        pd.DataFrame(
            {
                "Covariate": table["first"],
                "With": table["second"],
                "Events/n": [f"{events}/{n}" for events, n in zip(table["n_event"], table["n"], strict=True)],
                "Chi-square": [
                    f"{value:.2f}" if math.isfinite(value) else formatting.DASH for value in table["statistic"]
                ],
                "df": table["df"],
                "p": [formatting.p_number(value) for value in table["p_value"]],
                "q": [formatting.p_number(value) for value in table["q_value"]],
                "Remark": table["reason"],
            }
        )
    )


def cutoffs_frame(found: Result, ratio: str, unit: str) -> pd.DataFrame:
    """Every cut-off with the patients and events on each side."""
    rows = found.table.to_dict("records")
    return _said(
        pd.DataFrame(
            [
                {
                    f"Cut-off ({unit})" if unit else "Cut-off": formatting.measured(row["cutoff"]),
                    "Below, events/n": f"{row['n_event_below']:.0f}/{row['n_below']:.0f}",
                    "At or above, events/n": f"{row['n_event']:.0f}/{row['n']:.0f}",
                    f"{ratio} (95 % CI)": formatting.ratio_interval(row["estimate"], row["conf_low"], row["conf_high"]),
                    "p of this cut-off alone": formatting.p_number(row["p_value"]),
                    "Searched": "yes" if row["searched"] else "no",
                    "Remark": row["reason"],
                }
                for row in rows
            ]
        )
    )


def measures_frame(found: Result) -> pd.DataFrame:
    """How good a risk model is: as it looks, how much of that is luck, and what is left."""

    def number(value: float) -> str:
        return f"{value:.3f}" if math.isfinite(value) else formatting.DASH

    table = found.table
    return pd.DataFrame(
        {
            "Measure": table["term"],
            "Apparent": table["apparent"].map(number),
            "Optimism": table["optimism"].map(number),
            "Corrected": table["estimate"].map(number),
        }
    )


def calibration_frame(found: Result) -> pd.DataFrame:
    """Predicted and observed survival at the horizon, a row a third of the risk."""
    table = found.frames["calibration"]
    rows = [
        {
            "Risk": str(row["group"]).capitalize(),
            "n": int(row["n"]),
            "Predicted": formatting.percent(row["predicted"], 0),
            "Observed (95 % CI)": f"{formatting.percent(row['estimate'], 0)} "
            f"({formatting.percent_interval(row['conf_low'], row['conf_high'], 0)})"
            if math.isfinite(row["estimate"])
            else str(row["reason"]),
        }
        for row in table.to_dict("records")
    ]
    return pd.DataFrame(rows)


def horizon(found: Result) -> str:
    """ "4.4 months": the time at which calibration is looked at."""
    return f"{found.numbers['horizon'] / DAYS_PER_MONTH:.1f} months"
