# Maximally selected log-rank and chi-square statistics. No package has to be installed: the scores are the martingale
# residuals of the null Cox model, the p-values the published formulas (as in maxstat), and, for eight patients, a count
# over all 40320 permutations.
# Rscript tests/golden/cutoffs.R   reads lung.csv beside it and writes cutoffs.json. R 4.2.2, survival 3.5-3, jsonlite.
library(survival)
here <- dirname(normalizePath(sub("--file=", "", grep("--file=", commandArgs(FALSE), value = TRUE))))
z_at <- function(a, x, cuts) sapply(cuts, function(k) {
  n <- length(a); m <- sum(x < k)
  (sum(a[x < k]) - m / n * sum(a)) / sqrt(m * (n - m) / (n * (n - 1)) * (sum(a^2) - sum(a)^2 / n))
})
p92 <- function(b, lo, hi) 4 * dnorm(b) / b + dnorm(b) * (b - 1 / b) * log(hi * (1 - lo) / ((1 - hi) * lo))
p94 <- function(b, N, m) {
  m1 <- m[-length(m)]; m2 <- m[-1]
  t <- sqrt(1 - m1 * (N - m2) / ((N - m1) * m2))
  1 - (pnorm(b) - pnorm(-b)) + sum(1 / pi * exp(-b^2 / 2) * (t - (b^2 / 4 - 1) * t^3 / 6))
}
searched <- function(x, share = 0.1) {
  n <- length(x); cuts <- sort(unique(x))[-1]; k <- ceiling(share * n)
  cuts[sapply(cuts, function(c) sum(x < c) >= k && sum(x >= c) >= k)]
}
strip <- function(a, x) {
  cuts <- searched(x); z <- z_at(a, x, cuts); b <- max(abs(z)); m <- sapply(cuts, function(c) sum(x < c)); n <- length(x)
  list(cutoff = cuts, z = abs(z), best = cuts[which.max(abs(z))], statistic = b,
       p_lausen_1992 = p92(b, m[1] / n, m[length(m)] / n), p_lausen_1994 = p94(b, n, m))
}
permutations <- function(v) if (length(v) < 2) list(v) else
  do.call(c, lapply(seq_along(v), function(i) lapply(permutations(v[-i]), function(r) c(v[i], r))))

lung <- read.csv(file.path(here, "lung.csv"), na.strings = "")
score <- function(d) residuals(coxph(Surv(time, event) ~ 1, d, ties = "breslow"), "martingale")
age <- strip(score(lung), lung$age)
cox <- sapply(c(50, 60, 70), function(k) {
  fit <- coxph(Surv(time, event) ~ I(age >= k), lung, control = coxph.control(eps = 1e-14, toler.chol = 1e-15))
  test <- survdiff(Surv(time, event) ~ I(age >= k), lung)
  c(exp(coef(fit)), exp(confint(fit)), pchisq(test$chisq, 1, lower.tail = FALSE))
})
y <- lung[!is.na(lung$dead_by_180) & !is.na(lung$wt_loss), ]
weight <- strip(y$dead_by_180, y$wt_loss)
few <- data.frame(x = c(3, 1, 4, 1.5, 5, 9, 2, 6), time = c(5, 9, 4, 8, 3, 1, 7, 2), event = c(1, 1, 0, 1, 1, 1, 0, 1))
a <- score(few)
all <- permutations(seq_len(8))
cuts <- searched(few$x); b <- max(abs(z_at(a, few$x, cuts)))
exact <- mean(sapply(all, function(o) max(abs(z_at(a[o], few$x, cuts)))) >= b - 1e-9)
out <- list(age = age, age_cox = list(cutoff = c(50, 60, 70), hr = cox[1, ], low = cox[2, ], high = cox[3, ], p = cox[4, ]),
            weight = weight, few = list(x = few$x, time = few$time, event = few$event, statistic = b, p = exact))
writeLines(jsonlite::toJSON(out, auto_unbox = TRUE, digits = NA), file.path(here, "cutoffs.json"))
