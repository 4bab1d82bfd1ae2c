from __future__ import annotations

from itertools import combinations

import pytest
from textual.binding import Binding

from llmsdeck_tui import keys
from llmsdeck_tui.screens.actions import ActionsScreen
from llmsdeck_tui.screens.answer import AnswerDialog
from llmsdeck_tui.screens.bulk import AnswersDialog, BulkDialog
from llmsdeck_tui.screens.cancel import CancelDialog
from llmsdeck_tui.screens.change import ChangeDialog
from llmsdeck_tui.screens.choose import ChooseRun
from llmsdeck_tui.screens.columns import ColumnsDialog
from llmsdeck_tui.screens.copy import CopyDialog
from llmsdeck_tui.screens.diff import DiffScreen
from llmsdeck_tui.screens.failures import FailuresScreen
from llmsdeck_tui.screens.jump import JumpDialog
from llmsdeck_tui.screens.policy import PolicyDialog
from llmsdeck_tui.screens.prune import PruneDialog
from llmsdeck_tui.screens.quit import QuitDialog
from llmsdeck_tui.screens.retry import RetryDialog
from llmsdeck_tui.screens.run import RunScreen
from llmsdeck_tui.screens.runs import RunsScreen
from llmsdeck_tui.screens.settings import SettingsDialog
from llmsdeck_tui.screens.sort import SortDialog
from llmsdeck_tui.screens.start import StartForm
from llmsdeck_tui.screens.trash import TrashScreen
from llmsdeck_tui.screens.views import ViewsDialog
from llmsdeck_tui.widgets.filter_line import FilterLine
from llmsdeck_tui.widgets.find_line import FindLine
from llmsdeck_tui.widgets.lines import Lines
from llmsdeck_tui.widgets.run_table import RunTable


def test_every_key_has_its_own_name() -> None:
    names = [key.id for key in keys.EVERY]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("group", keys.TOGETHER)
def test_keys_that_are_in_force_together_do_not_collide(group: tuple[keys.Key, ...]) -> None:
    for one, other in combinations(group, 2):
        assert not set(one.keys.split(",")) & set(other.keys.split(",")), (one.id, other.id)


@pytest.mark.parametrize("key", keys.EVERY, ids=lambda key: key.id)
def test_every_key_explains_itself_in_one_line(key: keys.Key) -> None:
    assert key.help.endswith(".")
    assert len(key.help) <= 59


@pytest.mark.parametrize(
    ("owner", "group"),
    [
        (RunsScreen, keys.DECK + keys.TABLE),
        (RunTable, keys.MOVES + keys.MARKS + keys.VIEWS),
        (FilterLine, keys.FILTER + keys.COMPLETE_FILTER),
        (BulkDialog, keys.BULK),
        (RetryDialog, keys.RETRY),
        (ChangeDialog, keys.CHANGE),
        (SortDialog, keys.SORT),
        (JumpDialog, keys.JUMP),
        (SettingsDialog, keys.SETTINGS),
        (ColumnsDialog, keys.COLUMNS),
        (ViewsDialog, keys.KEPT),
        (Lines, keys.MOVES),
        (CancelDialog, keys.CANCEL),
        (AnswerDialog, keys.ANSWER),
        (AnswersDialog, keys.ANSWER),
        (PruneDialog, keys.PRUNE),
        (PolicyDialog, keys.POLICY),
        (QuitDialog, keys.QUIT),
        (StartForm, keys.START),
        (RunScreen, keys.RUN),
        (FindLine, keys.FIND),
        (CopyDialog, keys.COPY),
        (ChooseRun, keys.CHOOSE),
        (DiffScreen, keys.DIFF),
        (FailuresScreen, keys.GROUPS),
        (ActionsScreen, keys.ACTIONS),
        (TrashScreen, keys.TRASH),
    ],
)
def test_bindings_come_from_the_table_and_have_actions(
    owner: type[RunsScreen], group: tuple[keys.Key, ...]
) -> None:
    bound = {binding.id for binding in owner.BINDINGS if isinstance(binding, Binding)}
    for key in group:
        assert key.id in bound
        assert hasattr(owner, "action_" + key.action.partition("(")[0])


def test_an_action_acts_wherever_a_key_does_it() -> None:
    acting, looking = (
        {key.action.partition("(")[0] for key in keys.EVERY if key.acts is acts}
        for acts in (True, False)
    )
    assert not acting & looking
