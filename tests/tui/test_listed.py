"""A list of which a part is held: where its cursor is, and what has moved."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from llmsdeck.model import Actor, ActorKind, Run
from llmsdeck.snapshot import DeckSnapshot, Window
from llmsdeck.testing import FakeClock, FakeDeck
from llmsdeck_tui.widgets.listed import Listed

ADA = Actor(ActorKind.OPERATOR, "ada")
HEAD = Window(0, 50)
TOP = range(10)


def deck_of(count: int) -> FakeDeck:
    deck = FakeDeck(FakeClock())
    for number in range(count):
        deck.add(f"acme/{number:03}")
    return deck


async def picture(
    deck: FakeDeck, listed: Listed, window: Window = HEAD, filter: str = "", sort: str = ""
) -> DeckSnapshot:
    return await deck.snapshot(window, listed.cursor_id, filter, sort)


async def shown(deck: FakeDeck) -> Listed:
    listed = Listed()
    listed.take(await picture(deck, listed), TOP)
    return listed


def current(listed: Listed) -> Run:
    assert listed.current is not None
    return listed.current


async def test_the_first_run_is_under_the_cursor_at_first() -> None:
    listed = await shown(deck_of(3))
    assert current(listed).source == "acme/002"
    assert listed.cursor_id == current(listed).run_id


async def test_what_comes_above_moves_the_cursor_and_what_is_in_view() -> None:
    deck = deck_of(20)
    listed = await shown(deck)
    listed.move_to(5)
    before = current(listed)
    deck.add("acme/new")
    deck.add("acme/newer")
    assert listed.take(await picture(deck, listed), TOP) == 2
    assert (listed.cursor, current(listed)) == (7, before)


async def test_another_order_leaves_it_to_the_cursor_what_is_in_view() -> None:
    deck = deck_of(20)
    listed = await shown(deck)
    listed.move_to(2)
    before = current(listed)
    assert listed.take(await picture(deck, listed, sort="source"), TOP) is None
    assert (listed.cursor, current(listed)) == (17, before)


async def test_another_list_begins_at_its_first_run() -> None:
    deck = deck_of(20)
    listed = await shown(deck)
    listed.move_to(9)
    assert listed.take(await picture(deck, listed, filter="source:acme/00"), TOP) is None
    assert (listed.cursor, current(listed).source) == (0, "acme/009")


async def test_a_run_that_goes_leaves_its_row_to_the_next() -> None:
    deck = deck_of(20)
    listed = await shown(deck)
    listed.move_to(5)
    following = listed.at(6)
    deck.throw([current(listed).run_id], ADA)
    assert listed.take(await picture(deck, listed), TOP) == 0
    assert listed.current == following


async def test_a_run_that_goes_while_another_comes_leaves_its_row_to_the_next() -> None:
    deck = deck_of(20)
    listed = await shown(deck)
    listed.move_to(5)
    following = listed.at(6)
    deck.throw([current(listed).run_id], ADA)
    deck.add("acme/new")
    assert listed.take(await picture(deck, listed), TOP) == 1
    assert listed.current == following


async def test_a_run_that_is_sought_is_shown_once_it_is_there() -> None:
    deck = deck_of(20)
    listed = await shown(deck)
    wanted = deck.add("acme/new")
    listed.seek(wanted)
    assert listed.take(await picture(deck, listed, Window(5, 5)), TOP) is None
    assert listed.cursor == 0


async def test_a_run_is_sought_on_in_pictures_that_were_under_way() -> None:
    deck = deck_of(20)
    listed = await shown(deck)
    earlier = await picture(deck, listed)
    wanted = deck.add("acme/new")
    listed.seek(wanted)
    assert listed.take(earlier, TOP) == 0
    assert listed.cursor_id == wanted
    assert listed.take(await picture(deck, listed), TOP) is None
    assert current(listed).run_id == wanted


async def test_a_run_that_is_not_in_the_list_is_not_sought_for_ever() -> None:
    deck = deck_of(20)
    listed = Listed()
    listed.take(await picture(deck, listed, filter="source:acme/01"), TOP)
    listed.seek(deck.newest_first()[-1].run_id)
    listed.take(await picture(deck, listed, filter="source:acme/01"), TOP)
    assert listed.cursor_id == current(listed).run_id


async def test_a_run_that_is_held_need_not_be_sought() -> None:
    deck = deck_of(20)
    listed = await shown(deck)
    listed.seek(deck.newest_first()[3].run_id)
    assert listed.take(await picture(deck, listed), TOP) == 0


@given(st.integers(0, 200), st.integers(0, 200), st.integers(1, 60))
def test_the_cursor_comes_into_view_by_as_little_as_possible(
    cursor: int, top: int, height: int
) -> None:
    listed = Listed()
    listed.total = 201
    listed.move_to(cursor)
    first = listed.to_cursor(top, height)
    assert first <= cursor < first + height
    nearer = range(first + 1, top + 1) if first < top else range(top, first)
    assert not any(step <= cursor < step + height for step in nearer)


@given(st.integers(0, 400), st.integers(1, 80))
def test_what_is_wanted_covers_more_than_what_is_in_view(top: int, height: int) -> None:
    listed = Listed()
    listed.total = 401
    wanted = listed.wanted(top, height)
    assert wanted is not None
    assert wanted.first <= max(0, top - height // 2)
    assert wanted.first + wanted.size >= min(401, top + height + height // 2)


def test_a_list_of_which_nothing_is_known_is_wanted() -> None:
    assert Listed().wanted(0, 10) == Window(0, 50)
