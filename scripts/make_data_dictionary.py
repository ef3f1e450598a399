"""Write docs/data-dictionary.md from the table's schema and the provenance's fields; takes no arguments."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np

from dfe.displays.words import split_side
from dfe.facemodel.space import face_space
from dfe.facs.units import SIDES, TABLE, UNITS
from dfe.recording.provenance import PictureNote, Provenance, RestingNote, SourceInfo, SpaceRef, TokenizerRef
from dfe.recording.schema import (
    ARKIT,
    FITTED,
    FORMAT_VERSION,
    LISTS,
    POINTS,
    WIDTHS,
    Column,
    Layout,
    columns,
    unit_column,
)
from dfe.recording.usability import UsabilityRule

PAGE = Path(__file__).resolve().parents[1] / "docs" / "data-dictionary.md"
_LEVELS = 1
EXAMPLE = ("exp_mouth01Left", "exp_jaw02")
"""Columns that stand for all 60."""
_HALF_HOUR = 25 * 60 * 30


def dictionary() -> str:
    """The whole page as Markdown."""
    rule = UsabilityRule()
    groups = {
        "Frame, face and quality": [c for c in columns() if c.name.split("_")[0] not in _PREFIXES],
        "Expression: `exp_` and the name of a number of the face model": [
            column for column in columns(Layout(expression=EXAMPLE)) if column.name in EXAMPLE
        ],
        "Coefficients: `arkit_` and a name of ARKit; in the space `arkit51/face41` they are the `exp_` columns": [
            column for column in columns(Layout(face_model=True)) if column.name in ARKIT
        ],
        "Lids, gaze and fit: in the space `dfe-face` only": list(FITTED),
        "Gaze: `gaze_` and a name of ARKit": _with_prefix("gaze_"),
        "Blink: `blink_` and a name of ARKit": _with_prefix("blink_"),
        "Tokens: `tok_1`, `tok_2` ... and `mm_1`, `mm_2` ..., as many as the tokenizer gives a face": [
            *_with_prefix("tok_"),
            *_with_prefix("mm_"),
        ],
    }
    parts = [
        f"""# Data dictionary

Format version {FORMAT_VERSION}. A recording is one table: Parquet with its provenance inside, or CSV with its
provenance beside it. This page is made from the package's own schema by `scripts/make_data_dictionary.py`.

## Rows

- One row per frame and face, and one row for every frame that was looked at and has no face. No row is dropped,
  smoothed or interpolated.
- Rows are in order of `frame`, then of `face_id`. A frame with two faces has two rows.
- A row without a face has `success` false, `face_id` -1 and a `reason`; its numbers are empty.
- `usable` marks the rows that are fit for most analyses: a face with yaw within {rule.max_yaw_deg:g} degrees to
  either side, pitch within {rule.max_pitch_deg:g} degrees up or down, roll within {rule.max_roll_deg:g} degrees, a
  box of at least {rule.min_face_px:g} pixels on its short side, at most {rule.max_covered_upper:.0%} of the upper and
  {rule.max_covered_lower:.0%} of the lower face covered, and a picture that is not blurred
  or made of squares and does not stand still for over {rule.max_still_s:g} seconds. The limits of a
  run are in its provenance (`options`, `usability`), and `why_not` names the first one that a row breaks.
- To keep one region of a face, use its own column: rows with a small `covered_upper` can serve for brows and eyes
  while a hand is over the mouth.

## Signs, sides and units

- Left and right are always the subject's own. In a recording that was flipped and encoded with `--mirrored` they have
  been put right.
- Head pose is in radians: `pitch` is positive when the head looks up, `yaw` when it is turned to the subject's left,
  `roll` when it is tilted towards the subject's left shoulder.
- Pixels are those of the frame's own picture as it was measured: turned upright, and with pixels that are not square
  stretched to shape (wide PAL of 720 x 576 becomes 1024 x 576). x grows to the right of the picture, y downwards. Where
  a file changes the size of its pictures, so do the boxes; the provenance says where (`defects`, `size_change`).
- Times are presentation time stamps of the video, in seconds: `time_s` is not `frame` divided by a rate.
- A row stands for the time to the next frame; frames that a table lacks count as frames without a face. Shares,
  coverage and durations everywhere in the package are by this time, never by rows
  ([the rule](events.md#what-time-a-row-stands-for)).
- `exp_` columns are millimetres against a resting face, which the provenance describes (`resting`): the person's own,
  everybody's, or another. It has been taken off: do not take it off again. In a space of coefficients they are the
  coefficients instead.
- Coefficients run from 0 (not at all) to 1 (as far as it goes). They are outputs of a network, not muscle activity, and
  not FACS action units.
- The provenance names the space and its version. In `arkit51/face41` an
  `exp_` column (elsewhere `arkit_`) is 0 where the face does not go beyond what most neutral faces show, and what a
  straight line can tell of the head's turn is taken out; `cheekPuff`, `cheekSquint`, `noseSneer`, `jawForward` and a
  few more move there, but it is a guess that they are what they are called
  ([what each is worth](expression-input.md#what-each-coefficient-is-worth)).
- `gaze_` and `blink_` columns are the network's own numbers, left and right treated alike.

## Empty cells

Null in Parquet, an empty cell in CSV. In Python, `Recording` gives NaN in float columns and -1 in `tok_` columns;
pandas shows NaN, `<NA>` in `tok_` columns, and missing categories for text. A column marked "never" below has no empty
cell.
"""
    ]
    for title, of_group in groups.items():
        parts.append(f"## {title}\n\n{_table(of_group)}\n")
    parts.append(_modes())
    parts.append(_units())
    parts.append(_kept())
    parts.append(_provenance())
    parts.append("""## CSV

Written on request. The same columns under the same names (landmarks and logits apart), comma-separated, UTF-8, `true`
and `false` for truth values, the shortest decimals that give back the same number. Keep `<name>.provenance.json` beside
`<name>.csv`: without it the table is not a recording, and `Recording.read` refuses it.

## Versions

A package reads its own format version, and refuses others with a message. New keys may be added
to the provenance without a new version, and so may columns that are only there when asked for: a package that does not
know one refuses the table and names it, and reads every table without it. A column changes its meaning only with a new
version.
""")
    return "\n".join(parts)


_PREFIXES = ("exp", "gaze", "blink", "tok", "mm")


def _with_prefix(prefix: str) -> list[Column]:
    return [column for column in columns(Layout(levels=_LEVELS)) if column.name.startswith(prefix)]


def _table(of_group: list[Column]) -> str:
    lines = ["| column | type | unit | may be empty | meaning |", "|---|---|---|---|---|"]
    for c in of_group:
        empty = "yes" if c.optional else "never"
        kind = c.type if c.length == 1 else f"{c.type}[{c.length}]"
        lines.append(f"| `{c.name}` | {kind} | {c.unit or '-'} | {empty} | {c.meaning} |")
    return "\n".join(lines)


def _modes() -> str:
    """What each column of the face model's expression says, in words."""
    space = face_space()
    reach = np.abs(space.upper)
    lines = ["| column | more of it | less of it | reach, mm |", "|---|---|---|---|"]
    for name, far in zip(space.names, reach, strict=True):
        movement, side = split_side(name)
        more, less = (f"{words}, {side}" if side else words for words in space.words[movement])
        lines.append(f"| `exp_{name}` | {more} | {less} | {far:.1f} |")
    table = "\n".join(lines)
    return f"""## The {space.dimension} numbers of `{space.id}` in words

The words are made from the model itself: what moves most when a number grows. They name the one or two largest
movements; every number moves a little of the rest of the face too, so several numbers together make a smile or a frown.
To count or compare movements that have one meaning each, use displays. Left and right are the subject's; "that side" is
the side in the name. Numbers are in the order of how much faces differ along them; beyond `reach` (four standard
deviations) a number means little.

{table}
"""


def _units() -> str:
    """The columns of the AU proxy, each with what stands behind it."""
    lines = ["| column | action unit | status |", "|---|---|---|"]
    for unit in UNITS:
        side = f", {SIDES[unit.id[-1]]}" if unit.id[-1] in SIDES else ""
        lines.append(f"| `{unit_column(unit.id)}` | {unit.line.number} {unit.line.name}{side} | {unit.line.status} |")
    absent = ", ".join(str(line.number) for line in TABLE if line.status == "absent")
    table = "\n".join(lines)
    return f"""## Action units: only with `--aus`

float32, 0 to 5, may be empty: 0 is nothing, 1 to 5 stand for the letters A to E. **A proxy, never FACS**: nobody coded
these faces; a fixed table renames the network's coefficients ([how](action-units.md)). `measured` means that
one coefficient is close to the unit's definition, `proxy` that a mixture stands in. Units without a word are absent and
have no column: {absent}; without gaze or lids in the table, 43 and 61 to 64 too. The provenance says all this
of each table (`au_proxy`).

{table}
"""


def _kept() -> str:
    face = 4 * sum(WIDTHS.values())
    return f"""## Landmarks and logits: only with `--landmarks`

{_table([c for c in columns(Layout(lists=LISTS)) if c.name in LISTS])}

A cell is a list of so many numbers, exactly as they were measured. In Python `Recording.landmarks()` gives an array
(n, {POINTS}, 3) and `Recording.logits()` one of (n, {WIDTHS["logits"]}), with NaN where there is no face; both give
None where the table has no such column. Parquet only: CSV is refused. A face takes {face / 1000:.1f} kB in memory,
where all of a recording is held until it is written ({face * _HALF_HOUR / 1e6:.0f} MB for one face and half an hour at
25 frames/s), and about 4.5 kB in the file.

Landmarks show the shape of a face, and a person can be known again by it: they are personal data as the video is, and
are to be kept, shared and deleted as it is.
"""


def _provenance() -> str:
    parts = [
        """## Provenance

JSON under the key `dfe` of the Parquet file's schema metadata, or in `<name>.provenance.json` beside a CSV file. In
Python: `Recording.read(path).provenance`; with PyArrow alone: `pyarrow.parquet.read_schema(path).metadata[b"dfe"]`.
"""
    ]
    for kind, title in (
        (Provenance, "keys"),
        (SourceInfo, "`source`"),
        (SpaceRef, "`space`"),
        (TokenizerRef, "`tokenizer`"),
        (RestingNote, "`resting`"),
        (PictureNote, "`pictures`"),
    ):
        lines = [f"| {title} | meaning |", "|---|---|"]
        lines += [f"| `{f.name}` | {f.metadata['doc']} |" for f in dataclasses.fields(kind)]
        parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)


if __name__ == "__main__":
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(dictionary(), encoding="utf-8", newline="\n")
    print(PAGE.name)
