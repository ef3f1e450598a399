"""Pictures of the camera as bytes: what was sent is what is looked at, and nothing that is damaged is."""

from contextlib import suppress

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("starlette", reason="needs the extra viewer")

from dfe.base.errors import UsageError
from dfe.viewer.live.message import HEAD, MAGIC, read_sent
from made_live import message

PICTURE = np.random.default_rng(1).integers(0, 256, (80, 64, 3), np.uint8)


@pytest.mark.parametrize("packing", ["raw", "png", "webp", "jpg"])
def test_a_picture_comes_as_it_was_sent(packing):
    smooth = cv2.GaussianBlur(PICTURE, (0, 0), 5)
    sent = read_sent(message(7, 1234.5678, smooth, packing))
    assert (sent.number, sent.time_s) == (7, 1.235)
    assert sent.packed == {"raw": "pixels", "jpg": "jpeg"}.get(packing, packing)
    off = np.abs(sent.image.astype(int) - smooth)
    assert off.max() == 0 if packing in ("raw", "png") else off.mean() < 3


def head(width=64, height=80, at=0.0, packing=0, magic=MAGIC):
    return HEAD.pack(magic, 1, at, width, height, packing)


JPEG = cv2.imencode(".jpg", PICTURE)[1].tobytes()


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        (b"", "no picture of the camera"),
        (b"DFE1", "no picture of the camera"),
        (head(magic=b"EFD1") + bytes(20480), "no picture of the camera"),
        (head(at=float("nan")) + bytes(20480), "time is no number"),
        (head(at=-1.0) + bytes(20480), "time is no number"),
        (head(width=10) + bytes(3200), "64 to 1920"),
        (head(width=65535, height=65535), "64 to 1920"),
        (head() + bytes(20479), "not as large as it says"),
        (head(packing=9) + bytes(20480), "packed in a way"),
        (head(packing=1) + b"%PDF-1.7" + bytes(100), "no JPEG, PNG or WebP"),
        (head(packing=1), "no JPEG, PNG or WebP"),
        (head(width=100, packing=1) + JPEG, "not as large as it says"),
        (head(packing=1) + JPEG[:40], "damaged"),
    ],
)
def test_what_is_no_whole_picture_is_refused_in_words(sent, words):
    with pytest.raises(UsageError, match=words):
        read_sent(sent)


@given(st.binary(max_size=200), st.integers(0, 23), st.integers(0, 255))
def test_any_damage_is_refused_or_read_and_never_an_accident(tail, place, value):
    damaged = bytearray(head(packing=1) + JPEG + tail)
    damaged[place] = value
    with suppress(UsageError):
        assert read_sent(bytes(damaged)).image.ndim == 3
