# Table 2 of the paper on the fictitious calibrated cohort: medians, log-rank, uni- and multivariable Cox.
# Run: Rscript factors.R, here; writes factors.json. R 4.2.2, survival 3.5-3, jsonlite.
suppressPackageStartupMessages({ library(survival); library(jsonlite) })
args <- commandArgs(FALSE); here <- dirname(normalizePath(sub("--file=", "", grep("--file=", args, value = TRUE))))
d <- read.csv(file.path(here, "..", "..", "sample_data", "calibrated_cohort.csv"), stringsAsFactors = FALSE, na.strings = "")
ctrl <- coxph.control(eps = 1e-12, iter.max = 100, toler.chol = 1e-13)
cox <- function(f) { s <- summary(f); list(n = f$n, events = f$nevent, hr = unname(s$conf.int[, 1]), lower = unname(s$conf.int[, 3]),
  upper = unname(s$conf.int[, 4]), p = unname(s$coefficients[, 5]), zph = unname(cox.zph(f)$table[, "p"])) }
univariable <- function(x, rows = rep(TRUE, nrow(d))) {
  e <- d[rows & !is.na(d[[x]]), ]; f <- as.formula(paste("Surv(pfs_days, pfs_event) ~", x))
  k <- summary(survfit(f, data = e, conf.type = "log-log"))$table; l <- survdiff(f, data = e)
  c(cox(coxph(f, data = e, control = ctrl)), list(level_n = unname(k[, "records"]), level_events = unname(k[, "events"]), median = unname(k[, "median"]),
    median_low = unname(k[, "0.95LCL"]), median_high = unname(k[, "0.95UCL"]), logrank = pchisq(l$chisq, 1, lower.tail = FALSE)))
}
factors <- c("emd", "iss3", "bm60", "hr_cyto", "ide_cel", "penta_refr", "poly_2mo")
three <- complete.cases(d[, c("emd", "iss3", "ide_cel")])
out <- list(univariable = lapply(setNames(factors, factors), univariable), iss_at_start = univariable("iss3", d$iss_at_start == 1 & !is.na(d$iss_at_start)),
  emd_evaluable = univariable("emd", d$best_response != "NE"),
  same_n = lapply(setNames(c("emd", "iss3", "ide_cel"), c("emd", "iss3", "ide_cel")), univariable, rows = three),
  multivariable = cox(coxph(Surv(pfs_days, pfs_event) ~ emd + iss3 + ide_cel, data = d, control = ctrl)),
  with_age = cox(coxph(Surv(pfs_days, pfs_event) ~ emd + age, data = d, control = ctrl)))
write_json(out, file.path(here, "factors.json"), digits = I(17), auto_unbox = TRUE, na = "null", pretty = FALSE)
