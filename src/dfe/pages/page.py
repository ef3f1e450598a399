"""Pages out of templates: one environment that escapes everything, and a policy that forbids every request.

A template is called by its room and file: ``report/qc.html.jinja`` lies in ``dfe/report/templates``. Style sheets and
scripts are called likewise: ``report/qc.js`` lies in ``dfe/report/static``.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Sequence
from functools import cache
from hashlib import sha256
from importlib.resources import files
from math import isfinite
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined, Undefined
from markupsafe import Markup

from dfe.pages import formats
from dfe.pages.escape import data_uri, embedded, shown

_WORD_ENDS = re.compile(r"(?<=[/_.:,@-])")


def render(template: str, /, **values: Any) -> str:
    """A template, filled in.

    Values are escaped where they are written, with their hidden characters shown; None and numbers that are not finite
    are written as a dash.

    Args:
        template: as ``room/file``.
        values: by the names that the template knows them by.

    Raises:
        jinja2.UndefinedError: the template writes or asks for something that is not there.
    """
    return environment().get_template(template).render(values)


@cache
def environment() -> Environment:
    """The one environment of all pages."""
    made = Environment(
        loader=FunctionLoader(lambda name: _content(name, "templates")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        finalize=_finalize,
    )
    made.filters |= {
        "breakable": breakable,
        "counted": formats.count,
        "data_uri": data_uri,
        "embedded": embedded,
        "number": formats.number,
        "p_value": formats.p_value,
        "percent": formats.percent,
        "seconds": formats.seconds,
        "short": formats.short,
        "signed": formats.signed,
        "tenths": formats.tenths,
    }
    made.globals |= {"policy": _policy, "script": _script, "style": _style}
    return made


def breakable(name: str) -> Markup:
    """A long name as HTML that may break where its parts end."""
    return Markup("<wbr>").join(shown(piece) for piece in _WORD_ENDS.split(name))


def _finalize(value: Any) -> Any:
    """What is written of a value, before it is escaped."""
    if value is None or (isinstance(value, float) and not isfinite(value)):
        return formats.UNKNOWN
    if isinstance(value, Undefined):
        return value
    clean = shown(str(value))
    return Markup(clean) if hasattr(value, "__html__") else clean


def _content(name: str, kind: str) -> str:
    room, _, file = name.partition("/")
    return files("dfe").joinpath(room, kind, file).read_text(encoding="utf-8")


def _style(name: str) -> Markup:
    return Markup(_content(name, "static"))


@cache
def _script(name: str) -> Markup:
    return Markup(f"\n{_content(name, 'static')}")


def _policy(scripts: Sequence[str]) -> Markup:
    """The content security policy of a page with these scripts, and no others.

    It lets nothing be loaded but ``data:`` pictures, and nothing run but the scripts named here: they are known by
    their hashes, so that markup which slipped into the body could not run.
    """
    hashes = [f"'sha256-{b64encode(sha256(_script(name).encode()).digest()).decode()}'" for name in scripts]
    allowed = " ".join(hashes) or "'none'"
    return Markup(
        "default-src 'none'; img-src data:; style-src 'unsafe-inline'; "
        f"script-src {allowed}; base-uri 'none'; form-action 'none'"
    )
