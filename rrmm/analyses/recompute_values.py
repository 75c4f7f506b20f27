"""Our side of the recomputed paper: each printed item computed from a cohort with the analyses of the pages.

What had to be assumed for the print to hold, nothing of which is in the paper, stands in the reason of the
value: Table 2's row on extramedullary disease leaves out who could not be evaluated; its univariable ISS row
uses the patients with ISS assessed at the start; the subgroups of Table 3 and of the text are of evaluable
patients, the headline ORR is of all; follow-up is reverse Kaplan-Meier on overall survival.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pandas as pd

from rrmm import DAYS_PER_MONTH
from rrmm.analyses.baseline import spread
from rrmm.analyses.eligibility import eligible
from rrmm.analyses.hazard_table import cox_from_table
from rrmm.analyses.km import followup
from rrmm.analyses.logrank import logrank
from rrmm.analyses.recompute_parts import (
    Value,
    codes_of,
    count,
    evaluable,
    extra,
    km_median,
    median_months,
    number,
    says_yes,
    share,
    table_of,
    yes_known,
)
from rrmm.analyses.response import Convention, response_by
from rrmm.analyses.summary import EXACT, SAFETY, worst_grades
from rrmm.analyses.two_by_two import two_by_two
from rrmm.cohort import UNKNOWN, Cohort
from rrmm.subgroups import group

NE_OUT = "Without the patients who could not be evaluated."
AT_START = "Patients with ISS assessed at the start of treatment."
OF_ALL = "Of all patients, those with unknown history included, as the paper has it."
DATED = "Patients with a dated CAR-T infusion."

PFS_ROWS = {
    "EMD": "emd",
    "ISS3": "iss3",
    "BM60": "bm60",
    "CYTO": "hrc",
    "IDE": "idecel",
    "PENTA": "penta",
    "POLY": "polychemo_2m",
}
ORR_ROWS = {
    "emd": "emd",
    "iss3": "iss3",
    "bm60": "bm60",
    "hr_cyto": "hrc",
    "ide_cel": "idecel",
    "penta_refr": "penta",
    "poly_2mo": "polychemo_2m",
}
SAFETY_ROWS = {
    "Infections": "infection",
    "CRS": "crs",
    "ICANS": "icans",
    "Cytopenia": "cytopenia",
    "Neutropenia": "neutropenia",
    "Anemia": "anemia",
    "Thrombopenia": "thrombopenia",
}


Item = tuple[str, str, Value]
"""Where it is printed, what it is, and ours."""


def values(cohort: Cohort) -> Iterator[Item]:
    """Every item as (where, item, value); items printed in several lines come in the order of the print."""
    yield from _table1(cohort)
    yield from _history(cohort)
    yield from _response(cohort)
    yield from _curves(cohort)
    yield from _bcma(cohort)
    yield from _table2(cohort)
    yield from _table3(cohort)
    yield from _safety(cohort)


# Table 1 and the history ----------------------------------------------------------------------------


def _table1(cohort: Cohort) -> Iterator[Item]:
    yield "Text", "patients", number(cohort.n)
    centers = {name for name in cohort.category("center") if name is not None}
    yield "Text", "centers", number(len(centers))
    for item, name in (
        ("age", "age"),
        ("years since diagnosis", "years_since_dx"),
        ("prior lines", "prior_lines"),
    ):
        found = spread(cohort.number(name))
        for figure in (found.median, found.low, found.high):
            yield "Table 1", f"{item} median/min/max", number(figure)
    sex = cohort.category("sex")
    known = count((sex == "M") | (sex == "F"))
    yield "Table 1", "male %", share(count(sex == "M"), known)
    yield "Table 1", "female %", share(count(sex == "F"), known)
    marrow = cohort.number("bm_plasma_pct")
    stage = cohort.category("iss")
    staged = sum(level is not None for level in stage)
    rows = {
        "EMD": yes_known(cohort, "emd"),
        "BM>=60%": (count(marrow >= 60), count(~np.isnan(marrow))),
        "ISS I": (count(stage == "I"), staged),
        "ISS II": (count(stage == "II"), staged),
        "ISS III": (count(stage == "III"), staged),
        "high-risk cytogenetics": yes_known(cohort, "high_risk_cyto"),
        "triple-class refractory": yes_known(cohort, "triple_class_refractory"),
        "penta refractory": yes_known(cohort, "penta_refractory"),
    }
    for item, (x, n) in rows.items():
        yield "Table 1", f"{item} no.", number(x)
        yield "Table 1", f"{item} total", number(n)
        yield "Table 1", f"{item} %", share(x, n)
    for where in ("Abstract", "Text"):
        yield (
            where,
            "triple-class %" if where == "Abstract" else "triple %",
            share(*rows["triple-class refractory"]),
        )
        yield where, "penta %", share(*rows["penta refractory"])


def _history(cohort: Cohort) -> Iterator[Item]:
    everybody = cohort.n
    for item, name in (
        ("polychemotherapy ever", "polychemo_ever"),
        ("polychemotherapy 2 months", "polychemo_2m"),
        ("ide-cel", "idecel"),
        ("belantamab", "belantamab"),
    ):
        x, n = yes_known(cohort, name)
        yield "Text", f"{item} no.", number(x)
        yield "Text", f"{item} %", share(x, n)
        if item == "ide-cel":
            yield "Abstract", "ide-cel no.", number(x)
            yield "Abstract", "ide-cel total", number(n)
            yield "Abstract", "ide-cel %", share(x, n)
        if item == "polychemotherapy 2 months":
            yield "Discussion", item, number(x)
    yield "Text", "MajesTEC-1 criteria not met %", share(count(eligible(cohort) == 0), everybody)
    before = count(cohort.flag("prior_bcma") == 1)
    yield "Text", "BCMA pretreated no.", number(before)
    yield "Text", "BCMA pretreated %", share(before, everybody, OF_ALL)
    yield "Abstract", "BCMA pretreated %", share(before, everybody, OF_ALL)
    start, last = (cohort.frame[name].to_numpy("datetime64[D]") for name in ("start_date", "last_bcma_date"))
    apart = np.where(np.isnat(start) | np.isnat(last), np.nan, (start - last).astype(np.float64))
    yield "Text", "last BCMA interval, median months", median_months(apart)


# response and curves --------------------------------------------------------------------------------


def _response(cohort: Cohort) -> Iterator[Item]:
    whole = response_by(
        cohort, np.zeros(cohort.n, dtype=np.int64), ("All",), np.ones(cohort.n, dtype=bool)
    ).groups[0]
    depth = dict(zip(("CR/nCR", "VGPR", "PR", "MR", "SD", "PD", "NE"), whole.depth, strict=True))
    for level in ("CR/nCR", "VGPR", "PR", "SD", "PD"):
        yield "Text", f"{level} %", share(depth[level], whole.n)
    yield "Discussion", "CR %", share(depth["CR/nCR"], whole.n)
    for where in ("Abstract", "Text"):
        yield where, "ORR %", share(whole.orr.x, whole.orr.n)
    yield "Fig 1", "responders", number(whole.orr.x)
    yield "Text", "median time to response", median_months(cohort.number("ttr_days"))
    yield "Text", "median time to best response", median_months(cohort.number("ttbr_days"))


def _curves(cohort: Cohort) -> Iterator[Item]:
    everybody = np.zeros(cohort.n, dtype=np.int64)
    survival, progression = table_of(cohort, "os", everybody, 1), table_of(cohort, "pfs", everybody, 1)
    seen = number(followup(survival).estimate / DAYS_PER_MONTH, "Reverse Kaplan-Meier on overall survival.")
    yield "Text", "median follow-up (reverse KM, OS)", seen
    for where in ("Abstract", "Discussion"):
        yield where, "median follow-up", seen
    for where in ("Text", "Abstract", "Discussion"):
        yield where, "median PFS", km_median(progression)
    n, events = int(progression.n[0]), int(progression.events[0])
    for where in ("Text", "Discussion"):
        yield where, "% censored", share(n - events, n)
    responders = np.where(cohort.flag("responder") == 1, 0, UNKNOWN)
    yield "Text", "median DOR", km_median(table_of(cohort, "dor", responders, 1))
    yield "Text", "median OS", km_median(survival)


# after BCMA-directed therapy ------------------------------------------------------------------------


def _rate(cohort: Cohort, mask: np.ndarray) -> Value:
    """ORR of evaluable patients."""
    responder, inside = cohort.flag("responder"), mask & evaluable(cohort)
    return share(count(inside & (responder == 1)), count(inside), NE_OUT)


def _chi_square(cohort: Cohort, codes: np.ndarray) -> float:
    convention = Convention(nonevaluable_counts=False)
    return response_by(cohort, codes, ("no", "yes"), np.ones(cohort.n, dtype=bool), convention).p_value


def _bcma(cohort: Cohort) -> Iterator[Item]:
    before, idecel = cohort.flag("prior_bcma"), cohort.flag("idecel")
    yield "Text", "ORR BCMA pretreated", _rate(cohort, before == 1)
    for where in ("Text", "Discussion"):
        yield where, "ORR BCMA naive", _rate(cohort, before == 0)
    for where in ("Text", "Abstract"):
        yield where, "ORR ide-cel", _rate(cohort, idecel == 1)
    yield "Text", "ORR belantamab", _rate(cohort, cohort.flag("belantamab") == 1)
    p = _chi_square(cohort, codes_of(cohort, "idecel"))
    yield "Text", "ide-cel ORR chi-square p (vs ide-cel naive)", number(p, NE_OUT)
    table = table_of(cohort, "pfs", codes_of(cohort, "idecel"), 2)
    for where in ("Text", "Abstract"):
        yield where, "median PFS ide-cel", km_median(table, 1)
    yield "Text", "PFS log-rank p ide-cel", number(logrank(table).p_value)
    responder = cohort.flag("responder") == 1
    lasting = table_of(cohort, "dor", codes_of(cohort, "idecel", responder), 2)
    yield "Text", "DOR log-rank p ide-cel", number(logrank(lasting).p_value)
    yield "Text", "DOR ide-cel median", km_median(lasting, 1)
    mine = responder & (idecel == 1)
    for where in ("Text", "Discussion"):
        yield where, "ide-cel responders", number(count(mine))
    yield "Text", "ide-cel responders in remission", number(count(mine & (cohort.flag("dor_event") == 0)))
    long_term = mine & (cohort.number("pfs_days") > 8 * DAYS_PER_MONTH)
    outcome = np.array([str(value).lower() for value in extra(cohort, "Ide-cel outcome")], dtype=object)
    yield "Text", "ide-cel responders >8 months", number(count(long_term))
    for item, word in (
        ("... primary refractory to ide-cel", "primary refractory"),
        ("... early relapse <180 d", "relapse"),
    ):
        yield (
            "Text",
            item,
            number(count(long_term & np.array([word in text for text in outcome], dtype=bool))),
        )
    early = says_yes(extra(cohort, "CAR-T within 1.5 months"))
    yield "Text", "CAR-T <1.5 months", number(count(early))
    yield "Text", "... of whom VGPR", number(count(early & (cohort.category("best_response") == "VGPR")))
    yield from _cart_interval(cohort)


def _cart_interval(cohort: Cohort) -> Iterator[Item]:
    interval = cohort.number("car_t_interval_months")
    for months in (3, 6):
        codes = group(cohort, "cart_interval", {"cart_interval": months}).codes
        yield "Text", f"ORR CAR-T >{months} mo", Value(_rate(cohort, codes == 1).number, DATED)
        yield "Text", f"ORR CAR-T <{months} mo", Value(_rate(cohort, codes == 0).number, DATED)
        p = _chi_square(cohort, codes) if np.isfinite(interval).any() else math.nan
        yield "Text", f"chi-square p {months} mo", number(p, DATED)


# Tables 2 and 3 -------------------------------------------------------------------------------------


def _table2(cohort: Cohort) -> Iterator[Item]:
    limited = {
        "emd": (evaluable(cohort), NE_OUT),
        "iss3": (says_yes(extra(cohort, "ISS assessed at start")), AT_START),
    }
    for row, key in PFS_ROWS.items():
        inside, reason = limited.get(key, (np.ones(cohort.n, dtype=bool), ""))
        table = table_of(cohort, "pfs", codes_of(cohort, key, inside), 2)
        medians = [km_median(table, at, reason) for at in (0, 1)]
        for at, level in enumerate(("No", "Yes")):
            yield "Table 2", f"{row} {level} n", number(int(table.n[at]), reason)
            yield "Table 2", f"{row} {level} events", number(int(table.events[at]), reason)
            yield "Table 2", f"{row} {level} median", medians[at]
        ratio = cox_from_table(table)[0]
        yield "Table 2", f"{row} HR", number(ratio.hr, reason)
        yield "Table 2", f"{row} HR low", number(ratio.conf_low, reason)
        yield "Table 2", f"{row} HR high", number(ratio.conf_high, reason)
        yield "Table 2", f"{row} p", number(logrank(table).p_value, reason)
        if row in ("EMD", "ISS3"):
            name = "emd" if row == "EMD" else "iss3"
            yield "Abstract", f"{name} ORR", _rate(cohort, codes_of(cohort, key) == 1)
            yield "Abstract", f"{name} median PFS", medians[1]
    yield from _multivariable(cohort)


def _multivariable(cohort: Cohort) -> Iterator[Item]:
    """Cox model of the three, on the complete cases."""
    names = {"emd": "emd", "iss3": "iss3", "ide_cel": "idecel"}
    frame = pd.DataFrame(
        {
            "time": cohort.number("pfs_days"),
            "event": np.where(cohort.flag("pfs_event") == UNKNOWN, np.nan, cohort.flag("pfs_event")),
        }
    )
    for name, key in names.items():
        codes = codes_of(cohort, key)
        frame[name] = np.where(codes == UNKNOWN, np.nan, codes)
    rows = _fit(frame.dropna(), list(names))
    for name in names:
        estimate, low, high, p = rows.get(name, (math.nan,) * 4)
        reason = "Complete cases; ISS of all who were staged."
        yield "Table 2", f"multi {name} HR", number(estimate, reason)
        yield "Table 2", f"multi {name} low", number(low, reason)
        yield "Table 2", f"multi {name} high", number(high, reason)
        yield "Table 2", f"multi {name} p", number(p, reason)
        if name == "ide_cel":
            yield "Text", "multi ide-cel p", number(p, reason)


def _fit(frame: pd.DataFrame, names: list[str]) -> dict[str, tuple[float, float, float, float]]:
    """Hazard ratio, limits and p of each variable; nothing where the model can't be fitted."""
    from rrmm.analyses.cox import fit_cox

    if not len(frame) or not frame["event"].any() or (frame[names].nunique() < 2).any():
        return {}
    table = fit_cox(frame, "time", "event", names).table
    numbers = table[["estimate", "conf_low", "conf_high", "p_value"]].to_numpy(np.float64)
    return {name: (a, b, c, d) for name, (a, b, c, d) in zip(table["variable"], numbers, strict=True)}


def _table3(cohort: Cohort) -> Iterator[Item]:
    """Odds of non-response, yes against no, exact mid-P limits; chi-square without correction."""
    responder, known = cohort.flag("responder") == 1, evaluable(cohort)
    for row, key in ORR_ROWS.items():
        codes = codes_of(cohort, key, known)
        counts = []
        for at, level in enumerate(("No", "Yes")):
            n, x = count(codes == at), count((codes == at) & responder)
            counts.append((n - x, x))
            yield "Table 3", f"{row} {level} n", number(n, NE_OUT)
            yield "Table 3", f"{row} {level} resp", number(x, NE_OUT)
            yield "Table 3", f"{row} {level} %", share(x, n, NE_OUT)
        found = two_by_two(*counts[1], *counts[0])
        odds = found.odds_ratios[EXACT]
        reason = "Odds of non-response, yes against no; exact mid-P limits (Baptista-Pike)."
        yield "Table 3", f"{row} OR", number(odds.estimate, reason)
        yield "Table 3", f"{row} OR low", number(odds.conf_low, reason)
        yield "Table 3", f"{row} OR high", number(odds.conf_high, reason)
        yield "Table 3", f"{row} p", number(found.tests["chi_square"].p_value, "Chi-square, uncorrected.")


# Table 4 --------------------------------------------------------------------------------------------


def _safety(cohort: Cohort) -> Iterator[Item]:
    found = {item: worst_grades(cohort, SAFETY[key]) for item, key in SAFETY_ROWS.items()}
    for item, grades in found.items():
        for label, key in (("any", "any"), ("G>=3", "grade3")):
            x, n = grades[key]["x"], grades[key]["n"]
            yield "Table 4", f"{item} {label} no.", number(x)
            yield "Table 4", f"{item} {label} total", number(n)
            yield "Table 4", f"{item} {label} %", share(x, n)

    def rate(item: str, key: str = "any") -> Value:
        return share(found[item][key]["x"], found[item][key]["n"])

    yield "Text", "CRS %", rate("CRS")
    yield "Text", "ICANS %", rate("ICANS")
    yield "Text", "infection %", rate("Infections")
    yield "Discussion", "infection %", rate("Infections")
    yield (
        "Text",
        "G>=3 of infections %",
        share(found["Infections"]["grade3"]["x"], found["Infections"]["any"]["x"]),
    )
    yield "Text", "G>=3 infections %", rate("Infections", "grade3")
    yield "Text", "G>=3 cytopenia %", rate("Cytopenia", "grade3")
    for item, name in (
        ("tocilizumab", "tocilizumab"),
        ("dexamethasone", "dexamethasone"),
        ("ICU", "icu"),
        ("G-CSF", "gcsf"),
        ("TPO", "tpo_agonist"),
    ):
        x, n = yes_known(cohort, name)
        yield "Text", f"{item} %", share(x, n)
        if item == "ICU":
            yield "Text", "ICU no.", number(x)
    yield "Text", "hospital stay", number(spread(cohort.number("hospital_days")).median)
    pause = cohort.number("interruption_days")
    known = count(~np.isnan(pause))
    for weeks in (2, 4):
        yield "Text", f"interruption >{weeks} wk %", share(count(pause > 7 * weeks), known)
