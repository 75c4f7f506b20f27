# Published proportions beside a cohort's: exact limits (binom.test), and differences after Newcombe from the score
# limits of prop.test. Run from this folder: Rscript compare_published.R
library(jsonlite)
exact <- function(x, n) 100 * as.numeric(binom.test(x, n)$conf.int)
score <- function(x, n) as.numeric(suppressWarnings(prop.test(x, n, correct = FALSE))$conf.int)
newcombe <- function(x1, n1, x2, n2) {
  p1 <- x1 / n1; p2 <- x2 / n2; a <- score(x1, n1); b <- score(x2, n2); d <- p1 - p2
  100 * c(d, d - sqrt((p1 - a[1])^2 + (b[2] - p2)^2), d + sqrt((a[2] - p1)^2 + (p2 - b[1])^2))
}
fits <- function(pct, n) which(round(100 * (0:n) / n) == pct) - 1
counts <- fits(73, 821)
out <- list(
  majestec1_orr = exact(104, 165), majestec1_cr = exact(65, 165), karmma_orr = exact(94, 128),
  cibmtr_counts = range(counts), cibmtr_orr = c(exact(min(counts), 821)[1], exact(max(counts), 821)[2]),
  difference_majestec1_orr = newcombe(73, 123, 104, 165), difference_karmma_crs = newcombe(72, 123, 107, 128),
  difference_cibmtr_orr = c(newcombe(73, 123, max(counts), 821)[2], newcombe(73, 123, min(counts), 821)[3]))
write(toJSON(out, digits = I(17), auto_unbox = TRUE), "compare_published.json")
