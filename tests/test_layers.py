"""The layering of the project, read from its imports."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
CORE = sorted(path for path in (ROOT / "rrmm").rglob("*.py") if "ui" not in path.relative_to(ROOT / "rrmm").parts)
STATISTICS = {"scipy", "statsmodels", "lifelines", "sksurv", "greenwood", "firthmodels"}
HEAVY = STATISTICS | {"openpyxl", "pptx", "docx", "pyreadstat", "msoffcrypto", "altair", "vl_convert", "sklearn"}


def imported(path: Path, *, top_level_only: bool = False) -> set[str]:
    """Full names of the modules that the file imports."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = tree.body if top_level_only else list(ast.walk(tree))
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", CORE, ids=named)
def test_no_streamlit_in_the_core(path: Path) -> None:
    assert not {name for name in imported(path) if name.split(".")[0] == "streamlit" or name.startswith("rrmm.ui")}


@pytest.mark.parametrize("path", sorted((ROOT / "rrmm" / "analyses").rglob("*.py")), ids=named)
def test_no_analysis_imports_a_chart_or_a_page(path: Path) -> None:
    found = imported(path)
    assert not {name for name in found if name.startswith(("rrmm.charts", "rrmm.report", "altair"))}


@pytest.mark.parametrize("path", sorted((ROOT / "rrmm" / "charts").rglob("*.py")), ids=named)
def test_no_chart_computes_a_statistic(path: Path) -> None:
    assert not {name for name in imported(path) if name.split(".")[0] in STATISTICS}


@pytest.mark.parametrize("path", sorted((ROOT / "rrmm").rglob("*.py")), ids=named)
def test_heavy_libraries_are_imported_where_they_are_used(path: Path) -> None:
    assert not {name for name in imported(path, top_level_only=True) if name.split(".")[0] in HEAVY}


def test_only_state_touches_the_session() -> None:
    touching = [named(path) for path in (ROOT / "rrmm" / "ui").rglob("*.py")
                if "session_state" in path.read_text(encoding="utf-8")
                or "query_params" in path.read_text(encoding="utf-8")]
    pages = [named(path) for path in (ROOT / "pages").glob("*.py") if "session_state" in path.read_text(encoding="utf-8")]
    assert touching == ["rrmm/ui/state.py"] and not pages


def test_no_cache_is_shared_between_users() -> None:
    for path in [ROOT / "app.py", *(ROOT / "pages").glob("*.py"), *(ROOT / "rrmm").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and node.attr in ("cache_data", "cache_resource"):
                assert named(path) in ("rrmm/ui/cached.py", "rrmm/ui/state.py")
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in (
                    "cache_data", "cache_resource"):
                scopes = [word.value.value for word in node.keywords  # type: ignore[attr-defined]
                          if word.arg == "scope"]
                assert scopes == ["session"], f"{named(path)}: line {node.lineno}"


def test_every_page_starts_with_the_frame() -> None:
    from rrmm.ui.frame import PAGES

    files = {page.file for page in PAGES}
    assert files == {"app.py", *(f"pages/{path.name}" for path in (ROOT / "pages").glob("*.py"))}
    for file in files:
        assert "frame(" in (ROOT / file).read_text(encoding="utf-8")


def test_no_raw_html_from_files() -> None:
    for path in [ROOT / "app.py", *(ROOT / "pages").glob("*.py"), *(ROOT / "rrmm").rglob("*.py")]:
        assert "unsafe_allow_html" not in path.read_text(encoding="utf-8"), named(path)
