"""What a learned expression space means by a coefficient, beside its basis: units, alignment and the neutral face."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from dfe.base.errors import ModelError, UsageError

Unit = Literal["mm", "cm", "m", "size"]
"""Unit of the data's coordinates; ``size``: none that is known, every face is scaled to :data:`TYPICAL_MM`."""

UNIT_MM: dict[str, float] = {"mm": 1.0, "cm": 10.0, "m": 1000.0}

TYPICAL_MM = 70.0
"""Root mean square distance of a face's points from their middle, that of an adult's face from ear to ear."""

_NEUTRAL = re.compile(r"calm|median|frames (\d{1,9})-(\d{1,9})")
_DECIDING = ("unit", "neutral", "rigid", "scale", "axes", "ridge")


@dataclass(frozen=True)
class Recipe:
    """How frames of points become displacements in mm from a recording's own neutral face, and these coefficients.

    Args:
        unit: of the data's coordinates.
        neutral: the recording's own neutral face: ``calm``, the median of the quarter of its frames that lie nearest to
            the median of all (a face at rest, where people rest most of the time); ``median``, of all frames; or
            ``frames 0-9``, the median of those frames (numbers as in the recording, both included).
        rigid: points that the head's motion is read from; empty: from all, robustly.
        scale: each frame is scaled to its neutral too, for points whose size changes with the distance.
        axes: coordinates that count, as in ``xy`` where the depth is too noisy.
        ridge: variance of the noise over that of a component; keeps coefficients small where points are missing.
        residual_mm: what the components leave of the frames that they were learned from, root mean square over the
            points, at the 95th percentile of frames.
        method: ``pca`` or ``sparse``.
        explained: share of the squared displacement of the frames it was learned from.
        recordings, frames: how many it was learned from.

    Raises:
        ModelError: a value that cannot be.
    """

    unit: Unit = "mm"
    neutral: str = "calm"
    rigid: tuple[int, ...] = ()
    scale: bool = False
    axes: str = "xyz"
    ridge: float = 1e-3
    residual_mm: float = 0.0
    method: Literal["pca", "sparse"] = "pca"
    explained: float = 0.0
    recordings: int = 0
    frames: int = 0

    def __post_init__(self) -> None:
        if self.unit not in get_args(Unit):
            raise ModelError(f"{self.unit!r} is no unit of length", advice="use mm, cm, m or size")
        self.neutral_frames  # noqa: B018 (raises where the words mean nothing)
        if not self.axes or "".join(a for a in "xyz" if a in self.axes) != self.axes:
            raise ModelError(f"{self.axes!r} are no axes", advice="use xyz, xy, xz, yz or one of them")
        if self.method not in ("pca", "sparse"):
            raise ModelError(f"{self.method!r} is no way to find components", advice="use pca or sparse")
        for name in ("ridge", "residual_mm", "explained"):
            if not (math.isfinite(getattr(self, name)) and getattr(self, name) >= 0):
                raise ModelError(f"{name} is {getattr(self, name)}, not a number from 0 up")
        if any(point < 0 for point in self.rigid) or 0 < len(set(self.rigid)) < 3:
            raise ModelError("the head's motion needs three points or more, by their numbers from 0")

    @property
    def neutral_frames(self) -> tuple[int, int] | None:
        """First and last frame of the neutral interval; None where it is found.

        Raises:
            ModelError: the neutral is none of the modes.
        """
        match = _NEUTRAL.fullmatch(self.neutral)
        if match is None or (match[1] is not None and int(match[1]) > int(match[2])):
            raise ModelError(f"{self.neutral!r} is no neutral face", advice="use calm, median or FIRST-LAST frame")
        return None if match[1] is None else (int(match[1]), int(match[2]))

    def deciding(self) -> dict[str, Any]:
        """The fields that decide what a coefficient means; part of the space's hash."""
        values = self.to_json()
        return {name: values[name] for name in _DECIDING}

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return asdict(self) | {"rigid": list(self.rigid)}

    @classmethod
    def from_json(cls, values: object) -> Recipe:
        """The recipe that :meth:`to_json` gave.

        Raises:
            ModelError: a field is missing, unknown or of another type.
        """
        kinds: dict[str, tuple[type, ...]] = {
            "unit": (str,), "neutral": (str,), "rigid": (list,), "scale": (bool,), "axes": (str,),
            "ridge": (int, float), "residual_mm": (int, float), "method": (str,), "explained": (int, float),
            "recordings": (int,), "frames": (int,),
        }  # fmt: skip
        if not isinstance(values, Mapping) or set(values) != set(kinds):
            raise ModelError("its recipe has not the fields of this version")
        for name, kind in kinds.items():
            if type(values[name]) not in kind:
                raise ModelError(f"its recipe has no proper field {name!r}")
        if any(type(point) is not int for point in values["rigid"]):
            raise ModelError("its recipe has no proper field 'rigid'")
        return cls(**{**values, "rigid": tuple(values["rigid"])})


def neutral_mode(words: str) -> str:
    """A mode of :class:`Recipe` as users write it: ``calm``, ``median``, ``12`` (one frame) or ``0-9``.

    Raises:
        UsageError: it is none.
    """
    if words in ("calm", "median"):
        return words
    match = re.fullmatch(r"(\d{1,9})(?:-(\d{1,9}))?", words.strip())
    if match is None or int(match[1]) > int(match[2] or match[1]):
        raise UsageError(f"--neutral is calm, median, a frame or FIRST-LAST, not {words!r}")
    return f"frames {int(match[1])}-{int(match[2] or match[1])}"
