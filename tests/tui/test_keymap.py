from __future__ import annotations

from typing import Any

import pytest

from llmsdeck.errors import UsageError
from llmsdeck_tui import demo, keymap, keys
from llmsdeck_tui.host import Surroundings


@pytest.mark.parametrize(
    ("chosen", "sentence"),
    [
        ({"run.nwe": "x"}, "There is no 'run.nwe' to bind a key to in [keys]; did you mean"),
        ({"prune": "x"}, "did you mean 'deck.prune'?"),
        ({"zzz": "x"}, "there are run.new, "),
        ({"run.new": "spcae"}, "there is no key 'spcae'; did you mean 'space'?"),
        ({"run.new": "hyper+x"}, "there is no key 'hyper+x'; "),
        ({"run.new": ""}, "there is no key ''; "),
        ({"run.new": "\x1b"}, r"there is no key '\x1b'; "),
        ({"run.new": "c"}, "'c' would be both run.new and run.cancel; choose another key."),
        ({"run.new": "x", "run.cancel": "x"}, "'x' would be both run.new and run.cancel"),
        ({"deck.help": "j"}, "'j' would be both deck.help and move.down"),
    ],
)
def test_what_cannot_be_bound_is_refused_with_what_was_meant(
    chosen: dict[str, str], sentence: str
) -> None:
    with pytest.raises(UsageError) as refusal:
        keymap.read(chosen)
    assert sentence in str(refusal.value)


@pytest.mark.parametrize(
    ("written", "names"),
    [("x", "x"), ("?", "question_mark"), (",", "comma"), ("x, ctrl+n", "x,ctrl+n"), ("+", "plus")],
)
def test_keys_are_written_as_people_write_them(written: str, names: str) -> None:
    free = {"app.settings": "f9", "deck.help": "f8", "run.sooner": "f7"}
    assert keymap.read({**free, "run.new": written}).changed()["run.new"] == names


def test_a_key_may_be_swapped_with_another() -> None:
    swapped = keymap.read({"run.new": "c", "run.cancel": "n"})
    assert [swapped.written(key) for key in keys.DECK[:2]] == ["c", "n"]


def test_letters_that_vi_leaves_free_may_be_used() -> None:
    assert keymap.read({"deck.help": "j"}, vim=False).changed()["move.down"] == "down"


async def test_a_chosen_key_acts_and_the_usual_one_does_not(opened: Any) -> None:
    around = Surroundings(keymap=keymap.read({"run.new": "x", "deck.help": "f1"}))
    async with opened(demo.busy(), around=around) as stage:
        await stage.press("n", "question_mark")
        assert stage.screen_name == "RunsScreen"
        await stage.sees("x new")
        await stage.press("f1")
        await stage.sees("x  Start a run of a folder or repository.")
        await stage.press("escape", "x")
        assert stage.screen_name == "StartForm"


async def test_the_first_screen_and_the_palette_name_the_chosen_key(opened: Any) -> None:
    around = Surroundings(keymap=keymap.read({"run.new": "x"}))
    async with opened(demo.empty(), around=around) as stage:
        await stage.sees("Press x and name a repository")
        await stage.press("colon")
        await stage.sees("new  x")


async def test_the_letters_of_vi_can_be_off(opened: Any) -> None:
    around = Surroundings(keymap=keymap.read({}, vim=False))
    async with opened(demo.busy(), around=around) as stage:
        first = stage.runs.table.cursor_id
        await stage.press("j")
        assert stage.runs.table.cursor_id == first
        await stage.press("down")
        assert stage.runs.table.cursor_id != first
