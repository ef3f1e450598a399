"""The methods of a design in words, with all their numbers, to be put into a paper."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dfe.comparison.designs.said import contrasts_said, sensitivity_said
from dfe.comparison.methods import data_said, measures_said


def design_methods(result: Mapping[str, Any]) -> str:
    """Paragraphs of plain text about the JSON of a design."""
    parts = [data_said(result), measures_said(result), _design(result), _evidence(result)]
    if any(row["ratio"] is not None for row in result["rows"]):
        parts.append(
            "Ratios of rates are those of a negative-binomial model of counts with the log of the usable minutes as "
            "offset; the spread of a display is drawn to that of all displays, and p is that of the quasi-likelihood "
            "ratio. Ratios of scores are per standard deviation."
        )
    parts += [*contrasts_said(result), *sensitivity_said(result)]
    parts += [*result["notes"], result["statement"]]
    return "\n\n".join(parts) + "\n"


def _design(result: Mapping[str, Any]) -> str:
    design = result["design"]
    names, said = design["names"], []
    if design["groups"]:
        listed = ", ".join(f"{name} ({count})" for name, count in design["groups"])
        said.append(f"the groups of {names['group']}: {listed}")
    said += [f"the score {one['name']} (mean {one['mean']:.3g}, SD {one['sd']:.3g})" for one in design["scores"]]
    if design["conditions"]:
        said.append(f"the conditions {', '.join(design['conditions'])}, each subject in all of them")
    if design["periods"]:
        said.append(f"their {names['period']} ({', '.join(design['periods'])}), held constant and tested")
    words = f"Asked was about {'; '.join(said)}."
    held = [kind["name"] for kind in result["covariates"] if kind["name"] in result["columns"]["covariates"]]
    if held:
        words += f" Held constant: {', '.join(held)}."
    if design["clusters"] is not None:
        words += f" The {design['subjects']} subjects share {design['clusters']} values of {names['cluster']}."
    return words


def _evidence(result: Mapping[str, Any]) -> str:
    settings, columns = result["settings"], result["columns"]
    within = f" within the same {columns['stratum']}" if columns["stratum"] else ""
    return (
        "Every question is one term of a linear model of subjects' values: groups weigh alike, conditions are an "
        "analysis of variance with repeated measures, and scores, covariates and the other factors are held constant. "
        "p is two-sided, from permuting what the rest of the model leaves (Freedman and Lane, 1983; Anderson and ter "
        f"Braak, 2003), of subjects{within} or of the conditions within subjects, the model fitted anew, "
        f"(b + 1) / (B + 1) with B = {settings['permutations']:,} (seed {settings['seed']}). When two groups are "
        "compared, only their subjects are permuted. Sizes: Hedges' g and Cohen's d_z with intervals of the "
        "noncentral t, partial correlations with Fisher's interval, partial omega squared of three or more. "
        "Differences and slopes are in the unit of the measure, with the interval of t. "
        "Of the pairs of one factor, p is adjusted after Holm (1979) "
        "within a display; q controls the false discovery rate (Benjamini and Hochberg, 1995) over the displays, and "
        "pairs, of one question and measure; displays that nobody showed are in no family. The p of any difference is "
        "that of the largest F over all displays."
    )
