"""From a phone's ARKit coefficients to those of the default front end, approximately: a zero and a scale each.

No recording was made with both instruments, so quantiles are matched of different people's recordings: see
``scripts/make_phone_calibration.py``, which writes the numbers, and docs/tables.md, which says what they cannot do.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np

from dfe.base.errors import ModelError
from dfe.base.types import DoubleArray, FloatArray
from dfe.space.arkit import FACE_NAMES

FILE = "calibration.json"


@dataclass(frozen=True, eq=False)
class Calibration:
    """``clip((x - zero) * scale, 0, 1)``, coefficient by coefficient.

    Args:
        zero: ``(41,)`` what the phone says of a face at rest, at most.
        scale: ``(41,)`` positive.
        hash: SHA-256 of the file that it came from.
    """

    zero: DoubleArray
    scale: DoubleArray
    hash: str

    @staticmethod
    @cache
    def packaged() -> Calibration:
        """The calibration that comes with the package.

        Raises:
            ModelError: it is missing or damaged.
        """
        path = resources.files("dfe") / "assets" / "arkit_phone" / FILE
        try:
            content = path.read_bytes()
            rows = json.loads(content)["coefficients"]
            zero = np.array([float(rows[name]["zero"]) for name in FACE_NAMES])
            scale = np.array([float(rows[name]["scale"]) for name in FACE_NAMES])
        except (OSError, ValueError, KeyError, TypeError) as error:
            advice = "install discrete-facial-encoding again"
            raise ModelError("the calibration of phones cannot be read", where=str(path), advice=advice) from error
        return Calibration(zero, scale, hashlib.sha256(content).hexdigest())

    def __call__(self, x: FloatArray) -> FloatArray:
        """Expressions ``(n, 41)`` of ``arkit-phone/face41`` as version 2 of ``arkit51/face41``; NaN stays."""
        from dfe.frontends.landmarks.coefficients import bounded

        return bounded(((x - self.zero) * self.scale).clip(0, 1).astype(np.float32))
