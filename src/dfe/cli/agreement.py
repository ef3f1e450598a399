"""`dfe agreement`: how far coders agree on names, and events found with events that people marked."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from tyro.conf import Positional

from dfe.base.errors import UsageError
from dfe.cli.options import AsJson, Displays, Draws, FaceId, Seed, arg, need
from dfe.stats.draws import DRAWS


@dataclass(frozen=True)
class Agreement:
    """Agreement, with 95% intervals: of coders on the names of displays, or of events with what people marked.

    Examples:
        dfe agreement sheets/coder_1/sheet.csv sheets/coder_2/sheet.csv --key sheets/key.json
        dfe agreement --events out/clip.events.tsv --human clip.eaf --tier smile --displays 7 48 49
    """

    sheets: Annotated[Positional[tuple[Path, ...]], arg(metavar="[SHEET ...]")] = ()
    """Naming sheets that coders have filled in."""
    key: Annotated[Path | None, arg(metavar="JSON")] = None
    """Key of the sheets."""
    events: Annotated[tuple[Path, ...], arg(metavar="TSV ...")] = ()
    """Tables of events, one a recording."""
    human: Annotated[tuple[Path, ...], arg(metavar="FILE ...")] = ()
    """ELAN or Praat files of the same recordings, in the same order."""
    tier: Annotated[str | None, arg(metavar="NAME")] = None
    """Tier of these files on which people have marked events."""
    values: Annotated[tuple[str, ...], arg(metavar="TEXT ...")] = ()
    """Compare only labels with these texts."""
    displays: Displays = ()
    labels: Annotated[tuple[str, ...], arg(metavar="NAME ...")] = ()
    """Compare only events of these names, as the tables of events have them; blink, for example."""
    face: FaceId = None
    tolerance: Annotated[float, arg(metavar="SECONDS")] = 0.2
    """Onsets that lie no further apart can be the same event."""
    draws: Draws = DRAWS
    seed: Seed = 0
    json: AsJson = False

    def run(self) -> int:
        """Read, compare, print; return the exit code."""
        from dfe.cli.show import say, show_json

        if bool(self.sheets) == bool(self.events):
            advice = "name either sheets and their --key, or --events, --human and --tier"
            raise UsageError("nothing to compare" if not self.sheets else "sheets and events", advice=advice)
        for option, given in (
            ("--human", self.human),
            ("--tier", self.tier),
            ("--values", self.values),
            ("--displays", self.displays),
            ("--labels", self.labels),
            ("--face", self.face is not None),
        ):
            need(option, given, "--events", self.events)
        need("--key", self.key, "naming sheets", self.sheets)
        if self.sheets:
            from dfe.naming.sheets import name_agreement, read_key
            from dfe.naming.told import named_json, named_lines

            if self.key is None:
                raise UsageError("sheets are blind without their key", advice="name it with --key")
            named = name_agreement(self.sheets, read_key(self.key), draws=self.draws, seed=self.seed)
            show_json(named_json(named)) if self.json else say(*named_lines(named))
            return 0
        from dfe.naming.human import Selection, compare_files
        from dfe.naming.told import compared_json, compared_lines

        if self.tier is None:
            raise UsageError("no tier to compare with", advice="name it with --tier")
        selection = Selection(self.tier, self.values, self.displays, self.labels, self.face)
        compared = compare_files(self.events, self.human, selection, self.tolerance, draws=self.draws, seed=self.seed)
        show_json(compared_json(compared)) if self.json else say(*compared_lines(compared))
        return 0
