"""The results of llms-txt 0.0.7, recorded: what it reads, and what the gates of v1 say of it."""

from __future__ import annotations

from typing import Final

import pytest

from llmsdeck.bundle.judge import judge_text
from llmsdeck.bundle.reference import read
from llmsdeck.verdict import Profile

HEAD: Final = "# T\n\n> q\n\nInfo.\n\n## D\n\n"
Link = tuple[str, str, str]
Result = tuple[str, str | None, str, dict[str, list[Link]]]

ROWS: Final[tuple[tuple[str, str, Result | None, str], ...]] = (
    # What it is, the text, the parser's result (None: it raises), the first gate that fails.
    (
        "a heading only",
        "# T\n",
        None,
        "reference parser, line 1",
    ),
    (
        "sections right below the heading",
        "# T\n## D\n- [a](u)\n",
        None,
        "reference parser, line 1",
    ),
    (
        "nothing between the quote and the first section",
        "# T\n\n> q\n\n## D\n\n- [a](u): n\n",
        ("T", None, "> q", {"D": [("a", "u", "n")]}),
        "nothing is lost, line 3",
    ),
    ("the safe form", HEAD + "- [a](u): n\n", ("T", "q", "Info.", {"D": [("a", "u", "n")]}), ""),
    (
        "a quote of two lines",
        "# T\n\n> q\n> r\n\nInfo.\n\n## D\n\n- [a](u): n\n",
        ("T", "q", "> r\n\nInfo.", {"D": [("a", "u", "n")]}),
        "nothing is lost, line 3",
    ),
    (
        "a paragraph before the quote",
        "# T\n\nInfo.\n\n> q\n\n## D\n\n- [a](u): n\n",
        ("T", None, "Info.\n\n> q", {"D": [("a", "u", "n")]}),
        "nothing is lost, line 5",
    ),
    (
        "an asterisk as bullet",
        HEAD + "* [a](u)\n",
        None,
        "reference parser, line 9",
    ),
    (
        "a numbered item",
        HEAD + "1. [a](u)\n",
        None,
        "reference parser, line 9",
    ),
    (
        "a bullet without a link",
        HEAD + "- a\n",
        None,
        "reference parser, line 9",
    ),
    (
        "prose in a section",
        HEAD + "Some prose.\n\n- [a](u)\n",
        None,
        "reference parser, line 9",
    ),
    (
        "a note of two lines",
        HEAD + "- [a](u): n\n  more\n",
        None,
        "reference parser, line 10",
    ),
    (
        "a comment in a section",
        HEAD + "<!-- c -->\n- [a](u)\n",
        None,
        "reference parser, line 9",
    ),
    (
        "a rule in a section",
        HEAD + "- [a](u)\n\n---\n",
        None,
        "reference parser, line 11",
    ),
    (
        "a check box",
        HEAD + "- [ ] [a](u)\n",
        None,
        "reference parser, line 9",
    ),
    (
        "brackets in the title",
        HEAD + "- [a [b]](u)\n",
        None,
        "reference parser, line 9",
    ),
    (
        "escaped brackets in the title",
        HEAD + "- [a \\[b\\]](u)\n",
        None,
        "reference parser, line 9",
    ),
    (
        "a lone opening bracket in the title",
        HEAD + "- [a [b](u)\n",
        ("T", "q", "Info.", {"D": [("a [b", "u", "")]}),
        "",
    ),
    (
        "a parenthesis in the address",
        HEAD + "- [a](u(1)): n\n",
        ("T", "q", "Info.", {"D": [("a", "u(1", "")]}),
        "nothing is lost, line 9",
    ),
    (
        "a blank in the address",
        HEAD + "- [a](u v): n\n",
        ("T", "q", "Info.", {"D": [("a", "u v", "n")]}),
        "addresses, line 9",
    ),
    (
        "a title attribute",
        HEAD + '- [a](u "t"): n\n',
        ("T", "q", "Info.", {"D": [("a", 'u "t"', "n")]}),
        "nothing is lost, line 9",
    ),
    (
        "a dash before the note",
        HEAD + "- [a](u) - n\n",
        ("T", "q", "Info.", {"D": [("a", "u", "")]}),
        "nothing is lost, line 9",
    ),
    (
        "no blank after the colon",
        HEAD + "- [a](u):n\n",
        ("T", "q", "Info.", {"D": [("a", "u", "n")]}),
        "",
    ),
    (
        "blank lines between items",
        HEAD + "- [a](u)\n\n- [b](v)\n",
        ("T", "q", "Info.", {"D": [("a", "u", ""), ("b", "v", "")]}),
        "",
    ),
    ("indented items", HEAD + "  - [a](u): n\n", ("T", "q", "Info.", {"D": [("a", "u", "n")]}), ""),
    (
        "nested items",
        HEAD + "- [a](u)\n  - [b](v): n\n",
        ("T", "q", "Info.", {"D": [("a", "u", ""), ("b", "v", "n")]}),
        "",
    ),
    (
        "a third-level heading in a section",
        HEAD + "- [a](u)\n\n### E\n\n- [b](v)\n",
        ("T", "q", "Info.", {"D": [("a", "u", "")], "# E": [("b", "v", "")]}),
        "nothing is lost, line 13",
    ),
    (
        "a third-level heading in the introduction",
        "# T\n\n> q\n\nInfo.\n\n### E\n\nText.\n\n## D\n\n- [a](u)\n",
        None,
        "reference parser, line 9",
    ),
    (
        "a section in code in the introduction",
        "# T\n\n> q\n\n```\n## X\ny\n```\n\n## D\n\n- [a](u)\n",
        None,
        "reference parser, line 7",
    ),
    (
        "two sections of one name",
        HEAD + "- [a](u)\n\n## D\n\n- [b](v)\n",
        ("T", "q", "Info.", {"D": [("b", "v", "")]}),
        "nothing is lost, line 11",
    ),
    (
        "a closed heading",
        "# T\n\n> q\n\nInfo.\n\n## D ##\n\n- [a](u)\n",
        ("T", "q", "Info.", {"D ##": [("a", "u", "")]}),
        "nothing is lost, line 7",
    ),
    (
        "blanks after a section's name",
        "# T\n\n> q\n\nInfo.\n\n## D  \n\n- [a](u)\n",
        ("T", "q", "Info.", {"D  ": [("a", "u", "")]}),
        "nothing is lost, line 7",
    ),
    (
        "line ends of Windows",
        (HEAD + "- [a](u)\n").replace("\n", "\r\n"),
        ("T\r\n\r", "q\r", "\r\nInfo.", {"D\r": [("a", "u", "")]}),
        "nothing is lost, line 7",
    ),
    (
        "a byte order mark",
        "\ufeff" + HEAD + "- [a](u)\n",
        None,
        "reference parser, line 1",
    ),
    (
        "an underlined heading",
        "T\n=\n\n> q\n\nInfo.\n\n## D\n\n- [a](u)\n",
        None,
        "reference parser, line 1",
    ),
    (
        "no heading",
        "> q\n\nInfo.\n\n## D\n\n- [a](u)\n",
        None,
        "reference parser, line 1",
    ),
    (
        "nothing",
        "",
        None,
        "reference parser, line 1",
    ),
    (
        "a comment before the heading",
        "<!-- c -->\n" + HEAD + "- [a](u): n\n",
        ("T", "q", "Info.", {"D": [("a", "u", "n")]}),
        "",
    ),
    (
        "front matter",
        "---\nx: y\n---\n" + HEAD + "- [a](u): n\n",
        ("T", "q", "Info.", {"D": [("a", "u", "n")]}),
        "",
    ),
    (
        "an indented section",
        HEAD + "- [a](u)\n\n ## E\n\n- [b](v)\n",
        None,
        "reference parser, line 11",
    ),
    (
        "a section without a blank",
        "# T\n\n> q\n\nInfo.\n\n##D\n\n- [a](u)\n",
        ("T", "q", "Info.", {"D": [("a", "u", "")]}),
        "",
    ),
    (
        "optional in lower case",
        HEAD + "- [a](u)\n\n## optional\n\n- [b](v)\n",
        ("T", "q", "Info.", {"D": [("a", "u", "")], "optional": [("b", "v", "")]}),
        "",
    ),
)


@pytest.mark.parametrize(("text", "expected"), [row[1:3] for row in ROWS], ids=[r[0] for r in ROWS])
def test_the_reference_parser_is_reproduced(text: str, expected: Result | None) -> None:
    reading = read(text)
    links = {
        name: [(link.title, link.url, link.note) for link in links]
        for name, links in reading.sections.items()
    }
    found = (reading.title, reading.summary, reading.info, links)
    assert (None if reading.refusals else found) == expected


@pytest.mark.parametrize(
    ("text", "failure"), [(r[1], r[3]) for r in ROWS], ids=[r[0] for r in ROWS]
)
def test_what_it_raises_at_or_loses_fails_a_gate(text: str, failure: str) -> None:
    gates = [gate for gate in judge_text("x", text, Profile.V1).gates if gate.name != "clean text"]
    failures = [f"{gate.name}, line {gate.findings[0].line}" for gate in gates if not gate.passed]
    assert (failures or [""])[0] == failure


def test_every_line_that_it_would_raise_at_is_named() -> None:
    text = HEAD + "* [a](u)\n- [b](v)\nprose\n\n## E\n\nprose\n"
    assert [finding.line for finding in read(text).refusals] == [9, 11, 15]
