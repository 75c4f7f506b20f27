"""Writes docs/licences.md and docs/sbom.json: every package that the app installs, its version and licence.

    python docs/inventory.py            # from the environment in which it runs
    python docs/inventory.py --check    # exit status 1 where the files no longer fit requirements.txt

What counts are the packages of requirements.txt and whatever they need, as their metadata say; the tools of the tests
are not part of the app.
"""

from __future__ import annotations

import json
import re
import sys
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement

DOCS = Path(__file__).resolve().parent
REQUIREMENTS = DOCS.parent / "requirements.txt"


def name_of(text: str) -> str:
    """The normalised name (PEP 503)."""
    return re.sub(r"[-_.]+", "-", text).lower()


def asked() -> list[Requirement]:
    """The lines of requirements.txt."""
    lines = (line.partition("#")[0].strip() for line in REQUIREMENTS.read_text(encoding="utf-8").splitlines())
    return [Requirement(line) for line in lines if line and not line.startswith("-")]


def closure() -> dict[str, Distribution]:
    """Everything installed for them, by normalised name."""
    found: dict[str, Distribution] = {}
    todo: list[tuple[Requirement, frozenset[str]]] = [(each, frozenset(each.extras)) for each in asked()]
    while todo:
        wanted, extras = todo.pop()
        key = name_of(wanted.name)
        if key in found and not extras:
            continue
        try:
            found[key] = distribution(wanted.name)
        except PackageNotFoundError:
            continue
        for line in found[key].requires or ():
            needed = Requirement(line)
            marker = needed.marker
            there = marker is None or any(marker.evaluate({"extra": extra}) for extra in ("", *extras))
            if there and name_of(needed.name) not in found:
                todo.append((needed, frozenset(needed.extras)))
    return dict(sorted(found.items()))


def licence(of: Distribution) -> str:
    """As the package says it: SPDX expression, classifiers, or the first line of its licence field."""
    data = of.metadata
    if data.get("License-Expression"):
        return str(data["License-Expression"])
    named = [line.rsplit(" :: ", 1)[-1] for line in data.get_all("Classifier") or [] if line.startswith("License ::")]
    named = [name for name in named if name != "OSI Approved"]
    first = str(data.get("License") or "").strip().splitlines()
    return "; ".join(named) or (first[0][:60] if first else "not stated")


def home(of: Distribution) -> str:
    """Where it comes from."""
    links = dict(line.split(", ", 1) for line in of.metadata.get_all("Project-URL") or [] if ", " in line)
    wanted = next((links[key] for name in ("source", "repository", "homepage") for key in links if name in key.lower()), "")
    return wanted or str(of.metadata.get("Home-page") or "")


def licences() -> str:
    """The table."""
    rows = [f"| {of.metadata['Name']} | {of.version} | {licence(of)} | {home(of)} |" for of in closure().values()]
    head = ("# Licences of what the app installs\n\nWritten by `python docs/inventory.py` from the packages' own metadata; "
            "the same list for machines\nis `sbom.json` (CycloneDX 1.6).\n\n"
            "rrmm itself is under the MIT licence. scikit-survival and, for it, ecos are under the GPL (version 3): who passes "
            "on\nrrmm together with them (a container, the offline bundle) passes on the whole under the terms of the GPL.\n\n"
            "| package | version | licence | source |\n| --- | --- | --- | --- |\n")
    return head + "\n".join(rows) + "\n"


def bill() -> str:
    """The software bill of materials, CycloneDX 1.6."""
    parts = []
    for key, of in closure().items():
        url = f"pkg:pypi/{key}@{of.version}"
        parts.append({"type": "library", "bom-ref": url, "name": of.metadata["Name"], "version": of.version, "purl": url,
                      "licenses": [{"license": {"name": licence(of)}}]})
    return json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1,
                       "metadata": {"component": {"type": "application", "name": "rrmm", "bom-ref": "rrmm"}},
                       "components": parts}, indent=1, ensure_ascii=False) + "\n"


def stale() -> list[str]:
    """Requirements whose version is not the one that is listed."""
    parts = json.loads((DOCS / "sbom.json").read_text(encoding="utf-8"))["components"]
    listed = {name_of(each["name"]): each["version"] for each in parts}
    return [str(each) for each in asked() if listed.get(name_of(each.name)) not in {part.version for part in each.specifier}]


if __name__ == "__main__":
    if "--check" in sys.argv:
        old = stale()
        print("\n".join(old) or "up to date")
        sys.exit(bool(old))
    (DOCS / "licences.md").write_text(licences(), encoding="utf-8")
    (DOCS / "sbom.json").write_text(bill(), encoding="utf-8")
