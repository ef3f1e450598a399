"""Does `dfe compare` find what was planted in made-up studies, and nothing else?

    python benchmarks/recovery.py [--runs 500] [--write docs/recovery.md]

Simulated studies in which nothing or eight displays of 40 differ between the groups, under all that may differ
besides: exposure, frame rate, coverage, clusters of displays, repeated recordings. Needs no data; 500 runs take about
five minutes of one core. The same number of runs gives the same page.
"""

from __future__ import annotations

import argparse
import sys
import time
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "scripts"))

from recovery_page import Done, Row, written  # noqa: E402

import dfe  # noqa: E402
from dfe.events.config import EventConfig  # noqa: E402
from dfe.events.finding import detect  # noqa: E402
from dfe.events.rates import rates  # noqa: E402
from simulation.filming import Camera, count_events, film  # noqa: E402
from simulation.made_recording import made_recording  # noqa: E402
from simulation.plain_power import plain_power  # noqa: E402
from simulation.recovery import Condition, Group, recover  # noqa: E402
from simulation.simulate import Behaviour, Takes, make_events  # noqa: E402

PLANTED, RATIO = 8, 2.0


def one(name: str, first: Group = Group(), second: Group = Group(), plain: bool = True, **behaviour: float) -> Row:  # noqa: B008
    return Row(name, Condition(Behaviour(**behaviour), (first, second)), plain)


CLUSTERS = {"offspring": 0.4, "talk": 0.35}
SESSIONS = Group(minutes=3, recordings=(1, 4))

FAIR = (
    one("nothing but the groups: 20 and 20 subjects, 5 min, 30 frames/s"),
    one("8 min against 3 min", Group(minutes=8), Group(minutes=3)),
    one("60 against 15 frames/s", Group(camera=Camera(60)), Group(camera=Camera(15))),
    one("25 frames/s against uneven, 12 to 50", Group(camera=Camera(25)), Group(camera=Camera(None))),
    one("face seen all the time against 80%, gaps of 4 s", Group(), Group(camera=Camera(seen=0.8, gap_s=4))),
    one("displays in clusters, and in bursts of speech", **CLUSTERS),
    one("people expressive as a whole: displays go together", expressive=0.5),
    one("1 to 4 recordings of 3 min, which differ", SESSIONS, SESSIONS, session=0.3),
    one("4 recordings against 1", Group(minutes=3, recordings=(4, 4)), Group(minutes=3), session=0.3),
    one("8 and 8 subjects", Group(8), Group(8)),
    one("30 and 10 subjects", Group(30), Group(10)),
    one(
        "all at once: 2 to 4 recordings of 3 min at 60/s, against 1 to 2 at uneven times, seen 85%, clusters",
        Group(minutes=3, recordings=(2, 4), camera=Camera(60)),
        Group(minutes=3, recordings=(1, 2), camera=Camera(None, seen=0.85, gap_s=4)),
        session=0.2,
        **CLUSTERS,
    ),
)
LIMITS = (
    one("32 subjects with 10 min against 8 with 2 min", Group(32, 10), Group(8, 2)),
    one("32 subjects with 2 min against 8 with 10 min", Group(32, 2), Group(8, 10)),
    one("20 subjects with 10 min against 20 with 1 min", Group(minutes=10), Group(minutes=1)),
    one("12 gaps of 0.5 s a minute in one group", Group(), Group(camera=Camera(seen=0.9, gap_s=0.5)), plain=False),
    one("face lost in a tenth of displays, one group", Group(), Group(camera=Camera(hides=0.1)), plain=False),
)
_SHARE = replace(LIMITS[-1].condition, measure="share")
MENDED = (
    one("32 and 8 subjects, all cut to 2 min", Group(32, 2), Group(8, 2)),
    one("20 and 20 subjects, all cut to 1 min", Group(minutes=1), Group(minutes=1)),
    Row("face lost in a tenth of displays, shares of time", _SHARE, plain=False),
)
WRONG = (
    Row(
        "five recordings of 1 min of each subject, taken for five subjects",
        Condition(groups=(Group(minutes=1, recordings=(5, 5)),) * 2, unit="recording"),
        planted=False,
    ),
    Row(
        "counts that are not divided by 8 and 3 min",
        Condition(groups=(Group(minutes=8), Group(minutes=3)), measure="count"),
        planted=False,
    ),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=500)
    parser.add_argument("--write", type=Path, help="page to write; otherwise it is printed")
    options = parser.parse_args()
    if options.runs < 20:
        parser.error("fewer than 20 runs say nothing")
    began = time.process_time()
    parts = [[measure(row, options.runs) for row in rows] for rows in (FAIR, LIMITS, MENDED, WRONG)]
    page = written(parts, filming(), options.runs, PLANTED)
    print(f"{time.process_time() - began:.0f} s of one processor", file=sys.stderr)
    if options.write:
        options.write.write_text(page, "utf-8")
    else:
        print(page)


def measure(row: Row, runs: int) -> Done:
    seed = zlib.crc32(row.name.encode())
    none = recover(row.condition, runs=runs, seed=seed)
    some = plain = None
    if row.planted:
        planted = replace(row.condition, behaviour=replace(row.condition.behaviour, planted=PLANTED, ratio=RATIO))
        some = recover(planted, runs=runs, seed=seed + 1)
        plain = plain_power(planted, runs=runs, seed=seed + 2) if row.plain else None
    print(
        f"{row.name}: {none.exchange.fdp:.3f}" + (f", power {some.exchange.power:.3f}" if some else ""),
        file=sys.stderr,
        flush=True,
    )
    return Done(row, none, some, plain)


def filming(minutes: float = 5.0, people: int = 6, displays: int = 8) -> str:
    """Events that happened beside those counted in short, and those that the real detection finds in rows of tokens."""
    tokenizer = dfe.load_tokenizer("dfe-face41@3")
    cameras = {
        "60 frames/s": Camera(60),
        "30 frames/s": Camera(30),
        "25 frames/s": Camera(25),
        "15 frames/s": Camera(15),
        "uneven, 12 to 50": Camera(None),
        "30/s, seen 80%, gaps of 4 s": Camera(seen=0.8, gap_s=4),
        "30/s, 12 gaps of 0.5 s a minute": Camera(seen=0.9, gap_s=0.5),
        "30/s, face lost in a tenth of displays": Camera(hides=0.1),
    }
    lines = [
        "| camera | happened | happened, per minute | in short, per minute seen | from rows | rows against short |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for name, camera in cameras.items():
        rng = np.random.default_rng(3)
        takes = Takes(np.arange(people), np.zeros(people, bool), np.full(people, minutes * 60))
        stream = make_events(Behaviour(displays=displays, slowest=1, fastest=6), takes, rng)
        frames = film((camera, camera), takes, stream, rng)
        short = count_events(frames, stream, people, displays)
        real = seen = 0.0
        for person in range(people):
            made = made_recording(frames, stream, person, tokenizer, rng)
            found = detect(made, tokenizer, EventConfig(unsteady=True))
            real += sum(rate.count for rate in rates(found) if rate.token.isdecimal())
            seen += sum(face.exposure_s for face in found.faces)
        in_short = short.events.sum() / short.seen_s.sum()
        cells = [len(stream.display) / (minutes * people), 60 * in_short, 60 * real / seen]
        per_minute = " | ".join(f"{cell:.2f}" for cell in cells)
        lines.append(f"| {name} | {len(stream.display)} | {per_minute} | {real / seen / in_short - 1:+.1%} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
