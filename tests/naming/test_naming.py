from __future__ import annotations

import csv
import json
import math
import re
from pathlib import Path

import pytest

from dfe.base.errors import OutputError, TableError, UsageError
from dfe.displays.describe import describe_displays
from dfe.naming.sheets import (
    NamedDisplay,
    NamingKey,
    agreed_name,
    make_key,
    name_agreement,
    plain_name,
    read_key,
    write_sheets,
)
from dfe.tokenizer.file import load_tokenizer
from dfe.tokenizer.tokenizer import Tokenizer

DISPLAYS = (1, 2, 5, 9)


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return load_tokenizer()


@pytest.fixture(scope="module")
def sheets(tokenizer: Tokenizer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sheets")
    write_sheets(tokenizer, make_key(tokenizer, 2, seed=3, displays=DISPLAYS), folder)
    return folder


def filled(path: Path, key: NamingKey, coder: int, names: dict[int, str], sides: dict[int, str] | None = None) -> Path:
    rows = [
        [one, names.get(display, ""), (sides or {}).get(display, ""), ""]
        for one, display in key.coders[coder - 1].items()
    ]
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([["id", "name", "side", "notes"], *rows])
    return path


def test_each_coder_has_ids_and_an_order_of_their_own(tokenizer: Tokenizer) -> None:
    key = make_key(tokenizer, 3, seed=1)
    everything = set(range(1, tokenizer.size))
    assert [set(coder.values()) for coder in key.coders] == [everything] * 3
    assert len({one for coder in key.coders for one in coder}) == 3 * len(everything)
    orders = [tuple(coder.values()) for coder in key.coders]
    assert len(set(orders)) == 3
    assert tuple(sorted(everything)) not in orders
    assert make_key(tokenizer, 3, seed=1) == key
    assert make_key(tokenizer, 3, seed=2) != key


def test_ids_are_no_words_and_no_numbers_with_exponents(tokenizer: Tokenizer) -> None:
    ids = [one for coder in make_key(tokenizer, 8).coders for one in coder]
    assert all(len(one) == 4 and not set(one) & set("AEIOUY01") for one in ids)


def test_sheets_and_pages_give_nothing_away(tokenizer: Tokenizer, sheets: Path) -> None:
    key = read_key(sheets / "key.json")
    assert key == make_key(tokenizer, 2, seed=3, displays=DISPLAYS)
    told = describe_displays(tokenizer.templates(), tokenizer.space)
    for number, coder in enumerate(key.coders, start=1):
        folder = sheets / f"coder_{number}"
        assert sorted(path.name for path in folder.iterdir()) == ["displays.html", "sheet.csv"]
        with (folder / "sheet.csv").open(newline="") as file:
            rows = list(csv.DictReader(file))
        assert [row["id"] for row in rows] == list(coder)
        assert not any(row[name] for row in rows for name in ("name", "side", "notes"))
        page = (folder / "displays.html").read_text()
        assert [page.index(f'<figure id="{one}">') for one in coder] == sorted(
            page.index(f'<figure id="{one}">') for one in coder
        )
        assert page.count("data:image/png;base64,") == 2 * (len(DISPLAYS) + 1)
        assert tokenizer.id not in page
        assert not any(told[display].words in page for display in DISPLAYS if "+" in told[display].words)
        other = key.coders[number % 2]
        words = re.sub(r"data:image/png;base64,[^\"]*", "", page)
        assert not any(one in words for one in other)


def test_existing_sheets_are_not_lost(tokenizer: Tokenizer, sheets: Path) -> None:
    before = (sheets / "coder_1" / "sheet.csv").read_bytes()
    with pytest.raises(OutputError, match="exists already"):
        write_sheets(tokenizer, make_key(tokenizer, 2, displays=[1]), sheets)
    assert (sheets / "coder_1" / "sheet.csv").read_bytes() == before


def test_two_coders_who_agree_on_three_of_four(sheets: Path, tmp_path: Path) -> None:
    key = read_key(sheets / "key.json")
    one = filled(tmp_path / "x.csv", key, 1, {1: "Smile", 2: "jaw drop + brow raise", 5: "smile", 9: "frown"}, {1: "L"})
    two = filled(
        tmp_path / "y.csv", key, 2, {1: " smile ", 2: "Brow raise, jaw  drop", 5: "smile.", 9: "sneer"}, {1: "left"}
    )
    for order in ([one, two], [two, one]):
        result = name_agreement(order, key, draws=100)
        assert result.coders == (1, 2)
        assert result.names.items == 4
        assert result.names.observed.value == 0.75
        # Values: smile 4, brow raise + jaw drop 2, frown 1, sneer 1; of 56 ordered pairs 14 are the same.
        assert math.isclose(result.names.alpha.value, 1 - (2 / 8) / (1 - 14 / 56))
        assert [d.agree for d in result.displays] == [1, 1, 1, 0]
        assert [d.names[0] for d in result.displays] == ["Smile", "jaw drop + brow raise", "smile", "frown"]
        assert [agreed_name(d) for d in result.displays] == ["Smile", "jaw drop + brow raise", "smile", None]
        assert (result.sides.items, result.sides.observed.value) == (1, 1)


def test_a_name_left_out_is_missing_not_a_name(sheets: Path, tmp_path: Path) -> None:
    key = read_key(sheets / "key.json")
    one = filled(tmp_path / "x.csv", key, 1, {1: "smile", 2: "", 5: "a", 9: "b"})
    two = filled(tmp_path / "y.csv", key, 2, {1: "smile", 2: "", 5: "", 9: "b"})
    result = name_agreement([one, two], key, draws=50)
    assert result.names.items == 2
    assert result.names.alpha.value == 1
    assert math.isnan(result.displays[1].agree)


@pytest.mark.parametrize(
    ("delimiter", "encoding"), [(";", "utf-8-sig"), ("\t", "utf-8"), (",", "cp1252"), (",", "utf-8")]
)
def test_sheets_as_spreadsheets_save_them(sheets: Path, tmp_path: Path, delimiter: str, encoding: str) -> None:
    key = read_key(sheets / "key.json")
    paths = []
    for number, coder in enumerate(key.coders, start=1):
        paths.append(tmp_path / f"{number}.csv")
        lines = [
            ["ID", "Name", "Side", "Notes"],
            *([one.lower(), "Lächeln", "both", ""] for one in coder),
            ["", "", "", ""],
        ]
        paths[-1].write_bytes("\r\n".join(delimiter.join(line) for line in lines).encode(encoding))
    result = name_agreement(paths, key, draws=50)
    assert result.displays[0].names == ("Lächeln", "Lächeln")
    assert result.names.observed.value == 1


def test_refusals(tokenizer: Tokenizer, sheets: Path, tmp_path: Path) -> None:
    key = read_key(sheets / "key.json")
    one, two = (filled(tmp_path / f"{n}.csv", key, n, {1: "a"}) for n in (1, 2))
    with pytest.raises(UsageError, match="two coders or more"):
        name_agreement([one], key)
    with pytest.raises(UsageError, match="two sheets of coder 1"):
        name_agreement([one, one], key)
    with pytest.raises(TableError, match="is not in the key"):
        name_agreement([one, two], make_key(tokenizer, 2, seed=9, displays=DISPLAYS))
    mixed = tmp_path / "mixed.csv"
    mixed.write_text(one.read_text() + "\n".join(two.read_text().splitlines()[1:]))
    with pytest.raises(TableError, match="rows of two coders"):
        name_agreement([mixed, two], key)
    twice = tmp_path / "twice.csv"
    twice.write_text(one.read_text() + one.read_text().splitlines()[1])
    with pytest.raises(TableError, match="comes twice"):
        name_agreement([twice, two], key)
    (tmp_path / "other.csv").write_text("a,b\n")
    with pytest.raises(TableError, match="no naming sheet"):
        name_agreement([tmp_path / "other.csv", two], key)
    with pytest.raises(TableError, match="no such file"):
        name_agreement([tmp_path / "none.csv", two], key)
    for content in ("[]", "{", json.dumps({"format": "x"})):
        (tmp_path / "key.json").write_text(content)
        with pytest.raises(TableError, match="no key of naming sheets"):
            read_key(tmp_path / "key.json")
    with pytest.raises(UsageError, match="1 coder cannot agree"):
        make_key(tokenizer, 1)
    for odd in (0, tokenizer.size):
        with pytest.raises(UsageError, match=f"no display {odd} in"):
            make_key(tokenizer, 2, displays=[odd])


def test_how_names_are_compared() -> None:
    assert plain_name("Cheek raise +  lip corner pull") == plain_name("lip corner pull, cheek raise.")
    assert plain_name("brow raise and jaw drop") == "brow raise + jaw drop"
    assert plain_name("Mandible") == "mandible"
    assert plain_name(" + ") == ""
    assert agreed_name(NamedDisplay(1, ("a", "b", "A "), 1 / 3)) == "a"
    assert agreed_name(NamedDisplay(1, ("a", "b"), 0)) is None
    assert agreed_name(NamedDisplay(1, ("a", ""), math.nan)) is None
