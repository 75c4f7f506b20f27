"""A printed number as what it says: the range of values that would be printed so.

"27.1" is anything from 27.05 to 27.15, "<0.01" anything below 0.01, "almost half" 45 to 50 percent. Two
printed numbers agree when their ranges overlap; a computed one agrees when it lies inside. A value exactly on
the edge may have been rounded either way, so the edges belong to both.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

EDGE = 1e-9
"""Slack at the edges: 11.25 may be printed as 11.2 or 11.3."""

NOT_REACHED = ("nr", "not reached", "ne", "not estimable", "n.r.", "-", "–")
WORDS = {
    "almost half": (45.0, 50.0),
    "nearly half": (45.0, 50.0),
    "half": (48.0, 52.0),
    "about half": (45.0, 55.0),
    "more than half": (50.0, 100.0),
    "a majority": (50.0, 100.0),
    "the majority": (50.0, 100.0),
    "about a third": (30.0, 36.7),
    "a third": (31.0, 35.7),
    "about a quarter": (22.0, 28.0),
    "a quarter": (23.5, 26.5),
    "two thirds": (64.0, 69.0),
    "three quarters": (73.5, 76.5),
}
"""Shares in words, in percent; the limits are ours and generous."""

_NUMBER = re.compile(r"^(?P<sign><=|>=|<|>|≤|≥|=)?\s*(?P<number>-?\d+(?:[.,]\d+)?)\s*%?$")


@dataclass(frozen=True)
class Printed:
    """A printed number. text: as printed; value: the number in it; low, high: what may be printed so."""

    text: str
    value: float
    low: float
    high: float
    decimals: int = 0

    def holds(self, number: float) -> bool:
        """Whether the number would be printed like this."""
        slack = EDGE * max(1.0, abs(number))
        return self.low - slack <= number <= self.high + slack

    def meets(self, low: float, high: float) -> bool:
        """Whether any value from low to high would be printed like this."""
        slack = EDGE * max(1.0, abs(low), abs(high))
        return low <= self.high + slack and self.low <= high + slack

    def agrees(self, other: Printed) -> bool:
        """Whether one value can be printed both ways; two ranges that only touch do not agree."""
        if self.text == other.text:
            return True
        gap = min(self.high, other.high) - max(self.low, other.low)
        return gap > EDGE * max(1.0, abs(self.value))


def parse(text: object) -> Printed | None:
    """The printed number; None for an empty cell and "not reached". ValueError for anything else."""
    if text is None or (isinstance(text, float) and math.isnan(text)):
        return None
    if isinstance(text, (int, float)) and not isinstance(text, bool):
        text = repr(int(text)) if float(text).is_integer() and isinstance(text, int) else repr(text)
    plain = " ".join(str(text).strip().lower().split())
    if not plain or plain in NOT_REACHED:
        return None
    if plain in WORDS:
        low, high = WORDS[plain]
        return Printed(str(text), (low + high) / 2, low, high)
    found = _NUMBER.match(plain)
    if found is None:
        raise ValueError(f"'{text}' is not a number")
    digits = found["number"].replace(",", ".")
    value = float(digits)
    decimals = len(digits.partition(".")[2])
    half = 0.5 * 10.0**-decimals
    sign = found["sign"] or "="
    if sign in ("<", "<=", "≤"):
        return Printed(str(text), value, -math.inf, value, decimals)
    if sign in (">", ">=", "≥"):
        return Printed(str(text), value, value, math.inf, decimals)
    return Printed(str(text), value, value - half, value + half, decimals)


def shown(value: float, decimals: int) -> str:
    """The value with as many decimals as its neighbour in print, half away from zero."""
    scaled = abs(value) * 10**decimals
    whole = math.floor(scaled + 0.5 + EDGE)
    return f"{math.copysign(whole / 10**decimals, value):.{decimals}f}"
