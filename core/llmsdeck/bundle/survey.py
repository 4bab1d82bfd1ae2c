"""Analysis: everything about the material that the choice of links rests on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from llmsdeck.bundle.facts import Facts, completed, read_facts
from llmsdeck.bundle.markdown import link_targets
from llmsdeck.bundle.modules import modules_of, path_of_module
from llmsdeck.bundle.navigation import navigation
from llmsdeck.bundle.pages import read_page
from llmsdeck.bundle.places import in_examples, is_aside, is_code, is_document, stem
from llmsdeck.bundle.reading import Page
from llmsdeck.bundle.tour import Stop, normal
from llmsdeck.model import Progress
from llmsdeck.sources import Material, SourceFile, Steps

_PAGES: Final = 4000
_EXAMPLE_DEPTH: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """What was found out about a source."""

    facts: Facts
    readme: str | None
    """Path of the README at the root."""
    tour: Mapping[str, Stop]
    """The author's navigation by path, in order."""
    mentioned: Mapping[str, int]
    """Files that the README links to, with their position."""
    modules: tuple[str, ...]
    """Source files that make up the public interface, most important first."""
    pages: Mapping[str, Page]
    """Every document, and the code that may be linked."""


def survey(material: Material) -> Steps[Survey]:
    """Read manifests, navigation, and the opening of every file that may be linked."""
    facts = completed(read_facts(material.by_path), material.about)
    yield Progress()
    stops = {stop.path: stop for stop in navigation(material.by_path)}
    yield Progress()
    modules = modules_of(material.by_path, facts)
    pages: dict[str, Page] = {}
    for path in (*modules, *stops):
        pages[path] = read_page(material.by_path[path])
        yield Progress()
    for done, file in enumerate(material.files, start=1):
        if len(pages) < _PAGES and file.path not in pages and _may_be_linked(file.path):
            pages[file.path] = read_page(file)
        yield Progress(done, len(material.files))
    tour = _filled(stops, pages, material.by_path)
    readme = _readme(material.by_path)
    return Survey(
        facts=facts,
        readme=readme,
        tour=tour,
        mentioned=_mentioned(material, readme),
        modules=modules,
        pages=pages,
    )


def _may_be_linked(path: str) -> bool:
    if is_aside(path):
        return False
    if in_examples(path):
        return (is_document(path) or is_code(path)) and path.count("/") <= _EXAMPLE_DEPTH
    return is_document(path)


def _filled(
    tour: Mapping[str, Stop], pages: dict[str, Page], files: Mapping[str, SourceFile]
) -> Mapping[str, Stop]:
    """The tour with the module itself in place of a page that is only a shell for its docstrings.

    Such a page holds no text until the site is built.
    """
    filled: dict[str, Stop] = {}
    for path, stop in tour.items():
        page = pages[path]
        target = path_of_module(page.documents, files) if page.documents else None
        if target is None or page.paragraphs:
            filled.setdefault(path, stop)
        else:
            label = stop.label or page.title
            filled.setdefault(target, replace(stop, path=target, label=label))
            pages[target] = read_page(files[target])
            del pages[path]
    return filled


def _readme(files: Mapping[str, object]) -> str | None:
    candidates = (p for p in sorted(files) if "/" not in p and stem(p) == "readme")
    order = {"md": 0, "rst": 1}
    found = (p for p in candidates if is_document(p) and not is_aside(p))
    return min(found, key=lambda p: (order.get(p.rpartition(".")[2].lower(), 2), p), default=None)


def _mentioned(material: Material, readme: str | None) -> Mapping[str, int]:
    if readme is None:
        return {}
    found: dict[str, int] = {}
    for target in link_targets(material.by_path[readme].text):
        path = normal(target.split("#")[0])
        if path in material.by_path:
            found.setdefault(path, len(found))
    return found
