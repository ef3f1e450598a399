"""Blinded naming of displays: sheets for coders, the key that only the researcher keeps, and what came back."""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dfe.base.csv_text import csv_text
from dfe.base.errors import TableError, UsageError
from dfe.base.files import replacing
from dfe.base.label_table import read_label_table
from dfe.base.types import Progress
from dfe.displays.words import PHRASES
from dfe.draw.render import render_expression, to_png
from dfe.draw.templates import heat_scale, template_pictures
from dfe.stats.agreement import Agreement, agreement, as_codes, category_counts, item_agreement
from dfe.stats.draws import DRAWS
from dfe.tokenizer.tokenizer import Tokenizer

KEY, SHEET, PAGE = "key.json", "sheet.csv", "displays.html"
COLUMNS = ("id", "name", "side", "notes")
_FORMAT = "dfe naming key 1"
_LETTERS = "BCDFGHJKLMNPQRSTVWXZ23456789"
"""Ids are read out, typed and opened in spreadsheets: no look-alikes, no vowels (so no words, and no 2E45)."""
_ID_LENGTH = 4
_TURNED = 0.5
_PICTURE_SIZE = 176


@dataclass(frozen=True)
class NamingKey:
    """What the blind ids stand for."""

    tokenizer: str
    """``name@version``."""
    tokenizer_hash: str
    seed: int
    coders: tuple[Mapping[str, int], ...]
    """Of each coder, the display of each blind id, in the order of the sheet."""


@dataclass(frozen=True)
class NamedDisplay:
    """What coders called one display."""

    display: int
    names: tuple[str, ...]
    """By coder; empty where one has left it out."""
    agree: float
    """Share of pairs of coders whose names are the same; NaN where fewer than two named it."""


@dataclass(frozen=True)
class NamingResult:
    """Agreement on names and on sides, and the names display by display."""

    names: Agreement
    sides: Agreement
    displays: tuple[NamedDisplay, ...]
    coders: tuple[int, ...]
    """Numbers of the coders, from 1, whose sheets were read."""
    key: NamingKey


def make_key(tokenizer: Tokenizer, coders: int, seed: int = 0, displays: Sequence[int] | None = None) -> NamingKey:
    """Draw blind ids and orders: every coder's own, and no id used twice.

    Args:
        tokenizer: whose displays are to be named.
        coders: how many there are.
        seed: of the drawing.
        displays: their numbers; all but silence if None.

    Raises:
        UsageError: fewer than two coders, or a display that the tokenizer does not have.
    """
    if coders < 2:
        raise UsageError(f"{coders} coder cannot agree with anybody", advice="ask for two or more with --coders")
    chosen = list(range(1, tokenizer.size)) if displays is None else list(dict.fromkeys(displays))
    if not chosen:
        raise UsageError("no displays to name")
    if odd := [display for display in chosen if not 1 <= display < tokenizer.size]:
        raise UsageError(f"no display {odd[0]} in {tokenizer.id}", advice=f"displays are 1 to {tokenizer.size - 1}")
    rng = np.random.default_rng(seed)
    needed = coders * len(chosen)
    drawn = rng.choice(len(_LETTERS) ** _ID_LENGTH, size=needed, replace=False)
    ids = map(_blind_id, drawn)
    orders = [[chosen[place] for place in rng.permutation(len(chosen))] for _ in range(coders)]
    return NamingKey(
        tokenizer.id, tokenizer.hash, seed, tuple({next(ids): display for display in order} for order in orders)
    )


def write_sheets(
    tokenizer: Tokenizer, key: NamingKey, folder: Path, *, overwrite: bool = False, progress: Progress | None = None
) -> tuple[Path, ...]:
    """Write ``coder_1/sheet.csv``, ``coder_1/displays.html`` and so on, and ``key.json``, which no coder should see.

    Raises:
        OutputError: a file exists (without ``overwrite``) or cannot be written.
    """
    from dfe.pages.page import render

    space, templates = tokenizer.space, tokenizer.templates()
    if not space.has_surface:
        raise UsageError(f"space {space.id} has no surface to draw", advice="its displays cannot be shown to coders")
    displays = sorted({display for coder in key.coders for display in coder.values()})
    scale = heat_scale(space, templates[displays])
    pictures: dict[int, tuple[bytes, bytes]] = {}
    for display in displays:
        drawn = template_pictures(space, templates[[display]], size=_PICTURE_SIZE, heat_max_mm=scale)
        pictures[display] = drawn.front[0], drawn.turned[0]
        if progress is not None:
            progress(len(pictures), len(displays))
    still = np.zeros(space.dimension, np.float32)
    front, turned = (
        to_png(render_expression(space, still, size=_PICTURE_SIZE, yaw=yaw, heat=False)) for yaw in (0, _TURNED)
    )
    words = sorted({phrase.more for phrase in PHRASES.values()})
    files: dict[Path, str] = {}
    for number, coder in enumerate(key.coders, start=1):
        sheet = csv_text(COLUMNS, ((one, "", "", "") for one in coder), end="\r\n")
        own = folder / f"coder_{number}"
        files[own / SHEET] = sheet
        files[own / PAGE] = render(
            "naming/displays.html.jinja",
            cards=[(one, pictures[display]) for one, display in coder.items()],
            rest=(front, turned),
            sheet=SHEET,
            words=words,
            heat_max_mm=scale,
        )
    about = {
        "format": _FORMAT,
        "tokenizer": {"id": key.tokenizer, "hash": key.tokenizer_hash},
        "seed": key.seed,
        "coders": [dict(coder) for coder in key.coders],
    }
    files[folder / KEY] = json.dumps(about, indent=1) + "\n"
    with replacing(*files, overwrite=overwrite) as opened:
        for file, content in zip(opened, files.values(), strict=True):
            file.write(content.encode())
    return tuple(files)


def read_key(path: Path) -> NamingKey:
    """Read ``key.json``.

    Raises:
        TableError: missing, or no such key.
    """
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if content["format"] != _FORMAT:
            raise ValueError(content["format"])
        coders = tuple({str(one): int(display) for one, display in coder.items()} for coder in content["coders"])
        about = content["tokenizer"]
        return NamingKey(str(about["id"]), str(about["hash"]), int(content["seed"]), coders)
    except OSError as error:
        raise TableError(f"cannot be read ({error.strerror})", where=path) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise TableError("no key of naming sheets", where=path, advice="dfe naming-sheets writes it") from error


def name_agreement(sheets: Sequence[Path], key: NamingKey, *, draws: int = DRAWS, seed: int = 0) -> NamingResult:
    """Agreement of coders whose sheets have come back; which coder a sheet is of is known by its ids.

    Names are compared as :func:`plain_name` makes them.

    Raises:
        TableError: a sheet that cannot be read, has ids of no coder or of two, or the same id twice.
        UsageError: fewer than two sheets, or two of one coder.
    """
    if len(sheets) < 2:
        raise UsageError("agreement needs the sheets of two coders or more")
    by_coder: dict[int, dict[int, tuple[str, str]]] = {}
    for path in sheets:
        number, said = _of_coder(path, key)
        if number in by_coder:
            raise UsageError(f"two sheets of coder {number}", where=path)
        by_coder[number] = said
    coders = tuple(sorted(by_coder))
    displays = sorted({display for said in by_coder.values() for display in said})
    given = [[by_coder[c].get(display, ("", "")) for c in coders] for display in displays]
    names, _ = as_codes([[plain_name(name) for name, _ in row] for row in given])
    sides, _ = as_codes([[_plain_side(side) for _, side in row] for row in given])
    agree = item_agreement(category_counts(names))
    return NamingResult(
        names=agreement(names, draws=draws, seed=seed),
        sides=agreement(sides, draws=draws, seed=seed),
        displays=tuple(
            NamedDisplay(display, tuple(name for name, _ in row), float(share))
            for display, row, share in zip(displays, given, agree, strict=True)
        ),
        coders=coders,
        key=key,
    )


def plain_name(name: str) -> str:
    """A name as it is compared: small letters, single blanks, movements in the order of the alphabet, none twice.

    ``Cheek raise +  lip corner pull`` and ``lip corner pull, cheek raise`` are the same.
    """
    folded = unicodedata.normalize("NFKC", name).casefold()
    parts = (" ".join(part.split()).strip(" .;") for part in re.split(r"[+,/&]|\band\b", folded))
    return " + ".join(sorted({part for part in parts if part}))


def agreed_name(named: NamedDisplay) -> str | None:
    """The name that more than half of the coders gave, as the first of them wrote it; None if there is none."""
    counts = Counter(plain for name in named.names if (plain := plain_name(name)))
    if not counts:
        return None
    best, times = counts.most_common(1)[0]
    if 2 * times <= sum(counts.values()) or times < 2:
        return None
    return next(" ".join(name.split()) for name in named.names if plain_name(name) == best)


def _blind_id(number: int) -> str:
    return "".join(_LETTERS[number // len(_LETTERS) ** place % len(_LETTERS)] for place in range(_ID_LENGTH))


def _plain_side(side: str) -> str:
    words = {"l": "left", "r": "right", "b": "both", "symmetric": "both", "bilateral": "both"}
    plain = plain_name(side)
    return words.get(plain, plain)


def _of_coder(path: Path, key: NamingKey) -> tuple[int, dict[int, tuple[str, str]]]:
    """Whose sheet it is, and what it says: name and side by display."""
    said: dict[str, tuple[str, str]] = {}
    for line, row in _rows(path):
        one = row["id"].strip().upper()
        if one in said:
            raise TableError(f"id {one} comes twice", where=f"{path}, line {line}")
        said[one] = row["name"], row["side"]
    owners = {one: number for number, coder in enumerate(key.coders, start=1) for one in coder}
    if strange := [one for one in said if one not in owners]:
        raise TableError(f"id {strange[0]!r} is not in the key", where=path, advice="is it the key of these sheets?")
    numbers = {owners[one] for one in said}
    if len(numbers) != 1:
        raise TableError("rows of two coders" if numbers else "no rows", where=path)
    (number,) = numbers
    return number, {key.coders[number - 1][one]: value for one, value in said.items()}


def _rows(path: Path) -> list[tuple[int, dict[str, str]]]:
    """Rows with their line numbers; as spreadsheets save them."""
    table = read_label_table(path, lower=True)
    if not {"id", "name"} <= set(table.names):
        raise TableError("no naming sheet: it lacks the columns id and name", where=path)
    return [(row.line, dict.fromkeys(COLUMNS, "") | row.cells) for row in table.rows]
