"""How often chance is drawn where nobody says otherwise; read by the command line too, so nothing heavy is here."""

DRAWS = 1000
"""Of people anew, for intervals (bootstrap)."""
PERMUTATIONS = 9_999
"""Of labels, signs or onsets, for p."""
