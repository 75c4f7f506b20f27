"""The code that makes a result: in Python with rrmm, and in R with survival, on the cleaned export.

No text of an upload ever becomes code: Python literals are made by `repr` and then reduced to ASCII, R strings are
written character by character, and columns of the upload are taken by their number, not by their name.
"""

from __future__ import annotations

import io
import zipfile

from rrmm import __version__
from rrmm.analyses.response import Convention
from rrmm.cohort import Cohort
from rrmm.picks import Picks
from rrmm.report import cleaned, code_r


def keys_of(picks: Picks) -> list[str]:
    """Every comparison and filter of the choices, each once."""
    return list(dict.fromkeys([picks.compare, *(key for key, _ in picks.filters)]))


def python_code(cohort: Cohort, picks: Picks, convention: Convention | None = None) -> str:
    """A script that prints the numbers of the view, made with rrmm.

    KeyError for a comparison by a column that the cohort does not have.
    """
    convention = convention or Convention()
    kinds = cleaned.other_columns(cohort, keys_of(picks))
    read = 'read_clean("cohort.csv")'
    if kinds:
        read = f'read_clean("cohort.csv", "columns.csv", {tuple(kinds.items())!a})'
    return f'''"""Made by rrmm {__version__}. Reads cohort.csv, the cleaned export (python -m rrmm clean FILE --out DIR)."""
from rrmm.analyses.explore import explore
from rrmm.analyses.response import Convention
from rrmm.picks import Picks
from rrmm.report.cleaned import read_clean
from rrmm.report.code import lines

cohort = {read}
picks = Picks(
    endpoint={picks.endpoint!a},
    compare={picks.compare!a},
    cuts={picks.cuts!a},
    filters={picks.filters!a},
    conf_type={picks.conf_type!a},
)
convention = Convention(
    nonevaluable_counts={convention.nonevaluable_counts!r},
    ncr_is_cr={convention.ncr_is_cr!r},
    interval={convention.interval!a},
)
view = explore(cohort, picks, convention)

# view.groups, view.ratios, view.response and view.forest hold everything; times are in days.
for line in lines(view):
    print(line)
'''


def r_code(cohort: Cohort, picks: Picks, convention: Convention | None = None) -> str:
    """A script that prints the numbers of the view, made with R and the package survival alone."""
    kinds = cleaned.other_columns(cohort, keys_of(picks))
    return code_r.script(cohort, picks, convention or Convention(), tuple(kinds))


def lines(view: object) -> list[str]:
    """The numbers of a view as both scripts print them: what, which group, then numbers, between tabs."""
    from rrmm.analyses.explore import Explore

    assert isinstance(view, Explore)
    found = []

    def say(what: str, at: int | str, *values: float) -> None:
        found.append("\t".join([what, str(at), *(_number(value) for value in values)]))

    for at, group in enumerate(view.groups):
        say(
            "median",
            at,
            group.n,
            group.events,
            group.median.estimate,
            group.median.conf_low,
            group.median.conf_high,
        )
    if len(view.groups) > 1:
        say("logrank", "p", view.logrank_p)
    for ratio in view.ratios:
        say("hr", ratio.group, ratio.hr, ratio.conf_low, ratio.conf_high, ratio.p_value)
    for at, response in enumerate(view.response.groups):
        orr = response.orr
        say("orr", at, orr.x, orr.n, orr.estimate, orr.conf_low, orr.conf_high)
    if len(view.groups) > 1:
        say("chi-square", "p", view.response.p_value)
        say("fisher", "p", view.response.fisher_p)
    for row in view.forest:
        say(
            "forest",
            row.key,
            row.n[0],
            row.events[0],
            row.n[1],
            row.events[1],
            row.hr.hr,
            row.hr.conf_low,
            row.hr.conf_high,
            row.logrank_p,
        )
    return found


def _number(value: float) -> str:
    return "NA" if value != value else f"{value:.12g}"


def bundle(cohort: Cohort, picks: Picks, convention: Convention | None = None) -> bytes:
    """Both scripts and the files they read, as a ZIP. It holds patient data: for the owner of the file."""
    kinds = cleaned.other_columns(cohort, keys_of(picks))
    files = {
        "analysis.py": python_code(cohort, picks, convention).encode(),
        "analysis.R": r_code(cohort, picks, convention).encode(),
        "cohort.csv": cleaned.cohort_csv(cohort),
    }
    if kinds:
        files["columns.csv"] = cleaned.columns_csv(cohort, kinds)
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as out:
        for name, data in files.items():
            fixed = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            fixed.compress_type = zipfile.ZIP_DEFLATED
            fixed.external_attr = 0o600 << 16
            out.writestr(fixed, data)
    return made.getvalue()
