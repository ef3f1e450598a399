"""Rates of displays in films that nobody labelled: what a vocabulary finds alone."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from dfe.base.errors import DfeError
from dfe.displays.vocabulary import vocabulary_of
from dfe.events.config import EventConfig
from dfe.events.finding import detect
from dfe.recording.recording import Recording
from dfe.tokenizer.tokenizer import Tokenizer

SPEECH = {
    "franck_full": "in conversation, unknown when",
    "cap12_edit": "none heard or seen, acted",
    "WolfgangLanger_Pexels": "none, acted",
    "grid": "reads a sentence",
}
MOST = 4


def clip_rates(folder: Path, tokenizer: Tokenizer) -> dict[str, Any]:
    """By film, displays a minute of its first face, and why some of its time is left out; GRID's films are one."""
    counts: dict[str, Counter[str]] = {name: Counter() for name in SPEECH}
    seconds: Counter[str] = Counter()
    rows: Counter[str] = Counter()
    unfit: dict[str, Counter[str]] = {name: Counter() for name in SPEECH}
    words = vocabulary_of(tokenizer)
    for path in sorted(folder.glob("*.parquet")):
        film = next((name for name in SPEECH if path.stem.startswith(name)), None)
        if film is None:
            continue
        recording = Recording.read(path, landmarks=False)
        mine = recording.success & (recording.face_ids == 0)
        rows[film] += int(mine.sum())
        unfit[film].update(recording.column("why_not")[mine & ~recording.usable].tolist())
        try:
            found = detect(recording, tokenizer, EventConfig(), vocabulary=words)
        except DfeError:
            continue
        face = next((one for one in found.faces if one.face_id == 0), None)
        if face is None:
            continue
        seconds[film] += float((face.seen[:, 1] - face.seen[:, 0]).sum())
        begun = set(face.seen[:, 0].tolist())
        counts[film].update(
            event.label
            for event in found
            if event.kind == "display" and event.face_id == 0 and event.onset_s not in begun
        )
    return {
        film: {
            "speech": SPEECH[film],
            "minutes": seconds[film] / 60,
            "not_usable": "; ".join(f"{n / rows[film]:.0%} {why}" for why, n in unfit[film].most_common()) or "none",
            "rate": sum(count.values()) / (seconds[film] / 60),
            "kinds": len(count),
            "most": "; ".join(f"{label} {n / (seconds[film] / 60):.0f}" for label, n in count.most_common(MOST)),
        }
        for film, count in counts.items()
        if seconds[film]
    }
