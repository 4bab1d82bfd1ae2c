from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from llmsdeck.api import DeckApi
from llmsdeck.calls import CallText
from llmsdeck.cli import main
from llmsdeck.cli.grammar import grammar
from llmsdeck.model import ArtifactName, RunId
from llmsdeck.paths import StorePaths
from llmsdeck.schemas import VERBS
from llmsdeck.states import ErrorKind
from llmsdeck.testing import FakeClock, FakeDeck

FILES = Path(__file__).parents[2] / "docs" / "schemas"
VALIDATE: Any = import_module("jsonschema").validate
TEXT = "# Tea\n\n> Brews tea over HTTP for whoever asks politely.\n\n- Install: `pip install tea`\n"
WITHOUT_DOCUMENT = {"worker", "mcp", "serve", "completion"}
"""Verbs that go on until they are stopped, or print for another program."""


@pytest.fixture
def deck() -> FakeDeck:
    """A deck with a run in every state."""
    deck = FakeDeck(FakeClock())
    deck.add_worker()
    for source in ("/srv/tea", "/srv/cup"):
        run_id = deck.add(source)
        deck.claim(run_id)
        deck.complete(run_id, {ArtifactName.LLMS: TEXT})
    failing = deck.add("/srv/coffee")
    deck.claim(failing)
    deck.fail(failing, ErrorKind.SOURCE, "The folder is empty.")
    deck.claim(deck.add("/srv/water"))
    deck.add("/srv/milk")
    return deck


Printed = Callable[..., Any]


@pytest.fixture
def printed(
    deck: FakeDeck,
    tmp_path: Path,
    capfdbinary: pytest.CaptureFixture[bytes],
    monkeypatch: pytest.MonkeyPatch,
) -> Printed:
    """The one document that a verb prints on stdout."""
    monkeypatch.setenv("LLMSDECK_CONFIG", str(tmp_path / "absent.toml"))
    monkeypatch.setenv("LLMSDECK_MODEL__BASE_URL", "http://127.0.0.1:9/v1")

    @asynccontextmanager
    async def opened(paths: StorePaths) -> AsyncGenerator[DeckApi]:
        yield deck

    def run(*arguments: str) -> Any:
        main([*arguments, "--json", "--store", str(tmp_path / "deck")], opened)
        return json.loads(capfdbinary.readouterr()[0])

    return run


def ids(deck: FakeDeck) -> list[RunId]:
    """Tea, cup, coffee, water, milk."""
    return list(deck._records)  # pyright: ignore[reportPrivateUsage] # the only list in order


def check(verb: str, document: object) -> None:
    VALIDATE(document, json.loads((FILES / f"{verb}.json").read_text()))


def test_every_verb_with_a_document_has_a_schema() -> None:
    verbs = next(action.choices for action in grammar()._actions if action.dest == "verb")
    assert set(verbs or ()) - WITHOUT_DOCUMENT | {"error"} == set(VERBS)


def test_the_published_schemas_are_those_of_the_code() -> None:
    kept = {file.stem: json.loads(file.read_text()) for file in FILES.glob("*.json")}
    assert set(kept) == set(VERBS)
    for verb, schema in VERBS.items():
        assert {key: kept[verb][key] for key in schema} == schema


@pytest.mark.parametrize(
    "typed",
    [
        "list",
        "list --filter status:failed",
        "workers",
        "events",
        "policy",
        "policy slots=2",
        "prune --keep 1 --dry-run",
        "prune --keep 1 --yes",
        "restore",
        "doctor",
        "config",
        "skill",
        "start /srv/new /srv/other",
        "cancel --filter is:live",
        "retry --filter status:failed",
    ],
)
def test_what_a_verb_prints_is_what_its_schema_says(printed: Printed, typed: str) -> None:
    words = typed.split()
    check(words[0], printed(*words))


@pytest.mark.parametrize("verb", ["show", "why", "events"])
@pytest.mark.parametrize("index", range(5))
def test_a_run_in_any_state_is_printed_as_its_schema_says(
    deck: FakeDeck, printed: Printed, verb: str, index: int
) -> None:
    check(verb, printed(verb, ids(deck)[index]))


def test_what_is_read_and_judged_is_printed_as_its_schema_says(
    deck: FakeDeck, printed: Printed
) -> None:
    tea, cup, *_ = ids(deck)
    check("read", printed("read", tea, "llms.txt"))
    check("check", printed("check", tea))
    check("diff", printed("diff", tea, cup))
    check("diff", printed("diff", tea, cup, "--text"))


def test_what_is_brought_back_is_printed_as_its_schema_says(
    deck: FakeDeck, printed: Printed
) -> None:
    tea = ids(deck)[0]
    printed("prune", "--keep", "1", "--yes")
    document = printed("restore", tea, "nothing")
    assert document["restored"] == [tea]
    check("restore", document)


def test_calls_are_printed_as_their_schema_says(deck: FakeDeck, printed: Printed) -> None:
    run_id = deck.add("/srv/rum", model="tiny")
    data = {"purpose": "notes", "model": "tiny", "tokens_per_s": 2.5, "accepted": True}
    deck.called(run_id, "notes", data, CallText(system="s", user="u", answer="a"))
    check("calls", printed("calls", run_id))
    check("calls", printed("calls", run_id, "1"))


@pytest.mark.parametrize("typed", ["show nothing", "list --filter nonsense:1", "bogus"])
def test_an_error_is_printed_as_its_schema_says(printed: Printed, typed: str) -> None:
    check("error", printed(*typed.split()))


def test_a_schema_refuses_what_is_not_so(deck: FakeDeck, printed: Printed) -> None:
    document = printed("show", ids(deck)[0])
    with pytest.raises(import_module("jsonschema").ValidationError):
        check("show", {**document, "status": "lost"})


def test_a_question_and_its_answer_are_printed_as_their_schema_says(
    deck: FakeDeck, printed: Printed
) -> None:
    run_id = deck.add("/srv/rum", model="tiny")
    deck.claim(run_id)
    deck.ask(run_id, 52_000, 20_000)
    shown = printed("show", run_id)
    check("show", shown)
    assert shown["question"]["left_s"] == 3600
    check("answer", printed("answer", run_id, "without-model"))
    check("error", printed("answer", run_id, "go"))
