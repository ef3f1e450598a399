"""How near the decoded face comes to the face: error in mm by number of tokens, by bits, and by region."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from dfe.base.errors import UsageError
from dfe.base.types import CodeArray, FloatArray, IntArray
from dfe.displays.displays import Coder, Displays
from dfe.judge.bits import code_lengths, raw_bits, speaks
from dfe.judge.faces import Faces
from dfe.stats.bootstrap import Estimate, SubjectBootstrap


class AtTokens(NamedTuple):
    """A coding cut to its best m tokens, means over faces."""

    tokens: int
    """m, tokens allowed."""
    used: float
    """Tokens said, at most m: silent ones are not counted."""
    bits: float
    """Bits of an ideal code for them."""
    error_mm: float


class RegionFidelity(NamedTuple):
    """Error over the moving vertices of one region."""

    error_mm: Estimate
    mean_face_mm: float
    """Error of the mean face there, mm."""
    share: Estimate
    """The first by the second."""


@dataclass(frozen=True)
class Fidelity:
    """Errors in mm over the moving vertices, mean over faces, of all tokens unless said otherwise.

    Args:
        error_mm: of the whole face.
        mean_face_mm: of the mean face, the floor of any coding.
        share: error by that of the mean face.
        base_mm: of the face without any token.
        tokens: said per face.
        bits: per face, of an ideal code.
        raw_bits: per face, every code at full size.
        by_tokens: for m = 1 to N tokens.
        regions: by region of the face.
    """

    error_mm: Estimate
    mean_face_mm: float
    share: Estimate
    base_mm: float
    tokens: Estimate
    bits: Estimate
    raw_bits: float
    by_tokens: tuple[AtTokens, ...]
    regions: Mapping[str, RegionFidelity]


def fidelity(
    coder: Coder,
    faces: Faces,
    codes: CodeArray,
    fit_codes: CodeArray,
    mean_face: FloatArray,
    bootstrap: SubjectBootstrap,
) -> Fidelity:
    """Measure a coder on faces that it was not fitted on.

    Args:
        coder: to measure.
        faces: n of them.
        codes: ``(n, N)`` the coder's codes of the faces.
        fit_codes: ``(f, N)`` its codes of the faces it was fitted on, from which the bits are learnt.
        mean_face: ``(D,)`` mean of the faces it was fitted on.
        bootstrap: of the people of ``faces``.

    Raises:
        UsageError: codes of another shape, or a face without codes.
    """
    if codes.shape != (len(faces), coder.levels):
        raise UsageError(f"codes of shape {codes.shape} are not those of {len(faces)} faces at {coder.levels} levels")
    space, displays = faces.space, coder.displays()
    floor = np.broadcast_to(mean_face, faces.x.shape)
    decoded = coder.decode_codes(codes)
    error, floor_error = space.error_mm(faces.x, decoded), space.error_mm(faces.x, floor)
    errors, floors = space.region_error_mm(faces.x, decoded), space.region_error_mm(faces.x, floor)
    return Fidelity(
        error_mm=bootstrap.mean(error),
        mean_face_mm=float(floor_error.mean()),
        share=bootstrap.ratio(error, floor_error),
        base_mm=float(space.error_mm(faces.x, coder.decode_codes(codes[:, :0])).mean()),
        tokens=bootstrap.mean(speaks(codes, displays).sum(axis=1)),
        bits=bootstrap.mean(code_lengths(fit_codes, codes, displays).sum(axis=1)),
        raw_bits=raw_bits(displays),
        by_tokens=_by_tokens(coder, displays, faces, codes, fit_codes),
        regions={
            region: RegionFidelity(
                error_mm=bootstrap.mean(errors[region]),
                mean_face_mm=float(floors[region].mean()),
                share=bootstrap.ratio(errors[region], floors[region]),
            )
            for region in errors
        },
    )


def error_at_bits(measured: Fidelity, bits: float) -> float:
    """Error in mm at so many bits a face, on straight lines between the numbers of tokens.

    NaN below the cost of one token. Beyond its last token a coding has nothing more to say: its error stays what it is.
    """
    points = sorted((at.bits, at.error_mm) for at in measured.by_tokens)
    return float(np.interp(bits, [at for at, _ in points], [error for _, error in points], left=np.nan))


def token_ranks(codes: CodeArray, displays: Displays) -> IntArray:
    """Place of each code of a face among its codes ``(n, N)``, best first, ``(n, N)``.

    Where levels are in no order, the code that moves the face most is the best; of equal ones the lower level is.
    """
    if displays.ordered:
        return np.broadcast_to(np.arange(codes.shape[1]), codes.shape)
    order = np.argsort(-np.abs(displays.mm[np.arange(codes.shape[1]), codes]), axis=1, kind="stable")
    return np.argsort(order, axis=1, kind="stable")


def cut_to(codes: CodeArray, ranks: IntArray, tokens: int, displays: Displays) -> CodeArray:
    """The best m tokens of codes ``(n, N)``: ``(n, m)`` where they are ordered, else ``(n, N)`` with the others 0."""
    return codes[:, :tokens] if displays.ordered else np.where(ranks < tokens, codes, np.int16(0))


def _by_tokens(
    coder: Coder, displays: Displays, faces: Faces, codes: CodeArray, fit_codes: CodeArray
) -> tuple[AtTokens, ...]:
    ranks, fit_ranks = (token_ranks(rows, displays) for rows in (codes, fit_codes))
    points = []
    for m in range(1, coder.levels + 1):
        cut, fit_cut = cut_to(codes, ranks, m, displays), cut_to(fit_codes, fit_ranks, m, displays)
        points.append(
            AtTokens(
                tokens=m,
                used=float(speaks(cut, displays).sum(axis=1).mean()),
                bits=float(code_lengths(fit_cut, cut, displays).sum(axis=1).mean()),
                error_mm=float(faces.space.error_mm(faces.x, coder.decode_codes(cut)).mean()),
            )
        )
    return tuple(points)
