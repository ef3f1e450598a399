"""Templates: everything escaped, nothing hidden, nothing unknown, and every file where the package looks for it."""

import json
import re
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2 import UndefinedError
from markupsafe import Markup

from dfe.pages.escape import embedded, text
from dfe.pages.formats import number, p_value, signed, tenths
from dfe.pages.notebook import notebook
from dfe.pages.page import breakable, environment, render
from page_checker import checked

PACKAGE = Path(str(files("dfe")))
SOURCES = {f"{p.parents[1].name}/{p.name}": p.read_text("utf-8") for p in sorted(PACKAGE.glob("*/templates/*"))}
JSON = st.recursive(
    st.none() | st.booleans() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
)


def filled(source: str, **values: object) -> str:
    return environment().from_string(source).render(values)


@pytest.mark.parametrize(
    "source",
    [
        "{{ nothing }}",
        "{{ row.nothing }}",
        "{{ row['nothing'] }}",
        "{% if nothing %}x{% endif %}",
        "{% for one in nothing %}x{% endfor %}",
        "{{ nothing|percent }}",
        "{{ 'a' ~ row.nothing }}",
    ],
)
def test_what_is_not_there_is_no_blank_but_an_error(source):
    with pytest.raises(UndefinedError):
        filled(source, row={"a": 1})


def test_what_is_not_known_is_a_dash():
    values = {"a": None, "b": float("nan"), "c": float("inf"), "d": 0}
    assert filled("{{ a }} {{ b }} {{ c }} {{ d }} {{ a|number }} {{ b|percent }}", **values) == "– – – 0 – –"


@settings(deadline=None)
@given(st.text())
def test_any_text_stays_text_wherever_it_is_written(words):
    source = '<p title="{{ x }}">{{ x }}{{ x ~ "<b>" }}{{ [x, x]|join(m) }}{{ m ~ x }}{{ x|breakable }}</p>'
    made = filled(source, x=words, m=Markup("<i></i>"))
    inner = re.fullmatch(r'<p title="([^"<>]*)">(.*)</p>', made, re.DOTALL)
    assert inner
    rest = inner[2].replace("<i></i>", "").replace("<wbr>", "")
    assert not set(rest) & set("<>\"'")
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u200e\u200f\ud800-\udfff]", made)
    made.encode("utf-8")


def test_hidden_characters_show_in_templates_as_in_charts():
    odd = "a\u202eb\x1b[0m\udce9"
    assert filled("{{ x }}", x=odd) == str(text(odd)) == "a\\x202eb\\x1b[0m\\xdce9"
    assert filled("{{ m ~ x }}", x=odd, m=Markup("<b>")) == f"<b>{text(odd)}"
    assert breakable("a/\u202e") == "a/<wbr>\\x202e"


@settings(deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_data_cannot_end_the_element_that_it_stands_in(value):

    block = embedded(value)
    assert not set(block) & set("<>&")
    assert json.loads(block) == value


@pytest.mark.parametrize("name", SOURCES)
def test_every_template_compiles_and_escapes_everything(name):
    environment().get_template(name)
    assert "|safe" not in SOURCES[name]
    assert "autoescape" not in SOURCES[name]


def test_templates_name_the_style_sheets_and_scripts_that_there_are():
    named = {one for source in SOURCES.values() for one in re.findall(r'"([a-z]+/\w+\.(?:css|js))"', source)}
    there = [path for path in PACKAGE.glob("*/static/*") if path.suffix in (".css", ".js")]
    assert named == {f"{path.parents[1].name}/{path.name}" for path in there}


def test_every_page_with_folds_opens_them_for_paper():
    """Paper cannot be unfolded. Local pages (viewer) stay on the screen."""

    def whole(name: str) -> str:
        others = re.findall(r'"([a-z]+/\w+\.html\.jinja)"', SOURCES[name])
        return SOURCES[name] + "".join(whole(one) for one in others)

    pages = {name: whole(name) for name in SOURCES if '{% extends "pages/shell.html.jinja" %}' in SOURCES[name]}
    folded = {name for name, text in pages.items() if "<details" in text}
    assert {"comparison/compare.html.jinja", "report/recording.html.jinja"} <= folded
    assert {name for name in folded if '"pages/print.js"' not in pages[name]} == set()


def test_a_page_without_scripts_lets_none_run():
    page = render("pages/shell.html.jinja", title="<T>", styles=["pages/page.css"], scripts=[])
    checked(page)
    assert "script-src 'none'" in page
    assert "<title>&lt;T&gt;</title>" in page
    assert page.startswith("<!doctype html>")


def test_a_notebook_shows_facts_as_text():
    shown = notebook("<b>", {"a<": "<script>"}, [(b"x", "<i>")])
    words = checked(shown)
    assert "<script>" not in shown
    assert "<b> a< <script> <i>" in words


def test_signs_are_true_and_small_p_are_not_zero():
    assert [number(v, 2) for v in (-1234.5, -0.001, 0)] == ["−1,234.50", "0.00", "0.00"]
    assert [signed(v) for v in (0.05, -0.05, None)] == ["+0.050", "−0.050", "–"]
    assert [p_value(p) for p in (0.0004, 0.001, 0.04, 0.5, None)] == ["< 0.001", "0.001", "0.040", "0.500", "–"]
    assert [tenths(v) for v in (-0.05, 0.9999, 1)] == ["−5.0%", "99.9%", "100%"]
