"""Builds the source archive and the wheel, and installs each into clean environments of the oldest and newest Python.

python scripts/check_dist.py [--uv PATH] [--all]

Each environment has to find a drawn face (``dfe doctor``) and to sum up made-up people. With uv, both are installed by
``uv pip install`` as well. Pythons are looked for on PATH and below ~/.pyenv.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
OLDEST, LATER = (3, 11), ("3.11", "3.12", "3.13", "3.14", "3.15")
LICENCES = ("LICENSE", "NOTICE", "THIRD_PARTY.md")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--uv", type=Path, default=shutil.which("uv"), help="the program uv; by default the one on PATH"
    )
    parser.add_argument("--all", action="store_true", help="every Python here, not only the oldest and the newest")
    said = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        archive, wheel = build(folder / "dist")
        look_inside(archive, wheel)
        found = pythons()
        chosen = found if said.all else list(dict.fromkeys([found[0], found[-1]]))
        for python in chosen:
            for file in (wheel, archive):
                environment = folder / f"{python.name}-{python.parent.parent.name}-{file.suffix[1:]}"
                run(python, "-m", "venv", environment)
                run(environment / "bin/python", "-m", "pip", "install", "-q", "--disable-pip-version-check", file)
                check(environment, f"pip, {file.name}")
                shutil.rmtree(environment)
        if said.uv:
            environment = folder / "uv"
            run(said.uv, "venv", "-q", "--python", chosen[-1], environment)
            run(said.uv, "pip", "install", "-q", "--python", environment / "bin/python", wheel)
            check(environment, f"uv, {wheel.name}")
        else:
            print("uv: not here, not tried")
    print("dist: ok")


def build(folder: Path) -> tuple[Path, Path]:
    """The archive, and the wheel that is made from it."""
    run(sys.executable, "-m", "build", "--outdir", folder, ROOT)
    (archive,), (wheel,) = folder.glob("*.tar.gz"), folder.glob("*.whl")
    return archive, wheel


def look_inside(archive: Path, wheel: Path) -> None:
    """Licences are in both, tests in the archive alone, and nothing of this machine in either."""
    with zipfile.ZipFile(wheel) as file:
        inside = file.namelist()
        about = file.read(next(name for name in inside if name.endswith("/METADATA"))).decode()
    with tarfile.open(archive) as tar:
        source = tar.getnames()
    for name in LICENCES:
        assert any(entry.endswith(f"licenses/{name}") for entry in inside), f"the wheel lacks {name}"
        assert any(entry.endswith(f"/{name}") for entry in source), f"the archive lacks {name}"
    assert not any(entry.startswith("tests/") for entry in inside), "tests are in the wheel"
    assert any("/tests/conftest.py" in entry for entry in source), "the archive has no tests"
    odd = [
        entry for entry in (*inside, *source) if re.search(r"(^|/)(\.cache|\.demo|\.venv|__pycache__|site)(/|$)", entry)
    ]
    assert not odd, odd[:3]
    assert "Description-Content-Type: text/markdown" in about
    sizes = [file.stat().st_size / 1e6 for file in (wheel, archive)]
    print(f"wheel: {sizes[0]:.1f} MB, {len(inside)} files; archive: {sizes[1]:.1f} MB")


def pythons() -> list[Path]:
    """Pythons that can be had here and are new enough, the oldest first."""
    candidates = [Path(found) for version in LATER if (found := shutil.which(f"python{version}"))]
    candidates += sorted((Path.home() / ".pyenv/versions").glob("3.*/bin/python"))
    by_version: dict[tuple[int, ...], Path] = {}
    for python in [*candidates, Path(sys.executable)]:
        said = subprocess.run(
            [python, "-c", "import sys; print(*sys.version_info[:2])"], capture_output=True, text=True
        )
        version = tuple(int(part) for part in said.stdout.split()) if not said.returncode else (0, 0)
        if version >= OLDEST:
            by_version.setdefault(version, python)
    return [by_version[version] for version in sorted(by_version)]


def check(environment: Path, how: str) -> None:
    """The installed package works, away from its source."""
    began, dfe = time.monotonic(), environment / "bin/dfe"
    with tempfile.TemporaryDirectory() as folder:
        version = run(environment / "bin/python", "--version", where=folder).strip()
        states = {one["name"]: one["state"] for one in json.loads(run(dfe, "doctor", "--json", where=folder))}
        assert states["whole way"] == "ok", states
        run(dfe, "demo", "--study", "4", "-o", "made", where=folder)
        summary = json.loads(run(dfe, "summary", "made/recordings", "-o", "summary", "--json", where=folder))
        assert len(summary["faces"]) == 4, summary
    print(f"{version}, {how}: ok ({time.monotonic() - began:.0f} s)", flush=True)


def run(*words: object, where: object = None) -> str:
    free = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    done = subprocess.run(
        [str(word) for word in words], cwd=where and str(where), capture_output=True, text=True, env=free
    )
    if done.returncode:
        sys.exit(f"{' '.join(map(str, words))}\n{done.stdout}{done.stderr}")
    return done.stdout


if __name__ == "__main__":
    main()
