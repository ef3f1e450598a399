"""The default front end as it is listed."""

from __future__ import annotations

from dfe.frontends.base import FrontEnd
from dfe.frontends.spec import FrontEndOptions, FrontEndSpec


def _make(options: FrontEndOptions) -> FrontEnd:
    from dfe.frontends.landmarks.config import LandmarkConfig
    from dfe.frontends.landmarks.graph import LandmarkFrontEnd
    from dfe.frontends.landmarks.sessions import Device

    device: Device = "cuda" if options.device == "cuda" else "cpu"
    config = LandmarkConfig(options.max_faces, mirrored=options.mirrored, device=device, batch=options.batch)
    return LandmarkFrontEnd(config)


LANDMARKS = FrontEndSpec(
    name="landmarks",
    kind="media",
    title="videos and pictures, by three small networks that come with the package",
    space="dfe-face; with --space arkit51/face41, that",
    licence="Apache-2.0 (networks of MediaPipe's Face Landmarker)",
    verified="on real videos and pictures, against MediaPipe 1.2.2",
    make=_make,
    uses=("max_faces", "device", "batch"),
    face_points=True,
)
