"""`dfe corpus copy`: folders from and to an object store."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from tyro.conf import Positional

from dfe.cli.options import AsJson, Flag, arg


@dataclass(frozen=True)
class Copy:
    """Copy a folder from an object store to this machine, or the other way; what is there already is left out.

    With --later only stand-ins come: files of the same name, size and time that take no room and say where the medium
    is. Plan and run take them with --fetch: each worker fetches a medium for as long as it looks at it. Keys are taken
    from the environment (AWS_ACCESS_KEY_ID and so on), never from the URL.

    Examples:
        dfe corpus copy s3://lab/interviews media --later
        dfe corpus copy out s3://lab/tables
        dfe corpus copy "s3://lab/media?endpoint_override=http://10.0.0.5:9000" media
    """

    source: Annotated[Positional[str], arg(metavar="FROM")]
    """A folder, or the URL of one: s3://, gs://, abfs://, hdfs://, or what an installed fsspec knows."""
    target: Annotated[Positional[str], arg(metavar="TO")]
    """Likewise; one of the two is a folder of this machine."""
    later: Flag = False
    """Write stand-ins, and leave the media where they are."""
    at_once: Annotated[int, arg(metavar="N")] = 8
    """Files copied at the same time."""
    json: AsJson = False

    def run(self) -> int:
        """Copy, say what came of it, return the exit code."""
        from dfe.cli.progress import show_progress
        from dfe.cli.show import complain, say, show_json
        from dfe.corpus.copying import copy_folder

        with show_progress("copying", "files") as progress:
            done = copy_folder(self.source, self.target, later=self.later, threads=self.at_once, progress=progress)
        code = complain(done.problems)
        if self.json:
            show_json(done.as_dict())
        else:
            stand_ins = f", {done.stand_ins} stand-ins written" if self.later else ""
            say(f"{done.copied} files copied ({done.bytes / 1e6:.1f} MB){stand_ins}, {done.there} there already")
        return code
