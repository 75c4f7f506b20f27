# What R makes of the sample cohort where the pages describe patients: medians and quartiles, rank tests,
# counts with chi-square, exact limits of adverse events, odds ratios, cumulative incidence of response and
# of infection by EMD. Writes patients.json beside itself.
library(survival)
library(jsonlite)
args <- commandArgs(FALSE)
here <- dirname(normalizePath(sub("^--file=", "", args[grep("^--file=", args)])))
d <- read.csv(file.path(here, "..", "..", "sample_data", "cohort.csv"), na.strings = "", fileEncoding = "UTF-8-BOM")
day <- function(x) as.numeric(as.Date(x))
start <- day(d$start_date)
d$years_since_dx <- (start - day(d$dx_date)) / 365.25
out <- list()

numbers <- c("age", "years_since_dx", "prior_lines", "b2m", "albumin", "ldh", "hemoglobin", "platelets",
             "neutrophils", "creatinine_clearance")
out$numbers <- lapply(setNames(numbers, numbers), function(name) {
  x <- d[[name]]
  list(q = unname(quantile(x, c(0, .25, .5, .75, 1), na.rm = TRUE)), missing = sum(is.na(x)),
       p = wilcox.test(x[d$emd %in% "yes"], x[d$emd %in% "no"], exact = FALSE)$p.value)
})
out$kruskal_age_by_iss <- kruskal.test(d$age, d$iss)$p.value
flags <- c("high_risk_cyto", "penta_refractory", "polychemo_2m", "idecel", "belantamab")
out$flags <- lapply(setNames(flags, flags), function(name) {
  table <- table(d$emd, d[[name]])
  list(yes = unname(table[, "yes"]), n = unname(rowSums(table)),
       p = suppressWarnings(chisq.test(table, correct = FALSE)$p.value))
})
out$triple_fisher <- fisher.test(table(d$emd, d$triple_class_refractory))$p.value

events <- c(infection = "infection_grade", crs = "crs_grade", icans = "icans_grade", neutropenia = "neutropenia_grade",
            anemia = "anemia_grade", thrombopenia = "thrombopenia_grade")
share <- function(x) {
  x <- x[!is.na(x)]
  test <- binom.test(sum(x), length(x))
  list(x = sum(x), n = length(x), limits = test$conf.int[1:2])
}
grades <- lapply(events, function(name) d[[name]])
grades$cytopenia <- pmax(d$neutropenia_grade, d$anemia_grade, d$thrombopenia_grade)
out$safety <- lapply(grades, function(g) list(
  any = share(g >= 1), severe = share(g >= 3), emd_any = share(g[d$emd %in% "yes"] >= 1),
  grades = tabulate(g + 1, 6)))
onset <- day(d$crs_onset_date) - start
out$crs_onset <- unname(quantile(onset, c(0, .25, .5, .75, 1), na.rm = TRUE))

incidence <- function(time, status, group, at) {
  keep <- !is.na(time) & !is.na(status) & !is.na(group)
  fit <- survfit(Surv(time[keep], factor(status[keep], 0:2, c("censored", "event", "competing"))) ~ group[keep],
                 conf.type = "log-log")
  found <- summary(fit, times = at, extend = TRUE)
  column <- which(fit$states == "event")
  lapply(split(seq_along(found$time), found$strata), function(i) list(
    time = found$time[i], n_risk = found$n.risk[i, 1], estimate = found$pstate[i, column],
    low = found$lower[i, column], high = found$upper[i, column]))
}
responded <- d$best_response %in% c("sCR", "CR", "nCR", "VGPR", "PR")
ended <- pmin(day(d$progression_date), day(d$death_date), na.rm = TRUE)
pfs <- ifelse(is.na(ended), day(d$last_contact_date), ended) - start
out$response <- incidence(ifelse(responded, day(d$first_response_date) - start, pfs),
                          ifelse(responded, 1, ifelse(is.na(ended), 0, 2)), d$emd, c(30.4375, 60.875, 91.3125))
infected <- d$infection_grade >= 1
os <- ifelse(is.na(d$death_date), day(d$last_contact_date), day(d$death_date)) - start
out$infection <- incidence(ifelse(infected, day(d$infection_onset_date) - start, os),
                           ifelse(infected, 1, ifelse(d$death == "yes", 2, 0)), d$emd, c(30, 91, 182))
months <- function(x) unname(quantile(x / 30.4375, c(0, .5, 1), na.rm = TRUE))
out$first_response <- months((day(d$first_response_date) - start)[responded])
out$best_response <- months((day(d$best_response_date) - start)[responded])
write_json(out, file.path(here, "patients.json"), auto_unbox = TRUE, digits = NA, pretty = TRUE)
