"""Makes the pictures of the documents: tokens of the default tokenizer, its atlas, and the report of the drawn clip.

python scripts/make_pictures.py          (needs Chromium; shows no person)
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

import dfe
from dfe.draw.templates import heat_scale, template_pictures
from dfe.encoding.demo import RESTING, write_demo_clip
from dfe.encoding.run import encode_to_folder
from dfe.pages.page import environment

PICTURES = Path(__file__).resolve().parents[1] / "docs" / "pictures"
SHOWN = 8
BUILT = (7, 14)
"""Displays of the face that the atlas's picture builds."""
SHEET = """<!doctype html><meta charset=utf-8><style>
body{margin:0;padding:18px;font:14px system-ui,sans-serif;background:#fafaf8;color:#222;display:grid;
grid-template-columns:repeat({{ columns }},1fr);gap:12px}
figure{margin:0;background:#fff;border:1px solid #ddd;border-radius:8px;overflow:hidden}
figure div{background:#efedea;display:flex}img{width:50%}figcaption{padding:8px 10px;min-height:2.6em}b{color:#3b6ea8}
</style>
{% for code, words, pictures in shown %}
<figure><div>{% for file in pictures %}<img src="{{ file|data_uri }}">{% endfor %}</div>
<figcaption><b>{{ code }}</b> {{ words }}</figcaption></figure>
{% endfor %}
"""


def sheet(codes: list[int], columns: int) -> str:
    """A page with the tokens' templates, front and turned, and their words."""
    tokenizer = dfe.load_tokenizer("default")
    templates = tokenizer.templates()
    words = tokenizer.displays().described
    scale = heat_scale(tokenizer.space, templates)
    made = template_pictures(tokenizer.space, templates[codes], neutral=tokenizer.neutral, heat_max_mm=scale)
    shown = [
        (code, words[code].words, (front, turned))
        for code, front, turned in zip(codes, made.front, made.turned, strict=True)
    ]
    return environment().from_string(SHEET).render(columns=columns, shown=shown)


def picture_atlas(browser: Browser, folder: Path) -> None:
    """The atlas's gallery with a face built of two displays, and the page of the first of them."""
    atlas = dfe.build_atlas(dfe.load_tokenizer("default"), folder)
    dfe.write_atlas(atlas, folder / "atlas.html")
    page = browser.new_page(viewport={"width": 1320, "height": 900})
    page.goto((folder / "atlas.html").as_uri())
    page.select_option("#sort", label="most used first")
    for display in BUILT:
        page.click(f"[data-add='{display}']")
    page.evaluate("window.scrollTo(0, 0)")
    page.wait_for_timeout(1500)
    page.screenshot(path=str(PICTURES / "atlas.png"))
    page.goto((folder / "atlas.html").as_uri() + f"#token-{BUILT[0]}")
    page.wait_for_timeout(1500)
    page.screenshot(path=str(PICTURES / "atlas-token.png"))


def main() -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    tokenizer = dfe.load_tokenizer("default")
    described = tokenizer.displays().described
    shown: dict[str, int] = {}
    for display in [*tokenizer.card["most_used"], *range(1, tokenizer.size)]:
        # One of left, right and both is enough of a movement.
        shown.setdefault(described[display].words.split(" (")[0].split(",")[0].split(" + ")[0], display)
    used = list(shown.values())
    chromium = os.environ.get("DFE_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        folder = Path(scratch)
        write_demo_clip(folder / "drawn_head.mp4")
        encode_to_folder([folder / "drawn_head.mp4"], folder, dfe.EncodeOptions(neutral=RESTING), report=True)
        (folder / "tokens.html").write_text(sheet(used[:SHOWN], 4), encoding="utf-8")
        (folder / "all.html").write_text(sheet(sorted(range(1, tokenizer.size)), 7), encoding="utf-8")
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        for name, width, height, whole in (
            ("tokens", 1100, 200, True),
            ("all", 1900, 200, True),
            ("drawn_head", 1280, 1500, False),
        ):
            page = browser.new_page(viewport={"width": width, "height": height})
            page.goto((folder / f"{name}.html").as_uri())
            page.wait_for_timeout(500)
            target = {"tokens": "tokens.png", "all": "all-tokens.jpg", "drawn_head": "report.png"}[name]
            page.screenshot(path=str(PICTURES / target), full_page=whole)
        picture_atlas(browser, folder)
        browser.close()


if __name__ == "__main__":
    main()
