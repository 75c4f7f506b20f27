# Matching-adjusted weights by optim, weighted proportion by the sandwich, weighted survival by survfit(robust = TRUE).
# Rscript tests/golden/maic.R   reads lung.csv beside it and writes maic.json. R 4.2.2, survival 3.5-3, jsonlite.
library(survival)
here <- dirname(normalizePath(sub("--file=", "", grep("--file=", commandArgs(FALSE), value = TRUE))))
d <- read.csv(file.path(here, "lung.csv"), na.strings = "")
d$female <- as.numeric(d$sex == "female")
d$fit <- as.numeric(d$ecog == "0")
d <- d[complete.cases(d[, c("age", "female", "fit")]), ]
weigh <- function(X) {
  s <- apply(abs(X), 2, max); Z <- sweep(X, 2, s, "/")
  q <- function(a) sum(exp(Z %*% a)); g <- function(a) drop(crossprod(Z, exp(Z %*% a)))
  a <- optim(rep(0, ncol(Z)), q, g, method = "BFGS", control = list(reltol = 1e-16, maxit = 5000))$par
  for (i in 1:20) a <- a - solve(crossprod(Z, drop(exp(Z %*% a)) * Z), g(a))
  w <- drop(exp(Z %*% a)); w / mean(w)
}
means <- weigh(cbind(d$age - 60, d$female - 0.5, d$fit - 0.45))
spread <- weigh(cbind(d$age - 60, d$age^2 - (60^2 + 8^2), d$female - 0.5))
ess <- function(w) sum(w)^2 / sum(w^2)
y <- d$dead_by_180; k <- !is.na(y); w <- means[k]; y <- y[k]
p <- sum(w * y) / sum(w)
glm_p <- plogis(coef(suppressWarnings(glm(y ~ 1, binomial, weights = w, control = glm.control(epsilon = 1e-14)))))
stopifnot(abs(p - glm_p) < 1e-9)
se <- sqrt(sum(w^2 * (y - p)^2)) / sum(w)
limits <- plogis(qlogis(p) + c(-1, 1) * qnorm(0.975) * se / (p * (1 - p)))
d$w <- means; d$row <- seq_len(nrow(d))
f <- survfit(Surv(time, event) ~ 1, d, weights = w, robust = TRUE, id = row, conf.type = "log-log")
out <- list(means = list(weights = means, ess = ess(means)), spread = list(weights = spread, ess = ess(spread)),
            proportion = list(p = p, se = se, low = limits[1], high = limits[2]),
            survival = list(time = f$time, n_risk = f$n.risk, surv = f$surv,
                            se = if (isTRUE(f$logse)) f$std.err * f$surv else f$std.err, low = f$lower, high = f$upper,
                            median = unname(quantile(f, 0.5)$quantile), median_low = unname(quantile(f, 0.5)$lower),
                            median_high = unname(quantile(f, 0.5)$upper)))
writeLines(jsonlite::toJSON(out, auto_unbox = TRUE, digits = NA, na = "null"), file.path(here, "maic.json"))
