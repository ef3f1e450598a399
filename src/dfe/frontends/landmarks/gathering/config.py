"""How faces are gathered."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from dfe.frontends.landmarks.sessions import Device


@dataclass(frozen=True)
class GatheringConfig:
    """What a server is told that runs networks in batches; results depend on device and batch alone."""

    device: Device
    batch: int
    """Faces that a network looks at together; where there are fewer, zeros take their places."""
    folder: str | None = None
    """Of the networks; None for the packaged ones."""
    patience_s: float = 0.002
    """The longest that a call waits for others."""
    linger_s: float = 5.0
    """So long a server stays without any worker."""

    def written(self) -> str:
        """As one line, for the server's command line."""
        return json.dumps(asdict(self))

    @classmethod
    def read(cls, line: str) -> GatheringConfig:
        """What :meth:`written` wrote."""
        return cls(**json.loads(line))
