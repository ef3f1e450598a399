"""Blinded naming of displays and agreement of events with human annotations."""
