"""The smallest Streamlit app: one text in a fragment (started with the collection after each run off)."""

import streamlit as st


@st.fragment
def text() -> None:
    choice = st.pills("Compare", ["A", "B"], default="A", required=True)
    st.markdown(f"chosen {choice}")


text()
