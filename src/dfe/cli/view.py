"""`dfe view`: recordings beside their films, in the browser."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from tyro.conf import Positional

from dfe.cli.event_options import EventArguments
from dfe.cli.options import MadeByTokenizer, NamesFile, NoBrowser, Port, Roles, arg, need_extra


@dataclass(frozen=True)
class View:
    """Show recordings in the browser: film, measured face and displays together; name, merge, mark, count, undo.

    The page is served to this computer alone, under an address that nobody can guess, until Ctrl+C.

    Examples:
        dfe view out/clip.parquet --video clip.mp4
        dfe view out --video films
        dfe view out/clip.parquet --corpus out
    """

    recordings: Annotated[Positional[tuple[Path, ...]], arg(metavar="RECORDING [RECORDING ...]")]
    """Tables that `dfe encode` wrote, or folders of them: a folder shows first which recordings can be used."""
    video: Annotated[Path | None, arg(metavar="PATH")] = None
    """The video, or the folder of the recordings' videos; by default looked for beside the recording."""
    corpus: Annotated[Path | None, arg(metavar="DIR")] = None
    """Folder of further recordings, in which all occurrences of a display are looked for."""
    tokenizer: MadeByTokenizer = None
    names: NamesFile = None
    roles: Roles = None
    windows: Annotated[Path | None, arg(metavar="CSV")] = None
    """Parts of the recordings: columns recording, start_s, end_s, condition; by default windows.csv beside the
    recording. Changes on the page are kept there, those of roles in the file of --roles or in roles.csv."""
    events: EventArguments = field(default_factory=EventArguments)
    """What counts as an event."""
    port: Port = 0
    no_browser: NoBrowser = False

    def run(self) -> int:
        """Serve until Ctrl+C; return the exit code."""
        need_extra("dfe view", "viewer", "starlette", "uvicorn")
        from dfe.cli.show import say
        from dfe.viewer.library import Library
        from dfe.viewer.recordings_app import recordings_app
        from dfe.viewer.serve import serve
        from dfe.viewer.viewing import Viewing, ViewOptions

        options = ViewOptions(
            video=self.video,
            corpus=self.corpus,
            tokenizer=self.tokenizer,
            names=self.names,
            roles=self.roles,
            windows=self.windows,
            events=self.events.config(),
        )
        viewing = Viewing(Library.of(self.recordings, self.corpus), options)
        try:
            for line in viewing.cautions():
                say(f"note: {line}")
            serve(recordings_app(viewing), self.port, open_browser=not self.no_browser, say=say)
        finally:
            viewing.close()
        return 0
