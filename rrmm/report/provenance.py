"""Where a picture or document comes from: cohort, date of the data, versions; the same words in every one."""

from __future__ import annotations

import datetime as dt
import re
from importlib import metadata

from rrmm import __version__
from rrmm.cohort import Cohort

LIBRARIES = ("numpy", "scipy", "pandas", "lifelines", "statsmodels")
AUTHOR = "rrmm"
STAMP = dt.datetime(2000, 1, 1)
"""Written where a format demands a date of creation: always the same, so equal input gives equal bytes."""

# What XML 1.0 cannot hold, lone surrogates, and marks that reverse or hide text.
_ILLEGAL = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"
    "\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]"
)

_BLANK = re.compile("[ \t\r\n\f\v\x85\u2028\u2029]+")


def clean(text: object, most: int = 300) -> str:
    """Text from a file as one line that any document can hold: no control characters, not too long."""
    line = _BLANK.sub(" ", _ILLEGAL.sub(" ", str(text))).strip(" ")
    return line if len(line) <= most else line[: most - 1] + "…"


def name_of(cohort: Cohort) -> str:
    """The cohort's name, and that it is fictitious where it is."""
    name = clean(cohort.name, 80) or "Cohort"
    return f"{name} (fictitious)" if cohort.fictitious else name


def data_date(cohort: Cohort) -> str:
    """ "data to 31 Mar 2024"."""
    return f"data to {cohort.data_date:%d %b %Y}" if cohort.data_date is not None else "date of data unknown"


def footer(cohort: Cohort, *methods: str, n: str = "") -> str:
    """One line under a picture: cohort, patients, date, method. n: said instead of the cohort's number."""
    return " · ".join((f"{name_of(cohort)}, {n or f'n = {cohort.n}'}", data_date(cohort), *methods))


def version(package: str) -> str:
    """Installed version, or "not installed"."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"


def versions() -> dict[str, str]:
    """Name -> version of rrmm, Python and the libraries that make the numbers."""
    import platform

    found = {"rrmm": __version__, "Python": platform.python_version()}
    return found | {name: version(name) for name in LIBRARIES}
