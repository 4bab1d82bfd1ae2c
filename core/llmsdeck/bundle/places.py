"""What a path alone tells about a file: its section, its traditional name, its reader."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final

from llmsdeck.bundle.outline import SectionName
from llmsdeck.sources.triage import CODE_SUFFIXES, DOCUMENT_SUFFIXES, named, ranks

TRADITIONS: Final[Mapping[str, str]] = {
    "changelog": "Changelog",
    "changes": "Changelog",
    "history": "Changelog",
    "news": "Changelog",
    "releases": "Changelog",
    "release-notes": "Changelog",
    "release_notes": "Changelog",
    "contributing": "Contributing",
    "upgrading": "Upgrading",
    "migration": "Migration",
    "security": "Security policy",
    "code_of_conduct": "Code of conduct",
    "code-of-conduct": "Code of conduct",
    "license": "License",
    "licence": "License",
    "license-mit": "License",
    "license-apache": "License",
    "unlicense": "License",
    "copying": "License",
    "authors": "Authors",
}
"""Files that every project keeps beside its documentation, and what they are called."""
_DEVELOPMENT: Final = named(
    "architecture design internals development developing hacking adr adrs decisions rfcs"
    " maintaining releasing"
)
_HOUSEKEEPING: Final = named(
    "release release-checklist release-process release_checklist release_process build building"
    " testing maintainers governance ai_policy ai-policy agents claude"
)
"""Documents at the root for those who work on the project."""
_API: Final = named("api reference api-reference api_reference apidocs apidoc")
_EXAMPLES: Final = named("examples example samples demos demo docs_src recipes")
_DOCUMENTATION: Final = named(
    "docs doc documentation guide guides book manual wiki content tutorial tutorials"
)
_ASIDE: Final = named(
    "test tests testing __tests__ spec specs fixtures testdata test-data benchmark benchmarks bench"
    " benches benchsuite playground playgrounds locale locales i18n"
    " e2e snapshots __snapshots__ generated scripts tools ci theme themes _static _templates"
    " overrides partials includes _includes archive issue_template workflows licenses"
    " versioned_docs versioned_sidebars"
)
_TESTED: Final = re.compile(
    r"(?:^|[-_])(?:tests?|testing)(?:[-_]|$)|(?:unit|integration|system)tests?$|testhelpers$"
    r"|^template-"
)
_LANGUAGES: Final = named(
    "ar az bg bn cs da de el es fa fi fr he hi hu id it ja jp ko kr ms nl no pl pt pt-br ro ru sk"
    " sv sw ta th tr uk ur vi zh zh-cn zh-hans zh-hant zh-tw cn zh_cn zh_tw pt_br"
)
_FIRST: Final = ranks(
    "index readme introduction intro overview about why installation install installing setup"
    " getting-started getting_started gettingstarted quickstart quick-start quick_start start"
    " tutorial basics usage guide concepts configuration"
)
_NUMBER: Final = re.compile(r"^\d{1,4}[-_. ]+")
_DIGITS: Final = re.compile(r"(\d{1,18})|(\D+)")
_PRIVATE_TEXTS: Final = ("requirements", "constraints", "robots", "llms", "cmakelists", "humans")


def stem(path: str) -> str:
    """The file's name in lower case without suffixes and ordering numbers."""
    return _NUMBER.sub("", _name(path).split(".")[0])


def name_of(path: str) -> str:
    """The file's own name."""
    return path.rpartition("/")[2]


def _name(path: str) -> str:
    return name_of(path).lower()


def suffix(path: str) -> str:
    """The end of the file's name in lower case, from its last dot on; empty when it has none."""
    beginning, dot, ending = _name(path).rpartition(".")
    return dot + ending if beginning else ""


def readme_of(paths: Iterable[str], folder: str = "") -> str | None:
    """The README that lies directly in a folder, Markdown first."""
    prefix = f"{folder}/" if folder else ""
    found = [
        path
        for path in paths
        if path.startswith(prefix)
        and "/" not in path.removeprefix(prefix)
        and stem(path) == "readme"
        and is_document(path)
        and not _is_translated(path)
    ]
    order = {"md": 0, "rst": 1}
    return min(found, key=lambda p: (order.get(p.rpartition(".")[2].lower(), 2), p), default=None)


def is_document(path: str) -> bool:
    """Whether people read the file as text; plain text only where tradition says so."""
    ending = suffix(path)
    if ending in {".txt", ""}:
        known = stem(path) in TRADITIONS or stem(path) == "readme"
        return known or (in_documentation(path) and not stem(path).startswith(_PRIVATE_TEXTS))
    return ending in DOCUMENT_SUFFIXES


def is_code(path: str) -> bool:
    """Whether the file is source code."""
    return suffix(path) in CODE_SUFFIXES


def in_documentation(path: str) -> bool:
    """Whether a folder above the file is one for documentation."""
    return not _DOCUMENTATION.isdisjoint(folders(path))


def in_examples(path: str) -> bool:
    """Whether a folder above the file is one for examples."""
    return not _EXAMPLES.isdisjoint(folders(path))


def example_of(path: str) -> str:
    """The example a file belongs to: itself, or the folder right below the examples' folder."""
    parts = path.split("/")
    start = next((n for n, part in enumerate(folders(path)) if part in _EXAMPLES), 0)
    return "/".join(parts[: start + 2])


@lru_cache(maxsize=2**15)
def is_aside(path: str) -> bool:
    """Whether the file is for tests, tools or themes, or a translation of another one."""
    parts = folders(path)
    name = stem(path)
    if _are_aside(parts) or name.startswith(("test_", "conftest")):
        return True
    if name in {"test", "tests"} or (parts[:1] == (".github",) and name not in TRADITIONS):
        return True
    if in_documentation(path) and any(part in _LANGUAGES for part in parts):
        return True
    fragment = _name(path).startswith("_") and is_document(path) and name != "_index"
    return fragment or _is_translated(path)


@lru_cache(maxsize=4096)
def _are_aside(parts: tuple[str, ...]) -> bool:
    """Whether one of these folders is for tests, tools or themes."""
    return any(part in _ASIDE or _TESTED.search(part) for part in parts)


def _is_translated(path: str) -> bool:
    """Whether the name says that the file is in another language than the default one."""
    pieces = _name(path).replace("_", "-").split(".")
    translated = len(pieces) > 2 and pieces[-2] in _LANGUAGES
    return translated or (pieces[0].startswith("readme-") and pieces[0][7:] in _LANGUAGES)


def folders(path: str) -> tuple[str, ...]:
    """The folders above a file, in lower case."""
    return _parts(path.rpartition("/")[0])


@lru_cache(maxsize=4096)
def _parts(folder: str) -> tuple[str, ...]:
    return tuple(folder.lower().split("/")) if folder else ()


def is_traditional(path: str, group: str = "") -> bool:
    """Whether a document is what every project keeps, not a chapter that is named like it."""
    named = stem(path) in TRADITIONS and not is_code(path)
    return named and (len(folders(path)) <= 1 or not group)


def section_of(path: str, group: str = "") -> SectionName:
    """Where a document belongs, by its name, its folders and the group its author put it in."""
    name, parts = stem(path), folders(path)
    label = group.lower()
    if is_traditional(path, group):
        return SectionName.OPTIONAL
    if in_examples(path) or label in _EXAMPLES:
        return SectionName.EXAMPLES
    if name in _API or any(part in _API for part in parts) or _is_api(label):
        return SectionName.API
    if name in _DEVELOPMENT or any(part in _DEVELOPMENT for part in parts):
        return SectionName.DEVELOPMENT
    return SectionName.DOCS


def is_housekeeping(path: str) -> bool:
    """Whether a document is by its name and place for those who work on the project."""
    return "/" not in path and stem(path) in _HOUSEKEEPING


def _is_api(label: str) -> bool:
    return label in _API or not {"api", "apis"}.isdisjoint(label.split())


def reading_rank(path: str) -> tuple[bool, int, int, list[tuple[int, str]]]:
    """Order of documents whose author gave none.

    At the root and in folders for documentation first, then by depth, beginnings first, numbers as
    numbers.
    """
    name = stem(path)
    first = _FIRST.get(name, len(_FIRST))
    pieces = _DIGITS.findall(path.lower())
    elsewhere = "/" in path and not in_documentation(path)
    return (
        elsewhere,
        path.count("/"),
        first,
        [(int(number or -1), text) for number, text in pieces],
    )
