"""How many minutes of a person are enough for which display."""
