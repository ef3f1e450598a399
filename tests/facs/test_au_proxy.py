from __future__ import annotations

import dataclasses
import hashlib

import numpy as np
import pytest

from dfe.base.errors import UsageError
from dfe.facs.proxy import LEVEL_VALUES, au_codes, au_intensities, units_in
from dfe.facs.units import BANDS, TABLE, UNITS, VERSION
from dfe.space.arkit import ARKIT_NAMES, FACE_NAMES


def test_the_table_is_frozen():
    """A change of the table is a new version: raise VERSION, say so in the changelog, compare everything anew."""
    frozen = [repr((VERSION, BANDS)), *(repr(dataclasses.astuple(line)[:-1]) for line in TABLE)]  # notes may change
    assert VERSION == 1
    digest = hashlib.sha256("\n".join(frozen).encode()).hexdigest()
    assert digest == "59269658501b2b5ad87e7f9035bc54bc4594029caa7941a78e482c9381befa0c"


def test_the_table_hangs_together():
    named = {name for unit in UNITS for _, name in unit.parts}
    assert named <= set(ARKIT_NAMES)
    assert set(FACE_NAMES) - named == {"mouthLeft", "mouthRight"}
    assert len({unit.id for unit in UNITS}) == len(UNITS)
    for line in TABLE:
        assert (line.status == "absent") == (not line.parts)
        assert all(weight > 0 for weight, _ in line.parts)
        if line.how == "sum" and line.parts:
            assert sum(weight for weight, _ in line.parts) == pytest.approx(1)


def scale(value: float) -> float:
    """The documentation's sentence about knots, written out."""
    ends = [0.0, *BANDS, 1.0]
    said = [0.0, 0.5, 1.5, 2.5, 3.5, 4.5, 5.0]
    for low, high, below, above in zip(ends, ends[1:], said, said[1:], strict=False):
        if value <= high:
            return below + (above - below) * (value - low) / (high - low)
    return 5.0


def by_hand(x: dict[str, float], unit: str) -> float:
    """The formulas of docs/action-units.md, typed a second time."""
    side = {"L": "Left", "R": "Right"}.get(unit[-1], "")
    single = {
        "AU1": "browInnerUp", "AU2": "browOuterUp", "AU4": "browDown", "AU5": "eyeWide", "AU6": "cheekSquint",
        "AU7": "eyeSquint", "AU8": "mouthClose", "AU9": "noseSneer", "AU10": "mouthUpperUp", "AU12": "mouthSmile",
        "AU14": "mouthDimple", "AU15": "mouthFrown", "AU16": "mouthLowerDown", "AU18": "mouthPucker",
        "AU20": "mouthStretch", "AU22": "mouthFunnel", "AU24": "mouthPress", "AU28T": "mouthRollUpper",
        "AU28B": "mouthRollLower", "AU29": "jawForward", "AU30": "jaw", "AU34": "cheekPuff", "AU43": "eyeBlink",
    }  # fmt: skip
    name = unit.rstrip("LR")
    if name in single:
        return scale(x[single[name] + side])
    return scale(
        {
            "AU17": lambda: 0.75 * x["mouthShrugLower"] + 0.25 * x["mouthShrugUpper"],
            "AU23": lambda: (
                x["mouthPressLeft"] + x["mouthPressRight"] + x["mouthRollUpper"] + x["mouthRollLower"]
            ) / 4,
            "AU25": lambda: max(
                x["mouthLowerDownLeft"], x["mouthLowerDownRight"], x["mouthUpperUpLeft"], x["mouthUpperUpRight"],
                x["jawOpen"],
            ),
            "AU26": lambda: min(x["jawOpen"] / 0.7, 1),
            "AU27": lambda: max((x["jawOpen"] - 0.7) / 0.3, 0),
            "AU61": lambda: (x["eyeLookOutLeft"] + x["eyeLookInRight"]) / 2,
            "AU62": lambda: (x["eyeLookInLeft"] + x["eyeLookOutRight"]) / 2,
            "AU63": lambda: (x["eyeLookUpLeft"] + x["eyeLookUpRight"]) / 2,
            "AU64": lambda: (x["eyeLookDownLeft"] + x["eyeLookDownRight"]) / 2,
        }[name]()
    )  # fmt: skip


def test_intensities_are_those_of_the_formulas(arkit51):
    x = np.random.default_rng(0).random((40, 51))
    said = au_intensities(x, arkit51)
    units = units_in(arkit51)
    assert said.shape == (40, len(UNITS))
    assert said.dtype == np.float32
    wanted = [[by_hand(dict(zip(arkit51.names, row, strict=True)), unit.id) for unit in units] for row in x]
    np.testing.assert_allclose(said, wanted, atol=1e-5)


def test_one_movement_speaks_for_its_own_unit_only(face41):
    names = [unit.id for unit in units_in(face41)]
    x = np.stack([face41.vector({"mouthSmileLeft": 0.4}), face41.vector({"browInnerUp": 0.1})])
    codes = au_codes(au_intensities(x, face41))
    assert [names[i] for i in np.flatnonzero(codes[0])] == ["AU12L"]
    assert codes[0].max() == 3
    assert [names[i] for i in np.flatnonzero(codes[1])] == ["AU1"]
    assert codes[1].max() == 1


def test_a_code_is_the_band_of_its_value(face41):
    values = [0, 0.0499, 0.0501, 0.1499, 0.1501, 0.2999, 0.3001, 0.5499, 0.5501, 0.8499, 0.8501, 1]
    x = np.stack([face41.vector({"browInnerUp": value}) for value in values])
    assert au_codes(au_intensities(x, face41))[:, 0].tolist() == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5]


def test_a_whole_intensity_stands_for_the_middle_of_its_band(face41):
    np.testing.assert_allclose(LEVEL_VALUES, [0, 0.1, 0.225, 0.425, 0.7, 0.925])
    x = np.zeros((6, 41), np.float32)
    x[:, face41.index("mouthPucker")] = LEVEL_VALUES
    column = [unit.id for unit in units_in(face41)].index("AU18")
    assert au_codes(au_intensities(x, face41))[:, column].tolist() == [0, 1, 2, 3, 4, 5]


def test_what_a_space_lacks_is_absent_and_has_no_column(face41, arkit51):
    missing = {unit.id for unit in units_in(arkit51)} - {unit.id for unit in units_in(face41)}
    assert missing == {"AU43L", "AU43R", "AU61", "AU62", "AU63", "AU64"}
    assert len(units_in(face41)) == 41


def test_names_decide_not_version_or_order(face41, rows):
    second = dataclasses.replace(face41, version=2)
    np.testing.assert_array_equal(au_intensities(rows, second), au_intensities(rows, face41))
    turned = face41.select(face41.names[::-1], "turned")
    np.testing.assert_array_equal(au_intensities(rows[:, ::-1], turned), au_intensities(rows, face41))


def test_a_mirrored_face_has_the_mirrored_units(arkit51):
    x = np.random.default_rng(1).random((50, 51)).astype(np.float32)
    names = [unit.id for unit in units_in(arkit51)]
    other = {"L": "R", "R": "L"}
    swapped = {"AU61": "AU62", "AU62": "AU61"}
    partner = [names.index(swapped.get(name, name[:-1] + other.get(name[-1], name[-1]))) for name in names]
    there = au_intensities(arkit51.mirror(x), arkit51)
    np.testing.assert_allclose(there, au_intensities(x, arkit51)[:, partner], atol=1e-5)


def test_values_outside_the_range_count_as_its_ends_and_nan_stays(face41):
    x = np.stack([face41.vector({"jawOpen": 3.0, "browInnerUp": -2.0}), np.full(41, np.nan, np.float32)])
    said = au_intensities(x, face41)
    names = [unit.id for unit in units_in(face41)]
    assert said[0, names.index("AU27")] == 5
    assert said[0, 0] == 0
    assert np.isnan(said[1]).all()
    assert (au_codes(said)[1] == -1).all()


def test_rows_do_not_depend_on_their_batch(face41, rows):
    parts = [au_intensities(rows[i : i + 7], face41) for i in range(0, 2000, 7)]
    np.testing.assert_array_equal(au_intensities(rows, face41), np.concatenate(parts))
    assert au_intensities(rows[:0], face41).shape == (0, 41)


def test_foreign_rows_and_spaces_are_refused(face41):
    with pytest.raises(UsageError, match="41 coefficients"):
        au_intensities(np.zeros((2, 51)), face41)
    strange = dataclasses.replace(face41, names=tuple(f"pc{i}" for i in range(41)), id="pca")
    with pytest.raises(UsageError, match="no action unit has a proxy in space 'pca'"):
        au_intensities(np.zeros((2, 41)), strange)
