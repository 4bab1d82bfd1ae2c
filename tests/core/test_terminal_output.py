from __future__ import annotations

import io
from datetime import UTC, datetime

import pytest

from llmsdeck.cli.output import Output
from llmsdeck.cli.waiting import ProgressLine
from llmsdeck.model import Actor, ActorKind, Progress, Run, RunId
from llmsdeck.states import Phase, RunStatus

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Stream(io.TextIOWrapper):
    """A text stream that says whether it is a terminal."""

    def __init__(self, *, terminal: bool) -> None:
        super().__init__(io.BytesIO(), encoding="utf-8")
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


def test_progress_on_a_terminal_is_one_line_that_leaves_no_trace() -> None:
    stream = Stream(terminal=True)
    progress = ProgressLine(stream)
    progress.show([run_at(Phase.COLLECT, 48)])
    progress.show([run_at(Phase.WRITE, 3)])
    progress.close()
    first, second, blank, rest = stream.text.removeprefix("\r").split("\r")
    assert first == "7f3k2a processing collect 48/48"
    assert second == "7f3k2a processing write 3/48".ljust(len(first))
    assert (blank.strip(), rest) == ("", "")


@pytest.mark.parametrize("columns", [10, 80])
def test_progress_never_wraps(monkeypatch: pytest.MonkeyPatch, columns: int) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    stream = Stream(terminal=True)
    ProgressLine(stream).show([run_at(Phase.COLLECT, 1)] * 5)
    assert len(stream.text.removeprefix("\r")) < columns


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
