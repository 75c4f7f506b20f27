"""Every statistic rrmm shows: how it is computed, by what, R's counterpart, and how far from R it is.

The tests that hold a statistic to R record its largest relative deviation under a name
(`tests/witness.py`); ``rrmm/published/deviations.json`` keeps them (`RRMM_WRITE_DEVIATIONS=1 make unit`). A
statistic claims the names that begin with one of its ``names``; of several the longest beginning wins.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

DEVIATIONS = Path(__file__).resolve().parent.parent / "published" / "deviations.json"


@dataclass(frozen=True)
class Statistic:
    """One line of the table. by: the library, or "own" with the reason in ``note``. r: R's counterpart.

    names: how the recorded names begin, any case.
    """

    area: str
    label: str
    method: str
    by: str
    r: str
    names: tuple[str, ...]
    note: str = ""


@dataclass(frozen=True)
class Measured:
    """Largest relative deviation from R over so many values."""

    deviation: float
    values: int


_S, _C, _P, _R, _X = "Survival", "Cox models", "Proportions and tables", "Competing risks", "Whole results"
_ENGINE = "counts at each time are made once and serve curve, tests and models"

STATISTICS: tuple[Statistic, ...] = (
    Statistic(_S, "Survival curve", "Kaplan-Meier; Greenwood's variance; log-log, log or plain interval", "own",
              "survfit", ("Kaplan-Meier", "Survival at a time", "Number at risk", "Events so far", "Censored so far",
                          "Events at a time", "Censored at a time"), _ENGINE),
    Statistic(_S, "Median and quartiles", "first time with S(t) ≤ 0.5; where S is exactly 0.5 the middle of that plateau",
              "own", "quantile.survfit", ("Median and quartiles",), "lifelines jumps past a plateau by rounding"),
    Statistic(_S, "Follow-up", "reverse Kaplan-Meier", "own", "survfit, status reversed", ("Follow-up",), _ENGINE),
    Statistic(_S, "Restricted mean survival time", "area under the curve; difference with interval and p", "own",
              "print.survfit with rmean; difference by formula", ("Restricted mean", "Difference of restricted means"),
              "lifelines' variance is another quantity"),
    Statistic(_S, "Log-rank family", "log-rank, Peto-Peto, trend, pairwise", "own", "survdiff",
              ("Log-rank", "Peto-Peto", "Pairwise log-rank"), _ENGINE),
    Statistic(_S, "Stratified log-rank", "observed and expected summed over strata", "own", "survdiff with strata()",
              ("Stratified",), _ENGINE),
    Statistic(_S, "Landmark", "patients still at risk at the landmark, time from there", "own", "survfit, coxph on the subset",
              ("Landmark",), _ENGINE),
    Statistic(_S, "Weights to a published cohort (MAIC)", "method of moments; weighted curve and share, robust errors",
              "own", "optim; survfit(weights=, robust=TRUE)", ("Matching weights", "Effective sample size", "Weighted"),
              "no installed library has it"),
    Statistic(_S, "Cut-off of a number", "maximally selected log-rank; Lausen-Schumacher and improved p", "own",
              "formulas of maxstat", ("Cut-offs",), "no installed library has it"),
    Statistic(_C, "Hazard ratio of one factor", "Cox, Efron's ties, Wald interval and p, from the table of counts", "own",
              "coxph", ("Cox coefficient (one factor)", "Cox hazard ratio (one factor)", "Cox interval (one factor)",
                        "Cox p (one factor)", "Cox standard error (one factor)", "Cox, "),
              _ENGINE + "; about a millisecond"),
    Statistic(_C, "Cox model", "Efron or Breslow, strata, delayed entry; Wald, likelihood-ratio and score tests", "own",
              "coxph", ("Cox",), "lifelines and statsmodels treat delayed entry differently from R"),
    Statistic(_C, "Proportional hazards", "score test on Kaplan-Meier-transformed time, per term and global", "own",
              "cox.zph", ("Schoenfeld", "Proportional hazards"), "lifelines has the approximation of before survival 3.0"),
    Statistic(_C, "Concordance", "Harrell's C with infinitesimal-jackknife error", "own", "concordance", ("Concordance",),
              "lifelines ignores delayed entry"),
    Statistic(_C, "Time-dependent Cox", "response or event as a covariate that switches on", "own", "coxph with tmerge",
              ("Time-dependent",), "the same likelihood"),
    Statistic(_C, "Interaction", "likelihood-ratio test of the product terms", "own", "anova.coxph", ("Interaction",),
              "the same likelihood"),
    Statistic(_C, "Form of a number", "restricted cubic spline against a straight line", "own", "coxph with splines::ns",
              ("Spline",), "six lines on the same likelihood"),
    Statistic(_C, "Firth's Cox model", "penalised likelihood, profile intervals and tests", "own", "coxphf", ("Firth Cox",),
              "firthmodels has Breslow's ties only, no strata, no delayed entry"),
    Statistic(_C, "Risk model", "ridge-penalised Cox or random survival forest; Uno's C, Brier score", "scikit-survival",
              "coxph with ridge(); formulas", ("Ridge", "Uno", "Brier")),
    Statistic(_P, "Proportion", "Clopper-Pearson or Wilson interval", "own, scipy for the quantile", "binom.test, prop.test",
              ("Proportion, ", "Clopper-Pearson limits"), "called for every bar; two lines around a quantile"),
    Statistic(_P, "Chi-square", "uncorrected, with Yates, likelihood ratio; 2 x k", "own, scipy for the tail", "chisq.test",
              ("Chi-square", "Likelihood-ratio chi-square")),
    Statistic(_P, "Exact tests", "Fisher, Fisher-Freeman-Halton, mid-P", "own", "fisher.test; mid-P enumerated in R",
              ("Fisher",), "scipy's r x 2 test is Monte Carlo"),
    Statistic(_P, "Odds ratio", "Wald, exact (Baptista-Pike and central, mid-P), profile likelihood", "own",
              "enumerated in R; fisher.test; glm profile", ("Odds ratio",),
              "no library has Baptista-Pike mid-P, which the paper prints"),
    Statistic(_P, "Risk difference and ratio", "Newcombe's hybrid score; Katz", "own", "formulas in R",
              ("Risk difference", "Risk ratio")),
    Statistic(_P, "Trend", "Cochran-Armitage", "own", "prop.trend.test", ("Cochran-Armitage",)),
    Statistic(_P, "Logistic regression", "maximum likelihood; Wald or profile limits", "own", "glm, confint",
              ("Logistic",),
              "R's glm takes standard errors from the step before its last: the deviation is in those and in p"),
    Statistic(_P, "Firth's logistic regression", "penalised likelihood", "own", "its likelihood in R, as logistf",
              ("Firth logistic",)),
    Statistic(_P, "Many comparisons", "Benjamini-Hochberg q, Holm p", "own", "p.adjust", ("Benjamini", "Holm")),
    Statistic(_P, "Rank tests", "Wilcoxon-Mann-Whitney, Kruskal-Wallis", "scipy", "wilcox.test, kruskal.test",
              ("Wilcoxon", "Kruskal")),
    Statistic(_P, "Standardized mean difference", "numbers; categories after Yang and Dalton", "own", "formulas in R",
              ("Standardized",), "no installed library has it"),
    Statistic(_R, "Cumulative incidence", "Aalen-Johansen, Greenwood-type error, log-log interval", "own", "survfit, etm",
              ("Cumulative incidence",), "libraries have another error at the last times"),
    Statistic(_R, "Gray's test", "k-sample test of cumulative incidence", "greenwood", "cmprsk::cuminc", ("Gray",)),
    Statistic(_R, "Cause-specific log-rank", "other causes censored", "own", "survdiff", ("Cause-specific",), _ENGINE),
    Statistic(_R, "Fine-Gray", "regression of the subdistribution hazard", "own", "cmprsk::crr", ("Fine-Gray",),
              "greenwood's differs from crr from the fifth digit on"),
    Statistic(_X, "Baseline table", "median (range), rank tests, chi-square, Fisher", "as above", "quantile, the tests above",
              ("median, quartiles", "chi-square p of Table 1", "Fisher p of Table 1", "Wilcoxon rank-sum", "Kruskal-Wallis p")),
    Statistic(_X, "Time to response, onset of CRS", "median (range)", "own", "quantile", ("time to response", "onset of")),
    Statistic(_X, "Prognostic factors (Tables 2 and 3)", "uni- and multivariable models of the sample cohort", "as above",
              "coxph, glm", ("Factors", "Response factors")),
    Statistic(_X, "Sample cohort", "medians, hazard ratios and p of the paper's tables", "as above", "survfit, coxph, survdiff",
              ("Sample cohort",)),
    Statistic(_X, "Command line", "python -m rrmm on public data sets", "as above", "the same in R", ("Command line",)),
    Statistic(_X, "Exported code", "Python and R code of a result, run, against the screen", "as above", "the exported R code",
              ("exported",)),
)  # fmt: skip


def statistic_of(name: str) -> Statistic | None:
    """The statistic that claims a recorded name; None where none does."""
    lower = name.lower()
    claims = [
        (len(start), place)
        for place, each in enumerate(STATISTICS)
        for start in each.names
        if lower.startswith(start.lower())
    ]
    return STATISTICS[max(claims, key=lambda claim: (claim[0], -claim[1]))[1]] if claims else None


@cache
def deviations() -> Mapping[str, Measured]:
    """What the last full run of the tests measured, by recorded name."""
    raw = json.loads(DEVIATIONS.read_text(encoding="utf-8"))
    return MappingProxyType({name: Measured(float(worst), int(count)) for name, (worst, count) in raw.items()})


def measured() -> dict[Statistic, Measured | None]:
    """Every statistic with the largest of its deviations; None where no test has recorded one."""
    found: dict[Statistic, Measured | None] = dict.fromkeys(STATISTICS)
    for name, one in deviations().items():
        statistic = statistic_of(name)
        if statistic is not None:
            before = found[statistic] or Measured(0.0, 0)
            found[statistic] = Measured(max(before.deviation, one.deviation), before.values + one.values)
    return found
