from __future__ import annotations

from typing import Any

import pytest
from tests.tui.conftest import Open
from textual.content import Content, Span
from textual.style import Style

from llmsdeck.model import ArtifactName, Run
from llmsdeck.pages import ArtifactText
from llmsdeck.testing import FakeClock, FakeDeck
from llmsdeck_tui import demo
from llmsdeck_tui.present import page
from llmsdeck_tui.present.page import MOST_PER_CELL, Page
from llmsdeck_tui.widgets.strips import LONGEST, strip

COLUMNS = 120
MARKED = "e" + "\u0301" * 5_000
"""One cell."""


@pytest.mark.parametrize(
    "text",
    [
        (MARKED + "\n") * 100,
        "x" * 1_000_000,
        "日本" * 500_000,
        "👩\u200d👩" * 200_000,
        "\x1b" * 100_000,
    ],
    ids=["marks", "long", "wide", "joined", "control"],
)
async def test_what_is_painted_of_a_text_is_bounded_by_the_screen(opened: Open, text: str) -> None:
    deck = FakeDeck(FakeClock())
    deck.add_worker()
    run_id = deck.add("acme/long")
    deck.claim(run_id)
    deck.complete(run_id, {ArtifactName.LLMS: text})
    async with opened(deck, (COLUMNS, 36)) as stage:
        await stage.press("enter", "3", "enter")
        await stage.until(lambda: stage.run.reading, "the text")
        screen: Any = stage.app.screen
        lines = [line.text for line in screen._compositor.render_strips()]
        assert max(map(len, lines)) <= (MOST_PER_CELL + 1) * COLUMNS


def test_every_character_is_in_some_row_however_little_room_it_takes() -> None:
    rows = Page([page.line(MARKED), page.line("next")]).fold(40)
    assert "".join(row.plain for row in rows) == f"{MARKED}next"
    assert rows.line_at(len(rows) - 2) == 0


def test_no_piece_of_a_line_is_longer_than_what_cuts_it_can_bear() -> None:
    text = MARKED + "xyz" * 100
    pieces = [segment.text for segment in strip(Content(text), 301, Style())]
    assert "".join(pieces) == text
    assert max(map(len, pieces)) <= LONGEST


async def test_no_text_is_written_out_to_describe_a_task(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[object] = []

    def written_out(record: object) -> str:
        written.append(record)
        return ""

    monkeypatch.setattr(ArtifactText, "__repr__", written_out)
    monkeypatch.setattr(Run, "__repr__", written_out)
    async with opened(demo.history()) as stage:
        await stage.press("down", "down", "down", "enter", "3", "enter")
        await stage.until(lambda: stage.run.reading, "the text")
        await stage.press("o")
        await stage.sees("outline")
    assert not written


@pytest.mark.parametrize(
    "spans",
    [
        [],
        [Span(0, 3, "bold")],
        [Span(2, 4, "bold"), Span(4, 9, "red")],
        [Span(0, 9, "bold"), Span(3, 5, "red")],
        [Span(5, 9, "bold"), Span(0, 2, "red")],
        [Span(0, 4, "bold"), Span(2, 7, "red")],
        [Span(3, 3, "bold"), Span(3, 4, "red")],
        [Span(2, 40, "bold")],
    ],
)
def test_a_strip_has_the_styles_that_textual_gives_its_content(spans: list[Span]) -> None:
    content, style = Content("some words", spans), Style(dim=True)
    expected = [
        (text, own.rich_style)
        for text, own in content.truncate(12, pad=True).render(style, end="")
        if text
    ]
    assert [(segment.text, segment.style) for segment in strip(content, 12, style)] == expected


async def test_a_text_is_folded_beside_its_scroll_bar(opened: Open) -> None:
    deck = demo.empty()
    run_id = deck.add("acme/long")
    deck.claim(run_id)
    deck.complete(run_id, {ArtifactName.LLMS: "\n".join(["x" * 500] * 40)})
    async with opened(deck, size=(80, 24)) as stage:
        await stage.open("acme/long")
        await stage.press("3", "enter")
        await stage.sees("Markdown")
        lines = stage.run.reader.lines
        await stage.until(lambda: lines.show_vertical_scrollbar, "the scroll bar")
        room = lines.scrollable_content_region.width
        assert max(row.cell_length for row in lines.rows) == room
