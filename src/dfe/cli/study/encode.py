"""`dfe study encode`: a data set's media, under the names that its labels go by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from tyro.conf import Positional

from dfe.base.errors import UsageError
from dfe.base.processes import is_program
from dfe.cli.options import AsJson, LargestOnly, OutFolder, Overwrite, UsedTokenizer, Workers, arg
from dfe.cli.study.options import Root


@dataclass(frozen=True)
class EncodeMedia:
    """Encode a data set's media into recordings of the names that its labels go by.

    Examples:
        dfe study encode stressid data/StressID -o out --workers 4
    """

    task: Annotated[Positional[str], arg(metavar="TASK")]
    """stressid, chalearn, daic, edaic, affectnet, fer2013 or engagement; media of your own go through `dfe encode`."""
    root: Root
    out: OutFolder
    tokenizer: UsedTokenizer = "default"
    largest_only: LargestOnly = False
    workers: Workers = 1
    overwrite: Overwrite = False
    json: AsJson = False

    def run(self) -> int:
        """Encode, print the summary, return the exit code."""
        from dfe.cli.progress import show_progress
        from dfe.cli.show import show_run
        from dfe.datasets import find_task
        from dfe.encoding.options import EncodeOptions
        from dfe.encoding.run import encode_to_folder

        media = find_task(self.task).media(self.root)
        if not media:
            raise UsageError(f"{self.task} comes without media", advice="use its AU tables (docs/data-sets.md)")
        options = EncodeOptions(tokenizer=self.tokenizer, largest_only=self.largest_only)
        with show_progress("encoding", "frames") as progress:
            summary = encode_to_folder(
                media,
                self.out,
                options,
                workers=self.workers,
                overwrite=self.overwrite,
                progress=progress,
                apart=is_program(),
            )
        return show_run(summary, as_json=self.json)
