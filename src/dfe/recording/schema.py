"""The columns of a recording's table: name, type, unit, meaning. The data dictionary in docs/ is made from here."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Literal

from dfe.recording.coefficients import describe_coefficient
from dfe.space.arkit import BLINK_NAMES, FACE_NAMES, GAZE_NAMES, NETWORK_NAMES

FORMAT_VERSION = 2
"""Goes up when a reader of one format would misread another; readers refuse any but their own."""

ColumnType = Literal["int16", "int32", "float32", "float64", "bool", "string"]
"""``string`` is dictionary-encoded in Parquet (a factor in R, a categorical in pandas)."""

NO_FACE_ID = -1
"""``face_id`` of a row that has no face."""


@dataclass(frozen=True)
class Column:
    """One column of the table."""

    name: str
    type: ColumnType
    unit: str
    """Unit of the numbers; empty where there is none."""
    meaning: str
    optional: bool
    """True where a cell may be empty."""
    length: int = 1
    """Values in a cell that is not empty; more than one makes it a list."""


_HEAD = (
    Column("frame", "int32", "frames", "Number of the frame in its source, from 0, in presentation order. "
           "Never renumbered: a cut or a step keeps the source's own numbers. For pictures, the position in the list.",
           False),
    Column("time_s", "float64", "s", "Presentation time stamp, from the start of the recording. Empty for pictures.",
           True),
    Column("face_id", "int16", "", "Which face: 0 is the face that is largest over the whole recording (area times "
           "time), then 1, 2 ... For pictures, the rank by size within the picture. -1 where no face was found.",
           False),
    Column("success", "bool", "", "True where a face was found and measured.", False),
    Column("reason", "string", "", "Why there is no face ('no face found', 'not decoded: ...'). On a row with a face, "
           "a note on its picture (that the decoder had to patch it, that there are more faces than were looked "
           "for); empty otherwise.", True),
    Column("usable", "bool", "", "True where the face also meets the limits of head pose, size, covering, standing "
           "still and blur that the provenance names under options, usability (by default yaw within 25 degrees, pitch "
           "within 20 degrees, roll within 30 degrees, box at least 60 pixels on its short side, at most a fifth of "
           "the upper and of the lower face covered, no picture that stands still for over 2 seconds, that is "
           "blurred or made of squares). Rows that are not usable are kept.", False),
    Column("why_not", "string", "", "First reason why the row is not usable (on a row without a face, its reason "
           "again); empty where it is.", True),
    Column("confidence", "float32", "probability", "How sure the landmark network is that it looks at a face, 0 to 1.",
           True),
    Column("box_x", "float32", "px", "Left edge of the upright box around the landmarks, in pixels of the frame's "
           "own picture as it was measured: upright, with its pixels made square; x grows to the right, y grows "
           "downwards.", True),
    Column("box_y", "float32", "px", "Top edge of the box.", True),
    Column("box_w", "float32", "px", "Width of the box.", True),
    Column("box_h", "float32", "px", "Height of the box.", True),
    Column("pitch", "float32", "rad", "Head pose: positive when the head looks up.", True),
    Column("yaw", "float32", "rad", "Head pose: positive when the head is turned to the subject's left.", True),
    Column("roll", "float32", "rad", "Head pose: positive when the head is tilted towards the subject's left shoulder.",
           True),
    Column("covered_upper", "float32", "share", "How much of the upper face (brows and eyes) something hides: a hand, "
           "dark glasses, hair, the picture's edge. An estimate, 0 to 1. Empty where it is not known, as in tables of "
           "other tools.", True),
    Column("covered_lower", "float32", "share", "How much of the lower face (tip of the nose, mouth, chin) something "
           "hides: a hand, a mask, a microphone, the picture's edge. An estimate, 0 to 1; half of the weight lies on "
           "the lips. Empty where it is not known.", True),
)  # fmt: skip

POSE = ("pitch", "yaw", "roll")
BOX = ("box_x", "box_y", "box_w", "box_h")
COVERED = ("covered_upper", "covered_lower")
PREFIX = "exp_"


def expression_columns(names: Iterable[str]) -> tuple[str, ...]:
    """The columns of a space's coefficients: ``exp_mouthFunnel``; FLAME's ``exp_0`` keep their names."""
    return tuple(name if name.startswith(PREFIX) else f"{PREFIX}{name}" for name in names)


EXPRESSION = expression_columns(FACE_NAMES)
GAZE = tuple(f"gaze_{name}" for name in GAZE_NAMES)
BLINK = tuple(f"blink_{name}" for name in BLINK_NAMES)

POINTS = 478
"""Landmarks of a face."""

ARKIT = tuple(f"arkit_{name}" for name in FACE_NAMES)
"""Coefficients of ``arkit51/face41`` that stand beside an expression in the face model's space."""
FITTED = (
    Column("lids_left_mm", "float32", "mm", "How far the lids of the subject's left eye are apart in the middle, by "
           "the face model's fit.", True),
    Column("lids_right_mm", "float32", "mm", "The same of the right eye.", True),
    Column("gaze_left_yaw_deg", "float32", "degrees", "Where the subject's left eye looks, relative to the head: "
           "positive to the subject's left. Empty where the points hold no irises.", True),
    Column("gaze_left_pitch_deg", "float32", "degrees", "The same, positive upwards.", True),
    Column("gaze_right_yaw_deg", "float32", "degrees", "Where the right eye looks: positive to the subject's left.",
           True),
    Column("gaze_right_pitch_deg", "float32", "degrees", "The same, positive upwards.", True),
    Column("fit_residual_mm", "float32", "mm", "What the face model leaves of the measured points, root mean square: "
           "how badly it fits. A hand before the face makes it large.", True),
)  # fmt: skip
"""What the face model measures beside the expression; in tables of its space only."""
LISTS = ("landmarks", "logits")
"""The columns of lists; a table has them only where ``landmarks`` was asked for."""

ALIASES = {"timestamp": "time_s"}
"""Names of other tools that :meth:`Recording.column` understands."""


_MODE = re.compile(r"(brow|eyes|cheeks|nose|mouth|jaw)\d\d(Left|Right)?")

FACE_SPACES = ("arkit51/face41", "arkit-phone/face41")
"""Spaces of the 41 coefficients of ``FACE_NAMES``; their tables always have columns of gaze and blink, empty or not."""


def _expression(column: str) -> Column:
    name = column.removeprefix(PREFIX)
    if name in FACE_NAMES:
        return _coefficient(PREFIX, name)
    if _MODE.fullmatch(name):
        meaning = f"Mode {name} of the face model, against a resting face; 1 moves its points by 1 mm root mean square."
        return Column(column, "float32", "mm", meaning, True)
    meaning = f"Coefficient {name} of the expression space that the provenance names."
    return Column(column, "float32", "as the space says", meaning, True)


def _coefficient(prefix: str, name: str) -> Column:
    words = describe_coefficient(name)
    return Column(f"{prefix}{name}", "float32", "0 to 1", f"{words[0].upper()}{words[1:]}.", True)


UNIT = "au_proxy_"


def unit_column(unit: str) -> str:
    """The column of an action unit of the proxy: ``au_proxy_12L`` of ``AU12L``."""
    return f"{UNIT}{unit.removeprefix('AU')}"


def _unit(column: str) -> Column:
    name = column.removeprefix(UNIT)
    meaning = f"Proxy of action unit {name}: 0 nothing, 1 to 5 the letters A to E. Never FACS: nobody coded this face."
    return Column(column, "float32", "0 to 5", meaning, True)


DISPLAY, MM = "tok_", "mm_"


def token_names(levels: int) -> tuple[str, ...]:
    """``tok_1 ... tok_N``, then ``mm_1 ... mm_N``."""
    return tuple(f"{prefix}{level}" for prefix in (DISPLAY, MM) for level in range(1, levels + 1))


def _tokens(levels: int) -> tuple[Column, ...]:
    said = tuple(
        Column(
            f"{DISPLAY}{level}",
            "int16",
            "",
            f"Token {level} of the face, in the order in which the tokenizer gives them (the provenance names it): the "
            "number of a display, from 1. 0 stands for no display, and only zeros follow it. Empty where there is "
            "no face.",
            True,
        )
        for level in range(1, levels + 1)
    )
    intensities = tuple(
        Column(
            f"{MM}{level}",
            "float32",
            "mm",
            f"Intensity of the display in `{DISPLAY}{level}`: how far it moves the moving part of the face, root mean "
            "square. Empty where there is no display.",
            True,
        )
        for level in range(1, levels + 1)
    )
    return said + intensities


_KEPT = (
    Column("landmarks", "float32", "px", "The landmarks of the face, point by point: x, y, z of point 0, of point 1 "
           "... x and y in pixels of the source picture, z in the same scale (smaller is nearer). The numbers of the "
           "points are MediaPipe's, the subject's own left and right. With `--mirrored` x is still that of the flipped "
           "picture: width - x is what the networks saw.", True, 3 * POINTS),
    Column("logits", "float32", "", "What the coefficient network gives before its last sigmoid: `_neutral`, then the "
           "coefficients of ARKit in the order of the alphabet (in Python `dfe.space.arkit.NETWORK_NAMES`). "
           "1 / (1 + exp(-logit)) is the network's own coefficient, 0 to 1. The logits are the "
           "mean of what the network gives for the landmarks and for their mirror image.",
           True, len(NETWORK_NAMES)),
)  # fmt: skip
WIDTHS = {column.name: column.length for column in _KEPT}
"""Values in a cell of a column of lists."""


@dataclass(frozen=True)
class Layout:
    """Which of the columns that differ between recordings a table has."""

    expression: tuple[str, ...] = EXPRESSION
    """Names of the ``exp_`` columns, in the order of the space's coefficients."""
    gaze: bool = True
    blink: bool = True
    face_model: bool = False
    """Whether the columns of :data:`ARKIT` and :data:`FITTED` stand beside the expression."""
    units: tuple[str, ...] = ()
    """Names of the ``au_proxy_`` columns; a table has them only where they were asked for."""
    levels: int = 0
    """Tokens of a face: pairs of columns ``tok_k`` and ``mm_k``; none before a tokenizer has run."""
    lists: tuple[str, ...] = ()

    @classmethod
    def of(cls, names: Iterable[str], space_id: str | None = None) -> Layout:
        """The layout of a table with these columns; in a space of our own all its coefficients are demanded."""
        present = list(names)
        held = set(present)
        level = 0
        while f"{DISPLAY}{level + 1}" in held:
            level += 1
        found = tuple(name for name in present if name.startswith(PREFIX))
        # A table without provenance at hand, or foreign to the package, is measured by the default layout.
        ours = space_id in FACE_SPACES or not found
        return cls(
            expression=EXPRESSION if ours else found,
            gaze=ours or any(name in held for name in GAZE),
            blink=ours or any(name in held for name in BLINK),
            face_model=any(name in held for name in (*ARKIT, *(column.name for column in FITTED))),
            units=tuple(name for name in present if name.startswith(UNIT)),
            levels=level,
            lists=tuple(name for name in LISTS if name in held),
        )

    @property
    def measured(self) -> tuple[str, ...]:
        """The float32 columns that a front end fills, in order; all empty on a row without a face."""
        eyes = (*(GAZE if self.gaze else ()), *(BLINK if self.blink else ()))
        return ("confidence", *BOX, *POSE, *COVERED, *self.expression, *eyes)


@cache
def columns(layout: Layout = Layout()) -> tuple[Column, ...]:
    """All columns of a table, in their order."""
    eyes = (("gaze_", GAZE_NAMES, layout.gaze), ("blink_", BLINK_NAMES, layout.blink))
    return (
        *_HEAD,
        *(_expression(name) for name in layout.expression),
        *((*(_coefficient("arkit_", name) for name in FACE_NAMES), *FITTED) if layout.face_model else ()),
        *(_coefficient(prefix, name) for prefix, names, kept in eyes if kept for name in names),
        *(_unit(name) for name in layout.units),
        *_tokens(layout.levels),
        Column("source", "string", "", "Name of the file that the row comes from.", False),
        *(column for column in _KEPT if column.name in layout.lists),
    )
