"""Options that would do nothing for what is to be encoded: refused, so that nobody believes they did."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields

from dfe.base.errors import UsageError
from dfe.encoding.options import EncodeOptions
from dfe.frontends.registry import find_front_end
from dfe.frontends.spec import FrontEndSpec
from dfe.media.inputs import Source

_KINDS = {
    "start_s": ("video", "table"),
    "end_s": ("video", "table"),
    "every": ("video", "table"),
    "second_pass": ("video",),
    "both_ways": ("video", "stills"),
    "landmarks": ("video", "stills"),
}
"""Options that the front end does not decide about, by the kinds of input that they are for."""
_WORDS = {"video": "videos", "stills": "pictures", "table": "tables"}


def refuse_idle(options: EncodeOptions, sources: Iterable[Source], *, thumbnails: bool = False) -> None:
    """Refuse an option that has been changed from its default and is for none of the sources.

    Raises:
        UsageError: names the option and what it is for.
    """
    sources = list(sources)
    if not sources:
        return
    kinds = {source.kind for source in sources}
    given = [f.name for f in fields(options) if getattr(options, f.name) != getattr(_DEFAULTS, f.name)]
    for name in given:
        wanted = _KINDS.get(name)
        if wanted is not None and not kinds & set(wanted):
            raise _idle(name, f"is for {' and '.join(_WORDS[kind] for kind in wanted)}, and there are none")
    if thumbnails and kinds == {"table"}:
        raise _idle("thumbnails", "is for videos and pictures, and there are none")
    front_ends = {spec.name: spec for spec in (_front_end(source, options) for source in sources)}
    fitted = any(spec.face_points for spec in front_ends.values())
    for name in given:
        if name == "space" and (options.must_fit or options.coefficients_only) and fitted:
            continue
        if name == "neutral" and not fitted:
            raise _idle(name, f"does nothing for front end {' and '.join(sorted(front_ends))}, which gives no points")
        if name == "rate" and "video" in kinds:
            continue  # Whether a video carries times of its own is known once it is opened; it refuses the rate then.
        if name in FrontEndSpec.CHOICES and not any(spec.takes(name) for spec in front_ends.values()):
            raise _idle(name, f"does nothing for front end {' and '.join(sorted(front_ends))}")


def _front_end(source: Source, options: EncodeOptions) -> FrontEndSpec:
    if source.kind == "table":
        return find_front_end(source.reader or "")
    return options.looks


def _idle(name: str, why: str) -> UsageError:
    option = f"--{name.removesuffix('_s').replace('_', '-')}"
    return UsageError(f"{option} {why}", advice="leave it out")


_DEFAULTS = EncodeOptions()
