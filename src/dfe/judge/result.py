"""What an evaluation found, as values, as JSON, and as a table of the main figures."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from math import isfinite
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np

from dfe.base.csv_text import csv_text
from dfe.base.files import replacing
from dfe.base.frames import data_frame
from dfe.judge.probe import Probe

if TYPE_CHECKING:
    import pandas as pd

Kind = Literal["tokenizer", "baseline", "au proxy"]

FILES = JSON, PAGE, TABLE = "evaluation.json", "evaluation.html", "table.csv"
"""Files that :func:`write_evaluation` writes."""

_DIGITS = 5


class NotMeasured(NamedTuple):
    """Stands in place of a measure whose input is not there."""

    not_measured: str
    """Why, and what would give it."""


class Seen(NamedTuple):
    """Faces judged on whose people the coding was fitted, or chosen, on."""

    faces: int
    share: float


@dataclass(frozen=True, eq=False)
class CoderResult:
    """All that was measured of one coding.

    Args:
        id: of the coding.
        kind: what it is.
        hash: SHA-256 over all that decides its codes and faces; of a baseline, over its displays.
        levels, size: N and K.
        ordered: the first m codes of a face are its best m.
        seen: whom it knows of the people judged on.
        measures: by name of the measure, its result, a mapping of such, or :class:`NotMeasured`.
    """

    id: str
    kind: Kind
    hash: str
    levels: int
    size: int
    ordered: bool
    seen: Seen | NotMeasured
    measures: Mapping[str, Any]

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values, every measure under its name."""
        own = {name: getattr(self, name) for name in ("id", "kind", "hash", "levels", "size", "ordered", "seen")}
        values: dict[str, Any] = plain({**own, **self.measures})
        return values


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Codings judged on the same faces.

    Args:
        about: inputs, settings, and what they leave open.
        floors: by name, what no coding, or no loss at all, would bring.
        coders: one for each coding, in the order given.
    """

    about: Mapping[str, Any]
    floors: Mapping[str, Any]
    coders: tuple[CoderResult, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values: five significant digits, null where a figure is not defined.

        All but what is called ``cost`` is the same for the same inputs.
        """
        return {
            "about": plain(self.about),
            "floors": plain(self.floors),
            "coders": [coder.to_json() for coder in self.coders],
        }

    def to_pandas(self) -> pd.DataFrame:
        """A row for each coding: its main figures, as in ``table.csv``; what was not measured is missing.

        Raises:
            DfeError: pandas is not installed.
        """
        head = ("id", "kind", "levels", "size")
        coders = [coder.to_json() for coder in self.coders]
        return data_frame([{name: coder[name] for name in head} | main_figures(coder) for coder in coders])


def plain(value: Any) -> Any:
    """Results as JSON values: named parts become objects, arrays lists, numbers that are not finite null."""
    if isinstance(value, Probe):
        # Which faces were told rightly serves paired comparisons; it is no figure.
        return plain({name: part for name, part in value._asdict().items() if name != "right"})
    if isinstance(value, Mapping):
        return {str(key): plain(part) for key, part in value.items()}
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return plain(value._asdict())
    if is_dataclass(value):
        return {f.name: plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, np.ndarray | np.generic):
        return plain(value.tolist())
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    if isinstance(value, float):
        return float(f"{value:.{_DIGITS}g}") if isfinite(value) else None
    return value


_MAIN: dict[str, tuple[str, ...]] = {
    "error_mm": ("fidelity", "error_mm", "value"),
    "error_share": ("fidelity", "share", "value"),
    "tokens": ("fidelity", "tokens", "value"),
    "bits": ("fidelity", "bits", "value"),
    "retrieval_five": ("retrieval", "all_codes", "five", "value"),
    "retrieval_bag_five": ("retrieval", "bag", "five", "value"),
    "displays": ("diversity", "displays"),
    "share_used": ("diversity", "share_used"),
    "perplexity": ("diversity", "perplexity", "value"),
    "effective_rank": ("diversity", "effective_rank"),
    "distinct_sets": ("diversity", "distinct_sets"),
    "local_share": ("locality", "share", "value"),
    "mean_abs_cosine": ("redundancy", "mean"),
    "share_alike": ("redundancy", "share_alike"),
    "faithful": ("faithfulness", "own_region", "value"),
    "agreement": ("reliability", "all", "counts", "agreement", "value"),
    "mirror_overlap": ("symmetry", "overlap", "value"),
    "stability_cosine": ("stability", "cosine"),
    "stability_chance": ("stability", "chance_cosine"),
    "person_accuracy": ("invariance", "person", "accuracy", "value"),
    "pose_pitch_r2": ("invariance", "pose", "pitch", "value"),
    "pose_yaw_r2": ("invariance", "pose", "yaw", "value"),
    "drift_share": ("invariance", "drift", "mm_share", "value"),
    "probe_accuracy": ("probe", "count", "accuracy", "value"),
    "probe_macro_f1": ("probe", "count", "macro_f1", "value"),
}


def main_figures(coder: Mapping[str, Any]) -> dict[str, float | None]:
    """The main figures of a coder's JSON by name; None where one was not measured."""
    return {name: _at(coder, path) for name, path in _MAIN.items()}


def write_evaluation(evaluation: Evaluation, folder: str | PathLike[str], *, overwrite: bool = False) -> None:
    """Write ``evaluation.json``, its page ``evaluation.html`` and the main figures ``table.csv`` into a folder.

    Args:
        evaluation: as :func:`dfe.evaluate` gives it.
        folder: made if it is not there; the files are written all or none.
        overwrite: replace results that are there.

    Raises:
        OutputError: one of the files exists (without ``overwrite``), or they cannot be written.
    """
    from dfe.judge.page import evaluation_page

    result = evaluation.to_json()
    contents = {
        JSON: json.dumps(result, indent=1, ensure_ascii=False, allow_nan=False) + "\n",
        PAGE: evaluation_page(dict(result)),
        TABLE: _csv(result),
    }
    with replacing(*(Path(folder) / name for name in contents), overwrite=overwrite) as files:
        for file, content in zip(files, contents.values(), strict=True):
            file.write(content.encode("utf-8", "replace"))


def _csv(result: Mapping[str, Any]) -> str:
    rows = []
    for coder in result["coders"]:
        figures = ["" if value is None else value for value in main_figures(coder).values()]
        rows.append([coder["id"], coder["kind"], coder["levels"], coder["size"], *figures])
    return csv_text(["id", "kind", "levels", "size", *_MAIN], rows)


def _at(value: Any, path: tuple[str, ...]) -> float | None:
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    number: float | None = value
    return number
