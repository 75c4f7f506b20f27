"""Draws docs/architecture.svg from the imports: which part of rrmm uses which.

    python docs/architecture.py
"""

from __future__ import annotations

import ast
from html import escape
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LAYERS = (("pages",), ("ui", "commands"), ("charts", "report"), ("analyses", "published"), ("cohort",), ("intake", "registries"))
"""From top to bottom; an arrow goes down to what is used."""
SAYS = {
    "pages": "app.py, pages/: one page each", "ui": "rrmm/ui: Streamlit, state, caches, guard",
    "commands": "rrmm/commands: without a browser", "charts": "rrmm/charts: Vega-Lite specs and data",
    "report": "rrmm/report: slides, documents, code", "analyses": "rrmm/analyses: one file a method",
    "published": "rrmm/published: published cohorts", "cohort": "cohort, derive, picks, results",
    "intake": "rrmm/intake: file to checked rows", "registries": "schema, endpoints, subgroups",
}
ALONE = {"schema": "registries", "endpoints": "registries", "subgroups": "registries", "combinations": "registries"}
WIDE, TALL, GAP, BETWEEN = 300, 44, 40, 46


def part_of(module: str) -> str:
    """The part that a module of rrmm belongs to."""
    names = module.split(".")
    if names[0] != "rrmm" or len(names) < 2:
        return ""
    return names[1] if names[1] in SAYS and names[1] != "cohort" else ALONE.get(names[1], "cohort")


def uses() -> dict[tuple[str, str], int]:
    """(part, part it uses) -> in how many files."""
    found: dict[tuple[str, str], set[Path]] = {}
    for path in [ROOT / "app.py", *(ROOT / "pages").glob("*.py"), *(ROOT / "rrmm").rglob("*.py")]:
        inside = path.relative_to(ROOT)
        own = "pages" if inside.parts[0] != "rrmm" else part_of(".".join(inside.with_suffix("").parts))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module:
                names = [f"{node.module}.{alias.name}" for alias in node.names] if node.module == "rrmm" else [node.module]
                for other in map(part_of, names):
                    if own and other and own != other and inside.name != "__main__.py":
                        found.setdefault((own, other), set()).add(path)
    return {key: len(paths) for key, paths in sorted(found.items())}


def svg() -> str:
    """The picture."""
    place = {}
    width = 2 * WIDE + 3 * GAP
    for row, names in enumerate(LAYERS):
        left = (width - len(names) * WIDE - (len(names) - 1) * GAP) / 2
        for at, name in enumerate(names):
            place[name] = (left + at * (WIDE + GAP), 20 + row * (TALL + BETWEEN))
    height = 20 + len(LAYERS) * (TALL + BETWEEN)
    lines = []
    for (one, other), count in uses().items():
        (x1, y1), (x2, y2) = place[one], place[other]
        if y2 > y1:
            lines.append(f'<path d="M{x1 + WIDE / 2:.0f} {y1 + TALL} L{x2 + WIDE / 2:.0f} {y2 - 3}" class="u" '
                         f'stroke-width="{min(1 + count / 12, 4):.1f}"><title>{one} uses {other} in {count} files</title></path>')
    boxes = [f'<rect x="{x:.0f}" y="{y:.0f}" width="{WIDE}" height="{TALL}" rx="7"/><text x="{x + WIDE / 2:.0f}" '
             f'y="{y + TALL / 2 + 5:.0f}">{escape(SAYS[name])}</text>' for name, (x, y) in place.items()]
    style = ("text{font:15px sans-serif;text-anchor:middle;fill:#1b2430}rect{fill:#f3f5f8;stroke:#30618c}"
             ".u{stroke:#30618c;fill:none;opacity:.55;marker-end:url(#a)}")
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
            f'aria-label="Which part of rrmm uses which"><style>{style}</style><defs><marker id="a" viewBox="0 0 8 8" refX="7" '
            'refY="4" markerWidth="9" markerHeight="9" markerUnits="userSpaceOnUse" orient="auto"><path d="M0 0L8 4L0 8z" '
            'fill="#30618c"/></marker></defs><rect x="0" y="0" width="100%" height="100%" style="fill:#fff;stroke:none"/>\n'
            + "\n".join([*lines, *boxes]) + "\n</svg>\n")


if __name__ == "__main__":
    (ROOT / "docs" / "architecture.svg").write_text(svg(), encoding="utf-8")
