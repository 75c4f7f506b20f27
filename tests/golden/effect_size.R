# Standardized mean differences (Yang and Dalton, SAS Global Forum 2012, 335) and rank tests on lung and veteran.
# Rscript tests/golden/effect_size.R   reads lung.csv and veteran.csv beside it and writes effect_size.json.
# Made with R 4.2.2 and jsonlite.
here <- dirname(normalizePath(sub("--file=", "", grep("--file=", commandArgs(FALSE), value = TRUE))))
lung <- read.csv(file.path(here, "lung.csv"), na.strings = "")
veteran <- read.csv(file.path(here, "veteran.csv"), na.strings = "")

smd_number <- function(x, g) {
  v <- split(x[!is.na(x)], g[!is.na(x)])
  (mean(v[[1]]) - mean(v[[2]])) / sqrt((var(v[[1]]) + var(v[[2]])) / 2)
}
smd_levels <- function(x, g) {
  p <- prop.table(table(g, x), 1)
  one <- p[1, -1]; two <- p[2, -1]
  cov1 <- -outer(one, one); diag(cov1) <- one * (1 - one)
  cov2 <- -outer(two, two); diag(cov2) <- two * (1 - two)
  d <- one - two
  as.numeric(sqrt(t(d) %*% solve((cov1 + cov2) / 2) %*% d))
}
rank_two <- function(x, g) {
  t <- wilcox.test(x ~ g, exact = FALSE)
  list(statistic = unname(t$statistic), p_value = t$p.value)
}
rank_more <- function(x, g) {
  t <- kruskal.test(x, factor(g))
  list(statistic = unname(t$statistic), p_value = t$p.value)
}
out <- list(
  number = list(age = smd_number(lung$age, lung$sex), wt_loss = smd_number(lung$wt_loss, lung$sex)),
  levels = list(ecog = smd_levels(lung$ecog, lung$sex), age_grp = smd_levels(lung$age_grp, lung$sex),
                celltype = smd_levels(veteran$celltype, veteran$trt)),
  wilcoxon = list(age = rank_two(lung$age, lung$sex), wt_loss = rank_two(lung$wt_loss, lung$sex)),
  kruskal = list(age = rank_more(lung$age, lung$ecog), karno = rank_more(veteran$karno, veteran$celltype)))
writeLines(jsonlite::toJSON(out, auto_unbox = TRUE, digits = NA), file.path(here, "effect_size.json"))
