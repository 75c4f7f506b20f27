"""The smallest Streamlit app with one Altair chart, as Streamlit comes."""

import altair as alt
import pandas as pd
import streamlit as st

choice = st.pills("Compare", ["A", "B"], default="A", required=True)
steps = 123
frame = pd.DataFrame({"x": range(steps), "y": [1 - i / steps * (0.5 if choice == "A" else 0.9) for i in range(steps)]})
st.altair_chart(alt.Chart(frame).mark_line(interpolate="step-after").encode(x="x", y="y"))
