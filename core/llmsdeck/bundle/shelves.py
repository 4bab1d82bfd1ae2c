"""Where the packages of a repository stand in llms.txt: one section each, or one for all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from llmsdeck.bundle.outline import SectionName
from llmsdeck.bundle.packages import Package
from llmsdeck.bundle.places import TRADITIONS, is_aside, is_code, reading_rank, stem
from llmsdeck.bundle.prose import as_title
from llmsdeck.bundle.survey import Survey
from llmsdeck.bundle.titles import candidate, note_for

ROOM: Final = 12
"""Links to packages, however many there are."""
_SHELF: Final = 4
"""Links in the section of one package."""
_OWN_SECTIONS: Final = 6
"""Packages up to which each may have a section, as long as there are not too many sections."""
_SECTIONS: Final = 8
"""Sections of a file that a reader still takes in."""
_SAME: Final = 3
"""Packages with one and the same summary that make it mean nothing."""
_GROUP: Final = "Packages"


def package_sections(survey: Survey, others: int) -> Mapping[str, Sequence[str]]:
    """Paths by the section's name; `others` is how many sections there are besides."""
    packages = _speaking(survey)
    shelves: dict[str, list[str]] = {}
    taken = {survey.readme, *survey.tour}
    few = len(packages) <= _OWN_SECTIONS and len(packages) + others <= _SECTIONS
    room = min(_SHELF, ROOM // max(1, len(packages))) if few else 1
    left = ROOM
    for package in packages:
        links = [path for path in _shelf(package, survey) if path not in taken][: min(room, left)]
        left -= len(links)
        taken.update(links)
        shelves.setdefault(_name(package) if few else _GROUP, []).extend(links)
    return {name: paths for name, paths in shelves.items() if paths}


def _speaking(survey: Survey) -> list[Package]:
    """The packages in order; where many say the same of themselves, they are parts of another."""
    times = Counter(package.facts.summary for package in survey.packages)
    return sorted(
        (
            package
            for package in survey.packages
            if package.readme in survey.mentioned
            or not package.facts.summary
            or times[package.facts.summary] < _SAME
        ),
        key=lambda package: _renown(package, survey),
    )


def _renown(package: Package, survey: Survey) -> tuple[int, bool, bool, str]:
    """The order of packages: as the README mentions them, then those with a README of their own."""
    position = survey.mentioned.get(package.readme or "", len(survey.mentioned))
    return (position, not package.readme, not package.facts.install, package.folder)


def _shelf(package: Package, survey: Survey) -> list[str]:
    """What a package offers: its README, its documents, its modules."""
    readmes = {package.readme for package in survey.packages}
    own = [
        path
        for path in survey.pages
        if path.startswith(f"{package.folder}/")
        and not (is_aside(path) or is_code(path) or stem(path) in TRADITIONS)
        and path not in readmes
        and survey.is_worth_linking(path)
    ]
    readme = [package.readme] if package.readme else []
    telling = [path for path in package.modules if note_for(path, candidate(path, survey), survey)]
    modules = telling if readme or telling else package.modules
    return [*readme, *sorted(own, key=reading_rank), *modules]


def _name(package: Package) -> str:
    """The name of a package's section, unlike those of the ordinary sections."""
    plain = as_title(package.name.rpartition("/")[2]).rstrip(")]}.!?")
    taken = {name.lower() for name in SectionName} | {_GROUP.lower()}
    fine = plain[-1:].isalnum() and plain.lower() not in taken
    return plain if fine else f"Package {package.folder.rpartition('/')[2]}"
