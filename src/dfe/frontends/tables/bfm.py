"""Expression coefficients of the Basel Face Model that Deep3DFaceReconstruction or what builds on it has saved.

Known: an array ``exp`` of 64 numbers a row; Deep3DFaceReconstruction's whole vector of 257 (identity 80, expression 64,
texture 80, angles 3, light 27, translation 3); SadTalker's ``coeff_3dmm`` of 70 or 73 (expression 64, angles 3,
translation 3, crop 3). The head's angles are left out, since tools disagree about their signs.
"""

from __future__ import annotations

from pathlib import Path

from dfe.base.errors import TableError, UsageError
from dfe.base.types import Progress
from dfe.frontends.spec import FrontEndOptions, FrontEndSpec
from dfe.frontends.tables.parameter_files import UNNAMED, Arrays, array_shapes
from dfe.frontends.tables.parameter_rows import Columns, as_float32, as_rows, read_rows
from dfe.recording.measured import Measured
from dfe.space.plain import BFM_ID
from dfe.space.registry import load_space

EXPRESSIONS = ("exp", "expcoeff", "expcode", "expression", "coeff3dmm", "full3dmm", "coeff", "coeffs", "coefficients")
NAMES = (*EXPRESSIONS, UNNAMED)

_PLACES = {64: slice(0, 64), 70: slice(0, 64), 73: slice(0, 64), 257: slice(80, 144)}
"""Where the expression stands in an array, by its width."""


class BfmReader:
    """Reads saved coefficients into ``bfm/exp64``, whose millimetres are coefficient units.

    Args:
        options: ``rate``.

    Raises:
        UsageError: ``mirrored``: which coefficients left and right become when exchanged is not known.
    """

    def __init__(self, options: FrontEndOptions | None = None) -> None:
        self.options = options or FrontEndOptions()
        if self.options.mirrored:
            raise UsageError("these coefficients cannot be mirrored", advice="measure the recording anew, unflipped")

    def read(self, path: Path, progress: Progress | None = None) -> Measured:
        """All rows of a file, or of a folder with one file a frame.

        Raises:
            TableError: it cannot be read or holds no such coefficients; it names the file.
        """
        rows = read_rows(path, NAMES, _choose, self.options.rate, progress)
        return rows.measured(load_space(BFM_ID, 1), {"coefficients": "Basel Face Model, 64 expression components"})


def _choose(arrays: Arrays, where: Path) -> Columns:
    name = next((name for name in NAMES if name in arrays), None)
    if name is None:
        advice = "name the array exp (64 numbers a row) or coeff (257)"
        raise TableError("holds no expression coefficients of the Basel Face Model", where=where, advice=advice)
    values = as_rows(arrays[name], name, where)
    width = values.shape[1]
    if width not in _PLACES:
        advice = "64, 70, 73 or 257 are read; FLAME's 50 and 100 are read by --frontend flame-params"
        raise TableError(f"{name or 'its array'} has {width} numbers a row", where=where, advice=advice)
    taken = name or "its only array"
    return Columns(as_float32(values[:, _PLACES[width]]), "64 expression components", taken)


def recognises(path: Path) -> bool:
    """Whether a file is npz or npy with an array that is named like these coefficients and has one of their widths."""
    shapes = array_shapes(path, EXPRESSIONS)
    name = next((name for name in EXPRESSIONS if name in shapes), None)
    return name is not None and bool(shapes[name]) and shapes[name][-1] in _PLACES


BFM = FrontEndSpec(
    name="bfm",
    kind="table",
    title="expression coefficients of the Basel Face Model (Deep3DFaceReconstruction, SadTalker; npz, npy, mat)",
    space=BFM_ID,
    licence="none: only coefficients are read",
    verified="on made files in the tools' layouts",
    make=BfmReader,
    uses=("rate",),
    recognises=recognises,
)
