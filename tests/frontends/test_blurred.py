"""A blurred face is measured with confidence and wrongly: so it is told, and not usable."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from dfe.encoding.run import encode
from dfe.frontends.blurred import blurred_defect, detail_of_rows
from dfe.frontends.landmarks.detail import detail_of_face, evenness, find_detail
from dfe.recording.quality import measure_quality
from dfe.recording.usability import BLURRED, UsabilityRule

LEAST = UsabilityRule().min_detail


def textured(seed: int, contrast: float = 1.0) -> np.ndarray:
    """A crop with as much contrast in each octave, as pictures of the world have."""
    rng = np.random.default_rng(seed)
    octaves = [cv2.resize(rng.normal(0, 12, (side, side)), (64, 64)) for side in (4, 8, 16, 32, 64)]
    return (128 + contrast * np.sum(octaves, axis=0)).clip(0, 255).astype(np.uint8)


def enlarged(crop: np.ndarray, side: int) -> np.ndarray:
    small = cv2.resize(crop, (side, side), interpolation=cv2.INTER_AREA)
    return cv2.resize(small, (64, 64), interpolation=cv2.INTER_CUBIC)


@pytest.mark.parametrize("seed", range(5))
def test_detail_falls_with_what_is_seen_and_not_with_light_or_contrast(seed: int) -> None:
    crop = textured(seed)
    by_side = [find_detail(enlarged(crop, side)) for side in (64, 48, 32)]
    assert by_side == sorted(by_side, reverse=True)
    assert by_side[0] > 0.5 > LEAST > by_side[-1]
    assert find_detail(textured(seed, 0.5)) == pytest.approx(find_detail(crop), rel=0.1)
    assert find_detail(np.clip(crop.astype(int) // 2 + 90, 0, 255).astype(np.uint8)) == pytest.approx(
        by_side[0], rel=0.1
    )
    assert find_detail(np.full((64, 64), 90, np.uint8)) == 0.0


@pytest.mark.parametrize("side", [6, 8, 16])
@pytest.mark.parametrize("quality", [None, 90])
def test_squares_are_no_detail_and_packing_makes_none(side: int, quality: int | None) -> None:
    rng = np.random.default_rng(side)
    octaves = [cv2.resize(rng.normal(0, 60 / n**0.5, (n, n)), (160, 160)) for n in (5, 10, 20, 40, 80)]
    face = (128 + np.sum(octaves, axis=0)).clip(0, 255).astype(np.uint8)[:96, :96]
    small = cv2.resize(face, (-(-96 // side),) * 2, interpolation=cv2.INTER_AREA)
    made = np.repeat(np.repeat(small, side, axis=0), side, axis=1)[:96, :96]
    box = np.array([0.0, 0, 96, 96])
    found = []
    for grey in (made, face):
        picture = np.dstack([grey] * 3)
        if quality is not None:
            packed = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
            picture = cv2.imdecode(packed, cv2.IMREAD_COLOR)
        found.append((evenness(picture, box), detail_of_face(picture, box, textured(0))))
    (squares, none), (whole, detail) = found
    assert squares < 0.6 < 0.75 < whole
    assert (none, detail) == (0.0, find_detail(textured(0)))


@pytest.mark.parametrize("margins", [(0, 0, 0, 40), (30, 0, 30, 0), (24, 24, 24, 24)])
def test_black_around_a_picture_is_no_square(margins: tuple[int, int, int, int]) -> None:
    rng = np.random.default_rng(1)
    octaves = [cv2.resize(rng.normal(0, 15 / n**0.5, (n, n)), (160, 160)) for n in (5, 10, 20, 40, 80)]
    face = (200 + np.sum(octaves, axis=0)).clip(0, 255).astype(np.uint8)
    squares = np.repeat(np.repeat(cv2.resize(face, (16, 16), interpolation=cv2.INTER_AREA), 10, axis=0), 10, axis=1)
    whole, made = (cv2.copyMakeBorder(np.dstack([one] * 3), *margins, cv2.BORDER_CONSTANT) for one in (face, squares))
    box = np.array([0.0, 0, whole.shape[1], whole.shape[0]])
    assert evenness(made, box) < 0.6 < 0.75 < evenness(whole, box)


def test_a_box_beyond_the_picture_or_of_a_few_pixels_shows_no_pattern() -> None:
    picture = np.full((100, 100, 3), 90, np.uint8)
    for box in ([-50, -50, 10, 10], [200, 200, 300, 300], [10, 10, 20, 90]):
        assert evenness(picture, np.array(box, float)) == 1.0


def test_a_frame_that_a_fast_movement_blurs_decides_nothing_in_a_film() -> None:
    ids = np.array([0, 1, 0, 1, 0, -1, 1])
    details = np.array([0.7, 0.2, 0.1, 0.3, 0.6, np.nan, 0.9], np.float32)
    film = detail_of_rows(ids, details, stills=False)
    assert film[ids == 0] == pytest.approx(0.6)
    assert film[ids == 1] == pytest.approx(0.3)
    (told,) = blurred_defect(ids, film, LEAST, stills=False)
    assert told.words.startswith("face 1 is blurred throughout (")
    pictures = detail_of_rows(ids, details, stills=True)
    (told,) = blurred_defect(ids, pictures, LEAST, stills=True)
    assert told.words.startswith("3 faces are blurred (")
    assert blurred_defect(ids, np.full(7, np.nan, np.float32), LEAST, stills=False) == ()


def test_a_blurred_picture_is_not_usable_beside_a_sharp_one(tmp_path: Path, astronaut: Path) -> None:
    picture = cv2.imread(str(astronaut))[:300, 80:380]
    cv2.imwrite(str(tmp_path / "1.png"), picture)
    cv2.imwrite(str(tmp_path / "2.png"), cv2.GaussianBlur(picture, (0, 0), 5))
    (recording,) = encode(tmp_path, tokenizer=None, max_faces=1)
    assert recording.success.all()
    assert recording.column("why_not").tolist() == [None, BLURRED]
    row = measure_quality(recording, "pictures")
    assert "blurred" in row.defects
    assert "a face is blurred" in row.why
