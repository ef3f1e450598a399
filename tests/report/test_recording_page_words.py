"""What the page says of shares is what is counted."""

from __future__ import annotations

from pathlib import Path

import pytest

from dfe.encoding.run import encode
from dfe.report.build import write_report
from dfe.tokenizer.file import load_tokenizer


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("default", "Shares count a display at any intensity"),
        ("dfe-rvq@1", "among a face's first two tokens"),
    ],
)
def test_shares_are_told_as_they_are_counted(carphone: Path, tmp_path: Path, name: str, says: str) -> None:
    tokenizer = load_tokenizer(name)
    made = encode(carphone, tokenizer=name, space=Path(tokenizer.space_id), max_faces=1, end_s=0.5)[0]
    write_report(made, tmp_path / "page.html", tokenizer)
    text = " ".join((tmp_path / "page.html").read_text("utf-8").split())
    assert says in text
    assert (tokenizer.agreeing) == ("any intensity" in text)
