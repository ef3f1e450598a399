"""What a tokenizer can do, measured on faces that it has not seen: the figures of its card."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dfe.base.rows import Rows
from dfe.base.types import BoolArray, DoubleArray, FloatArray, IntArray
from dfe.displays.describe import local_share
from dfe.displays.tokens import NOTHING, Tokens
from dfe.stats.perplexity import perplexity
from dfe.tokenizer.tokenizer import Tokenizer
from dfe.training.config import TrainConfig
from dfe.training.data import TrainingData

MEASURED_ROWS = 100_000
"""So many faces at most tell how good a tokenizer is."""
_FIGURES = 4
_BY_TABLE = ("mean_face_mm", "error_mm", "tokens_per_face")


def measure(tokenizer: Tokenizer, x: FloatArray, mean_face: FloatArray) -> dict[str, Any]:
    """Figures of fidelity, use and templates; plain JSON values, errors in mm on the mesh.

    Args:
        tokenizer: to measure.
        x: ``(n, D)`` finite expressions, n at least 1.
        mean_face: ``(D,)`` mean of the training faces, the floor of any coding.
    """
    found, displays = tokenizer.find_codes(x), tokenizer.displays()
    tokens, direct = displays.tokens(found.codes), displays.tokens(tokenizer.encode_direct(x))
    by_tokens = error_by_tokens(tokenizer, x, tokens)
    direct_by_tokens = error_by_tokens(tokenizer, x, direct)
    mean_error = tokenizer.space.error_mm(x, np.broadcast_to(mean_face, x.shape)).mean()
    cosines = np.abs(template_cosines(tokenizer))
    return {
        "faces": len(x),
        "mean_face_mm": _number(mean_error),
        "neutral_mm": _number(tokenizer.space.error_mm(x, np.broadcast_to(tokenizer.neutral, x.shape)).mean()),
        "error_mm": _number(by_tokens[-1]),
        "error_share_of_mean_face": _number(by_tokens[-1] / mean_error) if mean_error else None,
        "error_mm_by_tokens": [_number(e) for e in by_tokens],
        "tokens_per_face": _number(tokens.says.sum(axis=1).mean()),
        "perplexity": _number(effective_displays(tokens.display)),
        "displays_used": len(np.unique(tokens.display[tokens.says])),
        "without_encoder": {
            "error_mm": _number(direct_by_tokens[-1]),
            "error_mm_by_tokens": [_number(e) for e in direct_by_tokens],
            "tokens_per_face": _number(direct.says.sum(axis=1).mean()),
        },
        "faithful_share_by_level": [None if np.isnan(s) else _number(s) for s in faithful_shares(tokenizer, x, tokens)],
        "locality": _number(locality(tokenizer, tokens)),
        "mean_abs_cosine": _number(cosines.mean()) if cosines.size else None,
        "max_abs_cosine": _number(cosines.max()) if cosines.size else None,
        "regions": _regions(tokenizer, x, tokens, mean_face),
        "close_calls": _number(found.doubt.mean()),
    }


def describe(
    tokenizer: Tokenizer, data: TrainingData, config: TrainConfig, measured: Mapping[str, Any]
) -> dict[str, Any]:
    """The card of a trained tokenizer: settings, tables, split and figures; plain JSON values.

    Args:
        tokenizer: as trained.
        data: what it was trained and is measured on.
        config: settings of the training.
        measured: figures of :func:`measure` on all validation rows.
    """
    mean = data.mean.astype(np.float32)
    tables = []
    for index, table in enumerate(data.tables):
        rows = data.validation.take(_some(np.flatnonzero(data.validation_tables == index)))
        figures = measure(tokenizer, rows, mean) if len(rows) else {}
        tables.append(table._asdict() | {key: figures[key] for key in _BY_TABLE if key in figures})
    return {
        "training": config.to_json(),
        "tables": tables,
        "validation_split": data.note,
        "validation": dict(measured),
        "people": list(data.people),
        "never_moved": data.never_moved(tokenizer.space),
    }


def faces_to_measure(rows: Rows) -> FloatArray:
    """Rows ``(n, D)`` that the card's figures are of: all, or :data:`MEASURED_ROWS` spread evenly over more."""
    return rows.take(_some(np.arange(len(rows))))


def _some(indices: IntArray) -> IntArray:
    if len(indices) <= MEASURED_ROWS:
        return indices
    return indices[np.arange(MEASURED_ROWS) * len(indices) // MEASURED_ROWS]


def error_by_tokens(tokenizer: Tokenizer, x: FloatArray, tokens: Tokens) -> DoubleArray:
    """Mean error in mm when only the first 1, 2, ... N tokens are decoded, ``(N,)``."""
    return np.array([tokenizer.error_mm(x, tokens.first(m + 1)).mean() for m in range(tokenizer.levels)])


def effective_displays(said: NDArray[np.integer]) -> float:
    """Perplexity of the displays that are said ``(n, N)``, where 0 is silence; 0 where nothing else is said."""
    spoken = said[said > 0].astype(np.int64)
    return perplexity(np.bincount(spoken)) if len(spoken) else 0.0


def faithful_shares(tokenizer: Tokenizer, x: FloatArray, tokens: Tokens) -> DoubleArray:
    """By level, the share of used tokens that agree with the face, ``(N,)``; NaN where a level never speaks.

    A token agrees if what it adds to the face, decode(with) - decode(without), and the face itself, both as
    displacements in mm from the neutral, have a positive inner product. One that does not corrects an earlier token and
    is no display of its own.
    """
    face = (x.astype(np.float64) - tokenizer.neutral) @ tokenizer.space.gram
    decoded, shares = tokenizer.decode(tokens).astype(np.float64), np.full(tokenizer.levels, np.nan)
    for level in range(tokenizer.levels):
        rows = np.flatnonzero(tokens.says[:, level])
        if len(rows):
            without = tokens.at(rows)
            without.display[:, level] = NOTHING
            added = decoded[rows] - tokenizer.decode(without)
            shares[level] = (np.einsum("nd,nd->n", face[rows], added) > 0).mean()
    return shares


def steadiness(tokenizer: Tokenizer, before: FloatArray, after: FloatArray) -> DoubleArray:
    """How well each display survives small changes of the picture: Cohen's kappa of being said, ``(K,)``.

    1: the changed picture always gets it too; 0: no better than chance. NaN for silence and for displays never said.

    Args:
        tokenizer: to measure.
        before, after: ``(n, D)`` finite expressions of pictures and of the same pictures changed.
    """
    first, second = (_present(tokenizer, x) for x in (before, after))
    same = (first == second).mean(axis=0)
    a, b = first.mean(axis=0), second.mean(axis=0)
    expected = a * b + (1 - a) * (1 - b)
    kappa: DoubleArray = np.where(expected < 1, (same - expected) / np.where(expected < 1, 1 - expected, 1), np.nan)
    kappa[0] = np.nan
    return kappa


def _present(tokenizer: Tokenizer, x: FloatArray) -> BoolArray:
    """``(n, K)``: which displays each face is said to show."""
    said = tokenizer.encode(x).display
    present = np.zeros((len(x), tokenizer.size), bool)
    np.put_along_axis(present, said.astype(np.int64), True, axis=1)
    return present


def locality(tokenizer: Tokenizer, tokens: Tokens) -> float:
    """Share of the moving vertices that hold 90% of a template's energy, averaged over the tokens in use."""
    space = tokenizer.space
    templates = tokenizer.templates().astype(np.float64)
    moved = np.tensordot(templates, space.basis[:, space.moving].astype(np.float64), axes=1)
    shares = np.array([local_share(energy) for energy in np.square(moved).sum(axis=2)])
    uses = np.bincount(tokens.display[tokens.says], minlength=tokenizer.size)
    return float(uses @ shares / max(uses.sum(), 1))


def template_cosines(tokenizer: Tokenizer) -> DoubleArray:
    """Cosines in mm between the deformations of different codes, one per pair, silent and empty codes left out."""
    templates = tokenizer.templates().astype(np.float64)[1:]
    products = templates @ tokenizer.space.gram @ templates.T
    lengths = np.sqrt(np.maximum(np.diagonal(products), 0))
    real = lengths > 0
    cosines = products[np.ix_(real, real)] / np.outer(lengths[real], lengths[real])
    pairs: DoubleArray = cosines[np.triu_indices(len(cosines), 1)]
    return pairs


def _regions(tokenizer: Tokenizer, x: FloatArray, tokens: Tokens, mean_face: FloatArray) -> dict[str, Any]:
    errors = tokenizer.space.region_error_mm(x, tokenizer.decode(tokens))
    floors = tokenizer.space.region_error_mm(x, np.broadcast_to(mean_face, x.shape))
    return {
        region: {"error_mm": _number(errors[region].mean()), "mean_face_mm": _number(floors[region].mean())}
        for region in errors
    }


def _number(value: Any) -> float:
    return float(f"{float(value):.{_FIGURES}g}")
