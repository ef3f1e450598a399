"""Heads for 3-D programs: a tokenizer's displays as morph targets, or a recording as their animation."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from dfe.base.files import replacing
from dfe.base.types import FloatArray
from dfe.draw.glb import Movement, head_glb
from dfe.draw.render import vertex_colours
from dfe.movies.naming import display_words
from dfe.movies.performance import Performance, What, drawable
from dfe.space.base import ExpressionSpace
from dfe.tokenizer.tokenizer import Tokenizer


def write_tokenizer_glb(tokenizer: Tokenizer, path: Path, *, overwrite: bool = False) -> int:
    """Write the displays as morph targets of one head, and return their number.

    A target at weight 1 is the display at its usual intensity; it is called by its
    number and what it does, as in ``7 lip corner pull``; displays that the user has merged keep their shapes and bear
    the merge's name. The head without any is the tokenizer's neutral.

    Raises:
        UsageError: its space has no surface.
        OutputError: the file exists (without ``overwrite``) or cannot be written.
    """
    space = drawable(tokenizer.space)
    _write(path, space, tokenizer.neutral, tokenizer.templates()[1:], _display_names(tokenizer), None, overwrite)
    return tokenizer.size - 1


def write_recording_glb(performance: Performance, path: Path, what: What, *, overwrite: bool = False) -> int:
    """Write a head that does what a face of a recording does, and return the number of its morph targets.

    What tokens say is an animation of the tokenizer's displays where a face is the sum of them; otherwise, and for what
    was measured, it is one of the space's coefficients. Frames in which the face is not seen are left out.

    Raises:
        UsageError: there are no tokens to decode.
        OutputError: the file exists (without ``overwrite``) or cannot be written.
    """
    x, space = performance.expressions(what), performance.space
    seen = np.isfinite(x).all(axis=1)
    times = performance.time_s[seen] - performance.time_s[0]
    tokenizer = performance.tokenizer
    if what == "decoded" and tokenizer is not None and tokenizer.additive:
        displays, tokens = tokenizer.displays(), performance.tokens
        assert tokens is not None
        usual = np.where(displays.usual_mm > 0, displays.usual_mm, 1.0)
        weights = (tokens.amounts(len(displays)) / usual)[seen].astype(np.float64)
        neutral, targets, names = tokenizer.neutral, tokenizer.templates()[1:], _display_names(tokenizer)
    else:
        weights, neutral = x[seen].astype(np.float64), np.zeros(space.dimension, np.float32)
        targets, names = np.eye(space.dimension, dtype=np.float32), list(space.names)
    _write(path, space, neutral, targets, names, Movement(times, weights, what), overwrite)
    return len(names)


def _display_names(tokenizer: Tokenizer) -> list[str]:
    return [f"{display} {words}" for display, words in display_words(tokenizer).items()]


def _write(
    path: Path,
    space: ExpressionSpace,
    neutral: FloatArray,
    targets: FloatArray,
    names: list[str],
    movement: Movement | None,
    overwrite: bool,
) -> None:
    space = space.drawn
    mesh = space.mesh
    data = head_glb(
        mesh.vertices_mm + space.displace(neutral[None])[0],
        mesh.triangles,
        space.displace(targets),
        names,
        colours=vertex_colours(mesh),
        movement=movement,
        about={"space": space.id, "space_version": space.version},
    )
    with replacing(path, overwrite=overwrite) as (file,):
        file.write(data)
