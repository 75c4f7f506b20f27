"""Words of five languages that cells are made of, from ``vocabulary.json``; and how a text is folded to compare it."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path
from typing import Any

_PAIRS = [
    "ä",
    "ae",
    "ö",
    "oe",
    "ü",
    "ue",
    "ß",
    "ss",
    "ł",
    "l",
    "ø",
    "o",
    "æ",
    "ae",
    "œ",
    "oe",
    "β",
    "beta",
    "µ",
    "u",
    "μ",
    "u",
    "–",
    "-",
    "—",
    "-",
    "−",
    "-",
    "‐",
    "-",
    "‑",
    "-",
    "’",
    "'",
]
_LETTERS = str.maketrans(
    {
        **dict(zip(_PAIRS[::2], _PAIRS[1::2], strict=True)),
        **dict.fromkeys("\u00a0\u202f\u2009\x00", " "),
        # Soft hyphens and marks without width: nobody sees them, and nobody meant them.
        **dict.fromkeys("\ufeff\u200b\u200c\u200d\u2060\u00ad", ""),
    }
)


def fold(text: str) -> str:
    """Lower case, no accents (ä is ae), plain dashes and blanks, without punctuation at the end."""
    plain = text.strip()
    if not plain.isascii():
        plain = plain.lower().translate(_LETTERS)
        plain = "".join(c for c in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(c))
    plain = " ".join(plain.lower().split())
    stripped = plain.rstrip(".,;:! ")
    return stripped or plain


WORDS: dict[str, Any] = json.loads((Path(__file__).parent / "vocabulary.json").read_text(encoding="utf-8"))


def words(name: str) -> frozenset[str]:
    """The folded words of one list of the vocabulary."""
    return frozenset(fold(word) for word in WORDS[name])


MISSING_WORDS = words("missing")
"""Texts for "no value"."""
ERROR_CELLS = words("error_cells")
"""What a formula leaves in its cell when it fails."""


def is_missing_word(folded: str) -> bool:
    """Whether a folded text says that there is no value."""
    return folded in MISSING_WORDS or folded.strip("()[]* ") in MISSING_WORDS
