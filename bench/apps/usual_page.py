"""The Explore page as it is usually made: lifelines, Altair, a full rerun."""

import altair as alt
import pandas as pd
import streamlit as st
from lifelines import CoxPHFitter, KaplanMeierFitter
from lifelines.statistics import logrank_test

st.set_page_config(layout="wide")
FEATURES = {"A": "emd", "B": "idecel", "C": "penta_refractory", "D": "belantamab", "E": "high_risk_cyto",
            "F": "polychemo_2m", "G": "prior_bcma"}


@st.cache_data(scope="session")
def data() -> pd.DataFrame:
    return pd.read_csv("bench/bench_cohort.csv")


frame = data()
choice = st.pills("Compare", list(FEATURES), default="A", required=True)
column = FEATURES[choice or "A"]
known = frame.dropna(subset=[column])
left, right = st.columns([3, 2])
curves, bars = [], []
for level, part in known.groupby(column):
    fitted = KaplanMeierFitter().fit(part["time"], part["event"])
    curve = fitted.survival_function_.join(fitted.confidence_interval_)
    curve.columns = ["estimate", "low", "high"]
    curves.append(curve.reset_index(names="time").assign(group=str(level)))
    bars.append(part.groupby("best_response").size().rename("n").reset_index().assign(group=str(level)))
whole = pd.concat(curves)
base = alt.Chart(whole).encode(x="time", color="group")
left.altair_chart(base.mark_area(opacity=0.2, interpolate="step-after").encode(y="low", y2="high")
                  + base.mark_line(interpolate="step-after").encode(y="estimate"))
right.altair_chart(alt.Chart(pd.concat(bars)).mark_bar().encode(x="n", y="group", color="best_response"))
rows = []
for name in FEATURES.values():
    used = frame.dropna(subset=[name])[["time", "event", name]].astype(float)
    model = CoxPHFitter().fit(used, "time", "event")
    low, high = model.confidence_intervals_.iloc[0]
    rows.append({"name": name, "log_hr": model.params_.iloc[0], "low": low, "high": high})
forest = alt.Chart(pd.DataFrame(rows))
right.altair_chart(forest.mark_rule().encode(x="low", x2="high", y="name")
                   + forest.mark_square().encode(x="log_hr", y="name"))
groups = [part for _, part in known.groupby(column)]
test = logrank_test(groups[0]["time"], groups[1]["time"], groups[0]["event"], groups[1]["event"])
st.metric("log-rank p", f"{test.p_value:.4f}")
