from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typed import Say, ScriptedDeck

from llmsdeck.model import ArtifactName
from llmsdeck.verdict import LinkAnswer, LinkState

GOOD = """\
# Teapot

> Teapot is a library that brews tea for a whole house at once.

- Install: `pip install teapot`
- Import: `teapot`

## Docs

- [Guide](https://tea.example/guide): Explains how to brew a first pot of green tea.
- [Cups](https://tea.example/cups): Lists the sizes and colours that exist.
"""


@dataclass
class Terminal:
    """A command line in front of one deck."""

    deck: ScriptedDeck
    typed: Say
    folder: Path
    code: int = 0

    def say(self, *arguments: str) -> str:
        told = self.typed(*arguments)
        self.code = told.code
        return told.out

    def json(self, *arguments: str) -> Any:
        return json.loads(self.say(*arguments, "--json"))

    def file(self, text: str, name: str = "llms.txt") -> str:
        path = self.folder / name
        path.write_text(text)
        return str(path)

    def run(self, text: str) -> str:
        run_id = self.deck.add("/srv/tea")
        self.deck.claim(run_id)
        self.deck.complete(run_id, {ArtifactName.LLMS: text})
        return run_id


@pytest.fixture
def terminal(deck: ScriptedDeck, say: Say, tmp_path: Path) -> Terminal:
    return Terminal(deck, say, tmp_path)


def test_a_file_that_passes_exits_with_0(terminal: Terminal) -> None:
    shown = terminal.say("check", terminal.file(GOOD))
    assert terminal.code == 0
    assert shown.splitlines()[0].endswith(": passes, score 81 (profile v1)")
    assert "\n✓ reference parser\n" in shown
    assert "coverage, precision, grounded, order" in " ".join(shown.split())


def test_a_file_that_fails_exits_with_1_and_names_the_line(terminal: Terminal) -> None:
    shown = terminal.say("check", terminal.file(GOOD.replace("- [Cups]", "* [Cups]")))
    assert terminal.code == 1
    assert "✗ reference parser\n    Line 11: not a list item" in shown
    assert "fails 1 of" in shown


def test_what_to_improve_first_is_what_costs_most(terminal: Terminal) -> None:
    shown = terminal.say("check", terminal.file(GOOD.replace("Lists", "").replace("Explains", "")))
    assert "5/10  1 section; 2 to 8" in shown
    assert "\nImprove first: sections, size\n" in shown


def test_private_hosts_are_asked_with_links_only(terminal: Terminal) -> None:
    terminal.say("check", terminal.file(GOOD), "--allow-private")
    assert terminal.code == 2


def test_every_line_fits_80_columns(terminal: Terminal) -> None:
    lines = terminal.say("check", terminal.file(GOOD.replace("Cups", "C" * 70))).splitlines()[1:]
    assert max(map(len, lines)) <= 80


def test_version_2_of_the_format_can_be_asked_for(terminal: Terminal) -> None:
    terminal.say("check", terminal.file("# T\n"), "--profile", "v2")
    assert terminal.code == 0
    terminal.say("check", terminal.file("# T\n"))
    assert terminal.code == 1


def test_a_verdict_as_json_has_every_reason(terminal: Terminal) -> None:
    verdict = terminal.json("check", terminal.file(GOOD.replace("- [Cups]", "* [Cups]")))
    assert list(verdict) == [
        "subject", "profile", "passed", "score", "points", "gates", "rubric", "links",
    ]  # fmt: skip
    assert (verdict["passed"], verdict["score"], verdict["profile"]) == (False, 0, "v1")
    (failed,) = [gate for gate in verdict["gates"] if not gate["passed"]]
    assert (failed["name"], failed["findings"][0]["line"]) == ("reference parser", 11)
    assert all(item["reason"] for item in verdict["rubric"])


def test_a_run_is_judged_by_its_id(terminal: Terminal) -> None:
    run_id = terminal.run(GOOD)
    verdict = terminal.json("check", run_id[:6])
    assert terminal.code == 0
    assert verdict["subject"] == f"run {run_id[:6]}"
    assert "as published" in [gate["name"] for gate in verdict["gates"]]


def test_links_are_looked_at_only_when_asked(terminal: Terminal) -> None:
    url = "https://tea.example/cups"
    dead = LinkAnswer(url=url, state=LinkState.DEAD, reason="HTTP 404")
    terminal.deck.link_answers[url] = dead
    file = terminal.run(GOOD)
    assert terminal.json("check", file)["links"] == []
    states = [link["state"] for link in terminal.json("check", file, "--links")["links"]]
    assert states == ["alive", "dead"]
    assert f"\ndead     {url} (HTTP 404)\n" in terminal.say("check", file, "--links")


def test_a_link_that_has_moved_says_where(terminal: Terminal) -> None:
    url = "https://tea.example/cups"
    terminal.deck.link_answers[url] = LinkAnswer(
        url=url, state=LinkState.ALIVE, reason="HTTP 200", moved_to="https://new.example/\x1b[2J"
    )
    shown = terminal.say("check", terminal.run(GOOD), "--links")
    assert f"\nmoved    {url} → https://new.example/␛[2J (HTTP 200)\n" in shown


def test_nothing_from_a_file_reaches_the_terminal_raw(terminal: Terminal) -> None:
    evil = "\x1b]0;x\x07\u202e"
    text = (
        f"# T{evil}\n\n> q{evil}\n\nInfo.\n\n## D{evil}\n\n- [a{evil}](u{evil}): n{evil}\n"
        f"- [a{evil}](u{evil}): n{evil}\n## D{evil}\n{evil}\n"
    )
    file, other = terminal.file(text), terminal.file(text.replace("Info", "Other"), "other.txt")
    for shown in (
        terminal.say("check", file),
        terminal.say("check", file, "--json"),
        terminal.say("diff", file, terminal.run(GOOD), "--text"),
        terminal.say("diff", file, other, "--text"),
    ):
        assert shown
        assert not set(evil) & set(shown) - set("]0;x")


@pytest.mark.parametrize("verb", [("check",), ("diff", "x.txt")])
def test_what_is_not_there_is_one_sentence(terminal: Terminal, verb: tuple[str, ...]) -> None:
    assert terminal.say(*verb, "./nothing.txt") == ""
    assert terminal.code == 2


def test_equal_bundles_exit_with_0_and_say_so(terminal: Terminal) -> None:
    first, second = terminal.run(GOOD), terminal.run(GOOD)
    shown = terminal.say("diff", first, second)
    assert terminal.code == 0
    assert shown == f"run {first[:6]} → run {second[:6]}: equal, 2 links, score 93\n"


def test_a_difference_exits_with_1_and_is_shown_in_order(terminal: Terminal) -> None:
    changed = GOOD.replace("[Guide]", "[First steps]").replace("Lists the", "Names all")
    added = "\n## API\n\n- [Pot](https://tea.example/pot): Fills and empties the pot.\n"
    shown = terminal.say("diff", terminal.run(GOOD), terminal.run(changed + added))
    assert terminal.code == 1
    places = [
        shown.index(part)
        for part in (
            "score 93 → 93",
            "+ section API, 1 link",
            "links  2 kept, 1 added, 1 retitled, 1 renoted",
            "+ Pot (API)",
            "t Guide → First steps",
            "n Cups\n    - Lists the sizes and colours that exist.\n    + Names all sizes",
        )
    ]
    assert places == sorted(places)
    assert "@@" not in shown


def test_the_changed_lines_are_shown_on_request(terminal: Terminal) -> None:
    runs = terminal.run(GOOD), terminal.run(GOOD.replace("Cups", "Mugs"))
    shown = terminal.say("diff", *runs, "--text")
    assert "\n-- [Cups](" in shown
    assert "\n+- [Mugs](" in shown


def test_a_comparison_as_json(terminal: Terminal) -> None:
    runs = terminal.run(GOOD), terminal.run(GOOD.replace("Cups", "Mugs"))
    document = terminal.json("diff", *runs)
    assert terminal.code == 1
    assert (document["equal"], document["kept"]) == (False, 2)
    assert [(x["change"], x["before"], x["after"]) for x in document["links"]] == [
        ("retitled", "Cups", "Mugs")
    ]
    assert "text" not in document
    assert terminal.json("diff", *runs, "--text")["text"][0] == "--- llms.txt"
