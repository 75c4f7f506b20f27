# R's answers on ninety cohorts of 2 to 15 patients: ties, time 0, late entry, flat stretches, S = 0, no event.
# Rscript small_cohorts.R reads small_cohorts.csv beside it and writes small_cohorts.json. survival 3.5-3.
suppressPackageStartupMessages({ library(survival); library(jsonlite) })
args <- commandArgs(FALSE)
here <- dirname(normalizePath(sub("--file=", "", args[grep("--file=", args)])))
data <- read.csv(file.path(here, "small_cohorts.csv"))
types <- c("log-log", "log", "plain")
plain <- function(x) unname(as.numeric(x))

one <- function(d) {
  late <- !all(is.na(d$entry))
  S <- if (late) Surv(d$entry, d$time, d$event) else Surv(d$time, d$event)
  out <- list(n = nrow(d))
  for (type in types) {
    f <- survfit(S ~ 1, conf.type = type)
    q <- quantile(f, probs = c(.1, .25, .5, .75, .9))
    s <- summary(f, times = c(0.5, 2, 5, 8), extend = TRUE)
    out[[type]] <- list(time = f$time, surv = f$surv, lower = plain(f$lower), upper = plain(f$upper),
                        quantile = plain(q$quantile), low = plain(q$lower), high = plain(q$upper),
                        at = list(surv = s$surv, lower = plain(s$lower), upper = plain(s$upper)))
  }
  m <- survival:::survmean(f, rmean = 4)$matrix
  out$rmst <- plain(m[c(grep("rmean", names(m))[1], grep("se\\(rmean", names(m))[1])])
  if (!late) {
    for (rho in 0:1) {
      z <- tryCatch(survdiff(S ~ d$group, rho = rho), error = function(e) NULL)
      out[[paste0("rho", rho)]] <- if (is.null(z)) NULL else list(chi2 = z$chisq, df = sum(z$exp > 0) - 1)
    }
  }
  for (ties in c("efron", "breslow")) {
    warned <- FALSE
    fit <- tryCatch(withCallingHandlers(
      coxph(S ~ factor(d$group), ties = ties, control = coxph.control(eps = 1e-12, iter.max = 100)),
      warning = function(w) { warned <<- TRUE; invokeRestart("muffleWarning") }), error = function(e) NULL)
    out[[ties]] <- if (is.null(fit)) NULL else list(
      warned = warned, coef = plain(coef(fit)), se = plain(sqrt(diag(vcov(fit)))), loglik = fit$loglik,
      score = fit$score)
  }
  out
}
found <- lapply(split(data, data$cohort), one)
write(toJSON(unname(found), digits = I(17), na = "null", null = "null", auto_unbox = TRUE),
      file.path(here, "small_cohorts.json"))
