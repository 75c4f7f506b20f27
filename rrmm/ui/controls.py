"""The controls that pages share. Each remembers its value across pages and stands in the URL.

A URL carries what the user chose in words of the registries; headers and levels of an upload never enter it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from rrmm.analyses.explore import RATE_MONTH
from rrmm.analyses.response import Convention
from rrmm.analyses.swimmer import ORDERS
from rrmm.cohort import Cohort
from rrmm.combinations import is_combination
from rrmm.endpoints import ENDPOINTS
from rrmm.picks import CONF_TYPES, Picks
from rrmm.subgroups import ALL_SUBGROUPS, LEVEL_NAMES, SUBGROUPS, column_choices, has_data
from rrmm.ui import state
from rrmm.ui.notices import plain

REMEMBERED: dict[str, Any] = {"bind": "query-params", "persist_state": "session"}


FOREST_KINDS = {"ratio": "Hazard ratios", "rate": f"Survival at {RATE_MONTH} months"}


def available(cohort: Cohort) -> list[str]:
    """Presets that this cohort has data for."""
    return [key for key, entry in SUBGROUPS.items() if cohort.has(entry.source)]


def endpoint(cohort: Cohort) -> str:
    """PFS, OS or DOR; those the cohort has times for."""
    have = [key for key, entry in ENDPOINTS.items() if cohort.has(entry.time) and cohort.has(entry.event)]
    if not have:
        return "pfs"
    return str(st.segmented_control("Endpoint", have, default=have[0], required=True, key="endpoint",
                                    format_func=lambda key: ENDPOINTS[key].label, **REMEMBERED))  # type: ignore[call-overload]


def compare(cohort: Cohort, label: str = "Compare by") -> str:
    """The comparison: everybody, a preset, or any other column of the upload."""
    columns = column_choices(cohort)
    have = available(cohort)
    options = ["none", *have, *([state.COMBINED] if len(have) > 1 else []), *([state.OTHER_COLUMN] if columns else [])]
    chip = st.pills(label, options, default="none", required=True, key="by", wrap=True, format_func=_chip,
                    **REMEMBERED)  # type: ignore[call-overload]
    chosen = None
    if chip == state.COMBINED:
        _combine(have)
    if chip == state.OTHER_COLUMN:
        linked = state.column_from_url(columns)
        keys = list(columns)
        chosen = st.selectbox("Column", keys, index=keys.index(linked) if linked else 0, format_func=columns.__getitem__,
                              key="column_of_" + cohort.fingerprint, label_visibility="collapsed", width=320,
                              persist_state="session")
    state.column_to_url(chosen)
    return state.comparison(chip, chosen, cohort)


def _combine(have: list[str]) -> None:
    """Features that make one group together, against everybody else: "EMD and/or ISS III"."""
    st.multiselect("Features", [name for name, (key, _) in LEVEL_NAMES.items() if key in have], key="combine", width=420,
                   placeholder="Choose two or more", label_visibility="collapsed", **REMEMBERED)  # type: ignore[call-overload]
    st.segmented_control("Joined by", ["all", "any"], default="all", required=True, key="how",
                         label_visibility="collapsed", **REMEMBERED)  # type: ignore[call-overload]


def _chip(key: str) -> str:
    if key == "none":
        return "All patients"
    if key == state.COMBINED:
        return "Combined"
    return "Other column" if key == state.OTHER_COLUMN else SUBGROUPS[key].chip


def forest_kind() -> str:
    """What the forest shows: "ratio" or "rate"."""
    return str(st.segmented_control("Forest shows", ["ratio", "rate"], default="ratio", required=True, key="forest_shows",
                                    label_visibility="collapsed", format_func=FOREST_KINDS.__getitem__,
                                    **REMEMBERED))  # type: ignore[call-overload]


def cut_offs(cohort: Cohort, columns: Sequence[DeltaGenerator]) -> None:
    """A slider for each preset that cuts a number, one in each column."""
    entries = [entry for key, entry in SUBGROUPS.items() if entry.cut is not None and cohort.has(entry.source)]
    for column, entry in zip(columns, entries, strict=False):
        cut = entry.cut
        assert cut is not None
        column.slider(f"{entry.chip} cut-off ({cut.unit})", float(cut.low), float(cut.high), float(cut.default),
                      float(cut.step), format="%g", key="cut_" + entry.key, **REMEMBERED)  # type: ignore[call-overload]


FEATURE_NAMES = {"flag": ("No", "Yes"), "cut": ("< cut-off", "≥ cut-off")}
"""Levels of a feature beside its label; other kinds use the names of the registry."""


def features(cohort: Cohort) -> tuple[tuple[str, int], ...]:
    """What the patient in front of the board has: (subgroup key, level) of each feature that was set."""
    found = []
    for key, entry in ALL_SUBGROUPS.items():
        if entry.kind == "criteria" or not has_data(cohort, key):
            continue
        names = FEATURE_NAMES.get(entry.kind, (entry.no, entry.yes))
        chosen = st.segmented_control(entry.label, names, key="has_" + key, width="stretch",
                                      **REMEMBERED)  # type: ignore[call-overload]
        if chosen is None:
            continue
        found.append((key, names.index(chosen)))
        if entry.cut is not None:
            cut = entry.cut
            st.slider(f"{entry.chip} cut-off ({cut.unit})", float(cut.low), float(cut.high), float(cut.default),
                      float(cut.step), format="%g", key="cut_" + key, **REMEMBERED)  # type: ignore[call-overload]
    return tuple(found)


def lane_order() -> str:
    """How the swimmer plot is sorted."""
    return str(st.selectbox("Sorted by", list(ORDERS), format_func=ORDERS.__getitem__, key="lanes", width=260,
                            **REMEMBERED))  # type: ignore[call-overload]


def filters(cohort: Cohort) -> None:
    """Population filters: within one feature any of the chosen levels, between features all of them."""
    have = {key for key in ALL_SUBGROUPS if has_data(cohort, key)}
    options = [name for name, (key, _) in LEVEL_NAMES.items() if key in have]
    st.multiselect("Only patients with", options, key="only", placeholder="Everybody",
                   help="Two features: patients who have both. Patients in whom a feature is unknown are left out, "
                        "and counted.", **REMEMBERED)  # type: ignore[call-overload]


def settings() -> None:
    """Statistical settings, the same on every page."""
    with st.popover("Settings", icon=":material/tune:", width="stretch"):
        st.selectbox("Interval of the survival curve", CONF_TYPES, key="conf", **REMEMBERED)  # type: ignore[call-overload]
        st.toggle("Not evaluable counts in the response rate", True, key="ne", **REMEMBERED)  # type: ignore[call-overload]
        st.toggle("nCR counts as CR", True, key="ncr", **REMEMBERED)  # type: ignore[call-overload]
        st.selectbox("Interval of a proportion", ("clopper-pearson", "wilson"), key="prop",
                     format_func=lambda name: name.title(), **REMEMBERED)  # type: ignore[call-overload]


def convention() -> Convention:
    """How response is counted, from the settings."""
    return Convention(bool(state.get("ne", True)), bool(state.get("ncr", True)), state.get("prop", "clopper-pearson"))


def live(cohort: Cohort, picks: Picks, key: str) -> Picks:
    """The view's own choices, changed while it is shown: endpoint and comparison."""
    with st.container(key="stage_live", horizontal=True, gap="small"):
        endpoint = st.segmented_control("Endpoint", list(ENDPOINTS), default=picks.endpoint, required=True, key=key + "_end",
                                        format_func=lambda each: ENDPOINTS[each].label, label_visibility="collapsed")
        options = ["none", *available(cohort)]
        known = picks.compare if picks.compare in options else None
        by = st.pills("Compare by", options, default=known, key=key + "_by", format_func=_chip,
                      label_visibility="collapsed")
    return picks.but(endpoint=endpoint, compare=by or picks.compare)


def saved_session(cohort: Cohort) -> None:
    """Choices and collection of an earlier session, from its small file."""
    from rrmm.report import session

    file = st.file_uploader("Open a saved session (JSON)", type=["json"], key="session_file")
    if file is None or state.held("session_seen") == file.file_id:
        return
    state.hold("session_seen", file.file_id)
    try:
        found = session.from_json(file.getvalue())
    except ValueError as reason:
        st.error(plain(str(reason)))
        return
    columns = column_choices(cohort)
    usable = [item for item in found.collection if item[0].compare in ALL_SUBGROUPS or item[0].compare == "none"
              or item[0].compare in columns or is_combination(item[0].compare)]
    state.hold("collection", usable)
    if len(usable) < len(found.collection):
        st.warning(f"{len(found.collection) - len(usable)} views compare by a column that this cohort does not have; left out.")
    state.restore(found.picks)
    st.rerun()
