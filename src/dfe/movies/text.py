"""Words in pictures."""

from __future__ import annotations

import cv2

from dfe.base.types import ImageArray

PAPER, INK, QUIET = (250, 249, 247), (34, 39, 45), (110, 118, 126)


def write_words(picture: ImageArray, text: str, x: int, y: int, colour: tuple[int, int, int]) -> None:
    """Write a line into a picture, its left end at ``x`` and its foot at ``y``; what is no ASCII becomes ``?``."""
    plain = text.encode("ascii", "replace").decode()
    cv2.putText(picture, plain, (x, y), cv2.FONT_HERSHEY_SIMPLEX, 0.45, colour, 1, cv2.LINE_AA)
