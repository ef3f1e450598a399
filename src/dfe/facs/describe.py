"""The AU proxy in words: its table for the documentation, made from the data so that the two cannot part."""

from __future__ import annotations

from dfe.facs.units import BANDS, SIDES, TABLE, VERSION, ActionUnit

LETTERS = "ABCDE"


def formula(line: ActionUnit) -> str:
    """How a line of the table is computed, as in ``0.75 mouthShrugLower + 0.25 mouthShrugUpper``; ``*``: the side."""
    parts = [name if weight == 1 else f"{weight:g} {name}" for weight, name in line.parts]
    text = f"max({', '.join(parts)})" if line.how == "max" else " + ".join(parts)
    low, high = line.window
    return text if (low, high) == (0, 1) else f"{text}, {low:g} to {high:g} taken as 0 to 1"


def sides(line: ActionUnit) -> str:
    """The units that a line makes: ``left, right``, ``top``, or nothing where it is one unit without a side."""
    return ", ".join(SIDES[letter] for letter in line.sides or line.letter)


def proxy_markdown() -> str:
    """The whole table, version and bands included, in Markdown."""
    ends = [*BANDS[1:], 1.0]
    bands = [f"{letter} {low:g} to {high:g}" for letter, low, high in zip(LETTERS, BANDS, ends, strict=True)]
    head = [
        f"Version {VERSION}. Bands of a value between 0 and 1: {'; '.join(bands)}; below {BANDS[0]:g} nothing.",
        "",
        "| AU | name | units | status | value between 0 and 1 | note |",
        "|---|---|---|---|---|---|",
    ]
    return "\n".join([*head, *(_row(line) for line in TABLE)]) + "\n"


def _row(line: ActionUnit) -> str:
    said = f"`{formula(line)}`" if line.parts else ""
    cells = (str(line.number), line.name, sides(line), line.status, said, line.note)
    return "| " + " | ".join(cells) + " |"
