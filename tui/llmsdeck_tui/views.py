"""How the runs table is looked at: filter, order and columns, the kept views and past filters.

All of it is plain data, so that settings can hold it from one session to the next.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, cast

from llmsdeck.errors import UsageError
from llmsdeck.filter import Order, parse

DIGITS: Final = "123456789"
LONGEST_HISTORY: Final = 50
_LONGEST_NAME: Final = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class TableView:
    """What the table shows and how."""

    filter: str = ""
    """In the language of llmsdeck.filter; blank lets every run through."""
    sort: str = ""
    """As for `DeckApi.page`; blank is newest first."""
    columns: tuple[str, ...] = ()
    """Names of columns from left to right; none means what the width affords."""

    def to_dict(self) -> dict[str, object]:
        """For a settings file."""
        return {"filter": self.filter, "sort": self.sort, "columns": list(self.columns)}

    @classmethod
    def from_dict(cls, values: Mapping[str, object]) -> TableView:
        """What `to_dict` wrote; what cannot be understood is left at its default."""
        return cls(
            filter=_readable(values.get("filter"), parse),
            sort=_readable(values.get("sort"), Order.parse),
            columns=tuple(each for each in _list(values.get("columns")) if isinstance(each, str)),
        )


@dataclass(frozen=True, slots=True)
class KeptView:
    """A view under a digit."""

    name: str
    view: TableView


FIRST_VIEWS: Final[Mapping[str, KeptView]] = {
    "1": KeptView("all", TableView()),
    "2": KeptView("live", TableView(filter="is:live")),
    "3": KeptView("failed", TableView(filter="status:failed")),
    "4": KeptView("degraded", TableView(filter="outcome:degraded")),
    "5": KeptView("stuck", TableView(filter="is:stale,orphan")),
    "6": KeptView("asking", TableView(filter="is:asking")),
}
"""What the digits open until somebody keeps something else there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableSettings:
    """Everything about the table that is worth remembering; each change makes a new one."""

    view: TableView = TableView()
    kept: Mapping[str, KeptView] = field(default_factory=lambda: dict(FIRST_VIEWS))
    """By digit, 1 to 9."""
    history: tuple[str, ...] = ()
    """Filters that were used, oldest first."""

    @property
    def name(self) -> str:
        """The digit and name of the view in force, when it is a kept one."""
        for digit, kept in self.kept.items():
            if kept.view == self.view:
                return f"{digit} {kept.name}"
        return ""

    def looking(self, view: TableView) -> TableSettings:
        """With another view in force."""
        return replace(self, view=view)

    def keeping(self, digit: str, name: str) -> TableSettings:
        """With the view in force kept under a digit; raises UsageError for a name that is none."""
        name = name.strip()
        if not name or len(name) > _LONGEST_NAME:
            raise UsageError(f"A view needs a name, of {_LONGEST_NAME} characters at most.")
        kept = {**self.kept, digit: KeptView(name, self.view)}
        return replace(self, kept=dict(sorted(kept.items())))

    def dropping(self, digit: str) -> TableSettings:
        """Without the view under a digit."""
        kept = {place: view for place, view in self.kept.items() if place != digit}
        return replace(self, kept=kept)

    def remembering(self, filter: str) -> TableSettings:
        """With a filter as the last that was used."""
        if not filter:
            return self
        others = tuple(each for each in self.history if each != filter)
        return replace(self, history=(*others, filter)[-LONGEST_HISTORY:])

    def to_dict(self) -> dict[str, object]:
        """For a settings file."""
        return {
            "view": self.view.to_dict(),
            "kept": {
                digit: {"name": kept.name, **kept.view.to_dict()}
                for digit, kept in self.kept.items()
            },
            "history": list(self.history),
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, object]) -> TableSettings:
        """What `to_dict` wrote; what cannot be understood is left at its default."""
        kept = {
            digit: KeptView(str(entry["name"])[:_LONGEST_NAME], TableView.from_dict(entry))
            for digit, entry in ((d, _mapping(v)) for d, v in _mapping(values.get("kept")).items())
            if digit in DIGITS and entry.get("name")
        }
        history = tuple(_readable(each, parse) for each in _list(values.get("history")))
        return cls(
            view=TableView.from_dict(_mapping(values.get("view"))),
            kept=dict(sorted(kept.items())) if "kept" in values else dict(FIRST_VIEWS),
            history=tuple(filter(None, history))[-LONGEST_HISTORY:],
        )


def _readable(value: object, reader: Callable[[str], object]) -> str:
    """A text that the reader accepts, else nothing."""
    if not isinstance(value, str):
        return ""
    try:
        reader(value)
    except UsageError:
        return ""
    return value


def _list(value: object) -> Sequence[object]:
    return cast("list[object]", value) if isinstance(value, list) else []


def _mapping(value: object) -> Mapping[str, object]:
    return cast("dict[str, object]", value) if isinstance(value, dict) else {}
