"""What a session has computed. Keyed by the cohort's fingerprint and the choices, never by a frame.

Every cache here is session-scoped: Streamlit's default is shared by all users of a server, and these are
patients. The cohort is read inside, so that no cache outlives the session that holds it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import streamlit as st

from rrmm.analyses.baseline import Baseline, baseline
from rrmm.analyses.compare_published import Measure, compare_published
from rrmm.analyses.eligibility import Eligibility, eligibility
from rrmm.analyses.explore import Explore, Forest, eligible, explore, forest
from rrmm.analyses.flow import Flow, flow
from rrmm.analyses.incidence import Curves
from rrmm.analyses.landmark import Landmark, landmark_of
from rrmm.analyses.maic_trial import Adjusted, Choice, adjusted, choices
from rrmm.analyses.missingness import Missingness, missingness
from rrmm.analyses.overlap import Overlap, overlap
from rrmm.analyses.print_check import Finding
from rrmm.analyses.progression import progression_curves
from rrmm.analyses.proportions import Method
from rrmm.analyses.response import DEPTHS, Convention, GroupResponse, depth_codes
from rrmm.analyses.response_odds import Odds, response_odds, subgroup_blocks
from rrmm.analyses.response_times import ResponseTimes, response_times
from rrmm.analyses.safety import Safety, safety
from rrmm.analyses.similar import Similar, similar
from rrmm.analyses.time_dependent import TimeDependent, time_dependent_of
from rrmm.cohort import Cohort
from rrmm.endpoints import ENDPOINTS
from rrmm.picks import Picks, population
from rrmm.published import cohorts
from rrmm.results import Result
from rrmm.ui import state

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rrmm.analyses.risk_model import RiskModel

ENTRIES = 32


@st.cache_resource(scope="session", max_entries=ENTRIES, show_spinner=False)
def _forest(fingerprint: str, picks: str) -> Forest:
    return forest(state.cohort(), Picks.from_json(picks))


@st.cache_resource(scope="session", max_entries=ENTRIES, show_spinner=False)
def _explored(fingerprint: str, picks: str, convention: Convention) -> Explore:
    chosen = Picks.from_json(picks)
    return explore(state.cohort(), chosen, convention, _forest(fingerprint, chosen.but(compare="none").to_json()))


def explored(picks: Picks, convention: Convention) -> Explore:
    """The whole Explore screen for these choices."""
    return _explored(state.cohort().fingerprint, picks.to_json(), convention)


@st.cache_resource(scope="session", max_entries=ENTRIES, show_spinner=False)
def _patients(fingerprint: str, picks: str, p_values: bool,
              interval: Method) -> tuple[Baseline, Eligibility, Missingness, Flow]:
    cohort, chosen = state.cohort(), Picks.from_json(picks)
    inside = population(cohort, chosen).mask
    return (baseline(cohort, chosen, p_values=p_values, interval=interval), eligibility(cohort, inside, interval),
            missingness(cohort, inside), flow(cohort, chosen))


def patients(picks: Picks, p_values: bool, interval: Method) -> tuple[Baseline, Eligibility, Missingness, Flow]:
    """Table 1, trial criteria, what is missing and the flow of the Baseline page."""
    return _patients(state.cohort().fingerprint, picks.to_json(), p_values, interval)


@st.cache_resource(scope="session", max_entries=ENTRIES, show_spinner=False)
def _overlapping(fingerprint: str, picks: str, keys: tuple[str, ...]) -> Overlap:
    chosen = Picks.from_json(picks)
    return overlap(state.cohort(), chosen, keys, population(state.cohort(), chosen).mask)


def overlapping(picks: Picks, keys: tuple[str, ...]) -> Overlap:
    """Overlap of the chosen risk features."""
    return _overlapping(state.cohort().fingerprint, picks.to_json(), keys)


@st.cache_resource(scope="session", max_entries=ENTRIES, show_spinner=False)
def _depth(fingerprint: str, picks: str,
           convention: Convention) -> tuple[ResponseTimes, tuple[tuple[GroupResponse, ...], ...]]:
    cohort, chosen = state.cohort(), Picks.from_json(picks)
    return response_times(cohort, chosen), subgroup_blocks(cohort, chosen, convention)


def depth(picks: Picks, convention: Convention) -> tuple[ResponseTimes, tuple[tuple[GroupResponse, ...], ...]]:
    """Times to response, and response by every subgroup."""
    return _depth(state.cohort().fingerprint, picks.to_json(), convention)


@st.cache_resource(scope="session", max_entries=ENTRIES, show_spinner=False)
def _odds(fingerprint: str, picks: str, convention: Convention, method: str) -> tuple[Odds, ...]:
    return response_odds(state.cohort(), Picks.from_json(picks), convention, method)


def odds(picks: Picks, convention: Convention, method: str) -> tuple[Odds, ...]:
    """Table 3."""
    return _odds(state.cohort().fingerprint, picks.but(compare="none").to_json(), convention, method)


@st.cache_resource(scope="session", max_entries=ENTRIES, show_spinner=False)
def _safe(fingerprint: str, picks: str, interval: Method) -> Safety:
    return safety(state.cohort(), Picks.from_json(picks), interval)


def safe(picks: Picks, interval: Method) -> Safety:
    """Everything of the Safety page."""
    return _safe(state.cohort().fingerprint, picks.to_json(), interval)


@st.cache_resource(scope="session", max_entries=ENTRIES, show_spinner=False)
def _compared(fingerprint: str, picks: str, convention: Convention, published: tuple[str, ...]) -> tuple[Measure, ...]:
    return compare_published(state.cohort(), Picks.from_json(picks), convention, [cohorts()[key] for key in published])


def compared(picks: Picks, convention: Convention, published: tuple[str, ...]) -> tuple[Measure, ...]:
    """This cohort beside the published ones with these ids."""
    return _compared(state.cohort().fingerprint, picks.to_json(), convention, published)


@st.cache_resource(scope="session", max_entries=ENTRIES, show_spinner=False)
def _matchable(fingerprint: str, picks: str, trial: str) -> tuple[Choice, ...]:
    return choices(state.cohort(), Picks.from_json(picks), cohorts()[trial])


def matchable(picks: Picks, trial: str) -> tuple[Choice, ...]:
    """Characteristics on which this cohort can be weighted to the trial."""
    return _matchable(state.cohort().fingerprint, picks.to_json(), trial)


@st.cache_resource(scope="session", max_entries=ENTRIES, show_spinner=False)
def _weighted(fingerprint: str, picks: str, convention: Convention, trial: str, keys: tuple[str, ...]) -> Adjusted:
    return adjusted(state.cohort(), Picks.from_json(picks), convention, cohorts()[trial], keys)


def weighted(picks: Picks, convention: Convention, trial: str, keys: tuple[str, ...]) -> Adjusted:
    """This cohort weighted to the trial's baseline by these characteristics."""
    return _weighted(state.cohort().fingerprint, picks.to_json(), convention, trial, keys)


@st.cache_resource(scope="session", max_entries=1, show_spinner=False)
def _recomputed(fingerprint: str) -> pd.DataFrame:
    from rrmm.analyses.recompute import recompute

    return recompute(state.sample())


def recomputed() -> tuple[Cohort, pd.DataFrame]:
    """The sample cohort, and every printed value of the paper beside what it gives."""
    return state.sample(), _recomputed(state.sample().fingerprint)


@st.cache_resource(scope="session", max_entries=1, show_spinner=False)
def paper_findings() -> tuple[Finding, ...]:
    """What the print check finds in the paper."""
    from rrmm.analyses.print_check import check
    from rrmm.published.rows import paper_rows

    return check(paper_rows())


@st.cache_resource(scope="session", max_entries=ENTRIES, show_spinner=False)
def _similar(fingerprint: str, picks: str, features: tuple[tuple[str, int], ...]) -> Similar:
    cohort, chosen = state.cohort(), Picks.from_json(picks)
    return similar(cohort, features, chosen.cut_of, population(cohort, chosen).mask)


def alike(picks: Picks, features: tuple[tuple[str, int], ...]) -> Similar:
    """Patients of the population who share these features."""
    return _similar(state.cohort().fingerprint, picks.to_json(), features)


@st.cache_resource(scope="session", max_entries=ENTRIES, show_spinner=False)
def _later(fingerprint: str, picks: str, outcome: str, months: float) -> tuple[Landmark, TimeDependent]:
    cohort, chosen = state.cohort(), Picks.from_json(picks)
    inside = population(cohort, chosen).mask & eligible(cohort, ENDPOINTS[chosen.endpoint])
    return (landmark_of(cohort, chosen.endpoint, outcome, months, conf_type=chosen.conf_type, about=inside),  # type: ignore[arg-type]
            time_dependent_of(cohort, chosen.endpoint, outcome, about=inside))


def later(picks: Picks, outcome: str, months: float) -> tuple[Landmark, TimeDependent]:
    """Landmark analysis and time-dependent Cox model by an outcome known only after the start of treatment."""
    return _later(state.cohort().fingerprint, picks.but(compare="none").to_json(), outcome, months)


def _inside(picks: str, options: Mapping[str, Any]) -> NDArray[np.bool_]:
    """Who the Factors page looks at: the filters, and its own restriction."""
    chosen = Picks.from_json(picks)
    if options["restrict"]:
        chosen = chosen.but(filters=(*chosen.filters, tuple(options["restrict"])))
    inside = population(state.cohort(), chosen).mask
    if options["evaluable"]:
        inside = inside & (depth_codes(state.cohort()) != DEPTHS.index("NE"))
    return inside


@st.cache_resource(scope="session", max_entries=ENTRIES, show_spinner=False)
def _factors(fingerprint: str, picks: str, options: str, convention: Convention) -> Result:
    from rrmm.analyses.factors import survival_factors
    from rrmm.analyses.factors_response import response_factors

    chosen = json.loads(options)
    inside = _inside(picks, chosen)
    shared = {"cuts": chosen["cuts"], "population": inside, "adjusted": chosen["adjusted"],
              "same_n": chosen["same_n"], "firth": chosen["firth"]}
    if chosen["endpoint"] == "response":
        return response_factors(state.cohort(), chosen["covariates"], convention=convention,
                                interval=chosen["odds_interval"], **shared)
    return survival_factors(state.cohort(), chosen["endpoint"], chosen["covariates"], ties=chosen["ties"],
                            interval=chosen["interval"], **shared)


def factors(picks: Picks, options: str, convention: Convention) -> Result:
    """The table of factors. options: JSON of :class:`rrmm.ui.factors.Choice`."""
    return _factors(state.cohort().fingerprint, picks.to_json(), options, convention)


@st.cache_resource(scope="session", max_entries=ENTRIES, show_spinner=False)
def _pairs(fingerprint: str, picks: str, options: str) -> Result:
    from rrmm.analyses.factor_views import interactions

    chosen = json.loads(options)
    inside = _inside(picks, chosen)
    return interactions(state.cohort(), chosen["endpoint"], chosen["adjusted"], cuts=chosen["cuts"],
                        population=inside, ties=chosen["ties"])


def pairs(picks: Picks, options: str) -> Result:
    """Interactions of the multivariable covariates."""
    return _pairs(state.cohort().fingerprint, picks.to_json(), options)


@st.cache_resource(scope="session", max_entries=ENTRIES, show_spinner=False)
def _shape(fingerprint: str, picks: str, options: str, name: str, adjust: bool) -> Result:
    from rrmm.analyses.factor_views import shape_of

    chosen = json.loads(options)
    inside = _inside(picks, chosen)
    return shape_of(state.cohort(), chosen["endpoint"], name, adjust=chosen["adjusted"] if adjust else (),
                    cuts=chosen["cuts"], population=inside, ties=chosen["ties"])


def shape(picks: Picks, options: str, name: str, adjust: bool) -> Result:
    """The functional form of a number."""
    return _shape(state.cohort().fingerprint, picks.to_json(), options, name, adjust)


@st.cache_resource(scope="session", max_entries=ENTRIES, show_spinner=False)
def _strip(fingerprint: str, picks: str, options: str, name: str, endpoint: str, convention: Convention) -> Result:
    from rrmm.analyses.cutoffs import cohort_cutoffs

    inside = _inside(picks, json.loads(options))
    return cohort_cutoffs(state.cohort(), name, endpoint, population=inside, convention=convention)


def strip(picks: Picks, options: str, name: str, endpoint: str, convention: Convention) -> Result:
    """Every cut-off of a number. endpoint: key of ENDPOINTS or "orr"."""
    return _strip(state.cohort().fingerprint, picks.to_json(), options, name, endpoint, convention)


@st.cache_resource(scope="session", max_entries=3, show_spinner=False)
def _risk(fingerprint: str, picks: str, options: str, kind: str, anyway: bool) -> RiskModel:
    from rrmm.analyses.risk_model import cohort_risk_model

    chosen = json.loads(options)
    inside = _inside(picks, chosen)
    return cohort_risk_model(state.cohort(), chosen["endpoint"], chosen["adjusted"], cuts=chosen["cuts"],
                             population=inside, kind=kind, anyway=anyway)


def risk(picks: Picks, options: str, kind: str, anyway: bool) -> RiskModel:
    """The risk model; takes seconds the first time."""
    return _risk(state.cohort().fingerprint, picks.to_json(), options, kind, anyway)


@st.cache_resource(scope="session", max_entries=ENTRIES, show_spinner=False)
def _progressing(fingerprint: str, picks: str) -> Curves | None:
    return progression_curves(state.cohort(), Picks.from_json(picks))


def progressing(picks: Picks) -> Curves | None:
    """Progression by group, with death before it competing; None without PFS."""
    return _progressing(state.cohort().fingerprint, picks.but(endpoint="pfs").to_json())


def clear() -> None:
    """Forget everything computed in this session."""
    for each in (_factors, _pairs, _shape, _strip, _risk, _later,
                 _explored, _forest, _patients, _overlapping, _depth, _odds, _safe, _compared, _matchable, _weighted,
                 _similar, _progressing):
        each.clear()
