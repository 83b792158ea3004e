# Makes lme4.json beside the answers that it reads: Rscript make.R   (R 4.2.2, lme4 1.1-31 of Debian 12)
# tolPwrss is far below lme4's default, at which its estimates still move in the third digit.
suppressMessages({library(lme4); library(jsonlite)})
exact <- glmerControl(tolPwrss = 1e-13)
told <- function(m) {
  s <- summary(m)$coefficients
  v <- as.data.frame(VarCorr(m))
  list(effects = unname(s[, 1]), errors = unname(s[, 2]), covariance = as.matrix(unname(as.matrix(vcov(m)))),
       groups = v$grp, spreads = v$sdcor, deviance = as.numeric(-2 * logLik(m)))
}
answers <- read.csv("answers.csv")
crossed <- glmer(fooled ~ 0 + condition + (1 | participant) + (1 | photo), answers, binomial, control = exact)
sloped <- glmer(fooled ~ 0 + condition + (1 | participant) + (1 | photo) + (1 | photo:condition), answers, binomial,
                control = exact)
write.csv(cbpp, "cbpp.csv", row.names = FALSE, quote = FALSE)
herds <- glmer(cbind(incidence, size - incidence) ~ period + (1 | herd), cbpp, binomial, control = exact)
write_json(list(crossed = told(crossed), sloped = told(sloped), herds = told(herds)), "lme4.json",
           digits = 12, auto_unbox = TRUE, pretty = TRUE)
