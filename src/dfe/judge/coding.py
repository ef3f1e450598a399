"""One coding on a bench: its codes, the faces that they give back, and what they cost."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from dfe.base.errors import UsageError
from dfe.base.types import CodeArray, DoubleArray, FloatArray, IntArray
from dfe.displays.displays import Coder, Displays
from dfe.facs.coder import AuProxyCoder
from dfe.judge.bench import Bench
from dfe.judge.bits import code_lengths
from dfe.judge.faces import Faces
from dfe.judge.fidelity import Fidelity, cut_to, fidelity, token_ranks
from dfe.judge.floors import Floors
from dfe.judge.units import Units


def codes_of(coder: Coder, faces: Faces) -> CodeArray:
    """Codes ``(n, N)`` of faces, from the numbers that the coder reads."""
    return coder.encode_codes(read_by(coder, faces))


def read_by(coder: Coder, faces: Faces) -> FloatArray:
    """The numbers of faces that a coder codes: their expressions, or of the AU proxy what stands beside them.

    Raises:
        UsageError: the tables hold no such numbers.
    """
    if not isinstance(coder, AuProxyCoder) or coder.reads.id == faces.space.id:
        return faces.x
    if faces.beside is None or faces.beside_space is None or faces.beside_space.id != coder.reads.id:
        what = f"tables without the coefficients of {coder.reads.id} that {coder.id} is made of"
        raise UsageError(what, advice="encode them with this version")
    return faces.beside


@dataclass(frozen=True, eq=False)
class Coding:
    """A coder, and what it makes of the faces of a bench; everything is worked out once.

    Args:
        coder: to measure.
        bench: to measure it on.
        floors: of the bench.
    """

    coder: Coder
    bench: Bench
    floors: Floors

    @cached_property
    def codes(self) -> CodeArray:
        """``(n, N)`` of the faces."""
        return codes_of(self.coder, self.bench.faces)

    @cached_property
    def decoded(self) -> FloatArray:
        """``(n, D)``: the faces again, from all codes."""
        return self.coder.decode_codes(self.codes)

    @cached_property
    def displays(self) -> Displays:
        """Of the coder."""
        return self.coder.displays()

    @cached_property
    def units(self) -> Units:
        """The signed displays."""
        return Units(self.displays)

    @cached_property
    def ranks(self) -> IntArray:
        """``(n, N)``: place of each code among those of its face, best first."""
        return token_ranks(self.codes, self.displays)

    @cached_property
    def perturbed(self) -> dict[str, CodeArray]:
        """By perturbation, the codes of the changed faces."""
        return {name: codes_of(self.coder, after) for name, after in self.bench.perturbed.items()}

    def cut(self, tokens: int) -> CodeArray:
        """The best m tokens of each face."""
        return cut_to(self.codes, self.ranks, tokens, self.displays)

    def crossed_bits(self, tokens: int) -> DoubleArray:
        """``(n,)``: bits of the best m tokens, each half of the people by a code learnt from the other half."""
        cut, half = self.cut(tokens), self.bench.half
        bits = np.empty(len(cut))
        for one in (half, ~half):
            bits[one] = code_lengths(cut[~one], cut[one], self.displays).sum(axis=1)
        return bits

    @cached_property
    def fidelity(self) -> Fidelity:
        """Its bits learnt from the faces for fitting, or crosswise where there are none."""
        bench, coder = self.bench, self.coder
        fit_codes = self.codes if bench.fit is None else codes_of(coder, bench.fit)
        found = fidelity(coder, bench.faces, self.codes, fit_codes, bench.mean_face, bench.bootstrap)
        if bench.fit is not None:
            return found
        lengths = {at.tokens: self.crossed_bits(at.tokens) for at in found.by_tokens}
        by_tokens = tuple(at._replace(bits=float(lengths[at.tokens].mean())) for at in found.by_tokens)
        return replace(found, bits=bench.bootstrap.mean(lengths[coder.levels]), by_tokens=by_tokens)
