"""What the site needs beyond docs/: pages that lie in the project's root, and links to what no page shows.

Called by mkdocs (``hooks`` in mkdocs.yml).
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parents[1]
FROM_ROOT = {
    "CHANGELOG.md": "changes.md",
    "CONTRIBUTING.md": "contributing.md",
    "INTENDED_USE.md": "intended-use.md",
    "SECURITY.md": "security.md",
    "THIRD_PARTY.md": "third-party.md",
}
"""Pages that a visitor of the project expects in its root, and what they are called on the site."""
_LINK = re.compile(r"(?<!!)\[([^\]]*)\]\(([^)\s#]+)(#[^)\s]*)?\)")


UNPLACED = "How to"
"""Part of the site that gets pages which ``nav`` in mkdocs.yml does not name, so that none is lost."""


def on_config(config: Any) -> Any:
    """Add pages that no part of the site names to :data:`UNPLACED`."""
    named = set(_pages(config.nav))
    rest = [page.name for page in sorted((ROOT / "docs").glob("*.md")) if page.name not in named]
    for part in config.nav:
        if UNPLACED in part:
            part[UNPLACED] += rest
    return config


def _pages(nav: Any) -> list[str]:
    """All pages below a part of ``nav``."""
    if isinstance(nav, str):
        return [nav]
    parts = nav.values() if isinstance(nav, dict) else nav
    return [page for part in parts for page in _pages(part)]


def on_files(files: Files, config: Any) -> Files:
    """Add the root's pages."""
    for source, name in FROM_ROOT.items():
        files.append(File.generated(config, name, content=(ROOT / source).read_text("utf-8")))
    return files


def on_page_markdown(markdown: str, *, page: Any, **_others: Any) -> str:
    """Links as they are right in the project become right on the site; what is on no page keeps its words alone."""
    source = page.file.src_uri
    origin = next((root for root, name in FROM_ROOT.items() if name == source), f"docs/{source}")
    here = (ROOT / origin).parent

    def mend(found: re.Match[str]) -> str:
        words, target, anchor = found[1], found[2], found[3] or ""
        if re.match(r"[a-z]+:", target):
            return found[0]
        path = (here / target).resolve()
        if not path.is_relative_to(ROOT):
            return found[0]
        inside = path.relative_to(ROOT).as_posix()
        depth = source.count("/")
        if inside in FROM_ROOT:
            return f"[{words}]({'../' * depth}{FROM_ROOT[inside]}{anchor})"
        if inside == "README.md":
            return f"[{words}]({'../' * depth}index.md)"
        if inside.startswith("docs/"):
            if path.is_dir():
                return f"[{words}]({'../' * depth}{inside.removeprefix('docs/')}/index.md)"
            return f"[{words}]({'../' * depth}{inside.removeprefix('docs/')}{anchor})"
        return words if path.exists() else found[0]

    return _LINK.sub(mend, markdown)
