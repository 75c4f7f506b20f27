"""Competing risks: cumulative incidence (Aalen-Johansen), Gray's test, cause-specific log-rank.

``status`` is 0 for censored and 1, 2, ... for the cause of the event; a patient has one event at most. The
cumulative incidence of a cause is the probability of having had an event *of this cause* by a time; 1 minus
Kaplan-Meier with the other causes censored is larger and is not offered.

Own estimator, as the libraries differ from R's `survfit` on patients' data: statsmodels has a NaN standard
error where the last patient at risk has an event, greenwood has cmprsk's Aalen-type error, scikit-survival a
zero one, and lifelines moves tied times at random. Here it is the Greenwood-type error, which equals
`survfit`'s infinitesimal jackknife. Gray's test comes from greenwood, which agrees with `cmprsk::cuminc`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from statistics import NormalDist
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
import pandas as pd

from rrmm.results import Remark, Result

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

ConfType = Literal["log-log", "log", "plain", "cloglog"]

CONF_TYPES: dict[str, str] = {
    "log-log": "log(-log F), as survfit(conf.type = 'log-log')",
    "log": "log F, as survfit(conf.type = 'log')",
    "plain": "F, as survfit(conf.type = 'plain')",
    "cloglog": "log(-log(1 - F))",
}
"""Scales on which the interval of a cumulative incidence F is symmetric."""

MOST_CAUSES = 50
"""More causes than this are a column that was taken for a status by mistake."""

CURVE_COLUMNS = (
    "group", "cause", "time", "n_risk", "n_event", "n_censor", "estimate", "std_error", "conf_low",
    "conf_high", "method",
)  # fmt: skip
AT_COLUMNS = ("group", "cause", "time", "n_risk", "estimate", "std_error", "conf_low", "conf_high", "reason")
TEST_COLUMNS = ("cause", "statistic", "df", "p_value", "method", "reason")


class Incidence(NamedTuple):
    """Cumulative incidence of the causes in one group, at its distinct times (events and censorings).

    time, n_risk, n_censor: (k,); n_risk just before each time.
    n_event, estimate, std_error: (causes, k); survival: (k,) free of any event.
    """

    time: NDArray[np.float64]
    n_risk: NDArray[np.int64]
    n_censor: NDArray[np.int64]
    n_event: NDArray[np.int64]
    estimate: NDArray[np.float64]
    std_error: NDArray[np.float64]
    survival: NDArray[np.float64]


def aalen_johansen(time: NDArray[np.float64], status: NDArray[np.int64], causes: int) -> Incidence:
    """The Aalen-Johansen estimator of one group.

    time: (n,) any unit; status: (n,) 0 censored, 1 to ``causes`` the cause. At a tied time events come before
    censorings, as in R. Standard error: Greenwood type (Andersen, Borgan, Gill, Keiding 1993, IV.4).
    """
    at, place = np.unique(time, return_inverse=True)
    k = len(at)
    counts = np.bincount(status * k + place, minlength=(causes + 1) * k).reshape(causes + 1, k)
    left = counts.sum(axis=0)
    n_risk = len(time) - np.concatenate([[0], np.cumsum(left)[:-1]]).astype(np.int64)
    n_event = counts[1:]
    any_event = n_event.sum(axis=0)
    survival = np.cumprod(1 - any_event / n_risk)
    before = np.concatenate([[1.0], survival[:-1]])
    estimate = np.cumsum(before * n_event / n_risk, axis=1)
    return Incidence(at, n_risk, counts[0], n_event, estimate,
                     _standard_error(n_risk, n_event, before, estimate), survival)  # fmt: skip


def _standard_error(
    n_risk: NDArray[np.int64],
    n_event: NDArray[np.int64],
    before: NDArray[np.float64],
    estimate: NDArray[np.float64],
) -> NDArray[np.float64]:
    """(causes, k) Greenwood-type standard errors, by cumulative sums over the times."""
    any_event = n_event.sum(axis=0)
    rest = n_risk - any_event
    # Where nobody stays at risk the weight (F(t) - F(s))^2 of this term is 0 from there on.
    hazard = np.divide(any_event, n_risk * rest, out=np.zeros(len(n_risk)), where=rest > 0)
    own = before**2 * (n_risk - n_event) * n_event / n_risk**3
    cross = before * n_event / n_risk**2
    cum = np.cumsum
    variance = (
        estimate**2 * cum(hazard)
        - 2 * estimate * cum(hazard * estimate, axis=1)
        + cum(hazard * estimate**2, axis=1)
        + cum(own, axis=1)
        - 2 * estimate * cum(cross, axis=1)
        + 2 * cum(cross * estimate, axis=1)
    )
    return np.sqrt(np.maximum(variance, 0.0))


def limits(
    estimate: NDArray[np.float64], std_error: NDArray[np.float64], conf_type: ConfType, level: float = 0.95
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Limits of a cumulative incidence by R's rules: cut to 0 to 1, NaN where the scale has none (F = 0).

    Raises ValueError for an unknown scale.
    """
    if conf_type not in CONF_TYPES:
        raise ValueError(f"unknown interval for a cumulative incidence: {conf_type!r}")
    z = NormalDist().inv_cdf(0.5 + level / 2)
    if conf_type == "plain":
        return np.maximum(estimate - z * std_error, 0.0), np.minimum(estimate + z * std_error, 1.0)
    f = np.where((estimate > 0) & (estimate < 1), estimate, np.nan)
    if conf_type == "log":
        f = np.where(estimate >= 1, estimate, f)
        ratio = np.exp(z * std_error / f)
        return f / ratio, np.minimum(f * ratio, 1.0)
    if conf_type == "log-log":
        power = np.exp(-z * std_error / (f * np.log(f)))
        return f**power, f ** (1 / power)
    power = np.exp(-z * std_error / ((1 - f) * np.log1p(-f)))
    return -np.expm1(np.log1p(-f) / power), -np.expm1(np.log1p(-f) * power)


def cumulative_incidence(
    time: ArrayLike,
    status: ArrayLike,
    groups: ArrayLike | None = None,
    at: Sequence[float] = (),
    conf_type: ConfType = "log-log",
    level: float = 0.95,
    tests: bool = True,
) -> Result:
    """Cumulative incidence of every cause, by group, with the tests between the groups.

    time: (n,) from the start to the event or the last contact, any unit. status: (n,) 0 censored, 1, 2, ...
    the cause. groups: (n,) labels, or None for everybody as "All". at: times at which to read the curves.
    conf_type: one of :data:`CONF_TYPES`. tests: whether to test between the groups.
    Patients without a time, status or group, or with a time before 0, are left out and counted.

    table: :data:`CURVE_COLUMNS`, one row per group, cause and distinct time; ``n_event`` counts this cause.
    frames["at"]: :data:`AT_COLUMNS`. Beyond the last time of a group it is NaN, unless nobody was left free
    of an event. frames["gray"] and frames["cause_specific_logrank"]: :data:`TEST_COLUMNS`, one row per cause.
    numbers: "groups" (labels in order) and "causes" (codes).
    Raises ValueError where the lengths differ, a status is no such code, or ``conf_type`` is unknown.
    """
    if conf_type not in CONF_TYPES:
        raise ValueError(f"unknown interval for a cumulative incidence: {conf_type!r}")
    data = checked(time, status, groups)
    curves = [
        aalen_johansen(data.time[data.group == index], data.status[data.group == index], data.causes)
        for index in range(len(data.labels))
    ]
    codes = list(range(1, data.causes + 1))
    blocks, points = [], []
    for label, curve in zip(data.labels, curves, strict=True):
        for cause in codes:
            low, high = limits(curve.estimate[cause - 1], curve.std_error[cause - 1], conf_type, level)
            blocks.append(_curve_frame(label, cause, curve, low, high, conf_type))
            points += [_read_at(label, cause, curve, low, high, float(t)) for t in at]
    frames = {"at": _frame(points, AT_COLUMNS)}
    if groups is not None and tests:
        frames["gray"] = _test_frame(data, codes, "Gray's test", _gray)
        frames["cause_specific_logrank"] = _test_frame(data, codes, "cause-specific log-rank", _logrank)
    few = [label for index, label in enumerate(data.labels) if (data.group == index).sum() < 10]
    remarks = [Remark("few_patients", f"Fewer than 10 patients in: {', '.join(few)}.")] if few else []
    if not data.causes:
        remarks.append(Remark("no_event", "No event of any cause: nothing to estimate."))
    table = pd.concat(blocks, ignore_index=True) if blocks else _frame([], CURVE_COLUMNS)
    return Result(
        kind="cumulative_incidence",
        table=table,
        n=len(data.time),
        events=int((data.status > 0).sum()),
        excluded=data.excluded,
        remarks=tuple(remarks),
        method=f"Aalen-Johansen, Greenwood-type error, interval on the scale {CONF_TYPES[conf_type]}",
        frames=frames,
        numbers={"groups": data.labels, "causes": tuple(codes)},
    )


class Checked(NamedTuple):
    """The usable patients: (m,) times, codes and groups of those with ``keep`` (n,), and who was left out."""

    keep: NDArray[np.bool_]
    time: NDArray[np.float64]
    status: NDArray[np.int64]
    group: NDArray[np.intp]
    labels: tuple[str, ...]
    causes: int
    excluded: dict[str, int]


def checked(time: ArrayLike, status: ArrayLike, groups: ArrayLike | None) -> Checked:
    """Times, causes and groups of the patients that can be used. Errors: :func:`cumulative_incidence`."""
    t = pd.to_numeric(pd.Series(np.asarray(time)), errors="coerce").to_numpy(dtype=float)
    s = pd.to_numeric(pd.Series(np.asarray(status)), errors="coerce").to_numpy(dtype=float)
    g = pd.Series("All", index=range(len(t))) if groups is None else pd.Series(groups).reset_index(drop=True)
    if not len(t) == len(s) == len(g):
        raise ValueError("time, status and groups have one entry for each patient")
    known = s[~np.isnan(s)]
    if ((known < 0) | (known != np.floor(known))).any():
        raise ValueError("a status is 0 for censored or the number of a cause: 1, 2, ...")
    if known.max(initial=0) > MOST_CAUSES:
        raise ValueError(f"a status above {MOST_CAUSES} is no cause")
    keep = np.ones(len(t), dtype=bool)
    excluded = {}
    for reason, bad in (
        ("time missing", ~np.isfinite(t)),
        ("time before 0", t < 0),
        ("status missing", ~np.isfinite(s)),
        ("group missing", g.isna().to_numpy()),
    ):
        if (keep & bad).any():
            excluded[reason] = int((keep & bad).sum())
        keep &= ~bad
    codes, levels = pd.factorize(g[keep], sort=not isinstance(g.dtype, pd.CategoricalDtype))
    if isinstance(g.dtype, pd.CategoricalDtype):
        codes, levels = _in_category_order(g[keep])
    kept = s[keep].astype(np.int64)
    return Checked(
        keep, t[keep], kept, codes, tuple(_label(v) for v in levels), int(kept.max(initial=0)), excluded
    )


def _in_category_order(groups: pd.Series) -> tuple[NDArray[np.intp], pd.Index]:
    used = groups.cat.remove_unused_categories().cat
    return used.codes.to_numpy().astype(np.intp), used.categories


def _label(value: object) -> str:
    """A level as the file shows it: 1, not 1.0."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _frame(rows: Sequence[tuple[object, ...]], columns: tuple[str, ...]) -> pd.DataFrame:
    """A frame whose columns are numbers even where it is empty."""
    table = pd.DataFrame(rows, columns=list(columns))
    text = ("group", "method", "reason")
    return table.astype({name: "float64" for name in columns if name not in (*text, "cause")})


def _curve_frame(
    label: str,
    cause: int,
    curve: Incidence,
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    conf_type: ConfType,
) -> pd.DataFrame:
    columns = (
        label, cause, curve.time, curve.n_risk, curve.n_event[cause - 1], curve.n_censor,
        curve.estimate[cause - 1], curve.std_error[cause - 1], low, high, f"Aalen-Johansen, {conf_type}",
    )  # fmt: skip
    return pd.DataFrame(dict(zip(CURVE_COLUMNS, columns, strict=True)))


def _read_at(
    label: str,
    cause: int,
    curve: Incidence,
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    t: float,
) -> tuple[object, ...]:
    later = int(np.searchsorted(curve.time, t, side="left"))
    n_risk = int(curve.n_risk[later]) if later < len(curve.time) else 0
    if t > curve.time[-1] and curve.survival[-1] > 0:
        nothing = (math.nan,) * 4
        return (label, cause, t, n_risk, *nothing, "beyond the last time in this group")
    step = int(np.searchsorted(curve.time, t, side="right")) - 1
    here: tuple[float, ...] = (0.0, 0.0, math.nan, math.nan)
    if step >= 0:
        of_cause = (curve.estimate[cause - 1], curve.std_error[cause - 1], low, high)
        here = tuple(float(values[step]) for values in of_cause)
    return (label, cause, t, n_risk, *here, "" if here[0] > 0 else "no event of this cause so far")


# tests between groups ------------------------------------------------------------------------------


class Tested(NamedTuple):
    """A test between groups; NaN with the reason where it says nothing."""

    statistic: float
    df: float
    p_value: float
    reason: str = ""


def gray_test(time: ArrayLike, status: ArrayLike, groups: ArrayLike, cause: int = 1) -> Tested:
    """Gray's test that the groups have the same cumulative incidence of ``cause``.

    time, status, groups: (n,) as in :func:`cumulative_incidence`, with its errors. NaN with the reason where
    there is nothing to test.
    """
    return _test(checked(time, status, groups), cause, _gray)


def _test(data: Checked, cause: int, test: Callable[[Checked, int], Tested]) -> Tested:
    if len(data.labels) < 2:
        return _untested("fewer than two groups")
    if not (data.status == cause).any():
        return _untested("no event of this cause")
    return test(data, cause)


def _test_frame(
    data: Checked, causes: list[int], method: str, test: Callable[[Checked, int], Tested]
) -> pd.DataFrame:
    outcomes = [_test(data, cause, test) for cause in causes]
    rows = [
        (cause, outcome.statistic, outcome.df, outcome.p_value, method, outcome.reason)
        for cause, outcome in zip(causes, outcomes, strict=True)
    ]
    return _frame(rows, TEST_COLUMNS)


def _untested(reason: str) -> Tested:
    return Tested(math.nan, math.nan, math.nan, reason)


def _gray(data: Checked, cause: int) -> Tested:
    """Gray's test (Ann Stat 1988;16:1141) with rho = 0, as `cmprsk::cuminc`."""
    from greenwood import Surv, grays_test

    states = pd.Index(["censored", *(str(code) for code in range(1, data.causes + 1))])
    event = pd.Categorical.from_codes(data.status, categories=states)
    try:
        with np.errstate(all="ignore"):
            outcome = grays_test(Surv(data.time, event=event), group=data.group, cause=cause)
    except np.linalg.LinAlgError:
        return _untested("the groups are never at risk together")
    if not (math.isfinite(outcome.statistic) and outcome.statistic >= 0):
        return _untested("the groups are never at risk together")
    return Tested(float(outcome.statistic), float(outcome.df), float(outcome.p_value))


def _logrank(data: Checked, cause: int) -> Tested:
    """The log-rank test of the cause-specific hazard: events of other causes count as censored."""
    from rrmm.analyses.counts import event_table, rank_times
    from rrmm.analyses.logrank import logrank

    ranked = rank_times(data.time, (data.status == cause).astype(np.int8))
    outcome = logrank(event_table(ranked, data.group, len(data.labels)))
    return Tested(outcome.statistic, outcome.df, outcome.p_value, outcome.reason)
