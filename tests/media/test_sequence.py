"""Numbered pictures and animated WebP are films; HEIC and AVIF are pictures."""

from __future__ import annotations

import struct
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from dfe.base.errors import MediaError, UsageError
from dfe.media import animation, image
from dfe.media.animation import Animation
from dfe.media.film import open_film
from dfe.media.heif import DamagedHeif, read_items
from dfe.media.image import read_image
from dfe.media.inputs import discover
from dfe.media.probe import probe
from dfe.media.sequence import MISSING, PictureSequence
from numbered_video import number_of, numbered

FIXTURES = Path(__file__).parents[1] / "fixtures"


def pictures(folder: Path, names: list[str]) -> list[Path]:
    """A picture by each name that shows its place in the list."""
    folder.mkdir(exist_ok=True)
    for i, name in enumerate(names):
        cv2.imwrite(str(folder / name), numbered(i)[..., ::-1])
    return [folder / name for name in names]


def test_numbers_in_names_are_counted_not_spelled(tmp_path: Path) -> None:
    names = [f"{n}.png" for n in range(1, 13)]
    pictures(tmp_path / "film", names)
    (source,) = discover([tmp_path / "film"]).sources
    assert [path.name for path in source.paths] == names


def test_names_of_any_kind_can_be_ordered(tmp_path: Path) -> None:
    names = ["1.png", "1a.png", "01.png", "a.png", "a1b2.png", "a1b10.png", "a1.png2.png", "ä.png"]
    pictures(tmp_path / "mixed", names)
    (source,) = discover([tmp_path / "mixed"]).sources
    assert sorted(path.name for path in source.paths) == sorted(names)


def test_numbered_pictures_are_a_film_at_a_rate(tmp_path: Path) -> None:
    paths = pictures(tmp_path / "film", [f"take2_{n}.png" for n in (8, 9, 10, 11)])
    film = open_film(paths[::-1], rate=50)
    frames = list(film.frames())
    assert [number_of(frame.image) for frame in frames] == [frame.index for frame in frames] == [0, 1, 2, 3]
    assert [frame.time_s for frame in frames] == pytest.approx([0, 0.02, 0.04, 0.06])
    assert [frame.source for frame in frames] == [path.name for path in paths]
    assert (film.info.frame_count, film.info.duration_s, film.info.frame_rate) == (4, pytest.approx(0.08), 50)
    assert [frame.index for frame in film.frames(start_s=0.02, every=2)] == [2]


def test_a_missing_number_is_a_frame_without_a_picture(tmp_path: Path) -> None:
    film = PictureSequence(pictures(tmp_path / "film", ["f0010.png", "f0020.png", "f0040.png"]), 25)
    frames = list(film.frames())
    assert [frame.reason for frame in frames] == [None, None, MISSING, None]
    assert number_of(frames[3].image) == 2


@pytest.mark.parametrize(
    ("names", "rate", "message"),
    [
        (["1.png", "2.png"], None, "only with --rate"),
        (["anna.png", "ben.png"], 25, "has no number"),
        (["anna1.png", "ben2.png"], 25, "differ in more than one number"),
        (["1.png", "01.png"], 25, "differ in more than one number"),
        (["1.png", "2.png", "9.png"], 25, "6 of the numbers"),
    ],
)
def test_what_is_no_numbered_film_is_refused(
    tmp_path: Path, names: list[str], rate: float | None, message: str
) -> None:
    paths = pictures(tmp_path / "film", names)
    with pytest.raises(UsageError, match=message):
        PictureSequence(paths, rate)


def webp(path: Path, lengths_ms: list[int]) -> Path:
    made = cv2.Animation()
    made.frames = [
        np.dstack([numbered(i)[..., ::-1], np.full((48, 64), 255, np.uint8)]) for i in range(len(lengths_ms))
    ]
    made.durations = np.array(lengths_ms)
    assert cv2.imwriteanimation(str(path), made, [cv2.IMWRITE_WEBP_QUALITY, 100])
    return path


def test_an_animated_webp_is_a_film(tmp_path: Path) -> None:
    path = webp(tmp_path / "moves.webp", [40, 40, 80, 40])
    (source,) = discover([tmp_path]).sources
    assert source.kind == discover([path]).sources[0].kind == "video"
    film = open_film(source.paths)
    frames = list(film.frames())
    assert [number_of(frame.image) for frame in frames] == [0, 1, 2, 3]
    assert [frame.time_s for frame in frames] == pytest.approx([0, 0.04, 0.08, 0.16])
    assert probe(path) == film.info
    assert (film.info.width, film.info.height, film.info.duration_s) == (64, 48, pytest.approx(0.2))
    with pytest.raises(UsageError, match="times of their own"):
        open_film([path], rate=25)


def test_an_animation_larger_than_memory_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = webp(tmp_path / "long.webp", [40] * 6)
    monkeypatch.setattr(animation, "MAX_BYTES", 5 * 64 * 48 * 4)
    with pytest.raises(MediaError, match="6 pictures of 64 x 48"):
        Animation(path)


def test_a_damaged_animation_says_so(tmp_path: Path) -> None:
    path = webp(tmp_path / "cut.webp", [40] * 6)
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(MediaError, match="can be decoded"):
        list(open_film([path]).frames())


@pytest.mark.parametrize("name", ["tiles.heic", "turned.heic"])
def test_pictures_of_phones_are_whole_and_upright(name: str) -> None:
    """A grid of eight tiles, as phones write; and one picture with a turn."""
    picture = read_image(FIXTURES / name)
    assert picture.shape == (120, 200, 3)
    assert number_of(picture) == 0b10110010
    truth = numbered(0b10110010, 120, 200).astype(float)
    assert np.abs(picture - truth).mean() < 6
    info = probe(FIXTURES / name)
    assert (info.kind, info.codec) == ("still", "heic")


def test_the_tiles_lie_as_the_file_says() -> None:
    with (FIXTURES / "tiles.heic").open("rb") as stream:
        items = read_items(stream)
    assert (items.width, items.height, items.columns, len(items.tiles)) == (200, 120, 4, 8)


def test_avif_is_read(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "face.avif"), "w") as container:
        stream = container.add_stream("libsvtav1", rate=1, options={"crf": "10", "svtav1-params": "avif=1"})
        stream.width, stream.height, stream.pix_fmt = 192, 128, "yuv420p"
        container.mux(stream.encode(av.VideoFrame.from_ndarray(numbered(77, 128, 192), format="rgb24")))
        container.mux(stream.encode())
    assert number_of(read_image(tmp_path / "face.avif")) == 77
    assert probe(tmp_path / "face.avif").codec == "avif"
    assert discover([tmp_path]).sources[0].kind == "stills"


@pytest.mark.parametrize("kept", [0.1, 0.5, 0.9])
def test_a_phone_picture_that_is_cut_short_says_so(tmp_path: Path, kept: float) -> None:
    data = (FIXTURES / "tiles.heic").read_bytes()
    path = tmp_path / "cut.heic"
    path.write_bytes(data[: int(kept * len(data))])
    with pytest.raises(MediaError, match="damaged picture"):
        read_image(path)


def test_random_damage_of_the_boxes_is_an_error_or_a_picture(tmp_path: Path) -> None:
    data = (FIXTURES / "tiles.heic").read_bytes()
    rng = np.random.default_rng(0)
    for _ in range(300):
        broken = bytearray(data)
        for place in rng.integers(0, 900, 3):
            broken[place] = rng.integers(256)
        path = tmp_path / "broken.heic"
        path.write_bytes(broken)
        with path.open("rb") as stream:
            try:
                items = read_items(stream)
            except DamagedHeif:
                continue
        assert len(items.tiles) >= 1


@pytest.mark.parametrize("bits", [10, 12, 14, 16])
def test_numbers_of_deep_cameras_in_16_bits_are_no_night(tmp_path: Path, bits: int) -> None:
    slope = np.linspace(0, (1 << bits) - 1, 256).round().astype(np.uint16)
    cv2.imwrite(str(tmp_path / "ir.png"), np.repeat(slope[None], 32, axis=0))
    picture = read_image(tmp_path / "ir.png")
    np.testing.assert_allclose(picture[0, :, 0], np.arange(256), atol=1)


def test_a_padded_file_is_refused_before_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(image, "MAX_FILE_BYTES", 50_000)
    path = tmp_path / "padded.jpg"
    cv2.imwrite(str(path), numbered(3))
    with path.open("ab") as file:
        file.write(bytes(60_000))
    with pytest.raises(MediaError, match="over the limit"):
        read_image(path)


def test_a_grid_without_all_its_tiles_is_damaged() -> None:
    import io

    data = bytearray((FIXTURES / "tiles.heic").read_bytes())
    place = data.index(b"\x00\x00\x01\x03" + struct.pack(">HH", 200, 120))
    data[place + 3] = 7
    with pytest.raises(DamagedHeif, match="do not fill"):
        read_items(io.BytesIO(bytes(data)))
