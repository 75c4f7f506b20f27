"""Click to picture, in real Chromium: from the click until the last change in any picture of the page.

Measured inside the page: a MutationObserver on the pictures remembers the time of the last change; the page is
settled when nothing has changed for QUIET milliseconds. The apps are clicked in turn, so that a slow moment of the
machine hits all of them.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
QUIET = 350
MEASURE = """async ([watch, name, quiet]) => {
  const buttons = [...document.querySelectorAll('button')].filter(b => b.textContent.trim() === name);
  const targets = [...document.querySelectorAll(watch)];
  let last = 0;
  const seen = new MutationObserver(() => { last = performance.now(); });
  const all = {subtree: true, childList: true, attributes: true, characterData: true};
  for (const target of targets) seen.observe(target, all);
  const start = performance.now();
  buttons[0].click();
  while (last === 0 || performance.now() - last < quiet) {
    if (performance.now() - start > 15000) return null;
    await new Promise(done => setTimeout(done, 20));
  }
  seen.disconnect();
  return last - start;
}"""
CHART = '[data-testid="stVegaLiteChart"]'


@dataclass
class App:
    """One app under measurement. clicks: names of the buttons clicked in turn."""

    name: str
    script: str
    path: str
    watch: str
    clicks: list[str]
    flags: list[str] = field(default_factory=list)
    port: int = 0
    process: Any = None
    page: Any = None
    times: list[float] = field(default_factory=list)
    turn: int = 0

    def start(self, port: int) -> None:
        self.port = port
        self.process = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", self.script, "--server.headless", "true", "--server.address",
             "127.0.0.1", "--server.port", str(port), "--server.fileWatcherType", "none", *self.flags],
            cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, "PYTHONPATH": str(ROOT)})
        for _ in range(300):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=1)
                return
            except OSError:
                time.sleep(0.1)

    def open(self, browser: Any) -> None:
        self.page = browser.new_page(viewport={"width": 1920, "height": 1080})
        self.page.goto(f"http://127.0.0.1:{self.port}/{self.path}")
        self.page.wait_for_selector(self.watch, timeout=60_000)
        self.page.wait_for_timeout(2500)

    def click(self, keep: bool) -> None:
        name = self.clicks[self.turn % len(self.clicks)]
        self.turn += 1
        took = self.page.evaluate(MEASURE, [self.watch, name, QUIET])
        if took is None:
            raise RuntimeError(f"{self.name}: nothing changed after a click on {name}")
        if keep:
            self.times.append(took)


DEFAULT = ["--runner.postScriptGC", "true"]
EXPLORE = ["EMD", "ISS 3", "Ide-cel", "Bone marrow", "Belantamab", "Prior BCMA", "Cytogenetics", "Penta-refractory"]


def apps() -> list[App]:
    """What is measured, ours first."""
    return [
        App("Explore, comparison changed", "app.py", "explore", CHART, EXPLORE),
        App("Explore, endpoint changed", "app.py", "explore?by=EMD", CHART, ["OS", "DOR", "PFS"]),
        App("(a) one text in a fragment, collection off", "bench/apps/floor.py", "", '[data-testid="stMarkdown"]',
            ["B", "A"]),
        App("(b) one Altair chart, as Streamlit comes", "bench/apps/one_chart.py", "", CHART, ["B", "A"], DEFAULT),
        App("(c) the page with lifelines, Altair, full rerun", "bench/apps/usual_page.py", "", CHART,
            ["B", "C", "D", "E", "F", "G", "A"], DEFAULT),
    ]


def bench_cohort(path: Path) -> None:
    """The sample as a plain table for (c), so that it does not pay for reading Excel."""
    from rrmm.ui.state import sample

    frame = sample().frame
    flags = ["emd", "idecel", "penta_refractory", "belantamab", "high_risk_cyto", "polychemo_2m", "prior_bcma"]
    table = frame[flags].astype("Float64")
    table["time"], table["event"] = frame["pfs_days"], frame["pfs_event"].astype("Float64")
    table["best_response"] = frame["best_response"]
    table.to_csv(path, index=False)


def run(rounds: int, executable: str) -> dict[str, dict[str, float]]:
    """Median and 90th percentile of each app in ms, and how many clicks it is from."""
    from playwright.sync_api import sync_playwright

    plain = ROOT / "bench" / "bench_cohort.csv"
    bench_cohort(plain)
    found = apps()
    try:
        for at, app in enumerate(found):
            app.start(8710 + at)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=executable, args=[
                "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"])
            for app in found:
                app.open(browser)
            for at in range(rounds + 2):
                for app in found:
                    app.page.bring_to_front()
                    app.click(keep=at >= 2)
            browser.close()
    finally:
        plain.unlink(missing_ok=True)
        for app in found:
            if app.process is not None:
                app.process.terminate()
                app.process.wait(timeout=20)
    return {app.name: {"median_ms": statistics.median(app.times), "clicks": len(app.times),
                       "p90_ms": sorted(app.times)[int(0.9 * len(app.times))]} for app in found}
