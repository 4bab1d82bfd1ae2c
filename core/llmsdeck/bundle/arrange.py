"""Grouping and order as a model proposes them, within the rules that hold for every outline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import chain

from llmsdeck.bundle.choose import BUDGET
from llmsdeck.bundle.outline import Link, Outline, Section, SectionName
from llmsdeck.bundle.prompts import Arrangement
from llmsdeck.bundle.survey import Survey


def arranged(outline: Outline, proposal: Arrangement, survey: Survey) -> Outline | str:
    """The outline with its links in these places, or why the proposal cannot be used.

    Every link stays, the README stays first, and links of the author's tour keep its order.
    """
    links = dict(enumerate(outline.links(), start=1))
    numbers = chain.from_iterable(place.numbers for place in proposal.places)
    if sorted(numbers) != list(links):
        return "leaves links out or repeats them"
    places: dict[SectionName, list[Link]] = {name: [] for name in SectionName}
    for place in proposal.places:
        places[place.section] += [links[number] for number in place.numbers]
    if any(len(found) > BUDGET[name] for name, found in places.items()):
        return "puts too many links into one section"
    return replace(
        outline,
        sections=tuple(
            Section(name=name, links=tuple(_ordered(found, survey)))
            for name, found in places.items()
            if found
        ),
    )


def _ordered(links: Sequence[Link], survey: Survey) -> list[Link]:
    """The README first, and the places of toured links filled in the order of the tour."""
    positions = {path: position for position, path in enumerate(survey.tour)}
    toured = sorted(
        (link for link in links if link.path in positions), key=lambda link: positions[link.path]
    )
    following = iter(toured)
    kept = [next(following) if link.path in positions else link for link in links]
    return sorted(kept, key=lambda link: link.path != survey.readme)
