"""The whole front end: following, cutting, mirroring, failing in words."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import pytest

from dfe.base.errors import UsageError
from dfe.base.types import Frame, ImageArray
from dfe.frontends.base import NO_FACE, Face, FrameFaces, FrontEnd
from dfe.frontends.landmarks.config import LandmarkConfig
from dfe.frontends.landmarks.graph import LandmarkFrontEnd
from dfe.media.video import PATCHED
from dfe.space.arkit import NETWORK_NAMES
from observing import Observer

LEFT_LIDS = {"upper": (398, 384, 385, 386, 387, 388, 466), "lower": (382, 381, 380, 374, 373, 390, 249)}
LEFT_BROW = 282
LEFT_CORNERS = (362, 263)


def numbers(face: Face) -> tuple[object, ...]:
    """All of a face, to be compared exactly."""
    pose = face.pitch, face.yaw, face.roll
    return face.confidence, face.box, pose, face.coefficients.tobytes(), face.landmarks.tobytes()


def rows(seen: Sequence[FrameFaces]) -> list[tuple[object, ...]]:
    return [(one.frame, one.time_s, one.reason, *map(numbers, one.faces)) for one in seen]


def flipped(image: ImageArray) -> ImageArray:
    return np.ascontiguousarray(image[:, ::-1])


def turned(image: ImageArray, face: Face, degrees: float) -> ImageArray:
    """The picture turned about the face, positive is clockwise on the screen."""
    x, y, width, height = face.box
    matrix = cv2.getRotationMatrix2D((x + width / 2, y + height / 2), -degrees, 1.0)
    return cv2.warpAffine(image, matrix, image.shape[1::-1], borderMode=cv2.BORDER_REPLICATE)


def value(face: Face, name: str) -> float:
    return float(face.coefficients[NETWORK_NAMES.index(name)])


def test_a_smiling_face(face: Face) -> None:
    assert face.confidence > 0.99
    assert value(face, "mouthSmileLeft") > 0.7
    assert value(face, "mouthSmileRight") > 0.7
    x, y, width, height = face.box
    assert face.landmarks.shape == (478, 3)
    np.testing.assert_allclose(face.landmarks[:, :2].min(0), (x, y), atol=1e-3)
    np.testing.assert_allclose(face.landmarks[:, :2].max(0), (x + width, y + height), atol=1e-3)


def test_it_is_a_front_end() -> None:
    front = LandmarkFrontEnd()
    assert isinstance(front, FrontEnd)
    provenance = front.provenance()
    assert provenance["name"] == "landmarks"
    assert provenance["max_faces"] == 4
    assert len(provenance["sha256 landmarks.onnx"]) == 64
    assert LandmarkFrontEnd(LandmarkConfig(mirrored=True)).provenance() != provenance


def test_every_frame_of_a_talking_man(observer: Observer, clip: list[ImageArray]) -> None:
    seen = observer.video(clip)
    assert [one.frame for one in seen] == list(range(120))
    assert [len(one.faces) for one in seen] == [1] * 120


def test_a_cut_at_a_reset_changes_nothing(observer: Observer, clip: list[ImageArray]) -> None:
    """Where looking begins one block earlier."""
    options = {"reset_every": 24, "detect_every": 6}
    frames = [clip[0], clip[30], *clip[:58]]
    whole = observer.video(frames, **options)
    pieces = [observer.video(frames[max(0, at - 24) : at + 24], first=max(0, at - 24), **options) for at in (0, 24, 48)]
    kept = [one for piece, at in zip(pieces, (0, 24, 48), strict=True) for one in piece if one.frame >= at]
    assert rows(whole) == rows(kept)


def test_a_cut_changes_nothing_when_frames_are_left_out(observer: Observer, clip: list[ImageArray]) -> None:
    front = LandmarkFrontEnd(LandmarkConfig(reset_every=24, detect_every=12), observer.networks)
    frames = [Frame(i, i / 30, clip[i]) for i in range(1, 72, 7)]
    whole = list(front.observe(frames, still=False))
    pieces = [list(front.observe([f for f in frames if k - 1 <= f.index // 24 <= k], still=False)) for k in range(3)]
    assert rows(whole) == rows([one for k, piece in enumerate(pieces) for one in piece if one.frame // 24 == k])


class Blind:
    """A detector that sees nothing in some of the pictures."""

    def __init__(self, detector: object, blind: set[int]) -> None:
        self.detector, self.blind, self.calls = detector, blind, -1

    def __call__(self, image: ImageArray, most: int) -> list[object]:
        return [] if image[0, 0, 0] in self.blind else self.detector(image, most)  # type: ignore[operator]

    def close_up(self, image: ImageArray, most: int) -> list[object]:
        return []

    def upside_down(self, image: ImageArray) -> list[object]:
        return []


def marked(clip: list[ImageArray]) -> list[ImageArray]:
    """Each picture with its number in a corner."""
    out = [picture.copy() for picture in clip]
    for number, picture in enumerate(out):
        picture[0, 0] = number
    return out


def test_nobody_vanishes_at_the_first_frame_of_a_block(observer: Observer, clip: list[ImageArray]) -> None:
    """The face is turned when it is due to be sought afresh: what was followed is followed on, for a block."""
    front = LandmarkFrontEnd(LandmarkConfig(reset_every=12, detect_every=6), observer.networks)
    frames = [Frame(i, i / 30, picture) for i, picture in enumerate(marked(clip[:48]))]

    def faces(blind: set[int], part: list[Frame] = frames) -> list[int]:
        front.detector = Blind(observer_detector, blind)  # type: ignore[assignment]
        return [len(seen.faces) for seen in front.observe(part, still=False)]

    observer_detector = front.detector
    assert faces({12, 13, 14}) == [1] * 48
    assert faces(set(range(12, 24))) == [1] * 48
    # Not found in a whole block: followed through it, and then forgotten.
    assert faces(set(range(12, 48))) == [1] * 24 + [0] * 24
    # Begun one block earlier, a piece has the same rows.
    assert faces(set(range(12, 30)), frames[12:])[12:] == faces(set(range(12, 30)))[24:]


def test_more_faces_than_looked_for_are_told(observer: Observer, photo: ImageArray) -> None:
    both = np.full((300, 800, 3), 110, np.uint8)
    both[40:250, 50:240] = both[40:250, 550:740] = photo[20:230, 130:320]
    alone = both.copy()
    alone[:, 400:] = 110
    assert [seen.more for seen in observer.video([both] * 3, max_faces=1)] == [True] * 3
    assert [seen.more for seen in observer.video([both] * 3, max_faces=2)] == [False] * 3
    assert [seen.more for seen in observer.stills([both, alone, both], max_faces=1)] == [True, False, True]


@pytest.mark.parametrize("degrees", [0, 90, 120, 150, 180, 210, 270])
def test_a_face_is_seen_the_right_way_up_however_it_lies(
    observer: Observer, photo: ImageArray, face: Face, degrees: float
) -> None:
    padded = cv2.copyMakeBorder(photo, 150, 150, 150, 150, cv2.BORDER_CONSTANT, value=(128, 128, 128))
    x, y, width, height = face.box
    matrix = cv2.getRotationMatrix2D((x + width / 2 + 150, y + height / 2 + 150), -degrees, 1.0)
    picture = cv2.warpAffine(padded, matrix, padded.shape[1::-1], borderMode=cv2.BORDER_CONSTANT)
    one = observer.one(picture, second_pass=True)
    upright = observer.one(padded, second_pass=True)
    turn = np.degrees(one.roll - upright.roll) % 360
    assert min(turn, 360 - turn) == pytest.approx(min(degrees, 360 - degrees), abs=8)
    assert np.abs(one.coefficients - upright.coefficients).mean() < 0.03


def test_an_ordinary_face_is_not_doubted(observer: Observer, photo: ImageArray) -> None:
    """No network runs more often than before heads could stand upside down."""
    front = LandmarkFrontEnd(LandmarkConfig(), observer.networks)
    runs: list[str] = []
    run = observer.networks.run
    try:
        observer.networks.run = lambda name, value: runs.append(name) or run(name, value)  # type: ignore[method-assign,func-returns-value]
        list(front.observe([Frame(0, float("nan"), photo)], still=True))
    finally:
        del observer.networks.run
    assert runs.count("landmarks") == 1


def test_the_same_twice(observer: Observer, clip: list[ImageArray]) -> None:
    assert rows(observer.video(clip[:6])) == rows(observer.video(clip[:6]))


def test_a_reset_does_not_jolt_the_coefficients(observer: Observer, clip: list[ImageArray]) -> None:
    """Where a track begins afresh, it differs less from the running track than two frames from each other."""
    running = np.array([one.faces[0].coefficients for one in observer.video(clip[:37], max_faces=1)])
    often = observer.video(clip[:37], max_faces=1, reset_every=12)
    fresh = np.array([one.faces[0].coefficients for one in often])
    at = [12, 24, 36]
    assert 0 < np.abs(fresh - running)[at].mean() < np.abs(np.diff(running, axis=0)).mean()


def test_a_lost_face_is_sought_in_the_same_frame(observer: Observer, photo: ImageArray) -> None:
    """The head jumps across the picture between two frames that are no detection frames."""
    left = np.full((400, 900, 3), 110, np.uint8)
    right = left.copy()
    left[50:260, 50:240] = photo[20:230, 130:320]
    right[150:360, 650:840] = photo[20:230, 130:320]
    seen = observer.video([left, left, right, right])
    assert [len(one.faces) for one in seen] == [1, 1, 1, 1]
    assert [one.faces[0].box[0] > 450 for one in seen] == [False, False, True, True]


def test_a_second_face_comes_in_at_the_next_detection(observer: Observer, photo: ImageArray) -> None:
    slope = np.linspace(0, 255, 1600).astype(np.uint8)
    alone = np.repeat(np.repeat(slope[None, :, None], 600, axis=0), 3, axis=2)
    alone[40:250, 150:340] = photo[20:230, 130:320]
    both = alone.copy()
    both[40:250, 650:840] = photo[20:230, 130:320]
    options = {"detect_every": 3, "reset_every": 96}
    assert [len(one.faces) for one in observer.video([alone, *[both] * 4], **options)] == [1, 1, 1, 2, 2]
    assert [len(one.faces) for one in observer.video([alone, *[both] * 4], max_faces=1, **options)] == [1] * 5
    gone = observer.video([both, both, alone, alone], **options)
    assert [len(one.faces) for one in gone] == [2, 2, 1, 1]


def test_two_tracks_do_not_stay_on_one_face(observer: Observer, photo: ImageArray) -> None:
    """Two heads glide into one place; then one face is left."""
    frames = []
    for shift in (250, 120, 60, 30, 0, 0):
        canvas = np.full((300, 900, 3), 110, np.uint8)
        canvas[40:250, 300 + shift : 490 + shift] = photo[20:230, 130:320]
        canvas[40:250, 300:490] = photo[20:230, 130:320]
        frames.append(canvas)
    seen = observer.video(frames)
    assert len(seen[0].faces) == 2
    assert len(seen[-1].faces) == 1


def test_faces_come_largest_first(observer: Observer, photo: ImageArray) -> None:
    canvas = np.full((600, 1000, 3), 110, np.uint8)
    canvas[300:405, 60:155] = cv2.resize(photo[20:230, 130:320], (95, 105), interpolation=cv2.INTER_AREA)
    canvas[50:470, 500:880] = cv2.resize(photo[20:230, 130:320], (380, 420))
    (seen,) = observer.stills([canvas])
    assert len(seen.faces) == 2
    assert seen.faces[0].area > 4 * seen.faces[1].area
    assert seen.faces[0].box[0] > 450


def test_frames_that_fail_keep_their_place(observer: Observer, clip: list[ImageArray]) -> None:
    black = np.zeros_like(clip[0])
    seen = observer.video([clip[0], None, clip[1], black, clip[2]])
    assert [one.reason for one in seen] == [None, "not decoded: no picture", None, NO_FACE, None]
    assert [len(one.faces) for one in seen] == [1, 0, 1, 0, 1]
    front = LandmarkFrontEnd(networks=observer.networks)
    (bad,) = front.observe([Frame(7, 0.5, None, "corrupt packet", "a.mp4")], still=False)
    assert (bad.frame, bad.time_s, bad.source, bad.reason) == (7, 0.5, "a.mp4", "not decoded: corrupt packet")
    (patched,) = front.observe([Frame(8, 0.6, black, PATCHED, "a.mp4")], still=False)
    assert patched.reason == "no face found (damaged frame)"


def test_a_failed_frame_at_a_reset_resets(observer: Observer, clip: list[ImageArray]) -> None:
    options = {"reset_every": 4, "detect_every": 4}
    whole = observer.video([*clip[:4], None, *clip[5:8]], **options)
    tail = observer.video([None, *clip[5:8]], first=4, **options)
    assert rows(whole[4:]) == rows(tail)


def test_stills_do_not_depend_on_their_neighbours(
    observer: Observer, photo: ImageArray, clip: list[ImageArray]
) -> None:
    together = observer.stills([clip[0], photo, clip[50]])
    alone = [observer.stills([picture])[0] for picture in (clip[0], photo, clip[50])]
    for one, other in zip(together, alone, strict=True):
        assert list(map(numbers, one.faces)) == list(map(numbers, other.faces))


@pytest.mark.parametrize("shape", [(1, 1), (300, 400), (5, 3000)])
def test_no_face(observer: Observer, shape: tuple[int, int]) -> None:
    (seen,) = observer.stills([np.zeros((*shape, 3), np.uint8)])
    assert seen.faces == ()
    assert seen.reason == NO_FACE


def test_a_small_face_of_5_percent(observer: Observer, photo: ImageArray, face: Face) -> None:
    canvas = np.full((1300, 1800, 3), 110, np.uint8)
    canvas[700:910, 1400:1590] = photo[20:230, 130:320]
    small = observer.one(canvas)
    np.testing.assert_allclose(np.array(small.box[:2]) - [1400 - 130, 700 - 20], face.box[:2], atol=4)
    assert np.abs(small.coefficients - face.coefficients).mean() < 0.03


def test_a_second_pass_steadies_a_shifted_crop(observer: Observer, photo: ImageArray) -> None:
    """Shifting the picture moves the detector's crop a little; the coefficients should not follow."""
    moved = [np.roll(photo, (i, 2 * i), (0, 1)) for i in (0, 3, 6, 9, 12)]

    def spread(**options: object) -> float:
        return float(np.std([observer.one(m, **options).coefficients for m in moved], axis=0).mean())

    assert spread(second_pass=True) < spread()


def test_mirrored_puts_left_and_right_back(observer: Observer, photo: ImageArray, face: Face) -> None:
    mirrored = observer.one(flipped(photo), mirrored=True)
    assert np.array_equal(mirrored.coefficients, face.coefficients)
    assert (mirrored.pitch, mirrored.yaw, mirrored.roll) == (face.pitch, face.yaw, face.roll)
    x, y, width, height = face.box
    assert mirrored.box == pytest.approx((512 - x - width, y, width, height))
    np.testing.assert_allclose(mirrored.landmarks[:, 0], 512 - face.landmarks[:, 0], atol=1e-3)
    assert np.array_equal(mirrored.landmarks[:, 1:], face.landmarks[:, 1:])


def test_mirrored_video_follows_too(observer: Observer, clip: list[ImageArray]) -> None:
    plain = observer.video(clip[:8])
    mirrored = observer.video([flipped(picture) for picture in clip[:8]], mirrored=True)
    for one, other in zip(plain, mirrored, strict=True):
        assert np.array_equal(one.faces[0].coefficients, other.faces[0].coefficients)


def test_a_flip_turns_yaw_and_roll_and_keeps_pitch(observer: Observer, clip: list[ImageArray]) -> None:
    for picture in (clip[40], clip[100]):
        plain, mirror = observer.one(picture), observer.one(flipped(picture))
        assert np.degrees(abs(mirror.pitch - plain.pitch)) < 4
        assert np.degrees(abs(mirror.yaw + plain.yaw)) < 4
        assert np.degrees(abs(mirror.roll + plain.roll)) < 3
        assert np.degrees(abs(plain.roll)) > 10, "else the test says nothing"


def test_a_clockwise_turn_of_the_picture_is_a_tilt_to_the_left_shoulder(
    observer: Observer, photo: ImageArray, face: Face
) -> None:
    for degrees in (-30, -12, 12, 30):
        seen = observer.one(turned(photo, face, degrees))
        assert np.degrees(seen.roll - face.roll) == pytest.approx(degrees, abs=3)


def test_yaw_is_positive_to_the_left_of_the_subject(observer: Observer, clip: list[ImageArray]) -> None:
    """Turned to the subject's left (the picture's right), the nose lies right of the middle of the face."""
    seen = [one.faces[0] for one in observer.video(clip[::4])]
    yaw = np.array([face.yaw for face in seen])
    offset = []
    for face in seen:
        left, right, nose = face.landmarks[[454, 234, 1], :2]
        across = left - right
        offset.append((nose - right) @ across / (across @ across) - 0.5)
    assert np.corrcoef(yaw, offset)[0, 1] > 0.8


@pytest.mark.parametrize("degrees", [-30, 30])
def test_a_tilted_head_has_the_same_expression(
    observer: Observer, photo: ImageArray, face: Face, degrees: float
) -> None:
    seen = observer.one(turned(photo, face, degrees), second_pass=True)
    settled = observer.one(photo, second_pass=True)
    difference = np.abs(seen.coefficients - settled.coefficients)
    assert difference.mean() < 0.015
    assert difference.max() < 0.15


def with_left_eye_closed(photo: ImageArray, face: Face) -> ImageArray:
    """The skin between brow and upper lid of the subject's left eye, pulled down to the lower lid."""
    points = face.landmarks[:, :2]
    height, width = photo.shape[:2]
    columns = np.arange(width)
    inner, outer = (points[i] for i in LEFT_CORNERS)

    def lid(numbers: tuple[int, ...]) -> np.ndarray:
        line = np.array([inner, *points[list(numbers)], outer])
        return np.interp(columns, *line[np.argsort(line[:, 0])].T)

    upper, lower = lid(LEFT_LIDS["upper"]), lid(LEFT_LIDS["lower"]) + 1
    top = np.full(width, points[LEFT_BROW, 1])
    rows = np.arange(height)[:, None].astype(float)
    stretch = (upper - 1 - top) / np.maximum(lower - top, 1)
    inside = (rows >= top) & (rows <= lower) & (columns >= inner[0]) & (columns <= outer[0])
    source = np.where(inside, top + (rows - top) * stretch, rows)
    return cv2.remap(
        photo, np.tile(columns.astype(np.float32), (height, 1)), source.astype(np.float32), cv2.INTER_LINEAR
    )


def test_one_closed_eye_is_the_subjects_left(observer: Observer, photo: ImageArray, face: Face) -> None:
    winking = with_left_eye_closed(photo, face)
    wink = observer.one(winking, second_pass=True)
    assert value(wink, "eyeBlinkLeft") > value(wink, "eyeBlinkRight") + 0.2
    assert value(wink, "eyeBlinkLeft") > value(face, "eyeBlinkLeft") + 0.2

    other = observer.one(flipped(winking), second_pass=True)
    assert value(other, "eyeBlinkRight") > value(other, "eyeBlinkLeft") + 0.2

    righted = observer.one(flipped(winking), second_pass=True, mirrored=True)
    assert np.array_equal(righted.coefficients, wink.coefficients)


@pytest.mark.parametrize(
    "options",
    [
        {"max_faces": 0},
        {"reset_every": 0},
        {"detect_every": -1},
        {"min_presence": 1.5},
        {"min_detection": 0.0},
        {"reset_every": 100, "detect_every": 12},
    ],
)
def test_options_that_cannot_be(options: dict[str, float]) -> None:
    with pytest.raises(UsageError, match=next(iter(options))):
        LandmarkConfig(**options)
