"""The order an author gave the documentation, whatever tool builds it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Final

from llmsdeck.bundle.handbooks import antora, extras, lists, summaries
from llmsdeck.bundle.mkdocs import mkdocs
from llmsdeck.bundle.positions import by_position
from llmsdeck.bundle.sidebars import docusaurus, vitepress
from llmsdeck.bundle.sphinx import sphinx
from llmsdeck.bundle.tour import Files, Stop

_STOPS: Final = 5000
_FEW_STOPS: Final = 3
_TOURS: Final[tuple[Callable[[Files], Iterator[Stop]], ...]] = (
    mkdocs,
    docusaurus,
    vitepress,
    summaries,
    sphinx,
    antora,
    lists,
    extras,
    by_position,
)


def navigation(files: Files) -> tuple[Stop, ...]:
    """The author's tour through the documentation; empty when there is none that can be read."""
    short: tuple[Stop, ...] = ()
    for tour in _TOURS:
        stops = _once(islice(tour(files), _STOPS))
        if len(stops) >= _FEW_STOPS:
            return stops
        short = short or stops
    return short


def _once(stops: Iterator[Stop]) -> tuple[Stop, ...]:
    return tuple({stop.path: stop for stop in reversed([*stops])}.values())[::-1]
