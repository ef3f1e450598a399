"""What annotations say where nobody speaks, as aligners, detectors and transcribers write it."""

from __future__ import annotations

import re

# Compared in small letters, without blanks around.
SILENT_WORDS = frozenset(
    (
        "", "sil", "sp", "ssil", "silb", "sile", "silence", "silent", "pau", "pause", "h#", "epi", "#", "##", "###",
        "-", "--", "_", "+", "*", "eps", "!enter", "!exit", "sent-start", "sent-end", "nonspeech", "non-speech",
        "non_speech", "nospeech", "no speech", "no_speech", "not speech", "no voice", "unvoiced", "inactive", "empty",
        "n/a",
    )
)  # fmt: skip
"""Bare words: Praat, HTK, P2FA and MFA (sil, sp), TIMIT (h#, pau, epi), Festival, EasyAlign (_), SPPAS (#, +, *),
Julius, detectors of speech."""

IN_BRACKETS = frozenset(
    (
        "sl", "sil", "sp", "p", "p:", "pause", "pau", "silence", "silent", "br", "breath", "breathing", "inhale",
        "exhale", "ns", "noise", "nse", "music", "ls", "lip smack", "lipsmack", "cg", "cough", "lg", "laugh",
        "laughter", "laughs", "usb", "nib", "b_trans", "e_trans", "vocnoise", "iver", "eps", "s", "/s", "blank_audio",
        "blank audio", "no speech", "inaudible noise", "ambient", "background", "applause", "click", "beep",
    )
)  # fmt: skip
"""Words in brackets of any kind, or between doubled signs: P2FA ({SL}, {BR}, {NS}), WebMAUS (<p:>, <usb>), Buckeye
(<SIL>, {B_TRANS}), Kaldi (<eps>), Sphinx (++NOISE++), Whisper ([BLANK_AUDIO])."""

_BRACKETED = re.compile(r"[<\[({*+~]+\s*(.*?)\s*[>\])}*+~]+")
_DOTS = re.compile(r"\(?\[?[.…,\-\s]+\]?\)?")
"""Pauses as conversation analysts write them: (.), (..), (-), ..."""
_TIMED = re.compile(r"[(\[<{]\s*(?:ca\.?\s*)?\d*[.,:]?\d+\s*(?:s|sec|ms)?\.?\s*[)\]>}]")
"""And with their length: (0.5), [1.2 s]."""


def is_silence(text: str) -> bool:
    """Whether an annotation says that nobody speaks; breath, laughter, cough and noise in brackets are no speech."""
    word = " ".join(text.strip().lower().split())
    if word in SILENT_WORDS or _DOTS.fullmatch(word) or _TIMED.fullmatch(word):
        return True
    inside = _BRACKETED.fullmatch(word)
    return inside is not None and (inside[1] in IN_BRACKETS or inside[1] in SILENT_WORDS)
