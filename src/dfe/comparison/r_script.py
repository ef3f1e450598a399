"""The same question for R: a table of recordings, and a script with mixed models of the counts."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from dfe.base.version import __version__
from dfe.comparison.comparison import Comparison

DATA = "analysis.csv"
RESULTS = "analysis_results.csv"


def data_rows(done: Comparison) -> tuple[list[str], list[list[object]]]:
    """Names of columns, and a row for each recording that was analysed.

    Subjects are numbered; it is data by person all the same.
    """
    table, sums, subjects = done.table, done.sums, done.subjects
    covariates = covariate_names(table.columns.covariates)
    kinds = [kind for kind in sums.kinds if kind.unit == "display"]
    head = ["subject", "group", "condition", "stratum", *covariates.values(), "exposure_min", "coverage"]
    head += [f"count_{kind.token}" for kind in kinds] + [f"share_{kind.token}" for kind in kinds]
    rows: list[list[object]] = []
    for place, subject in zip(subjects.rows.tolist(), subjects.subject.tolist(), strict=True):
        row, exposure = table.rows[place], float(sums.exposure_s[place])
        cells: list[object] = [f"s{subject + 1:03d}", row.group, row.condition, row.stratum]
        cells += [subjects.covariates[name][subject] for name in covariates]
        cells += [f"{exposure / 60:.6g}", f"{sums.coverage[place]:.4f}"]
        cells += [int(sums.count[place, i]) for i in range(len(kinds))]
        cells += [f"{sums.on_s[place, i] / exposure:.6g}" for i in range(len(kinds))]
        rows.append(cells)
    return head, rows


def covariate_names(names: Sequence[str]) -> dict[str, str]:
    """Names of columns that R takes as they are."""
    return {name: f"cov{i}_{re.sub('[^A-Za-z0-9]+', '_', name).strip('_')}" for i, name in enumerate(names, start=1)}


def r_script(done: Comparison) -> str:
    """A script that fits negative-binomial mixed models with glmmTMB to :data:`DATA`."""
    table = done.table
    categories = [new for old, new in covariate_names(table.columns.covariates).items() if old in table.words]
    names = list(covariate_names(table.columns.covariates).values())
    if table.columns.stratum is not None:
        names.append("stratum")
        categories.append("stratum")
    contrast = {(True, False): "group", (False, True): "condition", (True, True): "group * condition"}[
        table.groups is not None, table.conditions is not None
    ]
    term = {"group": "group", "condition": "condition", "group * condition": ":"}[contrast]
    terms = " + ".join([contrast, *names, "offset(log(exposure_min))", "(1 | subject)"])
    shown = [
        kind
        for i, kind in enumerate(done.sums.kinds)
        if kind.unit == "display" and done.sums.count[done.subjects.rows, i].any()
    ]
    labels = ",\n".join(f"  count_{kind.token} = {json.dumps(kind.label)}" for kind in shown)
    factors = [(n, two) for n, two in (("group", table.groups), ("condition", table.conditions)) if two is not None]
    lines = [f"d${n} <- factor(d${n}, levels = c({json.dumps(two[0])}, {json.dumps(two[1])}))" for n, two in factors]
    lines += [f"d${name} <- factor(d${name})" for name in categories]
    return f"""# Written by dfe {__version__} for the recordings in {DATA}.
# UNTESTED: this script was written without R at hand. Read it before you rely on it.
# It needs the package glmmTMB: install.packages("glmmTMB")
library(glmmTMB)

d <- read.csv("{DATA}", stringsAsFactors = FALSE)
d$subject <- factor(d$subject)
{chr(10).join(lines)}

displays <- c(
{labels}
)

fit_one <- function(column) {{
  model_formula <- as.formula(paste(column, "~ {terms}"))
  fit <- tryCatch(glmmTMB(model_formula, data = d, family = nbinom2), error = function(e) NULL)
  none <- data.frame(token = column, label = displays[[column]], ratio = NA, low = NA, high = NA, p = NA,
                     converged = FALSE)
  if (is.null(fit)) return(none)
  found <- summary(fit)$coefficients$cond
  row <- grep("{term}", rownames(found), fixed = TRUE)[1]
  slope <- found[row, "Estimate"]
  reach <- qnorm(0.975) * found[row, "Std. Error"]
  data.frame(token = column, label = displays[[column]], ratio = exp(slope), low = exp(slope - reach),
             high = exp(slope + reach), p = found[row, "Pr(>|z|)"], converged = isTRUE(fit$sdr$pdHess))
}}

results <- do.call(rbind, lapply(names(displays), fit_one))
results$q <- p.adjust(results$p, method = "BH")
write.csv(results, "{RESULTS}", row.names = FALSE)
print(results[order(results$p), ], row.names = FALSE)
"""
