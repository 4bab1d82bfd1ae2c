from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from llmsdeck.calls import CallText
from llmsdeck.comparison import (
    Change,
    Comparison,
    FileChange,
    LinkChange,
    SectionChange,
    SizeChange,
    TextChange,
)
from llmsdeck.model import Actor, ActorKind, ArtifactName, Run, RunId
from llmsdeck.snapshot import PhaseSpan, RunDetail
from llmsdeck.states import Phase, RunStatus
from llmsdeck_tui import demo
from llmsdeck_tui.demo import HOSTILE
from llmsdeck_tui.present import calls, deeds, difference, timeline, words
from llmsdeck_tui.present.timeline import Lineage, bar


def ended() -> Run:
    now = datetime(2026, 3, 1, tzinfo=UTC)
    return Run(
        seq=1, run_id=RunId("7f3k2a" * 3), source="acme/tea", status=RunStatus.COMPLETED,
        requested_by=Actor(ActorKind.OPERATOR), max_attempts=3, created_at=now, started_at=now,
        updated_at=now, finished_at=now,
    )  # fmt: skip


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


@pytest.mark.parametrize(
    ("seconds", "full"),
    [((0.1, 0.02, 0.3), "1.0 s"), ((0.1, 9.0, 20.0), "20 s"), ((1800.0, 0.2, 0.01), "30m00s")],
)
def test_bars_are_as_long_as_what_they_stand_for(seconds: tuple[float, ...], full: str) -> None:
    spans = [PhaseSpan(phase=phase, seconds=s) for phase, s in zip(Phase, seconds, strict=False)]
    detail = RunDetail(run=ended(), phases=tuple(spans))
    heading, *lines = timeline.lines(detail, (), Lineage(), ended().created_at, 100)[:4]
    assert heading.plain == f"PHASES  a full bar is {full}"
    scale = max(1.0, *seconds)
    for took, line in zip(seconds, lines, strict=True):
        cells = sum(" ▏▎▍▌▋▊▉█".index(cell) / 8 for cell in line.plain if cell in "▏▎▍▌▋▊▉█")
        assert abs(cells - 40 * took / scale) <= 1 / 8
        assert words.precise_duration(took) in line.plain


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
        said = CallText(system=text, user=text, thoughts=text, answer=text)
        deck.called(run_id, text, data, said)
        (call,) = await deck.calls(run_id)
        assert calls.row(call, 120).text.isprintable()
        deck.note(run_id, "recalled", text, {})
        run = replace(await deck.find(run_id), model=text)
        for content in calls.none(run, await deck.events(run_id)):
            assert content.plain.isprintable()
        assert calls.title(call).plain.isprintable()
        for line in calls.text(call, await deck.read_call(run_id, call)):
            assert line.text.isprintable()
    actions = await deck.actions()
    assert len(actions) == len(HOSTILE)
    for event in actions:
        named = None if event.run_id is None else await deck.find(event.run_id)
        for width in (60, 120):
            assert deeds.line(event, named, width).text.isprintable()


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
