"""The doctor tells an extra that nobody wants from one that lacks a part."""

from __future__ import annotations

import importlib.metadata

import pytest

from dfe.encoding import extras as module
from dfe.encoding.doctor import _extra
from dfe.encoding.extras import FOR, extras

HERE = {"torch": "2.5.0", "pandas": "2.2.3", "scikit-learn": "1.6.0", "statsmodels": "0.14.4", "onnx": "1.17.0"}


def _states(monkeypatch: pytest.MonkeyPatch, here: dict[str, str]) -> dict[str, str]:
    lines = [
        "numpy>=1.26", "torch<3,>=2.4; extra == 'train'", "onnx>=1.17; extra == 'flame'",
        "torch<3,>=2.4; extra == 'flame'", "pandas>=2.2; extra == 'pandas'", "pandas>=2.2; extra == 'study'",
        "scikit-learn>=1.6; extra == 'study'", "statsmodels>=0.14; extra == 'study'", "ruff>=0.8; extra == 'dev'",
        "matplotlib>=3.8; extra == 'plot'", "tensorboard>=2.16; extra == 'tensorboard'",
        "starlette>=0.40; extra == 'viewer'", "duckdb>=1.2; extra == 'corpus'", "ray>=2.40; extra == 'distributed'",
    ]  # fmt: skip

    def version(package: str) -> str:
        if package not in here:
            raise importlib.metadata.PackageNotFoundError(package)
        return here[package]

    monkeypatch.setattr(module.importlib.metadata, "requires", lambda _: lines)
    monkeypatch.setattr(module.importlib.metadata, "version", version)
    return {extra.name: _extra(extra).state for extra in extras()}


def test_what_is_not_there_at_all_is_optional(monkeypatch):
    assert set(_states(monkeypatch, {}).values()) == {"optional"}


def test_what_another_extra_brings_is_no_sign_that_this_one_is_wanted(monkeypatch):
    states = _states(monkeypatch, {"torch": "2.5.0", "pandas": "2.2.3"})
    assert (states["train"], states["pandas"]) == ("ok", "ok")
    assert (states["flame"], states["study"]) == ("optional", "optional")


def test_what_lacks_a_part_or_is_too_old_is_incomplete(monkeypatch):
    states = _states(monkeypatch, {**HERE, "statsmodels": "0.9.1"})
    assert states["study"] == "incomplete"
    assert states["flame"] == "ok"
    assert _states(monkeypatch, {"onnx": "1.17.0"})["flame"] == "incomplete"


def test_every_extra_for_users_is_known():
    named = {line.partition("extra ==")[2].strip(" \"'") for line in importlib.metadata.requires(module.PACKAGE) or ()}
    assert named - {"", "dev", "docs"} == set(FOR)
