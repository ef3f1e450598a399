"""Files that hold much, or take long: refused in two seconds and 500 MB, with the limit named.

Each is read by a process of its own, so that its time and its memory are its own. What once crashed or hung a reader is
kept here.
"""

from __future__ import annotations

import functools
import io
import json
import struct
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="memory is measured as POSIX does")

SECONDS, MEGABYTES = 2.0, 500
"""Of reading alone, in the processor's time; what starting Python and importing takes comes off."""
USUAL_S = 0.02
"""In which a processor adds up two million numbers; a slower or busier one may take so much longer for the rest."""

_READ = """
import functools, json, os, resource, signal, sys, time
from pathlib import Path
import numpy, pyarrow, pyarrow.csv, pyarrow.compute
from dfe.base.errors import DfeError

@functools.cache
def reader(kind):
    if kind == "labels":
        from dfe.base.label_table import read_label_table as read
    elif kind == "speech":
        from dfe.formats.speech import read_speech as read
    elif kind == "picture":
        from dfe.media.image import read_image as read
    elif kind == "film":
        from dfe.media.film import open_film
        read = lambda path: [frame.reason for frame in open_film([path]).frames()]
    elif kind == "pickle":
        from dfe.base.pickles import read_model_pickle
        read = lambda path: read_model_pickle(path, ("a",))
    elif kind == "matlab":
        from dfe.base.matlab_files import read_mat as read
    elif kind == "recording":
        from dfe.recording.recording import Recording
        read = Recording.read
    elif kind == "tokenizer":
        from dfe.tokenizer.file import load_tokenizer
        read = lambda path: load_tokenizer(path.parent)
    elif kind == "units":
        from dfe.facs.tables import read_au_table as read
    else:
        from dfe.frontends.registry import find_front_end
        from dfe.frontends.spec import FrontEndOptions
        spec = find_front_end("flame-params" if kind == "arrays" else kind)
        if kind == "mesh":
            from dfe.frontends.meshes.reading import read_sequence as read
        else:
            read = lambda path: (spec.recognises(path), spec.make(FrontEndOptions()).read(path))
    return read

def measured(read, path):
    signal.alarm(300)
    if sys.platform == "linux":
        space = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize() + 800 * 2**20
        resource.setrlimit(resource.RLIMIT_AS, (space, space))
    began = time.process_time()
    sum(range(2_000_000))
    pace = time.process_time() - began
    before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    try:
        read(path)
        said = "read"
    except DfeError as error:
        said = str(error)
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return time.process_time() - start, pace, (after - before) / 1024, said

for line in sys.stdin:
    kind, path = json.loads(line)
    read = reader(kind)
    child = os.fork()
    if not child:
        print(json.dumps(measured(read, Path(path))), flush=True)
        os._exit(0)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""
"""Imports what a file is read by, once, and then reads each file in a copy of itself."""
Measured = Callable[[str, Path], tuple[float, float, float, str]]


@contextmanager
def reading_apart() -> Iterator[Measured]:
    """Function that reads a file in a process of its own: seconds, those of a sum, megabytes, and what was said."""
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", _READ], stdin=pipe, stdout=pipe, text=True) as process:
        asked, heard = process.stdin, process.stdout
        assert asked is not None
        assert heard is not None

        def read(kind: str, path: Path) -> tuple[float, float, float, str]:
            asked.write(json.dumps([kind, str(path)]) + "\n")
            asked.flush()
            told = heard.readline()
            ended = heard.readline() if told.startswith("[") else told
            assert ended == "0\n", f"{path.name} ended the process that read it: {ended}"
            seconds, pace, megabytes, said = json.loads(told)
            return seconds, pace, megabytes, said

        yield read
        asked.close()


@pytest.fixture(scope="module")
def measured() -> Iterator[Measured]:
    """As :func:`reading_apart`."""
    with reading_apart() as read:
        yield read


def deflated(head: bytes, block: bytes, count: int) -> bytes:
    """A bare stream of a head and so many equal blocks. A block that begins anew is packed once: that takes no time."""
    packer = zlib.compressobj(6, wbits=-15)
    first = packer.compress(head) + packer.flush(zlib.Z_FULL_FLUSH)
    one = packer.compress(block) + packer.flush(zlib.Z_FULL_FLUSH)
    return first + one * count + packer.flush()


def summed(check: Callable[[bytes, int], int], head: bytes, block: bytes, count: int, start: int) -> int:
    """The check sum of what is packed."""
    return functools.reduce(lambda so_far, _: check(block, so_far), range(count), check(head, start))


def packed(head: bytes, block: bytes, megabytes: int) -> bytes:
    """A file of gzip (RFC 1952)."""
    whole = block * (2**20 // len(block))
    length = len(head) + megabytes * len(whole)
    tail = struct.pack("<II", summed(zlib.crc32, head, whole, megabytes, 0), length % 2**32)
    return b"\x1f\x8b\x08\0\0\0\0\0\0\xff" + deflated(head, whole, megabytes) + tail


def packed_zeros(megabytes: int, more: int = 0) -> bytes:
    """A stream of zlib (RFC 1950)."""
    first, block = bytes(more), bytes(2**20)
    total = summed(zlib.adler32, first, block, megabytes, 1)
    return b"\x78\x9c" + deflated(first, block, megabytes) + struct.pack(">I", total)


def npz(shape: tuple[int, ...], megabytes: int, name: str = "exp") -> bytes:
    """A file of zip with one array of zeros."""
    header, block = io.BytesIO(), bytes(2**20)
    np.lib.format.write_array_header_1_0(header, {"descr": "<f4", "fortran_order": False, "shape": shape})
    head, file = header.getvalue(), f"{name}.npy".encode()
    data = deflated(head, block, megabytes)
    sizes = (summed(zlib.crc32, head, block, megabytes, 0), len(data), len(head) + megabytes * 2**20)
    about = struct.pack("<HHHHHIIIHH", 20, 0, zipfile.ZIP_DEFLATED, 0, 33, *sizes, len(file), 0)
    local = b"PK\3\4" + about + file + data
    central = b"PK\1\2" + struct.pack("<H", 20) + about + bytes(14) + file
    return local + central + b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, 1, 1, len(central), len(local), 0)


def chain(count: int, *, ends: bool = True) -> bytes:
    """Tiers each of which refers to the next one in the file, the last to one with times."""
    tiers = "".join(
        f'<TIER TIER_ID="t{i}"><ANNOTATION><REF_ANNOTATION ANNOTATION_ID="a{i}" ANNOTATION_REF="a{i + 1}">'
        f"<ANNOTATION_VALUE>x</ANNOTATION_VALUE></REF_ANNOTATION></ANNOTATION></TIER>"
        for i in range(count)
    )
    return elan("1000", tiers, last=count if ends else count + 1)


def elan(time: str, tiers: str = "", last: int = 0) -> bytes:
    return (
        '<ANNOTATION_DOCUMENT><HEADER TIME_UNITS="milliseconds"/><TIME_ORDER><TIME_SLOT TIME_SLOT_ID="s1" '
        f'TIME_VALUE="0"/><TIME_SLOT TIME_SLOT_ID="s2" TIME_VALUE="{time}"/></TIME_ORDER>{tiers}<TIER TIER_ID="top">'
        f'<ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a{last}" TIME_SLOT_REF1="s1" TIME_SLOT_REF2="s2">'
        "<ANNOTATION_VALUE>x</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION></TIER></ANNOTATION_DOCUMENT>"
    ).encode()


GRID = (
    b'File type = "ooTextFile"\nObject class = "TextGrid"\n\n0\n1\n<exists>\n1\n'
    b'"IntervalTier"\n"A"\n0\n1\n1\n0\n%s\n"x"\n'
)
HEAD = b"Timecode,BlendShapeCount," + b",".join(b"c%d" % i for i in range(52)) + b"\n"
WIDE = b"frame, timestamp, confidence, success, AU01_r\n"


def png(width: int, height: int, zeros: int) -> bytes:
    """A picture whose header says its size, and whose data unfold to so many megabytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    data = packed_zeros(zeros)
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def jpeg() -> bytes:
    return bytes(cv2.imencode(".jpg", np.full((40, 40, 3), 90, np.uint8))[1])


def ply(vertices: int, faces: int, form: str = "ascii") -> bytes:
    return (
        f"ply\nformat {form} 1.0\nelement vertex {vertices}\nproperty float x\nproperty float y\nproperty float z\n"
        f"element face {faces}\nproperty list uchar int vertex_indices\nend_header\n"
    ).encode()


def doubled_lists(depth: int) -> bytes:
    """A pickle of lists of which each holds the one before twice: 2**depth values for who copies them."""
    return b"\x80\x02]q\x00" + b"".join(b"]q%c(h%ch%ce" % (i + 1, i, i) for i in range(depth)) + b"."


def matlab_zeros(megabytes: int) -> bytes:
    """A file of version 5 with one packed element, which unfolds to a little more than that."""
    return bytes(124) + b"\0\1IM" + struct.pack("<II", 15, 2**20) + packed_zeros(megabytes, 9)


def film_of(pixels: int) -> bytes:
    """A film whose header says pictures of so many pixels on a side (AVI's stream format)."""
    out = io.BytesIO()
    with av.open(out, "w", format="avi") as container:
        stream = container.add_stream("mjpeg", rate=25)
        stream.width = stream.height = 64
        stream.pix_fmt = "yuvj420p"
        for _ in range(3):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")))
        container.mux(stream.encode())
    data = bytearray(out.getvalue())
    at = data.index(b"strf") + 12
    data[at : at + 8] = struct.pack("<II", pixels, pixels)
    at = data.index(b"\xff\xc0")
    while at >= 0:
        data[at + 5 : at + 9] = struct.pack(">HH", pixels, pixels)
        at = data.find(b"\xff\xc0", at + 2)
    return bytes(data)


CRASHERS: dict[str, tuple[str, str, Callable[[], bytes], str]] = {
    "empty lines, packed": ("labels", "t.csv.gz", lambda: packed(b"a,b\n", b"\n", 300), "empty lines"),
    "empty lines at once, packed": ("labels", "t.csv.gz", lambda: packed(b"", b"\n", 300), "empty lines"),
    "rows, packed": ("labels", "t.csv.gz", lambda: packed(b"a,b\n", b"1,2\n", 300), "limit"),
    "blanks, packed": ("labels", "t.csv.gz", lambda: packed(b"a,b\n", b" \n", 300), "empty lines"),
    "one line, packed": ("labels", "t.csv.gz", lambda: packed(b"a,b\n", b"x", 300), "too long"),
    "one header, packed": ("labels", "t.csv.gz", lambda: packed(b"", b"a,", 300), "too long"),
    "zeros, packed": ("labels", "t.csv.gz", lambda: packed(b"", b"\0", 300), "is no text"),
    "rows of units, packed": ("units", "t.csv.gz", lambda: packed(WIDE, b"1,1,1,1,1\n", 300), "limit"),
    "a bad cell behind them": ("units", "t.csv.gz", lambda: packed(WIDE + b"x,1,1,1,1\n", b"1,1,1,1,1\n", 300), "'x'"),
    "empty lines of units": ("units", "t.csv.gz", lambda: packed(WIDE, b"\n", 300), "limit|empty lines|no rows"),
    "json, packed": ("arkit", "t.json.gz", lambda: packed(b'{"names": [], "frames": [', b"[],", 300), "limit"),
    "json of zeros": ("arkit", "t.json", lambda: b'{"names": [], "frames": [' + b"[]," * 8_000_000 + b"0]}", "memory"),
    "json of braces": ("arkit", "t.json", lambda: b'{"names": ' + b"[" * 3_000_000, "is no JSON"),
    "npz of zeros": ("arrays", "t.npz", lambda: npz((2**26, 50), 2000), "limit"),
    "npz with a header that lies": ("arrays", "t.npz", lambda: npz((2**26, 50), 1), "needs|no npz|no npy"),
    "mesh of zeros": ("mesh", "t.npz", lambda: npz((2**20, 200, 3), 2000, "vertices"), "limit"),
    "mesh with a header that lies": ("mesh", "t.npz", lambda: npz((2**20, 200, 3), 1, "vertices"), "no array|no npy"),
    "ELAN's chain": ("speech", "t.eaf", lambda: chain(30_000), "read"),
    "ELAN's chain to nowhere": ("speech", "t.eaf", lambda: chain(30_000, ends=False), "not there|read"),
    "ELAN's time of 400 digits": ("speech", "t.eaf", lambda: elan("9" * 400), "damaged"),
    "ELAN's million elements": ("speech", "t.eaf", lambda: elan("9", "<TIER/>" * 2_000_000), "limit"),
    "a time of 1e999": ("speech", "t.TextGrid", lambda: GRID % b"1e999", "damaged"),
    "a count of 1e999": ("speech", "t.TextGrid", lambda: GRID.replace(b"1\n0\n%s", b"1e999\n0\n%s") % b"1", "damaged"),
    "quotes without end": ("speech", "t.TextGrid", lambda: GRID % b"1" + b'"' + b'""' * 4_000_000, "read"),
    "a PLY of 2 thousand million vertices": ("mesh", "t.ply", lambda: ply(2**31 - 1, 0) + b"0 0 0\n" * 9500, "t.ply"),
    "a binary PLY of as many": (
        "mesh",
        "t.ply",
        lambda: ply(2**31 - 1, 2**31 - 1, "binary_little_endian") + bytes(57_000),
        "t.ply",
    ),
    "an OBJ with a corner far away": (
        "mesh",
        "t.obj",
        lambda: b"v 0 0 0\n" * 3 + b"f 1 2 2147483647\n" * 2000,
        "t.obj",
    ),
    "an OBJ of one long face": ("mesh", "t.obj", lambda: b"v 0 0 0\n" * 3 + b"f " + b"1 " * 2_000_000, "t.obj|read"),
    "zeros behind a JPEG": ("picture", "t.jpg", lambda: jpeg() + bytes(250 * 2**20), "limit|read"),
    "zeros within a JPEG": ("picture", "t.jpg", lambda: jpeg()[:-2] + bytes(30 * 2**20) + jpeg()[-2:], "damaged|read"),
    "a PNG that unfolds to a gigabyte": ("picture", "t.png", lambda: png(16, 16, 1024), "damaged|read"),
    "a PNG of 30,000 pixels a side": ("picture", "t.png", lambda: png(30_000, 30_000, 1), "limit of 100 megapixels"),
    "a film of 16,000 pixels a side": ("film", "t.avi", lambda: film_of(16_000), "limit of 50 megapixels"),
    "a PNG with 4 GiB of EXIF": (
        "picture",
        "t.png",
        lambda: png(16, 16, 0)[:33] + b"\xff\xff\xff\xffeXIf" + bytes(50_000),
        "damaged|t.png",
    ),
    "MATLAB's zeros": ("matlab", "t.mat", lambda: matlab_zeros(512), "t.mat"),
    "lists within lists": ("pickle", "t.pkl", lambda: doubled_lists(200), "t.pkl"),
    "a pickle of 3 million marks": ("pickle", "t.pkl", lambda: b"\x80\x02" + b"(" * 3_000_000 + b".", "t.pkl"),
    "a tokenizer of brackets": ("tokenizer", "tokenizer.json", lambda: b"[" * 3_000_000, "tokenizer.json"),
    "a recording of noise": (
        "recording",
        "t.parquet",
        lambda: b"PAR1" + bytes(2**20) + b"\xff\xff\xff\x7fPAR1",
        "t.parquet",
    ),
    "turns of 1e999": ("speech", "t.rttm", lambda: b"SPEAKER a 1 0 1e999 <NA> <NA> A <NA> <NA>\n", "no times"),
}


@pytest.mark.parametrize("name", CRASHERS)
def test_it_is_refused_in_time_and_memory(tmp_path: Path, measured: Measured, name: str) -> None:
    kind, file, content, says = CRASHERS[name]
    path = tmp_path / file
    path.write_bytes(content())
    seconds, pace, megabytes, said = measured(kind, path)
    assert any(part in said for part in says.split("|")), said
    assert seconds < SECONDS * max(1.0, pace / USUAL_S), f"{seconds} s: {said}"
    assert megabytes < MEGABYTES, f"{megabytes} MB: {said}"


def test_memory_is_that_of_one_file(measured: Measured, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,b\n" + "1,2\n" * 300_000)
    one, other = (measured("labels", path)[2] for _ in range(2))
    assert one > 5
    assert other == pytest.approx(one, abs=5), "nothing stays of the file read before"


def test_the_limit_can_be_lifted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from dfe.base.errors import DfeError
    from dfe.base.label_table import read_label_table

    path = tmp_path / "t.csv.gz"
    path.write_bytes(packed(b"a,b\n", b"1,%s\n" % (b"2" * 1000), 20))
    with pytest.raises(DfeError, match=r"unfolds to more than 16 MB.*DFE_LIMIT=4"):
        read_label_table(path)
    monkeypatch.setenv("DFE_LIMIT", "4")
    assert len(read_label_table(path).rows) > 10_000
    monkeypatch.setenv("DFE_LIMIT", "much")
    with pytest.raises(DfeError, match="the limit is 'much'"):
        read_label_table(path)
