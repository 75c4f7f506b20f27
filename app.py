"""Cohort: load a file, see what was read, and the cohort at a glance as in the paper's Figure 1.

In front of it: a clinician with a spreadsheet and ten minutes. They want to know: was my file understood, how many
patients, how did they do? Next they correct what was not understood, or go on to Explore.
"""

import streamlit as st

from rrmm.endpoints import ENDPOINTS
from rrmm.report import sentences
from rrmm.ui import cached, charts, controls, notices, state, upload
from rrmm.ui.frame import footer, frame

HEIGHT = 400

cohort = frame("Cohort")
upload.loader()
cohort = state.cohort()
views = {key: cached.explored(state.picks(key), controls.convention()) for key in ENDPOINTS}
for column, (label, value, detail) in zip(st.columns(5), sentences.glance(views), strict=True):
    column.metric(label, value)
    column.caption(notices.plain(detail))
if views["pfs"].response.groups[0].orr.n:
    charts.response(views["pfs"], 176, key="glance_response")
for column, (key, view) in zip(st.columns(3), views.items(), strict=True):
    with column:
        if view.compared:
            charts.survival(view, footer(cohort), HEIGHT, key="glance_" + key)
        else:
            notices.needs(view.endpoint.long_label, view.endpoint.needs)
upload.what_was_read(cohort)
