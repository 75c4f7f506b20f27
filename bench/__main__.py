"""`python -m bench`: print the table and write bench/results.json."""

from __future__ import annotations

import argparse
import json
import platform
import shutil
from pathlib import Path

from bench import big, click

GOALS = {"(a)": 3.0, "(b)": 0.7, "(c)": 0.25}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=16)
    rounds = parser.parse_args().rounds
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if browser is None:
        raise SystemExit("The benchmark needs Chromium.")
    found = click.run(rounds, browser)
    results: dict[str, object] = {"machine": {"python": platform.python_version(), "system": platform.system()},
                                  "click_to_picture": found}
    print(f"{'click to picture':<52}{'median':>10}{'p90':>10}")
    for name, row in found.items():
        print(f"{name:<52}{row['median_ms']:>8.0f}ms{row['p90_ms']:>8.0f}ms")
    ours = found["Explore, comparison changed"]["median_ms"]
    ratios = {}
    for name, row in found.items():
        if name[:3] in GOALS:
            ratios[name] = ours / row["median_ms"]
            goal = GOALS[name[:3]]
            print(f"Explore against {name}: {ratios[name]:.2f} (goal at most {goal:g}: "
                  f"{'met' if ratios[name] <= goal else 'NOT met'})")
    results["ratios"] = ratios
    results["large"] = large = big.run()
    print(f"\n{'patients':>10}{'reading':>12}{'first view':>12}{'all of Explore':>16}{'comparison':>12}{'lifelines*':>12}")
    for each in large:
        print(f"{each['patients']:>10,}{each['reading_ms']:>10,.0f}ms{each['first_ms']:>10,.1f}ms{each['explore_ms']:>14,.1f}ms"
              f"{each['comparison_ms']:>10,.1f}ms{each['lifelines_one_comparison_ms']:>10,.0f}ms")
    print("* one curve by group, log-rank and one Cox model, of the page's eleven")
    Path(__file__).with_name("results.json").write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
