from __future__ import annotations

from pathlib import Path

import pytest
from tests.tui.conftest import Stage
from textual.events import Paste

from llmsdeck.answers import Preflight, Started
from llmsdeck.errors import QueueFullError, StoreError
from llmsdeck.model import Actor, ActorKind, ArtifactName, RunRequest
from llmsdeck_tui.widgets.choice import Choice


async def test_n_and_a_source_start_a_run(empty: Stage) -> None:
    await empty.press("n", "=./docs", "enter")
    await empty.until(lambda: empty.screen_name == "RunsScreen", "the form to close")
    await empty.sees("○ pending")
    run = await empty.newest()
    assert (run.source, run.artifacts_wanted) == (
        "./docs",
        (ArtifactName.LLMS, ArtifactName.LLMS_FULL),
    )
    assert run.requested_by == Actor(ActorKind.OPERATOR)
    assert empty.runs.table.cursor_id == run.run_id


async def test_every_field_of_the_form_is_asked_for(empty: Stage) -> None:
    await empty.press("n", "=a/b", "tab", "=v1", "tab", "space", "tab", "tab", "space")
    await empty.press("tab", "=qwen", "tab", "=out", "tab", "=90s", "enter")
    await empty.until(lambda: empty.screen_name == "RunsScreen", "the form to close")
    run = await empty.newest()
    assert (run.source, run.ref, run.output_dir, run.timeout_s) == ("a/b", "v1", "out", 90)
    assert run.model == "qwen"
    assert run.artifacts_wanted == (ArtifactName.LLMS_FULL, ArtifactName.LLMS_CTX)


async def test_the_form_says_what_the_source_is(empty: Stage) -> None:
    await empty.press("n")
    await empty.sees("Type a folder, owner/name or an address.")
    await empty.press("=./docs")
    await empty.sees("✓ A git worktree, 214 tracked files at 1a2b3c4.")


async def test_the_form_says_that_the_source_cannot_be_used(empty: Stage) -> None:
    empty.deck.preflights["./x"] = Preflight(ok=False, message="There is no folder ./x.")
    await empty.press("n", "=./x")
    await empty.sees("! There is no folder ./x.")


async def test_an_answer_about_an_earlier_source_is_dropped(empty: Stage) -> None:
    gate = empty.deck.hold_preflight("./a")
    await empty.press("n", "=./a")
    await empty.until(lambda: gate.waiting, "the first question")
    empty.deck.preflights["./a"] = Preflight(ok=False, message="Answer about a.")
    empty.deck.preflights["./ab"] = Preflight(ok=True, message="Answer about ab.")
    await empty.press("=b")
    await empty.sees("Answer about ab.")
    gate.open()
    await empty.sees("Answer about ab.")
    assert "Answer about a." not in empty.text


async def test_an_answer_about_a_source_that_was_cleared_is_dropped(empty: Stage) -> None:
    gate = empty.deck.hold_preflight("./a")
    await empty.press("n", "=./a")
    await empty.until(lambda: gate.waiting, "the question")
    await empty.press("ctrl+u")
    await empty.sees("Type a folder")
    gate.open()
    await empty.press("tab")
    assert "214 tracked files" not in empty.text


@pytest.mark.parametrize(
    ("typed", "complaint"),
    [
        (("enter",), "Type a folder, owner/name or an address."),
        (
            ("=a/b", "tab", "tab", "tab", "tab", "tab", "tab", "tab", "=soon", "enter"),
            "is not a duration",
        ),
        (("=a/b", "tab", "tab", "space", "tab", "space", "enter"), "Choose at least one file"),
    ],
)
async def test_a_form_that_cannot_be_understood_says_what_to_mend(
    empty: Stage, typed: tuple[str, ...], complaint: str
) -> None:
    await empty.press("n", *typed)
    await empty.sees(f"! {complaint}" if "duration" not in complaint else complaint)
    assert empty.screen_name == "StartForm"


async def test_a_refused_start_keeps_what_was_typed(
    empty: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(requests: list[RunRequest], actor: Actor) -> tuple[Started, ...]:
        return (Started(source=requests[0].source, error=QueueFullError(500, 500)),)

    monkeypatch.setattr(empty.deck, "start", refuse)
    await empty.press("n", "=./docs", "enter")
    await empty.sees("! The queue is full (500 of 500)")
    assert empty.field("#source").value == "./docs"


async def test_of_several_sources_the_refused_ones_stay_typed(empty: Stage) -> None:
    empty.deck.preflights["c/d"] = Preflight(ok=False, message="There is no c/d.")
    await empty.press("n", "=a/b, c/d, e/f", "enter")
    await empty.sees("! 2 runs accepted, 1 refused: There is no c/d.")
    assert empty.field("#source").value == "c/d"
    await empty.press("escape")
    await empty.sees("2 runs accepted.")
    assert [run.source for run in (await empty.deck.page()).runs] == ["e/f", "a/b"]


async def test_pasted_lines_are_several_sources(empty: Stage) -> None:
    await empty.press("n")
    await empty.until(lambda: empty.screen_name == "StartForm", "the form")
    empty.app.post_message(Paste("a/b\n\n c/d \x1b\ne/f"))
    source = empty.field("#source")
    await empty.until(lambda: source.value == "a/b, c/d, e/f", "the lines")


async def test_a_start_that_breaks_is_complained_about(
    empty: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(requests: list[RunRequest], actor: Actor) -> tuple[Started, ...]:
        raise StoreError("The store is gone.")

    monkeypatch.setattr(empty.deck, "start", fail)
    await empty.press("n", "=./docs", "enter")
    await empty.sees("! The store is gone.")


async def test_a_source_already_in_work_is_shown_instead(busy: Stage) -> None:
    await busy.press("n", "=./docs-site", "enter")
    await busy.sees("already does this; it is pending.")
    assert busy.current.source == "./docs-site"


async def test_tab_completes_what_runs_and_repositories_have(empty: Stage) -> None:
    empty.deck.add("acme/payments")
    empty.deck.there = {"ref": ("main", "release/2.0"), "model": ("auto", "qwen3-8b")}
    await empty.press("n", "=ac")
    await empty.sees("acme/payments")
    await empty.press("tab", "tab")
    await empty.sees("main  release/2.0")
    await empty.press("=rel", "tab", "tab")
    await empty.press("tab", "tab", "tab")
    await empty.sees("auto  qwen3-8b")
    await empty.press("=q", "tab", "enter")
    await empty.until(lambda: empty.screen_name == "RunsScreen", "the form to close")
    run = await empty.newest()
    assert (run.source, run.ref, run.model) == ("acme/payments", "release/2.0", "qwen3-8b")


async def test_tab_completes_nothing_where_nothing_was_typed(empty: Stage) -> None:
    empty.deck.there = {"ref": ("main",)}
    await empty.press("n", "=a/b", "tab")
    await empty.sees("main")
    await empty.press("tab", "enter")
    await empty.until(lambda: empty.screen_name == "RunsScreen", "the form to close")
    assert (await empty.newest()).ref is None


async def test_refs_of_no_source_are_no_refs_of_others(busy: Stage) -> None:
    assert "0.28.1" in await busy.deck.suggest("ref", "encode/httpx")
    assert await busy.deck.suggest("ref") == ()


async def test_tab_completes_a_folder(empty: Stage, tmp_path: Path) -> None:
    (tmp_path / "documents").mkdir()
    (tmp_path / "document.txt").touch()
    await empty.press("n")
    source = empty.field("#source")
    source.value = f"{tmp_path}/doc"
    await empty.sees("documents/")
    await empty.press("tab")
    await empty.until(lambda: source.value == f"{tmp_path}/documents/", "the whole name")


async def test_pasted_control_characters_never_reach_the_form(empty: Stage) -> None:
    await empty.press("n")
    source = empty.field("#source")
    source.value = "a\x1b[2Jb\udcff\u202e"
    assert source.value == "a[2Jb"


async def test_a_click_ticks_a_box(empty: Stage) -> None:
    await empty.press("n")
    box = list(empty.app.screen.query(Choice))[2]
    await empty.pilot.click(box)
    assert box.value


async def test_escape_closes_the_form_and_starts_nothing(empty: Stage) -> None:
    await empty.press("n", "=./docs", "escape")
    assert empty.screen_name == "RunsScreen"
    assert not (await empty.deck.page()).runs
