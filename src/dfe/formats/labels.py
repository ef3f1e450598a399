"""Labels that people or other tools have put on a recording: intervals read from ELAN and Praat files."""

from __future__ import annotations

from os import PathLike
from pathlib import Path

from dfe.base.errors import UsageError
from dfe.formats.elan_labels import read_elan
from dfe.formats.label import Label, Tiers
from dfe.formats.praat_labels import read_textgrid

__all__ = ["Label", "Tiers", "read_elan", "read_labels", "read_textgrid", "read_tier", "read_tiers"]


def read_labels(path: str | PathLike[str], recording: str | None = None) -> tuple[Label, ...]:
    """All labels of an ELAN ``.eaf`` or a Praat ``.TextGrid`` file, tier by tier; see :func:`read_tiers`."""
    return tuple(label for labels in read_tiers(path, recording=recording).values() for label in labels)


def read_tiers(path: str | PathLike[str], *, own_times: bool = False, recording: str | None = None) -> Tiers:
    """Tiers of an ELAN ``.eaf`` or a Praat ``.TextGrid`` file.

    Args:
        path: the file.
        own_times: leave out ELAN's tiers whose annotations refer to those of others, such as translations.
        recording: name of the video that times are wanted of, where ELAN's file links several that begin apart.

    Raises:
        UsageError: it is neither, by its suffix.
        TableError: missing, damaged, with declarations of types and entities, or of several videos none of which is
            called like the recording.
    """
    path = Path(path)
    if path.suffix.lower() == ".eaf":
        return read_elan(path, own_times=own_times, recording=recording)
    if path.suffix.lower() == ".textgrid":
        return read_textgrid(path)
    raise UsageError("neither an .eaf nor a .TextGrid file", where=path)


def read_tier(path: str | PathLike[str], tier: str, recording: str | None = None) -> tuple[Label, ...]:
    """The labels of one tier.

    Raises:
        UsageError: there is no such tier; the message lists those that there are.
        TableError: as :func:`read_tiers`.
    """
    tiers = read_tiers(path, recording=recording)
    if tier not in tiers:
        known = ", ".join(repr(name) for name in tiers) or "none"
        raise UsageError(f"no tier {tier!r}", where=path, advice=f"tiers are: {known}")
    return tiers[tier]
