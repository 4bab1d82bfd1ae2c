from __future__ import annotations

import asyncio
import io
import json
import re
import signal
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from llmsdeck.answers import Preflight
from llmsdeck.api import DeckApi
from llmsdeck.calls import CallText
from llmsdeck.cli import main
from llmsdeck.cli.actor import CLI
from llmsdeck.errors import StoreError
from llmsdeck.model import ArtifactName, Run, RunId
from llmsdeck.paths import StorePaths
from llmsdeck.pruning import PruneRule
from llmsdeck.states import TERMINAL, CancelState, Decision, ErrorKind, RunStatus
from llmsdeck.testing import FakeClock, FakeDeck

TEXTS = {ArtifactName.LLMS: "# Flask\n\x1b[31mred\n"}


class ScriptedDeck(FakeDeck):
    """A deck in which one prepared thing happens whenever a front end waits for a change."""

    def __init__(self) -> None:
        super().__init__()
        self.script: list[Callable[[], object]] = []

    async def changed(self, within: float) -> bool:
        self.script.pop(0)()
        await asyncio.sleep(0)
        return True

    def newest(self) -> RunId:
        return next(reversed(self._records))


@dataclass(frozen=True)
class Told:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Say = Callable[..., Told]


@pytest.fixture
def deck() -> ScriptedDeck:
    return ScriptedDeck()


@pytest.fixture
def say(deck: ScriptedDeck, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> Say:
    """Type a command line against the deck."""

    @asynccontextmanager
    async def opened(paths: StorePaths) -> AsyncGenerator[DeckApi]:
        yield deck

    def type_(*arguments: str) -> Told:
        code = main([*arguments, "--store", str(tmp_path)], opened)
        out, err = capfdbinary.readouterr()
        return Told(code, out.decode(), err.decode())

    return type_


def completed(deck: ScriptedDeck, source: str = "/srv/flask") -> RunId:
    run_id = deck.add(source)
    deck.claim(run_id)
    deck.complete(run_id, TEXTS)
    return run_id


def test_start_prints_the_run_id_and_nothing_else_on_stdout(deck: ScriptedDeck, say: Say) -> None:
    told = say("start", "/srv/flask")
    assert told.code == 0
    assert told.out == f"{deck.newest()}\n"
    assert "in the queue" in told.err


@pytest.mark.parametrize("verb", ["start", "retry"])
def test_a_run_that_nobody_would_execute_is_mentioned(
    deck: ScriptedDeck, say: Say, verb: str
) -> None:
    arguments = [verb, "/srv/flask" if verb == "start" else completed(deck)]
    assert "llmsdeck worker" in say(*arguments).err
    deck.add_worker()
    assert "llmsdeck worker" not in say(*arguments, *(["--force"] * (verb == "start"))).err


def test_start_passes_on_what_was_typed(deck: ScriptedDeck, say: Say) -> None:
    told = say(
        "start", "./flask", "--ref", "v2", "--artifacts", "llms.txt", "--timeout", "30m",
        "--priority", "7", "--output", "out", "--json",
    )  # fmt: skip
    (run,) = told.json["runs"]
    assert (run["source"], run["ref"], run["artifacts_wanted"]) == ("./flask", "v2", ["llms.txt"])
    assert (run["priority"], run["requested_by"]) == (7, "cli")
    assert run["output_dir"] == "out"


def test_start_again_names_the_live_run_and_how_to_force(deck: ScriptedDeck, say: Say) -> None:
    first = say("start", "/srv/flask")
    again = say("start", "/srv/flask")
    assert (again.code, again.out) == (0, first.out)
    assert "already pending; --force" in again.err


def test_start_of_one_refused_source_is_that_error(deck: ScriptedDeck, say: Say) -> None:
    deck.preflights["/gone"] = Preflight(ok=False, message="There is nothing at /gone.")
    told = say("start", "/gone", "--json")
    assert told.code == 4
    assert told.json == {"error": {"kind": "refused", "message": "There is nothing at /gone."}}


def test_start_of_several_reports_each_and_exits_with_the_worst(
    deck: ScriptedDeck, say: Say
) -> None:
    deck.preflights["/gone"] = Preflight(ok=False, message="There is nothing at /gone.")
    told = say("start", "/gone", "/srv/flask", "--json")
    assert told.code == 4
    assert [run["source"] for run in told.json["runs"]] == ["/srv/flask"]
    assert told.json["errors"] == [
        {"source": "/gone", "kind": "refused", "message": "There is nothing at /gone."}
    ]


def test_a_full_queue_is_reported_for_each_source_with_its_figures(
    deck: ScriptedDeck, say: Say
) -> None:
    deck.add_worker()
    say("policy", "queue_cap=1")
    told = say("start", "/srv/flask", "/srv/httpx", "--json")
    assert (told.code, [run["source"] for run in told.json["runs"]]) == (4, ["/srv/flask"])
    (refused,) = told.json["errors"]
    assert refused.pop("message") == (
        "The queue is full (1 of 1) for 0 s; "
        "wait for runs to finish, cancel some, start another worker or raise queue_cap."
    )
    assert refused == {
        "source": "/srv/httpx", "kind": "queue_full", "queued": 1, "queue_cap": 1,
        "full_for_s": 0.0, "processing": 0, "workers": 1,
    }  # fmt: skip


def test_wait_starts_a_worker_and_prints_the_bundles_folder(deck: ScriptedDeck, say: Say) -> None:
    deck.script = [
        lambda: deck.claim(deck.newest()),
        lambda: deck.complete(deck.newest(), TEXTS),
    ]
    told = say("start", "/srv/flask", "--wait")
    assert told.code == 0
    assert told.out == f"/srv/llmsdeck/bundles/{deck.newest()}/1\n"
    assert "processing collect" in told.err
    assert len(asyncio.run(deck.workers())) == 1


def test_the_bundles_folder_reaches_a_pipe_as_it_is(deck: ScriptedDeck, say: Say) -> None:
    deck.store_dir = "/srv/no\u00a0break"
    deck.script = [
        lambda: deck.claim(deck.newest()),
        lambda: deck.complete(deck.newest(), TEXTS),
    ]
    assert say("start", "/srv/flask", "--wait").out.startswith("/srv/no\u00a0break/bundles/")


def test_wait_exits_1_when_a_run_failed(deck: ScriptedDeck, say: Say) -> None:
    deck.script = [
        lambda: deck.claim(deck.newest()),
        lambda: deck.fail(deck.newest(), ErrorKind.SOURCE, "The folder is empty."),
    ]
    told = say("start", "/srv/flask", "--wait")
    assert (told.code, told.out) == (1, "")
    assert "failed source: The folder is empty." in told.err


def test_wait_exits_130_when_somebody_cancels(deck: ScriptedDeck, say: Say) -> None:
    deck.script = [lambda: asyncio.ensure_future(deck.cancel([deck.newest()], CLI))]
    told = say("start", "/srv/flask", "--wait", "--json")
    assert told.code == 130
    assert told.json["runs"][0]["status"] == "cancelled"


def test_ctrl_c_cancels_what_this_call_started_and_nothing_else(
    deck: ScriptedDeck, say: Say
) -> None:
    other = deck.add("/srv/httpx")
    deck.claim(other)
    deck.script = [partial(signal.raise_signal, signal.SIGINT)]
    told = say("start", "/srv/httpx", "/srv/flask", "--wait", "--json")
    assert told.code == 130
    states = {run["source"]: run["status"] for run in told.json["runs"]}
    assert states == {"/srv/httpx": "processing", "/srv/flask": "cancelled"}


def test_wait_gives_up_when_workers_do_not_stay_alive(deck: ScriptedDeck, say: Say) -> None:
    def die() -> None:
        asyncio.ensure_future(deck.stop_worker())  # noqa: RUF006 - ends within the same wait

    deck.script = [die] * 4
    told = say("start", "/srv/flask", "--wait")
    assert told.code == 1
    assert "none stayed alive" in told.err


def test_list_is_newest_first_and_hostile_names_stay_on_their_line(
    deck: ScriptedDeck, say: Say
) -> None:
    deck.add("/srv/a\n\x1b[2Jb")
    deck.add("/srv/second")
    head, second, first = say("list").out.splitlines()
    assert head.split() == ["RUN", "STATUS", "CREATED", "SOURCE", "STATE"]
    assert "/srv/second" in second
    assert "/srv/a␊␛[2Jb" in first


def test_list_goes_on_from_its_cursor(deck: ScriptedDeck, say: Say) -> None:
    for name in "abc":
        deck.add(f"/srv/{name}")
    page = say("list", "--limit", "2", "--json").json
    rest = say("list", "--cursor", page["next_cursor"], "--json").json
    assert [run["source"] for run in page["runs"] + rest["runs"]] == ["/srv/c", "/srv/b", "/srv/a"]
    assert rest["next_cursor"] is None


def test_show_takes_the_start_of_an_id(deck: ScriptedDeck, say: Say) -> None:
    run_id = completed(deck)
    assert say("show", run_id[:6], "--json").json["run_id"] == run_id


def test_show_names_bundle_and_hashes(deck: ScriptedDeck, say: Say) -> None:
    run_id = completed(deck)
    (artifact,) = say("show", run_id, "--json").json["artifacts"]
    shown = say("show", run_id).out
    assert f"bundle    /srv/llmsdeck/bundles/{run_id}/1" in shown
    assert artifact["hash_sha256"] in shown


@pytest.mark.parametrize("verb", ["show", "events", "cancel", "retry"])
def test_an_unknown_run_is_exit_3(say: Say, verb: str) -> None:
    told = say(verb, "nothing", "--json")
    assert told.code == 3
    assert told.json["error"]["kind"] == "no_such_run"


def test_why_gives_the_reason_the_evidence_and_what_to_do(deck: ScriptedDeck, say: Say) -> None:
    run_id = deck.add("/srv/flask")
    told = say("why", run_id[:6])
    reason, *evidence = told.out.splitlines()
    assert reason == f"{run_id[:6]} unattended: No worker is alive that would take it."
    assert any(
        re.fullmatch(r"place in the queue +1 of 1 +\(limit queue_cap=500\)", x) for x in evidence
    )
    assert "→ Start a worker.  llmsdeck worker --until-idle" in evidence
    assert say("why", run_id, "--json").json["state"] == "unattended"


@pytest.mark.parametrize("address", ["8765", "localhost", ":80", "127.0.0.1:x", "[::1]:65536"])
def test_an_address_that_is_none_is_refused(say: Say, address: str) -> None:
    told = say("mcp", "--http", address)
    assert (told.code, told.out) == (2, "")
    assert "HOST:PORT" in told.err


def test_events_are_told_once_and_followed_to_the_end(deck: ScriptedDeck, say: Say) -> None:
    run_id = deck.add("/srv/flask")
    deck.script = [
        lambda: deck.claim(run_id),
        lambda: deck.complete(run_id, TEXTS),
    ]
    kinds = [event["kind"] for event in say("events", run_id, "--follow", "--json").json["events"]]
    assert kinds == ["accepted", "claimed", "phase", "completed"]
    assert len(say("events", run_id).out.splitlines()) == len(kinds)


def test_ctrl_c_ends_following_and_cancels_nothing(deck: ScriptedDeck, say: Say) -> None:
    run_id = deck.add("/srv/flask")
    deck.script = [partial(signal.raise_signal, signal.SIGINT)]
    assert say("events", run_id, "--follow").code == 130
    assert asyncio.run(deck.find(run_id)).status is RunStatus.PENDING


def test_cancel_of_a_pending_run_is_done_at_once(deck: ScriptedDeck, say: Say) -> None:
    told = say("cancel", deck.add("/srv/flask"), "--json")
    assert told.code == 0
    assert told.json["answers"][0]["verdict"] == "cancelled"


@pytest.mark.parametrize("decision", Decision)
def test_every_decision_can_be_typed(deck: ScriptedDeck, say: Say, decision: Decision) -> None:
    run_id = deck.add("/srv/flask", model="tiny")
    deck.claim(run_id)
    deck.ask(run_id, 9, 5)
    assert say("answer", run_id, decision).code == 0


def test_an_answer_is_taken_once(deck: ScriptedDeck, say: Say) -> None:
    run_id = deck.add("/srv/flask", model="tiny")
    deck.claim(run_id)
    deck.ask(run_id, 52_000, 20_000)
    assert "asks: The model would read about 52000 tokens" in say("list").out
    told = say("answer", run_id[:6], "go")
    assert (told.code, told.out) == (0, f"{run_id[:6]} pending number 1 in the queue\n")
    late = say("answer", run_id, "cancel")
    assert (late.code, "asks nothing" in late.err) == (4, True)
    assert say("answer", run_id, "maybe").code == 2


@pytest.mark.parametrize("columns", [pytest.param("9" * 5_000, id="endless"), "0", "wide"])
def test_a_width_that_cannot_be_stops_no_verb(
    say: Say, monkeypatch: pytest.MonkeyPatch, columns: str
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    assert say("list").code == 0


def test_options_may_stand_between_what_is_named(deck: ScriptedDeck, say: Say) -> None:
    run_id = deck.add("/srv/flask", model="tiny")
    deck.claim(run_id)
    deck.ask(run_id, 9, 5)
    assert say("answer", run_id, "--json", "go").json["runs"][0]["run_id"] == run_id
    assert "has no call 3" in say("calls", run_id, "--json", "3").json["error"]["message"]
    other = deck.add("/srv/cup")
    told = say("cancel", run_id, "--json", other).json
    assert {answer["run_id"] for answer in told["answers"]} == {run_id, other}


def test_the_calls_of_a_run_are_listed_and_one_is_printed(deck: ScriptedDeck, say: Say) -> None:
    run_id = deck.add("/srv/flask", model="tiny")
    assert say("calls", run_id).out == "It made no call to a model.\n"
    said = CallText(system="Be brief.", user="Tea?", answer="Yes\x1b[2J")
    for accepted, reason in ((True, ""), (False, "Too short."), (True, "One is too short.")):
        data = {"purpose": "notes", "model": "tiny", "accepted": accepted, "reason": reason}
        deck.called(run_id, "notes", data, said)
    listed = say("calls", run_id[:6]).out.splitlines()[1:]
    verdicts = ("used", "not used  Too short.", "in part   One is too short.")
    assert [line.partition("0.0 s  ")[2] for line in listed] == list(verdicts)
    assert "Tea?\n" in say("calls", run_id, "2").out
    document = say("calls", run_id, "2", "--json").json
    assert (document["user"], document["call"]["number"]) == ("Tea?", 2)
    missing = say("calls", run_id, "4")
    assert (missing.code, "it made 3." in missing.err) == (2, True)
    assert say("calls", run_id, "0").code == 2


def test_all_runs_that_ask_are_answered_at_once(deck: ScriptedDeck, say: Say) -> None:
    asking = [deck.add(f"/srv/{name}", model="tiny") for name in ("cup", "tea")]
    for run_id in asking:
        deck.claim(run_id)
        deck.ask(run_id, 9, 5)
    deck.add("/srv/rum")
    told = say("answer", "--filter", "source:srv", "without-model", "--json")
    assert told.code == 0
    assert {run["run_id"] for run in told.json["runs"]} == set(asking)
    assert all(run["question"] is None for run in told.json["runs"])
    again = say("answer", "--filter", "source:srv", "go")
    assert (again.code, "No run that asks" in again.err) == (0, True)


def test_one_run_that_asks_nothing_stops_no_other_answer(deck: ScriptedDeck, say: Say) -> None:
    asks, silent = deck.add("/srv/tea", model="tiny"), deck.add("/srv/rum")
    deck.claim(asks)
    deck.ask(asks, 9, 5)
    told = say("answer", asks, silent, "go", "--json")
    assert told.code == 4
    assert [run["run_id"] for run in told.json["runs"]] == [asks]
    assert [error["run_id"] for error in told.json["errors"]] == [silent]


def test_a_run_that_is_named_twice_is_cancelled_once(deck: ScriptedDeck, say: Say) -> None:
    run_id = deck.add("/srv/flask")
    told = say("cancel", run_id, run_id[:6], "--json")
    assert (told.code, len(told.json["answers"])) == (0, 1)


def test_cancel_of_an_ended_run_is_refused(deck: ScriptedDeck, say: Say) -> None:
    told = say("cancel", completed(deck))
    assert told.code == 4
    assert "Too late" in told.out


def test_cancel_stops_nothing_when_one_name_is_wrong(deck: ScriptedDeck, say: Say) -> None:
    run_id = deck.add("/srv/flask")
    assert say("cancel", run_id, "nothing").code == 3
    assert asyncio.run(deck.find(run_id)).status is RunStatus.PENDING


def test_cancel_waits_for_the_verdict(deck: ScriptedDeck, say: Say) -> None:
    run_id = deck.add("/srv/flask")
    deck.claim(run_id)
    deck.script = [partial(deck.climb, run_id)] * (len(CancelState) - 1)
    told = say("cancel", run_id, "--wait", "--json")
    assert told.code == 0
    assert told.json["answers"][0]["verdict"] == "cancelled"
    assert told.json["answers"][0]["run"]["cancel"]["state"] == "stopped"


def test_cancel_that_came_too_late_says_so_after_waiting(deck: ScriptedDeck, say: Say) -> None:
    run_id = deck.add("/srv/flask")
    deck.claim(run_id)
    deck.script = [lambda: deck.complete(run_id, TEXTS)]
    told = say("cancel", run_id, "--wait", "--json")
    assert told.code == 4
    assert told.json["answers"][0]["verdict"] == "too_late"


def test_retry_starts_a_run_that_names_its_parent(deck: ScriptedDeck, say: Say) -> None:
    run_id = completed(deck)
    (run,) = say("retry", run_id, "--json").json["runs"]
    assert run["parent_run"] == run_id


def test_a_fresh_retry_begins_at_the_start(deck: ScriptedDeck, say: Say) -> None:
    (run,) = say("retry", completed(deck), "--fresh", "--json").json["runs"]
    assert "to be made from the start" in say("events", run["run_id"]).out


def test_list_shows_what_matches_in_the_order_that_was_asked_for(
    deck: ScriptedDeck, say: Say
) -> None:
    for name in ("b", "c", "a"):
        deck.add(f"/srv/{name}")
    completed(deck, "/srv/b")
    listed = say("list", "--filter", "is:live", "--sort", "-source", "--json").json["runs"]
    assert [run["source"] for run in listed] == ["/srv/c", "/srv/b", "/srv/a"]
    assert len(say("list", "--filter", "-is:live", "--json").json["runs"]) == 1
    assert say("list", "--filter", "nothing").out == "No run matches.\n"


def test_a_filter_that_cannot_be_read_says_where(say: Say) -> None:
    told = say("list", "--filter", "flask statsu:failed", "--json")
    assert told.code == 2
    assert (told.json["error"]["kind"], told.json["error"]["column"]) == ("filter", 7)
    assert "did you mean status?" in told.json["error"]["message"]


def test_cancel_by_filter_asks_every_live_match_and_nobody_else(
    deck: ScriptedDeck, say: Say
) -> None:
    other, flask, _ = deck.add("/srv/httpx"), deck.add("/srv/flask"), completed(deck)
    told = say("cancel", "--filter", "source:flask OR nothing", "--json")
    assert told.code == 0
    (answer,) = told.json["answers"]
    assert (answer["run_id"], answer["verdict"]) == (flask, "cancelled")
    assert asyncio.run(deck.find(other)).status is RunStatus.PENDING
    again = say("cancel", "--filter", "source:flask")
    assert (again.code, again.out) == (0, "")
    assert "No run that has not ended" in again.err


def test_retry_by_filter_changes_what_was_set(deck: ScriptedDeck, say: Say) -> None:
    run_id = completed(deck)
    deck.add("/srv/flask", ref="v2")
    told = say("retry", "--filter", "flask", "--set", "priority=5", "--set", "ref=v3", "--json")
    (run,) = told.json["runs"]
    assert (run["parent_run"], run["priority"], run["ref"]) == (run_id, 5, "v3")


def test_prune_by_filter_takes_what_matches(deck: ScriptedDeck, say: Say) -> None:
    flask, httpx = completed(deck), completed(deck, "/srv/httpx")
    told = say("prune", "--filter", "source:flask", "--yes", "--json")
    assert [run["run_id"] for run in told.json["plan"]["runs"]] == [flask]
    assert asyncio.run(deck.find(httpx))


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["cancel"], "one of the two"),
        (["cancel", "{}", "--filter", "is:live"], "one of the two"),
        (["retry"], "one of the two"),
        (["retry", "{}", "--filter", "is:ended"], "one of the two"),
        (["cancel", "--filter", ""], "blank"),
        (["prune", "--filter", " ", "--yes"], "blank"),
        (["cancel", "--filter", "is:lively"], "did you mean live"),
        (["retry", "{}", "--set", "model"], "KEY=VALUE"),
        (["retry", "{}", "--set", "modell=x"], "did you mean model"),
        (["retry", "{}", "--set", "ref=a", "--set", "ref=b"], "set twice"),
        (["list", "--sort", "size"], "choose from created"),
        (["list", "--sort", "status,-sorce"], "did you mean source"),
        (["list", "--sort", "-status,status"], "twice"),
    ],
)
def test_what_is_not_said_clearly_is_not_done(
    deck: ScriptedDeck, say: Say, arguments: list[str], sentence: str
) -> None:
    run_id = completed(deck)
    deck.add("/srv/flask")
    told = say(*(word.format(run_id) for word in arguments))
    assert told.code == 2
    assert sentence in told.err
    assert [str(run.status) for run in asyncio.run(deck.page()).runs] == ["pending", "completed"]


class ForgetfulDeck(ScriptedDeck):
    """A deck in which the first run goes as soon as it was found."""

    async def find(self, reference: str) -> Run:
        run = await super().find(reference)
        if run.seq == 1 and run.status in TERMINAL:
            await self.apply_prune(await self.plan_prune(PruneRule(filter="source:gone")), CLI)
        return run


@pytest.mark.parametrize("verb", ["cancel", "retry"])
def test_a_run_that_went_meanwhile_is_told_and_the_worst_code_is_returned(
    say: Say, deck: ScriptedDeck, verb: str
) -> None:
    deck.__class__ = ForgetfulDeck
    gone, flask = completed(deck, "/srv/gone"), completed(deck)
    told = say(verb, gone, flask, "--json")
    assert told.code == (4 if verb == "cancel" else 3)
    (error,) = told.json["errors"]
    assert (error["run_id"], error["kind"]) == (gone, "no_such_run")
    done = told.json["answers" if verb == "cancel" else "runs"]
    assert [each.get("verdict", each.get("status")) for each in done] == [
        "too_late" if verb == "cancel" else "pending"
    ]


def test_prune_needs_somebody_to_ask(deck: ScriptedDeck, say: Say, monkeypatch: Any) -> None:
    completed(deck)
    advance(deck, days=20)
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    told = say("prune")
    assert told.code == 2
    assert "--yes" in told.err


@pytest.mark.parametrize(("answer", "left"), [("yes\n", 0), ("\n", 1)])
def test_prune_on_a_terminal_does_as_the_answer_says(
    deck: ScriptedDeck, say: Say, monkeypatch: pytest.MonkeyPatch, answer: str, left: int
) -> None:
    completed(deck)
    advance(deck, days=20)
    keyboard = io.StringIO(answer)
    monkeypatch.setattr(keyboard, "isatty", lambda: True)
    monkeypatch.setattr("sys.stdin", keyboard)
    told = say("prune")
    assert (told.code, len(asyncio.run(deck.page()).runs)) == (0, left)
    assert "1 run, 17 B." in told.err


def test_prune_dry_run_removes_nothing(deck: ScriptedDeck, say: Say) -> None:
    run_id = completed(deck)
    advance(deck, days=20)
    told = say("prune", "--dry-run", "--json")
    assert [run["run_id"] for run in told.json["plan"]["runs"]] == [run_id]
    assert told.json["pruned"] is None
    assert asyncio.run(deck.find(run_id))


def test_prune_yes_removes_what_is_old_enough(deck: ScriptedDeck, say: Say) -> None:
    completed(deck)
    advance(deck, days=2)
    assert say("prune", "--yes", "--json").json["pruned"] is None
    told = say("prune", "--older-than", "1d", "--yes", "--json")
    assert told.json["pruned"]["runs"] == 1


def advance(deck: ScriptedDeck, *, days: int) -> None:
    assert isinstance(deck.clock, FakeClock)
    deck.clock.advance(days * 86_400)


def test_restore_brings_back_what_prune_took(deck: ScriptedDeck, say: Say) -> None:
    run_id = completed(deck)
    pruned = say("prune", "--older-than", "0", "--yes")
    assert "`llmsdeck restore` brings them back, for 7d." in pruned.err
    listed = say("restore")
    assert run_id[:6] in listed.out
    assert say("restore", "--json").json["trash"][0]["run_id"] == run_id
    told = say("restore", run_id[:6])
    assert (told.code, told.out) == (0, f"{run_id}\n")
    assert say("show", run_id).code == 0
    assert say("restore").out == "The trash is empty.\n"


def test_restore_of_several_reports_each(deck: ScriptedDeck, say: Say) -> None:
    run_id = completed(deck)
    say("prune", "--older-than", "0", "--yes")
    told = say("restore", run_id, "nothing", "--json")
    assert (told.code, told.json["restored"]) == (3, [run_id])
    assert [(e["reference"], e["kind"]) for e in told.json["errors"]] == [
        ("nothing", "no_such_run")
    ]
    assert say("restore", "nothing").code == 3


def test_policy_shows_what_holds_and_what_would(deck: ScriptedDeck, say: Say) -> None:
    told = say("policy", "queue_cap=20", "ttl_failed")
    assert told.code == 0
    assert told.out.splitlines() == [
        "KEY         VALUE  DEFAULT",
        "queue_cap   20     500",
        "ttl_failed  30d    30d",
    ]
    assert say("policy", "queue_cap", "--json").json == {
        "policy": {"queue_cap": {"value": 20, "default": 500}}
    }
    assert len(say("policy").out.splitlines()) == 1 + len(deck.limits.values())


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["slot=3"], "did you mean slots?"),
        (["slots=3", "slots=4"], "slots is given twice"),
        (["slots=3", "max_runs=0"], "max_runs must be from 1"),
    ],
)
def test_a_policy_that_cannot_be_is_refused_whole(
    deck: ScriptedDeck, say: Say, arguments: list[str], sentence: str
) -> None:
    before = deck.limits
    told = say("policy", *arguments)
    assert (told.code, told.out) == (2, "")
    assert sentence in told.err
    assert deck.limits == before


def test_events_without_a_run_are_those_of_the_deck(say: Say) -> None:
    say("policy", "slots=3")
    assert say("events").out.endswith("  cli  slots: 4 → 3.\n")
    assert say("events", "--follow").code == 2


def test_read_gives_a_pipe_the_text_as_it_is(deck: ScriptedDeck, say: Say) -> None:
    assert say("read", completed(deck), "llms.txt").out == TEXTS[ArtifactName.LLMS]


@pytest.mark.parametrize("name", ["llms-full.txt", "../../etc/passwd"])
def test_read_of_what_is_not_there_is_one_sentence(deck: ScriptedDeck, say: Say, name: str) -> None:
    told = say("read", completed(deck), name)
    assert told.code in {2, 4}
    assert told.out == ""
    assert len(told.err.splitlines()) == 1


def test_workers_tells_how_maintenance_goes(deck: ScriptedDeck, say: Say) -> None:
    deck.add_worker()
    well = deck.registered[0]
    deck.set_worker(0, replace(well, sweep_age_s=7.0, sweep_error="The disk is full."))
    assert say("workers").out.endswith("7.0 s ago The disk is full.\n")
    (told,) = say("workers", "--json").json["workers"]
    assert (told["sweep_age_s"], told["sweep_error"]) == (7.0, "The disk is full.")


def test_the_beat_of_another_boot_has_no_age(deck: ScriptedDeck, say: Say) -> None:
    deck.add_worker()
    deck.set_worker(0, replace(deck.registered[0], alive=False, heartbeat_age_s=float("inf")))
    assert "before a restart" in say("workers").out
    told = say("workers", "--json")
    assert "Infinity" not in told.out
    assert told.json["workers"][0]["heartbeat_age_s"] is None


def test_workers_says_how_to_get_one(say: Say) -> None:
    assert "llmsdeck worker" in say("workers").out


@pytest.mark.parametrize(
    "arguments",
    [
        ["--json"],
        ["dance", "--json"],
        ["list", "--limit", "0", "--json"],
        ["list", "--limit", "9" * 30, "--json"],
        ["start", ".", "--priority", "9" * 30, "--json"],
        ["start", ".", "--timeout", "soon", "--json"],
        ["prune", "--older-than", "9" * 30 + "d", "--json"],
        ["start", ".", "--artifacts", "llms.txt,passwd", "--json"],
        ["prune", "--yes", "--dry-run", "--json"],
    ],
)
def test_bad_usage_is_one_document_and_exit_2(say: Say, arguments: list[str]) -> None:
    told = say(*arguments)
    assert told.code == 2
    assert told.json["error"]["kind"] == "usage"
    assert told.err == ""


def test_a_store_that_cannot_be_used_is_exit_5(deck: ScriptedDeck, say: Say) -> None:
    deck.outage = StoreError("The disk is full.")
    told = say("list")
    assert (told.code, told.out, told.err) == (5, "", "llmsdeck: The disk is full.\n")


def test_a_fault_of_the_program_is_one_sentence_and_a_log(
    deck: ScriptedDeck, say: Say, tmp_path: Path
) -> None:
    told = say("start", "/srv/flask", "--wait")  # the script is empty: IndexError
    log = tmp_path / "logs" / "cli.log"
    assert told.code == 1
    assert told.err.splitlines()[-1].endswith(f"the details are in {log}.")
    assert "IndexError" in log.read_text()
    assert "Traceback" not in told.err
    assert log.stat().st_mode & 0o077 == 0
