"""What is measured of every run of an ablation: a few figures of :mod:`dfe.judge`, by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from dfe.judge.coding import Coding
from dfe.judge.measures import MEASURES
from dfe.judge.result import plain


class Figure(NamedTuple):
    """A column of the results."""

    heading: str
    says: str
    """What it is, in a line."""
    form: str
    """How its values are written."""
    better: Literal["lower", "higher", ""]
    """Empty where neither is better by itself."""
    path: tuple[str, ...] = ()
    """Where it lies among the measures of an evaluation; empty for those that are no measure of a coding."""


SECONDS = "seconds"

FIGURES: dict[str, Figure] = {
    "error_mm": Figure(
        "error, mm", "distance of the decoded face from the face", "{:.3f}", "lower", ("fidelity", "error_mm", "value")
    ),
    "brow": Figure("brow", "the distance over the brows, as a share of that of the mean face", "{:.3f}", "lower",
                   ("fidelity", "regions", "brow", "share", "value")),
    "eyes": Figure("eyes", "the same around the eyes", "{:.3f}", "lower",
                   ("fidelity", "regions", "eyes", "share", "value")),
    "tokens": Figure("tokens", "tokens said of a face", "{:.2f}", "", ("fidelity", "tokens", "value")),
    "bits": Figure("bits", "what an ideal code for them costs", "{:.1f}", "lower", ("fidelity", "bits", "value")),
    "local_share": Figure(
        "local", "share of the face that holds 90% of a display's energy", "{:.3f}", "lower",
        ("locality", "share", "value"),
    ),
    "mean_abs_cosine": Figure(
        "|cos|", "mean |cosine| of two displays", "{:.3f}", "lower", ("redundancy", "mean")
    ),
    "share_alike": Figure(
        "alike", "share of the pairs with |cosine| above 0.8", "{:.2%}", "lower", ("redundancy", "share_alike")
    ),
    "faithful": Figure(
        "faithful", "share of the displays said that are there in the face", "{:.1%}", "higher",
        ("faithfulness", "own_region", "value"),
    ),
    "reliability": Figure(
        "reliable", "agreement of tokens, beyond chance, after changes of the picture", "{:.3f}", "higher",
        ("reliability", "all", "counts", "agreement", "value"),
    ),
    "mirror_same": Figure(
        "mirror", "share of faces whose mirrored face gets exactly the mirrored displays", "{:.1%}", "higher",
        ("symmetry", "consistent", "value"),
    ),
    "share_used": Figure("used", "share of the displays that some face uses", "{:.1%}", "higher",
                         ("diversity", "share_used")),
    "perplexity": Figure("perplexity", "effective number of displays", "{:.1f}", "",
                         ("diversity", "perplexity", "value")),
    "emotion": Figure("emotion", "accuracy of a linear probe for the labels, from counts of displays", "{:.3f}",
                      "higher", ("probe", "count", "accuracy", "value")),
    SECONDS: Figure("seconds", "of a core, to train it or to fit it", "{:.0f}", ""),
}  # fmt: skip
"""Every figure of a run by its name, in the order of the tables."""

STABILITY = Figure(
    "stable (chance)",
    "mean cosine of displays of two seeds, matched one to one (and of displays drawn at random)",
    "{:.2f}",
    "higher",
)
"""The figure of all runs of a variant together."""


def measure(coding: Coding) -> dict[str, float | None]:
    """Every figure of a coding on a bench; None where its input is missing or it is not defined."""
    names = dict.fromkeys(figure.path[0] for figure in FIGURES.values() if figure.path)
    measured = {name: plain(MEASURES[name](coding)) for name in names}
    return {name: _at(measured, figure.path) for name, figure in FIGURES.items() if figure.path}


def _at(measured: Mapping[str, Any], path: tuple[str, ...]) -> float | None:
    value: Any = measured
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    number: float | None = value
    return number
