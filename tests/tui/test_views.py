from __future__ import annotations

import pytest
from tests.tui.conftest import Stage

from llmsdeck.errors import UsageError
from llmsdeck.states import RunStatus
from llmsdeck_tui.messages import TableSettingsChanged
from llmsdeck_tui.present.columns import COLUMNS
from llmsdeck_tui.present.layout import Layout
from llmsdeck_tui.views import FIRST_VIEWS, LONGEST_HISTORY, TableSettings, TableView

FAILED = TableView(filter="status:failed", sort="-source", columns=("run", "error"))


# Columns.


async def test_a_ticked_column_is_shown_and_a_cleared_one_is_not(busy: Stage) -> None:
    await busy.press("C")
    await busy.sees("How the id begins")
    await busy.press("end", "space", "home", "down", "space", "enter")
    await busy.until(lambda: "created" in busy.runs.table.columns, "another set of columns")
    heading = busy.runs.table.render_line(0).text
    assert "SOURCE" not in heading
    assert "STATUS" in heading


async def test_columns_are_moved_with_shift(busy: Stage) -> None:
    await busy.press("C", "down", "shift+up", "enter")
    await busy.until(lambda: busy.runs.table.columns[:2] == ("source", "run"), "the new order")
    await busy.press("C", "J", "enter")
    await busy.until(lambda: busy.runs.table.columns[:2] == ("run", "source"), "the old order")


async def test_d_lets_the_width_decide_again(busy: Stage) -> None:
    await busy.press("C", "space", "enter")
    await busy.until(lambda: bool(busy.runs.table.columns), "other columns")
    await busy.press("C", "d")
    await busy.until(lambda: busy.runs.table.columns == (), "the default")


async def test_escape_leaves_the_columns_as_they_are(busy: Stage) -> None:
    await busy.press("C", "space", "escape")
    assert busy.runs.table.columns == ()


async def test_the_last_column_cannot_be_hidden(busy: Stage) -> None:
    busy.runs.use(busy.runs.settings.looking(TableView(columns=("run",))))
    await busy.press("C", "space", "enter")
    assert busy.runs.view.columns == ("run",)


async def test_columns_that_do_not_fit_are_told_before_they_are_used(busy: Stage) -> None:
    busy.runs.use(busy.runs.settings.looking(TableView(columns=tuple(COLUMNS))))
    await busy.press("C")
    await busy.sees("at the end will not fit.")


@pytest.mark.parametrize("width", [1, 5, 20, 40, 57, 78, 118, 200])
def test_chosen_columns_fill_the_width_from_the_left(width: int) -> None:
    shown = Layout.of(width, ["status", "run", "by", "source"])
    assert shown.names == ("status", "run", "by", "source")[: len(shown.names)]
    assert sum(shown.cells) + 2 * (len(shown.cells) - 1) == width


def test_unknown_columns_are_passed_over() -> None:
    assert Layout.of(100, ["colour", "run"]).names == ("run",)
    assert Layout.of(100, ["colour"]).names == Layout.of(100).names


# Views.


@pytest.mark.parametrize("digit", FIRST_VIEWS)
async def test_digits_open_the_first_views(busy: Stage, digit: str) -> None:
    busy.runs.use(busy.runs.settings.looking(FAILED))
    await busy.press(digit)
    assert busy.runs.view == FIRST_VIEWS[digit].view


async def test_the_name_of_the_view_is_shown(busy: Stage) -> None:
    await busy.press("3")
    await busy.until(
        lambda: {run.status for run in busy.runs.table.held} == {RunStatus.FAILED}, "failed runs"
    )
    await busy.sees("view 3 failed")


async def test_a_digit_that_nothing_is_kept_under_says_how_to_keep_something(busy: Stage) -> None:
    await busy.press("9")
    await busy.sees("Nothing is kept under 9; v keeps the present view there.")


async def test_the_present_view_is_kept_under_a_digit_with_a_name(busy: Stage) -> None:
    busy.runs.use(busy.runs.settings.looking(FAILED))
    await busy.press("v", *["down"] * 4, "s", "=broken", "enter")
    await busy.sees("5  broken")
    await busy.press("escape", "1", "5")
    assert busy.runs.view == FAILED
    await busy.sees("view 5 broken")


async def test_a_view_needs_a_name(busy: Stage) -> None:
    await busy.press("v", "end", "s", "enter")
    await busy.sees("! A view needs a name")
    await busy.press("escape", "escape")
    assert "9" not in busy.runs.settings.kept


async def test_enter_opens_the_chosen_view(busy: Stage) -> None:
    await busy.press("v", "down", "enter")
    assert busy.runs.view.filter == "is:live"


async def test_an_empty_place_cannot_be_opened(busy: Stage) -> None:
    await busy.press("v", "end", "enter")
    await busy.sees("! Nothing is kept under 9")
    assert busy.screen_name == "ViewsDialog"


async def test_d_forgets_a_view(busy: Stage) -> None:
    await busy.press("v", "down", "d", "escape", "2")
    await busy.sees("Nothing is kept under 2")


async def test_every_change_is_told_to_whoever_keeps_settings(
    busy: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[TableSettings] = []
    post = busy.runs.post_message

    def spy(message: object) -> bool:
        if isinstance(message, TableSettingsChanged):
            told.append(message.settings)
        return post(message)  # type: ignore[arg-type] # passed on as it came

    monkeypatch.setattr(busy.runs, "post_message", spy)
    await busy.press("S", "3")
    assert [settings.view.sort for settings in told] == ["-created", ""]
    assert told[-1] == busy.runs.settings


# Settings.


def test_settings_survive_being_written_and_read() -> None:
    settings = TableSettings(view=FAILED).keeping("7", "broken").remembering("is:live")
    assert TableSettings.from_dict(settings.to_dict()) == settings


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"view": 7, "kept": [], "history": {}},
        {"view": {"filter": "(", "sort": "colour", "columns": [1]}, "history": ["(", 3]},
        {"kept": {"0": {"name": "x"}, "10": {"name": "y"}, "2": 5, "3": {"name": ""}}},
    ],
)
def test_what_cannot_be_understood_is_left_at_its_default(broken: dict[str, object]) -> None:
    settings = TableSettings.from_dict(broken)
    assert settings.view == TableView()
    assert settings.history == ()
    assert set(settings.kept) <= set(FIRST_VIEWS)


def test_names_of_views_are_bounded() -> None:
    with pytest.raises(UsageError):
        TableSettings().keeping("1", "x" * 41)


def test_the_history_holds_each_filter_once_and_not_too_many() -> None:
    settings = TableSettings()
    for number in range(LONGEST_HISTORY + 5):
        settings = settings.remembering(f"age>{number}h")
    settings = settings.remembering("age>50h")
    assert len(settings.history) == LONGEST_HISTORY
    assert settings.history[-1] == "age>50h"
    assert settings.history.count("age>50h") == 1
