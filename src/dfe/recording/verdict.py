"""From measures to a verdict that a person can act on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dfe.base.defects import Defect
from dfe.recording.summary import MOMENT_S


@dataclass(frozen=True)
class QcRule:
    """Limits of the verdict: past a ``poor_`` limit a recording is poor, past any other one it is to be checked."""

    poor_found_share: float = 0.5
    poor_usable_share: float = 0.3
    min_found_share: float = 0.9
    min_usable_share: float = 0.7
    max_longest_gap_s: float = 2.0
    max_jitter_percent: float = 1.0
    min_face_px: float = 80.0
    min_confidence: float = 0.8
    min_frame_rate: float = 10.0
    min_face_s: float = MOMENT_S
    strip_bins: int = 100


def judge(
    rule: QcRule,
    *,
    frames: int,
    faces: int,
    fleeting: int,
    frame_rate: float | None,
    time_stamps: str,
    measures: dict[str, float | None],
    has_main: bool,
    main_fault: str | None,
    defects: Sequence[Defect] = (),
) -> tuple[str, str]:
    """``good``, ``check`` or ``poor``, and plain words why.

    Args:
        rule: the limits.
        frames: number of frames.
        faces: number of faces that are there for more than a moment.
        fleeting: number of the others.
        frame_rate: of face 0, frames that show it (usable, if any) per second of the time in which it is seen; None for
            pictures.
        time_stamps: as in the provenance; ``none`` for pictures.
        measures: found_share, usable_share, face_px_median, confidence_median, jitter_percent, longest_gap_s.
        has_main: whether face 0 is seen at all.
        main_fault: the most frequent reason why a face is not usable.
        defects: what is known about the source; a doubtful one is to be checked, the others are told.
    """
    if not frames:
        return "poor", "no frames"
    if not has_main:
        # What is known of the source may be the very reason.
        return "poor", "; ".join(["no face in any frame", *(defect.words for defect in defects)])
    found, usable = measures["found_share"] or 0.0, measures["usable_share"] or 0.0
    whole = "pictures" if time_stamps == "none" else "time"
    poor: list[str] = []
    check: list[str] = []
    if found < rule.min_found_share:
        (poor if found < rule.poor_found_share else check).append(f"a face in only {found:.0%} of the {whole}")
    if usable < rule.min_usable_share:
        grave = poor if usable < rule.poor_usable_share else check
        # Frames without a face have been told of; only what is wrong with the others is worth another clause.
        if usable < rule.min_usable_share * found or not (poor or (check and grave is check)):
            share = f"usable in only {usable:.0%} of the {whole}" if usable else "no face is usable"
            grave.append(f"{share} ({main_fault})" if main_fault else share)
    gap, jitter = measures["longest_gap_s"], measures["jitter_percent"]
    size, confidence = measures["face_px_median"], measures["confidence_median"]
    if gap is not None and gap > rule.max_longest_gap_s:
        check.append(f"no face for {gap:.1f} s on end")
    if faces > 1:
        check.append(f"{faces} faces: see who is who")
    if fleeting:
        check.append(f"{fleeting} more seen for a moment, perhaps no face{'s' if fleeting > 1 else ''}")
    if size is not None and size < rule.min_face_px and not (main_fault or "").startswith("face under"):
        check.append(f"the face is small ({size:.0f} px)")
    if confidence is not None and confidence < rule.min_confidence:
        check.append(f"the network is unsure (confidence {confidence:.2f})")
    if jitter is not None and jitter > rule.max_jitter_percent:
        check.append(f"the face trembles by {jitter:.1f}% of its size")
    if frame_rate is not None and frame_rate < rule.min_frame_rate:
        check.append(f"the face in only {frame_rate:.3g} frames per second")
    if time_stamps == "repaired" and all(defect.kind != "time_stamps" for defect in defects):
        check.append("time stamps were broken and repaired")
    check += [defect.words for defect in defects if defect.doubtful]
    told = [defect.words for defect in defects if not defect.doubtful]
    return ("poor" if poor else "check" if check else "good"), "; ".join(poor + check + told)
