"""Words on the screen: notices, remarks, and text from a file made harmless."""

from __future__ import annotations

import re
from collections.abc import Iterable

import streamlit as st

from rrmm.results import Remark

_JOINER = "\u2060"
_ADDRESS = re.compile(r"(https?:)(?=//)|(\bwww)(?=\.)|(\w)(?=@)", re.IGNORECASE)
"""What the browser's Markdown turns into a link after the escapes have gone."""
_MARKUP = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|$:~^&=])")


def plain(text: object) -> str:
    """Text from a file as Markdown that shows exactly these characters: no markup, LaTeX, colour or link.

    In web and mail addresses an invisible character (word joiner) keeps the browser from making a link of them.
    """
    return _MARKUP.sub(r"\\\1", _ADDRESS.sub(lambda found: found[0] + _JOINER, " ".join(str(text).split())))


def remarks(found: Iterable[Remark]) -> None:
    """Caveats beside the numbers, in one block."""
    lines = [plain(each.text) for each in found]
    if lines:
        st.caption(":material/info: " + "  ·  ".join(lines))


def needs(what: str, words: str) -> None:
    """A part of a page that this cohort can't fill: what is missing, and what it would need."""
    st.info(f"{plain(what)} can’t be shown for this cohort. It needs {plain(words)}.", icon=":material/table_chart:")
