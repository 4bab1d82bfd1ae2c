"""The orders in which runs can be listed, and the cursors that lead from page to page."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias, cast

from llmsdeck.errors import UsageError
from llmsdeck.filter.keys import milliseconds, took_ms
from llmsdeck.model import Run

Value: TypeAlias = int | str | None
"""What a run is sorted by; runs that have None come last, newest first."""


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
"""What each order compares, and whether the greatest comes first."""
_BY_NUMBER: Final = ("created", "age")
"""Orders in which the run's number says everything."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a run stands in an order."""

    value: Value
    seq: int


@dataclass(frozen=True, slots=True)
class Order:
    """One of ORDERS, or with `-` in front of its name the other way round."""

    name: str = "created"
    turned: bool = False

    @classmethod
    def parse(cls, text: str) -> Order:
        """The order that is named, the newest first when it is blank; raises UsageError."""
        if not text:
            return cls()
        turned, name = text.startswith("-"), text.removeprefix("-")
        if name not in ORDERS:
            raise UsageError(f"Runs cannot be sorted by {name!r}; choose from {', '.join(ORDERS)}.")
        return cls(name, turned)

    def __str__(self) -> str:
        return f"-{self.name}" if self.turned else self.name

    @property
    def descending(self) -> bool:
        """The greatest value comes first."""
        return ORDERS[self.name][1] != self.turned

    @property
    def by_number(self) -> bool:
        """The run's number says everything."""
        return self.name in _BY_NUMBER

    def place(self, run: Run) -> Place:
        """Where the run stands."""
        return Place(ORDERS[self.name][0](run), run.seq)

    def follows(self, one: Place, other: Place) -> bool:
        """The one comes after the other."""
        if one.value is None or other.value is None:
            return one.value is None and (other.value is not None or one.seq < other.seq)
        # One order never compares numbers with words.
        mine, theirs = cast("tuple[int, int]", (one.value, one.seq)), (other.value, other.seq)
        return mine < theirs if self.descending else mine > theirs

    def arranged(self, runs: Iterable[Run]) -> list[Run]:
        """The runs in this order."""
        newest_first = sorted(runs, key=lambda run: -run.seq)
        valued = [run for run in newest_first if self.place(run).value is not None]
        valued.sort(key=lambda run: (self.place(run).value, run.seq), reverse=self.descending)
        return valued + [run for run in newest_first if self.place(run).value is None]

    def cursor(self, place: Place) -> str:
        """The place as a word that people can pass on."""
        if self.by_number:
            return str(place.seq)
        text = json.dumps([str(self), place.value, place.seq])
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

    def read_cursor(self, cursor: str) -> Place:
        """The place that `cursor` wrote for this order; raises UsageError."""
        refusal = UsageError(
            f"{cursor!r} is not a cursor of this order; pass `next_cursor` of the page before."
        )
        if self.by_number:
            if not (cursor.isascii() and cursor.isdecimal() and len(cursor) < 19):
                raise refusal
            return Place(int(cursor), int(cursor))
        try:
            padded = cursor + "=" * (-len(cursor) % 4)
            order, value, seq = json.loads(base64.urlsafe_b64decode(padded))
        except (ValueError, TypeError):
            raise refusal from None
        if order != str(self) or not isinstance(seq, int) or not self._may_be(value):
            raise refusal
        return Place(value, seq)

    def _may_be(self, value: object) -> bool:
        kind = str if self.name in ("status", "source") else int
        return value is None or isinstance(value, kind)
