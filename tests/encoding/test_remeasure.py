"""Tables that keep their landmarks, measured in another version of the space."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from dfe.base.errors import ModelError, TableError
from dfe.encoding.options import EncodeOptions
from dfe.encoding.remeasure import remeasure
from dfe.encoding.run import encode
from dfe.recording.recording import Recording
from dfe.space.registry import load_space


def extracted(path: Path, **choices: object) -> Recording:
    return encode(path, options=EncodeOptions(tokenizer=None, landmarks=True, both_ways="always", **choices))[0]


@pytest.mark.parametrize("mirrored", [False, True])
def test_measured_again_is_as_measured_at_once(astronaut: Path, tmp_path: Path, mirrored: bool) -> None:
    picture = cv2.imread(str(astronaut))
    shown = tmp_path / "shown.png"
    cv2.imwrite(str(shown), np.ascontiguousarray(picture[:, ::-1]) if mirrored else picture)
    first, second = (extracted(shown, space_version=version, mirrored=mirrored) for version in (1, 2))
    again = remeasure(first)
    np.testing.assert_allclose(again.expressions(), second.expressions(), atol=2e-3)
    np.testing.assert_allclose(again.gaze(), second.gaze(), atol=2e-3)
    np.testing.assert_allclose(again.blinks(), second.blinks(), atol=2e-3)
    np.testing.assert_allclose(again.logits(), second.logits(), atol=2e-2)
    assert again.provenance.space == second.provenance.space
    assert again.provenance.frontend["space_version"] == 2
    assert np.abs(again.expressions() - first.expressions()).max() > 0.05
    np.testing.assert_allclose(remeasure(again, 1).expressions(), first.expressions(), atol=2e-3)


def test_tokens_stay_behind_and_rows_without_a_face_stay_empty(astronaut: Path, tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    (folder / "a.png").write_bytes(astronaut.read_bytes())
    cv2.imwrite(str(folder / "b.png"), np.full((200, 200, 3), 90, np.uint8))
    coded = encode(folder, options=EncodeOptions(tokenizer="dfe-face41@1", landmarks=True))[0]
    assert coded.provenance.space.version == 1
    assert coded.levels == 8
    again = remeasure(coded)
    assert again.levels == 0
    assert again.tokenizer_id is None
    assert again.success.tolist() == [True, False]
    assert np.isnan(again.expressions()[1]).all()
    assert np.isfinite(again.expressions()[0]).all()
    again.write(tmp_path / "again.parquet")
    assert Recording.read(tmp_path / "again.parquet").provenance.space.hash == load_space().hash


def test_a_table_without_landmarks_is_refused(astronaut: Path) -> None:
    plain = encode(astronaut, options=EncodeOptions(tokenizer=None))[0]
    with pytest.raises(TableError, match="keeps no landmarks"):
        remeasure(plain)


def test_an_unknown_version_is_refused(astronaut: Path) -> None:
    with pytest.raises(ModelError, match="version 9"):
        remeasure(extracted(astronaut), 9)
