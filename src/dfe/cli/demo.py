"""`dfe demo`: the whole way on a clip that the package draws itself."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from dfe.cli.options import AsJson, OutFolder


@dataclass(frozen=True)
class Demo:
    """Draw a short clip of a moving head, encode it, and leave the table and the report (offline, no person in it).

    Examples:
        dfe demo
        dfe demo -o somewhere
    """

    out: OutFolder = Path("dfe-demo")
    json: AsJson = False

    def run(self) -> int:
        """Draw, encode, say where the report is; return the exit code."""
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
