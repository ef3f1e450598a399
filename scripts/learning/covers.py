"""Things that are put over a face: shapes with a texture, drawn into grey pictures at places its landmarks give.

What a net is taught with (``TAUGHT``) and what it is tried with (``TRIED``) are drawn by different functions, with
different textures, so that a test tells how it does with things it has never seen.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from dfe.frontends.landmarks.covering import LIPS, LOWER, UPPER

Picture = np.ndarray
"""Grey, float32, ``(h, w)``, 0 to 255."""
Cover = Callable[[np.random.Generator, Picture, np.ndarray, Picture], tuple[np.ndarray, np.ndarray]]
"""From a picture, the face's landmarks in it ``(478, 2)`` and another picture to take textures from: alpha and grey."""

BRIDGE, CHIN, NOSE = 6, 152, 4
EYES = ((33, 133, 159, 145), (263, 362, 386, 374))
RIGHT_OVAL = [93, 132, 58, 172, 136, 150, 149, 176, 148]
LEFT_OVAL = [377, 400, 378, 379, 365, 397, 288, 361, 323]


def face_size(points: np.ndarray) -> float:
    """The longer side of the box around the landmarks, pixels."""
    return float(np.ptp(points, axis=0).max())


def _shape(like: Picture) -> np.ndarray:
    return np.zeros(like.shape, np.float32)


def _polygon(mask: np.ndarray, corners: np.ndarray, value: float = 1.0) -> np.ndarray:
    return cv2.fillPoly(mask, [np.round(corners * 16).astype(np.int32)], value, cv2.LINE_AA, 4)


def _capsule(mask: np.ndarray, a: np.ndarray, b: np.ndarray, width: float, value: float = 1.0) -> np.ndarray:
    ends = [tuple(int(v) for v in np.round(end)) for end in (a, b)]
    return cv2.line(mask, ends[0], ends[1], value, max(1, round(width)), cv2.LINE_AA)


def _ellipse(
    mask: np.ndarray, at: np.ndarray, axes: tuple[float, float], turn: float, value: float = 1.0
) -> np.ndarray:
    centre = (round(float(at[0])), round(float(at[1])))
    return cv2.ellipse(
        mask, centre, (max(1, round(axes[0])), max(1, round(axes[1]))), turn, 0, 360, value, -1, cv2.LINE_AA
    )


def _noise(rng: np.random.Generator, like: Picture, grain: float, depth: float) -> np.ndarray:
    h, w = (max(2, int(side / grain)) for side in like.shape)
    small = rng.normal(0, depth, (h, w)).astype(np.float32)
    return cv2.resize(small, like.shape[::-1], interpolation=cv2.INTER_CUBIC)


def _slope(rng: np.random.Generator, like: Picture, depth: float) -> np.ndarray:
    y, x = np.mgrid[-1 : 1 : like.shape[0] * 1j, -1 : 1 : like.shape[1] * 1j]
    turn = rng.uniform(0, 2 * np.pi)
    return (depth * (np.cos(turn) * x + np.sin(turn) * y)).astype(np.float32)


def _skin(picture: Picture, points: np.ndarray) -> float:
    cheeks = points[[50, 280, 151, 9]].round().astype(int)
    rows, columns = cheeks[:, 1].clip(0, picture.shape[0] - 1), cheeks[:, 0].clip(0, picture.shape[1] - 1)
    return float(np.median(picture[rows, columns]))


def _material(rng: np.random.Generator, picture: Picture, other: Picture) -> np.ndarray:
    kind = rng.integers(4)
    if kind == 0:
        return other[:: -1 if rng.random() < 0.5 else 1, :: -1 if rng.random() < 0.5 else 1].copy()
    base = np.full(picture.shape, rng.uniform(5, 250), np.float32)
    if kind >= 2:
        base += _noise(rng, picture, rng.uniform(1.5, 30), rng.uniform(3, 40))
    return base + _slope(rng, picture, rng.uniform(0, 50))


def _place(rng: np.random.Generator, points: np.ndarray, spread: float = 0.12) -> np.ndarray:
    at = points[rng.choice([13, 14, 4, 152, 61, 291, 50, 280, 159, 386, 9, 105, 334, 200, 6])]
    return at + rng.normal(0, spread * face_size(points), 2)


def box(
    rng: np.random.Generator, picture: Picture, points: np.ndarray, other: Picture
) -> tuple[np.ndarray, np.ndarray]:
    size = face_size(points)
    half = rng.uniform(0.1, 0.45, 2) * size / [1.0, rng.uniform(1, 2)]
    turn = rng.uniform(0, np.pi)
    axis = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    corners = _place(rng, points) + (np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * half) @ axis
    return _polygon(_shape(picture), corners), _material(rng, picture, other)


def blob(
    rng: np.random.Generator, picture: Picture, points: np.ndarray, other: Picture
) -> tuple[np.ndarray, np.ndarray]:
    """An uneven outline filled with a thing, or with skin."""
    size, turns = face_size(points), np.linspace(0, 2 * np.pi, 40, endpoint=False)
    reach = 1 + sum(rng.uniform(0, 0.25) * np.cos(k * turns + rng.uniform(0, 6.3)) for k in (2, 3, 5))
    axes = rng.uniform(0.12, 0.42, 2) * size
    corners = _place(rng, points) + np.stack([np.cos(turns) * axes[0], np.sin(turns) * axes[1]], 1) * reach[:, None]
    mask = _polygon(_shape(picture), corners)
    if rng.random() < 0.5:
        return mask, _material(rng, picture, other)
    skin = _skin(picture, points) * rng.uniform(0.6, 1.3)
    return mask, _rounded(mask, size * 0.1) * rng.uniform(10, 50) - 25 + skin + _noise(rng, picture, 10, 5)


def _rounded(mask: np.ndarray, width: float) -> np.ndarray:
    """0 at the outline, 1 from ``width`` inside on: what makes a drawn thing look round."""
    deep = cv2.distanceTransform((mask > 0.5).astype(np.uint8), cv2.DIST_L2, 3)
    return np.sqrt(np.clip(deep / max(width, 1.0), 0, 1)).astype(np.float32)


def hand(
    rng: np.random.Generator, picture: Picture, points: np.ndarray, _other: Picture
) -> tuple[np.ndarray, np.ndarray]:
    """Palm and fingers, from below or from a side, in the brightness of the face's own skin or another."""
    size, at = face_size(points), _place(rng, points, 0.1)
    along = rng.uniform(0.15, 0.85) * np.pi if rng.random() < 0.75 else rng.uniform(-0.2, 1.2) * np.pi
    up = np.array([np.cos(along), -np.sin(along)])
    side = np.array([-up[1], up[0]])
    width = rng.uniform(0.075, 0.135) * size
    fingers, spread = int(rng.integers(2, 6)), rng.uniform(0.85, 1.5)
    mask, round_ = _shape(picture), _shape(picture)
    skin = _skin(picture, points) * rng.uniform(0.65, 1.25)
    base = at - up * rng.uniform(0.15, 0.55) * size
    middle = (fingers - 1) / 2
    fan = rng.uniform(0, 0.12)
    for number in range(fingers):
        off = (number - middle) * width * spread
        length = rng.uniform(0.35, 0.75) * size * (1 - 0.12 * abs(number - middle))
        direction = up + side * fan * (number - middle)
        bend = rng.normal(0, 0.06)
        start = base + side * off
        knee = start + direction * length * 0.55
        tip = knee + (direction + side * bend) * length * 0.45
        one = _shape(picture)
        _capsule(one, start, knee, width)
        _capsule(one, knee, tip, width * 0.9)
        mask = np.maximum(mask, one)
        round_ = np.where(one > 0.5, _rounded(one, width / 2), round_ * (1 - 0.5 * one))
    palm = _shape(picture)
    reach = max(fingers, 3) * width * spread
    if rng.random() < 0.8:
        _ellipse(
            palm,
            base - up * 0.12 * size,
            (reach * 0.55, rng.uniform(0.15, 0.3) * size),
            np.degrees(np.arctan2(side[1], side[0])),
        )
        _capsule(palm, base, base - up * size, reach * rng.uniform(0.5, 0.9))
        round_ = np.maximum(round_, _rounded(palm, width) * palm)
        mask = np.maximum(mask, palm)
    depth = rng.uniform(15, 75)
    value = (
        skin
        - depth * 0.7
        + depth * round_
        + _noise(rng, picture, 8, rng.uniform(1, 6))
        + _slope(rng, picture, rng.uniform(0, 30))
    )
    return mask, value


def surgical_mask(
    rng: np.random.Generator, picture: Picture, points: np.ndarray, _other: Picture
) -> tuple[np.ndarray, np.ndarray]:
    top = points[int(rng.choice([6, 197, 195, 4, 2]))]
    low = points[CHIN] + (points[CHIN] - points[NOSE]) * rng.uniform(-0.1, 0.25)
    skip = int(rng.integers(0, 3))
    corners = np.vstack([top[None], points[RIGHT_OVAL[skip:]], low[None], points[LEFT_OVAL[: len(LEFT_OVAL) - skip]]])
    mask = _polygon(_shape(picture), corners)
    value = (
        np.full(picture.shape, rng.uniform(20, 250), np.float32)
        + _slope(rng, picture, 40)
        + 25 * _rounded(mask, 0.2 * face_size(points))
    )
    rows = np.arange(picture.shape[0], dtype=np.float32)[:, None]
    if rng.random() < 0.5:
        value += rng.uniform(5, 25) * np.sin(rows * 2 * np.pi / (face_size(points) * rng.uniform(0.08, 0.15)))
    return mask, value + _noise(rng, picture, 3, 3)


def sunglasses(
    rng: np.random.Generator, picture: Picture, points: np.ndarray, _other: Picture
) -> tuple[np.ndarray, np.ndarray]:
    size, mask = face_size(points), _shape(picture)
    centres = [points[list(eye)].mean(0) for eye in EYES]
    line = centres[1] - centres[0]
    turn = float(np.degrees(np.arctan2(line[1], line[0])))
    axes = (np.linalg.norm(line) * rng.uniform(0.3, 0.48), size * rng.uniform(0.09, 0.17))
    down = np.array([-line[1], line[0]]) / np.linalg.norm(line) * size * rng.uniform(-0.01, 0.06)
    square = rng.random() < 0.4
    for centre in centres:
        if square:
            corners = cv2.boxPoints(
                ((float(centre[0] + down[0]), float(centre[1] + down[1])), (axes[0] * 1.9, axes[1] * 1.9), turn)
            )
            _polygon(mask, corners)
        else:
            _ellipse(mask, centre + down, axes, turn)
    _capsule(mask, centres[0], centres[1], size * rng.uniform(0.01, 0.04))
    dark = rng.uniform(5, 80)
    value = (
        np.full(picture.shape, dark, np.float32)
        + _slope(rng, picture, rng.uniform(0, 120))
        + _noise(rng, picture, 20, rng.uniform(0, 15))
    )
    return mask * rng.uniform(0.8, 1.0), value


def microphone(
    rng: np.random.Generator, picture: Picture, points: np.ndarray, _other: Picture
) -> tuple[np.ndarray, np.ndarray]:
    size, mask = face_size(points), _shape(picture)
    at = points[int(rng.choice([14, 17, 61, 291, 200, 13]))] + rng.normal(0, 0.06 * size, 2)
    turn = rng.uniform(0.2, 0.8) * np.pi
    away = np.array([np.cos(turn), np.sin(turn)])
    axes = (size * rng.uniform(0.12, 0.26), size * rng.uniform(0.09, 0.18))
    _ellipse(mask, at, axes, float(np.degrees(turn)))
    head = mask.copy()
    _capsule(mask, at, at + away * 1.5 * size, axes[1] * rng.uniform(0.4, 1.2))
    value = (
        rng.uniform(5, 110)
        + rng.uniform(10, 70) * _rounded(head, axes[1])
        + _noise(rng, picture, 2, rng.uniform(2, 20))
    )
    return mask, value


def hair(
    rng: np.random.Generator, picture: Picture, points: np.ndarray, _other: Picture
) -> tuple[np.ndarray, np.ndarray]:
    """Strands that hang over brows, eyes and cheeks."""
    size, mask = face_size(points), _shape(picture)
    value = np.full(picture.shape, 1.0, np.float32)
    tone = rng.uniform(5, 170)
    start = points[10] + np.array([rng.uniform(-0.5, 0.5), -0.15]) * size
    end = points[int(rng.choice([159, 386, 50, 280, 61, 291, 6]))] + rng.normal(0, 0.12 * size, 2)
    for _ in range(int(rng.integers(12, 60))):
        shift = rng.normal(0, rng.uniform(0.04, 0.12) * size, 2)
        steps = np.linspace(0, 1, 12)[:, None]
        bow = rng.normal(0, 0.06 * size, 2)
        curve = start * (1 - steps) + end * steps + shift * (0.3 + 0.7 * steps) + np.sin(np.pi * steps) * bow
        line = [np.round(curve * 16).astype(np.int32)]
        thick = max(1, round(size * rng.uniform(0.008, 0.035)))
        cv2.polylines(mask, line, False, 1.0, thick, cv2.LINE_AA, 4)
        cv2.polylines(value, line, False, float(tone + rng.uniform(-30, 40)), thick, cv2.LINE_AA, 4)
    return mask, value


def scarf(
    rng: np.random.Generator, picture: Picture, points: np.ndarray, other: Picture
) -> tuple[np.ndarray, np.ndarray]:
    """Cloth up to some height of the lower face, or a brim down to some height of the upper one."""
    size = face_size(points)
    down = (points[CHIN] - points[BRIDGE]) / np.linalg.norm(points[CHIN] - points[BRIDGE])
    side = np.array([-down[1], down[0]])
    from_below = rng.random() < 0.6
    start = (
        points[CHIN] - down * rng.uniform(0.05, 0.5) * size
        if from_below
        else points[BRIDGE] + down * rng.uniform(-0.15, 0.15) * size
    )
    steps = np.linspace(-1, 1, 15)[:, None]
    wave = rng.uniform(0, 0.06) * np.sin(rng.uniform(1, 5) * steps + rng.uniform(0, 6)) + rng.uniform(-0.2, 0.2) * steps
    border = start + side * steps * size + down * wave * size
    far = (down if from_below else -down) * size * 1.5
    return _polygon(_shape(picture), np.vstack([border, border[::-1] + far])), _material(rng, picture, other)


TAUGHT: dict[str, Cover] = {
    "box": box, "blob": blob, "hand": hand, "mask": surgical_mask, "sunglasses": sunglasses,
    "microphone": microphone, "hair": hair, "scarf": scarf,
}  # fmt: skip
"""Hands are drawn more often than the others (``SHARE``)."""
SHARE = {"hand": 4, "blob": 1.5}


# What the net is tried with: other shapes, other textures.


def forearm(
    rng: np.random.Generator, picture: Picture, points: np.ndarray, _other: Picture
) -> tuple[np.ndarray, np.ndarray]:
    size, at = face_size(points), _place(rng, points, 0.08)
    turn = rng.uniform(-0.35, 0.35) * np.pi
    way = np.array([np.cos(turn), np.sin(turn)])
    mask = _capsule(
        _shape(picture), at - way * size * 1.5, at + way * size * rng.uniform(0.2, 1.5), size * rng.uniform(0.18, 0.38)
    )
    skin = _skin(picture, points) * rng.uniform(0.75, 1.15)
    return mask, skin - 30 + 40 * _rounded(mask, 0.15 * size) + _noise(rng, picture, 6, 3)


def cup(
    rng: np.random.Generator, picture: Picture, points: np.ndarray, _other: Picture
) -> tuple[np.ndarray, np.ndarray]:
    size = face_size(points)
    at = points[14] + rng.normal(0, 0.05 * size, 2)
    wide, tall = size * rng.uniform(0.18, 0.3), size * rng.uniform(0.4, 0.7)
    corners = at + np.array([[-wide, 0], [wide, 0], [wide * 0.75, tall], [-wide * 0.75, tall]])
    mask = _ellipse(_polygon(_shape(picture), corners), at, (wide, wide * 0.3), 0)
    x = np.arange(picture.shape[1], dtype=np.float32)[None]
    value = rng.uniform(60, 230) * (0.7 + 0.3 * np.cos((x - at[0]) / wide)) + np.zeros(picture.shape, np.float32)
    return mask, cv2.ellipse(
        value, (int(at[0]), int(at[1])), (max(1, int(wide)), max(1, int(wide * 0.3))), 0, 0, 360, 60.0, -1
    )


def phone(
    rng: np.random.Generator, picture: Picture, points: np.ndarray, _other: Picture
) -> tuple[np.ndarray, np.ndarray]:
    size, at = face_size(points), _place(rng, points, 0.05)
    turn = float(rng.uniform(-25, 25))
    corners = cv2.boxPoints(((float(at[0]), float(at[1])), (size * 0.38, size * 0.75), turn))
    mask = _polygon(_shape(picture), corners)
    value = np.full(picture.shape, rng.uniform(15, 60), np.float32)
    return mask, _ellipse(value, corners[1] * 0.8 + corners[3] * 0.2, (size * 0.05, size * 0.05), 0, 150.0)


def paper(
    rng: np.random.Generator, picture: Picture, points: np.ndarray, _other: Picture
) -> tuple[np.ndarray, np.ndarray]:
    """A printed sheet, held in front from below or above."""
    size = face_size(points)
    level = points[int(rng.choice([4, 13, 17, 6]))][1]
    from_below = level > points[6][1] + 1
    x0 = points[4][0] - size * rng.uniform(0.3, 0.7)
    y0 = level if from_below else level - size
    corners = np.array([[x0, y0], [x0 + size * 0.95, y0], [x0 + size * 0.95, y0 + size], [x0, y0 + size]])
    value = np.full(picture.shape, 225.0, np.float32)
    for row in range(0, picture.shape[0], max(4, int(size * 0.06))):
        for column in range(0, picture.shape[1], 9):
            if rng.random() < 0.75:
                value[row : row + 2, column : column + int(rng.integers(3, 9))] = 60
    return _polygon(_shape(picture), corners), value


def checks(
    rng: np.random.Generator, picture: Picture, points: np.ndarray, _other: Picture
) -> tuple[np.ndarray, np.ndarray]:
    """A chequered triangle."""
    size, at = face_size(points), _place(rng, points)
    corners = at + rng.uniform(0.25, 0.5) * size * np.stack(
        [f(np.array([0, 2.1, 4.2]) + rng.uniform(0, 6)) for f in (np.cos, np.sin)], 1
    )
    y, x = np.mgrid[: picture.shape[0], : picture.shape[1]] // max(2, int(size * rng.uniform(0.03, 0.1)))
    return _polygon(_shape(picture), corners), np.where((x + y) % 2, *rng.uniform(10, 245, 2)).astype(np.float32)


def mitten(
    rng: np.random.Generator, picture: Picture, points: np.ndarray, other: Picture
) -> tuple[np.ndarray, np.ndarray]:
    """A closed hand in skin taken from another person's face: no fingers to be seen."""
    size, at = face_size(points), points[int(rng.choice([13, 17, 61, 291, 159, 386, 50, 280]))] + 0.0
    mask = _ellipse(
        _shape(picture), at, (size * rng.uniform(0.15, 0.3), size * rng.uniform(0.12, 0.22)), float(rng.uniform(0, 180))
    )
    _capsule(mask, at, at + np.array([rng.uniform(-1, 1), 1.2]) * size, size * 0.22)
    h, w = other.shape
    patch = other[int(h * 0.55) : int(h * 0.68), int(w * 0.28) : int(w * 0.42)]
    skin = cv2.resize(patch, picture.shape[::-1], interpolation=cv2.INTER_LINEAR)
    return mask, skin - 20 + 20 * _rounded(mask, 0.1 * size)


def visor(
    rng: np.random.Generator, picture: Picture, points: np.ndarray, _other: Picture
) -> tuple[np.ndarray, np.ndarray]:
    """One band over both eyes, bright or dark."""
    size = face_size(points)
    a, b = points[127], points[356]
    mask = _capsule(_shape(picture), a, b, size * rng.uniform(0.2, 0.32))
    x = np.arange(picture.shape[1], dtype=np.float32)[None]
    return mask, rng.uniform(20, 220) + 30 * np.sin(x / size * rng.uniform(3, 20)) + np.zeros(picture.shape, np.float32)


def respirator(
    rng: np.random.Generator, picture: Picture, points: np.ndarray, _other: Picture
) -> tuple[np.ndarray, np.ndarray]:
    size, at = face_size(points), points[[4, 17]].mean(0)
    mask = _ellipse(_shape(picture), at, (size * rng.uniform(0.2, 0.3), size * rng.uniform(0.2, 0.28)), 0)
    value = rng.uniform(30, 220) + 50 * _rounded(mask, 0.3 * size)
    return mask, _ellipse(
        value.astype(np.float32), at + size * 0.05, (size * 0.07, size * 0.06), 0, float(rng.uniform(0, 255))
    )


TRIED: dict[str, Cover] = {
    "forearm": forearm, "cup": cup, "phone": phone, "paper": paper, "checks": checks, "mitten": mitten,
    "visor": visor, "respirator": respirator,
}  # fmt: skip


def covered_picture(
    rng: np.random.Generator, cover: Cover, picture: Picture, points: np.ndarray, other: Picture
) -> tuple[Picture, np.ndarray]:
    """The picture with the thing over it, and what of it is covered ``(h, w)``, 0 to 1."""
    alpha, value = cover(rng, picture, points, other)
    soft = float(rng.uniform(0.3, 2.0)) * face_size(points) / 160
    alpha = cv2.GaussianBlur(alpha.astype(np.float32), (0, 0), max(soft, 0.3))
    value = cv2.GaussianBlur(value.astype(np.float32), (0, 0), max(0.3, soft * 0.7))
    if rng.random() < 0.4:  # a shadow beside it
        shadow = np.roll(cv2.GaussianBlur(alpha, (0, 0), 6), rng.integers(-6, 7, 2), axis=(0, 1))
        picture = picture * (1 - rng.uniform(0.1, 0.45) * shadow)
    return (picture * (1 - alpha) + value.clip(0, 255) * alpha).astype(np.float32), alpha


def shares(alpha: np.ndarray, points: np.ndarray) -> tuple[float, float]:
    """Shares of the upper and the lower face that are covered; half of the lower one's weight lies on the lips."""
    parts = []
    for region in (UPPER, LOWER, LIPS):
        hull = cv2.convexHull(points[list(region)].astype(np.float32))[:, 0]
        weight = _polygon(np.zeros(alpha.shape, np.float32), hull)
        parts.append(float((alpha * weight).sum() / max(weight.sum(), 1e-6)))
    return parts[0], (parts[1] + parts[2]) / 2
