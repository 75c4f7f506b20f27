"""Uploads stay in memory.

Streamlit 1.67 reads an upload with Starlette's form parser, which spools whatever is larger than 1 MB to a temporary
file. Its limit is a class attribute; above the largest upload that the server takes, nothing is ever spooled.
"""

from __future__ import annotations

import streamlit as st

MARGIN = 2
"""Megabytes that the parts around a file may take; Streamlit itself allows one."""


def keep_uploads_in_memory() -> None:
    """Lift the limit. Called on every run of a page: no session can upload before it has run one."""
    from starlette.formparsers import MultiPartParser

    MultiPartParser.spool_max_size = (int(st.get_option("server.maxUploadSize")) + MARGIN) * 1024 * 1024
