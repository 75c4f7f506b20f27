# Uno's C, the Brier score and a ridge-penalised Cox model. Run: Rscript risk_scores.R, here; writes risk_scores.json.
# R 4.2.2, survival 3.5-3, jsonlite. The Brier score is written out from its definition (Graf et al. 1999), G by survfit.
suppressPackageStartupMessages({ library(survival); library(jsonlite) })
args <- commandArgs(FALSE); here <- dirname(normalizePath(sub("--file=", "", grep("--file=", args, value = TRUE))))
read <- function(name) read.csv(file.path(here, paste0(name, ".csv")), stringsAsFactors = FALSE, na.strings = "")
brier <- function(t, e, S, times) {
  # At a tied time the event comes first: censorings are moved by half the smallest gap.
  gap <- min(diff(sort(unique(t)))) / 2
  k <- survfit(Surv(ifelse(e == 1, t, t + gap), 1 - e) ~ 1)
  before <- function(x) c(1, k$surv)[findInterval(x, k$time, left.open = TRUE) + 1]
  after <- function(x) c(1, k$surv)[findInterval(x + gap, k$time) + 1]
  sapply(seq_along(times), function(j) mean(S[, j]^2 * (t <= times[j] & e == 1) / before(t) + (1 - S[, j])^2 * (t > times[j]) / after(times[j])))
}
one <- function(d, rhs, tau, times, theta) {
  d <- d[complete.cases(d[, all.vars(as.formula(paste("~", rhs)))]), ]
  f <- coxph(as.formula(paste("Surv(time, event) ~", rhs)), data = d, control = coxph.control(eps = 1e-12, iter.max = 100, toler.chol = 1e-13))
  lp <- predict(f); S <- t(summary(survfit(f, newdata = d), times = times, extend = TRUE)$surv)
  y <- Surv(d$time, d$event)
  x <- scale(model.matrix(as.formula(paste("~", rhs)), d)[, -1]) * sqrt(nrow(d) / (nrow(d) - 1)) # scale() divides by n - 1
  r <- coxph(Surv(d$time, d$event) ~ ridge(x, theta = theta, scale = FALSE), control = coxph.control(eps = 1e-12, iter.max = 100, toler.chol = 1e-13))
  list(n = nrow(d), lp = lp, S = S, times = times, tau = tau, uno = unname(concordance(y ~ lp, timewt = "n/G2", reverse = TRUE)$concordance),
       uno_tau = unname(concordance(y ~ lp, timewt = "n/G2", ymax = tau, reverse = TRUE)$concordance),
       brier = brier(d$time, d$event, S, times), theta = theta, ridge = unname(coef(r)))
}
out <- list(lung = one(read("lung"), "age + ph_karno", 500, c(60, 120, 240, 360, 480), 4),
            veteran = one(read("veteran"), "karno + age", 200, c(30, 60, 90, 180), 1))
write_json(out, file.path(here, "risk_scores.json"), digits = I(17), auto_unbox = TRUE, na = "null", pretty = FALSE)
