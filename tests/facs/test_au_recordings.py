"""The AU proxy of whole recordings: as columns that were asked for, and as a baseline of studies."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dfe.base.errors import UsageError
from dfe.encoding.run import encode
from dfe.facs.proxy import au_intensities, units_in
from dfe.facs.recordings import au_proxy_rows, with_au_proxy
from dfe.facs.units import TABLE, UNITS
from dfe.recording.recording import Recording
from dfe.recording.schema import unit_column
from dfe.space.arkit import ARKIT_NAMES, BLINK_NAMES, GAZE_NAMES
from dfe.space.registry import load_space
from made_other_tables import openface, points68, written


@pytest.fixture(scope="module")
def clip(carphone: Path) -> Recording:
    return encode(carphone, tokenizer=None, max_faces=1, end_s=1.0, aus=True)[0]


def test_a_column_for_each_unit_that_the_coefficients_can_speak_of(clip: Recording) -> None:
    assert clip.layout.units == tuple(unit_column(unit.id) for unit in UNITS)
    parts = {name.split("_", 1)[1]: clip.column(name) for name in clip.table.column_names if name.startswith("arkit_")}
    parts |= dict(zip((*GAZE_NAMES, *BLINK_NAMES), (*clip.gaze().T, *clip.blinks().T), strict=True))
    whole = np.column_stack([parts[name] for name in ARKIT_NAMES])
    np.testing.assert_array_equal(clip.columns(clip.layout.units), au_intensities(whole, load_space("arkit51")))


def test_the_skin_alone_is_the_baseline_of_studies(clip: Recording, carphone: Path) -> None:
    plain = encode(carphone, tokenizer=None, max_faces=1, end_s=1.0, space=Path("arkit51/face41"))[0]
    space = load_space("arkit51/face41")
    for recording in (clip, plain):
        found = au_proxy_rows(recording)
        assert found.units == units_in(space)
        np.testing.assert_array_equal(found.values, au_intensities(plain.expressions(), space))


def test_the_status_of_every_unit_is_kept(clip: Recording, tmp_path: Path) -> None:
    said = clip.provenance.au_proxy
    assert {said[unit.id] for unit in UNITS} == {"measured", "proxy"}
    assert said["AU11"] == said["AU45"] == "absent"
    assert len(said) == 1 + len(UNITS) + sum(line.status == "absent" for line in TABLE)
    for name in ("a.csv", "a.parquet"):
        clip.write(tmp_path / name)
        again = Recording.read(tmp_path / name)
        assert again.provenance.au_proxy == said
        assert again.table.equals(clip.table)


def test_units_of_eyes_that_nobody_measured_are_absent(tmp_path: Path) -> None:
    path = written(tmp_path, openface(points68(4)))
    made = encode(path, tokenizer=None, aus=True)[0]
    assert made.provenance.au_proxy["AU61"] == "absent"
    assert unit_column("AU61") not in made.layout.units
    assert np.isfinite(made.column(unit_column("AU12L"))).all()


def test_no_proxy_without_coefficients(clip: Recording) -> None:
    from dataclasses import replace

    columns = [
        name for name in clip.table.column_names if not name.startswith(("arkit_", "au_", "lids", "gaze_", "fit_"))
    ]
    bare = Recording(clip.table.select(columns), replace(clip.provenance, au_proxy={}))
    with pytest.raises(UsageError, match="holds no ARKit coefficients"):
        with_au_proxy(bare)
