"""The options of every verb that counts events: the same names, the same defaults."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

from dfe.cli.options import AllRows, Fleeting, Unsteady, arg

if TYPE_CHECKING:
    from dfe.events.config import EventConfig


@dataclass(frozen=True)
class EventArguments:
    """What counts as an event."""

    on: Annotated[float, arg(metavar="MM")] = 0.3
    """A display is an event if it reaches this at its apex."""
    off: Annotated[float, arg(metavar="MM")] = 0.1
    """An event lasts while its display stays at or above this."""
    min_duration: Annotated[float, arg(metavar="SECONDS")] = 0.2
    """Shorter displays are no events."""
    all_rows: AllRows = False
    unsteady: Unsteady = False
    fleeting: Fleeting = False
    resting_face: Annotated[Literal["recorded", "population"], arg()] = "recorded"
    """Against whose resting face displays count: the one that faces were measured against, or everybody's."""

    def config(self) -> EventConfig:
        """As the house takes it."""
        from dfe.events.config import EventConfig

        return EventConfig(
            on_mm=self.on,
            off_mm=self.off,
            min_s=self.min_duration,
            all_rows=self.all_rows,
            unsteady=self.unsteady,
            fleeting=self.fleeting,
            resting_face=self.resting_face,
        )
