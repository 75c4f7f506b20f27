"""Factors associated with response: uni- and multivariable odds ratios, Table 3 for any cohort.

Each covariate on its own (all patients with a known value, or the complete cases of the multivariable model
on request) and all of them together. Odds ratios are given in both directions, of response and of
non-response (the paper prints the second). The paper's intervals are exact mid-P (Baptista-Pike), its
p-values uncorrected chi-square, and its patients those who could be evaluated.

An odds ratio in a one-arm cohort is an association, not an effect.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from rrmm.analyses.contingency import chi_square, fisher_freeman_halton
from rrmm.analyses.covariates import Covariate, count_out, covariate, population_mask, unique_labels
from rrmm.analyses.logistic import fit_logistic
from rrmm.analyses.proportions import proportion
from rrmm.analyses.response import DEPTHS, Convention, depth_codes
from rrmm.analyses.two_by_two import two_by_two
from rrmm.cohort import UNKNOWN, Cohort
from rrmm.picks import Population
from rrmm.results import Remark, Result

if TYPE_CHECKING:
    from numpy.typing import NDArray

Outcome = Literal["orr", "vgpr", "cr"]
Interval = Literal["wald", "exact mid-P", "profile"]
FirthRule = Literal["auto", "always", "never"]

OUTCOMES: dict[str, str] = {"orr": "PR or better", "vgpr": "VGPR or better", "cr": "CR or better"}
INTERVALS: tuple[Interval, ...] = ("wald", "exact mid-P", "profile")
"""Intervals of a univariable odds ratio; multivariable ones are Wald where exact mid-P is chosen."""

MODEL_COLUMNS = ("estimate", "conf_low", "conf_high", "p_value", "method", "reason")
COLUMNS = (
    "key", "label", "level", "kind", "n", "n_event", "rate", "rate_low", "rate_high", "chi_square_p",
    "fisher_p",
    *(f"{model}_{name}" for model in ("uni", "multi", "uni_non", "multi_non") for name in MODEL_COLUMNS),
)  # fmt: skip


def response_codes(cohort: Cohort, outcome: Outcome, convention: Convention) -> NDArray[np.int64]:
    """(n,) 1 response of that depth, 0 none, -1 unknown or, by the convention, not evaluable."""
    depth = depth_codes(cohort, convention.ncr_is_cr)
    if outcome == "orr":
        codes = cohort.flag("responder").astype(np.int64)
    else:
        deepest = 1 if outcome == "vgpr" else 0
        codes = np.where(depth < 0, UNKNOWN, (depth <= deepest).astype(np.int64))
        # Who is known only as no responder has no deep response either.
        codes = np.where((depth < 0) & (cohort.flag("responder") == 0), 0, codes)
    if not convention.nonevaluable_counts:
        codes = np.where(depth == DEPTHS.index("NE"), UNKNOWN, codes)
    return codes.astype(np.int64)


def response_factors(
    cohort: Cohort,
    covariates: Sequence[str],
    *,
    cuts: Mapping[str, float] | None = None,
    population: Population | NDArray[np.bool_] | None = None,
    outcome: Outcome = "orr",
    convention: Convention | None = None,
    adjusted: Sequence[str] | None = None,
    same_n: bool = False,
    interval: Interval = "wald",
    firth: FirthRule = "auto",
    level: float = 0.95,
) -> Result:
    """The table of factors associated with response.

    covariates: subgroup keys or ``col:<header>``. population: who is looked at, everybody by default.
    outcome: key of :data:`OUTCOMES`. adjusted: those that enter the multivariable model, all by default.
    same_n: univariable results on its complete cases. interval: one of :data:`INTERVALS`. firth: "auto" uses
    Firth's penalty in a multivariable model that has no finite estimate otherwise.

    ``table``: one row for each level, number and group of unknowns, :data:`COLUMNS`; kind is "reference",
    "level", "number" or "unknown"; n_event counts responders; ``uni_`` and ``multi_`` hold the odds ratio of
    response, ``uni_non_`` and ``multi_non_`` that of non-response. ``frames``: lost. ``numbers``:
    "multivariable" (Result or None) and "complete" (n). KeyError for an unknown key; ValueError for an
    unknown outcome or interval.
    """
    if outcome not in OUTCOMES or interval not in INTERVALS:
        raise ValueError(f"unknown outcome or interval: {outcome!r}, {interval!r}")
    convention, cuts = convention or Convention(), dict(cuts or {})
    inside = population_mask(cohort, population)
    excluded: dict[str, int] = {}
    count_out(excluded, "outside the chosen population", ~inside)
    response = response_codes(cohort, outcome, convention)
    usable = inside & (response != UNKNOWN)
    if not convention.nonevaluable_counts:
        no_evaluation = depth_codes(cohort, convention.ncr_is_cr) == DEPTHS.index("NE")
        count_out(excluded, "response not evaluable", inside & no_evaluation)
        count_out(excluded, "response unknown", inside & ~usable & ~no_evaluation)
    else:
        count_out(excluded, "response unknown", inside & ~usable)

    chosen = unique_labels([covariate(cohort, key, cuts) for key in dict.fromkeys(covariates)])
    in_models = [each for each in chosen if not each.reason]
    wanted = set(covariates if adjusted is None else adjusted)
    together = [each for each in in_models if each.key in wanted]
    complete = np.logical_and.reduce([usable, *(each.known for each in together)])
    fit = _Fitter(pd.DataFrame({"_response": response}), interval, firth, level)
    base = complete if same_n else usable
    joint = fit(together, usable) if together else None
    rows: list[dict[str, Any]] = []
    for each in chosen:
        rows += _rows(each, base, response, fit, joint if each in together else None, convention)
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    lost = joint.frames["lost"] if joint else pd.DataFrame(columns=["variable", "missing", "only"])
    return Result(
        kind="response_factors",
        table=table,
        n=int(usable.sum()),
        events=int((response[usable] == 1).sum()),
        excluded=excluded,
        remarks=tuple(_remarks(chosen, joint, int(usable.sum()))),
        method=f"{OUTCOMES[outcome]} ({convention.text}); {convention.interval} rates; univariable odds "
        f"ratios with {interval} limits, multivariable logistic regression with "
        f"{'profile' if interval == 'profile' else 'Wald'} limits; chi-square without correction",
        frames={"lost": lost},
        numbers={"multivariable": joint, "complete": joint.n if joint else 0, "outcome": outcome},
    )


@dataclass(frozen=True)
class _Fitter:
    response: pd.DataFrame
    interval: Interval
    firth: FirthRule
    level: float

    def __call__(self, covariates: Iterable[Covariate], mask: NDArray[np.bool_]) -> Result:
        chosen = list(covariates)
        frame = self.response.assign(**{each.label: each.column() for each in chosen})[mask].reset_index(
            drop=True
        )
        names = [each.label for each in chosen]
        how: Literal["wald", "profile"] = "profile" if self.interval == "profile" else "wald"
        if self.firth != "always":
            plain = fit_logistic(frame, "_response", names, interval=how, level=self.level)
            if self.firth == "never" or not any(remark.code == "infinite" for remark in plain.remarks):
                return plain
        return fit_logistic(frame, "_response", names, firth=True, level=self.level)


def _rows(
    each: Covariate,
    base: NDArray[np.bool_],
    response: NDArray[np.int64],
    fit: _Fitter,
    joint: Result | None,
    convention: Convention,
) -> list[dict[str, Any]]:
    """The rows of one covariate: its levels, or itself as a number, and who is unknown."""
    blank: dict[str, Any] = dict.fromkeys(COLUMNS, math.nan) | {"key": each.key, "label": each.label}
    unknown = base & ~each.known

    def row(level: str, kind: str, mask: NDArray[np.bool_]) -> dict[str, Any]:
        n, x = int(mask.sum()), int((response[mask] == 1).sum())
        rate = proportion(x, n, convention.interval, fit.level)
        return blank | {"level": level, "kind": kind, "n": n, "n_event": x, "rate": rate.estimate,
                        "rate_low": rate.conf_low, "rate_high": rate.conf_high}  # fmt: skip

    rows = []
    if each.grouping is None:
        known = base & each.known
        alone = None if each.reason else fit([each], known)
        rows.append(
            row("", "number", known) | _model("uni", each, "", alone) | _model("multi", each, "", joint)
        )
    else:
        codes, levels = each.grouping.codes, each.grouping.levels
        masks = [base & (codes == at) for at in range(len(levels))]
        filled = [at for at, mask in enumerate(masks) if mask.any()]
        reference = filled[0] if filled else 0
        tests = _tests(masks, response) if not each.reason else (math.nan, math.nan)
        for at, name in enumerate(levels):
            found = row(name, "reference" if at == reference else "level", masks[at])
            found |= {"chi_square_p": tests[0], "fisher_p": tests[1]}
            if at == reference:
                found |= _nothing("uni", "") | _nothing("multi", "" if joint is not None else "not in the model")
            else:
                found |= _odds(each, masks[reference], masks[at], response, fit) | _model(
                    "multi", each, name, joint
                )
            rows.append(found)
    if unknown.any():
        rows.append(row("Unknown", "unknown", unknown) | _nothing("uni", "not in the model")
                    | _nothing("multi", "not in the model"))  # fmt: skip
    return rows


def _tests(masks: Sequence[NDArray[np.bool_]], response: NDArray[np.int64]) -> tuple[float, float]:
    """Uncorrected chi-square p, and Fisher's (Fisher-Freeman-Halton's) exact p."""
    n = np.array([mask.sum() for mask in masks])
    x = np.array([(response[mask] == 1).sum() for mask in masks])
    if not len(n):
        return math.nan, math.nan
    return chi_square(np.column_stack([x, n - x])).p_value, fisher_freeman_halton(x, n).p_value


def _odds(
    each: Covariate,
    reference: NDArray[np.bool_],
    level: NDArray[np.bool_],
    response: NDArray[np.int64],
    fit: _Fitter,
) -> dict[str, Any]:
    """The crude odds ratio of a level against the reference, both directions."""
    if each.reason:
        return _nothing("uni", each.reason)
    yes, no = int((response[level] == 1).sum()), int((response[level] == 0).sum())
    base_yes, base_no = int((response[reference] == 1).sum()), int((response[reference] == 0).sum())
    table = two_by_two(yes, no, base_yes, base_no, fit.level)
    name = {"wald": "wald", "exact mid-P": "baptista_pike_midp", "profile": "profile_likelihood"}[
        fit.interval
    ]
    value, test = table.odds_ratios[name], table.tests["chi_square"]
    finite = math.isfinite(value.estimate) and value.estimate > 0
    reason = value.reason or ("" if finite else "a cell is empty: the odds ratio has no finite estimate")
    method = {"wald": "Wald", "exact mid-P": "exact mid-P (Baptista-Pike)", "profile": "profile likelihood"}
    return _both("uni", value.estimate if finite else math.nan, value.conf_low, value.conf_high, test.p_value,
                 method[fit.interval], reason)  # fmt: skip


def _model(prefix: str, each: Covariate, level: str, result: Result | None) -> dict[str, Any]:
    """The columns of a logistic model for one row, both directions."""
    if result is None:
        return _nothing(prefix, each.reason or "not in the model")
    lines = result.table[(result.table["variable"] == each.label) & (result.table["level"] == level)]
    if lines.empty:
        only = result.table[(result.table["variable"] == each.label) & (result.table["level"] == "")]
        reason = str(only["reason"].iloc[0]) if len(only) else "the reference of this model"
        return _nothing(prefix, reason)
    line = lines.iloc[0]
    names = ("estimate", "conf_low", "conf_high", "p_value", "method", "reason")
    return _both(prefix, *(line[name] for name in names))


def _both(
    prefix: str, estimate: float, low: float, high: float, p: float, method: str, reason: str
) -> dict[str, Any]:
    def turned(value: float) -> float:
        return math.inf if value == 0 else 1 / value

    return {
        **_named(prefix, (estimate, low, high, p, method, reason)),
        **_named(f"{prefix}_non", (turned(estimate), turned(high), turned(low), p, method, reason)),
    }


def _nothing(prefix: str, reason: str) -> dict[str, Any]:
    return _both(prefix, math.nan, math.nan, math.nan, math.nan, "", reason)


def _named(prefix: str, values: tuple[Any, ...]) -> dict[str, Any]:
    return {f"{prefix}_{name}": value for name, value in zip(MODEL_COLUMNS, values, strict=True)}


def _remarks(chosen: Sequence[Covariate], joint: Result | None, n: int) -> list[Remark]:
    remarks = [Remark("outcome_covariate", f"{each.label}: {each.reason}.") for each in chosen if each.reason]
    if joint is None:
        return remarks
    if joint.kind == "firth_logistic":
        remarks.append(Remark("firth", "Multivariable: Firth's penalty, profile penalised likelihood."))
    remarks += [Remark(remark.code, f"Multivariable: {remark.text}") for remark in joint.remarks]
    if joint.n < n:
        lost = joint.frames["lost"]
        pairs = zip(lost["variable"], lost["missing"], strict=True)
        named = ", ".join(f"{name} {missing}" for name, missing in pairs if missing)
        text = f"Multivariable: {joint.n} of {n} patients have every covariate (missing: {named})."
        remarks.append(Remark("complete_cases", text))
    return remarks
