"""`dfe report`: recordings as pages to keep."""

from __future__ import annotations

from dataclasses import dataclass

from dfe.cli.options import MadeByTokenizer, Media, NamesFile, OutFolder, Overwrite, Recordings
from dfe.cli.show import complain, say


@dataclass(frozen=True)
class Report:
    """Write each recording as one HTML file that needs nothing else: quality, strength over time, events, displays.

    The page holds no picture of the person unless --media names the video; `dfe view` shows the film itself.

    Examples:
        dfe report out -o pages
        dfe report out/clip.parquet -o pages --media clip.mp4
    """

    recordings: Recordings
    """Tables that `dfe encode` wrote, or folders of them."""
    out: OutFolder
    media: Media = None
    tokenizer: MadeByTokenizer = None
    names: NamesFile = None
    overwrite: Overwrite = False

    def run(self) -> int:
        """Read, write, say what was written; return the exit code."""
        from dfe.cli.progress import show_progress
        from dfe.recording.storage import table_files
        from dfe.report.build import write_reports

        with show_progress("writing pages", "recordings") as progress:
            done = write_reports(
                table_files(self.recordings),
                self.out,
                tokenizer=self.tokenizer,
                names=self.names,
                media=self.media,
                overwrite=self.overwrite,
                progress=progress,
            )
        for page in done.pages:
            say(f"page: {page}")
        return complain(done.problems)
