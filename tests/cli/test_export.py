from __future__ import annotations

from pathlib import Path

import pytest

from dfe.formats.event import Event
from dfe.formats.labels import read_labels
from dfe.formats.tsv import EventSource, write_events_tsv

SMILE = Event(0, "display", 7, "lip corner pull", "mouth", 1.25, 1.5, 2.0, 3.125)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    source = EventSource("carphone_pristine.mp4", "dfe-face41@3", "ab" * 32, 3.0, 29.97)
    return write_events_tsv(tmp_path / "carphone.events.tsv", [SMILE], source)


def test_every_format_at_once_with_the_video_linked(dfe, table, carphone, tmp_path):
    out = tmp_path / "out"
    ran = dfe(
        "export", table, "--to", "elan", "textgrid", "boris", "webvtt", "csv", "--media", carphone.parent, "-o", out
    )
    assert ran.code == 0, ran.err
    names = ["carphone.TextGrid", "carphone.boris", "carphone.csv", "carphone.eaf", "carphone.vtt"]
    assert sorted(path.name for path in out.iterdir()) == names
    assert all(name in ran.out for name in names)
    for name in ("carphone.eaf", "carphone.TextGrid"):
        (label,) = read_labels(out / name)
        assert label == ("face0 mouth", 1.25, 2.0, "lip corner pull")
    assert 'carphone_pristine.mp4"' in (out / "carphone.eaf").read_text()
    # 120 frames at 29.97 per second: the video's own length, not the one in the table.
    assert "xmax = 4.004" in (out / "carphone.TextGrid").read_text()
    again = dfe("export", table, "-o", out)
    assert again.code == 1
    assert "exists already" in again.err
    assert dfe("export", table, "-o", out, "--overwrite").code == 0


def test_refusals_are_one_line(dfe, table, tmp_path):
    other = write_events_tsv(tmp_path / "sub" / "carphone.tsv", [SMILE])
    for arguments, says, code in [
        (["--to", "srt"], "no such format: 'srt'; formats are elan,", 2),
        (["--media", tmp_path / "none.mp4"], "no such video", 1),
        ([other], "two inputs are called carphone", 2),
        ([other, "--media", table], "one video for several inputs", 2),
        ([tmp_path / "none.tsv"], "none.tsv: no such file", 1),
    ]:
        ran = dfe("export", table, *arguments, "-o", tmp_path / "out")
        assert (ran.code, ran.err.count("\n")) == (code, 1), ran
        assert says in ran.err
    ran = dfe("export", other, "--media", tmp_path, "-o", tmp_path / "out")
    assert "which video belongs to it is not known" in ran.err
    assert not (tmp_path / "out" / "carphone.eaf").exists()


def test_events_of_a_recording_are_found_first(dfe, monkeypatch, carphone, tmp_path):
    from dfe.encoding.options import EncodeOptions
    from dfe.encoding.run import encode
    from dfe.recording.recording import Recording

    path = tmp_path / "carphone.parquet"
    recording = encode(carphone, options=EncodeOptions(end_s=0.2))[0]
    recording.write(path)
    monkeypatch.setattr(Recording, "events", lambda self: [SMILE], raising=False)
    ran = dfe("export", path, "--media", carphone.parent, "-o", tmp_path / "out")
    assert ran.code == 0, ran.err
    text = (tmp_path / "out" / "carphone.eaf").read_text()
    assert recording.tokenizer_id in text
    assert recording.provenance.tokenizer.hash in text
    assert 'RELATIVE_MEDIA_URL="' in text
