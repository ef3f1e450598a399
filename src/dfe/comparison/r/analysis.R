
# Everything below is the same in every study. It needs R alone (version 4 or later), and the package MASS, which comes
# with R, for one column more.

# One row for each subject, or (apart) for each subject and condition: sums over recordings.
pool <- function(d, apart) {
  by <- if (apart) paste(d$subject, d$condition) else as.character(d$subject)
  first <- !duplicated(by)
  out <- d[first, c("subject", "group", "condition", "stratum", covariates), drop = FALSE]
  for (column in c("exposure_min", names(displays))) out[[column]] <- as.vector(tapply(d[[column]], by, sum)[by[first]])
  out
}

# Columns that are held constant: the mean, strata, covariates; each thing once.
held_constant <- function(d) {
  terms <- "1"
  if (length(unique(d$stratum)) > 1) terms <- c(terms, "factor(stratum)")
  for (name in covariates) terms <- c(terms, if (name %in% categories) paste0("factor(", name, ")") else name)
  model.matrix(as.formula(paste("~", paste(terms, collapse = " + "))), d)
}

independent <- function(X) {
  parts <- qr(X, tol = 1e-9)
  X[, sort(parts$pivot[seq_len(parts$rank)]), drop = FALSE]
}

# What is asked about, then what is held constant.
design <- function(d, analysis) {
  second <- if (is.null(groups)) rep(0, nrow(d)) else as.numeric(d$group == groups[2])
  condition <- if (is.null(conditions)) rep(0, nrow(d)) else as.numeric(d$condition == conditions[2])
  held <- held_constant(d)
  asked <- switch(analysis, "groups" = second, "conditions" = condition, "groups x conditions" = second * condition)
  rest <- switch(analysis, "groups" = held, "conditions" = cbind(held, second, (second - mean(second)) * condition),
                 "groups x conditions" = cbind(held, second, condition))
  list(asked = asked, rest = independent(rest))
}

# Log-linear counts by generalised least squares: a row varies by mu + (between + within) mu^2, and two rows of a
# subject go together by between mu_i mu_j.
fit_counts <- function(y, offset, X, subject, between, within) {
  beta <- qr.solve(X, rep(log(sum(y) / sum(exp(offset))), nrow(X)))
  for (step in 1:200) {
    mu <- exp(offset + as.vector(X %*% beta))
    information <- matrix(0, ncol(X), ncol(X))
    score <- numeric(ncol(X))
    solved <- numeric(length(y))
    for (who in unique(subject)) {
      at <- which(subject == who)
      V <- diag(mu[at] + within[at] * mu[at]^2, length(at)) + between[at[1]] * tcrossprod(mu[at])
      D <- mu[at] * X[at, , drop = FALSE]
      information <- information + t(D) %*% solve(V, D)
      solved[at] <- mu[at] * solve(V, y[at] - mu[at])
    }
    score <- as.vector(t(X) %*% solved)
    change <- solve(information, score)
    beta <- beta + change / max(1, abs(X %*% change))
    if (sum(change * score) < 1e-12) break
  }
  list(beta = beta, solved = solved)
}

# Twice the integral of the score along the way from no effect to the best one: the quasi-likelihood ratio.
likelihood_ratio <- function(best, y, offset, asked, rest, subject, between, within) {
  nodes <- seq(0, 1, length.out = 33)
  score <- sapply(nodes * best, function(value) {
    fit <- fit_counts(y, offset + value * asked, rest, subject, between, within)
    sum(asked * fit$solved)
  })
  weights <- c(1, rep(c(4, 2), 15), 4, 1) / 96
  2 * best * sum(weights * score)
}

analyse <- function(analysis) {
  d <- pool(recordings, apart = analysis != "groups")
  D <- design(d, analysis)
  shared <- spread[spread$analysis == analysis, ]
  place <- if (nrow(shared) > 1) 1 + (d$group == groups[2]) else rep(1, nrow(d))
  between <- shared$between[place]
  within <- shared$dispersion[place] - between
  page <- subset(read.csv("results.csv"), kind == "display")
  page <- page[page$analysis == analysis, ]
  one <- function(column) {
    token <- sub("count_", "", column)
    of <- function(measure) page[page$measure == measure & page$token == token, ]
    model <- of("rate_ratio")
    out <- data.frame(analysis = analysis, token = token, label = displays[[column]], ratio = NA, ratio_p = NA,
                      page_ratio = model$effect, page_p = model$p, effect = NA, page_effect = of("per_min")$effect,
                      pooled = NA, page_pooled = NA, nb_ratio = NA, nb_p = NA)
    if (is.na(model$p)) return(out)
    y <- d[[column]]
    minutes <- d$exposure_min
    # The model of counts.
    if (is.finite(model$effect) && model$effect > 0) {
      fit <- fit_counts(y, log(minutes), cbind(D$asked, D$rest), d$subject, between, within)
      out$ratio <- exp(fit$beta[1])
      lr <- likelihood_ratio(fit$beta[1], y, log(minutes), D$asked, D$rest, d$subject, between, within)
      out$ratio_p <- pf(lr / model$inflation, 1, model$df, lower.tail = FALSE)
    }
    if (analysis == "groups") {
      # Hedges' g of subjects' rates, and all events by all minutes.
      rate <- y / minutes
      straight <- lm(rate ~ D$asked + D$rest - 1)
      free <- df.residual(straight)
      out$effect <- coef(straight)[[1]] / sigma(straight) * (1 - 3 / (4 * free - 1))
      if (sum(y[D$asked == 1]) > 0 && sum(y[D$asked == 0]) > 0) {
        pooled <- glm(y ~ D$asked + D$rest - 1 + offset(log(minutes)), family = poisson)
        out$pooled <- exp(coef(pooled)[[1]])
        out$page_pooled <- of("pooled_ratio")$effect
      }
      # A dispersion of each display's own, the same in both groups: what most programs do.
      if (requireNamespace("MASS", quietly = TRUE)) {
        own <- tryCatch(suppressWarnings(MASS::glm.nb(y ~ D$asked + D$rest - 1 + offset(log(minutes)))),
                        error = function(e) NULL)
        if (!is.null(own)) {
          out$nb_ratio <- exp(coef(own)[[1]])
          out$nb_p <- coef(summary(own))[1, 4]
        }
      }
    }
    out
  }
  do.call(rbind, lapply(names(displays), one))
}

recordings <- read.csv("analysis.csv", stringsAsFactors = FALSE)
results <- do.call(rbind, lapply(unique(spread$analysis), analyse))
results$ratio_q <- ave(results$ratio_p, results$analysis, FUN = function(p) p.adjust(p, method = "BH"))
write.csv(results, "analysis_results.csv", row.names = FALSE)
shown <- results[order(results$ratio_p), ]
shown <- shown[!is.na(shown$page_p), c("analysis", "token", "ratio", "ratio_p", "ratio_q", "effect", "nb_ratio", "nb_p")]
print(shown, row.names = FALSE, digits = 3)

apart <- function(one, other) {
  both <- is.finite(one) & is.finite(other) & one != 0
  if (any(both)) max(abs(one[both] - other[both]) / pmax(abs(other[both]), 0.001)) else 0
}
cat(sprintf("largest relative difference from results.csv: ratio %.1e, its p %.1e, g %.1e, pooled ratio %.1e\n",
            apart(results$ratio, results$page_ratio), apart(results$ratio_p, results$page_p),
            apart(results$effect, results$page_effect), apart(results$pooled, results$page_pooled)))
