"""A mapping kept for the next file: headers only, no values."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rrmm.intake.headers import key_of
from rrmm.schema import VARIABLES

FORMAT = "rrmm-mapping"


def to_json(proposal: Any, headers: Sequence[str]) -> str:
    """A mapping as JSON for the next file: headers only, no values."""
    chosen = dict(getattr(proposal, "mapping", proposal))
    return json.dumps(
        {
            "format": FORMAT,
            "version": 1,
            "headers": list(headers),
            "mapping": {name: chosen[name] for name in VARIABLES if name in chosen},
        },
        ensure_ascii=False,
        indent=2,
    )


@dataclass(frozen=True)
class Saved:
    """A saved mapping and the headers of the file it was made for."""

    mapping: dict[str, str]
    headers: tuple[str, ...]


def from_json(text: str | bytes) -> Saved:
    """Read a saved mapping. Raises ValueError with a sentence for anything else."""
    if len(text) > 2_000_000:
        raise ValueError("This is no saved mapping: the file is too large.")
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError("This is no saved mapping: it can't be read as JSON.") from None
    if (
        isinstance(data, dict)
        and "mapping" not in data
        and data
        and all(name in VARIABLES and isinstance(header, str) for name, header in data.items())
    ):
        return Saved(dict(data), tuple(dict.fromkeys(data.values())))
    if not isinstance(data, dict) or not isinstance(data.get("mapping"), dict):
        raise ValueError('This is no saved mapping: the entry "mapping" is missing.')
    headers = data.get("headers", list(dict.fromkeys(map(str, data["mapping"].values()))))
    if not isinstance(headers, list) or not all(isinstance(header, str) for header in headers):
        raise ValueError('This is no saved mapping: "headers" has to be a list of texts.')
    for name, header in data["mapping"].items():
        if name not in VARIABLES:
            raise ValueError(f'The saved mapping names a variable that does not exist: "{name[:40]}".')
        if not isinstance(header, str):
            raise ValueError(f"The saved mapping gives no header for {name}.")
    return Saved(dict(data["mapping"]), tuple(headers))


def apply_saved(saved: Saved | Mapping[str, str], headers: Sequence[str]) -> dict[str, str]:
    """The part of a saved mapping whose headers this file has; spelling may differ in case and punctuation."""
    exact = set(headers)
    by_key: dict[str, str] = {}
    for header in headers:
        key = key_of(header)
        by_key[key] = header if key not in by_key else ""
    result = {}
    for name, header in (saved.mapping if isinstance(saved, Saved) else saved).items():
        if name in VARIABLES and header in exact:
            result[name] = header
        elif name in VARIABLES and by_key.get(key_of(header)):
            result[name] = by_key[key_of(header)]
    return result


def matches(saved: Saved, headers: Sequence[str]) -> bool:
    """Whether a saved mapping was made for a file with these headers: then it applies by itself."""
    return set(saved.headers) == set(headers)
