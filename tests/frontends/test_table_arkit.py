"""Phone tracks of ARKit coefficients."""

from __future__ import annotations

import gzip
import json

import numpy as np
import pytest

import dfe
from dfe.base.errors import DfeError, ModelError, TableError
from dfe.encoding.coders import check_fits
from dfe.encoding.run import encode
from dfe.frontends.registry import find_front_end, recognise
from dfe.frontends.spec import FrontEndOptions, TableReader
from dfe.frontends.tables.arkit import ArkitReader, recognises
from dfe.frontends.tables.calibration import Calibration
from dfe.frontends.tables.names import find_names
from dfe.recording.provenance import SpaceRef
from dfe.space.arkit import ARKIT_NAMES, FACE_NAMES, GAZE_NAMES
from dfe.space.registry import load_space
from made_other_tables import beat, camel, live_link, timecodes, written

AT = [ARKIT_NAMES.index(name) for name in FACE_NAMES]


@pytest.fixture
def values() -> np.ndarray:
    rng = np.random.default_rng(4)
    rows = rng.random((40, len(ARKIT_NAMES))).astype(np.float32)
    rows[7:9] = np.nan
    return rows


def test_live_link_face(tmp_path, values):
    path = written(tmp_path, live_link(values, timecodes(40)))
    assert recognises(path)
    assert recognise(path) is find_front_end("arkit")
    found = ArkitReader().read(path)
    assert isinstance(ArkitReader(), TableReader)
    assert (found.space.id, found.space.version) == ("arkit-phone/face41", 1)
    np.testing.assert_array_equal(found.expression, values[:, AT])
    np.testing.assert_array_equal(found.gaze, values[:, [ARKIT_NAMES.index(name) for name in GAZE_NAMES]])
    np.testing.assert_allclose(found.time_s, np.arange(40) / 30, atol=1e-6)
    assert found.frame.tolist() == list(range(40))
    assert found.success.tolist() == [row not in (7, 8) for row in range(40)]
    assert found.reason[7] == "no face found (phone)"
    assert found.reason[0] is None
    assert found.pose is None
    assert (found.time_stamps, found.warnings) == ("ok", ())


@pytest.mark.parametrize(
    "names",
    [
        str,
        lambda name: f" {camel(name)}",
        lambda name: "".join(f" {sign.lower()}" if sign.isupper() else sign for sign in name),
        lambda name: name.replace("Left", "_L").replace("Right", "_R") if name.endswith(("Left", "Right")) else name,
    ],
)
def test_names_in_other_dress(tmp_path, values, names):
    path = written(tmp_path, live_link(values, timecodes(40), names))
    np.testing.assert_array_equal(ArkitReader().read(path).expression, values[:, AT])


def test_every_name_is_told_from_every_other():
    short = [name.replace("Left", "_L").replace("Right", "_R") for name in ARKIT_NAMES]
    assert find_names(short) == {name: i for i, name in enumerate(ARKIT_NAMES)}


@pytest.mark.parametrize("sign", [";", "\t"])
def test_spreadsheets_with_decimal_commas(tmp_path, values, sign):
    text = live_link(values, timecodes(40), sign=sign).replace(".", ",")
    found = ArkitReader().read(written(tmp_path, gzip.compress(text.encode())))
    np.testing.assert_array_equal(found.expression, values[:, AT])


def test_dropped_and_repeated_frames(tmp_path, values):
    codes = timecodes(44)
    kept = [*codes[:10], codes[9], *codes[13:20], *codes[20:42]]
    found = ArkitReader().read(written(tmp_path, live_link(values, kept)))
    assert len(found) == 39
    assert found.frame.tolist() == [*range(10), *range(13, 42)]
    np.testing.assert_allclose(found.time_s, found.frame / 30, atol=1e-6)
    assert found.warnings == (
        "1 rows repeat the time code before them and were left out",
        "3 frames are missing between its rows",
    )


def test_two_takes_in_one_table_are_set_anew(tmp_path, values):
    found = ArkitReader().read(written(tmp_path, live_link(values, timecodes(25) + timecodes(15))))
    np.testing.assert_allclose(found.time_s, np.arange(40) / 30, atol=1e-6)
    assert found.time_stamps == "repaired"


def test_a_rate_overrides_time_codes(tmp_path, values):
    found = ArkitReader(FrontEndOptions(rate=60)).read(written(tmp_path, live_link(values, timecodes(40))))
    np.testing.assert_allclose(found.time_s, np.arange(40) / 60)


def test_beat(tmp_path, values):
    seen = values[np.isfinite(values).all(axis=1)]
    path = written(tmp_path, beat(seen), "take.json")
    assert recognises(path)
    found = ArkitReader().read(path)
    np.testing.assert_array_equal(found.expression, seen[:, AT])
    np.testing.assert_allclose(found.time_s, np.arange(len(seen)) / 60)


def test_a_flipped_recording_is_put_right(tmp_path, values):
    path = written(tmp_path, live_link(values, timecodes(40)))
    right, flipped = (encode(path, tokenizer=None, mirrored=mirrored)[0] for mirrored in (False, True))
    left, other = FACE_NAMES.index("mouthSmileLeft"), FACE_NAMES.index("mouthSmileRight")
    np.testing.assert_array_equal(flipped.expressions()[:, left], right.expressions()[:, other])
    inner, outer = GAZE_NAMES.index("eyeLookInLeft"), GAZE_NAMES.index("eyeLookInRight")
    np.testing.assert_array_equal(flipped.gaze()[:, inner], right.gaze()[:, outer])
    np.testing.assert_array_equal(flipped.blinks(), right.blinks()[:, ::-1])
    assert flipped.provenance.mirrored is True


@pytest.mark.parametrize(
    ("change", "where", "what"),
    [
        (lambda t: t.replace("JawOpen,", "Jaw,"), "", "has no column of jawOpen"),
        (lambda t: t.replace("12:27:00:02", "12:27:00"), ", row 3", "is no time code"),
        (
            lambda t: t.replace("12:27:00:02.169,61,", "12:27:00:02.169,61,38"),
            ", row 3",
            "which no ARKit coefficient is",
        ),
        (lambda t: t.split("\n")[0], "", "has no rows"),
        (lambda t: t.replace("12:27:00:04.169,61,", "12:27:00:04.169,61,x"), ", row 4", "is no number"),
    ],
)
def test_errors_name_file_and_row(tmp_path, values, change, where, what):
    path = written(tmp_path, change(live_link(values, timecodes(40))))
    with pytest.raises(TableError) as caught:
        ArkitReader().read(path)
    assert str(caught.value).startswith(f"{path}{where}: ")
    assert what in str(caught.value)


@pytest.mark.parametrize(
    ("document", "what"),
    [
        ("{", "is no JSON"),
        ({"names": [], "frames": []}, "has no frames"),
        ({"names": 3}, "has no names and frames"),
        ({"names": ["jawOpen"], "frames": [{"weights": [1]}]}, "has no column of browDownLeft and 39 others"),
        ({"names": list(ARKIT_NAMES), "frames": [{"weights": [0.5]}]}, "frame 0: does not hold 51 numbers"),
        ({"names": list(ARKIT_NAMES), "frames": [{"weights": [2.5] * 51}]}, "frame 0: browDownLeft is 2.5"),
        ({"names": list(ARKIT_NAMES), "frames": [{"weights": [0] * 51}]}, "has no times that rise"),
    ],
)
def test_json_that_is_no_track(tmp_path, document, what):
    text = document if isinstance(document, str) else json.dumps(document)
    with pytest.raises(TableError, match=what):
        ArkitReader().read(written(tmp_path, text, "take.json"))


def test_the_default_tokenizer_refuses_what_is_not_calibrated(tmp_path, values):
    tokenizer = dfe.load_tokenizer("dfe-face41@3")
    for calibrate in (False, True):
        path = written(tmp_path, live_link(values, timecodes(40)))
        space = ArkitReader(FrontEndOptions(calibrate=calibrate)).read(path).space
        ref = SpaceRef(space.id, space.version, space.hash)
        if calibrate:
            check_fits(tokenizer, ref)
        else:
            with pytest.raises(ModelError, match="the faces are in arkit-phone/face41 version 1"):
                check_fits(tokenizer, ref)


def test_calibration(tmp_path, values):
    path = written(tmp_path, live_link(values, timecodes(40)))
    found = ArkitReader(FrontEndOptions(calibrate=True)).read(path)
    assert (found.space.id, found.space.version) == ("arkit51/face41", 2)
    assert found.space is dfe.load_tokenizer("dfe-face41@3").space
    calibration = Calibration.packaged()
    assert found.about["calibration"] == calibration.hash
    wanted = ((values[:, AT] - calibration.zero) * calibration.scale).clip(0, 1)
    close, jaw = FACE_NAMES.index("mouthClose"), FACE_NAMES.index("jawOpen")
    wanted[:, close] = np.minimum(wanted[:, close], wanted[:, jaw])
    np.testing.assert_allclose(found.expression, wanted, atol=1e-6)
    np.testing.assert_array_equal(np.isnan(found.expression).any(axis=1), ~found.success)
    partner = found.space.partner
    np.testing.assert_array_equal(calibration.zero, calibration.zero[partner])
    np.testing.assert_array_equal(calibration.scale, calibration.scale[partner])
    assert (calibration.scale > 0).all()


def test_the_phone_has_a_space_of_its_own():
    phone, face = load_space("arkit-phone/face41"), load_space("arkit51/face41")
    assert phone.version == 1
    assert phone.names == face.names
    np.testing.assert_array_equal(phone.gram, face.gram)
    assert phone.hash != face.hash
    with pytest.raises(DfeError, match="no version 2"):
        load_space("arkit-phone/face41", 2)


@pytest.mark.shared_data
@pytest.mark.parametrize(
    ("name", "rows", "fps", "lost"),
    [
        ("llf_S07-001", 2028, 30, 0),
        ("llf_S88-001", 1939, 30, 277),
        ("llf_apfel", 1926, 30, 35),
        ("neurosync_Angry_MySlate_164", 1895, 60, 0),
        ("neurosync_idle_default", 3046, 60, 0),
    ],
)
def test_real_takes(shared_data, name, rows, fps, lost):
    path = shared_data / "arkit" / f"{name}.csv.gz"
    assert recognises(path)
    found = ArkitReader().read(path)
    assert len(found) == rows
    assert int((~found.success).sum()) == lost
    assert np.nanmin(found.expression) == 0
    assert np.nanmax(found.expression) <= 1
    step = np.median(np.diff(found.time_s))
    assert 1 / step == pytest.approx(fps, rel=0.003)
    # A real clock: the rate over the whole take is that of a step, and no frame was skipped by the numbering.
    assert found.frame[-1] * step == pytest.approx(found.time_s[-1], rel=0.003)
    assert found.frame[-1] - rows < 4
    assert found.time_stamps == "ok"


@pytest.mark.shared_data
def test_calibrated_takes_speak_as_much_as_our_own_recordings(shared_data):
    """On takes that it was not fitted on. In version 2, 21% (videos) to 30% (FER2013) of the coefficients are not 0."""
    paths = sorted((shared_data / "arkit").glob("neurosync_*.csv.gz"))
    reader = ArkitReader(FrontEndOptions(calibrate=True))
    x = np.concatenate([reader.read(path).expression for path in paths])
    as_it_is = np.concatenate([ArkitReader().read(path).expression for path in paths])
    assert 0.1 < np.mean(x > 0) < 0.35 < 0.5 < np.mean(as_it_is > 0)
    assert np.mean(x >= 1) < 0.005
