"""`dfe export-encoder`: a user's DECA, EMOCA or SMIRK checkpoint as an ONNX file."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Literal

from tyro.conf import arg


@dataclass(frozen=True)
class ExportEncoder:
    """Write an encoder's network as ONNX, for faster use on the CPU and without torch; its licence goes with it."""

    frontend: Literal["deca", "emoca", "smirk"]
    """Whose checkpoint it is."""
    weights: Path
    """The checkpoint, or the folder that it is in."""
    out: Annotated[Path, arg(aliases=["-o"], metavar="FILE")]
    """File to write, ending in .onnx."""
    overwrite: bool = False
    """Replace the file if it exists."""

    def run(self) -> int:
        """Export, say what was written, return the exit code."""
        from dfe.base.errors import UsageError
        from dfe.frontends.encoders.runners import INSTALL

        if self.out.suffix != ".onnx":
            raise UsageError(f"the name must end in .onnx, not {self.out.name!r}", advice="front ends know it by that")
        missing = [name for name in ("torch", "onnx") if find_spec(name) is None]
        if missing:
            raise UsageError(f"exporting needs {' and '.join(missing)}", advice=INSTALL)
        from dfe.frontends.encoders.networks.export import export_onnx

        export_onnx(self.frontend, self.weights, self.out, overwrite=self.overwrite)
        size = self.out.stat().st_size / 1e6
        print(f"{self.out} ({size:.0f} MB); use it as --frontend {self.frontend} --weights {self.out}")
        return 0
