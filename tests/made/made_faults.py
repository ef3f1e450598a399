"""Small valid files of every kind that is read, ways to damage them, and the readers that must bear it.

Used by the tests in ``tests/faults`` and, at length, by ``benchmarks/faults.py``.
"""

from __future__ import annotations

import gzip
import io
import json
import pickle
import shutil
import tempfile
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

import av
import cv2
import numpy as np

from dfe.base.errors import DfeError

PIECES: tuple[bytes, ...] = (
    *(bytes([n]) for n in b',;\t"\'\n\r .-+0'), b"\0", b"\xff", b"\xef\xbb\xbf", b"\xff\xfe", b"nan", b"inf",
    b"1e999", b"-1", b"9" * 400, b"sep=;\n", b"\n\n\n", b"{", b"}", b"[", b"null", b"true", b'"', b"<", b"</TIER>",
    b"&amp;", b"\x80", b"\xed\xa0\x80", b"\x1b[31m", b"\xe2\x80\xae", b"=1+1", b"\xff\xff\xff\xff", b"\0\0\0\0",
    b"\x7f\xff\xff\xff",
)  # fmt: skip
"""What is written into files: signs that divide, numbers that are none, marks of other encodings, sizes that lie."""


class Edit(NamedTuple):
    """Something written over a part of a file."""

    place: int
    """Modulo the file's length."""
    length: int
    """Bytes that go; the rest of the file where it is negative."""
    piece: bytes


def damaged(content: bytes, edits: Sequence[Edit]) -> bytes:
    """The content with each edit made in turn."""
    for place, length, piece in edits:
        at = place % max(len(content), 1)
        content = content[:at] + piece + (b"" if length < 0 else content[at + length :])
    return content


def drawn_edits(rng: np.random.Generator) -> list[Edit]:
    """One to six edits; one in five cuts the file short, one in five writes noise."""
    edits = []
    for _ in range(int(rng.integers(1, 7))):
        kind = rng.integers(5)
        piece = rng.bytes(int(rng.integers(1, 9))) if kind == 0 else PIECES[rng.integers(len(PIECES))]
        length = -1 if kind == 1 and not edits else int(rng.integers(0, 12))
        edits.append(Edit(int(rng.integers(2**31)), length, piece))
    return edits


class Kind(NamedTuple):
    """A kind of input."""

    name: str
    """Of its file."""
    content: Callable[[], bytes]
    read: Callable[[Path], object]
    """Reads it, or raises an error of ours."""


def bears(kind: Kind, content: bytes, folder: Path) -> str:
    """Empty where the reader took the content or refused it in one line; else what it did."""
    path = folder / kind.name
    path.write_bytes(content)
    try:
        kind.read(path)
    except DfeError as error:
        return "" if len(str(error).splitlines()) == 1 else f"an error of several lines: {error}"
    except MemoryError:
        return "out of memory"
    except Exception as error:
        return f"{type(error).__name__}: {error}"[:300]
    return ""


def _picture(suffix: str) -> bytes:
    rng = np.random.default_rng(0)
    image = cv2.GaussianBlur(rng.integers(0, 255, (40, 56, 3), np.uint8), (5, 5), 0)
    return bytes(cv2.imencode(suffix, image)[1])


@cache
def _film(codec: str = "mpeg4", format: str = "mp4") -> bytes:
    out = io.BytesIO()
    with av.open(out, "w", format=format) as container:
        stream = container.add_stream(codec, rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for i in range(12):
            image = np.full((48, 64, 3), 20 * i, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode())
    return out.getvalue()


def _read_film(path: Path) -> None:
    from dfe.media.film import open_film

    film = open_film([path])
    for _, frame in zip(range(20), film.frames(), strict=False):
        assert frame.image is not None or frame.reason


def _read_picture(path: Path) -> None:
    from dfe.media.image import read_image

    read_image(path)


def _recording(suffix: str) -> bytes:
    from dfe.recording.build import build_recording
    from dfe.recording.provenance import Provenance, SourceInfo, SpaceRef
    from dfe.recording.rows import RowBuffer

    rows = RowBuffer()
    x = np.zeros(41, np.float32)
    for i in range(8):
        rows.add_face(
            i, i / 25, "a.mp4", 0.9, (1, 2, 90, 90), (0, 0, 0), x + i / 10, x[:8], x[:2], face_id=0
        )  # fmt: skip
    made = build_recording(rows, Provenance(SourceInfo("a.mp4", frames=8), SpaceRef("arkit51/face41", 2, "00"), "1"))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"a{suffix}"
        made.write(path)
        return path.read_bytes()


@cache
def _provenance() -> bytes:
    import pyarrow.parquet as pq

    return bytes(pq.read_schema(io.BytesIO(_recording(".parquet"))).metadata[b"dfe"])


def _read_recording(path: Path) -> None:
    from dfe.recording.recording import Recording

    if path.suffix == ".csv":
        path.with_name(f"{path.stem}.provenance.json").write_bytes(_provenance())
    made = Recording.read(path)
    made.summary()


def _read_provenance(path: Path) -> None:
    from dfe.recording.provenance import Provenance

    Provenance.from_json(path.read_bytes(), where=path).to_json()


def _tokenizer_json() -> bytes:
    from dfe.tokenizer.file import load_tokenizer, save_tokenizer

    folder = _tokenizer_folder()
    if not folder.exists():
        save_tokenizer(load_tokenizer("default"), folder)
    return (folder / "tokenizer.json").read_bytes()


@cache
def _tokenizer_folder() -> Path:
    import atexit

    folder = Path(tempfile.mkdtemp(prefix="dfe-faults-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder / "whole"


def _read_tokenizer(path: Path) -> None:
    from dfe.tokenizer.file import load_tokenizer

    _tokenizer_json()
    other = "tokenizer.safetensors" if path.suffix == ".json" else "tokenizer.json"
    shutil.copy(_tokenizer_folder() / other, path.parent / other)
    load_tokenizer(path.parent)


def _weights() -> bytes:
    _tokenizer_json()
    return (_tokenizer_folder() / "tokenizer.safetensors").read_bytes()


_LABELS = (
    'path;age;site\nC:\\data\\a.mp4;1,5;x\nb.mp4;2,25;y\n"c ""d"".mp4";;z\n;;\n'.encode("utf-8-sig"),
    b"path\tage\n" + b"a.mp4\t12\n" * 5,
    "path,grün\na.mp4,ja\n".encode("utf-16"),
)
_ELAN = b"""<?xml version="1.0" encoding="UTF-8"?>
<ANNOTATION_DOCUMENT>
<HEADER TIME_UNITS="milliseconds">
<MEDIA_DESCRIPTOR MEDIA_URL="file:///a.mp4" MIME_TYPE="video/mp4" TIME_ORIGIN="1500"/>
</HEADER>
<TIME_ORDER><TIME_SLOT TIME_SLOT_ID="s1" TIME_VALUE="0"/><TIME_SLOT TIME_SLOT_ID="s2"/>
<TIME_SLOT TIME_SLOT_ID="s3" TIME_VALUE="900"/></TIME_ORDER>
<TIER TIER_ID="A" LINGUISTIC_TYPE_REF="t">
<ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a1" TIME_SLOT_REF1="s1" TIME_SLOT_REF2="s2">
<ANNOTATION_VALUE>x</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION>
<ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a2" TIME_SLOT_REF1="s2" TIME_SLOT_REF2="s3">
<ANNOTATION_VALUE>y</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION>
</TIER>
<TIER TIER_ID="B" PARENT_REF="A"><ANNOTATION><REF_ANNOTATION ANNOTATION_ID="a3" ANNOTATION_REF="a1">
<ANNOTATION_VALUE>z</ANNOTATION_VALUE></REF_ANNOTATION></ANNOTATION></TIER>
</ANNOTATION_DOCUMENT>
"""
_GRID = b"""File type = "ooTextFile"
Object class = "TextGrid"

xmin = 0
xmax = 2.5
tiers? <exists>
size = 2
item []:
 item [1]:
  class = "IntervalTier"
  name = "A"
  xmin = 0
  xmax = 2.5
  intervals: size = 2
  intervals [1]:
   xmin = 0
   xmax = 1
   text = "a ""b\"""
  intervals [2]:
   xmin = 1
   xmax = 2.5
   text = ""
 item [2]:
  class = "TextTier"
  name = "P"
  xmin = 0
  xmax = 2.5
  points: size = 1
  points [1]:
   number = 1
   mark = "x"
"""
_RTTM = b"SPEAKER a 1 0.5 1.25 <NA> <NA> A <NA> <NA>\nSPEAKER a 1 2 1 <NA> <NA> B <NA> <NA>\n"
_EVENTS = (
    b"onset\tduration\tface_id\tkind\tdisplay\tlabel\tregion\tapex\tintensity\tcensored\tspeaking\n"
    b"1.2500\t0.7500\t0\tdisplay\t7\tlip corner pull, left\tmouth\t1.5000\t3.1250\t0\tn/a\n"
)
_ROLES = b"recording,face_id,start,end,subject,role\na,0,,2.5,p1,x\na,1,0,,p2,\n"
_UNITS = b"frame, face_id, timestamp, success, AU01_r, AU12_r\n1, 0, 0, 1, 0.5, 3\n2, 0, 0.04, 0, 0, 0\n"


def _read_labels(path: Path) -> None:
    from dfe.base.label_table import read_label_table

    table = read_label_table(path)
    assert all(set(row.cells) == set(table.names) for row in table.rows)


def _read_columns(path: Path) -> None:
    from dfe.facs.tables import read_au_table

    read_au_table(path)


def _read_speech(path: Path) -> None:
    from dfe.formats.speech import read_speech

    talk = read_speech(path)
    assert all(np.isfinite(talk[speaker]).all() for speaker in talk)


def _read_tiers(path: Path) -> None:
    from dfe.formats.labels import read_labels

    assert all(np.isfinite([one.start_s, one.end_s]).all() for one in read_labels(path))


def _read_events(path: Path) -> None:
    from dfe.formats.tsv import read_events_tsv

    read_events_tsv(path)


def _read_roles(path: Path) -> None:
    from dfe.recording.roles import read_roles

    read_roles(path)


class Bomb:
    """Writes a file when it is opened as pickles are."""

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (Path("exploded"),)


def _pickle() -> bytes:
    return pickle.dumps({"a": np.arange(6.0).reshape(2, 3), "b": [1, {"c": (2.5, "x")}], "d": Bomb()}, 4)


def _read_pickle(path: Path) -> None:
    from dfe.base.pickles import read_array_pickle, read_model_pickle, read_plain_pickle

    refused = None
    for read in (read_plain_pickle, read_array_pickle, lambda p: read_model_pickle(p, ("a",))):
        try:
            read(path)
        except DfeError as error:
            refused = error
    assert not Path("exploded").exists(), "it ran code"
    if refused is not None:
        raise refused


def _json_table() -> bytes:
    frames = [{"weights": [0.1] * 52, "rotation": [], "time": i / 60} for i in range(3)]
    from dfe.space.arkit import ARKIT_NAMES

    return json.dumps({"names": [*ARKIT_NAMES, "tongueOut"], "frames": frames}).encode()


def _read_table(path: Path) -> None:
    from dfe.frontends.registry import find_front_end, recognise
    from dfe.frontends.spec import FrontEndOptions

    spec = recognise(path) or find_front_end("arkit")
    spec.make(FrontEndOptions()).read(path)  # type: ignore[union-attr]


def _mesh(kind: str) -> bytes:
    if kind == "obj":
        return b"v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n"
    head = b"ply\nformat ascii 1.0\nelement vertex 3\nproperty float x\nproperty float y\nproperty float z\n"
    return head + b"element face 1\nproperty list uchar int vertex_indices\nend_header\n0 0 0\n1 0 0\n0 1 0\n3 0 1 2\n"


def _read_mesh(path: Path) -> None:
    from dfe.frontends.meshes.reading import read_sequence

    read_sequence(path)


KINDS: dict[str, Kind] = {
    "JPEG": Kind("a.jpg", lambda: _picture(".jpg"), _read_picture),
    "PNG": Kind("a.png", lambda: _picture(".png"), _read_picture),
    "WebP": Kind("a.webp", lambda: _picture(".webp"), _read_picture),
    "TIFF": Kind("a.tif", lambda: _picture(".tif"), _read_picture),
    "BMP": Kind("a.bmp", lambda: _picture(".bmp"), _read_picture),
    "MP4": Kind("a.mp4", lambda: _film(), _read_film),
    "AVI": Kind("a.avi", lambda: _film("mpeg4", "avi"), _read_film),
    "Matroska": Kind("a.mkv", lambda: _film("mpeg4", "matroska"), _read_film),
    "recording (Parquet)": Kind("a.parquet", lambda: _recording(".parquet"), _read_recording),
    "recording (CSV)": Kind("a.csv", lambda: _recording(".csv"), _read_recording),
    "provenance": Kind("a.provenance.json", _provenance, _read_provenance),
    "tokenizer.json": Kind("tokenizer.json", _tokenizer_json, _read_tokenizer),
    "tokenizer.safetensors": Kind("tokenizer.safetensors", _weights, _read_tokenizer),
    "pickle": Kind("a.pkl", _pickle, _read_pickle),
    "labels (Excel)": Kind("a.csv", lambda: _LABELS[0], _read_labels),
    "labels (tabs)": Kind("a.tsv", lambda: _LABELS[1], _read_labels),
    "labels (UTF-16)": Kind("a.txt", lambda: _LABELS[2], _read_labels),
    "labels (packed)": Kind("a.csv.gz", lambda: gzip.compress(_LABELS[0], mtime=0), _read_labels),
    "roles": Kind("roles.csv", lambda: _ROLES, _read_roles),
    "units (columns)": Kind("a.csv", lambda: _UNITS, _read_columns),
    "ELAN as speech": Kind("a.eaf", lambda: _ELAN, _read_speech),
    "ELAN as marks": Kind("a.eaf", lambda: _ELAN, _read_tiers),
    "TextGrid as speech": Kind("a.TextGrid", lambda: _GRID, _read_speech),
    "TextGrid as marks": Kind("a.TextGrid", lambda: _GRID, _read_tiers),
    "RTTM": Kind("a.rttm", lambda: _RTTM, _read_speech),
    "events": Kind("a.tsv", lambda: _EVENTS, _read_events),
    "coefficients (JSON)": Kind("a.json", _json_table, _read_table),
    "PLY": Kind("a.ply", lambda: _mesh("ply"), _read_mesh),
    "OBJ": Kind("a.obj", lambda: _mesh("obj"), _read_mesh),
}  # fmt: skip
