"""FLAME coefficients that DECA, EMOCA, SMIRK or another tool has saved: npz, npy, mat, pickles, a folder of frames.

Names that are known, without case and underscores: ``exp``, ``expcode``, ``expression``, ``expression_params``,
``expr``, ``psi``; ``jaw``, ``jaw_pose``, ``jaw_params``; ``pose``, ``posecode`` (6: head and jaw; 15: all five joints);
``eyelid``, ``eyelid_params``; ``time``, ``timestamps``, ``fps``, ``frame``, ``face_id``, ``success``; and
``flame_edition``. A single array without a name is read by its width: 50 and 100 are expression components, 53 and 103
have the jaw behind them, 56 a pose of head and jaw. The head's rotation is left out: its axes are those of each tool's
camera.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np

from dfe.base.errors import TableError, UsageError
from dfe.base.types import DoubleArray, Progress
from dfe.frontends.spec import FrontEndOptions, FrontEndSpec
from dfe.frontends.tables.parameter_files import UNNAMED, Arrays, array_shapes, plain_name
from dfe.frontends.tables.parameter_rows import Columns, as_float32, as_rows, read_rows
from dfe.recording.measured import Measured
from dfe.space.base import ExpressionSpace
from dfe.space.flame import flame_mesh_space, read_flame
from dfe.space.flame_edition import EDITIONS, ENCODERS_EDITION
from dfe.space.flame_model import FlameModel
from dfe.space.registry import load_space

EXPRESSIONS = (
    "exp", "expcode", "expression", "expressions", "expressionparams", "expressioncode", "expparams", "expr",
    "exprparams", "exprcode", "psi", "flameexp", UNNAMED,
)  # fmt: skip
JAWS = ("jaw", "jawpose", "jawparams", "jawcode", "posejaw")
POSES = ("pose", "posecode", "poseparams", "fullpose", "flamepose")
EYELIDS = ("eyelid", "eyelids", "eyelidparams")
TABLE_EDITIONS = ("flameedition", "flameversion")
ELSEWHERE = ("eyespose", "staticoffset", "neckpose")
"""Names that VHAP's files have beside the coefficients, which are FLAME 2023's as often as not."""
NAMES = (*EXPRESSIONS, *JAWS, *POSES, *EYELIDS, *TABLE_EDITIONS, *ELSEWHERE)

_WIDTHS = {50: 0, 53: 3, 56: 6, 100: 0, 103: 3}
"""Widths of an expression array, and how many numbers of the pose stand at its end."""
_JAW_OF_POSE = {6: slice(3, 6), 15: slice(6, 9)}
_FAR_RAD = np.pi


class FlameParameterReader:
    """Reads saved FLAME coefficients; with a FLAME file, on its mesh.

    Args:
        options: ``flame`` (the model file, for millimetres), ``rate``.

    Raises:
        UsageError: ``mirrored``: which coefficients left and right become when exchanged is not known for FLAME.
    """

    def __init__(self, options: FrontEndOptions | None = None) -> None:
        self.options = options or FrontEndOptions()
        self._spaces: dict[str, ExpressionSpace] = {}
        if self.options.mirrored:
            raise UsageError("FLAME's coefficients cannot be mirrored", advice="measure the recording anew, unflipped")

    @cached_property
    def model(self) -> FlameModel | None:
        """The FLAME file that was given."""
        return None if self.options.flame is None else read_flame(self.options.flame)

    def read(self, path: Path, progress: Progress | None = None) -> Measured:
        """All rows of a file, or of a folder with one file or folder a frame.

        Raises:
            TableError: it cannot be read or holds no FLAME coefficients; it names the file.
            ModelError: the FLAME file cannot be read, or is an edition that does not decode them.
        """
        rows = read_rows(path, NAMES, _choose, self.options.rate, progress)
        edition, _, parts = rows.columns.kind.partition("/")
        space = self._space(edition, parts, path)
        about: dict[str, str | int | float | bool] = {"coefficients": EDITIONS[edition]}
        notes: tuple[str, ...] = ()
        if self.model is not None:
            about |= {
                "flame_file": self.model.name,
                "flame_sha256": self.model.sha256,
                "flame_edition": EDITIONS[self.model.edition],
                "expression_basis_sha256": self.model.expression_sha256,
            }
            notes = self.model.notes
            if "eyelid" in parts and self.model.eyelids is None:
                notes += ("no l_eyelid.npy and r_eyelid.npy beside the FLAME file: eyelids move nothing on its mesh",)
        measured = rows.measured(space, about)
        return measured if not notes else _with_notes(measured, notes)

    def _space(self, edition: str, parts: str, path: Path) -> ExpressionSpace:
        id = f"flame{edition}/{parts}"
        if self.model is not None:
            if id not in self._spaces:
                self._spaces[id] = flame_mesh_space(self.model, id)
            return self._spaces[id]
        if edition != ENCODERS_EDITION:
            what = f"holds coefficients of {EDITIONS[edition]}, which have no space without its model file"
            raise TableError(what, where=path, advice="give the FLAME file")
        return load_space(id, 1)


def _with_notes(measured: Measured, notes: Iterable[str]) -> Measured:
    return Measured(**{**vars(measured), "warnings": (*measured.warnings, *notes)})


class _Jaw(NamedTuple):
    values: DoubleArray
    taken: str


def _choose(arrays: Arrays, where: Path) -> Columns:
    name = next((name for name in EXPRESSIONS if name in arrays), None)
    if name is None:
        advice = "name the array exp (50 or 100 numbers a row), and the jaw's jaw"
        raise TableError("holds no array of FLAME's expression coefficients", where=where, advice=advice)
    values = as_rows(arrays[name], name, where)
    count, width = values.shape
    if width not in _WIDTHS:
        turned = count in _WIDTHS
        advice = "transpose it: one row a frame" if turned else "50 or 100 expression components are read"
        what = f"{name or 'its array'} has {width} numbers a row"
        raise TableError(what, where=where, advice=advice)
    behind = _WIDTHS[width]
    expression = values[:, : width - behind]
    notes: list[str] = []
    jaw = _Jaw(values[:, -3:], f"the end of {name or 'it'}") if behind else _find_jaw(arrays, count, where, notes)
    parts, columns, taken = f"exp{expression.shape[1]}", [expression], [name or "its only array"]
    if jaw is not None:
        if np.nanmax(np.abs(jaw.values), initial=0) > _FAR_RAD:
            notes.append("the jaw turns by more than pi: are its angles in degrees? Radians are expected")
        parts += "+jaw3"
        columns.append(jaw.values)
        taken.append(jaw.taken)
    lids = next((key for key in EYELIDS if key in arrays), None)
    if lids is not None:
        shut = _fitting(arrays, lids, 2, count, where)
        if parts == "exp50+jaw3":
            parts += "+eyelid2"
            columns.append(shut)
            taken.append(lids)
        else:
            notes.append(f"{lids} is left out: eyelids go with 50 expression components and the jaw")
    if any(key in arrays for key in ELSEWHERE) and not any(key in arrays for key in TABLE_EDITIONS):
        notes.append(
            "taken for coefficients of FLAME 2020; VHAP's are often FLAME 2023's: add flame_edition to the file if so"
        )
    kind = f"{_edition(arrays, where)}/{parts}"
    return Columns(as_float32(np.concatenate(columns, axis=1)), kind, ", ".join(taken), tuple(notes))


def _find_jaw(arrays: Arrays, count: int, where: Path, notes: list[str]) -> _Jaw | None:
    name = next((name for name in JAWS if name in arrays), None)
    if name is not None:
        return _Jaw(_fitting(arrays, name, 3, count, where), name)
    name = next((name for name in POSES if name in arrays), None)
    if name is None:
        return None
    pose = as_rows(arrays[name], name, where)
    if pose.shape[1] not in _JAW_OF_POSE:
        notes.append(
            f"{name} of {pose.shape[1]} numbers is left out: whether it is the jaw's is not known; name it jaw"
        )
        return None
    return _Jaw(
        _fitting(arrays, name, pose.shape[1], count, where)[:, _JAW_OF_POSE[pose.shape[1]]], f"the jaw in {name}"
    )


def _fitting(arrays: Arrays, name: str, width: int, count: int, where: Path) -> DoubleArray:
    values = as_rows(arrays[name], name, where)
    if values.shape != (count, width):
        what = f"{name} has shape {arrays[name].shape}, not {width} numbers for each of {count} rows"
        raise TableError(what, where=where)
    return values


def _edition(arrays: Arrays, where: Path) -> str:
    said = next((arrays[name] for name in TABLE_EDITIONS if name in arrays), None)
    if said is None:
        return ENCODERS_EDITION
    edition = plain_name(str(said.ravel()[0]) if said.size == 1 else "").removeprefix("flame")
    if edition not in EDITIONS:
        raise TableError(
            f"no edition of FLAME is called {edition!r}", where=where, advice=f"one of {', '.join(EDITIONS)}"
        )
    return edition


def recognises(path: Path) -> bool:
    """Whether a file is npz or npy with an array that is named like FLAME's expressions and has one of their widths."""
    shapes = array_shapes(path, EXPRESSIONS[:-1])
    name = next((name for name in EXPRESSIONS[:-1] if name in shapes), None)
    return name is not None and bool(shapes[name]) and shapes[name][-1] in _WIDTHS


FLAME_PARAMETERS = FrontEndSpec(
    name="flame-params",
    kind="table",
    title="FLAME coefficients that DECA, EMOCA, SMIRK or another tool has saved (npz, npy, mat, pickle)",
    space="flame2020/exp50, exp100, with +jaw3, +jaw3+eyelid2; millimetres with a FLAME file",
    licence="none without a FLAME file; FLAME's own (2023 Open: CC BY 4.0) with it",
    verified="on made files in the tools' layouts; not verified on a real FLAME file",
    make=FlameParameterReader,
    uses=("rate", "flame"),
    recognises=recognises,
)
