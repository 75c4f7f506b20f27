# Pairs of covariates in the model of all of them, and a spline adjusted for others: the paper's three covariates on
# the fictitious cohort. Rscript factor_views.R
suppressPackageStartupMessages({library(survival); library(jsonlite); library(splines)})
args <- commandArgs(FALSE)
here <- dirname(normalizePath(sub("--file=", "", args[grep("--file=", args)])))
d <- read.csv(file.path(here, "..", "..", "sample_data", "calibrated_cohort.csv"))
x <- d[complete.cases(d[, c("emd", "iss3", "ide_cel", "pfs_days", "pfs_event")]), ]
ctrl <- coxph.control(eps = 1e-12, iter.max = 100, toler.chol = 1e-13)
base <- coxph(Surv(pfs_days, pfs_event) ~ emd + iss3 + ide_cel, x, control = ctrl)
pair <- function(term) {
  full <- coxph(as.formula(paste("Surv(pfs_days, pfs_event) ~ emd + iss3 + ide_cel +", term)), x,
                control = ctrl)
  stat <- 2 * (full$loglik[2] - base$loglik[2])
  list(statistic = stat, p = pchisq(stat, 1, lower.tail = FALSE))
}
pairs <- lapply(c("emd:iss3", "emd:ide_cel", "iss3:ide_cel"), pair)
p <- sapply(pairs, function(each) each$p)
a <- d[complete.cases(d[, c("age", "emd", "ide_cel", "pfs_days", "pfs_event")]), ]
knots <- unname(quantile(a$age, c(0.05, 0.35, 0.65, 0.95)))
control <- ctrl
curved <- coxph(Surv(pfs_days, pfs_event) ~ ns(age, knots = knots[2:3], Boundary.knots = knots[c(1, 4)]) + emd + ide_cel, a,
                control = control)
linear <- coxph(Surv(pfs_days, pfs_event) ~ age + emd + ide_cel, a, control = control)
without <- coxph(Surv(pfs_days, pfs_event) ~ emd + ide_cel, a, control = control)
test <- function(small, df) {
  stat <- 2 * (curved$loglik[2] - small$loglik[2])
  list(statistic = stat, p = pchisq(stat, df, lower.tail = FALSE))
}
out <- list(n = nrow(x), events = sum(x$pfs_event), statistic = sapply(pairs, function(each) each$statistic), p = p,
            q = p.adjust(p, "BH"), shape_n = nrow(a), nonlinear = test(linear, 2), association = test(without, 3))
write(toJSON(out, digits = 14, auto_unbox = TRUE, pretty = TRUE), file.path(here, "factor_views.json"))
