"""What a session holds. The only file that touches `st.session_state` and the URL.

An upload lives in the session's state: it is freed when the session ends, and no other user's session can
reach it. Choices live in the widgets' own state, which follows the user from page to page and stands in the
URL; data never does.
"""

from __future__ import annotations

import gc
from functools import lru_cache
from pathlib import Path
from typing import Any

import streamlit as st

from rrmm.cohort import Cohort, build_cohort
from rrmm.combinations import Combination, is_combination, parse
from rrmm.endpoints import ENDPOINTS
from rrmm.picks import CONF_TYPES, Picks, column_code
from rrmm.subgroups import ALL_SUBGROUPS, LEVEL_NAMES, SUBGROUPS, column_choices

ROOT = Path(__file__).parent.parent.parent
SAMPLE = ROOT / "sample_data" / "cohort.xlsx"
HELD = "_held"
COMBINED = "combined"
"""Value of the comparison's chips that means "the features combined beside them"."""
OTHER_COLUMN = "column"
"""Value of the comparison's chips that means "the column chosen beside them"."""


@lru_cache(maxsize=1)
def sample() -> Cohort:
    """The fictitious cohort. Nobody's data, so all sessions may share it."""
    from rrmm.intake import load

    return build_cohort(load(SAMPLE.read_bytes(), SAMPLE.name), "Sample cohort", fictitious=True)


def _held() -> dict[str, Any]:
    """What this session holds beside its widgets. In the session's state, not in a cache: Streamlit empties the caches
    when the connection breaks for a moment, and the cohort on the wall would turn into the sample."""
    if HELD not in st.session_state:
        st.session_state[HELD] = {}
    found: dict[str, Any] = st.session_state[HELD]
    return found


def cohort() -> Cohort:
    """The cohort of this session: the user's own, or the sample until there is one."""
    own: Cohort | None = _held().get("cohort")
    return own if own is not None else sample()


def is_own() -> bool:
    """Whether the user has loaded a file."""
    return _held().get("cohort") is not None


def keep(own: Cohort) -> None:
    """Make this the session's cohort; the one before is freed now, since Streamlit is told not to collect."""
    _held()["cohort"] = own
    gc.collect()


def forget() -> None:
    """Back to the sample; the upload and everything computed from it is freed."""
    from rrmm.ui import cached

    _held().clear()
    cached.clear()
    gc.collect()


def hold(name: str, value: Any) -> None:
    """Keep something beside the cohort for this session (a file being mapped, a pinned comparison)."""
    _held()[name] = value


def held(name: str, default: Any = None) -> Any:
    """What :func:`hold` kept."""
    return _held().get(name, default)


def get(key: str, default: Any = None) -> Any:
    """The value of a widget, also when another page drew it; from the URL on a first visit."""
    if key in st.session_state and st.session_state[key] is not None:
        return st.session_state[key]
    return default


def put(key: str, value: Any) -> None:
    """Set a widget's value before it is drawn."""
    st.session_state[key] = value


def column_from_url(choices: dict[str, str]) -> str | None:
    """The column key that the URL's code stands for, if this cohort has it."""
    code = st.query_params.get("col")
    return next((key for key in choices if column_code(key) == code), None)


def column_to_url(key: str | None) -> None:
    """Keep the URL's code in step with the chosen column."""
    code = column_code(key) if key else None
    if st.query_params.get("col") != code:
        if code is None:
            del st.query_params["col"]
        else:
            st.query_params["col"] = code


def cuts() -> dict[str, float]:
    """The cut-offs in use, by subgroup key."""
    found = {}
    for key, entry in ALL_SUBGROUPS.items():
        if entry.cut is not None:
            try:
                found[key] = float(get("cut_" + key, st.query_params.get("cut_" + key, entry.cut.default)))
            except ValueError:
                found[key] = entry.cut.default
    return found


def picks(endpoint: str = "pfs", compare: str = "none") -> Picks:
    """Everything chosen, as one object. endpoint and compare come from the page's own controls."""
    chosen = tuple(LEVEL_NAMES[name] for name in get("only", []) if name in LEVEL_NAMES)
    interval = get("conf", CONF_TYPES[0])
    return Picks(endpoint=endpoint, compare=compare, cuts=tuple(cuts().items()), filters=chosen,
                 conf_type=interval if interval in CONF_TYPES else CONF_TYPES[0])


def chosen() -> Picks:
    """What the shared controls say now, the comparison included, wherever they were drawn."""
    own = cohort()
    compare = comparison(get("by", "none"), get("column_of_" + own.fingerprint), own)
    endpoint = get("endpoint", "pfs")
    return picks(endpoint if endpoint in ENDPOINTS else "pfs", compare)


def restore(chosen: Picks) -> None:
    """Set every shared control to these choices, for the pages drawn next."""
    names = {value: name for name, value in LEVEL_NAMES.items()}
    put("endpoint", chosen.endpoint)
    put("by", chosen.compare if chosen.compare in SUBGROUPS or chosen.compare == "none" else "none")
    put("only", [names[each] for each in chosen.filters if each in names])
    put("conf", chosen.conf_type)
    for key, value in chosen.cuts:
        put("cut_" + key, value)


def reset() -> None:
    """Every shared control back to where it stood at first."""
    restore(Picks(cuts=tuple((key, entry.cut.default) for key, entry in ALL_SUBGROUPS.items() if entry.cut)))
    put("forest_shows", "ratio")


def comparison(chip: str | None, column: str | None, of: Cohort) -> str:
    """The comparison's key from the chips and the column chooser; "none" where the cohort lacks it."""
    if chip == OTHER_COLUMN:
        return column if column in column_choices(of) else "none"
    if chip == COMBINED:
        parts = tuple(LEVEL_NAMES[name] for name in get("combine", []) if name in LEVEL_NAMES)
        return Combination("any" if get("how") == "any" else "all", parts).key if parts else "none"
    return chip if chip in SUBGROUPS else "none"


def looked_at(chosen: Picks) -> int:
    """Which comparison of this session this is, counted from 1; 0 where nothing is compared.

    The same groups of the same patients count once, whatever the interval and the cut-offs that play no part.
    """
    if chosen.compare == "none":
        return 0
    parts = parse(chosen.compare, ALL_SUBGROUPS).parts if is_combination(chosen.compare) else ((chosen.compare, 1),)
    used = {key for key, _ in (*chosen.filters, *parts)}
    same = chosen.but(cuts=tuple(cut for cut in chosen.cuts if cut[0] in used), conf_type=CONF_TYPES[0])
    seen: dict[tuple[str, str], int] = _held().setdefault("looked", {})
    return seen.setdefault((cohort().fingerprint, same.to_json()), len(seen) + 1)


def looked() -> int:
    """How many comparisons this session has looked at."""
    return len(_held().get("looked", ()))
