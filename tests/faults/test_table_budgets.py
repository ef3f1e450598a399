"""Small files that hold much, or take long: refused in two seconds and 500 MB, with the limit named.

Each is read by a process of its own, so that its time and its memory are its own. What once crashed or hung a reader is
kept here.
"""

from __future__ import annotations

import gzip
import io
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="memory is measured as POSIX does")

SECONDS, MEGABYTES = 2.0, 500
"""Of reading alone, in the processor's time; what starting Python and importing takes comes off."""

_READ = """
import resource, sys, time
from pathlib import Path
import numpy, pyarrow, pyarrow.csv, pyarrow.compute
from dfe.base.errors import DfeError
kind, path = sys.argv[1], Path(sys.argv[2])
if kind == "labels":
    from dfe.base.label_table import read_label_table as read
elif kind == "speech":
    from dfe.formats.speech import read_speech as read
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
before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
try:
    read(path)
    said = "read"
except DfeError as error:
    said = str(error)
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(f"{time.process_time() - start:.3f}\\t{(after - before) / 1024:.0f}\\t{said}")
"""


def packed(head: bytes, block: bytes, megabytes: int) -> bytes:
    out = io.BytesIO()
    with gzip.GzipFile(fileobj=out, mode="wb", compresslevel=6, mtime=0) as file:
        file.write(head)
        for _ in range(megabytes):
            file.write(block * (2**20 // len(block)))
    return out.getvalue()


def npz(shape: tuple[int, ...], megabytes: int, name: str = "exp") -> bytes:
    out = io.BytesIO()
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "<f4", "fortran_order": False, "shape": shape})
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive, archive.open(f"{name}.npy", "w") as file:
        file.write(header.getvalue())
        for _ in range(megabytes):
            file.write(bytes(2**20))
    return out.getvalue()


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
    "turns of 1e999": ("speech", "t.rttm", lambda: b"SPEAKER a 1 0 1e999 <NA> <NA> A <NA> <NA>\n", "no times"),
}


@pytest.mark.parametrize("name", CRASHERS)
def test_it_is_refused_in_time_and_memory(tmp_path: Path, name: str) -> None:
    kind, file, content, says = CRASHERS[name]
    path = tmp_path / file
    path.write_bytes(content())
    words = [sys.executable, "-c", _READ, kind, str(path)]
    ran = subprocess.run(words, capture_output=True, text=True, timeout=60, env=dict(os.environ))
    assert ran.returncode == 0, ran.stderr[-600:]
    seconds, megabytes, said = ran.stdout.strip().split("\t")
    assert any(part in said for part in says.split("|")), said
    assert float(seconds) < SECONDS, f"{seconds} s: {said}"
    assert float(megabytes) < MEGABYTES, f"{megabytes} MB: {said}"


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
