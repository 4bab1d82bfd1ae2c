from __future__ import annotations

import io
import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from llmsdeck.cli.output import Output
from llmsdeck.cli.tones import Tone, Toned
from llmsdeck.cli.waiting import ProgressLine
from llmsdeck.model import Actor, ActorKind, Progress, Run, RunId
from llmsdeck.states import Phase, RunStatus

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Stream(io.TextIOWrapper):
    """A text stream that says whether it is a terminal."""

    def __init__(self, *, terminal: bool, encoding: str = "utf-8") -> None:
        super().__init__(io.BytesIO(), encoding=encoding)
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal

    @property
    def text(self) -> str:
        self.flush()
        assert isinstance(self.buffer, io.BytesIO)
        return self.buffer.getvalue().decode("utf-8", "surrogateescape")


def run_at(phase: Phase, done: int) -> Run:
    return Run(
        seq=1,
        run_id=RunId("7f3k2a0000"),
        source="/srv/flask",
        requested_by=Actor(ActorKind.CLI),
        status=RunStatus.PROCESSING,
        phase=phase,
        progress=Progress(done, 48),
        max_attempts=3,
        created_at=NOON,
        updated_at=NOON,
    )


def bare(text: str) -> str:
    """Without colours."""
    return re.sub(r"\x1b\[[0-9]*m", "", text)


def test_progress_on_a_terminal_is_one_line_that_leaves_no_trace() -> None:
    stream = Stream(terminal=True)
    progress = ProgressLine(stream)
    progress.show([run_at(Phase.COLLECT, 48)])
    progress.show([run_at(Phase.WRITE, 3)])
    progress.close()
    first, second, blank, rest = bare(stream.text).removeprefix("\r").split("\r")
    assert first == "████░░░░░░░░░░░░░░░░  20%  7f3k2a processing collect 48/48"
    assert second == "████████░░░░░░░░░░░░  41%  7f3k2a processing write 3/48".ljust(len(first))
    assert (len(blank), blank.strip(), rest) == (len(second.rstrip()), "", "")


def test_the_bar_is_of_all_runs_together() -> None:
    stream = Stream(terminal=True)
    ended = replace(run_at(Phase.CHECK, 48), status=RunStatus.COMPLETED, finished_at=NOON)
    ProgressLine(stream).show([ended, run_at(Phase.COLLECT, 0)])
    assert bare(stream.text).startswith("\r██████████░░░░░░░░░░  50%  1 of 2 ended")


def test_the_bar_is_drawn_where_there_is_no_unicode() -> None:
    stream = Stream(terminal=True, encoding="ascii")
    ProgressLine(stream).show([run_at(Phase.WRITE, 24)])
    assert bare(stream.text).startswith("\r##########----------  50%")


@pytest.mark.parametrize("columns", [10, 59, 60, 80])
def test_progress_never_wraps(monkeypatch: pytest.MonkeyPatch, columns: int) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    stream = Stream(terminal=True)
    ProgressLine(stream).show([run_at(Phase.COLLECT, 1)] * 5)
    assert 0 < len(bare(stream.text).removeprefix("\r")) < columns


@pytest.mark.parametrize(
    ("terminal", "variables", "colours"),
    [
        (True, {"TERM": "xterm"}, True),
        (False, {"TERM": "xterm"}, False),
        (True, {"TERM": "dumb"}, False),
        (True, {"TERM": "xterm", "NO_COLOR": "1"}, False),
        (True, {"TERM": "xterm", "NO_COLOR": ""}, True),
    ],
)
def test_colours_are_for_terminals_that_want_them(
    monkeypatch: pytest.MonkeyPatch, terminal: bool, variables: dict[str, str], colours: bool
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    stream = Stream(terminal=terminal)
    output = Output(as_json=False, stdout=stream, stderr=stream)
    output.result({}, [(Toned("good", Tone.GOOD), " plain")])
    assert stream.text == ("\x1b[32mgood\x1b[0m plain\n" if colours else "good plain\n")
    ProgressLine(stream).show([run_at(Phase.WRITE, 1)])
    assert ("\x1b" in stream.text) is colours


def test_a_tone_lets_nothing_through_that_steers() -> None:
    stream = Stream(terminal=True)
    output = Output(as_json=False, stdout=stream, stderr=stream)
    output.result({}, [(Toned("a\x1b[2J\x1b[0m", Tone.BAD), "\x1b[31m")])
    assert stream.text == "\x1b[31ma␛[2J␛[0m\x1b[0m␛[31m\n"


def test_progress_elsewhere_is_a_line_per_phase() -> None:
    stream = Stream(terminal=False)
    progress = ProgressLine(stream)
    for run in (run_at(Phase.WRITE, 1), run_at(Phase.WRITE, 2), run_at(Phase.EXPAND, 1)):
        progress.show([run])
    progress.close()
    assert stream.text.splitlines() == [
        "7f3k2a processing write 1/48",
        "7f3k2a processing expand 1/48",
    ]


def test_raw_text_reaches_a_pipe_byte_for_byte() -> None:
    stream = Stream(terminal=False)
    Output(as_json=False, stdout=stream, stderr=stream).raw("a\tb\x1b[31m\n\udcff")
    assert stream.text == "a\tb\x1b[31m\n\udcff"


def test_raw_text_on_a_terminal_shows_what_would_steer_it() -> None:
    stream = Stream(terminal=True)
    Output(as_json=False, stdout=stream, stderr=stream).raw("a\tb\x1b[31m\n\udcff")
    assert stream.text == "a       b␛[31m\n‹U+DCFF›"
