"""Tables of tools as they arrive: changed by a spreadsheet or R, without times, or of another kind, with the reason."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from dfe.base.errors import DfeError, TableError
from dfe.frontends.registry import recognise, why_unknown
from dfe.frontends.spec import FrontEndOptions
from dfe.frontends.tables.arkit import ArkitReader
from dfe.frontends.tables.openface import OpenFaceReader
from dfe.space.arkit import ARKIT_NAMES
from made_other_tables import fake_points68, live_link, openface, points68, timecodes

CASES = Path(__file__).parents[1] / "fixtures" / "cases"
VALUES = np.random.default_rng(0).random((40, len(ARKIT_NAMES))).astype(np.float32)


@pytest.fixture
def points(monkeypatch):
    monkeypatch.setattr("dfe.frontends.points.read_points68", fake_points68)


def by_r(text: str) -> str:
    head, *rows = text.splitlines()
    first, *names = head.split(", ")
    return "\n".join([",".join([first, *(f"X.{name}" for name in names)]), *(row.replace(", ", ",") for row in rows)])


def by_excel(text: str) -> str:
    rows = (row.replace(", ", ";").replace(".", ",") for row in text.splitlines())
    return "\r\n".join(f"{'Größe' if i == 0 else 'ü'};{row}" for i, row in enumerate(rows)) + "\r\n;;;\r\n"


CHANGES = {
    "R": lambda text: by_r(text).encode(),
    "Excel in German": lambda text: by_excel(text).encode("cp1252"),
    "sep line": lambda text: b"sep=,\r\n" + text.replace(", ", ",").encode("utf-8-sig").removeprefix(b"\xef\xbb\xbf"),
    "UTF-16": lambda text: text.replace(", ", "\t").encode("utf-16"),
    "quoted": lambda text: "\n".join(
        ",".join(f'"{cell.strip()}"' for cell in row.split(",")) for row in text.splitlines()
    ).encode(),
    "a column added": lambda text: "\n".join(f"x, {row}, " for row in text.splitlines()).encode("utf-8-sig"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_table_is_what_it_was(tmp_path, points, name):
    text = openface(points68(5))
    plain, changed = tmp_path / "plain.csv", tmp_path / "changed.csv"
    plain.write_text(text)
    changed.write_bytes(CHANGES[name](text))
    found = recognise(changed)
    assert found is not None
    assert found.name == "openface"
    one, other = OpenFaceReader().read(plain), OpenFaceReader().read(changed)
    np.testing.assert_array_equal(one.expression, other.expression)
    np.testing.assert_array_equal(one.time_s, other.time_s)
    np.testing.assert_array_equal(one.confidence, other.confidence)


@pytest.mark.shared_data
@pytest.mark.parametrize("name", ["09_b_rnames", "09_f_sep", "09_e2_excel_de_cp1252"])
def test_the_cases(shared_data, name):
    folder = shared_data.parent / "cases"
    if not folder.is_dir():
        pytest.skip("no ../shared/cases beside the checkout")
    plain, changed = (OpenFaceReader().read(folder / f"{one}.csv.gz") for one in ("09_a_plain", name))
    assert recognise(folder / f"{name}.csv.gz").name == "openface"
    np.testing.assert_array_equal(plain.expression, changed.expression)
    np.testing.assert_array_equal(plain.time_s, changed.time_s)


def test_a_take_of_15_frames_a_second():
    found = ArkitReader(FrontEndOptions(calibrate=True)).read(CASES / "08_livelink_15fps.csv.gz")
    np.testing.assert_allclose(found.time_s, np.arange(180) / 15, atol=1e-9)
    assert found.frame.tolist() == list(range(180))
    assert found.warnings == ()


def take(folder, codes, values=VALUES):
    path = folder / "take.csv"
    path.write_text(live_link(values[: len(codes)], codes))
    return path


@pytest.mark.parametrize("code", ["00:00:00:00.000", ""])
def test_codes_that_stand_still_or_are_missing(tmp_path, code):
    path = take(tmp_path, [code] * 40)
    with pytest.raises(TableError, match=r"(no time codes|all the same); say how many frames a second it has"):
        ArkitReader().read(path)
    found = ArkitReader(FrontEndOptions(rate=30)).read(path)
    np.testing.assert_allclose(found.time_s, np.arange(40) / 30)
    assert found.time_stamps == "repaired"
    assert "set anew at 30" in found.warnings[0]


def test_codes_that_are_missing_in_places(tmp_path):
    codes = timecodes(40)
    codes[5] = codes[6] = codes[39] = ""
    found = ArkitReader().read(take(tmp_path, codes))
    np.testing.assert_allclose(found.time_s, np.arange(40) / 30, atol=1e-6)
    assert "3 rows have no time code of their own" in found.warnings[0]


def test_a_clock_that_counts_slower_than_the_rows_come(tmp_path):
    codes = [code for code in timecodes(20) for _ in range(2)]
    found = ArkitReader().read(take(tmp_path, codes))
    assert len(found) == 40
    np.testing.assert_allclose(found.time_s, np.arange(40) / 60, atol=1e-6)


def test_a_guess_is_said(tmp_path):
    codes = [f"10:00:00:{frame:02d}" for frame in range(20)]
    found = ArkitReader().read(take(tmp_path, codes))
    assert "taken to count 30 frames a second" in found.warnings[0]


def refusal(path, text) -> str:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    assert recognise(path) is None
    return why_unknown(path)


def test_a_refusal_says_why(tmp_path):
    path = tmp_path / "t.csv"
    table = openface(points68(3))
    no_point = table.replace(" X_3,", " Q_3,").replace(" x_3,", " q_3,")
    assert refusal(path, no_point) == "looks like OpenFace, but has no column X_3"
    units = "frame, face_id, timestamp, confidence, success, AU01_r, AU12_c\n1, 0, 0, 1, 1, 0, 0\n"
    assert refusal(path, units).startswith("looks like OpenFace, but has no 68 points")
    arkit = live_link(VALUES[:3], timecodes(3)).replace("JawOpen", "Jaw")
    assert recognise(path) is None
    path.write_text(arkit)
    with pytest.raises(TableError, match="has no column of jawOpen"):
        ArkitReader().read(path)
    few = ",".join(ARKIT_NAMES[:20]) + "\n" + ",".join(["0"] * 20) + "\n"
    assert refusal(path, few).startswith("looks like ARKit coefficients, but has no column ")
    fex = "FaceRectX,FaceRectY,FaceRectWidth,FaceRectHeight,FaceScore,AU01\n1,1,1,1,1,0\n"
    assert (
        refusal(path, fex) == "looks like py-feat, but has neither its 52 coefficients nor its 68 points (x_0, y_0 ...)"
    )
    assert refusal(path, "lm_mp_0_x,lm_mp_0_y\n0,0\n").startswith("looks like LibreFace, but has no column lm_mp_0_z")
    assert refusal(path, "milk,eggs\n1,2\n").endswith("its columns are milk, eggs")
    assert refusal(path, b"\0\1\2") == "is no text"
    assert refusal(path, "") == "is empty"
    assert refusal(path, '{"a": 1}').startswith("looks like JSON")


def test_dfe_encode_says_it(dfe, tmp_path):
    (tmp_path / "only.csv").write_text("frame, confidence, success, pose_Rx, AU01_r\n1, 1, 1, 0, 0\n")
    for named in (tmp_path / "only.csv", tmp_path):
        ran = dfe("encode", named, "--tokenizer", "none", "-o", tmp_path / "out")
        assert ran.code in (1, 2)
        assert "looks like OpenFace, but has no 68 points" in ran.err
        assert ran.err.count("\n") == 1


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes are POSIX")
def test_pipes_do_not_hang(tmp_path):
    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(DfeError, match="regular file"):
        ArkitReader().read(tmp_path / "pipe.csv")
