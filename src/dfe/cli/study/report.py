"""`dfe study report`: a study's page made anew."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from tyro.conf import Positional

from dfe.cli.options import AsJson, arg
from dfe.cli.study.options import need_study, show_scores


@dataclass(frozen=True)
class Report:
    """Make scores.json and study.html anew from a study's folds and predictions.

    Examples:
        dfe study report study
    """

    folder: Annotated[Positional[Path], arg(metavar="DIR")]
    """Folder that `dfe study run` wrote."""
    json: AsJson = False

    def run(self) -> int:
        """Read, score, write, print; return the exit code."""
        need_study()
        from dfe.predict.write_report import write_report

        show_scores(write_report(self.folder, overwrite=True), self.folder, as_json=self.json)
        return 0
