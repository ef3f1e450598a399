"""DECA, EMOCA and SMIRK as they are listed."""

from __future__ import annotations

from dfe.frontends.base import FrontEnd
from dfe.frontends.encoders.tools import EXTRA, TOOLS, VERIFIED
from dfe.frontends.spec import FrontEndOptions, FrontEndSpec


def _spec(name: str) -> FrontEndSpec:
    tool = TOOLS[name]

    def make(options: FrontEndOptions) -> FrontEnd:
        from dfe.frontends.encoders.front_end import EncoderConfig, EncoderFrontEnd
        from dfe.frontends.landmarks.config import LandmarkConfig

        landmarks = options.landmarks or LandmarkConfig(max_faces=options.max_faces, mirrored=options.mirrored)
        batch = EncoderConfig.batch if options.batch is None else options.batch
        config = EncoderConfig(name, options.weights, options.device, batch, landmarks, options.flame)
        return EncoderFrontEnd(config)

    return FrontEndSpec(
        name=name,
        kind="media",
        title=f"videos and pictures, by {tool.title} with your own weights",
        space=tool.space,
        licence=tool.licence,
        verified=VERIFIED,
        make=make,
        uses=("weights", "flame", "device", "max_faces"),
        needs=("weights",),
        extra=EXTRA,
    )


DECA = _spec("deca")
EMOCA = _spec("emoca")
SMIRK = _spec("smirk")
