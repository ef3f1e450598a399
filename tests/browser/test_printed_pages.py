"""Any page on paper: light, unfolded, and afterwards as it was."""

from dfe.pages.page import environment

PAGE = """
{% extends "pages/shell.html.jinja" %}
{% set title = "On paper" %}
{% set styles = ["pages/page.css"] %}
{% set scripts = ["pages/print.js"] %}
{% block body %}
<main><details id="shut"><summary>shut</summary>table</details>
<details id="open" open><summary>open</summary>table</details>
<details id="screen" class="screen-only"><summary>screen</summary>table</details></main>
{% endblock %}
"""


def test_folds_are_opened_for_paper_and_put_back(open_page):
    page = open_page(environment().from_string(PAGE).render(), ready="main", color_scheme="dark").page

    def opened() -> list[str]:
        return page.eval_on_selector_all("details[open]", "all => all.map((one) => one.id)")

    def tell(event: str) -> None:
        page.evaluate(f"dispatchEvent(new Event('{event}'))")

    assert opened() == ["open"]
    for _ in range(2):
        tell("beforeprint")
        assert opened() == ["shut", "open"]
        assert page.get_attribute("html", "data-theme") == "light"
    page.emulate_media(media="print")
    assert not page.locator("#screen").is_visible()
    tell("afterprint")
    assert opened() == ["open"]
    assert page.get_attribute("html", "data-theme") is None
