"""Made-up recordings for the pages' tests: no face of anyone."""

import dataclasses

import cv2
import numpy as np

from dfe.clock.clock import Clock
from dfe.pages.course import Course, Mark, Strip, strip
from dfe.pages.spans import state_spans
from dfe.pages.view import (
    NOT_FOUND,
    NOT_USABLE,
    USABLE,
    Person,
    QcEntry,
    ReasonCount,
    RecordingView,
    StillFace,
    TokenCard,
)

NASTY = '<script>document.title="run"</script><img src=x onerror=\'document.title="run"\'>"&amp;.mp4'
WORDS = ("lip corners up", "brow up", "jaw open", "lips pressed", "cheek raised", "nose wrinkled", "lips rounded")
STOPS = ((0.0, "#d8c8b8"), (2.0, "#e8a860"), (4.0, "#d05030"), (8.0, "#701030"))


def picture(hue: int = 20, size: int = 96, suffix: str = ".png") -> bytes:
    """A round something on a transparent ground."""
    image = np.zeros((size, size, 4), np.uint8)
    cv2.ellipse(image, (size // 2, size // 2), (size // 3, size * 5 // 12), 0, 0, 360, (hue, 150, 200, 255), -1)
    image = image if suffix == ".png" else image[..., :3]
    return cv2.imencode(suffix, np.ascontiguousarray(image))[1].tobytes()


def codes(frames: int, size: int, levels: int, seed: int) -> np.ndarray:
    """Codes that stay a while and are silent after the first silent level, ``(frames, levels)``."""
    rng = np.random.default_rng(seed)
    favour = 1 / np.arange(1, size + 1)
    made = rng.choice(np.arange(1, size + 1), (frames, levels), p=favour / favour.sum())
    change = rng.random((frames, levels)) < 0.08 + 0.03 * np.arange(levels)
    change[0] = True
    kept = np.maximum.accumulate(np.where(change, np.arange(frames)[:, None], 0), axis=0)
    made = np.take_along_axis(made, kept, axis=0)
    speaks = np.clip(levels * (0.45 + 0.5 * np.sin(np.arange(frames) / 37)), 0, levels)
    made[np.arange(levels) >= speaks[:, None]] = 0
    return made.astype(np.int16)


def cards(book: int, shown: int, pictures=None, words=WORDS) -> tuple[TokenCard, ...]:
    sides = ("both", "left", "right")
    return tuple(
        TokenCard(
            code=code,
            words=words[(code - 1) % len(words)],
            side=sides[code % 3],
            share_of_time=0.6 / code,
            later_share=0.3 / code,
            frames_used=1000 // code,
            pictures=pictures[code] if pictures else (picture(5 * code % 180), picture(5 * code % 180 + 5)),
            strongest=(("mouthSmileLeft", 0.61), ("cheekSquintLeft", -0.2)),
            rms_mm=1.2,
            locality=0.11,
        )
        for code in range(1, min(book, shown) + 1)
    )


def strips(said: np.ndarray, shown: int, words=WORDS) -> tuple[Strip, ...]:
    """A group, a region, a display of the eyes, and ``shown`` displays; the first tokens of a face are stronger."""
    mm = np.zeros((len(said), max(int(said.max(initial=0)), shown) + 1))
    for level in range(said.shape[1]):
        mm[np.arange(len(said)), said[:, level]] += 1.5 / (1 + level)
    sides = ("both", "left", "right")
    about = [(code, words[(code - 1) % len(words)], sides[code % 3]) for code in range(1, shown + 1)]
    look = 20 * np.abs(np.sin(np.arange(len(said)) / 50))
    return (
        strip("smile", "group", "smile", mm[:, 1:4].sum(axis=1), displays=(1, 2, 3)),
        strip("mouth", "region", "all of the mouth", mm[:, 1:].sum(axis=1)),
        strip("gaze up", "eyes", "gaze up", look, measure="degrees"),
        *(strip(str(code), "display", name, mm[:, code], side=side, displays=(code,)) for code, name, side in about),
    )


def marks(times: np.ndarray, shown: int, words=WORDS) -> tuple[Mark, ...]:
    """Two events of each display, and one of a group."""
    length = float(times[-1] - times[0])
    made = [Mark("smile", "group", "smile", 0.1 * length, 0.2 * length, 0.3 * length, 2.5, "mm")]
    for code in range(1, shown + 1):
        for begin in (0.1 + 0.01 * (code % 9), 0.8):
            onset = begin * length
            about = str(code), "display", words[(code - 1) % len(words)]
            made.append(Mark(*about, onset, onset + 0.02 * length, onset + 0.1 * length, 1 / code, "mm", begin > 0.5))
    return tuple(sorted(made, key=lambda mark: mark.onset_s))


def video(
    frames: int = 120, book: int = 40, shown: int = 12, faces: int = 1, levels: int = 8, **changes
) -> RecordingView:
    """A video at 30 frames/s; every face is lost for a while and turns away once."""
    times = np.arange(frames) / 30
    lost = (np.arange(frames) > 0.6 * frames) & (np.arange(frames) <= 0.66 * frames)
    away = (np.arange(frames) > 0.3 * frames) & (np.arange(frames) <= 0.36 * frames)
    yaw = np.where(lost, np.nan, 0.1 * np.sin(times) + 0.5 * away)
    states = np.where(lost, NOT_FOUND, np.where(away, NOT_USABLE, USABLE))
    why = np.where(lost, "no face found", np.where(away, "yaw over 25 degrees", ""))
    quality = state_spans(
        Clock.of(times),
        [Clock.of(times[kept], 1 / 30).spans for kept in (~lost & ~away, ~lost)],
        states,
        why.tolist(),
    )
    found, usable = float((~lost).mean()), float((~lost & ~away).mean())
    people = tuple(
        Person(
            face,
            found_share=found,
            usable_share=usable,
            cards=cards(book, shown),
            reasons=(
                ReasonCount(NOT_FOUND, "no face found", int(lost.sum()), float(lost.mean())),
                ReasonCount(NOT_USABLE, "yaw over 25 degrees", int(away.sum()), float(away.mean())),
            ),
            course=Course(
                face,
                times[~lost],
                times[~lost] + 1 / 30,
                strips(codes(frames, book, levels, face)[~lost], shown),
                marks(times, shown),
                {
                    "yaw": np.degrees(yaw + 0.05 * face)[~lost],
                    "pitch": np.degrees(0.08 * np.cos(1.7 * times))[~lost],
                    "roll": np.degrees(0.04 * np.sin(3 * times))[~lost],
                },
                quality,
                (0,) * len(quality),
            ),
        )
        for face in range(faces)
    )
    view = RecordingView(
        name="interview_07.mp4",
        kind="video",
        frames=frames,
        faces=faces,
        found_share=found,
        usable_share=usable,
        duration_s=frames / 30,
        frame_rate=30.0,
        people=people,
        provenance={
            "source": {"name": "interview_07.mp4", "sha256": "ab" * 32, "frames": frames},
            "tokenizer": {"name": "default", "version": 1},
            "warnings": [],
            "options": {"max_faces": 4, "second_pass": False},
        },
        tokenizer="default@1",
        book_size=book,
        heat_stops=STOPS,
    )
    return dataclasses.replace(view, **changes)


def stills(pictures: int = 30, **changes) -> RecordingView:
    """Pictures with a face each; every seventh has none, every fifth is small."""
    coded = codes(pictures, 40, 8, 0)
    rows = tuple(
        StillFace(f"people/{i:03d}.jpg", -1, (), False, "no face found")
        if i % 7 == 3
        else StillFace(
            f"people/{i:03d}.jpg", 0, tuple(coded[i].tolist()), i % 5 > 0, "" if i % 5 else "face under 60 px"
        )
        for i in range(pictures)
    )
    found = sum(row.face_id >= 0 for row in rows)
    view = RecordingView(
        name="people",
        kind="stills",
        frames=pictures,
        faces=found,
        found_share=found / pictures,
        usable_share=sum(row.usable for row in rows) / pictures,
        stills=rows,
        people=(Person(None, found / pictures, 1.0, cards(40, 12)),),
        tokenizer="default@1",
        book_size=40,
        heat_stops=STOPS,
    )
    return dataclasses.replace(view, **changes)


def people(view: RecordingView, **changes) -> tuple[Person, ...]:
    """The people of a view, each with the changes."""
    return tuple(dataclasses.replace(person, **changes) for person in view.people)


def entry(i: int, pictures: bytes | None = None, **changes) -> QcEntry:
    """Row ``i`` of a made-up table; its verdict, coverage and length follow from ``i``."""
    verdict = ("good", "good", "check", "good", "poor")[i % 5]
    coverage = {"good": 1.0, "check": 0.93, "poor": 0.4}[verdict]
    bins = np.linspace(0, 1, 100)
    face = np.where(bins > coverage, 0.0, 1.0)
    usable = np.where(np.abs(bins - 0.3) < (1 - coverage) / 3, 0.0, face)
    made = QcEntry(
        name=f"subject_{i:02d}/task_{(7 * i) % 10}.mp4",
        frames=900 + 10 * i,
        faces=1 + (i % 5 == 4),
        found_share=coverage,
        usable_share=float(usable.mean()),
        verdict=verdict,
        why={"good": "", "check": "turned away for 2.1 s", "poor": "no face in 60% of frames"}[verdict],
        duration_s=30.0 + (37 * i) % 90,
        frame_rate=29.97,
        yaw_median_deg=-4.0 + i % 9,
        yaw_p95_deg=9.0 + (5 * i) % 20,
        pitch_median_deg=3.0,
        pitch_p95_deg=8.0 + i % 7,
        face_px_median=140.0 + i,
        confidence_median=0.98,
        jitter_percent=0.3 + 0.1 * (i % 6),
        noise_mm=0.05 + 0.01 * (i % 6),
        longest_gap_s=None if i % 11 == 10 else (1 - coverage) * 20,
        time_stamps="ok",
        strip_face=tuple(face.tolist()),
        strip_usable=tuple(usable.tolist()),
        picture=picture(3 * i % 180, 64) if pictures is None else pictures,
        href=f"subject_{i:02d}/task_{(7 * i) % 10}.html",
    )
    return dataclasses.replace(made, **changes)
