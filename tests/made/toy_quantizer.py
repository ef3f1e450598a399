"""A quantiser of one file: one coefficient a face, the one that moves it most, at one of three intensities."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

import numpy as np

from dfe.base.errors import ModelError
from dfe.base.types import CodeArray, DoubleArray, FloatArray, IntArray
from dfe.displays.displays import Displays
from dfe.quantizers.quantizer import Found, QuantizerKind, Weights
from dfe.space.base import ExpressionSpace


@dataclass(frozen=True)
class ToyConfig:
    kind: ClassVar[str] = "toy"
    levels: ClassVar[int] = 1
    dimension: int

    @property
    def size(self) -> int:
        return self.dimension + 1

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> ToyConfig:
        if set(values) != {"dimension"}:
            raise ModelError("its config is malformed")
        return cls(**values)

    def weight_shapes(self) -> dict[str, tuple[int, ...]]:
        return {"neutral": (self.dimension,), "ladder": (3,)}


class ToyQuantizer:
    additive, agreeing, says = True, True, "the one coefficient that moves the face most"

    def __init__(self, config: ToyConfig, weights: Weights, space: ExpressionSpace) -> None:
        self.neutral, self.ladder, self.per_unit = weights["neutral"], weights["ladder"], np.sqrt(np.diag(space.gram))
        row = np.concatenate([[-1], np.repeat(np.arange(config.dimension), 3)])
        # A unit of each coefficient, brought to 1 mm, at each step of the ladder.
        unit = np.eye(config.dimension) / self.per_unit[:, None]
        intensity = np.concatenate([[0], np.tile(self.ladder, config.dimension)])
        self.displays = Displays.of(space, unit, row[None], intensity[None], usual=self.ladder[1])

    def encode(self, x: FloatArray) -> Found:
        mm = (x - self.neutral) * self.per_unit
        most = mm.argmax(axis=1)
        step = np.abs(mm[np.arange(len(x)), most, None] - self.ladder).argmin(axis=1)
        codes = np.where(mm.max(axis=1) > self.ladder[0] / 2, 3 * most + step + 1, 0)
        return Found(codes[:, None].astype(np.int16), np.zeros(len(x), bool))

    def encode_direct(self, x: FloatArray) -> CodeArray:
        return self.encode(x).codes

    def decode(self, codes: IntArray) -> DoubleArray:
        return self.displays.added(self.displays.tokens(codes), self.neutral)


KIND = QuantizerKind("toy", ToyConfig.from_json, ToyQuantizer)
