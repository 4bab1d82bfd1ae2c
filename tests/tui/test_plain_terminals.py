from __future__ import annotations

import re

import pytest
from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color

from llmsdeck_tui import demo
from llmsdeck_tui.plainglyphs import VARIABLE, AsciiGlyphs, limited

WORDS = ("○ pending", "● processing", "! STALE", "! ORPHAN", "⊘ cancelling", "✓ completed")

SCREENSHOT_TEXT = "c5c8c6"
"""What a screenshot draws text in that has no colour of its own."""


def in_ascii(text: str) -> str:
    (segment,) = AsciiGlyphs().apply([Segment(text)], Color(0, 0, 0))
    return segment.text


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, False),
        ({"LANG": "en_US.UTF-8"}, False),
        ({"LANG": "de_DE.utf8", "TERM": "xterm-256color"}, False),
        ({"LANG": "de_DE.ISO-8859-1"}, True),
        ({"LC_ALL": "C", "LANG": "en_US.UTF-8"}, True),
        ({"LC_CTYPE": "C.UTF-8", "LANG": "C"}, False),
        ({"LANG": "en_US.UTF-8", "TERM": "linux"}, True),
        ({"LANG": "en_US.UTF-8", VARIABLE: "1"}, True),
        ({"LANG": "C", VARIABLE: "0"}, False),
    ],
)
def test_locale_and_terminal_tell_whether_there_are_other_signs(
    environ: dict[str, str], expected: bool
) -> None:
    assert limited(environ) is expected


@pytest.mark.parametrize(
    "text", ["▸◆7f3k2a", "│╭─╮╰┄", "▁▂▃▄▅▆▇█░ 65%", "日本語🙂 é ñ", "a\u0301b", "\u202e", "⇧↑ K"]
)
def test_what_is_not_ascii_is_replaced_in_as_many_cells(text: str) -> None:
    assert in_ascii(text).isascii()
    assert len(in_ascii(text)) == cell_len(text)


def test_states_are_told_apart_without_their_signs() -> None:
    signs = [in_ascii(word[0]) for word in ("○", "●", "!", "⊘", "✓", "✗", "~")]
    assert len(set(signs)) == len(signs)


def test_letters_with_marks_keep_the_letter() -> None:
    assert in_ascii("Ünï") == "Uni"


async def test_a_whole_screen_is_ascii_where_there_is_nothing_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(VARIABLE, "1")
    app = demo.SceneApp(demo.busy())
    async with app.run_test(size=(120, 36)) as pilot:
        await demo.until(pilot, lambda: app.runs.is_complete, "the first picture")
        await demo.press(pilot, ("s",))
        await demo.until(pilot, lambda: "Sort by" in demo.screen_text(app), "a dialog")
        assert [line for line in demo.screen_text(app).splitlines() if not line.isascii()] == []


async def test_without_colour_every_status_is_a_word(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = demo.SceneApp(demo.busy())
    async with app.run_test(size=(120, 36)) as pilot:
        await demo.until(pilot, lambda: app.runs.is_complete, "the first picture")
        table = app.runs.table
        rows = "\n".join(table.render_line(y).text for y in range(1, 20))
        for word in WORDS:
            assert word in rows
        fills = re.findall(r"-r[0-9]+ \{ fill: #([0-9a-f]{6})", app.export_screenshot())
        greys = [fill for fill in fills if fill[:2] == fill[2:4] == fill[4:]]
        assert len(greys) > 5
        assert set(fills) - set(greys) <= {SCREENSHOT_TEXT}
