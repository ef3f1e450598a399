"""Displays in time: from tokens of frames to events with an onset, an apex and an offset, and to other tools' files."""

from dfe.events.config import EventConfig as EventConfig
from dfe.events.finding import detect as detect
from dfe.events.found import EventList as EventList
from dfe.formats.event import Event as Event
