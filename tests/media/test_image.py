from __future__ import annotations

import math
import struct
import zlib
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from dfe.base.errors import MediaError
from dfe.media.image import MAX_PIXELS, images, read_header, read_image
from dfe.media.probe import probe
from dfe.media.tiff import tiff_directories

# Where the stored first row and first column lie in the upright picture (EXIF 2.32, table 5), as array operations.
UPRIGHT = {
    1: lambda a: a,
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.swapaxes(0, 1),
    6: lambda a: a.swapaxes(0, 1)[:, ::-1],
    7: lambda a: a[::-1, ::-1].swapaxes(0, 1),
    8: lambda a: a.swapaxes(0, 1)[::-1],
}


def picture(height: int = 40, width: int = 64) -> np.ndarray:
    y, x = np.mgrid[:height, :width]
    return np.stack([x * 3, y * 5, (x + y) * 2], axis=-1).astype(np.uint8)


def encoded(suffix: str, rgb: np.ndarray, *options: int) -> bytes:
    ok, data = cv2.imencode(suffix, rgb[..., ::-1] if rgb.ndim == 3 else rgb, list(options))
    assert ok
    return data.tobytes()


def tiff_block(orientation: int) -> bytes:
    return b"MM\0*" + struct.pack(">IHHHIHHI", 8, 1, 0x112, 3, 1, orientation, 0, 0)


def jpeg_with_turn(orientation: int) -> bytes:
    jpeg = encoded(".jpg", picture(), cv2.IMWRITE_JPEG_QUALITY, 100)
    body = b"Exif\0\0" + tiff_block(orientation)
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + jpeg[2:]


def png_with_turn(orientation: int) -> bytes:
    png, body = encoded(".png", picture()), tiff_block(orientation)
    chunk = struct.pack(">I", len(body)) + b"eXIf" + body + struct.pack(">I", zlib.crc32(b"eXIf" + body))
    return png[:33] + chunk + png[33:]


def webp_with_turn(orientation: int) -> bytes:
    webp, rgb = encoded(".webp", picture(), cv2.IMWRITE_WEBP_QUALITY, 101), picture()
    image = webp[12:] if webp[12:16] != b"VP8X" else webp[30:]
    size = (rgb.shape[1] - 1).to_bytes(3, "little") + (rgb.shape[0] - 1).to_bytes(3, "little")
    body = tiff_block(orientation)
    extended = b"VP8X" + struct.pack("<I", 10) + b"\x08\0\0\0" + size
    chunks = b"WEBP" + extended + image + b"EXIF" + struct.pack("<I", len(body)) + body
    return b"RIFF" + struct.pack("<I", len(chunks)) + chunks


def tiff_with_turn(orientation: int, bits: int = 8) -> bytes:
    rgb = picture() if bits == 8 else picture().astype("<u2") * 257
    data = rgb.tobytes()
    height, width = rgb.shape[:2]
    bits_at = 8 + len(data)
    tags = [
        (256, 3, 1, width),
        (257, 3, 1, height),
        (258, 3, 3, bits_at),
        (259, 3, 1, 1),
        (262, 3, 1, 2),
        (273, 4, 1, 8),
        (274, 3, 1, orientation),
        (277, 3, 1, 3),
        (278, 3, 1, height),
        (279, 4, 1, len(data)),
    ]
    directory = struct.pack("<H", len(tags)) + b"".join(struct.pack("<HHII", *tag) for tag in tags) + b"\0\0\0\0"
    return b"II*\0" + struct.pack("<I", bits_at + 6) + data + struct.pack("<3H", bits, bits, bits) + directory


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("make", [jpeg_with_turn, png_with_turn, webp_with_turn, tiff_with_turn])
def test_every_exif_turn_is_applied(tmp_path, make, orientation):
    path = tmp_path / "turned"
    path.write_bytes(make(orientation))
    expected = UPRIGHT[orientation](picture())
    result = read_image(path)
    assert result.shape == expected.shape
    assert np.abs(result.astype(int) - expected).mean() < (3 if make is jpeg_with_turn else 0.5)
    info = probe(path)
    assert (info.kind, info.height, info.width) == ("still", *expected.shape[:2])


@pytest.mark.parametrize("orientation", [1, 3, 6])
def test_a_turned_tiff_of_16_bits(tmp_path, orientation):
    path = tmp_path / "deep.tif"
    path.write_bytes(tiff_with_turn(orientation, bits=16))
    np.testing.assert_array_equal(read_image(path), UPRIGHT[orientation](picture()))


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".tiff", ".jpg", ".webp"])
def test_formats(tmp_path, suffix):
    path = tmp_path / f"mensch ünïcödé 面{suffix}"
    path.write_bytes(encoded(suffix, picture()))
    result = read_image(path)
    assert result.dtype == np.uint8
    assert result.flags.c_contiguous
    assert np.abs(result.astype(int) - picture()).mean() < (0.01 if suffix in (".png", ".bmp", ".tiff") else 4)
    header = read_header(path)
    assert (header.height, header.width) == picture().shape[:2]
    assert header.format == {".jpg": "jpeg"}.get(suffix, suffix[1:])


def test_grey_becomes_rgb(tmp_path):
    grey = picture()[..., 0]
    (tmp_path / "grey.png").write_bytes(encoded(".png", grey))
    np.testing.assert_array_equal(read_image(tmp_path / "grey.png"), np.repeat(grey[..., None], 3, axis=2))


def test_sixteen_bits_are_scaled_and_rounded(tmp_path):
    deep = np.array([[0, 128, 129, 257, 32896, 65535]], np.uint16)
    (tmp_path / "deep.png").write_bytes(encoded(".png", deep))
    np.testing.assert_array_equal(read_image(tmp_path / "deep.png")[0, :, 0], np.round(deep[0] / 257))


@pytest.mark.parametrize("suffix", [".png", ".webp", ".tiff"])
def test_transparent_pixels_lie_on_mid_grey(tmp_path, suffix):
    bgra = np.dstack([picture()[..., ::-1], np.zeros((40, 64), np.uint8)])
    bgra[:, 20:40, 3], bgra[:, 40:, 3] = 128, 255
    _, data = cv2.imencode(suffix, bgra, [cv2.IMWRITE_WEBP_QUALITY, 101])
    (tmp_path / "cut out").write_bytes(data.tobytes())
    result = read_image(tmp_path / "cut out").astype(float)
    alpha = bgra[..., 3:] / 255
    expected = picture() * alpha + 128 * (1 - alpha)
    assert np.abs(result - expected).max() <= 1


def test_cmyk_jpeg(tmp_path):
    (tmp_path / "print.jpg").write_bytes(cmyk_jpeg(60, 200, 120, 250))
    colour = read_image(tmp_path / "print.jpg")[4, 4]
    # Adobe stores ink inverted, so that R = C K / 255 and so on.
    np.testing.assert_allclose(colour, [60 * 250 / 255, 200 * 250 / 255, 120 * 250 / 255], atol=4)


def cmyk_jpeg(*levels: int) -> bytes:
    """One block of 8 x 8 pixels in one colour: a DC coefficient per component, coded by hand (ITU-T T.81)."""

    def segment(marker: int, body: bytes) -> bytes:
        return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body

    lengths = bytes([0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0])
    codes = ["00", "010", "011", "100", "101", "110", "1110", "11110", "111110", "1111110"]
    bits = ""
    for level in levels:
        dc = level - 128
        size = abs(dc).bit_length()
        value = dc if dc > 0 else dc + (1 << size) - 1
        bits += codes[size] + (f"{value:0{size}b}" if size else "") + "0"
    bits += "1" * (-len(bits) % 8)
    scan = bytes(int(bits[i : i + 8], 2) for i in range(0, len(bits), 8)).replace(b"\xff", b"\xff\0")
    parts = b"".join(bytes([i, 0x11, 0]) for i in (1, 2, 3, 4))
    chosen = b"".join(bytes([i, 0]) for i in (1, 2, 3, 4))
    return (
        b"\xff\xd8"
        + segment(0xEE, b"Adobe\0\x64\0\0\0\0\0")
        + segment(0xDB, b"\0" + bytes([8] * 64))
        + segment(0xC0, struct.pack(">BHHB", 8, 8, 8, 4) + parts)
        + segment(0xC4, b"\x00" + lengths + bytes(range(12)))
        + segment(0xC4, b"\x10" + bytes([1] + [0] * 15) + b"\0")
        + segment(0xDA, b"\x04" + chosen + b"\0\x3f\0")
        + scan
        + b"\xff\xd9"
    )


def test_gif_of_one_picture_is_a_still(tmp_path):
    path = write_gif(tmp_path / "one.gif", 1)
    assert probe(path).kind == "still"
    assert read_image(path).shape == (40, 64, 3)
    assert np.abs(read_image(path).astype(int) - picture()).mean() < 25


def test_gif_that_moves_is_no_still(tmp_path):
    path = write_gif(tmp_path / "two.gif", 2)
    assert probe(path).kind == "video"
    with pytest.raises(MediaError, match="animated picture"):
        read_image(path)


def write_gif(path: Path, frames: int) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("gif", rate=10)
        stream.height, stream.width, stream.pix_fmt = 40, 64, "rgb8"
        for _ in range(frames):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture(), format="rgb24")))
        container.mux(stream.encode())
    return path


def test_one_pixel(tmp_path):
    (tmp_path / "dot.png").write_bytes(encoded(".png", np.array([[[10, 20, 30]]], np.uint8)))
    np.testing.assert_array_equal(read_image(tmp_path / "dot.png"), [[[10, 20, 30]]])


def test_a_long_picture_of_20000_pixels(tmp_path):
    (tmp_path / "long.png").write_bytes(encoded(".png", np.full((20_000, 3), 7, np.uint8)))
    assert read_image(tmp_path / "long.png").shape == (20_000, 3, 3)


def png_header(width: int, height: int) -> bytes:
    body = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + body + struct.pack(">I", zlib.crc32(body))


@pytest.mark.parametrize(
    "header",
    [
        png_header(20_000, 20_000),
        b"BM" + struct.pack("<IIIIiiHHIIiiII", 0, 0, 54, 40, 20_000, -20_000, 1, 24, 0, 0, 0, 0, 0, 0),
        b"GIF89a" + struct.pack("<HHBBB", 20_000, 20_000, 0, 0, 0) + b";",
        b"\xff\xd8\xff\xc0" + struct.pack(">HBHHB", 11, 8, 20_000, 20_000, 1) + b"\1\x11\0\xff\xda",
        b"II*\0" + struct.pack("<IHHHIIHHII", 8, 2, 256, 4, 1, 20_000, 257, 4, 1, 20_000) + b"\0\0\0\0",
        b"II+\0" + struct.pack("<HHQQHHQQHHQQ", 8, 0, 16, 2, 256, 4, 1, 20_000, 257, 16, 1, 20_000) + bytes(8),
        b"RIFF\0\0\0\0WEBPVP8X" + struct.pack("<I", 10) + bytes(4) + (19_999).to_bytes(3, "little") * 2,
        b"RIFF\0\0\0\0WEBPVP8L" + struct.pack("<IBI", 5, 0x2F, 16_383 | 16_383 << 14) + bytes(5),
    ],
    ids=["png", "bmp", "gif", "jpeg", "tiff", "bigtiff", "webp", "webp lossless"],
)
def test_huge_pictures_are_refused_before_they_are_decoded(tmp_path, header, monkeypatch):
    monkeypatch.setattr(cv2, "imdecode", lambda *_: pytest.fail("decoded"))
    (tmp_path / "huge").write_bytes(header)
    with pytest.raises(MediaError, match=rf"huge: .* over the limit of {MAX_PIXELS // 1_000_000} megapixels; make"):
        read_image(tmp_path / "huge")


def test_further_pages_of_a_tiff_are_told(tmp_path):
    cv2.imwritemulti(str(tmp_path / "stack.tif"), [picture(), picture() // 2, picture() // 3])
    cv2.imwrite(str(tmp_path / "single.tif"), picture())
    stack, single = images([tmp_path / "stack.tif", tmp_path / "single.tif"])
    assert stack.treated == ("first_page",)
    assert single.treated == ()
    np.testing.assert_array_equal(stack.image, single.image)
    assert read_header(tmp_path / "stack.tif").pages == 3


@pytest.mark.parametrize(("places", "pages"), [((26, 26), 2), ((26, 8), 2), ((0, 0), 1), ((9_999, 0), 1)])
def test_pages_are_counted_until_the_chain_ends(tmp_path, places, pages):
    """A smaller copy is none, a chain that runs in a circle ends, and one that leads nowhere is no damage."""
    following, last = places
    first = struct.pack("<HHHII", 1, 256, 4, 1, 5) + struct.pack("<I", following)
    second = struct.pack("<HHHII", 1, 257, 4, 1, 5) + struct.pack("<I", last)
    assert len(tiff_directories(b"II*\0" + struct.pack("<I", 8) + first + second, {256, 257}, 100)) == pages
    smaller = struct.pack("<HHHIIHHII", 2, 256, 4, 1, 5, 257, 4, 1, 5) + struct.pack("<I", 38)
    copy = struct.pack("<HHHII", 1, 254, 4, 1, 1) + struct.pack("<I", 0)
    (tmp_path / "copy.tif").write_bytes(b"II*\0" + struct.pack("<I", 8) + smaller + copy)
    assert read_header(tmp_path / "copy.tif").pages == 1


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".bmp", ".tiff", ".webp"])
@pytest.mark.parametrize("share", [0.02, 0.5, 0.9])
def test_cut_short(tmp_path, capfd, suffix, share):
    noise = np.random.default_rng(0).integers(0, 255, (40, 64, 3), np.uint8)
    data = encoded(suffix, noise)
    path = tmp_path / f"cut{suffix}"
    path.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(MediaError, match=r"cut\.\w+: (damaged picture|not a picture)") as caught:
        read_image(path)
    assert "\n" not in str(caught.value)
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty"),
        (b"just a note\n" * 9, "not a picture that can be read; convert it"),
        (b"\0\0\0\x18ftypheic" + bytes(50), "damaged picture: its header announces no picture"),
        (b"\0\0\0\x18ftypjxl \0\0", "not a picture that can be read; convert it"),
        (b"\0\0\0\x0cJXL \r\n\x87\n" + bytes(50), "JPEG XL pictures are not read; convert it"),
        (b"\x89PNG\r\n\x1a\n", "header is cut short"),
        (png_header(0, 5), "without pixels"),
        (b"\xff\xd8\xff\xd9", "no size"),
    ],
)
def test_what_is_no_picture(tmp_path, content, message):
    path = tmp_path / "face.jpg"
    path.write_bytes(content)
    with pytest.raises(MediaError, match=message):
        read_image(path)


def test_what_is_not_there_or_not_allowed(tmp_path, without_permission):
    with pytest.raises(MediaError, match=r"face\.png: no such file"):
        read_image(tmp_path / "face.png")
    with pytest.raises(MediaError, match="is a folder"):
        read_image(tmp_path)
    (tmp_path / "face.png").write_bytes(encoded(".png", picture()))

    def try_it() -> str:
        with pytest.raises(MediaError) as caught:
            read_image(tmp_path / "face.png")
        return str(caught.value)

    assert "no permission to read it" in without_permission(try_it)


def test_floating_point_pixels_are_refused(tmp_path):
    _, data = cv2.imencode(".tiff", picture().astype(np.float32))
    (tmp_path / "float.tiff").write_bytes(data.tobytes())
    with pytest.raises(MediaError, match="float32 pixels are not read; save it with 8 or 16 bits"):
        read_image(tmp_path / "float.tiff")


def test_images_keep_their_place_when_one_fails(tmp_path):
    for name in ("a.png", "c.png"):
        (tmp_path / name).write_bytes(encoded(".png", picture()))
    (tmp_path / "b.png").write_bytes(b"")
    frames = list(images([tmp_path / "a.png", tmp_path / "b.png", tmp_path / "c.png"]))
    assert [(f.index, f.source, f.reason) for f in frames] == [
        (0, "a.png", None),
        (1, "b.png", "the file is empty"),
        (2, "c.png", None),
    ]
    assert frames[1].image is None
    assert all(math.isnan(f.time_s) for f in frames)
    np.testing.assert_array_equal(frames[2].image, picture())


def test_a_photograph(astronaut):
    image = read_image(astronaut)
    assert image.shape == (512, 512, 3)
    assert image[..., 0].mean() > image[..., 2].mean()
