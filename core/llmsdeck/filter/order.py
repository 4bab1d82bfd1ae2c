"""The orders in which runs can be listed, and the cursors that lead from page to page."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final, TypeAlias, cast

from llmsdeck.errors import UsageError
from llmsdeck.filter.keys import milliseconds, took_ms
from llmsdeck.model import Run

Value: TypeAlias = int | str | None
"""What a run is sorted by; runs that have None come last."""


def _finished(run: Run) -> Value:
    return None if run.finished_at is None else milliseconds(run.finished_at)


ORDERS: Final[Mapping[str, tuple[Callable[[Run], Value], bool]]] = {
    "created": (lambda run: run.seq, True),
    "age": (lambda run: run.seq, False),
    "finished": (_finished, True),
    "duration": (took_ms, True),
    "score": (lambda run: run.score, False),
    "status": (lambda run: run.status, False),
    "source": (lambda run: run.source, False),
}
"""What each key compares, and whether the greatest comes first."""
_BY_NUMBER: Final = ("created", "age")
"""Keys by which no two runs are equal, so that nothing can come behind them."""
_WORDS: Final = ("status", "source")
"""Keys whose values are words."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a run stands in an order: its value for each key, and its number."""

    values: tuple[Value, ...]
    seq: int


@dataclass(frozen=True, slots=True)
class SortKey:
    """One of ORDERS, or with `-` in front of its name the other way round."""

    name: str = "created"
    turned: bool = False

    def __str__(self) -> str:
        return f"-{self.name}" if self.turned else self.name

    @property
    def descending(self) -> bool:
        """The greatest value comes first."""
        return ORDERS[self.name][1] != self.turned

    @property
    def by_number(self) -> bool:
        """No two runs are equal."""
        return self.name in _BY_NUMBER

    @property
    def of_words(self) -> bool:
        """The values are words, not numbers."""
        return self.name in _WORDS

    def value(self, run: Run) -> Value:
        """What is compared of a run."""
        return ORDERS[self.name][0](run)

    def follows(self, one: Value, other: Value) -> bool:
        """The one of two different values comes after the other."""
        if one is None or other is None:
            return one is None
        # One key never compares numbers with words.
        mine, theirs = cast("tuple[int, int]", (one, other))
        return mine < theirs if self.descending else mine > theirs


@dataclass(frozen=True, slots=True)
class Order:
    """Keys of which each decides where those before it are equal; at last the newest comes first.

    So no two runs have the same place.
    """

    keys: tuple[SortKey, ...] = (SortKey(),)

    @classmethod
    def parse(cls, text: str) -> Order:
        """The order of the keys that are named, with commas between them; raises UsageError.

        Blank is the newest first.
        """
        if not text.strip():
            return cls()
        keys = tuple(_key(word.strip()) for word in text.split(","))
        for number, key in enumerate(keys):
            before = keys[:number]
            if key.name in (each.name for each in before):
                raise UsageError(f"Runs cannot be sorted by {key.name} twice; leave one out.")
            if last := next((each for each in before if each.by_number), None):
                raise UsageError(
                    f"No two runs are equal by {last.name}, so {key.name} would decide nothing;"
                    f" put {last.name} last."
                )
        return cls(keys)

    def __str__(self) -> str:
        return ",".join(map(str, self.keys))

    @property
    def names(self) -> tuple[str, ...]:
        """The keys' names, the one that decides first first."""
        return tuple(key.name for key in self.keys)

    @property
    def descending(self) -> bool:
        """The greatest value of the first key comes first."""
        return self.keys[0].descending

    @property
    def by_number(self) -> bool:
        """The run's number says everything."""
        return self.keys[0].by_number

    def turned(self) -> Order:
        """Each key the other way round."""
        return Order(tuple(replace(key, turned=not key.turned) for key in self.keys))

    def place(self, run: Run) -> Place:
        """Where the run stands."""
        return Place(tuple(key.value(run) for key in self.keys), run.seq)

    def follows(self, one: Place, other: Place) -> bool:
        """The one comes after the other."""
        for key, mine, theirs in zip(self.keys, one.values, other.values, strict=True):
            if mine != theirs:
                return key.follows(mine, theirs)
        return one.seq < other.seq

    def arranged(self, runs: Iterable[Run]) -> list[Run]:
        """The runs in this order."""
        found = sorted(runs, key=lambda run: -run.seq)
        for key in reversed(self.keys):
            valued = [run for run in found if key.value(run) is not None]
            valued.sort(key=key.value, reverse=key.descending)  # type: ignore[arg-type] # no None
            found = valued + [run for run in found if key.value(run) is None]
        return found

    def cursor(self, place: Place) -> str:
        """The place as a word that people can pass on."""
        if self.by_number:
            return str(place.seq)
        text = json.dumps([str(self), *place.values, place.seq])
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

    def read_cursor(self, cursor: str) -> Place:
        """The place that `cursor` wrote for this order; raises UsageError."""
        refusal = UsageError(
            f"{cursor!r} is not a cursor of this order; pass `next_cursor` of the page before."
        )
        if self.by_number:
            if not (cursor.isascii() and cursor.isdecimal() and len(cursor) < 19):
                raise refusal
            return Place((int(cursor),), int(cursor))
        try:
            padded = cursor + "=" * (-len(cursor) % 4)
            order, *values, seq = json.loads(base64.urlsafe_b64decode(padded))
        except (ValueError, TypeError):
            raise refusal from None
        if order != str(self) or not isinstance(seq, int) or not self._may_be(values):
            raise refusal
        return Place(tuple(values), seq)

    def _may_be(self, values: list[object]) -> bool:
        return len(values) == len(self.keys) and all(
            value is None or isinstance(value, str if key.of_words else int)
            for key, value in zip(self.keys, values, strict=True)
        )


def _key(word: str) -> SortKey:
    """The key that one word names; raises UsageError with the nearest name."""
    turned, name = word.startswith("-"), word.removeprefix("-").strip()
    if name in ORDERS:
        return SortKey(name, turned)
    from difflib import get_close_matches

    near = get_close_matches(name, ORDERS, n=1)
    advice = f"did you mean {near[0]}?" if near else f"choose from {', '.join(ORDERS)}."
    raise UsageError(f"Runs cannot be sorted by {name!r}; {advice}")
