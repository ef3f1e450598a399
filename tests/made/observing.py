"""Front ends for tests, which share their open networks."""

from __future__ import annotations

from dfe.base.types import Frame, ImageArray
from dfe.frontends.base import Face, FrameFaces
from dfe.frontends.landmarks.config import LandmarkConfig
from dfe.frontends.landmarks.graph import LandmarkFrontEnd
from dfe.frontends.landmarks.networks import Networks


class Observer:
    """Front ends that share their open networks."""

    def __init__(self, networks: Networks) -> None:
        self.networks = networks

    def stills(self, pictures: list[ImageArray | None], **options: object) -> list[FrameFaces]:
        return self.observe(pictures, still=True, **options)

    def video(self, pictures: list[ImageArray | None], first: int = 0, **options: object) -> list[FrameFaces]:
        return self.observe(pictures, still=False, first=first, **options)

    def observe(
        self, pictures: list[ImageArray | None], *, still: bool, first: int = 0, **options: object
    ) -> list[FrameFaces]:
        front = LandmarkFrontEnd(LandmarkConfig(**options), self.networks)
        frames = [Frame(first + i, (first + i) / 30, p, None, "a") for i, p in enumerate(pictures)]
        return list(front.observe(frames, still=still))

    def one(self, picture: ImageArray, **options: object) -> Face:
        (face,) = self.stills([picture], **options)[0].faces
        return face
