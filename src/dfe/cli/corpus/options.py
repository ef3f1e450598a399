"""Options that several parts of `dfe corpus` have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from tyro.conf import Positional

from dfe.cli.options import Flag, arg

PlanFile = Annotated[Positional[Path], arg(metavar="PLAN", help="The plan that `dfe corpus plan` wrote.")]
Corpus = Annotated[Positional[Path], arg(metavar="DIR", help="The folder that `dfe corpus run` or `dfe encode` wrote.")]
Fetch = Annotated[
    Flag,
    arg(help="Workers fetch media that `dfe corpus copy --later` left in an object store, for as long as they look."),
]
