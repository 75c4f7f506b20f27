"""The numbers of a view as they are printed: as they are, or with small counts masked.

Slides, documents and pictures take every count from here, so that none of them can forget to mask one.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
import pandas as pd

from rrmm import DAYS_PER_MONTH, formatting
from rrmm.analyses.explore import Explore, ForestRow, tick_step
from rrmm.analyses.km import risk_table
from rrmm.analyses.response import DEPTHS
from rrmm.charts import forest as forest_chart
from rrmm.report import sentences
from rrmm.report.masking import FEWEST, MARK, NOTE, Key, Sheet

RESPONDING = 3
"""CR or better, VGPR, PR: the first depths."""


class Shown:
    """Texts of one view's counts. mask: counts of 1 to 4 and what gives them away read "*"."""

    def __init__(self, view: Explore, mask: bool = False) -> None:
        self.view, self.mask = view, mask
        self.ticks = np.arange(0, view.x_max + 0.01, tick_step(view.x_max))

    @cached_property
    def sheet(self) -> Sheet:
        """Every count that is printed or follows from printed ones, with their sums."""
        sheet = Sheet()
        # Of a comparison that is not shown, nothing has to be protected but its forest.
        if not self.refused:
            _survival(sheet, self.view, self.risk_counts)
            _response(sheet, self.view)
        for row in self.view.forest:
            _forest(sheet, self.view, row)
            if row.key == self.view.grouping.key and not self.refused:
                for side in (0, 1):
                    sheet.total(("n", side), [("fn", row.key, side)])
                    sheet.total(("events", side), [("fe", row.key, side)])
        return sheet

    @cached_property
    def hidden(self) -> frozenset[Key]:
        """Keys of :attr:`sheet` that read "*"."""
        return self.sheet.hidden() if self.mask else frozenset()

    @cached_property
    def risk_counts(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """At risk, events so far, censored so far, each (ticks, groups)."""
        return risk_table(self.view.table, self.ticks * DAYS_PER_MONTH)

    @property
    def note(self) -> str:
        """What the mark means, where there is one."""
        return NOTE if self.hidden else ""

    def text(self, key: Key, value: int) -> str:
        """A count, or the mark."""
        return MARK if key in self.hidden else str(value)

    def cohort(self) -> str:
        """ "n = 123" for the footer."""
        return f"n = {self.text('cohort', self.view.cohort_n)}"

    def compared(self) -> str:
        """ "119 of 123"."""
        return f"{self.text('compared', self.view.compared)} of {self.text('cohort', self.view.cohort_n)}"

    def n(self, at: int) -> str:
        """Patients of a group."""
        return self.text(("n", at), self.view.groups[at].n)

    def events(self, at: int) -> str:
        """Events of a group."""
        return self.text(("events", at), self.view.groups[at].events)

    @property
    def refused(self) -> str:
        """Why this comparison is not shown at all while small counts are masked, or ""."""
        if not self.mask:
            return ""
        sizes = [each.n for each in self.view.groups] + [each.n for each in self.view.response.groups]
        if any(0 < n < FEWEST for n in sizes):
            return (
                f"One of the groups has fewer than {FEWEST} patients. "
                "The comparison is not shown while small numbers are masked."
            )
        return self.refused_population

    @property
    def refused_population(self) -> str:
        """Why nothing of this population is shown while small counts are masked, or ""."""
        left_out = sentences.left_out_counts(self.view)
        if self.mask and any(0 < left_out[key] < FEWEST for key in left_out if not _is_missing(key)):
            return (
                f"A filter leaves out fewer than {FEWEST} patients. "
                "The result is not shown while small numbers are masked."
            )
        return ""

    def risk(self, at: int) -> list[tuple[str, str, str]]:
        """At risk, events so far and censored so far of a group at every tick."""
        return [
            tuple(
                self.text((name, at, place), int(counts[place, at]))  # type: ignore[misc]
                for name, counts in zip(("risk", "sofar", "gone"), self.risk_counts, strict=True)
            )
            for place in range(len(self.ticks))
        ]

    def counts(self) -> list[str]:
        """ "26 events in 76 patients" of each group."""
        return [
            f"{self.events(at)} event{'s' * (self.events(at) != '1')} in {self.n(at)} "
            f"patient{'s' * (self.n(at) != '1')}"
            for at in range(len(self.view.groups))
        ]

    def response_n(self, at: int) -> str:
        """Denominator of a group's response rate."""
        return self.text(("rn", at), self.view.response.groups[at].n)

    def responders(self, at: int) -> str:
        """ "53/76"."""
        return f"{self.text(('rx', at), self.view.response.groups[at].orr.x)}/{self.response_n(at)}"

    def rate_is_shown(self, at: int) -> bool:
        """A rate of known n gives its count away: it is shown where both are."""
        return not {("rx", at), ("rn", at)} & self.hidden

    def all_depths_shown(self, at: int) -> bool:
        """Whether no depth of the group is masked: rates of VGPR and CR follow from the depths."""
        return self.rate_is_shown(at) and all(count is not None for _, count in self.depth(at))

    def share(self, at: int, decimals: int = 1) -> str:
        """A group's response rate in percent."""
        if not self.rate_is_shown(at):
            return MARK
        return formatting.percent(self.view.response.groups[at].orr.estimate, decimals)

    def rate(self, at: int) -> str:
        """Rate, counts and interval of a group."""
        return (
            sentences.rate(self.view.response.groups[at])
            if self.rate_is_shown(at)
            else (f"{MARK} ({self.responders(at)})")
        )

    def depth(self, at: int) -> list[tuple[str, int | None]]:
        """Patients of a group by depth of response; None where masked."""
        group = self.view.response.groups[at]
        counted = self.view.response.convention.nonevaluable_counts
        return [
            (name, None if ("depth", at, place) in self.hidden else count)
            for place, (name, count) in enumerate(zip(DEPTHS, group.depth, strict=True))
            if counted or name != "NE"
        ]

    def depth_total(self, at: int) -> int:
        """Patients with a graded response, for the width of the bars."""
        group = self.view.response.groups[at]
        counted = self.view.response.convention.nonevaluable_counts
        return sum(group.depth) - (0 if counted else group.not_evaluable)

    def forest(self, row: ForestRow) -> str:
        """ "24/43 v 26/76"."""
        return " v ".join(
            f"{self.text(('fe', row.key, side), row.events[side])}/{self.text(('fn', row.key, side), row.n[side])}"
            for side in (1, 0)
        )

    def left_out(self) -> str:
        """Who is not in the comparison."""
        counts = sentences.left_out_counts(self.view)
        return sentences.left_out(self.view, lambda key: self.text(key, counts[key]))

    def finding(self) -> str:
        """The sentence of the curves."""
        return sentences.finding(self.view, self.counts() if self.mask else ())

    def response_finding(self) -> str:
        """The sentence of the response bars."""
        return sentences.response_finding(self.view, [self.rate(at) for at in range(len(self.view.groups))])

    def response_headline(self) -> str:
        """The title of the response slide."""
        return sentences.response_headline(self.view, [self.share(at, 0) for at in range(len(self.view.groups))])

    def caveats(self, ph_p: float, nth: int | None) -> list[str]:
        """Caveats, without the counts that are masked."""
        return sentences.caveats(self.view, ph_p=ph_p, nth=nth, masked=self.mask)

    def survival_data(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Rows of the survival picture: counts masked, no censoring marks."""
        if not self.mask:
            return frame
        frame = frame[~frame["part"].isin(("tick", "read"))].copy()
        for at, group in enumerate(self.view.groups):
            median = formatting.months_interval(group.median.estimate, group.median.conf_low, group.median.conf_high)
            frame.loc[frame["part"].eq("key") & frame["g"].eq(at), "text"] = (
                f"{group.label}: {self.events(at)}/{self.n(at)} events, median {median} months"
            )
            for tick, triple in zip(self.ticks, self.risk(at), strict=True):
                here = frame["part"].eq("risk") & frame["g"].eq(at) & frame["x"].sub(tick).abs().lt(1e-6)
                frame.loc[here, ["text", "short"]] = [" / ".join(triple), triple[0]]
        return frame

    def response_data(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Rows of the response picture: masked depths are one gap at the end of the bar."""
        if not self.mask:
            return frame
        frame = frame.copy()
        for at, group in enumerate(self.view.response.groups):
            mine = frame["g"].eq(at)
            total = self.depth_total(at)
            start = 0.0
            for name, count in self.depth(at):
                here = mine & frame["part"].eq("bar") & frame["depth"].eq(name)
                if count is None:
                    frame = frame[~here]
                    mine = frame["g"].eq(at)
                elif count:
                    share = 100 * count / total
                    frame.loc[here, ["x", "x2", "mid"]] = [start, start + share, start + share / 2]
                    start += share
            frame.loc[mine & frame["part"].eq("label"), "text"] = f"{group.label}: ORR {self.rate(at)}"
            frame.loc[mine & frame["part"].eq("label"), "short"] = f"{group.label}: {self.share(at)}"
            if not self.rate_is_shown(at):
                frame = frame[~(frame["g"].eq(at) & frame["part"].eq("whisker"))]
        return frame

    def forest_data(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Rows of the forest of hazard ratios with masked counts."""
        if not self.mask:
            return frame
        frame = frame.copy()
        rows = frame["part"].eq("row")
        frame.loc[rows, "counts"] = [self.forest(row) for row in forest_chart.drawn(self.view)]
        frame.loc[rows, "tip"] = ""
        return frame


def _is_missing(key: str) -> bool:
    """Whether a count of :func:`sentences.left_out_counts` is one of missing data, printed in any case."""
    return "unknown" in key or key == "no_endpoint"


def _survival(sheet: Sheet, view: Explore, risk: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    groups = range(len(view.groups))
    sheet.add("cohort", view.cohort_n, cost=9)
    sheet.add("compared", view.compared, cost=4)
    for key, value in sentences.left_out_counts(view).items():
        sheet.add(key, value, cost=2, sensitive=not _is_missing(key))
    for at in groups:
        group = view.groups[at]
        sheet.add(("n", at), group.n, cost=6)
        sheet.add(("events", at), group.events, cost=3)
        sheet.add(("free", at), group.n - group.events, printed=False)
        sheet.total(("n", at), [("events", at), ("free", at)])
        for place in range(risk[0].shape[0]):
            names = [(name, at, place) for name in ("risk", "sofar", "gone")]
            for name, counts, cost in zip(names, risk, (2, 1, 1), strict=True):
                sheet.add(name, int(counts[place, at]), cost=cost)
            sheet.total(("n", at), names)
    sheet.total("compared", [("n", at) for at in groups])
    sheet.total("cohort", ["compared", *sentences.left_out_counts(view)])


def _response(sheet: Sheet, view: Explore) -> None:
    for at, group in enumerate(view.response.groups):
        sheet.add(("rn", at), group.n, cost=6)
        sheet.add(("rx", at), group.orr.x, cost=3)
        sheet.add(("rnot", at), group.n - group.orr.x, printed=False)
        sheet.total(("rn", at), [("rx", at), ("rnot", at)])
        counted = view.response.convention.nonevaluable_counts
        depths = [place for place, name in enumerate(DEPTHS) if counted or name != "NE"]
        for place in depths:
            sheet.add(("depth", at, place), group.depth[place])
        # Where only yes or no is known of some, the depths do not add up to it.
        if sum(group.depth[place] for place in depths) == group.n:
            sheet.total(("rn", at), [("depth", at, place) for place in depths])
        if sum(group.depth[:RESPONDING]) == group.orr.x:
            sheet.total(("rx", at), [("depth", at, place) for place in range(RESPONDING)])
        _same_people(sheet, view, at)


def _same_people(sheet: Sheet, view: Explore, at: int) -> None:
    """Curve and bars count nearly the same people: what one hides, the other must not show."""
    group = view.response.groups[at]
    extra = group.missing + (0 if view.response.convention.nonevaluable_counts else group.not_evaluable)
    sheet.add(("people", at), group.n + extra, printed=False)
    sheet.add(("unrated", at), extra, printed=False, sensitive=False)
    sheet.total(("people", at), [("rn", at), ("unrated", at)])
    absent = group.n + extra - view.groups[at].n
    sheet.add(("absent", at), absent, printed=False, sensitive=False)
    sheet.total(("people", at), [("n", at), ("absent", at)])


def _forest(sheet: Sheet, view: Explore, row: ForestRow) -> None:
    for side in (0, 1):
        sheet.add(("fn", row.key, side), row.n[side], cost=5)
        sheet.add(("fe", row.key, side), row.events[side], cost=3)
        sheet.add(("ff", row.key, side), row.n[side] - row.events[side], printed=False)
        sheet.total(("fn", row.key, side), [("fe", row.key, side), ("ff", row.key, side)])
    rest = view.compared + view.unknown + view.no_endpoint - sum(row.n)
    sheet.add(("frest", row.key), rest, printed=False, sensitive=False)
    sheet.add("about", view.compared + view.unknown + view.no_endpoint, printed=False)
    sheet.total("about", [("fn", row.key, 0), ("fn", row.key, 1), ("frest", row.key)])
