"""What a link is called and the sentence beside it, both in the words of its target."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Final

from llmsdeck.bundle.modules import module_name
from llmsdeck.bundle.outline import Link, Section
from llmsdeck.bundle.packages import Package
from llmsdeck.bundle.places import (
    TRADITIONS,
    example_of,
    in_examples,
    is_code,
    is_traditional,
    stem,
)
from llmsdeck.bundle.prose import (
    NOTE_CHARACTERS,
    as_title,
    note,
    words,
)
from llmsdeck.bundle.survey import Survey
from llmsdeck.sources.triage import named

_NEW_WORDS: Final = 4
_MUTE: Final = frozenset(("License", "Authors"))
_VAGUE: Final = named("introduction overview about basics general index home")
"""Labels that say something only together with their group's."""


def candidate(path: str, survey: Survey) -> str:
    """The author's label, the traditional name, the heading, or a readable form of the name."""
    stop, page = survey.tour.get(path), survey.pages.get(path)
    if path == survey.readme:
        return "README"
    if (seeded := survey.seed.links.get(path)) and (title := as_title(seeded.title)):
        return title
    if package := _introduced(path, survey):
        return as_title(package.name) or _from_name(path)
    if stop and stop.label:
        vague = stop.group and stop.label.lower() in _VAGUE
        label = f"{stop.group}: {stop.label}" if vague else stop.label
        return as_title(label) or _from_name(path)
    if is_traditional(path, stop.group if stop else ""):
        return TRADITIONS[stem(path)]
    if is_code(path) and not in_examples(path):
        return module_name(path) if path.endswith(".py") else _without_suffix(path)
    if is_code(path):
        return _from_name(example_of(path))
    return as_title(page.title if page else "") or _from_name(path)


def _without_suffix(path: str) -> str:
    """How a module is called by those who import it, as far as a path can tell."""
    beginning, _, _ = path.rpartition(".")
    return as_title("/".join(beginning.split("/")[-2:])) or as_title(path) or "Untitled"


def _from_name(path: str) -> str:
    """A readable form of the file's name; of its folder where the file is only an index."""
    pure = PurePosixPath(path)
    name = pure.name.split(".")[0]
    if (
        stem(path) in {"readme", "index", "_index", "main", "__init__", "app", "mod", "lib"}
        and "/" in path
    ):
        name = pure.parent.name
    readable = " ".join(name.replace("_", " ").replace("-", " ").split())
    return as_title(readable[:1].upper() + readable[1:]) or as_title(pure.name) or "Untitled"


def _introduced(path: str, survey: Survey) -> Package | None:
    """The package whose README this is, or whose first module where it has none."""
    return next((p for p in survey.packages if path == (p.readme or "".join(p.modules[:1]))), None)


def note_for(
    path: str, title: str, survey: Survey, taken: Collection[frozenset[str]] = frozenset()
) -> str:
    """A sentence from the target, else the names it defines; empty rather than empty words.

    `taken` are the words that notes of other links add to their titles.
    """
    page = survey.pages.get(path)
    if (seeded := survey.seed.links.get(path)) and (said := note((seeded.note,), title, taken)):
        return said
    if page is None or (TRADITIONS.get(stem(path)) in _MUTE and not is_code(path)):
        return ""
    opening = (page.title, *page.paragraphs) if is_code(path) else page.paragraphs
    if package := _introduced(path, survey):
        opening = (package.facts.summary, *opening)
    if stem(path) in TRADITIONS and not is_code(path):
        opening = page.paragraphs[: page.lead]
    if path == survey.readme:
        known = words(survey.facts.summary)
        opening = tuple(p for p in opening if len(words(p) - known) >= _NEW_WORDS)
    return note(opening, title, taken) or (_listed(page.names) if is_code(path) else "")


def _listed(names: Sequence[str]) -> str:
    """As many public names as fit into a note."""
    listed = ""
    for name in names:
        longer = f"{listed}, `{name}`" if listed else f"`{name}`"
        if len(longer) > NOTE_CHARACTERS[1]:
            break
        listed = longer
    return listed if len(listed) >= NOTE_CHARACTERS[0] else ""


def unique_titles(sections: Sequence[Section]) -> tuple[Section, ...]:
    """The same links, with what tells them apart added where a title occurs twice."""
    taken: set[str] = set()
    return tuple(
        replace(section, links=tuple(_unique(link, taken) for link in section.links))
        for section in sections
    )


def _unique(link: Link, taken: set[str]) -> Link:
    title = link.title
    pure = PurePosixPath(link.path)
    parts = (module_name(link.path),) if pure.suffix == ".py" else (pure.parent.name, pure.name)
    for more in ("", *map(as_title, parts), as_title(link.path)):
        title = f"{link.title} ({more})" if more else link.title
        if title.lower() not in taken:
            break
    number = 2
    while title.lower() in taken:
        title, number = f"{link.title} ({number})", number + 1
    taken.add(title.lower())
    return replace(link, title=title)
