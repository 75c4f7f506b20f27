"""From any hospital's spreadsheet to typed, checked, protected columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rrmm.intake.issues import Issue, Refused

if TYPE_CHECKING:
    from rrmm.intake.load import Loaded, load

__all__ = ["Issue", "Loaded", "Refused", "load"]


def __getattr__(name: str) -> Any:
    # The core imports `rrmm.intake.issues`; it need not pay for the readers.
    if name in ("Loaded", "load"):
        import importlib

        module = importlib.import_module("rrmm.intake.load")
        globals().update(Loaded=module.Loaded, load=module.load)
        return globals()[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
