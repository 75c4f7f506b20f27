# What the public oracles lack: splines, strata and delayed entry together, collinear and separated covariates,
# heavy ties, concordance beyond ten strata. Run: Rscript cox_more.R, here; writes cox_more.json.
# R 4.2.2, survival 3.5-3, splines, jsonlite.
suppressPackageStartupMessages({ library(survival); library(splines); library(jsonlite) })
args <- commandArgs(FALSE); here <- dirname(normalizePath(sub("--file=", "", grep("--file=", args, value = TRUE))))
read <- function(name) read.csv(file.path(here, paste0(name, ".csv")), stringsAsFactors = FALSE, na.strings = "")
ctrl <- coxph.control(eps = 1e-12, iter.max = 100, toler.chol = 1e-13)
chisq <- function(a, b, df) { s <- 2 * (b - a); list(statistic = s, df = df, p = pchisq(s, df, lower.tail = FALSE)) }
block <- function(f, transforms = c("km", "identity", "rank", "log")) {
  s <- summary(f)
  z <- lapply(setNames(transforms, transforms), function(tr) { t <- cox.zph(f, transform = tr)$table
    list(term = rownames(t), statistic = t[, "chisq"], df = t[, "df"], p = t[, "p"]) })
  list(n = f$n, events = f$nevent, term = names(coef(f)), coef = unname(coef(f)), se = unname(sqrt(diag(vcov(f)))), loglik = f$loglik,
       score = s$sctest[["test"]], wald = s$waldtest[["test"]], c = f$concordance[["concordance"]], c_se = f$concordance[["std"]], zph = z)
}
out <- list(software = list(R = paste(R.version$major, R.version$minor, sep = "."), survival = as.character(packageVersion("survival"))))

# Splines: the fitted curve relative to the median at given values, its standard error, and the tests.
spline <- function(d, y, x, knots, at, adjust = NULL) {
  d <- d[complete.cases(d[, c(x, adjust)]), ]
  d$x__ <- d[[x]]; k <- length(knots); mid <- median(d$x__)
  rhs <- function(t) as.formula(paste(y, "~", paste(c(t, adjust), collapse = " + ")))
  basis <- sprintf("ns(x__, knots = c(%s), Boundary.knots = c(%.17g, %.17g))", paste(sprintf("%.17g", knots[2:(k - 1)]), collapse = ", "), knots[1], knots[k])
  curved <- coxph(rhs(basis), data = d, control = ctrl, ties = "efron"); linear <- coxph(rhs("x__"), data = d, control = ctrl)
  none <- if (is.null(adjust)) linear$loglik[1] else coxph(rhs(NULL), data = d, control = ctrl)$loglik[2]
  B <- function(v) ns(v, knots = knots[2:(k - 1)], Boundary.knots = knots[c(1, k)])
  A <- sweep(matrix(B(at), nrow = length(at)), 2, as.vector(B(mid))); j <- seq_len(k - 1)
  list(x = x, adjust = adjust, knots = knots, reference = mid, at = at, log_hr = as.vector(A %*% coef(curved)[j]),
       se = sqrt(rowSums((A %*% vcov(curved)[j, j]) * A)), linear_coef = unname(coef(linear)[1]),
       nonlinear = chisq(linear$loglik[2], curved$loglik[2], k - 2), association = chisq(none, curved$loglik[2], k - 1))
}
harrell <- function(v, p) unname(quantile(v, p, na.rm = TRUE))
lung <- read("lung"); gbsg <- read("gbsg"); delayed <- read("rotterdam_delayed_entry"); veteran <- read("veteran")
q4 <- c(.05, .35, .65, .95); q3 <- c(.1, .5, .9)
out$spline <- list(
  lung_age = spline(lung, "Surv(time, event)", "age", harrell(lung$age, q4), seq(min(lung$age), max(lung$age), length.out = 11)),
  lung_wt_by_sex = spline(lung, "Surv(time, event)", "wt_loss", harrell(lung$wt_loss, q3), seq(-24, 68, length.out = 11), "sex"),
  gbsg_pgr = spline(gbsg, "Surv(time, event)", "pgr", c(1, 20, 80, 500), seq(0, 1000, length.out = 11), "hormon"),
  delayed_age = spline(delayed, "Surv(entry, time, event)", "age", harrell(delayed$age, q4), seq(min(delayed$age), max(delayed$age), length.out = 11)))

# Strata and delayed entry in one model, and more than ten strata. How R sorts the sizes depends on the locale.
delayed$size <- factor(delayed$size, levels = c("<=20", "20-50", ">50"))
out$delayed_strata <- block(coxph(Surv(entry, time, event) ~ age + nodes + grade + strata(size), data = delayed, control = ctrl))
out$delayed_breslow <- block(coxph(Surv(entry, time, event) ~ age + factor(grade) + size, data = delayed, ties = "breslow", control = ctrl))
out$many_strata <- block(coxph(Surv(time, event) ~ age + sex + strata(inst), data = lung, control = ctrl))

# Heavy ties: months instead of days, time zero included.
tied <- transform(veteran, time = floor(time / 30))
out$tied_efron <- block(coxph(Surv(time, event) ~ karno + celltype, data = tied, ties = "efron", control = ctrl), c("km", "identity", "rank"))
out$tied_breslow <- block(coxph(Surv(time, event) ~ karno + celltype, data = tied, ties = "breslow", control = ctrl), c("km", "identity", "rank"))

# One level without an event: the other coefficients, the limit of the likelihood and the score test hold.
toy <- data.frame(time = c(5, 8, 8, 12, 13, 15, 16, 20, 22, 25, 28, 30), event = c(1, 1, 0, 1, 1, 0, 1, 1, 0, 1, 0, 1),
                  group = rep(c("a", "b", "c"), 4), age = c(60, 71, 55, 62, 66, 49, 70, 58, 64, 53, 61, 50))
toy$event[toy$group == "c"] <- 0
f <- suppressWarnings(coxph(Surv(time, event) ~ group + age, data = toy, control = ctrl)); s <- summary(f)
out$separated <- list(data = toy, term = names(coef(f)), coef = unname(coef(f)), se = unname(sqrt(diag(vcov(f)))), loglik = f$loglik,
                      score = s$sctest[["test"]], finite = c(TRUE, FALSE, TRUE))

# A column that others determine is dropped, the last one first.
lung$months <- lung$age * 12 + 3; lung$twice <- lung$age - 2 * lung$ph_karno
f <- coxph(Surv(time, event) ~ age + months + ph_karno + twice + sex, data = lung, control = ctrl)
out$collinear <- list(term = names(coef(f)), coef = unname(coef(f)), se = unname(sqrt(diag(f$var))), loglik = f$loglik)

write_json(out, file.path(here, "cox_more.json"), digits = I(17), auto_unbox = TRUE, na = "null", null = "null", pretty = FALSE)
