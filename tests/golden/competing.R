# Competing risks where times are tied and where the last patient has an event: what cmprsk and survival say.
# Rscript tests/golden/competing.R   rewrites competing_tied.csv, competing_toy.csv and competing.json beside it.
# Made with R 4.2.2, survival 3.5-3, cmprsk 2.2-11.
library(survival)
here <- dirname(normalizePath(sub("--file=", "", grep("--file=", commandArgs(FALSE), value = TRUE))))
num <- function(x) ifelse(is.na(x), "null", format(x, digits = 17, trim = TRUE, scientific = TRUE))
vec <- function(x) paste0("[", paste(num(as.numeric(x)), collapse = ", "), "]")
obj <- function(l) paste0("{", paste0('"', names(l), '": ', unlist(l), collapse = ", "), "}")

incidence <- function(time, status) {
  states <- factor(status, 0:2, c("censor", "1", "2"))
  out <- list()
  for (type in c("log-log", "log", "plain")) {
    fit <- survfit(Surv(time, states) ~ 1, conf.type = type)
    out$time <- vec(fit$time)
    out$n_risk <- vec(fit$n.risk[, 1])
    for (cause in 1:2) {
      out[[paste0("estimate_", cause)]] <- vec(fit$pstate[, cause + 1])
      out[[paste0("std_error_", cause)]] <- vec(fit$std.err[, cause + 1])
      out[[paste0("conf_low_", type, "_", cause)]] <- vec(fit$lower[, cause + 1])
      out[[paste0("conf_high_", type, "_", cause)]] <- vec(fit$upper[, cause + 1])
    }
  }
  obj(out)
}

gray <- function(d) {
  tests <- cmprsk::cuminc(d$time, d$status, d$size)$Tests
  obj(list(statistic = vec(tests[, "stat"]), df = vec(tests[, "df"]),
           p_value = vec(pchisq(tests[, "stat"], tests[, "df"], lower.tail = FALSE))))
}

regression <- function(d, cause) {
  x <- model.matrix(~ age + grade + nodes, transform(d, grade = factor(grade)))[, -1]
  fit <- cmprsk::crr(d$time, d$status, x, failcode = cause, gtol = 1e-12, maxiter = 100)
  obj(list(coef = vec(fit$coef), std_error = vec(sqrt(diag(fit$var))), loglik = vec(fit$loglik)))
}

# Every seventh patient, times in whole half-years, so that events and censorings share most times.
r <- survival::rotterdam
time <- ifelse(r$recur == 1, r$rtime, r$dtime)
status <- ifelse(r$recur == 1, 1, ifelse(r$death == 1, 2, 0))
d <- data.frame(time = ceiling(time / 182.625), status, age = r$age, grade = r$grade, nodes = r$nodes,
                size = as.character(r$size))[order(r$pid), ][seq(1, nrow(r), by = 7), ]
write.csv(d, file.path(here, "competing_tied.csv"), row.names = FALSE, quote = FALSE)

# Nobody is left at the end: survival reaches 0, and one time has both causes and a censoring.
toy <- data.frame(time = c(2, 3, 3, 3, 5, 7, 7, 9, 11, 11), status = c(1, 2, 1, 0, 1, 2, 2, 0, 1, 2))
write.csv(toy, file.path(here, "competing_toy.csv"), row.names = FALSE, quote = FALSE)

writeLines(obj(list(
  tied = obj(list(incidence = incidence(d$time, d$status), gray = gray(d),
                  fine_gray_1 = regression(d, 1), fine_gray_2 = regression(d, 2))),
  toy = obj(list(incidence = incidence(toy$time, toy$status))))), file.path(here, "competing.json"))
