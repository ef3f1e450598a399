"""The server as a process; workers start it (:mod:`dfe.frontends.landmarks.gathering.client`)."""

from __future__ import annotations

import json
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

from dfe.base.errors import DfeError
from dfe.frontends.landmarks.gathering.client import READY, REFUSED
from dfe.frontends.landmarks.gathering.config import GatheringConfig
from dfe.frontends.landmarks.gathering.place import Place
from dfe.frontends.landmarks.gathering.server import Server
from dfe.frontends.landmarks.networks import FACE_NETWORKS, Networks
from dfe.frontends.landmarks.sessions import Session

_SWITCH_S = 0.0005
"""A thread that has an answer to give does not wait for Python's usual 5 ms."""


def main(folder: str, key: str, told: str) -> int:
    """Open the networks, say that they are ready, and serve until nobody is there."""
    place, config = Place(Path(folder), key), GatheringConfig.read(told)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "linux":
        with suppress(OSError):  # memory gets short: one worker costs less than what all of them wait for
            Path("/proc/self/oom_score_adj").write_text("0", "ascii")
    try:
        networks = Networks(None if config.folder is None else Path(config.folder))
        sessions = {name: Session(networks.read(f"{name}.onnx"), config.device, config.batch) for name in FACE_NETWORKS}
        listener, secret = place.listen()
    except (DfeError, OSError) as error:
        what = error if isinstance(error, DfeError) else DfeError(str(error))
        _say(f"{REFUSED}{json.dumps([type(what).__name__, what.what, what.where, what.advice])}")
        return 1
    sys.setswitchinterval(_SWITCH_S)
    _say(READY)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(nowhere, stream)
    server = Server(listener, secret, sessions, config.batch, patience_s=config.patience_s, linger_s=config.linger_s)
    try:
        server.serve()
    finally:
        place.leave()
    return 0


def _say(words: str) -> None:
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
