"""Analysis: everything about the material that the choice of links rests on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Final

from llmsdeck.bundle.facts import Facts, completed, read_facts
from llmsdeck.bundle.markdown import link_targets
from llmsdeck.bundle.modules import modules_of, path_of_module
from llmsdeck.bundle.navigation import navigation
from llmsdeck.bundle.packages import Package, main_package, packages_of
from llmsdeck.bundle.pages import Pages
from llmsdeck.bundle.places import (
    TRADITIONS,
    in_examples,
    is_aside,
    is_code,
    is_document,
    readme_of,
    stem,
)
from llmsdeck.bundle.seed import Seed, read_seed
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
    pages: Pages
    """Every document, and the code that may be linked."""
    packages: tuple[Package, ...] = ()
    """Members of the workspace, apart from the one that the repository is known for."""
    seed: Seed = field(default_factory=Seed)
    """What an llms.txt of the repository's own says."""

    def in_package(self, path: str) -> bool:
        """Whether a file belongs to a package that has a place of its own."""
        return any(path.startswith(f"{package.folder}/") for package in self.packages)

    def is_worth_linking(self, path: str) -> bool:
        """Whether a reader would find something there; modules are offered elsewhere."""
        if path in self.seed.links:
            return True
        if path not in self.pages:
            return is_code(path)
        if path in self.modules and path not in self.tour and not in_examples(path):
            return False
        if stem(path) in TRADITIONS and "/" not in path and not is_code(path):
            return True
        page = self.pages.opening(path)
        return bool(page.paragraphs) or page.brief or is_code(path)


def survey(material: Material) -> Steps[Survey]:
    """Read manifests, navigation, and the opening of every file that may be linked."""
    facts = completed(read_facts(material.by_path), material.about)
    yield Progress()
    packages = packages_of(material.by_path)
    main = main_package(packages, facts, material.name)
    facts = _known_for(facts, main) if main else facts
    yield Progress()
    seed = read_seed(material.by_path, material.name, facts.site)
    stops = {path: Stop(path=path) for path in seed.links}
    for stop in navigation(material.by_path):
        stops[stop.path] = stop
    yield Progress()
    modules = modules_of(material.by_path, facts, main.folder if main else "")
    pages = Pages(material.by_path)
    own = [path for package in packages for path in package.modules]
    for path in dict.fromkeys((*modules, *stops, *own)):
        pages.offer(path)
        yield Progress()
    for done, file in enumerate(material.files, start=1):
        if len(pages) < _PAGES and file.path not in pages and _may_be_linked(file.path):
            pages.offer(file.path)
        yield Progress(done, len(material.files))
    tour = _filled(stops, pages, material.by_path)
    readme = readme_of(material.by_path) or (main.readme if main else None)
    return Survey(
        facts=facts,
        readme=readme,
        tour=tour,
        mentioned=_mentioned(material, readme, packages),
        modules=modules,
        pages=pages,
        packages=tuple(package for package in packages if package is not main),
        seed=seed,
    )


def _known_for(facts: Facts, main: Package) -> Facts:
    """What the main package says, and what the root says where that one is silent."""
    own = {name: value for name, value in asdict(main.facts).items() if value}
    own["entry"] = tuple(f"{main.folder}/{path}" for path in main.facts.entry)
    return replace(facts, **{**own, "site": facts.site or main.facts.site})


def _may_be_linked(path: str) -> bool:
    if is_aside(path):
        return False
    if in_examples(path):
        return (is_document(path) or is_code(path)) and path.count("/") <= _EXAMPLE_DEPTH
    return is_document(path)


def _filled(
    tour: Mapping[str, Stop], pages: Pages, files: Mapping[str, SourceFile]
) -> Mapping[str, Stop]:
    """The tour with the module itself in place of a page that is only a shell for its docstrings.

    Such a page holds no text until the site is built.
    """
    filled: dict[str, Stop] = {}
    for path, stop in tour.items():
        page = pages.opening(path)
        target = path_of_module(page.documents, files) if page.documents else None
        if target is None or page.paragraphs:
            filled.setdefault(path, stop)
        else:
            label = stop.label or page.title
            filled.setdefault(target, replace(stop, path=target, label=label))
            pages.offer(target)
            pages.withdraw(path)
    return filled


def _mentioned(
    material: Material, readme: str | None, packages: Sequence[Package]
) -> Mapping[str, int]:
    """Files that the README leads to; the folder of a package stands for the package's README."""
    if readme is None:
        return {}
    readmes = {package.folder: package.readme for package in packages}
    found: dict[str, int] = {}
    for target in link_targets(material.by_path[readme].text):
        path = normal(target.split("#")[0])
        path = readmes.get(path) or path
        if path in material.by_path:
            found.setdefault(path, len(found))
    return found
