"""Displays in time: from tokens of frames to events with an onset, an apex and an offset, and to other tools' files."""
