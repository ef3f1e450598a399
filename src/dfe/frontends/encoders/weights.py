"""Which file the weights are in: a file as named, or the tool's own choice in the folder that it is unpacked to."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from dfe.base.errors import ModelError

_LOSS = re.compile(r"=([-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)(?:-v\d+)?$")
_SETTINGS_ABOVE = 3
_CHUNK = 1 << 22

PLACES: dict[str, tuple[str, ...]] = {
    "deca": ("deca_model.tar", "data/deca_model.tar", "deca_model.safetensors"),
    "emoca": (
        "detail/checkpoints/*.ckpt",
        "coarse/checkpoints/*.ckpt",
        "checkpoints/*.ckpt",
        "*.ckpt",
        "*.safetensors",
    ),
    "smirk": ("SMIRK_em1.pt", "*.pt", "*.safetensors"),
}
"""Where in a folder each tool's weights are; the first pattern that fits is taken."""


@dataclass(frozen=True)
class Weights:
    """The file that is read."""

    path: Path
    passed_over: int = 0
    """Other checkpoints that lay beside it."""
    settings: Path | None = None
    """The ``cfg.yaml`` that belongs to it, of EMOCA."""

    def digest(self) -> str:
        """SHA-256 of the file, in hex.

        Raises:
            ModelError: it cannot be read.
        """
        digest = hashlib.sha256()
        try:
            with self.path.open("rb") as file:
                while chunk := file.read(_CHUNK):
                    digest.update(chunk)
        except OSError as error:
            raise ModelError(f"cannot be read ({error.strerror or error})", where=self.path) from error
        return digest.hexdigest()


def find_weights(tool: str, given: Path) -> Weights:
    """The checkpoint at ``given``, a file or a folder.

    Of several checkpoints the one with the lowest validation loss is taken, which is the number that their names end
    in (as EMOCA itself does); where no name has one, the last by name.

    Raises:
        ModelError: there is none.
    """
    if given.is_file():
        return Weights(given, settings=_settings(tool, given))
    if not given.is_dir():
        raise ModelError("there is no such file or folder", where=given, advice="check --weights")
    for pattern in PLACES[tool]:
        found = sorted(path for path in given.glob(pattern) if path.is_file())
        if found:
            chosen = choose(found)
            return Weights(chosen, len(found) - 1, _settings(tool, chosen))
    wanted = " or ".join(PLACES[tool][:2])
    raise ModelError(f"the folder holds no weights of {tool}", where=given, advice=f"it should hold {wanted}")


def choose(found: list[Path]) -> Path:
    """The one of several checkpoints, sorted by name, that is read; see :func:`find_weights`."""
    losses = [(float(match[1]), number) for number, path in enumerate(found) if (match := _LOSS.search(path.stem))]
    if not losses:
        return found[-1]
    lowest = min(loss for loss, _ in losses)
    return found[max(number for loss, number in losses if loss == lowest)]


def pose_settings(settings: Path) -> tuple[bool, bool] | None:
    """Whether EMOCA's expression encoder gives the head's turn, and whether it gives the jaw; None if it is not said.

    ``cfg.yaml`` has them once for each stage of the training, always alike in what EMOCA's authors released; the last
    stage counts.

    Raises:
        ModelError: the file cannot be read.
    """
    try:
        lines = settings.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ModelError("cannot be read", where=settings, advice="download it again") from error
    said: dict[str, bool] = {}
    for line in lines:
        if match := re.fullmatch(r"\s*exp_deca_(global|jaw)_pose:\s*(true|false)\s*(#.*)?", line, re.IGNORECASE):
            said[match[1].lower()] = match[2].lower() == "true"
    return (said["global"], said["jaw"]) if len(said) == 2 else None


def _settings(tool: str, path: Path) -> Path | None:
    """EMOCA's ``cfg.yaml``, in the folder of the checkpoint or in one of the few above it."""
    if tool != "emoca":
        return None
    for folder in list(path.resolve().parents)[:_SETTINGS_ABOVE]:
        if (folder / "cfg.yaml").is_file():
            return folder / "cfg.yaml"
    return None
