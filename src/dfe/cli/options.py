"""Options that several commands have: one name, one type, one meaning, written once.

Lists are separated by blanks, as in ``--covariates age sex``. Where a text goes on after its first clause, a command
says more of what the option does there; the first clause is the same in all (docs/reference.md lists them).
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any, Literal

import tyro
from tyro.conf import Positional

from dfe.base.errors import DfeError, UsageError
from dfe.base.installing import how_to_install


def arg(metavar: str | None = None, help: str | None = None, aliases: Sequence[str] = ()) -> Any:
    """How an option is shown; that it is off, empty or nothing unless it is given goes without saying."""
    return tyro.conf.arg(metavar=metavar, help=help, aliases=list(aliases), help_behavior_hint=_default)


def _default(value: str) -> str:
    return "" if value in ("None", "False", "", "''") else f"(default: {value})"


Flag = Annotated[bool, arg()]

OUT = "Where the results go"
TOKENIZER = "Tokenizer: name, name@version or folder"
TABLE = "Table with a row per recording"

Recordings = Annotated[Positional[tuple[Path, ...]], arg(metavar="RECORDING [RECORDING ...]")]

OutFolder = Annotated[Path, arg(aliases=["-o"], metavar="DIR", help=f"{OUT}: a folder, made if it is not there.")]
Overwrite = Annotated[bool, arg(help="Replace results that are there already.")]
AsJson = Annotated[bool, arg(help="Print the results as JSON on standard output.")]
Seed = Annotated[int, arg(metavar="N", help="Seed of everything drawn.")]
Draws = Annotated[int, arg(metavar="N", help="Draws of the bootstrap behind the intervals.")]
Port = Annotated[int, arg(metavar="PORT", help="Port of this computer; by default one that is free.")]
NoBrowser = Annotated[bool, arg(help="Only print the address.")]
Reports = Annotated[bool, arg(help="Write a report beside each table: one HTML file, to look at in a browser.")]
Thumbnails = Annotated[
    bool, arg(help="Put small pictures of the person into the report; without this, no output holds one.")
]
Workers = Annotated[int, arg(metavar="N", help="Processes to share the work among; results do not depend on it.")]
MinCoverage = Annotated[
    float,
    arg(metavar="SHARE", help="Leave out recordings with a usable face for less than this share of their time (dfe "
        "study run with an official split: from training only)."),
]  # fmt: skip

Name = Annotated[
    str,
    arg(metavar="NAME", help="Name of what is made: of a space, learned/NAME; of a tokenizer, NAME or NAME@VERSION."),
]
UsedTokenizer = Annotated[str, arg(metavar="NAME", help=f"{TOKENIZER}.")]
MadeByTokenizer = Annotated[
    str | None,
    arg(
        metavar="NAME", help=f"{TOKENIZER}; needed only where the one that made the recordings does not come with dfe."
    ),
]
RecordingsFolder = Annotated[Path, arg(metavar="DIR", help="Folder that `dfe encode` wrote.")]
LargestOnly = Annotated[bool, arg(help="Keep the one face that is largest over the whole recording.")]
Device = Annotated[
    Literal["auto", "cpu", "cuda"],
    arg(
        help="Where networks run; auto is CUDA for networks in torch where there is one, and the CPU for the packaged "
        "ones."
    ),
]
FaceId = Annotated[int | None, arg(metavar="ID", help="Face of the recording; needed where it has several.")]
AllRows = Annotated[
    bool, arg(help="Count turned, small, covered, frozen, blurred faces too; by default only usable rows.")
]
Fleeting = Annotated[
    bool,
    arg(help="Count faces seen for less than half a second too; by default they are left out and named apart, since "
        "they are often no faces."),
]  # fmt: skip
Unsteady = Annotated[
    bool, arg(help="Look also at displays that come and go with the picture's noise, as the tokenizer's card says.")
]
Categories = Annotated[
    tuple[str, ...], arg(metavar="COLUMN ...", help="Covariates whose numbers are names, as in site.")
]
Missing = Annotated[
    tuple[str, ...],
    arg(
        metavar="CODE ...",
        help="Numbers that stand for missing ones, as in 999 -99; none if no (other) number does.",
    ),
]
Displays = Annotated[tuple[int, ...], arg(metavar="NUMBER ...", help="Only these displays; all of them if left out.")]
NamesFile = Annotated[
    Path | None,
    arg(metavar="FILE", help="Your names, merges and groups of displays; by default DFE_NAMES, or names.json beside "
        "the tokenizer."),
]  # fmt: skip
Roles = Annotated[
    Path | None,
    arg(metavar="CSV", help="Whose face is whose, where recordings show several people: columns recording, face_id, "
        "start, end, subject, role."),
]  # fmt: skip
Speech = Annotated[
    Path | None,
    arg(metavar="PATH", help="Who speaks when: an .rttm, .eaf or .TextGrid file, or a folder of files named like the "
        "recordings."),
]  # fmt: skip
NoSensitivity = Annotated[
    bool,
    arg(help="Leave out what is counted otherwise (against everybody's resting face, in all of the time), which takes "
        "as long again."),
]  # fmt: skip
Speakers = Annotated[
    tuple[str, ...],
    arg(
        metavar="NAME=FACE ...", help="Whose face goes with which voice, as in A=0 B=1; needed where there are several."
    ),
]
Media = Annotated[
    Path | None,
    arg(metavar="PATH", help="The recordings' videos or pictures: one video, or the folder that they are in."),
]
PseudonymKey = Annotated[
    Path | None,
    arg(metavar="KEYFILE", help="Key of pseudonyms: results hold these in place of names of files, folders and "
        "subjects; made if it is not there, with a table of who is who beside it. Keep both apart from the results."),
]  # fmt: skip
Subject = Annotated[str, arg(metavar="COLUMN", help="Column of the table: whose face it is.")]
Unmatched = Annotated[
    Literal["refuse", "drop"],
    arg(help="What to do with recordings that the table does not name (dfe study run: also with labels that have no "
        "recording)."),
]  # fmt: skip

Preset = Annotated[
    str | None,
    arg(metavar="NAME", help="Settings for a purpose: displays (to look at and count; few, local, steady), "
        "coefficients (the same for coefficients from 0 to 1, as phones write them), rvq (faces coded as exactly as "
        "possible) or paper (transformers on both sides of the codebook); by default displays. Ablations know displays "
        "and rvq, by default both."),
]  # fmt: skip
Size = Annotated[int, arg(metavar="K", help="Displays in the codebook, silence included.")]
Levels = Annotated[int, arg(metavar="N", help="Tokens per face at most.")]
Steps = Annotated[int | None, arg(metavar="N", help="Training steps; by default as many as the preset asks for.")]
Perturbed = Annotated[
    tuple[str, ...],
    arg(metavar="NAME=TABLE ...", help="Tables of the same pictures after a change, as in jpeg=jpeg.parquet; pictures "
        "keep their names."),
]  # fmt: skip
Validation = Annotated[
    tuple[Path, ...], arg(metavar="TABLE ...", help="Tables of other people, or folders of them, to judge on.")
]
ProbeTrain = Annotated[
    tuple[Path, ...], arg(metavar="TABLE ...", help="Tables of labelled faces that the emotion probe learns from.")
]
ProbeTest = Annotated[
    tuple[Path, ...],
    arg(metavar="TABLE ...", help="Tables of labelled faces of other people that the emotion probe is tested on."),
]
ProbeAbout = Annotated[
    Path | None,
    arg(
        metavar="CSV",
        help="Labels of the pictures for the probe: columns picture, label, and subject where it is known.",
    ),
]


def perturbed_tables(words: tuple[str, ...]) -> dict[str, list[Path]]:
    """Tables of ``--perturbed`` by the name of the change.

    Raises:
        UsageError: a word is no ``NAME=TABLE``.
    """
    from dfe.recording.storage import table_files

    tables: dict[str, list[Path]] = {}
    for given in words:
        name, equals, table = given.partition("=")
        if not (name and equals and table):
            raise UsageError(f"{given!r} is no NAME=TABLE", advice="write --perturbed jpeg=jpeg.parquet")
        tables.setdefault(name, []).extend(table_files([Path(table)]))
    return tables


def need(option: str, given: object, needs: str, there: object) -> None:
    """Refuse an option that does nothing without another.

    Raises:
        UsageError: ``given`` is not empty, and ``there`` is.
    """
    if given and not there:
        raise UsageError(f"{option} does nothing without {needs}", advice=f"leave it out, or add {needs}")


def need_extra(what: str, extra: str, *modules: str) -> None:
    """Stop where an extra of the package is not installed.

    Raises:
        DfeError: names the first module that is not there, and how to install it.
    """
    for module in modules:
        if not _installed(module):
            raise DfeError(f"{what} needs {module}, which is not installed", advice=how_to_install(extra))


def _installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        return False
