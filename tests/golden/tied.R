# Many ties: 3000 patients, times in whole months, so that hundreds have the event at once. Rscript tied.R writes
# tied.csv and tied.json. survival 3.5-3.
suppressPackageStartupMessages({ library(survival); library(jsonlite) })
args <- commandArgs(FALSE)
here <- dirname(normalizePath(sub("--file=", "", args[grep("--file=", args)])))
set.seed(3)
n <- 3000
group <- sample(0:2, n, TRUE, c(.5, .3, .2))
t <- rexp(n, c(.03, .045, .02)[group + 1]); cens <- runif(n, 5, 60)
d <- data.frame(time = ceiling(pmin(t, cens)), event = as.integer(t <= cens), group = group)
write.csv(d, file.path(here, "tied.csv"), row.names = FALSE, quote = FALSE)
out <- list()
for (ties in c("efron", "breslow")) for (groups in c(2, 3)) {
  x <- d[d$group < groups, ]
  f <- coxph(Surv(time, event) ~ factor(group), data = x, ties = ties,
             control = coxph.control(eps = 1e-12, iter.max = 100, toler.chol = 1e-13))
  z <- cox.zph(f, transform = "km", terms = TRUE, global = FALSE)$table
  out[[length(out) + 1]] <- list(ties = ties, groups = groups, coef = I(unname(coef(f))),
    se = I(unname(sqrt(diag(vcov(f))))), loglik = f$loglik, score = f$score, ph = z[1, 1])
}
write(toJSON(out, digits = I(17), auto_unbox = TRUE, pretty = 1), file.path(here, "tied.json"))
