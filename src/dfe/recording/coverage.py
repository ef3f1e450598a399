"""How much of a recording has to be usable; read by the command line too, so nothing heavy is here."""

MIN_COVERAGE = 0.7
"""Recordings (or parts) with a smaller share of usable time are left out of comparisons and studies."""
