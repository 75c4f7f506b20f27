"""How the numbers were made, in words: printed from the registries, the choices and the installed versions."""

from __future__ import annotations

from collections.abc import Iterable

from rrmm import DAYS_PER_MONTH
from rrmm.analyses.explore import FEW_EVENTS, FEW_PATIENTS
from rrmm.analyses.response import EXACT_BELOW, Convention
from rrmm.endpoints import ENDPOINTS
from rrmm.picks import Picks
from rrmm.report import provenance
from rrmm.report.masking import FEWEST
from rrmm.schema import VARIABLES
from rrmm.subgroups import ALL_SUBGROUPS, COLUMN_PREFIX, format_cut

INTERVALS = {"clopper-pearson": "Clopper-Pearson (exact)", "wilson": "Wilson score"}
CURVES = {"log-log": "the log(-log) scale", "log": "the log scale", "plain": "the untransformed scale"}


def paragraphs(picks: Iterable[Picks], convention: Convention, *, mask: bool = False) -> list[str]:
    """The methods section for these views."""
    chosen = list(picks) or [Picks()]
    keys = [key for key in ENDPOINTS if any(each.endpoint == key for each in chosen)]
    several = any(each.compare != "none" for each in chosen)
    scales = list(dict.fromkeys(CURVES[each.conf_type] for each in chosen))
    found = [" ".join(endpoint_text(key) for key in keys), _curves(scales)]
    if several:
        found.append(_comparisons())
    found.append(_response(convention, several))
    found.append(
        "Patients in whom the group or the endpoint is unknown are left out of a comparison and counted beside it. "
        f"Groups of fewer than {FEW_PATIENTS} patients or {FEW_EVENTS} events are marked. All comparisons are "
        "exploratory; in a cohort of one arm they describe associations."
    )
    if mask:
        found.append(
            f"Counts of 1 to {FEWEST - 1} are masked, with the counts that would give them away; comparisons with "
            f"a group of fewer than {FEWEST} patients are not shown."
        )
    names = provenance.versions()
    libraries = ", ".join(f"{name} {number}" for name, number in names.items() if name != "rrmm")
    found.append(f"Computed with rrmm {names['rrmm']} ({libraries}).")
    return found


def endpoint_text(key: str) -> str:
    """One endpoint's definition as a sentence."""
    entry = ENDPOINTS[key]
    who = " in responders" if entry.population else ""
    return (
        f"{entry.long_label} ({entry.label}) was measured{who} from {entry.start} to {entry.ends_with}; patients "
        f"without an event were censored at {entry.censored}."
    )


def _curves(scales: list[str]) -> str:
    return (
        "Survival was estimated by Kaplan and Meier, with 95 % confidence intervals from Greenwood's variance on "
        f"{' and '.join(scales)}. The median is the first time at which survival is 50 % or less; where it is "
        "exactly 50 %, the middle of that plateau. Median follow-up was estimated by the reverse Kaplan-Meier "
        f"method. A month is {DAYS_PER_MONTH} days."
    )


def _comparisons() -> str:
    return (
        "Groups were compared by the unweighted log-rank test. Hazard ratios are from Cox models of one factor "
        "(Efron's method for ties, Wald intervals and tests), unadjusted for other factors; proportional hazards were "
        "tested by Schoenfeld residuals on Kaplan-Meier-transformed time. Among the subgroups of a forest, q-values "
        "after Benjamini and Hochberg are given; other p-values are not adjusted. All tests are two-sided."
    )


def _response(convention: Convention, several: bool) -> str:
    test = (
        " Response rates were compared by the chi-square test without continuity correction, with Fisher's exact "
        f"test beside it where an expected count was below {EXACT_BELOW:g}."
        if several
        else ""
    )
    return (
        "The overall response rate is the share of patients with partial response or better "
        f"({convention.text}), with {INTERVALS[convention.interval]} 95 % confidence intervals.{test}"
    )


def definitions(picks: Iterable[Picks]) -> list[tuple[str, str]]:
    """Term and definition of everything these views use, from the registries."""
    chosen = list(picks)
    found = [
        (
            entry.label,
            f"{entry.long_label}: {entry.start} to {entry.ends_with}, censored at {entry.censored}"
            + ("; responders only" if entry.population else ""),
        )
        for key, entry in ENDPOINTS.items()
        if any(each.endpoint == key for each in chosen)
    ]
    cuts = {key: value for each in chosen for key, value in each.cuts}
    for key, sub in ALL_SUBGROUPS.items():
        levels = f"{sub.no} or {sub.yes}"
        if sub.cut is not None:
            levels = levels.format(cut=format_cut(cuts.get(key, sub.cut.default)))
        about = VARIABLES[sub.source].description if sub.source in VARIABLES else ""
        found.append((sub.label, " ".join(part for part in (about, f"Groups: {levels}.") if part)))
    for header in dict.fromkeys(each.compare.removeprefix(COLUMN_PREFIX) for each in chosen):
        if header in VARIABLES and header not in ALL_SUBGROUPS:
            found.append((VARIABLES[header].label, VARIABLES[header].description))
    return found


def settings(picks: Picks, convention: Convention, *, mask: bool = False) -> list[tuple[str, str]]:
    """The statistical settings of a view."""
    return [
        ("Interval of the survival curve", picks.conf_type),
        ("Interval of a proportion", INTERVALS[convention.interval]),
        ("Response", convention.text),
        ("Ties in Cox models", "Efron"),
        ("Month", f"{DAYS_PER_MONTH} days"),
        ("Small numbers", f"below {FEWEST} masked" if mask else "shown"),
    ]
