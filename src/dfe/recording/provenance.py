"""Where a recording comes from: source, networks, space, tokenizer, options. Kept as JSON inside the table's file."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import UTC, datetime
from typing import Any

from dfe.base.defects import Defect, words
from dfe.base.errors import TableError
from dfe.recording.schema import FORMAT_VERSION

_HALVES = re.compile("[\ud800-\udc7f\udd00-\udfff]")
"""All lone surrogates but those that stand for a byte (PEP 383)."""


def _doc(text: str) -> dict[str, str]:
    return {"doc": text}


@dataclass(frozen=True)
class SourceInfo:
    """The video, or the set of pictures, that the rows were measured on."""

    name: str = field(metadata=_doc("file name of the video or name of the set of pictures; no folder of the machine"))
    kind: str = field(default="video", metadata=_doc("`video`, `stills` or `table`"))
    sha256: str | None = field(default=None, metadata=_doc("SHA-256 of the source's bytes, hexadecimal"))
    width: int | None = field(
        default=None, metadata=_doc("width of the first picture in pixels, upright and with square pixels")
    )
    height: int | None = field(default=None, metadata=_doc("height of the first picture in pixels, likewise"))
    frames: int | None = field(default=None, metadata=_doc("number of frames (or pictures) in the source"))
    duration_s: float | None = field(default=None, metadata=_doc("duration of the source in seconds"))
    frame_rate: float | None = field(default=None, metadata=_doc("average frames per second of the source"))
    rotation: int = field(default=0, metadata=_doc("turn that was applied to make it upright: 0, 90, 180 or 270"))
    time_stamps: str = field(
        default="ok",
        metadata=_doc("`ok`: as stored in the file; `repaired`: missing or out of order, and set anew"),
    )
    folder: str = field(
        default="",
        metadata=_doc(
            "folders between the one that was named to `dfe encode` and the source, with `/`; empty where none"
        ),
    )


@dataclass(frozen=True)
class SpaceRef:
    """Which expression space the `exp_` columns live in."""

    id: str = field(metadata=_doc("name of the space"))
    version: int = field(metadata=_doc("version of the space"))
    hash: str = field(metadata=_doc("SHA-256 over its names, bounds, basis and mesh"))


@dataclass(frozen=True)
class TokenizerRef:
    """Which tokenizer made the `tok_` columns."""

    name: str = field(metadata=_doc("name of the tokenizer"))
    version: str = field(metadata=_doc("version of the tokenizer"))
    hash: str = field(metadata=_doc("SHA-256 of the tokenizer"))

    @property
    def id(self) -> str:
        """``name@version``."""
        return f"{self.name}@{self.version}"

    @classmethod
    def of(cls, mapping: Mapping[str, Any]) -> TokenizerRef:
        """From any mapping with the keys name, version and hash."""
        return cls(str(mapping["name"]), str(mapping["version"]), str(mapping["hash"]))


@dataclass(frozen=True)
class RestingNote:
    """The resting face that a face's expressions are measured against; in the face model's space only."""

    face: int | None = field(metadata=_doc("`face_id`; null: every face, each picture on its own"))
    neutral: str = field(
        metadata=_doc(
            "`own`: the person's resting face, from calm frames; `population`: everybody's; `START-END s`: what the "
            "face shows in that interval; `recording NAME`: that of another recording"
        )
    )
    points: int = field(metadata=_doc("points that the face model was fitted to: 478 or 68"))
    calm_frames: float | None = field(default=None, metadata=_doc("how many frames' worth of calm it rests on"))
    sure: float | None = field(
        default=None,
        metadata=_doc("0 to 1: share of a deviation from everybody's resting face that is believed to be the person's"),
    )
    numbers: Mapping[str, tuple[float, ...]] = field(
        default_factory=dict,
        metadata=_doc(
            "the resting face: `identity` (who it is), `rest` (by what the face at rest differs from everybody's along "
            "the `exp_` modes, mm), `held` (what calm frames showed and was not put down to rest), `pose` (radians) "
            "and `variables` (products that frames are compared with)"
        ),
    )
    flat: bool = field(default=False, metadata=_doc("true: the points lay in a picture, without depth"))


@dataclass(frozen=True)
class PictureNote:
    """How often the picture of a face changes in a film."""

    face: int = field(metadata=_doc("`face_id`"))
    repeated_share: float | None = field(
        metadata=_doc(
            "share of the frames in which the face moves that show its picture of the frame before once more, 0 to 1; "
            "null where it hardly ever moves"
        )
    )
    picture_rate: float | None = field(metadata=_doc("different pictures a second by that share; null likewise"))
    freezes: int = field(
        default=0,
        metadata=_doc(
            "how often the picture stands still for a moment (0.4 s up to the limit of `usable`) and then jumps"
        ),
    )
    frozen_s: float = field(default=0.0, metadata=_doc("for how long in all, in seconds"))


@dataclass(frozen=True)
class Provenance:
    """The record that travels with a table; equal records mean equally made tables, whenever they were made."""

    source: SourceInfo = field(metadata=_doc("the video or pictures, see below"))
    space: SpaceRef = field(metadata=_doc("the expression space of the `exp_` columns, see below"))
    package_version: str = field(metadata=_doc("version of discrete-facial-encoding that measured the faces"))
    frontend: Mapping[str, str | int | float | bool] = field(
        default_factory=dict,
        metadata=_doc("name, version, settings and hashes of the networks that measured the faces"),
    )
    tokenizer: TokenizerRef | None = field(
        default=None, metadata=_doc("the tokenizer of the `tok_` columns, see below; null where there are none")
    )
    au_proxy: Mapping[str, str] = field(
        default_factory=dict,
        metadata=_doc(
            "with `--aus`: what stands behind each action unit: `measured` (one coefficient that means it), `proxy` (a "
            "mixture stands in) or `absent` (no column); and the `version` of the table of units"
        ),
    )
    neutral: str = field(default="none", metadata=_doc("how a neutral face was subtracted; `none`: it was not"))
    resting: tuple[RestingNote, ...] = field(
        default=(), metadata=_doc("the resting faces that expressions are measured against, see below; face model only")
    )
    mirrored: bool = field(
        default=False,
        metadata=_doc("true where the user said that the recording is flipped, and left and right were put right"),
    )
    options: Mapping[str, Any] = field(
        default_factory=dict,
        metadata=_doc("other options of the run; `usability` holds the limits behind the column `usable`"),
    )
    pictures: tuple[PictureNote, ...] = field(
        default=(), metadata=_doc("how often the pictures of faces change, see below; films alone")
    )
    warnings: tuple[str, ...] = field(
        default=(), metadata=_doc("what was guessed, repaired or left out in reading another tool's table, in words")
    )
    defects: tuple[Defect, ...] = field(
        default=(),
        metadata=_doc(
            "what is known to be wrong, odd or mended about the video or pictures: a list of `kind` and `words`; "
            "`dfe qc`, reports and `dfe compare` show it"
        ),
    )
    created: str | None = field(
        default=None,
        compare=False,
        metadata=_doc(
            "when it was made, UTC, taken from the environment variable SOURCE_DATE_EPOCH; otherwise null, so that the "
            "same input gives the same bytes"
        ),
    )
    format_version: int = field(default=FORMAT_VERSION, metadata=_doc("version of this table format"))

    @property
    def notes(self) -> tuple[str, ...]:
        """All that a reader should know of how it was made: defects of the source, then warnings, a clause each."""
        return (*words(self.defects), *self.warnings)

    def __hash__(self) -> int:
        content = json.loads(self.to_json())
        content.pop("created")
        return hash(json.dumps(content, sort_keys=True))

    def to_json(self, indent: int | None = None) -> str:
        """JSON with sorted keys, the same bytes for the same content.

        Raises:
            TableError: an option or a front end's entry is not JSON (for example NaN, or an object).
        """
        content = {f.name: getattr(self, f.name) for f in fields(self)}
        for name in ("source", "space", "tokenizer"):
            content[name] = None if content[name] is None else asdict(content[name])
        for name in ("frontend", "options", "au_proxy"):
            content[name] = dict(content[name])
        content["resting"] = [asdict(note) for note in self.resting]
        content["pictures"] = [asdict(note) for note in self.pictures]
        content["defects"] = [asdict(defect) for defect in self.defects]
        try:
            text = json.dumps(content, sort_keys=True, ensure_ascii=False, allow_nan=False, indent=indent)
        except (TypeError, ValueError) as error:
            raise TableError(f"provenance cannot be written as JSON: {error}", where=self.source.name) from error
        return plain_text(text)

    @classmethod
    def from_json(cls, text: str | bytes, *, where: str | os.PathLike[str]) -> Provenance:
        """Read what :meth:`to_json` wrote; unknown keys are left out.

        Raises:
            TableError: not JSON, not this record, or of another format than this package's.
        """
        try:
            content = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise TableError(
                "its provenance is damaged (not JSON)", where=where, advice="make the table again"
            ) from error
        if not isinstance(content, dict) or not _is_int(content.get("format_version")):
            raise TableError("its provenance is not that of a recording", where=where)
        written = content["format_version"]
        if written != FORMAT_VERSION:
            advice = "update discrete-facial-encoding" if written > FORMAT_VERSION else "encode it again"
            what = f"written in format {written}, and this package reads {FORMAT_VERSION}"
            raise TableError(what, where=where, advice=advice)
        try:
            return _from_content(content)
        except (KeyError, TypeError, ValueError) as error:
            raise TableError(f"its provenance is incomplete or damaged ({error})", where=where) from error


def creation_time() -> str | None:
    """The time that SOURCE_DATE_EPOCH names, as UTC in ISO 8601; None where it is not set or no number."""
    try:
        return datetime.fromtimestamp(int(os.environ["SOURCE_DATE_EPOCH"]), UTC).isoformat()
    except (KeyError, ValueError, OverflowError, OSError):
        return None


def plain_text(text: str) -> str:
    """Text that UTF-8 can hold: bytes of a file name that are no UTF-8 become replacement characters, and so do halves
    of characters (lone surrogates), which damaged files and names on Windows may hold.
    """
    return _HALVES.sub("\N{REPLACEMENT CHARACTER}", text).encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _is_int(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _from_content(content: dict[str, Any]) -> Provenance:
    known = {f.name: content[f.name] for f in fields(Provenance) if f.name in content}
    known["source"] = _record(SourceInfo, content["source"])
    known["space"] = _record(SpaceRef, content["space"])
    tokenizer = content.get("tokenizer")
    known["tokenizer"] = None if tokenizer is None else _record(TokenizerRef, tokenizer)
    known["warnings"] = tuple(str(w) for w in content.get("warnings", ()))
    known["resting"] = tuple(_resting(note) for note in content.get("resting", ()))
    known["pictures"] = tuple(_record(PictureNote, note) for note in content.get("pictures", ()))
    known["defects"] = tuple(_record(Defect, defect) for defect in content.get("defects", ()))
    for name in ("frontend", "options", "au_proxy"):
        known[name] = _mapping(known.get(name, {}), name)
    return Provenance(**known)


def _resting(content: object) -> RestingNote:
    note: RestingNote = _record(RestingNote, content)
    return replace(note, numbers={name: tuple(map(float, row)) for name, row in dict(note.numbers).items()})


def _mapping(value: object, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TypeError(f"{name} is not a mapping")
    return value


def _record(kind: type[Any], value: object) -> Any:
    mapping = _mapping(value, kind.__name__)
    return kind(**{f.name: mapping[f.name] for f in fields(kind) if f.name in mapping})
