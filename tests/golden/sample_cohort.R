# What R's survival package makes of the calibrated core of the sample cohort: medians, log-rank p, hazard
# ratios, follow-up. Writes sample_cohort.json beside itself.
library(survival)
library(jsonlite)
args <- commandArgs(FALSE)
here <- dirname(normalizePath(sub("^--file=", "", args[grep("^--file=", args)])))
d <- read.csv(file.path(here, "..", "..", "sample_data", "calibrated_cohort.csv"), na.strings = c("", "NA"))
month <- 30.4375
values <- list()
median_of <- function(fit, row = NULL) {
  m <- if (is.null(row)) summary(fit)$table["median"] else summary(fit)$table[row, "median"]
  unname(m) / month
}
values[["Text: median PFS"]] <- median_of(survfit(Surv(pfs_days, pfs_event) ~ 1, d))
values[["Text: median follow-up (reverse KM, OS)"]] <- median_of(survfit(Surv(os_days, 1 - death) ~ 1, d))
rows <- list(
  EMD = list("emd", d$best_response != "NE"), ISS3 = list("iss3", !is.na(d$iss_at_start) & d$iss_at_start == 1),
  BM60 = list("bm60", TRUE), CYTO = list("hr_cyto", TRUE), IDE = list("ide_cel", TRUE),
  PENTA = list("penta_refr", TRUE), POLY = list("poly_2mo", TRUE)
)
for (name in names(rows)) {
  part <- d[rows[[name]][[2]] & !is.na(d[[rows[[name]][[1]]]]), ]
  part$g <- part[[rows[[name]][[1]]]]
  fit <- survfit(Surv(pfs_days, pfs_event) ~ g, part)
  values[[paste0("Table 2: ", name, " Yes median")]] <- median_of(fit, 2)
  values[[paste0("Table 2: ", name, " p")]] <- survdiff(Surv(pfs_days, pfs_event) ~ g, part)$pvalue
  cox <- summary(coxph(Surv(pfs_days, pfs_event) ~ g, part, control = coxph.control(eps = 1e-11, toler.chol = 1e-13)))$conf.int
  values[[paste0("Table 2: ", name, " HR")]] <- unname(cox[1, 1])
  values[[paste0("Table 2: ", name, " HR low")]] <- unname(cox[1, 3])
  values[[paste0("Table 2: ", name, " HR high")]] <- unname(cox[1, 4])
}
multi <- summary(coxph(Surv(pfs_days, pfs_event) ~ emd + iss3 + ide_cel, d, control = coxph.control(eps = 1e-11, toler.chol = 1e-13)))
for (name in c("emd", "iss3", "ide_cel")) {
  values[[paste0("Table 2: multi ", name, " HR")]] <- multi$conf.int[name, 1]
  values[[paste0("Table 2: multi ", name, " low")]] <- multi$conf.int[name, 3]
  values[[paste0("Table 2: multi ", name, " high")]] <- multi$conf.int[name, 4]
  values[[paste0("Table 2: multi ", name, " p")]] <- multi$coefficients[name, 5]
}
responders <- d[!is.na(d$dor_days), ]
values[["Text: DOR log-rank p ide-cel"]] <- survdiff(Surv(dor_days, pfs_event) ~ ide_cel, responders)$pvalue
result <- list(r = R.version.string, survival = as.character(packageVersion("survival")), values = values)
write(toJSON(result, auto_unbox = TRUE, digits = NA, pretty = TRUE), file.path(here, "sample_cohort.json"))
