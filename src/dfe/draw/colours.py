"""The colours of drawn faces: clay, and a heat ramp whose lightness falls evenly with displacement."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from dfe.base.types import DoubleArray, ImageArray

CLAY = (222, 214, 206)
"""The colour, sRGB, of a face that does not move; the cool end of the heat ramp."""

_STOPS = 9
"""Of a legend."""
_RAMP = (CLAY, (248, 190, 116), (240, 126, 58), (205, 52, 48), (134, 12, 62))

# Oklab (Ottosson 2020): steps of equal length look equally large, in lightness and in hue.
_TO_LMS = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


def linear(srgb: ArrayLike) -> DoubleArray:
    """Light, 0 to 1, of sRGB values 0 to 255; any shape."""
    value = np.asarray(srgb, np.float64) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def encoded(light: ArrayLike) -> DoubleArray:
    """Values of sRGB, 0 to 255 (not rounded), of light; any shape, clipped to what a screen can show."""
    value = np.clip(light, 0, 1)
    return np.asarray(255 * np.where(value <= 0.0031308, value * 12.92, 1.055 * value ** (1 / 2.4) - 0.055))


def heat_light(values_mm: ArrayLike, max_mm: float) -> DoubleArray:
    """The heat ramp as linear light: displacements in mm, ``(...,)`` to ``(..., 3)``."""
    share = np.clip(np.asarray(values_mm, np.float64) / max_mm, 0, 1) if max_mm > 0 else np.zeros(np.shape(values_mm))
    table = _table()
    place = share * (len(table) - 1)
    lower = np.minimum(place.astype(np.int64), len(table) - 2)
    part = (place - lower)[..., None]
    return np.asarray((1 - part) * table[lower] + part * table[lower + 1])


def heat_colours(values_mm: ArrayLike, max_mm: float) -> ImageArray:
    """Colours of displacements as the drawn faces show them in full light, for legends.

    Args:
        values_mm: ``(...,)`` displacements in mm, at least 0.
        max_mm: displacement at the hot end; larger ones look the same.

    Returns:
        ``(..., 3)`` uint8 sRGB, from :data:`CLAY` at zero.
    """
    return np.rint(encoded(heat_light(values_mm, max_mm))).astype(np.uint8)


def heat_stops(max_mm: float) -> tuple[tuple[float, str], ...]:
    """A legend of the heat ramp: displacements from 0 to ``max_mm``, each with its colour as ``#rrggbb``."""
    places = np.linspace(0, max_mm, _STOPS)
    colours = heat_colours(places, max_mm).tolist()
    return tuple((mm, "#{:02x}{:02x}{:02x}".format(*c)) for mm, c in zip(places.tolist(), colours, strict=True))


def _table(steps: int = 64) -> DoubleArray:
    """The ramp at even steps, ``(steps + 1, 3)`` linear light, interpolated in Oklab along its own length."""
    lab = np.cbrt(linear(_RAMP) @ _TO_LMS.T) @ _TO_LAB.T
    length = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(lab, axis=0), axis=1))])
    at = np.linspace(0, length[-1], steps + 1)
    even = np.stack([np.interp(at, length, channel) for channel in lab.T], axis=1)
    return np.asarray((even @ np.linalg.inv(_TO_LAB).T) ** 3 @ np.linalg.inv(_TO_LMS).T)
