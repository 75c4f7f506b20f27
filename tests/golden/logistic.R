# Firth's logistic regression, and maximum likelihood where the data are separated.
# Rscript tests/golden/logistic.R   reads lung.csv and gbsg_sep20.csv beside it and writes logistic.json.
# Made with R 4.2.2 and jsonlite. Firth: modified score equations (Heinze and Schemper, Stat Med 2002;21:2409) by
# Newton, checked against optim; limits and tests from the profile of the penalised likelihood, as logistf has them.
here <- dirname(normalizePath(sub("--file=", "", grep("--file=", commandArgs(FALSE), value = TRUE))))

at <- function(b, X, y) {
  p <- plogis(drop(X %*% b)); w <- p * (1 - p); I <- crossprod(X, w * X)
  h <- w * rowSums((X %*% solve(I)) * X)
  list(value = sum(dbinom(y, 1, p, log = TRUE)) + 0.5 * as.numeric(determinant(I)$modulus),
       score = drop(crossprod(X, y - p + h * (0.5 - p))), information = I)
}
firth <- function(X, y, free = rep(TRUE, ncol(X)), b = numeric(ncol(X))) {
  for (i in 1:500) {
    z <- at(b, X, y)
    if (!any(free)) break
    step <- solve(z$information[free, free, drop = FALSE], z$score[free])
    step <- step * min(1, 2 / max(abs(step))); k <- 1
    while (at(replace(b, free, b[free] + k * step), X, y)$value < z$value - 1e-12 && k > 1e-8) k <- k / 2
    b[free] <- b[free] + k * step
    if (max(abs(k * step)) < 1e-12) break
  }
  list(b = b, value = at(b, X, y)$value, information = at(b, X, y)$information)
}
firth_model <- function(X, y) {
  s <- apply(X, 2, sd); s[1] <- 1
  X <- sweep(X, 2, s, "/")
  f <- firth(X, y)
  loss <- function(b) tryCatch(-at(b, X, y)$value, error = function(e) 1e10)
  found <- optim(f$b, loss, method = "BFGS", control = list(reltol = 1e-15))
  stopifnot(loss(f$b) <= found$value + 1e-10, max(abs(found$par - f$b)) < 1e-3)
  fall <- function(j, v) 2 * (f$value - firth(X, y, seq_len(ncol(X)) != j, replace(f$b, j, v))$value)
  limits <- sapply(seq_len(ncol(X)), function(j) {
    g <- function(v) fall(j, v) - qchisq(0.95, 1)
    se <- sqrt(solve(f$information)[j, j])
    c(uniroot(g, f$b[j] - c(1, 0) * se, extendInt = "downX", tol = 1e-13)$root,
      uniroot(g, f$b[j] + c(0, 1) * se, extendInt = "upX", tol = 1e-13)$root)
  })
  chi <- sapply(seq_len(ncol(X)), function(j) fall(j, 0))
  list(term = colnames(X), coef = f$b / s, se = sqrt(diag(solve(f$information))) / s, lower = limits[1, ] / s,
       upper = limits[2, ] / s, chi2 = chi, p = pchisq(chi, 1, lower.tail = FALSE), loglik = f$value + sum(log(s)))
}
lung <- read.csv(file.path(here, "lung.csv"), na.strings = "")
lung$sex <- factor(lung$sex, c("male", "female"))
lung <- lung[complete.cases(lung[, c("dead_by_180", "sex", "age", "ecog")]), ]
sep <- read.csv(file.path(here, "gbsg_sep20.csv"), na.strings = "")

# Separated by nodes: the coefficient of age in the limit, and its profile limits with nodes held far out.
control <- glm.control(epsilon = 1e-15, maxit = 100)
fit <- suppressWarnings(glm(event ~ age, binomial, sep[sep$nodes_gt3 == "yes", ], control = control))
g <- function(v) {
  held <- suppressWarnings(glm(event ~ 1, binomial, sep[sep$nodes_gt3 == "yes", ], control = control, offset = v * age))
  deviance(held) - deviance(fit) - qchisq(0.95, 1)
}
both <- suppressWarnings(glm(event ~ nodes_gt3 + age, binomial, sep, control = control))
stopifnot(abs(coef(both)[["age"]] - coef(fit)[["age"]]) < 1e-5)
b <- coef(fit)[["age"]]
separated <- list(coef = b, se = sqrt(vcov(fit)["age", "age"]), lower = uniroot(g, c(b - 10, b), tol = 1e-13)$root,
                  upper = uniroot(g, c(b, b + 10), tol = 1e-13)$root, loglik = as.numeric(logLik(fit)))

out <- list(
  firth = list(lung = firth_model(model.matrix(~ sex + age + ecog, lung), lung$dead_by_180),
               gbsg_sep20 = firth_model(model.matrix(~ nodes_gt3 + age, sep), sep$event)),
  separated = separated)
writeLines(jsonlite::toJSON(out, auto_unbox = TRUE, digits = NA), file.path(here, "logistic.json"))
