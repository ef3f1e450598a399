"""`dfe corpus verify`: every table against the list of results."""

from __future__ import annotations

from dataclasses import dataclass

from dfe.base.processes import is_program
from dfe.cli.corpus.options import Corpus
from dfe.cli.options import AsJson, Flag, Workers


@dataclass(frozen=True)
class Verify:
    """Check every table of a corpus: there, byte for byte as it was written, sound, and of as many frames as it says.

    Examples:
        dfe corpus verify out --workers 8
        dfe corpus verify out --sources
    """

    corpus: Corpus
    sources: Flag = False
    """Read the videos again, too, and compare their hashes with those of the day they were encoded; not of sets of
    pictures or stand-ins of media in a store, and not under pseudonyms, since the lists do not say where the media
    are."""
    workers: Workers = 1
    json: AsJson = False

    def run(self) -> int:
        """Check, print what is wrong, return the exit code."""
        from dataclasses import asdict

        from dfe.cli.progress import show_progress
        from dfe.cli.show import complain, say, show_json, tell
        from dfe.corpus.verify import verify
        from dfe.encoding.engine import LocalEngine
        from dfe.pages.formats import count

        with show_progress("checking", "tables") as progress:
            engine = LocalEngine(self.workers, is_program())
            verified = verify(self.corpus, engine, sources=self.sources, progress=progress)
        code = complain(verified.faults)
        tell(*(f"note: {one}" for one in verified.unlisted))
        if self.json:
            show_json(asdict(verified) | {"kept": verified.kept._asdict()})
        else:
            read = f" and {count(verified.sources, 'source')}" if self.sources else ""
            say(
                f"{count(verified.tables, 'table')}{read} checked, {count(len(verified.faults), 'fault')}",
                *verified.kept.lines(),
            )
        return code
