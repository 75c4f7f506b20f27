"""The R side of :mod:`rrmm.report.code`: one script for a view, with the package survival alone."""

from __future__ import annotations

import pandas as pd

from rrmm import __version__
from rrmm.analyses.response import EXACT_BELOW, Convention
from rrmm.cohort import Cohort
from rrmm.combinations import is_combination, parse
from rrmm.commands.clean import COLUMNS
from rrmm.endpoints import ENDPOINTS
from rrmm.picks import Picks
from rrmm.report.cleaned import CRITERIA, kind_of, settled
from rrmm.schema import VARIABLES
from rrmm.subgroups import ALL_SUBGROUPS, COLUMN_PREFIX, SUBGROUPS, group

HELPERS = """
flag <- function(x) as.integer(x == "yes")
plain <- function(x) sub("^'(?=[=+@\\\\t\\\\r-])", "", x, perl = TRUE)
cut_at <- function(x, at) as.integer(as.numeric(x) >= at)
level <- function(x, names, other = FALSE) {
  code <- match(x, names) - 1L
  if (other) code[!is.na(x) & is.na(code)] <- length(names)
  code
}
all_of <- function(...) {
  m <- cbind(...)
  ifelse(rowSums(m == 0, na.rm = TRUE) > 0, 0L, ifelse(rowSums(is.na(m)) > 0, NA, 1L))
}
any_of <- function(...) {
  m <- cbind(...)
  ifelse(rowSums(m == 1, na.rm = TRUE) > 0, 1L, ifelse(rowSums(is.na(m)) > 0, NA, 0L))
}
say <- function(what, which, ...) {
  cat(what, which, ifelse(is.na(c(...)), "NA", sprintf("%.12g", c(...))), sep = "\\t"); cat("\\n")
}
log_rank <- function(time, event, g) {
  if (length(unique(g)) < 2 || sum(event) == 0) return(NA)
  test <- tryCatch(survdiff(Surv(time, event) ~ g), error = function(e) NULL)
  if (is.null(test)) NA else pchisq(test$chisq, length(test$n) - 1, lower.tail = FALSE)
}
cox <- function(time, event, g, k) {
  none <- matrix(NA_real_, k - 1, 4)
  if (length(unique(g)) < 2 || sum(event) == 0) return(none)
  fit <- tryCatch(suppressWarnings(coxph(Surv(time, event) ~ factor(g, levels = 0:(k - 1)), ties = "efron",
                                         control = coxph.control(eps = 1e-12, iter.max = 60))),
                  error = function(e) NULL)
  if (is.null(fit)) return(none)
  # A group without an event has no finite ratio: what is printed for it is where the iteration stopped.
  s <- summary(fit)
  found <- cbind(s$conf.int[, c("exp(coef)", "lower .95", "upper .95"), drop = FALSE], s$coefficients[, "Pr(>|z|)"])
  none[!is.na(coef(fit)), ] <- found[!is.na(found[, 1]), , drop = FALSE]
  none
}
"""


def r_string(text: str) -> str:
    """An R string literal that is exactly this text, in ASCII (a NUL, which R cannot hold, is dropped)."""
    made = []
    for char in text:
        code = ord(char)
        if char in '"\\':
            made.append("\\" + char)
        elif 32 <= code < 127:
            made.append(char)
        elif 0xD800 <= code < 0xE000 or code == 0:
            continue
        else:
            made.append(f"\\u{{{code:04x}}}" if code <= 0xFFFF else f"\\U{{{code:08x}}}")
    return '"' + "".join(made) + '"'


def r_number(value: float) -> str:
    """A number as R reads it, all digits."""
    return repr(float(value))


def _columns(cohort: Cohort, others: tuple[str, ...]) -> dict[str, str]:
    """Name -> R expression of its text."""
    found = {name: f'd[["{name}"]]' for name in COLUMNS}
    return found | {name: f"more[[{at}]]" for at, name in enumerate(others, start=1)}


def codes(cohort: Cohort, key: str, picks: Picks, columns: dict[str, str]) -> str:
    """R expression of a grouping's codes: 0, 1, ... and NA where unknown."""
    if key == "none":
        return "rep(0L, nrow(d))"
    if key.startswith(COLUMN_PREFIX):
        return _column(cohort, key, picks, columns)
    if is_combination(key):
        wanted = parse(key, ALL_SUBGROUPS)
        parts = [f"as.integer({codes(cohort, name, picks, columns)} == {at})" for name, at in wanted.parts]
        return f"{wanted.how}_of({', '.join(parts)})"
    entry = ALL_SUBGROUPS[key]
    if entry.kind == "criteria":
        return f"flag({columns[CRITERIA]})"
    source = columns[entry.source]
    if entry.kind == "flag":
        return f"flag({source})"
    if entry.kind == "stage":
        return f"as.integer({source} == {r_string(entry.is_level)})"
    assert entry.cut is not None
    return f"cut_at({source}, {r_number(picks.cut_of.get(key, entry.cut.default))})"


def _column(cohort: Cohort, key: str, picks: Picks, columns: dict[str, str]) -> str:
    """The rule of :func:`rrmm.subgroups.group` for any column, said in R."""
    name = key[len(COLUMN_PREFIX) :]
    values: pd.Series = cohort.frame[name] if name in VARIABLES else cohort.extras[name]
    kind = kind_of(values)
    source = columns[name]
    if kind == "flag":
        return f"flag({source})"
    if kind == "number" and values.nunique() > 2:
        at = picks.cut_of.get(key)
        where = r_number(at) if at is not None else f"median(as.numeric({source}), na.rm = TRUE)"
        return f"cut_at({source}, {where})"
    grouping = group(cohort, key, picks.cut_of)
    other = bool(grouping.note)
    levels = grouping.levels[:-1] if other else grouping.levels
    text = f'sprintf("%g", as.numeric({source}))' if kind == "number" else f"plain({source})"
    if kind == "number":
        text = f"ifelse(is.na({source}), NA, {text})"
    return f"level({text}, c({', '.join(r_string(settled(each)) for each in levels)}){', other = TRUE' if other else ''})"


def script(cohort: Cohort, picks: Picks, convention: Convention, others: tuple[str, ...]) -> str:
    """The whole script. others: columns of columns.csv in their order."""
    endpoint = ENDPOINTS[picks.endpoint]
    columns = _columns(cohort, others)
    k = len(group(cohort, picks.compare, picks.cut_of).levels)
    names = "\n".join(
        f"#   {at}: {r_string(label)}"
        for at, label in enumerate(group(cohort, picks.compare, picks.cut_of).levels)
    )
    wanted: dict[str, list[int]] = {}
    for key, level in picks.filters:
        wanted.setdefault(key, []).append(level)
    filters = "".join(
        f"people <- people & ({codes(cohort, key, picks, columns)}) %in% c({', '.join(map(str, levels))})\n"
        for key, levels in wanted.items()
    )
    more = ""
    if others:
        more = (
            'more <- read.csv("columns.csv", colClasses = "character", na.strings = "", check.names = FALSE,\n'
            '                 encoding = "UTF-8", blank.lines.skip = FALSE)\nstopifnot(nrow(more) == nrow(d))\n'
            + "".join(f"# more[[{at}]]: {r_string(name)}\n" for at, name in enumerate(others, start=1))
        )
    presets = "".join(f"  {key} = {codes(cohort, key, picks, columns)},\n" for key in SUBGROUPS).rstrip(",\n")
    responders = (
        "" if not endpoint.population else f'about <- about & d[["{endpoint.population}"]] %in% "yes"\n'
    )
    wilson = convention.interval == "wilson"
    interval = (
        "prop.test(x[i], n[i], correct = FALSE)$conf.int" if wilson else "binom.test(x[i], n[i])$conf.int"
    )
    evaluable = "" if convention.nonevaluable_counts else ' & !(d[["best_response"]] %in% "NE")'
    test = (
        ""
        if k < 2
        else f"""
if (sum(n > 0) > 1 && sum(x) > 0 && sum(x) < sum(n)) {{
  seen <- n > 0
  test <- suppressWarnings(chisq.test(rbind(x[seen], n[seen] - x[seen]), correct = FALSE))
  say("chi-square", "p", test$p.value)
  few <- min(test$expected) < {EXACT_BELOW:g}
  say("fisher", "p", if (few) fisher.test(rbind(x[seen], n[seen] - x[seen]), workspace = 2e7)$p.value else NA)
}} else {{
  say("chi-square", "p", NA)
  say("fisher", "p", NA)
}}
"""
    )
    several = (
        ""
        if k < 2
        else f"""
say("logrank", "p", log_rank(time[use], event[use], g[use]))
ratios <- cox(time[use], event[use], g[use], {k})
for (i in seq_len(nrow(ratios))) say("hr", i, ratios[i, 1], ratios[i, 2], ratios[i, 3], ratios[i, 4])
"""
    )
    return f'''# Made by rrmm {__version__}. Reads cohort.csv, the cleaned export (python -m rrmm clean FILE --out DIR).
# {endpoint.long_label}: {endpoint.start} to {endpoint.ends_with}; censored at {endpoint.censored}. Times in days.
library(survival)
{HELPERS}
d <- read.csv("cohort.csv", colClasses = "character", na.strings = "", check.names = FALSE, encoding = "UTF-8")
{more}
# Who is looked at, and in which group:
{names}
people <- rep(TRUE, nrow(d))
{filters}g <- {codes(cohort, picks.compare, picks, columns)}
time <- as.numeric(d[["{endpoint.time}"]])
event <- flag(d[["{endpoint.event}"]])
about <- people & !is.na(time) & !is.na(event)
{responders}use <- about & !is.na(g)

# Kaplan-Meier: patients, events, median with its interval.
for (i in 0:{k - 1}) {{
  one <- use & g == i
  if (!any(one)) {{ say("median", i, 0, 0, NA, NA, NA); next }}
  q <- quantile(survfit(Surv(time[one], event[one]) ~ 1, conf.type = "{picks.conf_type}"), probs = 0.5)
  say("median", i, sum(one), sum(event[one]), q$quantile, q$lower, q$upper)
}}
{several}
# Response: PR or better.
responder <- flag(d[["responder"]])
rated <- people & !is.na(g) & !is.na(responder){evaluable}
x <- sapply(0:{k - 1}, function(i) sum(responder[rated & g == i]))
n <- sapply(0:{k - 1}, function(i) sum(rated & g == i))
for (i in seq_along(n)) {{
  limits <- if (n[i] > 0) {interval} else c(NA, NA)
  say("orr", i - 1, x[i], n[i], if (n[i] > 0) x[i] / n[i] else NA, limits[1], limits[2])
}}
{test}
# All subgroups for this endpoint, unadjusted.
presets <- list(
{presets}
)
for (name in names(presets)) {{
  p <- presets[[name]]
  in_it <- about & !is.na(p)
  ratio <- cox(time[in_it], event[in_it], p[in_it], 2)
  say("forest", name, sum(in_it & p == 0), sum(event[in_it & p == 0]), sum(in_it & p == 1), sum(event[in_it & p == 1]),
      ratio[1, 1], ratio[1, 2], ratio[1, 3], log_rank(time[in_it], event[in_it], p[in_it]))
}}
'''
