"""The options of every verb that counts events: the same names, the same defaults."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from dfe.cli.options import AllRows, Fleeting, Unsteady, arg
from dfe.events.config import EventConfig, RestingChoice


@dataclass(frozen=True)
class EventArguments:
    """What counts as an event."""

    on: Annotated[float, arg(metavar="MM")] = EventConfig.on_mm
    """A display is an event if it reaches this at its apex; a group of several displays, if it reaches twice this."""
    off: Annotated[float, arg(metavar="MM")] = EventConfig.off_mm
    """An event lasts while its display stays at or above this; one of a group of several displays, twice this."""
    min_duration: Annotated[float, arg(metavar="SECONDS")] = EventConfig.min_s
    """Shorter displays are no events."""
    all_rows: AllRows = EventConfig.all_rows
    unsteady: Unsteady = EventConfig.unsteady
    fleeting: Fleeting = EventConfig.fleeting
    resting_face: Annotated[RestingChoice, arg()] = EventConfig.resting_face
    """Against whose resting face displays count: the one that faces were measured against, or everybody's."""

    def config(self) -> EventConfig:
        """As the house takes it."""
        return EventConfig(
            on_mm=self.on,
            off_mm=self.off,
            min_s=self.min_duration,
            all_rows=self.all_rows,
            unsteady=self.unsteady,
            fleeting=self.fleeting,
            resting_face=self.resting_face,
        )
