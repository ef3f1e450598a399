"""`dfe corpus status`: how far a corpus is."""

from __future__ import annotations

from dataclasses import dataclass

from dfe.cli.corpus.options import Corpus
from dfe.cli.options import AsJson, Flag


@dataclass(frozen=True)
class Status:
    """Say what is done, what is waiting and what failed, while runs go on or after.

    Exit codes are those of `dfe corpus run`: 0 all done; 1 some inputs cannot be read, failed or are damaged, and all
    others are done; 75 some are waiting, those of shares that have not begun, too. A recording that was renamed or
    removed, and that your plan no longer holds, is listed in a note and not counted.

    Examples:
        dfe corpus status out
        dfe corpus status out --by-subject --json
    """

    corpus: Corpus
    by_subject: Flag = False
    """A line for each subject, too."""
    json: AsJson = False

    def run(self) -> int:
        """Read the lists of results, print what they say, return the exit code."""
        from dfe.cli.net import breaking_off
        from dfe.cli.show import complain, say, show_json, tell
        from dfe.corpus.status import status_of

        with breaking_off():
            status = status_of(self.corpus)
        complain(status.failures)
        tell(*(f"note: {one}" for one in status.left_out))
        if self.json:
            show_json(status.as_dict())
        else:
            say(*status.lines(by_subject=self.by_subject))
        return status.exit_code
