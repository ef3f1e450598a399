"""`dfe export-encoder`: a user's DECA, EMOCA or SMIRK checkpoint as an ONNX file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from dfe.base.errors import UsageError
from dfe.cli.options import OUT, Overwrite, arg, need_extra
from dfe.cli.show import say


@dataclass(frozen=True)
class ExportEncoder:
    """Write an encoder's network as ONNX, for faster use on the CPU and without torch; its licence goes with it.

    Examples:
        dfe export-encoder --frontend emoca --weights EMOCA_FOLDER -o emoca.onnx
    """

    frontend: Annotated[Literal["deca", "emoca", "smirk"], arg(help="Front end: whose checkpoint it is.")]
    weights: Annotated[
        Path,
        arg(metavar="PATH", help="Weights of a front end whose networks you supply: the checkpoint, or its folder."),
    ]
    out: Annotated[Path, arg(aliases=["-o"], metavar="FILE", help=f"{OUT}: a file, ending in .onnx.")]
    overwrite: Overwrite = False

    def run(self) -> int:
        """Export, say what was written, return the exit code."""
        if self.out.suffix != ".onnx":
            raise UsageError(f"the name must end in .onnx, not {self.out.name!r}", advice="front ends know it by that")
        need_extra("exporting", "flame", "torch", "onnx")
        from dfe.frontends.encoders.networks.export import export_onnx

        export_onnx(self.frontend, self.weights, self.out, overwrite=self.overwrite)
        size = self.out.stat().st_size / 1e6
        say(f"{self.out} ({size:.0f} MB); use it as --frontend {self.frontend} --weights {self.out}")
        return 0
