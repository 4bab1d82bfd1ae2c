"""A dashboard with generated strings in every field: `python hostile_dashboard.py hostile|tame`."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final

from llmsdeck.calls import CallText
from llmsdeck.model import Actor, ActorKind, ArtifactName, RunWarning
from llmsdeck.snapshot import Lane
from llmsdeck.states import ErrorKind, Outcome, Phase
from llmsdeck.testing import FakeClock, FakeDeck
from llmsdeck_tui.app import DeckApp

RUNS: Final = 700
STRINGS_PER_RUN: Final = 16
SEED: Final = 20_260_301
ATTACKS: Final = (
    "\x1b]0;owned\x07",
    "\x1b]2;owned\x1b\\",
    "\x1b]52;c;b3duZWQ=\x07",
    "\x1b]8;;http://owned\x1b\\x\x1b]8;;\x1b\\",
    "\x1b]9;owned\x07",
    "\x1b[2J\x1b[66;66H",
    "\x1b[66;66r",
    "\x1b[?1049l",
    "\x1b[6n",
    "\x1bc",
    "\x1b(0",
    "\x1bP+q6f776e6564\x1b\\",
    "\x9b2J",
    "\x9d0;owned\x9c",
    "\x90owned\x9c",
    "\x00\x05\x07\x08\x0b\x0c\x0e\x0f\x7f",
    "\r\n\t",
    "\u202eowned\u2066",
    "\u200b\u200d\ufeff\U000e0041",
    "\u2028\u2029",
    "\udcff\ud800",
    "[/]",
    "[@click=app.quit]owned[/]",
    "[link=http://owned]x[/link]",
    "[bold red on blue]",
    "[",
    "\\[",
    "日本語🙂",
    "x" * 300,
)


def strings(attacks: tuple[str, ...]) -> Iterator[str]:
    """Attacks in random order and number, with some text between; the same at each run."""
    chance = random.Random(SEED)
    for number in range(RUNS * STRINGS_PER_RUN):
        parts = [chance.choice(attacks) for _ in range(chance.randint(1, 3))]
        yield f"{number}" + "".join(part + chance.choice(("", "a", " b/")) for part in parts)


def deck(attacks: tuple[str, ...]) -> FakeDeck:
    """Runs of every status with such strings wherever outside text can be."""
    text = strings(attacks)
    some: Callable[[], str] = lambda: next(text)  # noqa: E731
    clock = FakeClock()
    made = FakeDeck(clock, store_dir=some())
    made.add_worker()
    made.set_worker(0, replace(made.registered[0], sweep_error=some()))
    made.lanes = (Lane(server=some(), model=some(), tokens_per_s=3.0, seen_age_s=1.0),)
    for number in range(RUNS):
        by = Actor(ActorKind.AGENT, some())
        run_id = made.add(some(), ref=some(), model=some(), by=by)
        if number % 4 == 0 and number > RUNS - 40:
            continue
        made.claim(run_id)
        made.enter(run_id, Phase.WRITE, 1, 3)
        said = CallText(system=some(), user=some(), thoughts=some(), answer=some())
        made.called(run_id, some(), {"purpose": some(), "model": some(), "reason": some()}, said)
        if number % 3 == 0:
            made.fail(run_id, ErrorKind.SOURCE, some())
        elif number % 3 == 1:
            warning = RunWarning(kind=some(), message=some())
            texts = {ArtifactName.LLMS: "\n".join(some() for _ in range(3))}
            made.complete(run_id, texts, outcome=Outcome.DEGRADED, warnings=(warning,))
        else:
            made.request_cancel(run_id, by)
            while made.climb(run_id) != "stopped":
                pass
    return made


if __name__ == "__main__":
    tame = tuple(f"tame{number}" for number in range(len(ATTACKS)))
    opened = deck(ATTACKS if sys.argv[1] == "hostile" else tame)
    DeckApp(opened, clock=opened.clock).run()
