"""`dfe demo`: the whole way on a clip that the package draws itself."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from dfe.cli.options import AsJson, OutFolder, Overwrite, arg


@dataclass(frozen=True)
class Demo:
    """Draw a short clip of a moving head, encode it, and leave the table and the report (offline, no person in it).

    With --study, make up a small study instead: recordings of people who do not exist, in two groups, one of which
    smiles more often.

    Examples:
        dfe demo
        dfe demo --study 24 -o made-study
    """

    out: OutFolder = Path("dfe-demo")
    study: Annotated[int, arg(metavar="N")] = 0
    """Make up a study of so many people instead of a clip: recordings/ and people.csv."""
    overwrite: Overwrite = False
    json: AsJson = False

    def run(self) -> int:
        """Draw, encode, say where the report is; return the exit code."""
        return self._made_study() if self.study else self._clip()

    def _made_study(self) -> int:
        from dfe.cli.progress import show_progress
        from dfe.cli.show import say, show_json
        from dfe.encoding.demo_people import write_demo_people

        with show_progress("making up people", "people") as progress:
            made = write_demo_people(self.out, self.study, overwrite=self.overwrite, progress=progress)
        if self.json:
            show_json(made._asdict())
            return 0
        say(
            f"{made.people} people who do not exist, in {made.recordings}; group B smiles more than twice as often.",
            f"Who is in which group: {made.table}",
            f"Next: dfe compare {made.table} --recordings {made.recordings} --group group -o {self.out / 'results'}",
        )
        return 0

    def _clip(self) -> int:
        from dfe.cli.progress import show_progress
        from dfe.cli.show import say, show_run
        from dfe.encoding.demo import RESTING, write_demo_clip
        from dfe.encoding.options import EncodeOptions
        from dfe.encoding.run import encode_to_folder

        with show_progress("drawing", "frames") as progress:
            clip = write_demo_clip(self.out / "drawn_head.mp4", progress=progress)
        with show_progress("encoding", "frames") as progress:
            summary = encode_to_folder(
                [clip], self.out, EncodeOptions(neutral=RESTING), report=True, overwrite=True, progress=progress
            )
        code = show_run(summary, as_json=self.json)
        if not code and not self.json:
            say("", *_what_to_look_at(self.out / "drawn_head.html"))
        return code


def _what_to_look_at(page: Path) -> tuple[str, ...]:
    from dfe.encoding.demo import SCENES, scene_starts

    done = [f"{scene.said} at {start:.1f} s" for scene, start in zip(SCENES, scene_starts(), strict=True)]
    return (
        f"The head {', '.join(done[:-1])} and {done[-1]}.",
        f"Open {page} in a browser: the timeline shows each of these as bars, and the heads below it what a bar means.",
        "Next, a video of your own: dfe encode VIDEO -o out --report",
    )
