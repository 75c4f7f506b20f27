"""Starts the app on a free port, asks for its health and its page, stops it; then opens every page without a server."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WAIT = 120.0


def serve() -> None:
    """The running server answers, and ends within a few seconds of being asked to."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    process = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless", "true", "--server.address", "127.0.0.1",
         "--server.port", str(port), "--server.fileWatcherType", "none"],
        cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until = time.monotonic() + WAIT
        while True:
            try:
                with urllib.request.urlopen(f"{url}/_stcore/health", timeout=2) as answer:
                    assert answer.read() == b"ok"
                break
            except OSError:
                if time.monotonic() > until or process.poll() is not None:
                    raise SystemExit("the server did not start") from None
                time.sleep(0.2)
        with urllib.request.urlopen(url, timeout=5) as answer:
            assert b"<html" in answer.read()
    finally:
        process.terminate()
        process.wait(timeout=20)


def pages() -> None:
    """Every page runs to its end."""
    from streamlit.testing.v1 import AppTest

    sys.path.insert(0, str(ROOT))
    from rrmm.ui.frame import PAGES

    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=WAIT).run()
    for page in PAGES:
        if page.file != "app.py":
            app.switch_page(page.file).run()
        if app.exception or app.title[0].value != page.title:
            raise SystemExit(f"{page.title} does not open")


if __name__ == "__main__":
    os.chdir(ROOT)
    serve()
    pages()
