"""`dfe extract`: media to tables of expression coefficients, without tokens (to train on)."""

from __future__ import annotations

from dataclasses import dataclass

from dfe.cli.encode import FaceOptions


@dataclass(frozen=True)
class Extract(FaceOptions):
    """Turn the faces in videos and pictures into expression coefficients only: tables to train a tokenizer on."""

    def run(self) -> int:
        """Extract, print the summary, return the exit code."""
        return self.process(None, report=False, thumbnails=False)
