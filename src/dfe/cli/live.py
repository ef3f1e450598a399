"""`dfe live`: the camera on a page of this computer."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from dfe.cli.options import OUT, NoBrowser, Port, UsedTokenizer, arg, need_extra


@dataclass(frozen=True)
class Live:
    """Show the camera in your browser, with the displays of the face and the drawn head as you move.

    The pictures go from the browser to this program on the same computer, and nowhere else. Nothing is stored until you
    press Record; a recording is a table like those of `dfe encode`, without pictures or sound.

    Examples:
        dfe live
        dfe live -o pilot --neutral pilot/anna-rest.parquet
    """

    out: Annotated[Path, arg(aliases=["-o"], metavar="DIR", help=f"{OUT}: the folder of recordings.")] = Path("live")
    neutral: Annotated[str, arg(metavar="WHICH")] = "own"
    """What counts as the face at rest: until the page's button sets it, own (the person's, as the frames so far tell
    it), population (everybody's), or the table of an earlier recording of the person."""
    tokenizer: UsedTokenizer = "default"
    port: Port = 0
    no_browser: NoBrowser = False

    def run(self) -> int:
        """Serve until Ctrl+C; return the exit code."""
        need_extra("dfe live", "viewer", "starlette", "uvicorn", "websockets")
        from dfe.base.workers import use_one_thread
        from dfe.cli.show import say

        use_one_thread()  # the browser needs the other cores
        from dfe.encoding.options import EncodeOptions
        from dfe.viewer.live.app import live_app
        from dfe.viewer.live.session import LiveOptions
        from dfe.viewer.serve import serve

        encoding = EncodeOptions(max_faces=1, tokenizer=self.tokenizer, neutral=self.neutral)
        serve(live_app(LiveOptions(self.out, encoding), say), self.port, open_browser=not self.no_browser, say=say)
        return 0
