# Odds of response in the fictitious sample cohort, multivariable, by glm; profile limits as roots of the deviance.
# Rscript tests/golden/response_factors.R   reads ../../sample_data/calibrated_cohort.csv and writes
# response_factors.json. Made with R 4.2.2 and jsonlite. Patients who could not be evaluated are left out.
here <- dirname(normalizePath(sub("--file=", "", grep("--file=", commandArgs(FALSE), value = TRUE))))
d <- read.csv(file.path(here, "../../sample_data/calibrated_cohort.csv"), na.strings = "")
d <- d[d$best_response != "NE", ]
d$y <- as.numeric(d$best_response %in% c("CR/nCR", "VGPR", "PR"))
d$iss3 <- ifelse(is.na(d$iss), NA, as.numeric(d$iss == "III"))
terms <- c("emd", "iss3", "ide_cel", "poly_2mo")
missing <- sapply(terms, function(t) sum(is.na(d[[t]])))
d <- d[complete.cases(d[, terms]), ]
control <- glm.control(epsilon = 1e-14, maxit = 100)
fit <- glm(reformulate(terms, "y"), binomial, d, control = control)
fit <- glm(reformulate(terms, "y"), binomial, d, control = control, start = coef(fit))
s <- summary(fit)$coefficients[-1, ]
edge <- function(t, sign) {
  g <- function(v) {
    held <- glm(reformulate(setdiff(terms, t), "y"), binomial, d, control = control, offset = v * d[[t]])
    deviance(held) - deviance(fit) - qchisq(0.95, 1)
  }
  at <- c(coef(fit)[[t]], coef(fit)[[t]] + sign * 5)
  exp(uniroot(g, sort(at), tol = 1e-13)$root)
}
out <- list(n = nrow(d), missing = unname(missing), or = unname(exp(s[, 1])), p = unname(s[, 4]),
            wald_low = unname(exp(s[, 1] - qnorm(0.975) * s[, 2])), wald_high = unname(exp(s[, 1] + qnorm(0.975) * s[, 2])),
            profile_low = unname(sapply(terms, edge, -1)), profile_high = unname(sapply(terms, edge, 1)))
writeLines(jsonlite::toJSON(out, auto_unbox = TRUE, digits = NA), file.path(here, "response_factors.json"))
