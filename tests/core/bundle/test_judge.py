from __future__ import annotations

import time

import pytest

from llmsdeck.bundle.judge import judge_text, require
from llmsdeck.bundle.parse import ParsedLink, parse
from llmsdeck.errors import RejectedError
from llmsdeck.verdict import (
    Finding,
    Gate,
    LinkAnswer,
    LinkState,
    Measure,
    Profile,
    Verdict,
)

LINKS = "".join(
    f"- [Page {n}](https://tea.example/{n}): Explains step{n} of brewing{n} tea.\n"
    for n in range(12)
)
GOOD = f"""\
# Teapot

> Teapot is a library that brews tea for a whole house at once.

- Install: `pip install teapot`
- Import: `teapot`

## Docs

{LINKS}
## Optional

- [Licence](https://tea.example/licence): What may be done with the code.
"""


def judged(text: str, profile: Profile = Profile.V1) -> Verdict:
    return judge_text("x", text, profile)


def failures(text: str, profile: Profile = Profile.V1) -> list[str]:
    gates = judged(text, profile).gates
    return [f"{gate.name}: {gate.findings[0]}" for gate in gates if not gate.passed]


def measure(text: str, name: str, profile: Profile = Profile.V1) -> Measure:
    (found,) = (item for item in judged(text, profile).rubric if item.name == name)
    return found


@pytest.mark.parametrize("profile", Profile)
def test_a_good_file_passes_with_all_points(profile: Profile) -> None:
    verdict = judged(GOOD, profile)
    assert failures(GOOD, profile) == []
    assert (verdict.passed, verdict.score) == (True, 100)
    assert verdict.improvements == ()


def test_what_needs_the_material_is_left_out_and_said_so() -> None:
    left_out = [item for item in judged(GOOD).rubric if item.points is None]
    names = ["own words", "coverage", "precision", "grounded", "order", "live links"]
    assert [item.name for item in left_out] == names
    assert "not at hand" in left_out[0].reason
    assert "--links" in left_out[-1].reason


def test_a_failed_gate_takes_the_score_and_leaves_the_points() -> None:
    verdict = judged(GOOD.replace("- [Page 3]", "* [Page 3]"))
    assert (verdict.passed, verdict.score, verdict.points) == (False, 0, 100)


@pytest.mark.parametrize(
    ("old", "new", "failure"),
    [
        ("tea.example/3", "tea.example/4", "nothing twice: Line 14: the address"),
        ("[Page 3]", "[page 4]", "nothing twice: Line 14: the title 'Page 4' is in line 13"),
        ("https://tea.example/3", "about:blank", "addresses: Line 13: an address with 'about'"),
        (
            "https://tea.example/3",
            "javascript:alert",
            "addresses: Line 13: an address with 'javascript'",
        ),
        ("Explains step3", "Explains \x1b[31m", "clean text: Line 13: holds the character U+001B"),
        ("Explains step3", "Explains \udcff", "clean text: Line 13: holds a byte that is not"),
        ("Explains step3", "x" * 100_000, "size: 10"),
        ("# Teapot", "# Teapot #", "nothing is lost: Line 1: the title is read as 'Teapot #'"),
        ("- [Page 3]", "### Deep\n\n- [Page 3]", "nothing is lost: Line 15: a deeper heading"),
    ],
)
def test_strict_gates_name_the_line(old: str, new: str, failure: str) -> None:
    (found,) = failures(GOOD.replace(old, new))
    assert found.startswith(failure)


@pytest.mark.parametrize(
    "text",
    [
        "# T\n",
        "Title\n=====\n\nOnly prose.\n",
        "---\nx: y\n---\n<!-- made\nby hand -->\n# T\n\n## A\n\n### B\n\n* [a](u)\n1. [b](v 'w')\n",
        "\ufeff# T\r\n\r\n## optional\r\n\r\n- [a](u)\r\n\r\n## Z\r\n\r\n- [a](u)\r\nprose\r\n",
    ],
)
def test_version_2_asks_for_a_title_only(text: str) -> None:
    assert failures(text, Profile.V2) == []
    assert failures(text, Profile.V1) != []


def test_version_2_wants_the_title_and_addresses_that_can_be_fetched() -> None:
    assert failures("## D\n", Profile.V2) == [
        "title: Line 1: there is no title; start with a heading '# Name'."
    ]
    (failure,) = failures("# T\n## D\n- [a](data:x)\n", Profile.V2)
    assert failure.startswith("addresses: Line 3")


def test_a_harmful_character_is_named_once_where_it_is_first() -> None:
    text = GOOD.replace("step3", "\x1b\x07").replace("step4", "\x07\x1b")
    (gate,) = (gate for gate in judged(text).gates if not gate.passed)
    assert [str(finding) for finding in gate.findings] == [
        "Line 13: holds the character U+001B.",
        "Line 13: holds the character U+0007.",
    ]


def test_a_gate_keeps_its_first_findings_only() -> None:
    text = GOOD + "* [x](y)\n" * 1000
    (gate,) = (gate for gate in judged(text).gates if gate.name == "reference parser")
    assert len(gate.findings) == 20


@pytest.mark.parametrize(
    ("name", "old", "new", "points", "reason"),
    [
        ("summary", "> Teapot is", "Teapot is", 0, "There is none"),
        ("summary", " is a library that brews tea for a whole house", "", 0.5, "It has 15 char"),
        ("summary", "> Teapot", "> ![logo](x) Teapot", 0, "It shows an image"),
        ("facts", "- Install: `pip install teapot`\n- Import: `teapot`\n", "Tea.\n", 0, "how to"),
        ("titles", "[Page 3]", "[page-3.md]", 1, "13 of 13 links"),
        ("sections", "## Docs\n", "## Docs\n\n## More\n", 0.5, "Section 'Docs' holds no link"),
        ("sections", "## Optional", "## optional", 0.5, "Write 'Optional' so"),
        ("sections", "## Docs", "## Optional", 0.5, "Optional is not the last section"),
        ("size", LINKS, "", 0.5, "1 link; 10 to 60"),
        ("size", "Explains step3", "x" * 13_000, 0.5, "bytes; up to 12288"),
    ],
)
def test_the_rubric_says_what_to_do(
    name: str, old: str, new: str, points: float, reason: str
) -> None:
    item = measure(GOOD.replace(old, new), name)
    assert item.points == points
    assert reason in item.reason


def test_a_title_that_is_a_file_name_is_none() -> None:
    item = measure(GOOD.replace("[Page 3](https://tea.example/3)", "[3.md](a/b/3.md)"), "titles")
    assert item.points == 12 / 13
    assert "'3.md' in line 13" in item.reason


@pytest.mark.parametrize(
    "note", ["", "Page three.", "Short note here.", "Explains step4 of brewing4 tea."]
)
def test_a_note_without_news_does_not_count(note: str) -> None:
    item = measure(GOOD.replace("Explains step3 of brewing3 tea.", note), "notes")
    expected = min(1, (12 - note.startswith("Explains")) / 13 / 0.9)
    assert item.points is not None
    assert abs(item.points - expected) < 1e-9
    assert "in line 13" in item.reason


def test_notes_that_repeat_one_template_do_not_count() -> None:
    text = GOOD
    for n in range(12):
        text = text.replace(f"step{n} of brewing{n} tea", "this page of the project")
    assert "1 of 13 links" in measure(text, "notes").reason


def test_version_2_does_not_care_for_the_place_of_optional() -> None:
    text = GOOD.replace("## Docs", "## Optional").replace("## Optional\n\n- [L", "## Z\n\n- [L")
    assert measure(text, "sections").points == 0.5
    assert measure(text, "sections", Profile.V2).points == 1


def test_version_2_covers_what_is_beneath_the_file() -> None:
    assert measure(GOOD, "scope", Profile.V2).points is None
    text = GOOD.replace("https://tea.example/3", "docs/3").replace("https://tea.example/4", "../4")
    item = measure(text, "scope", Profile.V2)
    assert item.points == 0.5
    assert "'Page 4' in line 14 leads out" in item.reason


def answer(state: LinkState) -> LinkAnswer:
    return LinkAnswer(url="https://tea.example/3", state=state, reason="HTTP 404")


def test_unknown_links_are_neither_dead_nor_alive() -> None:
    answers = [answer(state) for state in (*[LinkState.ALIVE] * 3, LinkState.DEAD)]
    unknown = [answer(LinkState.UNKNOWN)] * 5
    items = [
        judge_text("x", GOOD, Profile.V1, answers=given).rubric[-1]
        for given in ([*answers, *unknown], unknown)
    ]
    assert [item.points for item in items] == [0.75, None]
    assert items[0].reason.startswith("3 alive, 1 dead, 5 unknown; mend 'https://tea.example/3'")


def test_the_most_worthwhile_comes_first() -> None:
    text = GOOD.replace("> Teapot", "Teapot").replace("Explains", "").replace("brewing", "")
    names = [item.name for item in judged(text).improvements]
    assert names == ["notes", "summary"]


def test_a_bundle_that_fails_a_gate_is_rejected_with_the_place() -> None:
    gate = Gate(name="size", findings=(Finding(message="too long.", line=3), Finding(message="x")))
    with pytest.raises(
        RejectedError, match=r"^The bundle fails the gate 'size': Line 3: too long\.$"
    ):
        require(judge_text("x", GOOD, Profile.V1, gates=[gate]))


HOSTILE = {
    "quotes": "# T\n" + "> a\n" * 250_000,
    "headings": "## a\n" * 200_000,
    "openings": "# T\n\nx\n\n## D\n\n" + "-[" * 500_000,
    "closings": "# T\n\nx\n\n## D\n\n- [a" + "](" * 500_000 + ")",
    "starts": "# T\n\nx\n\n## D\n\n" + "-[a](" * 200_000,
    "blanks": "# T\n\nx\n\n## D\n\n- [a](u" + " " * 1_000_000 + "x",
    "blanks in an address": "# T\n\nx\n\n## D\n\n- [a](" + " " * 1_000_000,
    "continued notes": "# T\n## D\n- [a](u)\n" + "  x\n" * 300_000,
    "equal links": "# T\n## D\n" + "- [a](u)\n" * 110_000,
    "control characters": "\x1b" * 1_000_000,
    "hashes": "#" * 1_000_000,
    "comments": "<!--" * 250_000,
    "brackets": "# T\n## D\n- [" + "[a]" * 300_000,
    "backslashes": "# T\n## D\n- [" + "\\" * 1_000_000,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_text_takes_linear_time(text: str) -> None:
    began = time.process_time()
    judged(text[:200_000])
    assert time.process_time() - began < 5


def test_reading_is_patient() -> None:
    parsed = parse(
        "T\n=\n\nBefore.\n\n> one\n> two\n\n```\n## Code\n```\n\n ## A ##\n\n"
        "* [x [y]](<u v> 'w') - a note\n  that goes on\n1) [z](p(1)): n\n"
        "- [ ] [done](d)\n- nothing\n\n### Deep\n\n+ [e](f) — g\n"
    )
    assert (parsed.title, parsed.summary, parsed.info) == ("T", "one two", ["Before."])
    (section,) = parsed.sections
    assert section.name == "A"
    assert section.links == [
        ParsedLink(title="x [y]", url="u v", note="a note that goes on"),
        ParsedLink(title="z", url="p(1)", note="n"),
        ParsedLink(title="done", url="d"),
        ParsedLink(title="e", url="f", note="g"),
    ]
    assert [link.line for link in section.links] == [15, 17, 18, 23]


@pytest.mark.parametrize(("heading", "title"), [("# C#", "C#"), ("# C ##", "C"), ("#C", "C")])
def test_a_heading_may_be_closed(heading: str, title: str) -> None:
    assert parse(heading).title == title
