"""The fictitious cohort as typed columns: the calibrated core, and everything around it.

The core (`calibrated_cohort.csv`) is 123 invented patients, found by search so that as many printed values
of Riedhammer et al., Leukemia 2024;38:365-371, as possible come out at once. It holds yes/no and days; this
module turns them into what a clinic writes down: dates, grades, laboratory values, drugs. What the core
leaves open is drawn with a fixed seed, within the limits the core sets, so no printed value moves.

No real person is in it, and it is not clinically realistic: a test piece and a demonstration.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

HERE = Path(__file__).resolve().parent
CORE = HERE / "calibrated_cohort.csv"
SEED = 20240120
EXTRAS = ("ISS assessed at start", "CAR-T within 1.5 months", "Ide-cel outcome", "Isotype")
"""Columns without a canonical name: what the paper's single sentences and its univariable ISS row need."""

GRADED = {
    "crs_grade": "crs",
    "icans_grade": "icans",
    "infection_grade": "inf",
    "neutropenia_grade": "neutro",
    "anemia_grade": "anemia",
    "thrombopenia_grade": "thrombo",
}
LOW_GRADES = {
    "crs": (0.67, 0.33),
    "icans": (0.6, 0.4),
    "inf": (0.25, 0.75),
    "neutro": (0.3, 0.7),
    "anemia": (0.4, 0.6),
    "thrombo": (0.5, 0.5),
}
"""Shares of grades 1 and 2 below grade 3: most CRS is grade 1, few infections that are noted are."""
HIGH_GRADES = {
    "crs": (1.0, 0.0),
    "icans": (1.0, 0.0),
    "inf": (0.85, 0.15),
    "neutro": (0.45, 0.55),
    "anemia": (0.95, 0.05),
    "thrombo": (0.5, 0.5),
}
"""Shares of grades 3 and 4 from grade 3 on."""


def core() -> pd.DataFrame:
    """The calibrated core, 123 rows, with its dates as dates."""
    dates = ["start_date", "pfs_date", "last_date"]
    return pd.read_csv(CORE, parse_dates=dates)


def cohort() -> pd.DataFrame:
    """The whole cohort, 123 rows: canonical columns in the order of the schema, then the extras.

    Flags are "yes"/"no"/None, dates datetime64, numbers float64, text None where missing.
    """
    source, draw = core(), np.random.default_rng(SEED)
    n = len(source)
    start = source["start_date"]
    frame: dict[str, object] = {
        "patient_id": [f"S{at:03d}" for at in range(1, n + 1)],
        "center": [f"Centre {int(each):02d}" for each in source["center"]],
        "sex": np.where(source["male"] == 1, "M", "F"),
        "age": source["age"].astype(float),
        "dx_date": _days_after(start, -(source["years_since_dx"] * 365.25).round()),
        "prior_lines": source["prior_lines"].astype(float),
    }
    frame.update(_disease(source, draw))
    frame.update(_prior_therapy(source))
    frame.update(_course(source, draw))
    frame.update(_safety(source, draw))
    frame.update(_trial_criteria(source, draw))
    frame.update(
        {
            "ISS assessed at start": _flag(source["iss_at_start"]),
            "CAR-T within 1.5 months": _flag(source["cart_lt_1_5mo"]),
            "Ide-cel outcome": _text(source["ide_cel_outcome"]),
            "Isotype": draw.choice(
                ["IgG", "IgA", "Light chain only", "Other"], n, p=[0.55, 0.22, 0.18, 0.05]
            ),
        }
    )
    from rrmm.schema import VARIABLES

    order = [name for name in VARIABLES if name in frame] + list(EXTRAS)
    return pd.DataFrame(frame)[order]


def _flag(values: pd.Series) -> np.ndarray:
    """1, 0, missing as yes, no, None."""
    return np.array(
        [None if pd.isna(each) else "yes" if each == 1 else "no" for each in values], dtype=object
    )


def _days_after(start: pd.Series, days: pd.Series | np.ndarray) -> pd.Series:
    """Whole days after (or before) the start; NaT where the days are missing.

    Not `pd.to_timedelta`: pandas 2.3 leaves the missing ones unset in memory and numpy warns at random.
    """
    number = np.asarray(days, dtype=float)
    known = ~np.isnan(number)
    whole = np.where(known, number, 0).astype("timedelta64[D]")
    return (start + whole.astype("timedelta64[ns]")).where(known)


def _text(values: pd.Series) -> np.ndarray:
    return np.array([None if pd.isna(each) else str(each) for each in values], dtype=object)


def _between(draw: np.random.Generator, low: float, high: float, n: int, decimals: int) -> np.ndarray:
    """Uniform values whose rounded forms stay within the limits."""
    return np.round(draw.uniform(low, high, n), decimals)


def _disease(source: pd.DataFrame, draw: np.random.Generator) -> dict[str, object]:
    """ISS with the laboratory values it is made of, marrow, cytogenetics."""
    n = len(source)
    stage = _text(source["iss"])
    b2m, albumin = np.full(n, np.nan), np.full(n, np.nan)
    low_albumin = draw.random(n) < 0.5
    limits = {"I": (1.6, 3.4), "I/II": (2.8, 3.3), "II": (3.6, 5.4), "III": (5.6, 17.0)}
    for level, (low, high) in limits.items():
        b2m = np.where(stage == level, _between(draw, low, high, n, 1), b2m)
    # Stage II is either a middle beta-2 microglobulin, or a low one with low albumin.
    second_way = (stage == "II") & low_albumin
    b2m = np.where(second_way, _between(draw, 1.8, 3.4, n, 1), b2m)
    high_albumin, less_albumin = _between(draw, 3.5, 4.8, n, 1), _between(draw, 2.4, 3.4, n, 1)
    albumin = np.where(stage == "I", high_albumin, albumin)
    albumin = np.where(
        (stage == "II") | (stage == "III"), np.where(low_albumin, less_albumin, high_albumin), albumin
    )
    albumin = np.where((stage == "II") & ~second_way, high_albumin, albumin)
    ldh = np.round(np.where(draw.random(n) < 0.6, draw.uniform(140, 245, n), draw.uniform(255, 900, n)))
    ldh = np.where(draw.random(n) < 0.12, np.nan, ldh)
    marrow = np.where(
        source["bm60"] == 1, np.round(draw.uniform(12, 19, n)) * 5, np.round(draw.uniform(0.6, 11, n)) * 5
    )
    marrow = np.where(source["bm60"].isna(), np.nan, marrow)
    marrow[np.flatnonzero(source["bm60"] == 1)[0]] = 60.0  # the cut-off itself belongs to "60 % or more"
    marrow[np.flatnonzero(source["bm60"] == 0)[0]] = 55.0
    return {
        "emd": _flag(source["emd"]),
        "iss": stage,
        "r_iss": _r_iss(stage, ldh, source["hr_cyto"].to_numpy()),
        "b2m": b2m,
        "albumin": albumin,
        "ldh": ldh,
        "bm_plasma_pct": marrow,
        **_cytogenetics(source["hr_cyto"].to_numpy(), draw),
        "high_risk_cyto": _flag(source["hr_cyto"]),
    }


def _r_iss(stage: np.ndarray, ldh: np.ndarray, high_risk: np.ndarray) -> np.ndarray:
    """R-ISS (Palumbo 2015) where stage, LDH (upper limit 250 U/l) and cytogenetics decide it."""
    result = np.full(len(stage), None, dtype=object)
    adverse = (high_risk == 1) | (ldh > 250)
    favourable = (high_risk == 0) & (ldh <= 250)
    result[(stage == "II") | ((stage == "I") & adverse) | ((stage == "III") & favourable)] = "II"
    result[(stage == "I") & favourable] = "I"
    result[(stage == "III") & adverse] = "III"
    return result


def _cytogenetics(high_risk: np.ndarray, draw: np.random.Generator) -> dict[str, object]:
    """The three aberrations: one or more in high risk, none in standard risk, at most "no" in the unknown."""
    n = len(high_risk)
    first = draw.choice(3, n, p=[0.6, 0.28, 0.12])
    second = draw.random((n, 3)) < 0.12
    columns = {}
    for at, name in enumerate(("del17p", "t414", "t1416")):
        found = (first == at) | second[:, at]
        value = np.where(high_risk == 1, found.astype(float), np.where(high_risk == 0, 0.0, np.nan))
        # Some reports of unknown risk name one probe only.
        value = np.where(np.isnan(high_risk) & (at == 0) & (draw.random(n) < 0.3), 0.0, value)
        columns[name] = _flag(pd.Series(value))
    return columns


def _prior_therapy(source: pd.DataFrame) -> dict[str, object]:
    start = source["start_date"]
    unknown = source["bcma_pretreated"].isna()
    none = pd.Series(0.0, index=source.index)
    return {
        "triple_class_refractory": _flag(source["triple_refr"]),
        "penta_refractory": _flag(source["penta_refr"]),
        "polychemo_ever": _flag(source["poly_ever"]),
        "polychemo_2m": _flag(source["poly_2mo"]),
        "idecel": _flag(source["ide_cel"]),
        "ciltacel": _flag(none),
        "belantamab": _flag(source["belantamab"]),
        # Unknown in two: whether they had any BCMA-directed drug before is then unknown as well.
        "other_bcma": _flag(source["bcma_study_drug"].astype(float).mask(unknown)),
        "car_t_date": _days_after(start, -source["cart_interval_days"]),
        "last_bcma_date": _days_after(start, -source["last_bcma_interval_days"]),
    }


def _course(source: pd.DataFrame, draw: np.random.Generator) -> dict[str, object]:
    """Response, progression, death and last contact, all as dates."""
    start = source["start_date"]
    best = source["best_response"].to_numpy(object).copy()
    complete = np.flatnonzero(best == "CR/nCR")
    best[complete] = draw.permutation(["sCR"] * 4 + ["CR"] * 10 + ["nCR"] * (len(complete) - 14))
    died, progressed = source["death"] == 1, source["pfs_event"] == 1
    cause = np.where(died, "Multiple myeloma", None).astype(object)
    cause[_fatal_infections(source)] = "Infection"
    return {
        "start_date": start,
        "first_response_date": _days_after(start, source["ttr_days"]),
        "best_response_date": _days_after(start, source["ttbr_days"]),
        "best_response": best,
        "progression": _flag(source["pfs_event"]),
        "progression_date": source["pfs_date"].where(progressed),
        "death": _flag(source["death"]),
        "death_date": source["last_date"].where(died),
        "cause_of_death": cause,
        "last_contact_date": source["last_date"],
    }


def _fatal_infections(source: pd.DataFrame) -> np.ndarray:
    """Rows of the two infections that are called fatal: the first two among the dead with grade 3 or more."""
    return np.flatnonzero((source["death"] == 1) & (source["inf_g3"] == 1) & (source["os_days"] > 60))[:2]


def _safety(source: pd.DataFrame, draw: np.random.Generator) -> dict[str, object]:
    n, start, seen = len(source), source["start_date"], source["os_days"].to_numpy()
    columns: dict[str, object] = {}
    for name, key in GRADED.items():
        low = 1 + (draw.random(n) > LOW_GRADES[key][0])
        high = 3 + (draw.random(n) > HIGH_GRADES[key][0])
        columns[name] = np.where(
            source[f"{key}_g3"] == 1, high, np.where(source[f"{key}_any"] == 1, low, 0)
        ).astype(float)
    infection = np.asarray(columns["infection_grade"])
    fatal = _fatal_infections(source)
    infection[fatal] = 5.0
    # Onset: CRS and ICANS in the first days, infections any time under observation; a few were never dated.
    crs_day, icans_day = draw.integers(0, 5, n), draw.integers(1, 7, n)
    infection_day = np.floor(draw.random(n) ** 1.6 * np.minimum(seen, 270)).astype(int)
    infection_day[fatal] = seen[fatal] - 12
    undated = draw.random(n) < 0.05
    undated[fatal] = False
    for name, day in (("crs", crs_day), ("icans", icans_day), ("infection", infection_day)):
        dated = (np.asarray(columns[f"{name}_grade"]) > 0) & ~undated
        columns[f"{name}_onset_date"] = (_days_after(start, day)).where(dated)
    columns.update(
        {
            "tocilizumab": _flag(source["toci"]),
            "dexamethasone": _flag(source["dexa"]),
            "icu": _flag(source["icu"]),
            "gcsf": _flag(source["gcsf"]),
            "tpo_agonist": _flag(source["tpo"]),
            "ivig": _flag(pd.Series((draw.random(n) < np.where(infection > 0, 0.75, 0.35)).astype(float))),
            "hospital_days": source["hospital_days"].astype(float),
            "interruption_days": _interruptions(source, draw),
        }
    )
    return columns


def _interruptions(source: pd.DataFrame, draw: np.random.Generator) -> np.ndarray:
    """Longest pause in days: over 28 in as many as the core has over four weeks, 15 to 28 for two to four.

    The core assigned them without looking at the time under treatment; here whoever was observed too briefly
    for the pause trades it with the next patient who was observed long enough. The counts stay.
    """
    n, seen = len(source), source["os_days"].to_numpy()
    kind = np.where(source["interrupt_4w"] == 1, 2.0, np.where(source["interrupt_2w"] == 1, 1.0, 0.0))
    kind = np.where(source["interrupt_2w"].isna(), np.nan, kind)
    for level, needs in ((2.0, 60), (1.0, 40)):
        for at in np.flatnonzero((kind == level) & (seen < needs)):
            other = np.flatnonzero((kind < level) & (seen >= needs))
            trade = other[np.argmin(np.abs(other - at))]
            kind[at], kind[trade] = kind[trade], kind[at]
    longest = np.minimum(seen - 14, 90)
    days = np.where(
        kind == 2,
        29 + np.floor(draw.random(n) * np.maximum(longest - 29, 1)),
        np.where(kind == 1, draw.integers(15, 29, n), draw.choice([0, 0, 0, 3, 7, 10, 14], n)),
    )
    days = np.where((kind == 0) & (seen < 40), 0, days)
    return np.where(np.isnan(kind), np.nan, days).astype(float)


def _trial_criteria(source: pd.DataFrame, draw: np.random.Generator) -> dict[str, object]:
    """Laboratory values and ECOG: within the key criteria of MajesTEC-1 for whom the core says so.

    Haemoglobin >= 8 g/dl, platelets >= 75 (>= 50 with a marrow half full of plasma cells), neutrophils >= 1.0
    (10^9/l), creatinine clearance >= 40 ml/min, ECOG 0 or 1. Who did not meet them fails one or two.
    """
    n = len(source)
    inside = {
        "ecog": draw.choice([0.0, 1.0], n, p=[0.35, 0.65]),
        "hemoglobin": _between(draw, 8.2, 13.8, n, 1),
        "platelets": _between(draw, 78, 290, n, 0),
        "neutrophils": _between(draw, 1.1, 6.2, n, 1),
        "creatinine_clearance": _between(draw, 42, 115, n, 0),
    }
    outside = {
        "ecog": draw.choice([2.0, 3.0], n, p=[0.8, 0.2]),
        "hemoglobin": _between(draw, 6.3, 7.9, n, 1),
        "platelets": _between(draw, 9, 48, n, 0),
        "neutrophils": _between(draw, 0.3, 0.9, n, 1),
        "creatinine_clearance": _between(draw, 12, 38, n, 0),
    }
    names = list(inside)
    main = draw.choice(len(names), n, p=[0.25, 0.15, 0.3, 0.12, 0.18])
    also = draw.choice(len(names), n)
    second = draw.random(n) < 0.3
    not_met = (source["majestec_not_met"] == 1).to_numpy()
    result: dict[str, object] = {}
    for at, name in enumerate(names):
        fails = not_met & ((main == at) | (second & (also == at)))
        result[name] = np.where(fails, outside[name], inside[name])
    return result
