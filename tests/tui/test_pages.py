from __future__ import annotations

import unicodedata
from collections.abc import Callable

import pytest

from llmsdeck_tui import demo
from llmsdeck_tui.present import history, markdown, words
from llmsdeck_tui.present.page import LINE_LIMIT, MOST_LINES, Line, Page, joined, line, split

WIDE = "日本語の名前/ドキュメント 🙂 wide text"


def rows(text: str, width: int, indent: int = 0) -> list[str]:
    return [row.plain for row in Page([Line(line(text).text, (), indent)]).fold(width)]


@pytest.mark.parametrize("width", [1, 2, 7, 40])
@pytest.mark.parametrize("text", ["", "word", "many words in a row " * 9, WIDE * 4, "x" * 300])
def test_folding_loses_nothing_and_fits(text: str, width: int) -> None:
    folded = Page([line(text)]).fold(width)
    assert "".join(row.plain for row in folded) == line(text).text
    assert all(row.rstrip().cell_length <= max(2, width) for row in folded)


def test_lines_are_broken_between_words_where_that_is_near() -> None:
    assert rows("one two three four", 9) == ["one two ", "three ", "four"]
    assert rows("a bbbbbbbbbbbbbbbbb", 9) == ["a bbbbbbb", "bbbbbbbbb", "b"]


def test_what_does_not_fit_is_indented_but_never_by_more_than_half() -> None:
    assert rows("one two three", 8, indent=2) == ["one two ", "  three"]
    assert rows("abcdefgh", 4, indent=30) == ["abcd", "  ef", "  gh"]


def test_styles_stay_with_their_letters_when_a_line_is_broken() -> None:
    page = Page([joined(("abcd", ""), ("efgh", "bold"), indent=1)])
    first, second, *_ = page.fold(6)
    assert [(span.start, span.end) for span in first.spans] == [(4, 6)]
    assert second.plain == " gh"
    assert [(span.start, span.end) for span in second.spans] == [(1, 3)]


def test_a_row_knows_its_line_and_a_line_its_first_row() -> None:
    folded = Page([line("x" * 25), line("y")]).fold(10)
    assert [folded.line_at(row) for row in range(4)] == [0, 0, 0, 1]
    assert (folded.row_of(1), folded.line_at(99)) == (3, 1)
    assert Page([]).fold(10).line_at(0) == 0


def test_a_line_is_cut_and_says_so() -> None:
    cut = line("x" * 5_000_000)
    assert (len(cut.text), cut.text[-1]) == (LINE_LIMIT, "…")
    assert len(split("\n" * (MOST_LINES + 9))) == MOST_LINES


@pytest.mark.parametrize("make", [markdown.source, markdown.rendered])
@pytest.mark.parametrize("text", demo.HOSTILE)
def test_no_text_steers_the_terminal_or_carries_an_action(
    make: Callable[[str], list[Line]], text: str
) -> None:

    lines = make(f"# {text}\n- [{text}]({text}) `{text}` **{text}**\n> {text}")
    for row in Page(lines).fold(80):
        hidden = {unicodedata.category(c) for c in row.plain} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
        assert not hidden
        assert all(isinstance(span.style, str) and "click" not in span.style for span in row.spans)


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("# Title #", "Title"),
        ("- [Guide](https://x/y): how `it` **works**", "• Guide: how it works"),
        ("  * deeper", "  • deeper"),
        ("> quoted", "▌ quoted"),
        ("---", "─" * 24),
        ("![logo](a.png) text", "logo text"),
        ("#no heading", "#no heading"),
        ("[open (and](not", "[open (and](not"),
    ],
)
def test_markdown_is_drawn_line_by_line(source: str, shown: str) -> None:
    assert [each.text for each in markdown.rendered(source)] == [shown]


def test_code_is_left_as_it_is() -> None:
    drawn = markdown.rendered("```py\n# no heading\n- **x**\n```\n# heading")
    assert [each.text for each in drawn] == ["", "  # no heading", "  - **x**", "", "heading"]


def test_a_rendered_text_has_as_many_lines_as_its_source() -> None:
    text = "# a\n\n```\ncode\n```\n- b\n"
    assert len(markdown.rendered(text)) == len(markdown.source(text)) == text.count("\n") + 1


def test_an_outline_has_the_headings_outside_of_code_and_what_each_is_long() -> None:
    text = "# One\ntext\n```\n# code\n```\n## Two ##\nmore"
    found = markdown.outline(text)
    assert [(each.level, each.title, each.line) for each in found] == [(1, "One", 0), (2, "Two", 5)]
    assert sum(each.chars for each in found) == len(text)
    assert markdown.outline("no heading") == []


def test_tokens_are_an_estimate_that_never_is_too_low_by_rounding() -> None:
    assert words.tokens(9) == "~3 tokens"
    assert words.tokens(61_200) == "~15 300 tokens"


@pytest.mark.parametrize(
    ("needle", "around", "shown"),
    [
        ("", 0, list("abcdefgh")),
        ("D", 0, ["⋯", "d", "⋯"]),
        ("d", 1, ["⋯", "c", "d", "e", "⋯"]),
        ("a", 1, ["a", "b", "⋯"]),
        ("h", 2, ["⋯", "f", "g", "h"]),
        ("x", 5, []),
    ],
)
def test_events_are_found_with_the_lines_around_them(
    needle: str, around: int, shown: list[str]
) -> None:
    found = history.find([line(letter) for letter in "abcdefgh"], needle, around)
    assert [each.text for each in found.lines] == shown


def test_what_is_found_stands_out_and_is_counted() -> None:
    found = history.find([line("a.b a.b"), line("axb"), line("A.B")], "a.b", 0)
    assert found.matches == 2
    assert found.lines[0].marks == ((0, 3, words.MATCH), (4, 7, words.MATCH))
