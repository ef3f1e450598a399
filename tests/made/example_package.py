"""A third party's package, as pip would leave it on disk: a space, a front end for pictures and one for tables."""

from __future__ import annotations

from pathlib import Path

MODULE = '''
import csv
import numpy as np
from dfe.base.errors import TableError
from dfe.frontends.base import Face, FrameFaces
from dfe.frontends.spec import FrontEndSpec
from dfe.recording.measured import Measured
from dfe.space.plain import plain_space


def space(version=None):
    return plain_space("example/two", ["smile", "frown"], lower=0, upper=1)


class Pictures:
    """Calls the left half of every picture a face; its brightness is a smile."""

    space = space()

    def provenance(self):
        return {"name": "example-pictures", "version": "1"}

    def observe(self, frames, *, still):
        for frame in frames:
            if frame.image is None:
                yield FrameFaces(frame.index, frame.time_s, frame.source, "not decoded: dark")
                continue
            height, width = frame.image.shape[:2]
            light = float(frame.image.mean()) / 255
            face = Face(1.0, (0.0, 0.0, width / 2, float(height)), 0.0, 0.0, 0.0, np.float32([light, 1 - light]))
            yield FrameFaces(frame.index, frame.time_s, frame.source, None, (face,))


class Table:
    def __init__(self, options):
        self.rate = options.rate or 10.0

    def read(self, path, progress=None):
        rows = list(csv.reader(path.open()))[1:]
        if any(len(row) != 3 for row in rows):
            raise TableError("a row without three cells", where=path)
        values = np.array([[float(cell or "nan") for cell in row] for row in rows], np.float32)
        seen = np.isfinite(values[:, 1:]).all(axis=1)
        frame = np.arange(len(rows))
        return Measured(
            space(), frame, frame / self.rate, values[:, 1:], seen,
            [None if ok else "the example saw nothing" for ok in seen], face=values[:, 0].astype(np.int64),
            about={"version": "1"}, warnings=("an example",),
        )


def _knows(path):
    try:
        return path.read_text("utf-8", "ignore").startswith("person,smile,frown")
    except OSError:
        return False


common = dict(space="example/two", licence="none", verified="in a test")
PICTURES = FrontEndSpec(name="example-pictures", kind="media", title="brightness", make=lambda o: Pictures(), **common)
TABLE = FrontEndSpec(name="example-table", kind="table", title="a table", make=Table, recognises=_knows, **common)
NEEDY = FrontEndSpec(name="example-needy", kind="table", title="a table", make=Table, needs=("weights",), **common)
'''

ENTRY_POINTS = """
[dfe.frontends]
example-pictures = dfe_example:PICTURES
example-table = dfe_example:TABLE
example-needy = dfe_example:NEEDY
example-broken = dfe_example_missing:NOTHING
example-odd = dfe_example:common

[dfe.spaces]
example/two = dfe_example:space
example/odd = dfe_example:_knows
"""


def install(folder: Path) -> Path:
    """Write the package into a folder that is to be on the path, and return the folder."""
    about = folder / "dfe_example-1.0.dist-info"
    about.mkdir(parents=True)
    (folder / "dfe_example.py").write_text(MODULE, "utf-8")
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: dfe-example\nVersion: 1.0\n", "utf-8")
    (about / "entry_points.txt").write_text(ENTRY_POINTS, "utf-8")
    return folder
