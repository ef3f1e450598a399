"""Made-up events as a recording with tokens, for the real detection of events."""

from __future__ import annotations

import numpy as np

from dfe import __version__
from dfe.base.types import DoubleArray
from dfe.displays.tokens import Tokens
from dfe.recording.build import build_measured
from dfe.recording.measured import Measured
from dfe.recording.provenance import Provenance, SourceInfo, SpaceRef
from dfe.recording.recording import Recording
from dfe.tokenizer.tokenizer import Tokenizer
from simulation.filming import Frames
from simulation.simulate import Stream

LEAST_MM = 0.4
_MORE_MM, _MORE_SHAPE = 0.6, 2.0
_RISE_S = 0.12
_NOISE_MM = 0.02
_ONSET_MM = 0.1
_BOX = (10.0, 10.0, 120.0, 120.0)


def made_recording(
    frames: Frames, stream: Stream, recording: int, tokenizer: Tokenizer, rng: np.random.Generator
) -> Recording:
    """One recording of a made-up study; its coefficients are all zero, its tokens are what happens.

    A display rises and falls within about a tenth of a second, to :data:`LEAST_MM` and more at its height, with noise
    from frame to frame. Its intensity is the nearest of the tokenizer's steps, and a face says its strongest displays.

    Args:
        frames: of all recordings.
        stream: likewise.
        recording: which one.
        tokenizer: whose displays share their intensities, with at least as many displays as the study.
        rng: of sizes and noise.
    """
    times = frames.of(recording)
    tokens = _tokens(_amounts(times, stream, recording, rng), tokenizer)
    count, space = len(times), tokenizer.space
    measured = Measured(
        space,
        np.arange(count),
        times,
        np.zeros((count, len(space.names)), np.float32),
        np.ones(count, np.bool_),
        [None] * count,
        confidence=np.ones(count, np.float32),
        box=np.tile(np.array(_BOX, np.float32), (count, 1)),
        pose=np.zeros((count, 3), np.float32),
    )
    source = SourceInfo(f"made {recording + 1}", "video")
    made = Provenance(source, SpaceRef(space.id, space.version, space.hash), package_version=__version__)
    return build_measured(measured, made, np.zeros(count, np.int64)).with_tokens(tokens, tokenizer.provenance())


def _amounts(times: DoubleArray, stream: Stream, recording: int, rng: np.random.Generator) -> DoubleArray:
    """Millimetres ``(m, U)``."""
    amount = np.zeros((len(times), int(stream.display.max(initial=0)) + 1))
    mine = stream.recording == recording
    for display, onset, offset in zip(stream.display[mine], stream.onset_s[mine], stream.offset_s[mine], strict=True):
        size = LEAST_MM + rng.gamma(_MORE_SHAPE, _MORE_MM / _MORE_SHAPE)
        # The flanks pass the amount at which events begin and end at the moments meant.
        edge = _RISE_S * _ONSET_MM / size
        first, last = np.searchsorted(times, [onset - edge, offset + edge])
        t = times[first:last]
        shape = np.minimum(t - (onset - edge), (offset + edge) - t) / _RISE_S
        amount[first:last, display] = np.maximum(amount[first:last, display], size * shape.clip(0, 1))
    return np.asarray(amount + rng.normal(0, _NOISE_MM, amount.shape))


def _tokens(amount: DoubleArray, tokenizer: Tokenizer) -> Tokens:
    """The strongest displays ``(m, N)``, each at the nearest of the intensities that all share."""
    steps = np.asarray(tokenizer.displays().ladder_mm)
    step = np.searchsorted((steps[1:] + steps[:-1]) / 2, amount) + 1
    step[amount < steps[0] / 2] = 0
    if (missing := tokenizer.levels - step.shape[1]) > 0:
        step = np.pad(step, ((0, 0), (0, missing)))
    chosen = np.argsort(-step, axis=1, kind="stable")[:, : tokenizer.levels]
    size = np.take_along_axis(step, chosen, axis=1)
    mm = np.where(size > 0, np.append(np.nan, steps)[size], np.nan)
    return Tokens(np.where(size > 0, chosen + 1, 0).astype(np.int16), mm.astype(np.float32))
