"""The subgroups a cohort can be compared by, one entry each.

A new subgroup is one entry in :data:`SUBGROUPS`. Any column of the upload serves as well, through the key
``col:<header>``. A subgroup turns a cohort into a :class:`Grouping`: codes, with -1 for the unknown, which
never joins "no".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
import pandas as pd

from rrmm.cohort import UNKNOWN, Cohort
from rrmm.combinations import WORDS, combine, is_combination, parse

COLUMN_PREFIX = "col:"
MAX_LEVELS = 6
"""Most groups that one comparison shows."""


@dataclass(frozen=True)
class Cut:
    """Where a number is cut: ``>= value`` is the second level."""

    default: float
    low: float
    high: float
    step: float
    unit: str


@dataclass(frozen=True)
class Subgroup:
    """One way to split the cohort.

    kind: "flag" (yes/no of ``source``), "stage" (``source`` equals ``is_level``), "cut" (``source`` >= cut),
        "criteria" (meets the key criteria of MajesTEC-1, computed from several columns; ``source`` is empty).
    no, yes: labels of the levels, reference first; ``{cut}`` stands for the cut-off.
    """

    key: str
    label: str
    kind: Literal["flag", "stage", "cut", "criteria"]
    source: str
    no: str
    yes: str
    is_level: str = ""
    cut: Cut | None = None
    short: str = ""

    @property
    def chip(self) -> str:
        """Short name for chips and forest rows."""
        return self.short or self.label


SUBGROUPS: dict[str, Subgroup] = {
    entry.key: entry
    for entry in (
        Subgroup("emd", "Extramedullary disease", "flag", "emd", "No EMD", "EMD", short="EMD"),
        Subgroup("iss3", "ISS stage III", "stage", "iss", "ISS I or II", "ISS III", is_level="III", short="ISS 3"),
        Subgroup("bm60", "Bone marrow plasma cells", "cut", "bm_plasma_pct", "< {cut} %", "≥ {cut} %",
                 cut=Cut(60, 5, 95, 5, "%"), short="Bone marrow"),
        Subgroup("idecel", "Ide-cel before", "flag", "idecel", "No ide-cel", "Ide-cel", short="Ide-cel"),
        Subgroup("belantamab", "Belantamab before", "flag", "belantamab", "No belantamab", "Belantamab",
                 short="Belantamab"),
        Subgroup("prior_bcma", "BCMA-directed therapy before", "flag", "prior_bcma", "BCMA-naive", "BCMA-pretreated",
                 short="Prior BCMA"),
        Subgroup("cart_interval", "Interval since CAR-T", "cut", "car_t_interval_months", "< {cut} months",
                 "≥ {cut} months", cut=Cut(6, 1, 24, 0.5, "months"), short="CAR-T interval"),
        Subgroup("hrc", "High-risk cytogenetics", "flag", "high_risk_cyto", "Standard risk", "High risk",
                 short="Cytogenetics"),
        Subgroup("penta", "Penta-drug refractory", "flag", "penta_refractory", "Not penta-refractory",
                 "Penta-refractory", short="Penta-refractory"),
        Subgroup("polychemo_2m", "Polychemotherapy within 2 months", "flag", "polychemo_2m",
                 "No polychemotherapy", "Polychemotherapy", short="Polychemo 2 mo"),
    )
}

FILTER_ONLY: dict[str, Subgroup] = {
    "trial": Subgroup("trial", "MajesTEC-1 key criteria", "criteria", "", "Not trial-eligible", "Trial-eligible",
                      short="Trial criteria"),
    "lines": Subgroup("lines", "Prior lines of therapy", "cut", "prior_lines", "< {cut} lines", "≥ {cut} lines",
                      cut=Cut(6, 2, 12, 1, "lines"), short="Prior lines"),
    "old": Subgroup("old", "Age", "cut", "age", "< {cut} years", "≥ {cut} years", cut=Cut(70, 40, 85, 5, "years"),
                    short="Age"),
}
"""Filters of the population, and comparisons on request, that are no row of the forest or of the summary."""

ALL_SUBGROUPS: dict[str, Subgroup] = {**SUBGROUPS, **FILTER_ONLY}
"""Every key that a Picks may hold beside columns."""


def has_data(cohort: Cohort, key: str) -> bool:
    """Whether the cohort has what this entry of ALL_SUBGROUPS reads."""
    entry = ALL_SUBGROUPS[key]
    if entry.kind == "criteria":
        return bool((_criteria(cohort) != UNKNOWN).any())
    return cohort.has(entry.source)


def _criteria(cohort: Cohort) -> np.ndarray:
    # Imported here: the analyses import this module.
    from rrmm.analyses.eligibility import eligible

    return eligible(cohort).astype(np.int64)


def _level_name(entry: Subgroup, level: int) -> str:
    if entry.cut is not None:
        return f"{entry.chip} {'≥' if level else '<'} cut-off"
    return entry.yes if level else entry.no


LEVEL_NAMES = {_level_name(entry, level): (key, level) for key, entry in ALL_SUBGROUPS.items() for level in (1, 0)}
"""Name of a level whatever the cut-off (filters, URLs) -> (subgroup key, level)."""

OUTCOME_COLUMNS = ("responder", "best_response", "crs_grade", "icans_grade", "infection_grade", "neutropenia_grade",
                   "anemia_grade", "thrombopenia_grade", "tocilizumab", "dexamethasone", "icu", "gcsf",
                   "tpo_agonist", "ivig", "interruption_days", "hospital_days", "progression", "death", "pfs_event",
                   "os_event", "dor_event", "cause_of_death", "pfs_days", "os_days", "dor_days", "ttr_days", "ttbr_days")
"""Known only after the start of treatment: grouping by these at time zero gives survivors a head start."""
OUTCOME_DATES = ("first_response_date", "best_response_date", "progression_date", "death_date", "last_contact_date",
                 "crs_onset_date", "icans_onset_date", "infection_onset_date")
KNOWN_LATER = " (known later)"

OTHER_VARIABLES = ("sex", "age", "years_since_dx", "prior_lines", "iss", "r_iss", "b2m", "albumin", "ldh", "del17p",
                   "t414", "t1416", "triple_class_refractory", "polychemo_ever", "ciltacel", "other_bcma", "center",
                   "ecog", "hemoglobin", "platelets", "neutrophils", "creatinine_clearance")
"""Canonical columns offered beside the presets."""


@dataclass(frozen=True, eq=False)
class Grouping:
    """A split of n patients into K named levels.

    codes: int64 (n,), 0..K-1, -1 unknown. levels: labels, reference first. label: what it is.
    """

    key: str
    label: str
    levels: tuple[str, ...]
    codes: np.ndarray
    note: str = ""

    def unknown(self, population: np.ndarray) -> int:
        """Patients of the population whose group is unknown."""
        return int(np.count_nonzero(population & (self.codes == UNKNOWN)))

    def counts(self, population: np.ndarray) -> np.ndarray:
        """Patients of the population in each level (K,)."""
        inside = self.codes[population]
        return np.bincount(inside[inside >= 0], minlength=len(self.levels))


def format_cut(value: float) -> str:
    """60, 1.5: a cut-off as it is said."""
    return f"{value:g}"


def everybody(cohort: Cohort) -> Grouping:
    """All patients as one group."""
    return Grouping("none", "All patients", ("All patients",), np.zeros(cohort.n, dtype=np.int64))


def group(cohort: Cohort, key: str, cuts: Mapping[str, float] | None = None) -> Grouping:
    """The grouping of that key: a preset, a combination of presets, ``col:<header>``, or ``none``.

    cuts: cut-off by subgroup key; the default where there is none. KeyError for an unknown key.
    """
    cuts = cuts or {}
    if key == "none":
        return everybody(cohort)
    if key.startswith(COLUMN_PREFIX):
        return _column(cohort, key, cuts.get(key))
    if is_combination(key):
        return _combined(cohort, key, cuts)
    entry = ALL_SUBGROUPS[key]
    if entry.kind == "criteria":
        return Grouping(key, entry.label, (entry.no, entry.yes), _criteria(cohort))
    if entry.kind == "flag":
        codes = cohort.flag(entry.source).astype(np.int64)
        return Grouping(key, entry.label, (entry.no, entry.yes), codes)
    if entry.kind == "stage":
        stage = cohort.category(entry.source)
        known = np.array([value is not None for value in stage], dtype=bool)
        codes = np.where(known, (stage == entry.is_level).astype(np.int64), UNKNOWN)
        return Grouping(key, entry.label, (entry.no, entry.yes), codes)
    assert entry.cut is not None
    cut = float(cuts.get(key, entry.cut.default))
    text = format_cut(cut)
    return Grouping(key, entry.label, (entry.no.format(cut=text), entry.yes.format(cut=text)),
                    _cut_codes(cohort.number(entry.source), cut))


def _combined(cohort: Cohort, key: str, cuts: Mapping[str, float]) -> Grouping:
    wanted = parse(key, ALL_SUBGROUPS)
    parts = [(group(cohort, name, cuts), level) for name, level in wanted.parts]
    holds = [np.where(part.codes == UNKNOWN, UNKNOWN, (part.codes == level).astype(np.int64)) for part, level in parts]
    label = WORDS[wanted.how].join(part.levels[level] for part, level in parts)
    return Grouping(key, label, ("All others", label), combine(wanted.how, holds))


def _cut_codes(values: np.ndarray, cut: float) -> np.ndarray:
    return np.where(np.isnan(values), UNKNOWN, (values >= cut).astype(np.int64)).astype(np.int64)


def is_outcome(key: str) -> bool:
    """Whether this comparison is by a column known only after the start of treatment.

    That is one of OUTCOME_COLUMNS, or a column that was kept as it is although its header is a spelling of one
    (a second column of the same meaning).
    """
    if not key.startswith(COLUMN_PREFIX):
        return False
    header = key.removeprefix(COLUMN_PREFIX)
    return header in OUTCOME_COLUMNS or header in OUTCOME_DATES or _spells_outcome(header)


@lru_cache(maxsize=4096)
def _spells_outcome(header: str) -> bool:
    from rrmm.schema import VARIABLES

    if header in VARIABLES:
        return False
    from rrmm.intake.header_match import synonyms
    from rrmm.intake.headers import key_of, without_unit

    known = synonyms()
    found = {known[key][0] for key in (key_of(header), key_of(without_unit(header)[0])) if key in known}
    return bool(found & {*OUTCOME_COLUMNS, *OUTCOME_DATES})


def column_choices(cohort: Cohort) -> dict[str, str]:
    """Key -> label of every other column that can group: canonical ones with data, and the upload's own."""
    return dict(cohort.memo("column_choices", lambda: _column_choices(cohort)))


def _column_choices(cohort: Cohort) -> dict[str, str]:
    from rrmm.schema import VARIABLES

    choices = {key: entry.label for key, entry in FILTER_ONLY.items() if has_data(cohort, key)}
    choices |= {COLUMN_PREFIX + name: VARIABLES[name].label for name in OTHER_VARIABLES if cohort.has(name)}
    for header in cohort.extras.columns:
        values = cohort.extras[header].dropna()
        if len(values) and (pd.api.types.is_numeric_dtype(values) or values.nunique() <= max(MAX_LEVELS, cohort.n // 3)):
            key = COLUMN_PREFIX + str(header)
            choices[key] = str(header) + KNOWN_LATER * is_outcome(key)
    return choices


def _column(cohort: Cohort, key: str, cut: float | None) -> Grouping:
    """Any column: yes/no as it is, categories up to MAX_LEVELS, numbers cut at the median or a chosen value."""
    from rrmm.schema import VARIABLES

    header = key[len(COLUMN_PREFIX):]
    if header in VARIABLES:
        values, label, order = cohort.frame[header], VARIABLES[header].label, VARIABLES[header].levels
        unit = VARIABLES[header].unit
    elif header in cohort.extras:
        values, label, order, unit = cohort.extras[header], header, (), ""
    else:
        raise KeyError(key)
    values = values.reset_index(drop=True)
    if isinstance(values.dtype, pd.BooleanDtype) or (values.dropna().isin([True, False]).all() and values.dtype == object):
        codes = values.astype("boolean").astype("Int8").fillna(UNKNOWN).to_numpy(np.int64)
        return Grouping(key, label, ("No", "Yes"), codes)
    if pd.api.types.is_numeric_dtype(values) and values.nunique() > 2:
        numbers = values.to_numpy(np.float64, na_value=np.nan)
        at = float(np.nanmedian(numbers)) if cut is None else float(cut)
        text = format_cut(at) + (f" {unit}" if unit else "")
        return Grouping(key, label, (f"< {text}", f"≥ {text}"), _cut_codes(numbers, at))
    return _categories(key, label, values, order)


def _categories(key: str, label: str, values: pd.Series, order: tuple[str, ...]) -> Grouping:
    text = values.map(lambda value: None if pd.isna(value) else
                      format_cut(value) if isinstance(value, float) else str(value))
    counts = text.value_counts()
    names = [name for name in order if name in counts.index] or sorted(counts.index)
    note = ""
    if len(names) > MAX_LEVELS:
        kept = list(counts.index[: MAX_LEVELS - 1])
        names = [name for name in names if name in kept] + ["Other"]
        note = f"The {MAX_LEVELS - 1} most frequent of {len(counts)} values are shown; the rest is 'Other'."
        text = text.map(lambda value: value if value is None or value in kept else "Other")
    position = {name: at for at, name in enumerate(names)}
    codes = np.array([UNKNOWN if value is None else position[value] for value in text], dtype=np.int64)
    return Grouping(key, label, tuple(names), codes, note)
