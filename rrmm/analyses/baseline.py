"""Who the patients are: Table 1 of any cohort, by subgroup, with what is missing counted in every row.

Numbers as median, quartiles and range; everything else as n of those known. A percentage never has the
unknown in its denominator, and the unknown has a count of its own. Between groups: the standardised mean
difference, which describes the groups and does not grow with n; p-values only on request, as none of the
groups was drawn by lot.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from rrmm import DAYS_PER_MONTH
from rrmm.analyses.contingency import chi_square, fisher_freeman_halton
from rrmm.analyses.effect_size import rank_test, smd_counts, smd_number
from rrmm.analyses.missingness import APPLIES
from rrmm.analyses.proportions import Method, Proportion, proportion
from rrmm.cohort import UNKNOWN, Cohort
from rrmm.picks import Picks, Population, population
from rrmm.schema import VARIABLES
from rrmm.subgroups import COLUMN_PREFIX, SUBGROUPS, Grouping, format_cut, group

EXACT_BELOW = 5.0
"""Expected count below which Fisher's exact test takes the place of the chi-square (two levels)."""


@dataclass(frozen=True)
class Characteristic:
    """One line of Table 1.

    source: canonical column; kind: number, yes/no, levels, or a number cut at a subgroup's cut-off.

    unit and decimals: of a number. published: its key in the baseline of a published cohort, or for levels
    a key each.
    """

    key: str
    label: str
    section: str
    kind: Literal["number", "flag", "levels", "cut"]
    source: str
    unit: str = ""
    decimals: int = 0
    published: tuple[str, ...] = ()


_P, _D, _T, _C = "Patient", "Disease", "Prior therapy", "Condition at start"

CHARACTERISTICS: tuple[Characteristic, ...] = (
    Characteristic("age", "Age", _P, "number", "age", "years", 0, ("age",)),
    Characteristic("sex", "Sex", _P, "levels", "sex", published=("female_pct", "male_pct")),
    Characteristic(
        "years_since_dx", "Time since diagnosis", _D, "number", "years_since_dx", "years", 1, ("tsd_years",)
    ),
    Characteristic("emd", "Extramedullary disease", _D, "flag", "emd", published=("emd",)),
    Characteristic("bm60", "Bone marrow plasma cells", _D, "cut", "bm_plasma_pct", published=("bm60",)),
    Characteristic("iss", "ISS stage", _D, "levels", "iss", published=("iss1", "", "iss2", "iss3")),
    Characteristic("r_iss", "R-ISS stage", _D, "levels", "r_iss"),
    Characteristic("hrc", "High-risk cytogenetics", _D, "flag", "high_risk_cyto", published=("hrc",)),
    Characteristic("b2m", "Beta-2 microglobulin", _D, "number", "b2m", "mg/l", 1),
    Characteristic("albumin", "Albumin", _D, "number", "albumin", "g/dl", 1),
    Characteristic("ldh", "LDH", _D, "number", "ldh", "U/l", 0),
    Characteristic(
        "prior_lines", "Prior lines of therapy", _T, "number", "prior_lines", "", 0, ("prior_lines",)
    ),
    Characteristic(
        "triple", "Triple-class refractory", _T, "flag", "triple_class_refractory", published=("triple",)
    ),
    Characteristic("penta", "Penta-drug refractory", _T, "flag", "penta_refractory", published=("penta",)),
    Characteristic("polychemo_ever", "Polychemotherapy ever", _T, "flag", "polychemo_ever"),
    Characteristic("polychemo_2m", "Polychemotherapy within 2 months", _T, "flag", "polychemo_2m"),
    Characteristic(
        "prior_bcma", "BCMA-directed therapy before", _T, "flag", "prior_bcma", published=("prior_bcma",)
    ),
    Characteristic("idecel", "Ide-cel before", _T, "flag", "idecel"),
    Characteristic("ciltacel", "Cilta-cel before", _T, "flag", "ciltacel"),
    Characteristic("belantamab", "Belantamab mafodotin before", _T, "flag", "belantamab"),
    Characteristic("other_bcma", "Other BCMA-directed drug before", _T, "flag", "other_bcma"),
    Characteristic("car_t_interval", "Since CAR-T", _T, "number", "car_t_interval_months", "months", 1),
    Characteristic("last_bcma", "Since last BCMA-directed drug", _T, "number", "last_bcma_date", "months", 1),
    Characteristic("ecog", "ECOG performance status", _C, "levels", "ecog"),
    Characteristic("hemoglobin", "Haemoglobin", _C, "number", "hemoglobin", "g/dl", 1),
    Characteristic("platelets", "Platelets", _C, "number", "platelets", "10⁹/l", 0),
    Characteristic("neutrophils", "Neutrophils", _C, "number", "neutrophils", "10⁹/l", 1),
    Characteristic(
        "creatinine_clearance", "Creatinine clearance", _C, "number", "creatinine_clearance", "ml/min", 0
    ),
)

LEVEL_LABELS = {"F": "Female", "M": "Male", "I/II": "I or II (not further known)"}


@dataclass(frozen=True, slots=True)
class Spread:
    """A number in n patients: NaN where n is 0."""

    n: int
    median: float
    q1: float
    q3: float
    low: float
    high: float


@dataclass(frozen=True, eq=False)
class Cell:
    """One column of a row: a spread or a share, and how many of the column's patients are unknown."""

    value: Spread | Proportion
    missing: int


@dataclass(frozen=True, eq=False)
class Row:
    """One line of the table. level: of a characteristic with several, else "".

    smd: absolute standardised mean difference between the groups (the largest of all pairs); p_value and
    test: between the groups. Both stand in the first line of a characteristic, NaN elsewhere and where there
    is nothing to compare. published: its key in the baseline of a published cohort, "" where none is
    comparable.
    """

    of: Characteristic
    level: str
    cells: tuple[Cell, ...]
    published: str = ""
    smd: float = math.nan
    p_value: float = math.nan
    test: str = ""


@dataclass(frozen=True, eq=False)
class Baseline:
    """The table. columns: label and n of each; the first is the whole population.

    absent: characteristics that this cohort holds nothing about. unknown: patients whose group is unknown.
    """

    columns: tuple[tuple[str, int], ...]
    rows: tuple[Row, ...]
    absent: tuple[Characteristic, ...]
    population: Population
    grouping: Grouping
    unknown: int


def values_of(cohort: Cohort, entry: Characteristic) -> np.ndarray:
    """The numbers of a characteristic, float64 (n,), NaN unknown; months for intervals from a date."""
    if entry.source == "last_bcma_date":
        days = (cohort.frame["start_date"] - cohort.frame["last_bcma_date"]).dt.total_seconds() / 86400
        months = days.to_numpy(np.float64) / DAYS_PER_MONTH
        return np.where(months >= 0, months, np.nan)
    return cohort.number(entry.source)


def codes_of(cohort: Cohort, entry: Characteristic, picks: Picks) -> tuple[np.ndarray, tuple[str, ...]]:
    """Level of each patient, int64 (n,), -1 unknown, and the levels in use."""
    if entry.kind == "flag":
        return cohort.flag(entry.source).astype(np.int64), ("No", "Yes")
    if entry.kind == "cut":
        found = group(cohort, entry.key, picks.cut_of)
        return found.codes, found.levels
    if VARIABLES[entry.source].kind == "number":
        numbers = cohort.number(entry.source)
        present = sorted(set(numbers[~np.isnan(numbers)]))
        names = tuple(format_cut(float(x)) for x in present)
        place = {x: at for at, x in enumerate(present)}
        return np.array([UNKNOWN if math.isnan(x) else place[x] for x in numbers], dtype=np.int64), names
    names = VARIABLES[entry.source].levels
    index = {name: at for at, name in enumerate(names)}
    return np.array([index.get(x, UNKNOWN) for x in cohort.category(entry.source)], dtype=np.int64), names


def spread(values: np.ndarray) -> Spread:
    """Median, quartiles (R's type 7) and range of the known values."""
    known = values[~np.isnan(values)]
    if not len(known):
        return Spread(0, *(math.nan,) * 5)
    q1, median, q3 = np.percentile(known, (25, 50, 75))
    return Spread(len(known), float(median), float(q1), float(q3), float(known.min()), float(known.max()))


def _compared(entry: Characteristic, picks: Picks) -> bool:
    """Whether the groups are made from this very characteristic: then there is nothing to compare."""
    key = picks.compare
    source = SUBGROUPS[key].source if key in SUBGROUPS else key.removeprefix(COLUMN_PREFIX)
    return source == entry.source


def baseline(
    cohort: Cohort, picks: Picks, *, p_values: bool = False, interval: Method = "clopper-pearson"
) -> Baseline:
    """Table 1 of the population, and by the comparison of ``picks`` where there is one."""
    people = population(cohort, picks)
    grouping = group(cohort, picks.compare, picks.cut_of)
    masks = [people.mask]
    labels = ["All patients" if not picks.filters else "Selected patients"]
    codes = np.where(people.mask, grouping.codes, UNKNOWN)
    if picks.compare != "none":
        masks += [codes == at for at in range(len(grouping.levels))]
        labels += list(grouping.levels)
    rows: list[Row] = []
    absent = []
    for entry in CHARACTERISTICS:
        compared = _compared(entry, picks)
        if not cohort.has(entry.source):
            absent.append(entry)
        elif entry.kind == "number":
            rows.append(_number_row(cohort, entry, masks, p_values, compared))
        else:
            rows += _share_rows(cohort, entry, masks, picks, p_values, interval, compared)
    columns = tuple((label, int(np.count_nonzero(mask))) for label, mask in zip(labels, masks, strict=True))
    return Baseline(columns, tuple(rows), tuple(absent), people, grouping, grouping.unknown(people.mask))


def _number_row(
    cohort: Cohort, entry: Characteristic, masks: list[np.ndarray], p_values: bool, compared: bool
) -> Row:
    values = values_of(cohort, entry)
    about = APPLIES[entry.source](cohort) if entry.source in APPLIES else np.ones(cohort.n, dtype=bool)
    masks = [mask & (about | ~np.isnan(values)) for mask in masks]
    cells = tuple(
        Cell(found := spread(values[mask]), int(np.count_nonzero(mask)) - found.n) for mask in masks
    )
    groups = [] if compared else [values[mask & ~np.isnan(values)] for mask in masks[1:]]
    p, test = _rank_test(groups) if p_values else (math.nan, "")
    pairs = [smd_number(groups[i], groups[j]).estimate for i in range(len(groups)) for j in range(i)]
    return Row(entry, "", cells, entry.published[0] if entry.published else "", _largest(pairs), p, test)


def _share_rows(
    cohort: Cohort,
    entry: Characteristic,
    masks: list[np.ndarray],
    picks: Picks,
    p_values: bool,
    interval: Method,
    compared: bool,
) -> list[Row]:
    codes, levels = codes_of(cohort, entry, picks)
    counts = [np.bincount(codes[mask & (codes >= 0)], minlength=len(levels)) for mask in masks]
    groups = [] if compared else counts[1:]
    p, test = _count_test(np.array(groups)) if p_values and len(groups) > 1 else (math.nan, "")
    smd = _largest([smd_counts(groups[i], groups[j]).estimate for i in range(len(groups)) for j in range(i)])
    shown = [1] if entry.kind in ("flag", "cut") else [at for at in range(len(levels)) if counts[0][at]]
    default = SUBGROUPS[entry.key].cut if entry.kind == "cut" else None
    # A published share holds for the published cut-off only.
    comparable = default is None or picks.cut_of.get(entry.key, default.default) == default.default
    rows: list[Row] = []
    for at in shown:
        cells = tuple(
            Cell(
                proportion(int(count[at]), int(count.sum()), interval),
                int(np.count_nonzero(mask)) - int(count.sum()),
            )
            for count, mask in zip(counts, masks, strict=True)
        )
        place = 0 if entry.kind in ("flag", "cut") else at
        key = entry.published[place] if comparable and place < len(entry.published) else ""
        level = "" if entry.kind == "flag" else levels[at]
        rows.append(
            Row(
                entry,
                LEVEL_LABELS.get(level, level),
                cells,
                key,
                smd if not rows else math.nan,
                p if not rows else math.nan,
                test if not rows else "",
            )
        )
    return rows


def _largest(values: list[float]) -> float:
    known = [abs(x) for x in values if not math.isnan(x)]
    return max(known) if known else math.nan


def _rank_test(groups: list[np.ndarray]) -> tuple[float, str]:
    if len(groups) < 2 or any(not len(each) for each in groups):
        return math.nan, ""
    tested = rank_test(groups)
    return tested.p_value, tested.method


def _count_test(table: np.ndarray) -> tuple[float, str]:
    """Chi-square without correction; Fisher's exact where two levels have an expected count below 5."""
    table = table[:, table.sum(axis=0) > 0]
    if table.shape[1] < 2 or (table.sum(axis=1) == 0).any():
        return math.nan, ""
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
    if table.shape[1] == 2 and expected.min() < EXACT_BELOW:
        return fisher_freeman_halton(table[:, 1], table.sum(axis=1)).p_value, "Fisher's exact"
    return chi_square(table).p_value, "chi-square"
