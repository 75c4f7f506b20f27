"""Tables of the Methods page, printed from the registries."""

from __future__ import annotations

import pandas as pd

from rrmm import DAYS_PER_MONTH
from rrmm.analyses.explore import FEW_EVENTS, FEW_PATIENTS, RATE_MONTH
from rrmm.analyses.methods_table import measured
from rrmm.analyses.response import AT_LEAST, EXACT_BELOW
from rrmm.endpoints import ENDPOINTS
from rrmm.report import provenance
from rrmm.report.masking import FEWEST
from rrmm.schema import RESPONSES, VARIABLES, Variable
from rrmm.subgroups import ALL_SUBGROUPS, MAX_LEVELS, Subgroup

KINDS = {
    "id": "code", "text": "text", "category": "one of", "flag": "yes / no / unknown", "number": "number",
    "grade": "grade 0 to 5", "date": "date",
}  # fmt: skip

CONVENTIONS: tuple[tuple[str, str, str], ...] = (
    ("Month", f"{DAYS_PER_MONTH} days", ""),
    ("Interval of a survival curve", "log-log, Greenwood's variance", "log, plain (Settings)"),
    ("Median", "first time with S(t) ≤ 0.5; where S is exactly 0.5 the middle of that plateau; NR: not reached", ""),
    ("At risk", "just before the time; at risk, events and censored so far add up to n", ""),
    ("Follow-up", "reverse Kaplan-Meier, median with interval", ""),
    ("Groups over time", "log-rank, unweighted", "Peto-Peto; restricted means where hazards cross; stratified"),
    ("Cox model", "Efron's ties, Wald interval; the reference level is named",
     "Firth where a group has no event, profile likelihood"),
    ("Proportional hazards", "Schoenfeld residuals on Kaplan-Meier-transformed time, beside every model", ""),
    ("Proportion", "n/N with Clopper-Pearson interval", "Wilson (Settings)"),
    ("Rates of groups", f"chi-square without correction; Fisher's exact beside it when an expected count is below "
     f"{EXACT_BELOW:g}", "with Yates (command line)"),
    ("Odds ratio", "Wald; both directions named, the paper prints that of non-response", "exact mid-P, the paper's interval"),
    ("Competing risks", "Aalen-Johansen, Gray's test, Fine-Gray", ""),
    ("Many comparisons", "no p is hidden; Benjamini-Hochberg q beside p", "Holm"),
    ("p", "two decimals above 0.01, three to 0.001, then < 0.001; two-sided", ""),
    ("Unknown", "a level of its own, counted in sight; it never joins “no”", ""),
    ("Small groups", f"shown, with a remark below {FEW_PATIENTS} patients or {FEW_EVENTS} events",
     f"counts below {FEWEST} masked in what is taken home"),
    ("Survival by level", f"read at {RATE_MONTH} months", ""),
    ("Other columns", f"any column groups by its values, at most {MAX_LEVELS} groups", ""),
    ("Grouping by an outcome", "refused at time zero: response or an event lie in the future then",
     "landmark, time-dependent Cox"),
    ("Words", "in a cohort of one arm a subgroup's ratio is an association, never an effect", ""),
)  # fmt: skip


def endpoints_frame() -> pd.DataFrame:
    """Start, event and censoring of each endpoint."""
    return pd.DataFrame(
        [
            {
                "Endpoint": f"{each.long_label} ({each.label})",
                "Who": "responders" if each.population else "all patients",
                "From": each.start,
                "Event": each.ends_with,
                "Censored at": each.censored,
                "The file needs": each.needs,
            }
            for each in ENDPOINTS.values()
        ]
    )


def subgroups_frame(cuts: dict[str, float] | None = None) -> pd.DataFrame:
    """Levels and cut-offs. cuts: those in use."""
    return pd.DataFrame(
        [
            {
                "Subgroup": each.label,
                "Reference level": _level(each, each.no, cuts),
                "Level": _level(each, each.yes, cuts),
                "Cut-off": _cut(each, cuts),
                "From": VARIABLES[each.source].description if each.source in VARIABLES else "several columns",
            }
            for each in ALL_SUBGROUPS.values()
        ]
    )


def _at(entry: Subgroup, cuts: dict[str, float] | None) -> float:
    assert entry.cut is not None
    return (cuts or {}).get(entry.key, entry.cut.default)


def _level(entry: Subgroup, text: str, cuts: dict[str, float] | None) -> str:
    return text if entry.cut is None else text.format(cut=f"{_at(entry, cuts):g}")


def _cut(entry: Subgroup, cuts: dict[str, float] | None) -> str:
    if entry.cut is None:
        return ""
    cut = entry.cut
    return f"{_at(entry, cuts):g} {cut.unit} (default {cut.default:g}, {cut.low:g} to {cut.high:g})"


def response_lines() -> list[str]:
    """How best response is counted."""
    groups = "; ".join(
        f"{name}: {', '.join(levels)}" for name, levels in AT_LEAST.items() if (name,) != levels
    )
    return [
        f"Levels, deepest first: {', '.join(RESPONSES)} (IMWG; nCR: CR without bone marrow, as the paper). {groups}.",
        "Overall response: PR or better. Clinical benefit: MR or better.",
        "NE (not evaluable) counts in the denominator, and nCR counts as CR; both can be switched in Settings, and the "
        "page says which is in force.",
        "A patient without best response is left out and counted.",
        "Duration of response: responders only, from the first response.",
    ]


def conventions_frame() -> pd.DataFrame:
    """Conventions of the statistics: default and what else is offered."""
    return pd.DataFrame(list(CONVENTIONS), columns=["Thing", "Default", "Also offered"])


def variables_frame() -> pd.DataFrame:
    """The dictionary: every column that rrmm understands."""
    return pd.DataFrame(
        [
            {
                "Variable": each.label,
                "Section": each.section,
                "Holds": _holds(each),
                "Meaning": each.description + (" Given, or derived from dates." if each.given_or_derived else ""),
                "Plausible": _range(each),
                "Canonical column": each.name,
                "Headers it goes by": ", ".join(each.synonyms),
            }
            for each in VARIABLES.values()
        ]
    )


def _holds(each: Variable) -> str:
    if each.levels:
        return ", ".join(each.levels)
    return KINDS[each.kind] + (f", {each.unit}" if each.unit else "")


def _range(each: Variable) -> str:
    if each.low is None and each.high is None:
        return ""
    if each.high is None:
        return f"from {each.low:g}"
    return f"to {each.high:g}" if each.low is None else f"{each.low:g} to {each.high:g}"


def matching(frame: pd.DataFrame, words: str) -> pd.DataFrame:
    """Rows in which every one of the words stands somewhere, any case."""
    text = frame.astype(str).agg(" ".join, axis=1).str.lower()
    keep = pd.Series(True, index=frame.index)
    for word in words.lower().split():
        keep &= text.str.contains(word, regex=False)
    return frame[keep]


def statistics_frame() -> pd.DataFrame:
    """Every statistic with its method, library, R counterpart and largest measured deviation."""
    return pd.DataFrame(
        [
            {
                "Area": each.area,
                "Statistic": each.label,
                "Method": each.method,
                "R": each.r,
                "Largest relative deviation": "not measured" if one is None else _small(one.deviation),
                "Values compared": 0 if one is None else one.values,
                "Computed by": f"{each.by}: {each.note}" if each.note else each.by,
            }
            for each, one in measured().items()
        ]
    )


def _small(deviation: float) -> str:
    return "none" if deviation == 0 else f"{deviation:.1e}".replace("e-0", "e-")


PRIVACY = (
    "The file is read in memory and belongs to this browser tab. It is never written to disk, logged, put in a URL, "
    "sent anywhere or shared between users; when the session ends it is gone.",
    "A URL carries what was chosen in words of the registries, never data: headers and levels of a file stand in it as "
    "a code.",
    "Columns with names, birth dates, addresses or insurance numbers are dropped before anything is shown, and patient "
    "codes are shown nowhere.",
    f"Lists of single patients have no identifier and no date. Counts below {FEWEST} can be masked in what is taken home.",
    "The app makes no network request of its own: no fonts, no maps, no telemetry.",
    "Patient data belong on your hospital's own machine; on a public server load de-identified data only.",
)  # fmt: skip

LIBRARIES = (
    "streamlit", "numpy", "pandas", "scipy", "lifelines", "scikit-survival", "statsmodels", "greenwood", "altair",
    "vl-convert-python", "python-calamine", "openpyxl", "pyreadstat", "rapidfuzz", "msoffcrypto-tool", "python-pptx",
    "python-docx",
)  # fmt: skip


def versions_frame() -> pd.DataFrame:
    """Installed versions of rrmm, Python and the libraries."""
    found = {key: value for key, value in provenance.versions().items() if key in ("rrmm", "Python")}
    found |= {name: provenance.version(name) for name in LIBRARIES}
    return pd.DataFrame([{"Library": name, "Version": number} for name, number in found.items()])
