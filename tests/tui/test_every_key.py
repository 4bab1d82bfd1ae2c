"""What every binding of the table of keys does, pressed on the screen that it belongs to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import product

import pytest
from tests.tui.conftest import Open, Stage
from textual.widgets import Input

from llmsdeck.model import ArtifactName
from llmsdeck.states import ErrorKind
from llmsdeck.testing import FakeDeck
from llmsdeck_tui import demo, keys
from llmsdeck_tui.screens.diff import DiffScreen
from llmsdeck_tui.screens.start import StartForm
from llmsdeck_tui.widgets.choice import Choice
from llmsdeck_tui.widgets.lines import Lines
from llmsdeck_tui.widgets.tab_bar import Tab


@dataclass(frozen=True, kw_only=True)
class Case:
    """Where a key is pressed, and how it shows that it was."""

    before: tuple[str, ...] = ()
    on: str = ""
    """Source of the run under the cursor; the newest run when blank."""
    deck: Callable[[], FakeDeck] = field(default=demo.busy)
    ready: str = ""
    """Text that is on the screen before the key is pressed."""
    sees: str = ""
    screen: str = ""
    holds: Callable[[Stage], bool] = lambda stage: True


def row(stage: Stage) -> int:
    """The line of the table that the cursor is on."""
    return next(y for y in range(1, 60) if "▸" in stage.runs.table.render_line(y).text)


def lines(stage: Stage) -> Lines:
    return stage.app.screen.query_one("#dialog-lines", Lines)


def typed(stage: Stage) -> str:
    """What is on the line that has the focus."""
    return stage.app.focused.value if isinstance(stage.app.focused, Input) else ""


def exited(stage: Stage) -> bool:
    return stage.app.return_code is not None


def view_of(digit: str) -> Case:
    kept = int(digit) <= 6
    said = f"View {digit}: " if kept else f"Nothing is kept under {digit}"
    return Case(sees=said)


def over_budget() -> FakeDeck:
    """A deck with a run that is over its budget."""
    deck = demo.history()
    run_id = deck.add("acme/huge", model="tiny")
    deck.claim(run_id)
    deck.ask(run_id, 52_000, 20_000)
    return deck


FLASK, HTTPX = "pallets/flask", "encode/httpx"
HISTORY = demo.history
shown = partial(Case, deck=HISTORY, before=("enter",))
asked = partial(Case, deck=over_budget, on="acme/huge", before=("a",), ready="the budget is 20 000")
PRUNED = ("p", "y", "U")
thrown = partial(Case, deck=demo.old, before=PRUNED, ready="10 runs can be brought back")
EVENTS = ("enter", "2")
ARTIFACT = ("enter", "3", "enter")
FOUND = ("enter", "2", "slash", "=phase", "enter")
VIEWED = ("slash", "=flask", "enter", "slash")

CASES: dict[str, Case] = {
    "run.new": Case(screen="StartForm"),
    "run.cancel": Case(on=FLASK, screen="CancelDialog"),
    "run.answer": Case(on=HTTPX, sees="asks nothing."),
    "run.retry": Case(on=HTTPX, screen="RetryDialog"),
    "deck.prune": Case(screen="PruneDialog"),
    "deck.undo": Case(sees="Nothing that was done from here can be undone."),
    "deck.trash": Case(screen="TrashScreen"),
    "deck.policy": Case(screen="PolicyDialog"),
    "deck.filter": Case(holds=lambda s: isinstance(s.app.focused, Input)),
    "mark.toggle": Case(sees="◆ 1 marked"),
    "run.open": Case(screen="RunScreen"),
    "run.why": Case(screen="RunScreen", holds=lambda s: s.run.tab is Tab.WHY),
    "run.clone": Case(on=HTTPX, screen="StartForm"),
    "run.sooner": Case(on="./docs-site", sees="has priority 1"),
    "run.later": Case(on="./docs-site", sees="has priority -1"),
    "run.diff": Case(deck=HISTORY, on=HTTPX, screen="DiffScreen"),
    "run.choose": Case(on=HTTPX, screen="ChooseRun"),
    "run.copy": Case(on=HTTPX, screen="CopyDialog"),
    "deck.failures": Case(screen="FailuresScreen"),
    "deck.actions": Case(screen="ActionsScreen"),
    "detail.timeline": Case(before=("tab", "2"), holds=lambda s: s.runs.detail.tab is Tab.TIMELINE),
    "detail.events": Case(before=("tab",), holds=lambda s: s.runs.detail.tab is Tab.EVENTS),
    "detail.artifacts": Case(before=("tab",), holds=lambda s: s.runs.detail.tab is Tab.ARTIFACTS),
    "detail.previous": Case(
        before=("right",), holds=lambda s: s.runs.detail.tab is Tab.TIMELINE
    ),
    "detail.next": Case(holds=lambda s: s.runs.detail.tab is Tab.EVENTS),
    "deck.switch": Case(holds=lambda s: s.runs.detail.lines.has_focus),
    "deck.back": Case(before=("3",), ready="filter: status:failed",
                      holds=lambda s: s.runs.view.filter == ""),
    "deck.palette": Case(screen="Palette"),
    "deck.help": Case(screen="HelpScreen"),
    "deck.quit": Case(holds=exited),
    "app.theme": Case(screen="Palette"),
    "app.settings": Case(screen="SettingsDialog"),
    "marks.all": Case(before=("3",), ready="filter: status:failed", sees="◆ 1 marked"),
    "marks.clear": Case(before=("space",), ready="marked", holds=lambda s: not s.runs.table.marks),
    "table.sort": Case(screen="SortDialog"),
    "table.turn": Case(sees="sort: created ▲"),
    "table.columns": Case(screen="ColumnsDialog"),
    "table.jump": Case(screen="JumpDialog"),
    "table.source": Case(on=FLASK, sees="filter: source:pallets/flask (1 of"),
    "table.views": Case(screen="ViewsDialog"),
    "mark.range": Case(before=("space", "down", "down"), sees="◆ 4 marked"),
    "mark.down": Case(sees="◆ 2 marked", holds=lambda s: row(s) == 2),
    "mark.up": Case(before=("down",), sees="◆ 2 marked", holds=lambda s: row(s) == 1),
    **{f"view.{digit}": view_of(digit) for digit in "123456789"},
    "shown.back": shown(on=HTTPX, screen="RunsScreen"),
    "shown.open": Case(deck=HISTORY, on=HTTPX, before=("enter", "3"), sees="Quickstart"),
    "shown.timeline": Case(
        deck=HISTORY, before=EVENTS, on=HTTPX, holds=lambda s: s.run.tab is Tab.TIMELINE
    ),
    "shown.events": shown(holds=lambda s: s.run.tab is Tab.EVENTS),
    "shown.artifacts": shown(holds=lambda s: s.run.tab is Tab.ARTIFACTS),
    "shown.why": shown(holds=lambda s: s.run.tab is Tab.WHY),
    "shown.model": shown(holds=lambda s: s.run.tab is Tab.MODEL),
    "shown.previous": Case(
        deck=HISTORY, before=EVENTS, holds=lambda s: s.run.tab is Tab.TIMELINE
    ),
    "shown.next": shown(holds=lambda s: s.run.tab is Tab.EVENTS),
    "shown.find": Case(deck=HISTORY, before=EVENTS, on=FLASK,
                       holds=lambda s: isinstance(s.app.focused, Input)),
    "shown.less": Case(deck=HISTORY, before=FOUND, on=FLASK, ready="contain", sees="contain"),
    "shown.more": Case(deck=HISTORY, before=FOUND, on=FLASK, ready="contain", sees="around"),
    "shown.follow": Case(deck=HISTORY, before=(*EVENTS, "home"), on=FLASK,
                         holds=lambda s: s.run.lines.following),
    "shown.source": Case(deck=HISTORY, before=ARTIFACT, on=HTTPX, ready="Quickstart",
                         sees="- [Quickstart]"),
    "shown.outline": Case(deck=HISTORY, before=ARTIFACT, on=HTTPX, ready="Quickstart",
                          sees="outline"),
    "shown.parent": Case(deck=HISTORY, before=("enter",), on=HTTPX, ready="retry of",
                         sees="retried as"),
    "shown.child": Case(deck=HISTORY, before=("enter", "p"), on=HTTPX, ready="retried as",
                        sees="retry of"),
    "shown.cancel": Case(deck=HISTORY, before=("enter",), on=FLASK, screen="CancelDialog"),
    "shown.answer": shown(on=HTTPX, sees="asks nothing."),
    "shown.retry": shown(on=HTTPX, screen="RetryDialog"),
    "shown.clone": shown(on=HTTPX, screen="StartForm"),
    "shown.sooner": Case(deck=HISTORY, before=("enter",), on="acme/website",
                         sees="has priority 1"),
    "shown.later": Case(deck=HISTORY, before=("enter",), on="acme/website",
                        sees="has priority -1"),
    "shown.diff": shown(on=HTTPX, screen="DiffScreen"),
    "shown.choose": shown(on=HTTPX, screen="ChooseRun"),
    "shown.copy": shown(on=HTTPX, screen="CopyDialog"),
    "shown.palette": shown(on=HTTPX, screen="Palette"),
    "shown.help": shown(on=HTTPX, screen="HelpScreen"),
    "find.clear": Case(deck=HISTORY, before=(*EVENTS, "slash", "=zzz"), on=FLASK,
                       ready="0 contain",
                       holds=lambda s: "contain" not in s.text),
    "move.down": Case(holds=lambda s: row(s) == 2),
    "move.up": Case(before=("down", "down"), holds=lambda s: row(s) == 2),
    "move.page_down": Case(holds=lambda s: row(s) > 5),
    "move.page_up": Case(before=("end",), holds=lambda s: row(s) < 10),
    "move.first": Case(before=("down", "down"), holds=lambda s: row(s) == 1),
    "move.last": Case(holds=lambda s: s.runs.table.current is not None
                      and s.runs.table.current.seq == 1),
    "filter.clear": Case(before=("slash", "=flask"), ready="filter: flask",
                         holds=lambda s: s.runs.view.filter == ""),
    "filter.keep": Case(before=("slash", "=flask"), ready="filter: flask",
                        holds=lambda s: s.runs.table.has_focus and s.runs.view.filter == "flask"),
    "filter.complete": Case(before=("slash", "=stat"), ready="status",
                            holds=lambda s: typed(s)
                            == "status:"),
    "filter.older": Case(before=(*VIEWED, "ctrl+u"),
                         holds=lambda s: typed(s)
                         == "flask"),
    "filter.newer": Case(before=(*VIEWED, "ctrl+u", "up"),
                         holds=lambda s: typed(s) == ""),
    "dialog.close": Case(before=("s",), screen="RunsScreen"),
    "retry.yes": Case(before=("r",), on=HTTPX, sees="accepted: encode/httpx"),
    "retry.fresh": Case(before=("r",), on=HTTPX, sees="accepted: encode/httpx"),
    "bulk.yes": Case(before=("space", "r"), on=HTTPX, ready="Retry 1 run?",
                     sees="1 run started again."),
    "bulk.fresh": Case(before=("space", "r"), on=HTTPX, ready="Retry 1 run?",
                       sees="1 run started again."),
    "change.go": Case(before=("space", "e", "=gemma"), on=HTTPX, sees="with model gemma"),
    "sort.choose": Case(before=("s", "end"), sees="sort: source ▲"),
    "sort.further": Case(before=("s", "end"), sees="order: source ▲"),
    "jump.go": Case(before=("i", "=3"), screen="RunsScreen", holds=lambda s: row(s) == 3),
    "columns.tick": Case(before=("C",), sees="[ ] RUN"),
    "columns.up": Case(before=("C", "down"), holds=lambda s: lines(s).cursor == 0),
    "columns.down": Case(before=("C",), holds=lambda s: lines(s).cursor == 1),
    "columns.default": Case(before=("C",), screen="RunsScreen"),
    "columns.done": Case(before=("C", "space"), screen="RunsScreen",
                         holds=lambda s: "run" not in s.runs.view.columns),
    "views.open": Case(before=("v", "down", "down"), sees="filter: status:failed"),
    "views.keep": Case(before=("v", "end"), sees="Name"),
    "views.drop": Case(before=("v",), holds=lambda s: "1  -" in s.text),
    "cancel.yes": Case(before=("c",), on=FLASK, sees="▶ requested"),
    "cancel.no": Case(before=("c",), on=FLASK, screen="RunsScreen"),
    "answer.go": asked(sees="it goes on with the model."),
    "answer.without": asked(sees="it goes on without the model"),
    "answer.cancel": asked(sees="it is cancelled."),
    "copy.id": Case(before=("y",), on=HTTPX, sees="Copied "),
    "copy.source": Case(before=("y",), on=HTTPX, sees="Copied encode/httpx"),
    "copy.folder": Case(before=("y",), on=HTTPX, sees="Copied /srv/llmsdeck"),
    "copy.error": Case(before=("y",), on="~/src/private-api", sees="Copied source: The folder"),
    "copy.command": Case(before=("y",), on=HTTPX, sees="Copied llmsdeck start"),
    "choose.yes": Case(before=("D",), on=HTTPX, ready="acme/", screen="DiffScreen"),
    "diff.back": Case(deck=HISTORY, before=("d",), on=HTTPX, ready="LINKS", screen="RunsScreen"),
    "diff.next": Case(deck=HISTORY, before=("d",), on=HTTPX, ready="LINKS",
                      holds=lambda s: isinstance(s.app.screen, DiffScreen)
                      and s.app.screen.lines.scroll_offset.y > 0),
    "diff.previous": Case(deck=HISTORY, before=("d", "right"), on=HTTPX, ready="LINKS",
                          holds=lambda s: isinstance(s.app.screen, DiffScreen)
                          and s.app.screen.lines.scroll_offset.y == 0),
    "diff.help": Case(deck=HISTORY, before=("d",), on=HTTPX, ready="LINKS", screen="HelpScreen"),
    "groups.back": Case(deck=HISTORY, before=("F",), ready="causes", screen="RunsScreen"),
    "groups.runs": Case(deck=HISTORY, before=("F",), ready="causes",
                        sees="filter: status:failed error:source"),
    "groups.again": Case(deck=HISTORY, before=("F",), ready="causes", sees="causes"),
    "groups.help": Case(deck=HISTORY, before=("F",), ready="causes", screen="HelpScreen"),
    "actions.back": Case(deck=HISTORY, before=("A",), ready="operator:ada", screen="RunsScreen"),
    "actions.again": Case(deck=HISTORY, before=("A",), ready="operator:ada", sees="operator:ada"),
    "actions.help": Case(deck=HISTORY, before=("A",), ready="operator:ada", screen="HelpScreen"),
    "trash.back": thrown(screen="RunsScreen"),
    "trash.restore": thrown(sees="Brought back 1 run."),
    "trash.mark": thrown(sees="◆ 1 marked"),
    "trash.mark_all": thrown(sees="◆ 10 marked"),
    "trash.unmark": thrown(
        before=(*PRUNED, "asterisk"), ready="◆ 10 marked", holds=lambda stage: "◆" not in stage.text
    ),
    "trash.again": thrown(sees="10 runs can be brought back"),
    "trash.help": thrown(screen="HelpScreen"),
    "prune.yes": Case(deck=demo.old, before=("p",), ready="10 runs", sees="Removed 10 runs"),
    "policy.edit": Case(before=("P",), ready="default 2s",
                        holds=lambda s: isinstance(s.app.focused, Input)),
    "policy.default": Case(before=("P", "enter", "ctrl+u", "=7s", "enter"), ready="7s",
                           holds=lambda s: s.deck.limits.heartbeat_interval == 2),
    "settings.change": Case(before=("comma", "down"), ready="Letters of vi",
                            holds=lambda s: not s.app.keymap.vim),
    "start.go": Case(before=("n", "=./docs"), sees="accepted: ./docs"),
    "start.complete": Case(before=("n", "=zz"),
                           holds=lambda s: isinstance(s.app.screen, StartForm)
                           and s.app.focused is s.app.screen.query_one("#ref")),
    "choice.tick": Case(before=("n", "=zz", "tab", "tab"),
                        holds=lambda s: isinstance(s.app.focused, Choice)
                        and not s.app.focused.value),
    "quit.leave": Case(deck=demo.owned, before=("q",), ready="not finished", holds=exited),
    "quit.drain": Case(deck=demo.owned, before=("q",), ready="not finished", holds=exited),
    "quit.cancel": Case(deck=demo.owned, before=("q",), ready="not finished", holds=exited),
}  # fmt: skip
STROKES = [(key.id, stroke) for key in keys.EVERY for stroke in key.keys.split(",")]
"""Every key that is bound, also where several do the same."""


def test_every_action_of_the_table_has_a_case() -> None:
    assert set(CASES) == {key.id for key in keys.EVERY}


@pytest.mark.parametrize(("name", "stroke"), STROKES)
async def test_a_key_does_what_the_table_says(opened: Open, name: str, stroke: str) -> None:
    case = CASES[name]
    async with opened(case.deck()) as stage:
        if case.on:
            await stage.select(case.on)
        await stage.press(*case.before)
        await stage.sees(case.ready)
        await stage.press(stroke)
        if case.screen:
            await stage.until(lambda: stage.screen_name == case.screen, case.screen)
        await stage.until(lambda: case.holds(stage), f"what {name} does")
        if case.sees:
            await stage.sees(case.sees)


# Keys that are bound on more than one screen.

LISTS: dict[str, tuple[str, ...]] = {
    "help": ("question_mark",),
    "policy": ("P",),
    "columns": ("C",),
    "sort": ("s",),
    "views": ("v",),
    "settings": ("comma",),
    "choose": ("D",),
    "failures": ("F",),
    "actions": ("A",),
    "events": ("enter", "2"),
    "artifacts": ("enter", "3"),
    "artifact": ("enter", "3", "enter"),
    "calls": ("enter", "5"),
    "call": ("enter", "5", "enter"),
    "diff": ("d",),
    "marked": ("3", "asterisk", "r"),
    "prune": ("p",),
}
MOVES = {key.id: key.keys.split(",") for key in keys.MOVES}


def long() -> FakeDeck:
    """A deck of which no list fits on the screen."""
    deck = HISTORY()
    for number in range(20):
        for source in ("acme/broken", "acme/whole"):
            run_id = deck.add(f"{source}-{number}")
            deck.claim(run_id)
            if source == "acme/whole":
                deck.complete(run_id, {ArtifactName.LLMS: "# Whole\n"})
            else:
                deck.fail(run_id, ErrorKind.SOURCE, "There is nothing to read.")
    deck.limits = replace(deck.limits, ttl_completed=0, ttl_failed=0)
    return deck


def place(stage: Stage) -> int:
    """Where a list is: the line under its cursor, or the first one in view."""
    focused = stage.app.focused
    assert isinstance(focused, Lines)
    return focused.scroll_offset.y if focused.cursor is None else focused.cursor


@pytest.mark.parametrize("name", LISTS)
async def test_every_key_that_moves_does_so_in_every_list(opened: Open, name: str) -> None:
    async with opened(long(), size=(80, 20)) as stage:
        await stage.select(HTTPX)
        await stage.press(*LISTS[name])
        await stage.until(
            lambda: isinstance(stage.app.focused, Lines) and len(stage.app.focused.rows) > 1, name
        )
        await stage.press("home")
        for down, up in (("down", "up"), ("page_down", "page_up"), ("last", "first")):
            for forth, back in product(MOVES[f"move.{down}"], MOVES[f"move.{up}"]):
                await stage.press(forth)
                await stage.until(lambda: place(stage) > 0, forth)
                await stage.press(back)
                await stage.until(lambda: place(stage) == 0, back)


DIALOGS = {
    "c": "CancelDialog",
    "P": "PolicyDialog",
    "C": "ColumnsDialog",
    "s": "SortDialog",
    "v": "ViewsDialog",
    "i": "JumpDialog",
    "y": "CopyDialog",
    "D": "ChooseRun",
    "e": "StartForm",
    "n": "StartForm",
    "p": "PruneDialog",
    "comma": "SettingsDialog",
    "question_mark": "HelpScreen",
    "d": "DiffScreen",
    "F": "FailuresScreen",
    "A": "ActionsScreen",
    "U": "TrashScreen",
    "r": "RetryDialog",
    "a": "AnswerDialog",
}


async def test_escape_closes_every_dialog_and_changes_nothing(opened: Open) -> None:
    async with opened(over_budget()) as stage:
        before = await stage.deck.page(100)
        for key, screen in DIALOGS.items():
            await stage.select({"c": FLASK, "a": "acme/huge"}.get(key, HTTPX))
            await stage.press(key)
            await stage.until(lambda: stage.screen_name == screen, screen)  # noqa: B023
            await stage.press("escape")
            await stage.until(lambda: stage.screen_name == "RunsScreen", f"{screen} to close")
        assert await stage.deck.page(100) == before


@pytest.mark.parametrize("opening", ["enter", "d", "F", "A", "U"])
async def test_keys_for_everywhere_work_on_every_screen(opened: Open, opening: str) -> None:
    async with opened(HISTORY()) as stage:
        await stage.select(HTTPX)
        await stage.press(opening)
        await stage.until(lambda: stage.screen_name != "RunsScreen", opening)
        there = stage.screen_name
        for key, screen in (("ctrl+t", "Palette"), ("comma", "SettingsDialog")):
            await stage.press(key)
            await stage.until(lambda: stage.screen_name == screen, screen)  # noqa: B023
            await stage.press("escape")
            await stage.until(lambda: stage.screen_name == there, there)
