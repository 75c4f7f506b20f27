"""Uploads stay in memory, and leave it when their session has ended.

Streamlit 1.67 reads an upload with Starlette's form parser, which spools whatever is larger than 1 MB to a temporary
file. Its limit is a class attribute; above the largest upload that the server takes, nothing is ever spooled.

A tab that was closed could come back for two minutes (a network that failed). Then Streamlit forgets it, but only when
another session ends: on a quiet server the file, the choices and the links to tables and downloads would stay. So a
clock of ours asks it to forget. Streamlit has no public way to ask; where a later version looks different inside,
nothing is asked, and a test says so.
"""

from __future__ import annotations

import gc
import threading
import time
from functools import cache

import streamlit as st

MARGIN = 2
"""Megabytes that the parts around a file may take; Streamlit itself allows one."""
EVERY = 20.0
"""Seconds between two looks for ended sessions."""


def keep_uploads_in_memory() -> None:
    """Lift the limit. Called on every run of a page: no session can upload before it has run one."""
    from starlette.formparsers import MultiPartParser

    MultiPartParser.spool_max_size = (int(st.get_option("server.maxUploadSize")) + MARGIN) * 1024 * 1024


@cache
def forget_ended_sessions() -> None:
    """Start the clock, once a process; without a server (tests, a bare script) there is nothing to watch."""
    from streamlit import runtime

    if runtime.exists():
        threading.Thread(target=_watch, name="rrmm-ended-sessions", daemon=True).start()


def _watch() -> None:
    from streamlit import runtime

    while runtime.exists():
        time.sleep(EVERY)
        try:
            running = runtime.get_instance()
            stored = running._session_mgr._session_storage._cache  # type: ignore[attr-defined]
            loop = running._get_async_objs().eventloop
        except (AttributeError, RuntimeError):
            return
        loop.call_soon_threadsafe(_expire, stored)


def _expire(stored) -> None:  # type: ignore[no-untyped-def]
    """On the server's own thread: drop what is past its time, and free it now, since Streamlit is told not to."""
    if stored.expire():
        gc.collect()
