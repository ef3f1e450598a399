"""Readers of tables given anything: a valid recording or an error of ours, never another exception."""

from __future__ import annotations

import gzip

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_table_pyfeat import coefficients, fex

from dfe.base.errors import DfeError
from dfe.facs.tables import read_au_table
from dfe.frontends.registry import OWN, find_front_end
from dfe.frontends.spec import FrontEndOptions
from dfe.recording.measured import Measured
from dfe.space.arkit import ARKIT_NAMES
from made_other_tables import beat, clnf, fake_points68, live_link, openface, points68, timecodes

VALUES = np.random.default_rng(0).random((4, len(ARKIT_NAMES))).astype(np.float32)
POINTS = points68(3)
VALID = {
    "arkit": live_link(np.concatenate([VALUES, VALUES[:1] * np.nan]), timecodes(5)).encode(),
    "json": beat(VALUES[:2]).encode(),
    "pyfeat": fex([("a.mp4", i, "00:00", coefficients(i) if i != 1 else None) for i in range(3)]).encode(),
    "openface": openface(POINTS).encode(),
    "clnf": clnf({f"{axis}{i}": POINTS[:, i, k] for k, axis in enumerate("XYZ") for i in range(68)}, 3).encode(),
    "libreface": (
        ",".join(["frame_idx", "frame_time_in_ms", *(f"lm_mp_{i}_{a}" for i in range(478) for a in "xyz")])
        + "\n"
        + "\n".join(f"{n},{n * 0.04}" + ",0.5" * 1434 for n in range(2))
    ).encode(),
}
TABLES = [name for name in OWN if find_front_end(name).kind == "table" and name in {*VALID}]
PIECES = [
    b",",
    b"\n",
    b";",
    b"\t",
    b'"',
    b"nan",
    b"inf",
    b"-1",
    b"1e39",
    b"1e400",
    b"\0",
    b"\xff",
    b" ",
    b"\r",
    b"x",
    b"{",
]
quick = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(autouse=True)
def regressor(monkeypatch):
    monkeypatch.setattr("dfe.frontends.points.read_points68", fake_points68)


def named(error: DfeError, path) -> None:
    if str(path) not in str(error):
        pytest.fail(f"an error that does not name the file: {error}")


OPTIONS = (FrontEndOptions(), FrontEndOptions(rate=25, calibrate=True, mirrored=True))


def check(name: str, path, *asked: FrontEndOptions) -> None:
    spec = find_front_end("arkit" if name == "json" else name)
    assert spec.recognises is not None
    assert isinstance(spec.recognises(path), bool)
    for options in asked or OPTIONS:
        try:
            found = spec.make(options).read(path)
        except DfeError as error:
            named(error, path)
            continue
        assert isinstance(found, Measured)
        assert np.isfinite(found.expression[found.success]).all()
        assert np.isnan(found.expression[~found.success]).all()
        assert [reason is None for reason in found.reason] == found.success.tolist()
        assert np.isnan(found.time_s).all() or np.isfinite(found.time_s).all()
        if np.isfinite(found.time_s).all():
            assert (np.diff(found.time_s)[np.diff(found.frame) > 0] > 0).all()


@quick
@given(data=st.binary(max_size=300), name=st.sampled_from([*VALID]))
def test_random_bytes(tmp_path, data, name):
    path = tmp_path / "table.csv"
    path.write_bytes(data)
    check(name, path)


@pytest.mark.parametrize("name", [*VALID])
@quick
@given(data=st.data())
def test_mutations_of_a_valid_table(tmp_path, data, name):
    content = bytearray(VALID[name])
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(content) - 1))
        length = data.draw(st.integers(0, 12))
        content[at : at + length] = data.draw(st.sampled_from(PIECES) | st.binary(max_size=4))
    path = tmp_path / "table.csv"
    # Packing is dear and tables are wide: fast packing, and one of the two ways to read.
    path.write_bytes(gzip.compress(bytes(content), 1) if data.draw(st.booleans()) else bytes(content))
    check(name, path, data.draw(st.sampled_from(OPTIONS)))


@quick
@given(data=st.data())
def test_mutations_of_an_au_table(tmp_path, data):
    content = bytearray(
        b"frame, face_id, timestamp, success, AU01_r, AU12_r\n1, 0, 0, 1, 0.5, 3\n2, 0, 0.04, 0, 0, 0\n"
    )
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at : at + data.draw(st.integers(0, 5))] = data.draw(st.sampled_from(PIECES) | st.binary(max_size=4))
    path = tmp_path / "table.csv"
    path.write_bytes(bytes(content))
    try:
        table = read_au_table(path)
    except DfeError as error:
        named(error, path)
    else:
        assert len(table.values) == len(table.frame) == len(table.time_s) == len(table.face) == len(table.success)


def test_the_valid_tables_are_read(tmp_path):
    """Else the mutations would test the errors alone."""
    for name, content in VALID.items():
        path = tmp_path / "table.csv"
        path.write_bytes(content)
        spec = find_front_end("arkit" if name == "json" else name)
        assert len(spec.make(FrontEndOptions()).read(path)) >= 2
    assert set(TABLES) == set(VALID) - {"json"}
