"""The options of all commands: one name, one type, one meaning; and examples that can be run."""

from __future__ import annotations

import shlex
from collections import defaultdict

import pytest

from dfe.base.errors import UsageError
from dfe.cli import verbs as table
from dfe.cli.verbs import examples, find, overview, parse
from make_reference import PAGE, options_of, page

VERBS = table.verbs()
names = [verb.name for verb in VERBS]


def every_option():
    uses = defaultdict(list)
    for verb in VERBS:
        for option in options_of(verb):
            if not option.positional:
                uses[option.name].append((verb.name, option))
    return uses


@pytest.mark.parametrize(("name", "uses"), sorted(every_option().items()), ids=sorted(every_option()))
def test_one_name_has_one_type_and_one_meaning(name, uses):
    assert len({option.kind for _, option in uses}) == 1, uses
    assert len({option.meaning for _, option in uses}) == 1, uses
    assert all(option.help for _, option in uses), uses


def test_two_names_do_not_have_one_meaning():
    meanings = defaultdict(set)
    for name, uses in every_option().items():
        for _, option in uses:
            meanings[option.help].add(name)
    assert [names for names in meanings.values() if len(names) > 1] == []


def test_lists_are_separated_by_blanks():
    for uses in every_option().values():
        for verb, option in uses:
            count = len(option.kind.split())
            assert option.metavar.endswith("...") == ("..." in option.kind), (verb, option)
            assert len(option.metavar.split()) == count or option.kind in ("bool", "str"), (verb, option)


@pytest.mark.parametrize("verb", VERBS, ids=names)
def test_every_help_has_examples_that_make_sense(verb):
    lines = examples(verb)
    assert 1 <= len(lines) <= 4
    for line in lines:
        program, *words = shlex.split(line)
        assert program == "dfe"
        found, rest = find(words)
        assert found == verb
        assert isinstance(parse(found, rest), verb.options())


@pytest.mark.parametrize("verb", VERBS, ids=names)
def test_every_command_explains_itself(dfe, verb):
    ran = dfe(*verb.name.split(), "--help")
    assert ran.code == 0
    assert ran.out.startswith(f"usage: dfe {verb.name} ")
    usage, _, rest = ran.out.partition("\n\n")
    assert usage.startswith("usage:")
    lines = rest.lstrip("\n").splitlines()
    assert [line.strip() for line in lines[: len(examples(verb))]] == examples(verb)


def test_the_list_of_commands_fits_one_screen(dfe):
    lines = overview().splitlines()
    assert len(lines) <= 40
    assert max(map(len, lines)) <= 100
    shown = [line.split()[0] for line in lines if line.startswith("  ")]
    assert shown == [verb.name for group in table.GROUPS.values() for verb in group]
    assert dfe("--help").out == dfe("-h").out == overview() + "\n"


def test_study_lists_its_parts(dfe):
    ran = dfe("study", "--help")
    assert ran.code == 0
    assert all(verb.name in ran.out for verb in table.STUDY)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ([], "dfe: no command given; dfe --help lists the commands"),
        (["encod", "a.mp4"], "did you mean dfe encode?"),
        (["extract", "a.mp4"], "there is no command dfe extract; "),
        (["study"], "dfe study is check, prepare, encode, run, report"),
        (["study", "rum"], "did you mean dfe study run?"),
        (["compare", "t.csv", "--covariates", "a", "-o", "o", "--covariates", "b"], "--covariates is given twice"),
    ],
)
def test_what_is_no_command_is_refused_in_a_line(dfe, words, says):
    ran = dfe(*words)
    assert (ran.code, ran.err.count("\n")) == (2, 1)
    assert says in ran.err


def test_the_last_of_two_values_counts():
    verb, rest = find(["atlas", "-o", "a.html", "--names", "a", "--names", "b"])
    assert str(parse(verb, rest).names) == "b"


def test_an_option_that_there_is_not_is_refused(dfe):
    ran = dfe("info", "default", "--nothing")
    assert ran.code == 2
    assert "--nothing" in ran.err
    assert "Traceback" not in ran.err


def test_the_page_of_options_is_what_the_script_makes():
    pytest.importorskip("torch", reason="the page explains dfe.train, which needs the extra train")
    assert page() == PAGE.read_text("utf-8"), "run scripts/make_reference.py"


def test_a_pair_needs_two(dfe):
    with pytest.raises(UsageError, match="no command"):
        find(["nothing"])
    assert dfe("compare", "t.csv", "--recordings", "r", "-o", "o", "--groups", "one").code == 2
