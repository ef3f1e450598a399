"""`dfe transitions`: which display follows which."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Literal

from dfe.cli.event_options import EventArguments
from dfe.cli.options import (
    AsJson,
    MadeByTokenizer,
    NamesFile,
    OutFolder,
    Overwrite,
    Recordings,
    Roles,
    Seed,
    arg,
    need_extra,
)
from dfe.events.transition_config import TransitionConfig


@dataclass(frozen=True)
class Transitions:
    """Find which display follows which, within what time, against chance; write a table and a page.

    A person is who --roles says; without it who the name says, as in sub-01_ses-2; else each face of each recording.

    Examples:
        dfe transitions out -o transitions
        dfe transitions out -o transitions --of groups --up-to 2 --roles roles.csv
    """

    recordings: Recordings
    """Tables that `dfe encode` wrote, or folders of them."""
    out: OutFolder
    of: Literal["displays", "groups"] = "displays"
    """What follows what: single displays, or groups of them ("smile")."""
    gap: Annotated[float, arg(metavar="SECONDS")] = TransitionConfig.after_s
    """What begins sooner than this after another begins with it, and does not follow it."""
    up_to: Annotated[float, arg(metavar="SECONDS")] = TransitionConfig.within_s
    """What begins later than this does not follow."""
    permutations: Annotated[int, arg(metavar="N")] = TransitionConfig.permutations
    """Number of permutations for p; with few of them and many pairs, no pair can differ from chance."""
    least: Annotated[int, arg(metavar="N")] = TransitionConfig.least
    """Pairs are tested where each of the two begins at least so often in all."""
    seed: Seed = 0
    tokenizer: MadeByTokenizer = None
    names: NamesFile = None
    roles: Roles = None
    events: EventArguments = field(default_factory=EventArguments)
    """What counts as an event."""
    overwrite: Overwrite = False
    json: AsJson = False

    def run(self) -> int:
        """Find, test, write, print; return the exit code."""
        need_extra("dfe transitions", "study", "scipy")
        from dfe.base.files import refuse_existing
        from dfe.cli.progress import show_progress
        from dfe.cli.show import complain, say, show_json
        from dfe.cli.words import transition_words
        from dfe.events.folder import EventOptions
        from dfe.events.transition_files import FILES, transitions_json, write_transitions
        from dfe.events.transition_trains import find_transitions
        from dfe.tokenizer.file import load_tokenizer

        config = TransitionConfig(self.gap, self.up_to, self.permutations, self.seed, self.least)
        refuse_existing(*(self.out / name for name in FILES), overwrite=self.overwrite)
        options = EventOptions(self.events.config(), self.tokenizer, roles=self.roles, names=self.names)
        done = find_transitions(self.recordings, options, config, of=self.of, stages=show_progress)
        tokenizer = load_tokenizer(self.tokenizer or done.tokenizer)
        write_transitions(done, self.out, tokenizer, overwrite=self.overwrite)
        code = complain(done.problems)
        if self.json:
            show_json(transitions_json(done))
        else:
            say(*transition_words(done))
            say(f"results: {self.out / 'transitions.html'}")
        return code
