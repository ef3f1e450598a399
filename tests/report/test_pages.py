"""What stands in the pages' source: words, numbers, escaping; the browser's tests see how it behaves."""

import base64
import dataclasses
import hashlib
import json
import math
import re

import numpy as np
import pytest

import made_reports as made
from dfe.pages.course import Course
from dfe.pages.escape import data_uri, text
from dfe.pages.formats import count, number, percent, seconds
from dfe.pages.page import environment
from dfe.pages.view import LOWER, NOT_FOUND, NOT_USABLE, Person, QcEntry
from dfe.recording.quality import QcRow
from dfe.report.payload import chart_data
from dfe.report.qc_page import qc_page
from dfe.report.recording_page import recording_page, summary_sentence
from page_checker import checked

VIEWS = {
    "video": made.video(),
    "two faces": made.video(faces=2),
    "stills": made.stills(),
    "no tokens": made.video(tokenizer="", people=made.people(made.video(), cards=())),
    "nothing": made.video(faces=1, found_share=0.0, usable_share=0.0, people=(Person(None),), duration_s=None),
    "nasty": made.video(name=made.NASTY, warnings=(made.NASTY,), provenance={made.NASTY: [made.NASTY]}),
    "undecodable name": made.video(name="caf\udce9 \u202egpj.mp4"),
}


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS.keys())
def test_every_page_is_well_formed_and_asks_for_nothing(view):
    page = recording_page(view)
    checked(page)
    page.encode("utf-8")
    assert "http://" not in page
    assert "https://" not in page


def test_the_policy_names_the_page_s_scripts_and_nothing_else():
    for page in (recording_page(made.video()), qc_page([made.entry(0)])):
        policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)[1]
        scripts = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
        expected = {f"'sha256-{base64.b64encode(hashlib.sha256(s.encode()).digest()).decode()}'" for s in scripts}
        directives = dict(d.strip().split(" ", 1) for d in policy.split(";"))
        assert set(directives["script-src"].split()) == expected
        assert directives["default-src"] == "'none'"
        assert directives["img-src"] == "data:"


def test_the_sentence_says_what_was_found():
    view = made.video(found_share=1.0, usable_share=0.96)
    assert summary_sentence(view) == (
        "120 frames, 4.0 s at 30 frames a second. One face, found in 100% of the time; 96% of the time usable."
    )
    assert summary_sentence(dataclasses.replace(view, faces=0)).endswith("No face was found.")
    assert summary_sentence(made.stills()).startswith("30 pictures. 26 faces, found in 87% of pictures")


def test_the_page_makes_no_claim_about_feelings():
    words = checked(recording_page(made.video()))
    assert "We measure visible movements; we don't claim to read feelings or to diagnose." in words


def test_pictures_of_the_person_only_when_given():
    assert "pictures of the person" not in recording_page(made.video())
    shown = recording_page(made.video(thumbnails=((1.5, made.picture(suffix=".jpg")),)))
    assert "pictures of the person" in shown
    assert "data:image/jpeg;base64," in shown


def test_text_from_outside_is_escaped_everywhere():
    people = made.people(
        made.video(faces=2),
        reasons=tuple(dataclasses.replace(r, reason=made.NASTY) for r in made.video().people[0].reasons),
        cards=tuple(
            dataclasses.replace(c, words=made.NASTY, side=made.NASTY, strongest=((made.NASTY, 1.0),))
            for c in made.cards(4, 4)
        ),
        whereabouts=made.NASTY,
    )
    view = made.video(
        name=made.NASTY,
        warnings=(made.NASTY,),
        tokenizer=made.NASTY,
        provenance={made.NASTY: {"x": made.NASTY}},
        people=people,
        heat_stops=((0.0, made.NASTY), (1.0, "red")),
    )
    stills = made.stills(4, stills=(dataclasses.replace(made.stills().stills[0], source=made.NASTY, note=made.NASTY),))
    rows = [made.entry(0, name=made.NASTY, why=made.NASTY, verdict=made.NASTY, href=made.NASTY)]
    for page in (recording_page(view), recording_page(stills), qc_page(rows, made.NASTY)):
        assert "<script>document" not in page
        assert "<img src=x" not in page
        checked(page)


def test_provenance_shows_every_key_and_survives_odd_values():
    page = recording_page(made.video(provenance={"a": {"b": {"c": math.nan}, "d": None}, "e": [1, 2], "f": {}}))
    words = checked(page)
    for key in ("a.b.c", "a.d", "e", "f"):
        assert f" {key} " in words
    block = re.search(r'id="provenance">(.*?)</script>', page)[1]
    assert json.loads(block) == {"a": {"b": {"c": None}, "d": None}, "e": [1, 2], "f": {}}


def test_charts_show_the_displays_that_have_cards_and_all_groups():
    view = made.video(faces=2, book=20, shown=9)
    view = made.video(people=made.people(view, cards=made.cards(20, 5)))
    data = chart_data(view)
    for person, face in zip(view.people, data["faces"], strict=True):
        displays = [strip["token"] for strip in face["strips"] if strip["kind"] == "display"]
        assert displays == [str(card.code) for card in person.cards]
        assert {strip["kind"] for strip in face["strips"]} == {"group", "region", "eyes", "display"}
        marked = {face["marks"]["kinds"][kind]["token"] for kind in face["marks"]["of"]}
        assert marked == {"smile", *displays}


def test_the_page_of_two_people_pools_nothing():
    first, second = made.people(made.video(faces=2))
    second = dataclasses.replace(
        second,
        cards=tuple(dataclasses.replace(card, code=card.code + 20) for card in first.cards[:3]),
        course=dataclasses.replace(second.course, covered=(LOWER,) * len(second.course.quality)),
    )
    view = made.video(faces=2, people=(first, second))
    page = recording_page(view)
    words = checked(page)
    assert "2 faces: at least one of them found" in words
    assert re.findall(r'class="card" id="(.*?)"', page) == [
        *(f"face-0-token-{card.code}" for card in first.cards),
        *(f"face-1-token-{card.code}" for card in second.cards),
    ]
    assert page.count('class="plot" data-plot="quality"') == page.count('class="charts" data-face="') == 2
    one, other = chart_data(view)["faces"]
    assert not [strip["token"] for strip in other["strips"] if strip["kind"] == "display" and int(strip["token"]) <= 20]
    assert (set(one["quality"]["covered"]), set(other["quality"]["covered"])) == ({0}, {LOWER})
    assert {NOT_USABLE, NOT_FOUND} < set(one["quality"]["state"])


def test_chart_data_gives_poses_in_tenths_of_degrees():
    times = np.array([0.0, 0.5, 1.0])
    course = Course(0, times, times + 0.04, curves={"yaw": np.array([5.73, math.nan, -11.5])})
    face = chart_data(made.video(people=(Person(0, course=course),)))["faces"][0]
    assert face["curves"]["yaw"].tolist() == [57, -32768, -115]
    assert face["start"].tolist() == [0, 5000, 10000]


def test_quality_table_knows_its_counts_and_hides_unknown_numbers():
    rows = [made.entry(i) for i in range(10)]
    rows.append(made.entry(10, yaw_p95_deg=math.nan, duration_s=None, frames=12, verdict="odd"))
    words = checked(qc_page(rows))
    assert "11 recordings" in words
    assert "6 can be used as they are." in words
    assert re.search(r"6 good 3 to check 2 poor", words)
    assert "12 pictures" in words
    assert "nan" not in words.lower()


def test_a_row_of_the_table_takes_its_numbers_from_the_measured_row_by_name():
    measured = {field.name for field in dataclasses.fields(QcRow)}
    shown = {field.name for field in dataclasses.fields(QcEntry)}
    assert shown - measured == {"picture", "no_picture", "href"}


def test_an_empty_quality_table_says_so():
    assert "No recording was found." in checked(qc_page([]))


@pytest.mark.parametrize(
    ("href", "address"),
    [
        ("sub/a b.html", "./sub/a%20b.html"),
        ("javascript:alert(1)", "./javascript%3Aalert%281%29"),
        ("//elsewhere/x", "./elsewhere/x"),
        ("a#1?.html", "./a%231%3F.html"),
        ("sub\\é.html", "./sub/%C3%A9.html"),
    ],
)
def test_links_lead_to_files_beside_the_page(href, address):
    assert f'href="{address}"' in qc_page([made.entry(0, href=href)])


def test_numbers_read_well():
    assert [percent(x) for x in (0, 1, 0.964, 0.9999, 0.0312, 0.0001, math.nan, None)] == [
        "0%",
        "100%",
        "96%",
        "99.9%",
        "3.1%",
        "under 0.1%",
        "–",
        "–",
    ]
    assert [seconds(x) for x in (4, 59.96, 750, 3725, None)] == [
        "4.0 s",
        "1 min 00 s",
        "12 min 30 s",
        "1 h 02 min",
        "–",
    ]
    assert [number(1234.56), number(None), number(2, 0)] == ["1,234.6", "–", "2"]
    assert [count(1, "face"), count(54000, "frame")] == ["1 face", "54,000 frames"]


def test_text_shows_characters_that_would_disguise_a_name():
    assert text("a\u202eb\x1b[0m") == "a\\x202eb\\x1b[0m"
    assert text("caf\udce9") == "caf\\xdce9"
    assert text("10\u202fam \U0001f600") == "10\u202fam \U0001f600"


def test_pictures_are_known_by_their_first_bytes():
    assert data_uri(made.picture()).startswith("data:image/png;")
    assert data_uri(made.picture(suffix=".jpg")).startswith("data:image/jpeg;")
    assert data_uri(made.picture(suffix=".webp")).startswith("data:image/webp;")


def test_the_legend_needs_two_stops():
    legend = environment().get_template("pages/parts.html.jinja").module.legend
    assert legend(()).strip() == ""
    assert "from 0 to 8 mm" in legend(made.STOPS)
