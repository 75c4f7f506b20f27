"""Checks between printed lines: sums, figures printed twice, denominators and events that change."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence

from rrmm.analyses.print_check import Finding, Line
from rrmm.analyses.printed_number import Printed, shown

RARE = 0.02
"""Fisher's p below which patients left out of a row differ too much from those in it to be passed over."""


def sums(parsed: Sequence[Line]) -> Iterator[Finding]:
    """Exclusive levels of one thing add up to its total; their percentages to 100."""
    sets: dict[tuple[str, str], list[Line]] = defaultdict(list)
    for line in parsed:
        if line.whole:
            sets[line.table, line.whole].append(line)
    for (table, whole), members in sets.items():
        counts, totals = [line.count("n") for line in members], {line.count("N") for line in members}
        if len(totals) > 1 and None not in totals:
            yield _across(
                "totals_differ",
                "contradiction",
                table,
                whole,
                f"the levels are out of different totals: {_listed(sorted(totals, key=str))}.",
            )
            continue
        total = next(iter(totals))
        if len(members) > 1 and None not in counts and total is not None:
            added = sum(count for count in counts if count is not None)
            if added != total:
                terms = " + ".join(str(count) for count in counts)
                missing = f"{total - added} left over" if added < total else f"{added - total} too many"
                yield _across(
                    "sum", "contradiction", table, whole, f"{terms} = {added}, not {total}: {missing}."
                )
                continue
        shares = [line.cells["pct"] for line in members]
        known = [pct for pct in shares if pct is not None]
        if len(known) == len(shares) > 1 and total is not None and None not in counts:
            low, high = sum(pct.low for pct in known), sum(pct.high for pct in known)
            if not low - 1e-6 <= 100 <= high + 1e-6:
                yield _across(
                    "percent_sum",
                    "check",
                    table,
                    whole,
                    f"the percentages add up to {sum(pct.value for pct in known):.1f} %, more than rounding "
                    "can explain.",
                )


def same_figure(parsed: Sequence[Line]) -> Iterator[Finding]:
    """One figure printed in several places says the same, as far as rounding allows."""
    places: dict[str, list[Line]] = defaultdict(list)
    for line in parsed:
        if line.quantity:
            places[line.quantity].append(line)
    for quantity, members in places.items():
        for name in ("n", "N", "pct", "median", "estimate", "conf_low", "conf_high", "p"):
            values = [(line, cell) for line in members if (cell := line.cells[name]) is not None]
            for at, (line, cell) in enumerate(values):
                clash = next(
                    ((earlier, other) for earlier, other in values[:at] if not cell.agrees(other)), None
                )
                if clash is None:
                    continue
                earlier, other = clash
                touching = name == "p" and _touch(cell, other)
                unit = " %" if name == "pct" else ""
                one, two = (value.text + unit * value.text[-1].isdigit() for value in (other, cell))
                prefix = "p = " if name == "p" else ""
                yield Finding(
                    "printed_twice",
                    "check" if touching else "contradiction",
                    line.table,
                    quantity,
                    f"{quantity}: {prefix}{one} in {earlier.table}, {prefix}{two} in {line.table}.",
                )
                break
            else:
                yield from _two_styles(quantity, name, values)


def _touch(one: Printed, other: Printed) -> bool:
    return min(one.high, other.high) >= max(one.low, other.low)


def _two_styles(quantity: str, name: str, values: list[tuple[Line, Printed]]) -> Iterator[Finding]:
    """A p printed once as 0.01 and once as <0.01: both hold for a narrow range only."""
    if name != "p":
        return
    exact = [(line, cell) for line, cell in values if math.isfinite(cell.low)]
    bounds = [(line, cell) for line, cell in values if not math.isfinite(cell.low)]
    for line, cell in exact:
        for place, bound in bounds:
            if cell.high > bound.high + 1e-12:
                yield Finding(
                    "printed_twice",
                    "check",
                    line.table,
                    quantity,
                    f"{quantity}: p = {cell.text} in {line.table}, {bound.text} in {place.table}; both can "
                    f"be right only for p from {cell.low:g} up to {bound.high:g}.",
                )
                return


def denominators(parsed: Sequence[Line]) -> Iterator[Finding]:
    """How many patients have a known value of a characteristic: the same in every table."""
    known: dict[str, dict[str, dict[str, int]]] = defaultdict(dict)
    totals: dict[str, dict[str, int]] = defaultdict(dict)
    for line in parsed:
        n, size = line.count("n"), line.count("N")
        if size is None:
            continue
        if line.counts == "patients":
            totals[line.row].setdefault(line.table, size)
            if n is not None and line.group:
                known[line.row].setdefault(line.table, {})[line.group] = n
        elif line.group:
            known[line.row].setdefault(line.table, {})[line.group] = size
    for row, tables in known.items():
        sizes = {table: (totals[row].get(table), groups) for table, groups in tables.items()}
        for table, all_known in totals[row].items():
            sizes.setdefault(table, (all_known, {}))
        said: dict[int, list[str]] = defaultdict(list)
        for table, (total, groups) in sizes.items():
            if total is None and len(groups) > 1:
                terms = " + ".join(str(size) for size in groups.values())
                said[sum(groups.values())].append(f"{table} ({terms})")
            elif total is not None:
                said[total].append(table)
        if len(said) > 1:
            parts = "; ".join(f"{total} in {' and '.join(places)}" for total, places in said.items())
            yield _across(
                "denominator", "check", "across tables", row, f"patients with a known value: {parts}."
            )


def events(parsed: Sequence[Line]) -> Iterator[Finding]:
    """Rows of one table split the same patients: their events have to fit one total."""
    tables: dict[tuple[str, str], dict[str, list[Line]]] = defaultdict(lambda: defaultdict(list))
    for line in parsed:
        if (
            line.counts != "patients"
            and line.group
            and line.count("n") is not None
            and line.count("N") is not None
        ):
            tables[line.table, line.counts][line.row].append(line)
    for (table, counts), rows in tables.items():
        totals = {
            row: (
                sum(line.count("n") or 0 for line in members),
                sum(line.count("N") or 0 for line in members),
            )
            for row, members in rows.items()
            if len(members) > 1
        }
        if len(totals) < 2:
            continue
        everybody = max(size for _, size in totals.values())
        low = {row: count for row, (count, _) in totals.items()}
        high = {row: count + everybody - size for row, (count, size) in totals.items()}
        highest, lowest = max(low, key=lambda row: low[row]), min(high, key=lambda row: high[row])
        if low[highest] > high[lowest]:
            said: dict[str, list[str]] = defaultdict(list)
            for row, (count, size) in totals.items():
                if size == everybody or row in (highest, lowest):
                    said[f"{count} {counts} of {size}"].append(row)
            parts = "; ".join(f"{what} ({', '.join(who)})" for what, who in said.items())
            yield _across(
                "event_total",
                "contradiction",
                table,
                counts,
                f"the rows split the same {everybody} patients, but do not have the same {counts}: {parts}.",
            )
        whole = [count for count, size in totals.values() if size == everybody]
        yield from _left_out(table, counts, totals, max(set(whole), key=whole.count), everybody)


def _left_out(
    table: str, counts: str, totals: dict[str, tuple[int, int]], overall: int, everybody: int
) -> Iterator[Finding]:
    """What the row implies for the patients without the value."""
    from rrmm.analyses.two_by_two import two_by_two

    for row, (count, size) in totals.items():
        left, their = everybody - size, overall - count
        if left < 3 or not 0 <= their <= left:
            continue
        p = two_by_two(their, left - their, count, size - count).tests["fisher"].p_value
        if p < RARE:
            yield _across(
                "left_out",
                "check",
                table,
                row,
                f"{count} {counts} in {size} patients and {overall} in all {everybody}: then {their} of the "
                f"{left} without this value had one ({shown(100 * their / left, 0)} % against "
                f"{shown(100 * count / size, 0)} %, Fisher p = {p:.2g}).",
            )


def _across(code: str, severity: str, table: str, row: str, message: str) -> Finding:
    return Finding(code, severity, table, row, f"{table}, {row}: {message}")  # type: ignore[arg-type]


def _listed(values: Sequence[object]) -> str:
    return ", ".join(str(value) for value in values)


RULES: tuple[Callable[[Sequence[Line]], Iterator[Finding]], ...] = (sums, same_figure, denominators, events)
"""Every check that spans lines."""
