from __future__ import annotations

import pytest
from tests.tui.conftest import Open, Stage
from textual.content import Content

from llmsdeck.model import ArtifactName
from llmsdeck_tui import demo
from llmsdeck_tui.present.page import Line
from llmsdeck_tui.widgets.reader import View


async def read(stage: Stage, source: str) -> None:
    """Open the first artifact of the newest run of this source."""
    await stage.open(source)
    await stage.press("3", "enter")
    await stage.until(lambda: stage.run.reading, "the text")


async def test_an_artifact_is_read_as_markdown_with_an_estimate_of_tokens(history: Stage) -> None:
    await read(history, "encode/httpx")
    await history.sees("• Quickstart: Make requests")
    await history.sees("tokens (characters / 4)")


async def test_of_a_long_text_only_the_rows_in_view_become_content(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    deck = demo.empty()
    run_id = deck.add("acme/large")
    deck.claim(run_id)
    deck.complete(run_id, {ArtifactName.LLMS: "- [a](b): c\n" * 60_000 + "x" * 5_000_000})
    made: list[int] = []
    original = Line.content

    def content(line: Line, start: int, end: int, indent: int) -> Content:
        made.append(end - start)
        return original(line, start, end, indent)

    async with opened(deck) as stage:
        monkeypatch.setattr(Line, "content", content)
        await read(stage, "acme/large")
        await stage.sees("• a: c")
        await stage.press("end")
        await stage.sees("xxx…")
    assert len(made) < 1_000
    assert max(made) <= 120


async def test_m_shows_the_source_and_markdown_again(history: Stage) -> None:
    await read(history, "encode/httpx")
    await history.press("m")
    await history.sees("- [Quickstart](https://")
    await history.press("m")
    await history.sees("• Quickstart")


async def test_o_shows_the_outline_and_enter_goes_to_a_heading(history: Stage) -> None:
    await history.open("encode/httpx")
    await history.press("3", "down", "enter")
    await history.until(lambda: history.run.reading, "the text")
    await history.press("o")
    await history.until(lambda: history.run.reader.view is View.OUTLINE, "the outline")
    await history.press("down", "down", "down", "enter")
    await history.until(lambda: history.run.reader.view is View.RENDERED, "the text")
    assert history.run.reader.place > 5


async def test_escape_closes_the_outline_then_the_text_then_the_run(history: Stage) -> None:
    await read(history, "encode/httpx")
    await history.press("o")
    await history.until(lambda: history.run.reader.view is View.OUTLINE, "the outline")
    await history.press("escape")
    await history.until(lambda: history.run.reader.view is View.RENDERED, "the text")
    await history.press("escape")
    assert not history.run.reading
    await history.press("escape")
    await history.until(lambda: history.screen_name == "RunsScreen", "the runs")


async def test_a_click_reads_an_artifact(history: Stage) -> None:
    await history.open("encode/httpx")
    await history.press("3")
    await history.sees("sha256")
    await history.pilot.click("#run-lines", offset=(5, 1))
    await history.until(lambda: history.run.reading, "the text")
    await history.sees("llms-full.txt")


@pytest.mark.parametrize("key", ["m", "o"])
async def test_views_need_a_text(history: Stage, key: str) -> None:
    await history.open("pallets/flask")
    await history.press(key)
    await history.sees("Open an artifact first")


async def test_a_text_that_cannot_be_read_is_complained_about(history: Stage) -> None:
    await history.open("encode/httpx")
    history.deck.forget_texts()
    await history.press("3", "enter")
    await history.sees("has no llms.txt yet.")
