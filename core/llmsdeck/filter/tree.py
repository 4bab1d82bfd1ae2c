"""What a filter says, as a frozen tree; `str` writes it so that it reads as the same again."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, TypeAlias

from llmsdeck.filter.keys import NUMBER_KEYS

OR: Final = "OR"
_PLAIN: Final = re.compile(r"[\w./@*+#%~&'!?$][\w./@*+#%~&'!?$-]*")
"""What needs no quotes, wherever it stands."""
_NAMED: Final = 300
"""Characters of a source that a filter names."""


@dataclass(frozen=True, slots=True)
class Text:
    """Source, ref or error message contain it, or the run's id begins with it."""

    text: str

    def __str__(self) -> str:
        return _quoted(self.text)


@dataclass(frozen=True, slots=True)
class Among:
    """A key has one of these values; how they are compared is the key's business."""

    key: str
    values: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.key}:{','.join(map(_quoted, self.values))}"


@dataclass(frozen=True, slots=True)
class Between:
    """A number or duration lies in a range; None leaves that side open."""

    key: str
    least: float | None = None
    most: float | None = None
    strict: bool = False
    """The ends of the range do not belong to it."""

    def __str__(self) -> str:
        write = NUMBER_KEYS[self.key].unit.write
        if self.least is None or self.most is None:
            operator, end = ("<", self.most) if self.least is None else (">", self.least)
            assert end is not None
            return f"{self.key}{operator}{'' if self.strict else '='}{write(end)}"
        if self.least == self.most:
            return f"{self.key}:{write(self.least)}"
        return f"{self.key}:{write(self.least)}..{write(self.most)}"


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite of another filter."""

    operand: Filter

    def __str__(self) -> str:
        return f"-{_grouped(self.operand, All, Either)}"


@dataclass(frozen=True, slots=True)
class All:
    """Every part holds; no part at all holds for every run."""

    parts: tuple[Filter, ...]

    def __str__(self) -> str:
        return " ".join(_grouped(part, Either) for part in self.parts)


@dataclass(frozen=True, slots=True)
class Either:
    """At least one part holds."""

    parts: tuple[Filter, ...]

    def __str__(self) -> str:
        return f" {OR} ".join(map(str, self.parts))


Filter: TypeAlias = Text | Among | Between | Not | All | Either


def of_source(source: str) -> str:
    """A filter that lets through the runs of this source, and of those that contain it.

    Blank for a source that no filter can name, such as none at all.
    """
    named = "".join(c for c in source if c.isprintable() and c != '"')
    return str(Among("source", (source[:_NAMED],))) if source and named == source else ""


def bundles_of(source: str) -> str:
    """A filter that lets through the completed runs of those that `of_source` does."""
    return f"status:completed {of_source(source)}".rstrip()


EVERYTHING: Final = All(())


def _grouped(part: Filter, *looser: type) -> str:
    return f"({part})" if isinstance(part, looser) else str(part)


def _quoted(text: str) -> str:
    return text if _PLAIN.fullmatch(text) and text != OR else f'"{text}"'
