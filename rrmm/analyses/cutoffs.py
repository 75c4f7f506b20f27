"""Every cut-off of a number, honestly: the ratio at each one, and the best one's p corrected for having looked.

A cut-off chosen because its p-value is the smallest has a p-value that is too small. The test here is of the
maximally selected rank statistic: at each cut-off the log-rank scores (or the responses) of the patients at or
above it are summed and standardized given the scores, and the largest is compared with what chance gives:

* by permutation of the scores over the patients, with a fixed seed;
* by the approximations of Lausen and Schumacher (Biometrics 1992;48:73, the 1992 p) and of Lausen, Sauerbrei and
  Schumacher (1994, improved Bonferroni with the cut-offs' own spacing), as `maxstat::pLausen92` and `pLausen94`.

Own lines: no installed library has it. R's null-model martingale residuals are the witness of the scores, and a
count over all permutations that of the p-value.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from rrmm.results import Remark, Result

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from rrmm.analyses.response import Convention
    from rrmm.cohort import Cohort

    Array = NDArray[np.float64]

SEED = 20240101
PERMUTATIONS = 2000
SMALLEST_SHARE = 0.1
"""A cut-off that leaves fewer on a side than this share is shown, but takes no part in the search."""
FEWEST = 3
"""Fewest patients on a side for a ratio."""

COLUMNS = (
    "cutoff", "n_below", "n_event_below", "n", "n_event", "estimate", "conf_low", "conf_high", "p_value",
    "statistic", "searched", "method", "reason",
)  # fmt: skip


class Selected(NamedTuple):
    """The best cut-off and its p; NaN with the reason where there was nothing to select."""

    cutoff: float
    statistic: float
    p_uncorrected: float
    p_permutation: float
    p_lausen_1992: float
    p_lausen_1994: float
    searched: int
    reason: str = ""


def survival_cutoffs(
    values: ArrayLike,
    time: ArrayLike,
    event: ArrayLike,
    cutoffs: Sequence[float] | None = None,
    *,
    permutations: int = PERMUTATIONS,
    seed: int = SEED,
    level: float = 0.95,
) -> Result:
    """Hazard ratio of ``values >= cutoff`` against below, at every cut-off.

    values: (n,) any unit; time: (n,) any unit; event: (n,) 1 event, 0 censored, else unknown. cutoffs: default
    every value that occurs, but the smallest. permutations: 0 for none.

    ``table``: one row a cut-off, :data:`COLUMNS`: n and n_event at or above it, n_below and n_event_below;
    estimate = hazard ratio with Wald limits; p_value = log-rank, of this cut-off alone; statistic = its
    standardized rank statistic; searched = whether it takes part in the search. ``numbers["selected"]``: the
    :class:`Selected`. ``excluded`` counts patients without value, time or event.
    """
    from rrmm.analyses.counts import event_table, rank_times
    from rrmm.analyses.hazard_table import cox_from_table
    from rrmm.analyses.logrank import logrank

    x, t = np.asarray(values, dtype=float), np.asarray(time, dtype=float)
    d = np.asarray(event, dtype=float)
    d = np.where(np.isin(d, (0.0, 1.0)), d, -1).astype(np.int64)
    ranked = rank_times(t, d)
    keep = np.isfinite(x) & (ranked.rank >= 0)
    excluded = _excluded({"value missing": ~np.isfinite(x), "time or event unknown": ranked.rank < 0})
    x, ranked, d = x[keep], rank_times(t[keep], d[keep]), d[keep]
    whole = event_table(ranked, np.zeros(len(x), dtype=np.int64), 1)

    def at(codes: NDArray[np.int64]) -> tuple[float, float, float, float, str]:
        table = event_table(ranked, codes, 2)
        ratio = cox_from_table(table, level=level, labels=("below", "at or above"))[0]
        return ratio.hr, ratio.conf_low, ratio.conf_high, logrank(table).p_value, ratio.reason

    hazard = np.cumsum(whole.n_event[:, 0] / np.maximum(whole.n_risk[:, 0], 1))
    scores = d - hazard[ranked.rank] if len(x) else np.zeros(0)
    found = _strip(x, d, scores, cutoffs, at, permutations, seed, "hazard ratio, Wald; log-rank")
    return _result("survival_cutoffs", found, x, int(d.sum()), excluded, permutations, "log-rank")


def response_cutoffs(
    values: ArrayLike,
    response: ArrayLike,
    cutoffs: Sequence[float] | None = None,
    *,
    permutations: int = PERMUTATIONS,
    seed: int = SEED,
    level: float = 0.95,
) -> Result:
    """Odds ratio of response of ``values >= cutoff`` against below, at every cut-off.

    response: (n,) 1 yes, 0 no, else unknown. Otherwise as :func:`survival_cutoffs`; estimate = odds ratio of
    response with Wald limits, p_value = chi-square without correction, of this cut-off alone.
    """
    from rrmm.analyses.two_by_two import quick

    x, y = np.asarray(values, dtype=float), np.asarray(response, dtype=float)
    known = np.isin(y, (0.0, 1.0))
    excluded = _excluded({"value missing": ~np.isfinite(x), "response unknown": ~known})
    keep = np.isfinite(x) & known
    x, y = x[keep], y[keep].astype(np.int64)

    def at(codes: NDArray[np.int64]) -> tuple[float, float, float, float, str]:
        above, below = y[codes == 1], y[codes == 0]
        table = quick(int(above.sum()), int((1 - above).sum()), int(below.sum()), int((1 - below).sum()), level)
        ratio = table.odds_ratio
        fine = math.isfinite(ratio) and ratio > 0
        reason = "" if fine else "a cell is empty: the odds ratio has no finite estimate"
        return (ratio if fine else math.nan, table.conf_low, table.conf_high, table.p_value, reason)

    found = _strip(x, y, y.astype(float), cutoffs, at, permutations, seed, "odds ratio of response, Wald; chi-square")
    return _result("response_cutoffs", found, x, int(y.sum()), excluded, permutations, "chi-square")


def cohort_cutoffs(
    cohort: Cohort,
    source: str,
    endpoint: str,
    *,
    population: NDArray[np.bool_] | None = None,
    cutoffs: Sequence[float] | None = None,
    convention: Convention | None = None,
    permutations: int = PERMUTATIONS,
    level: float = 0.95,
) -> Result:
    """The strip of a numeric variable of the cohort, such as "bm_plasma_pct" or "car_t_interval_months".

    endpoint: key of ENDPOINTS, or of the outcomes of :mod:`rrmm.analyses.factors_response` ("orr", ...).
    KeyError for unknown ones.
    """
    from rrmm.analyses.factors_response import OUTCOMES, response_codes
    from rrmm.analyses.response import Convention as Default
    from rrmm.endpoints import ENDPOINTS

    inside = np.ones(cohort.n, dtype=bool) if population is None else np.asarray(population, dtype=bool)
    values = cohort.number(source)[inside]
    options: Mapping[str, Any] = {"permutations": permutations, "level": level}
    if endpoint in OUTCOMES:
        response = response_codes(cohort, endpoint, convention or Default())  # type: ignore[arg-type]
        return response_cutoffs(values, response[inside], cutoffs, **options)
    chosen = ENDPOINTS[endpoint]
    if chosen.population:
        inside = inside & (cohort.flag(chosen.population) == 1)
        values = cohort.number(source)[inside]
    return survival_cutoffs(
        values, cohort.number(chosen.time)[inside], cohort.flag(chosen.event)[inside], cutoffs, **options
    )


def lausen_1992(statistic: float, low: float, high: float) -> float:
    """P of a maximally selected statistic over the shares ``low`` to ``high`` of the patients below."""
    b = statistic
    if not (math.isfinite(b) and 0 < low <= high < 1):
        return math.nan
    if b < 1:
        # Below this the approximation falls instead of rising; so small a maximum is no evidence at all.
        return 1.0
    density = math.exp(-b * b / 2) / math.sqrt(2 * math.pi)
    spread = math.log(high * (1 - low) / ((1 - high) * low))
    return min(1.0, max(0.0, 4 * density / b + density * (b - 1 / b) * spread))


def lausen_1994(statistic: float, below: ArrayLike, n: int) -> float:
    """P by the improved Bonferroni inequality; below: patients below each cut-off, ascending, all different."""
    m = np.asarray(below, dtype=float)
    if not math.isfinite(statistic) or not len(m):
        return math.nan
    b = statistic
    t = np.sqrt(np.maximum(1 - m[:-1] * (n - m[1:]) / ((n - m[:-1]) * m[1:]), 0.0))
    steps = np.exp(-b * b / 2) / math.pi * (t - (b * b / 4 - 1) * t**3 / 6)
    return float(min(1.0, max(0.0, math.erfc(b / math.sqrt(2)) + steps.sum())))


# parts ---------------------------------------------------------------------------------------------


class _Strip(NamedTuple):
    table: pd.DataFrame
    selected: Selected


def _excluded(reasons: Mapping[str, NDArray[np.bool_]]) -> dict[str, int]:
    counted: dict[str, int] = {}
    left: NDArray[np.bool_] | None = None
    for reason, gone in reasons.items():
        left = np.ones(len(gone), dtype=bool) if left is None else left
        if (left & gone).any():
            counted[reason] = int(np.count_nonzero(left & gone))
        left = left & ~gone
    return counted


def _strip(
    x: Array, event: NDArray[np.int64], scores: Array, cutoffs: Sequence[float] | None, at: Any, permutations: int,
    seed: int, method: str,
) -> _Strip:  # fmt: skip
    cuts = np.unique(x)[1:] if cutoffs is None else np.unique(np.asarray(cutoffs, dtype=float))
    n = len(x)
    order = np.argsort(x, kind="stable")
    below = np.searchsorted(x[order], cuts, side="left")
    smallest = max(1, math.ceil(SMALLEST_SHARE * n - 1e-9))
    searched = (below >= smallest) & (n - below >= smallest)
    standard = _standardized(scores[order][None, :], below)[0] if n else np.zeros(len(cuts))
    rows = []
    for cut, m, z, inside in zip(cuts, below, standard, searched, strict=True):
        codes = (x >= cut).astype(np.int64)
        counts = (int(m), int(event[codes == 0].sum()), int(n - m), int(event[codes == 1].sum()))
        if min(m, n - m) < FEWEST:
            numbers: tuple[Any, ...] = (math.nan,) * 4
            side = "below" if m <= n - m else "at or above"
            reason = f"only {min(m, n - m)} patients {side} the cut-off"
        else:
            *numbers_, reason = at(codes)
            numbers = tuple(numbers_)
        rows.append((float(cut), *counts, *numbers, abs(float(z)), bool(inside), method, reason))
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    floats = ("cutoff", "estimate", "conf_low", "conf_high", "p_value", "statistic")
    table = table.astype(dict.fromkeys(floats, "float64") | {"searched": "bool"})
    return _Strip(table, _select(table, scores[order], below, searched, permutations, seed))


def _standardized(scores: Array, below: NDArray[np.intp]) -> Array:
    """(B, C) standardized sums of (B, n) ordered scores over the patients below each cut-off, given the scores."""
    n = scores.shape[1]
    total = scores.sum(axis=1, keepdims=True)
    sums = np.concatenate([np.zeros((len(scores), 1)), np.cumsum(scores, axis=1)], axis=1)[:, below]
    spread = float((scores[0] ** 2).sum() - total[0, 0] ** 2 / n)
    variance = below * (n - below) / (n * max(n - 1, 1)) * spread
    # Scores that are all the same leave rounding of 1e-17 here.
    usable = variance > 1e-12 * max(float((scores[0] ** 2).sum()), 1e-300)
    divisor = np.sqrt(np.where(usable, variance, 1.0))
    return np.where(usable, (sums - total * below / n) / divisor, 0.0)


def _select(
    table: pd.DataFrame,
    scores: Array,
    below: NDArray[np.intp],
    searched: NDArray[np.bool_],
    permutations: int,
    seed: int,
) -> Selected:
    n, places = len(scores), np.unique(below[searched])
    if not len(places):
        return Selected(*(math.nan,) * 6, 0, "no cut-off leaves a tenth of the patients on either side")
    inside = table[searched]
    best = inside.iloc[int(inside["statistic"].to_numpy().argmax())]
    if not best["statistic"] > 0:
        return Selected(*(math.nan,) * 6, len(places), "every cut-off divides the patients into like halves")
    statistic = float(best["statistic"])
    p = _permuted(scores, places, statistic, permutations, seed) if permutations else math.nan
    return Selected(
        float(best["cutoff"]),
        statistic,
        math.erfc(statistic / math.sqrt(2)),
        p,
        lausen_1992(statistic, places[0] / n, places[-1] / n),
        lausen_1994(statistic, places, n),
        len(places),
    )


def _permuted(scores: Array, places: NDArray[np.intp], statistic: float, times: int, seed: int) -> float:
    """Share of permutations, the data as one of them, whose largest statistic is no smaller."""
    random = np.random.default_rng(seed)
    reached, chunk = 0, max(1, min(times, 2_000_000 // max(len(scores), 1)))
    for start in range(0, times, chunk):
        rows = np.tile(scores, (min(chunk, times - start), 1))
        largest = np.abs(_standardized(random.permuted(rows, axis=1), places)).max(axis=1)
        reached += int(np.count_nonzero(largest >= statistic * (1 - 1e-9)))
    return (reached + 1) / (times + 1)


def _result(
    kind: str, found: _Strip, x: Array, events: int, excluded: Mapping[str, int], permutations: int, test: str
) -> Result:
    selected = found.selected
    remarks = []
    if selected.reason:
        remarks.append(Remark("nothing_selected", f"No corrected p-value: {selected.reason}."))
    else:
        text = (
            f"{selected.searched} cut-offs were looked at; the p-value of one of them alone is too small. "
            "Choose a cut-off before looking, or quote the corrected p-value."
        )
        remarks.append(Remark("selected_cutoff", text))
    return Result(
        kind=kind,
        table=found.table,
        n=len(x),
        events=events,
        excluded=excluded,
        remarks=tuple(remarks),
        method=f"maximally selected {test} statistic over cut-offs with a tenth of the patients on either side; "
        f"{permutations} permutations (seed fixed), and Lausen-Schumacher",
        numbers={"selected": selected},
    )
