"""Starts the app as `streamlit` does, and tells on SIGUSR1 what is alive in the process. For tests only."""

from __future__ import annotations

import gc
import json
import signal
import sys

from streamlit.web import cli


def alive(*_: object) -> None:
    """One line of JSON: cohorts of users, sessions, bytes of uploads, downloads and tables kept for a browser."""
    from streamlit import runtime
    from streamlit.runtime.app_session import AppSession

    from rrmm.cohort import Cohort

    gc.collect()
    things = gc.get_objects()
    running = runtime.get_instance()
    print(json.dumps({
        "cohorts": sum(isinstance(each, Cohort) and not each.fictitious for each in things),
        "sessions": sum(isinstance(each, AppSession) for each in things),
        "upload_bytes": sum(len(file.data) for files in running.uploaded_file_mgr.file_storage.values()
                            for file in files.values()),
        "media": len(running.media_file_mgr._file_metadata),
    }), flush=True)


if __name__ == "__main__":
    from rrmm.ui import in_memory

    in_memory.EVERY = 0.5
    signal.signal(signal.SIGUSR1, alive)
    sys.exit(cli.main())
