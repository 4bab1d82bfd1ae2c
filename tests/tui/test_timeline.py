from __future__ import annotations

import pytest

from llmsdeck.comparison import (
    Change,
    Comparison,
    FileChange,
    LinkChange,
    SectionChange,
    SizeChange,
    TextChange,
)
from llmsdeck.model import ArtifactName
from llmsdeck_tui import demo
from llmsdeck_tui.demo import HOSTILE
from llmsdeck_tui.present import calls, deeds, difference, timeline, words
from llmsdeck_tui.present.timeline import Lineage, bar


@pytest.mark.parametrize(
    ("seconds", "usual", "drawn"),
    [
        (0, None, "          "),
        (5, None, "█████     "),
        (5.5, None, "█████▌    "),
        (0.01, None, "▏         "),
        (99, None, "██████████"),
        (2, (4, 6), "██  ┄┄    "),
        (5, (4, 6), "█████┄    "),
        (9, (4, 6), "█████████ "),
        (0, (0.1, 0.2), "┄         "),
    ],
)
def test_a_bar_shows_what_it_took_and_what_is_usual(
    seconds: float, usual: tuple[float, float] | None, drawn: str
) -> None:
    assert bar(seconds, usual, 1, 10, "").plain == drawn


def test_what_is_beyond_the_usual_stands_out() -> None:
    (span,) = [span for span in bar(9, (4, 6), 1, 10, "").spans if span.style == words.WARN]
    assert (span.start, span.end) == (6, 9)


async def test_a_narrow_screen_has_no_bars_and_still_the_figures() -> None:
    deck = demo.history()
    run = next(r for r in (await deck.page()).runs if r.source == "pallets/flask")
    detail = await deck.detail(run.run_id)
    shown = [
        line.plain.rstrip()
        for line in timeline.lines(detail, detail.events, Lineage(), deck.wall(), 56)
    ]
    assert "  ▶ write       45 s  31/48    usually 50 s to 1m10s" in shown


async def test_a_pruned_parent_is_named() -> None:
    deck = demo.history()
    run = next(r for r in (await deck.page()).runs if r.parent_run)
    detail = await deck.detail(run.run_id)
    shown = [line.plain for line in timeline.lines(detail, (), Lineage(), deck.wall(), 100)]
    assert f"  retry of   {run.parent_run and run.parent_run[:6]}  pruned" in shown


async def test_hostile_calls_and_actions_are_harmless() -> None:
    deck = demo.empty()
    for text in HOSTILE:
        run_id = deck.add(text)
        deck.claim(run_id)
        data = {"purpose": text, "model": text, "reason": text, "prompt_tokens": text}
        deck.note(run_id, calls.KIND, text, data)
        events = (await deck.detail(run_id)).events
        for line in calls.table(calls.calls(events), text, 120):
            assert line.text.isprintable()
        assert calls.summary(calls.calls(events)).plain.isprintable()
    assert all(deeds.line(event, 120).text.isprintable() for event in await deck.actions())


def test_hostile_differences_are_harmless() -> None:
    for text in HOSTILE:
        found = Comparison(
            before="a",
            after="b",
            scores=(1, 2),
            texts=(TextChange(what="title", before=text, after=text),),
            sections=(SectionChange(change=Change.ADDED, name=text, links=1),),
            links=tuple(
                LinkChange(change=change, title=text, url=text, before=text, after=text)
                for change in Change
            ),
            kept=0,
            files=(FileChange(change=Change.CHANGED, path=text, before=1, after=2),),
            sizes=(SizeChange(name=ArtifactName.LLMS, before=1, after=None, same=False),),
            lines=(f"+{text}", f"--- {text}"),
        )
        assert all(line.text.isprintable() for line in difference.lines(found))


def test_equal_bundles_are_called_so() -> None:
    same = Comparison(
        before="a",
        after="b",
        scores=(90, 90),
        texts=(),
        sections=(),
        links=(),
        kept=3,
        files=(),
        sizes=(SizeChange(name=ArtifactName.LLMS, before=9, after=9, same=True),),
        lines=(),
    )
    shown = [line.text.strip() for line in difference.lines(same)]
    assert "The bundles are the same, byte for byte." in shown
    assert "llms.txt       9 B, the same" in shown
