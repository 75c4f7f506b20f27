# Landmark analyses, the time-dependent Cox model, and tests of proportional hazards, on public data.
# Rscript outcome_groups.R writes transplant.csv (survival::jasa, the Stanford heart transplants) and
# outcome_groups.json beside it. The PH tests are on lung.csv, veteran.csv, gbsg.csv and crossing.csv (made here: two
# Weibull groups whose hazards cross). survival 3.5-3.
suppressPackageStartupMessages({ library(survival); library(jsonlite) })
args <- commandArgs(FALSE)
here <- dirname(normalizePath(sub("--file=", "", args[grep("--file=", args)])))

# As in the package's vignette: nobody is followed for 0 days, and a transplant on the last day comes before it.
j <- data.frame(id = seq_len(nrow(jasa)), time = pmax(.5, jasa$futime), event = jasa$fustat,
                onset = ifelse(jasa$transplant == 1, jasa$wait.time, NA), age = jasa$age)
same <- !is.na(j$onset) & j$onset == j$time
j$onset[same] <- j$onset[same] - .5
j$ever <- as.integer(!is.na(j$onset))
write.csv(j, file.path(here, "transplant.csv"), row.names = FALSE, na = "", quote = FALSE)
j <- read.csv(file.path(here, "transplant.csv"))

set.seed(7)
n <- 140
x <- data.frame(id = 1:n, group = rep(c("early", "late"), each = n / 2))
t <- ifelse(x$group == "early", rweibull(n, .6, 300), rweibull(n, 2.2, 260))
cens <- runif(n, 100, 900)
x$time <- ceiling(pmin(t, cens)); x$event <- as.integer(t <= cens)
write.csv(x, file.path(here, "crossing.csv"), row.names = FALSE, quote = FALSE)

control <- coxph.control(eps = 1e-12, iter.max = 100, toler.chol = 1e-13)
terms <- function(f) {
  s <- summary(f)
  list(coef = unname(coef(f)), se = unname(sqrt(diag(vcov(f)))), z = unname(s$coefficients[, "z"]),
       p = unname(s$coefficients[, "Pr(>|z|)"]), lower = unname(s$conf.int[, "lower .95"]),
       upper = unname(s$conf.int[, "upper .95"]), n = f$n, nevent = f$nevent, loglik = f$loglik)
}

switch_data <- tmerge(j[, c("id", "age")], j, id = id, died = event(time, event), had = tdc(onset))
time_dependent <- list()
for (ties in c("efron", "breslow")) {
  time_dependent[[ties]] <- list(
    plain = terms(coxph(Surv(tstart, tstop, died) ~ had, data = switch_data, ties = ties, control = control)),
    age = terms(coxph(Surv(tstart, tstop, died) ~ had + age, data = switch_data, ties = ties, control = control)))
}

landmark <- list()
for (at in c(15, 30, 60, 90)) {
  left <- j[j$time > at, ]
  left$after <- left$time - at
  left$by <- as.integer(!is.na(left$onset) & left$onset <= at)
  f <- survfit(Surv(after, event) ~ by, data = left, conf.type = "log-log")
  q <- quantile(f, probs = .5)
  d <- survdiff(Surv(after, event) ~ by, data = left)
  landmark[[as.character(at)]] <- list(
    at = at, n = as.integer(table(left$by)), events = as.integer(tapply(left$event, left$by, sum)),
    event_before = sum(j$time <= at & j$event == 1), censored_before = sum(j$time <= at & j$event == 0),
    later = sum(left$by == 0 & left$ever == 1), median = as.numeric(q$quantile), low = as.numeric(q$lower),
    high = as.numeric(q$upper), chi2 = d$chisq, p = pchisq(d$chisq, 1, lower.tail = FALSE),
    cox = terms(coxph(Surv(after, event) ~ by, data = left, control = control)))
}

ph <- list()
for (case in list(c("lung", "sex"), c("lung", "ecog"), c("veteran", "celltype"), c("veteran", "karno_grp"),
                  c("gbsg", "hormon"), c("gbsg", "grade"), c("crossing", "group"))) {
  d <- read.csv(file.path(here, paste0(case[1], ".csv")), na.strings = "")
  for (ties in c("efron", "breslow")) {
    f <- coxph(as.formula(paste("Surv(time, event) ~ factor(", case[2], ")")), data = d, ties = ties, control = control)
    z <- cox.zph(f, transform = "km", terms = TRUE, global = FALSE)$table
    ph[[length(ph) + 1]] <- list(data = case[1], group = case[2], ties = ties, chi2 = z[1, 1], df = z[1, 2], p = z[1, 3])
  }
}

d <- read.csv(file.path(here, "crossing.csv"))
tau <- min(tapply(d$time, d$group, max))
m <- survival:::survmean(survfit(Surv(time, event) ~ group, data = d), rmean = tau)$matrix
mean_at <- grep("rmean", colnames(m))[1]; se_at <- grep("se\\(rmean", colnames(m))[1]
diff <- unname(m[2, mean_at] - m[1, mean_at]); se <- unname(sqrt(m[1, se_at]^2 + m[2, se_at]^2))
crossing <- list(tau = tau, diff = diff, se = se, lower = diff - qnorm(.975) * se, upper = diff + qnorm(.975) * se,
                 p = 2 * pnorm(-abs(diff / se)))

write(toJSON(list(software = R.version.string, survival = as.character(packageVersion("survival")),
                  time_dependent = time_dependent, landmark = unname(landmark), ph = ph, crossing = crossing),
             digits = I(17), na = "null", auto_unbox = TRUE, pretty = 1), file.path(here, "outcome_groups.json"))
