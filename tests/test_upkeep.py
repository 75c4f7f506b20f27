"""What is written down about the project fits the project."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
import xml.etree.ElementTree as ElementTree
from pathlib import Path

ROOT = Path(__file__).parent.parent
DEPLOY = ROOT / "docs" / "deploy"


def test_one_version_everywhere() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert f"version: {version}\n" in (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"## {version}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_licences_and_bill_of_materials_fit_the_requirements() -> None:
    done = subprocess.run([sys.executable, "docs/inventory.py", "--check"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + "Run: make inventory"
    bill = json.loads((ROOT / "docs" / "sbom.json").read_text(encoding="utf-8"))
    table = (ROOT / "docs" / "licences.md").read_text(encoding="utf-8")
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    for part in bill["components"]:
        assert f"| {part['name']} | {part['version']} |" in table and part["purl"].startswith("pkg:pypi/")


def test_every_requirement_is_pinned() -> None:
    for name in ("requirements.txt", "requirements-dev.txt", "docs/deploy/requirements-login.txt"):
        for line in (ROOT / name).read_text(encoding="utf-8").splitlines():
            assert not line or line.startswith(("#", "-r ")) or re.fullmatch(r"[\w.\-\[\],]+==[\w.]+", line), f"{name}: {line}"


def test_the_picture_of_the_parts_is_a_picture() -> None:
    text = (ROOT / "docs" / "architecture.svg").read_text(encoding="utf-8")
    assert ElementTree.fromstring(text).tag.endswith("svg") and text.count("<text") >= 10


def test_the_proxy_keeps_what_it_promises() -> None:
    text = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    for line in ("proxy_request_buffering off;", "proxy_max_temp_file_size 0;", "frame-ancestors 'none'", "X-Frame-Options",
                 "X-Content-Type-Options", "Strict-Transport-Security", "hash $rrmm_key consistent;"):
        assert line in text
    log = re.search(r"log_format rrmm '([^']*)'", text)
    assert log and "$request_uri" not in log[1] and "$args" not in log[1] and "$request " not in log[1]


def test_scripts_are_sound() -> None:
    for path in DEPLOY.glob("*.sh"):
        assert path.stat().st_mode & 0o100, path.name
        subprocess.run(["bash", "-n", str(path)], check=True)
