"""The source files that make up a project's public interface."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Final

from llmsdeck.bundle.facts import Facts
from llmsdeck.bundle.languages import language_of, main_language
from llmsdeck.bundle.places import (
    folders,
    in_documentation,
    in_examples,
    is_aside,
    is_code,
    name_of,
)
from llmsdeck.bundle.python import read_python
from llmsdeck.bundle.tour import normal
from llmsdeck.sources import SourceFile
from llmsdeck.sources.triage import named

MODULES: Final = 40
"""Modules that are read; fewer are linked."""
_CODE_ROOTS: Final = ("src", "lib", "source", "pkg", "python", "packages")
_FEW_MODULES: Final = 3
_NOT_CODE: Final = named(
    "setup conftest noxfile tasks fabfile manage gulpfile gruntfile"
    " build mix package rakefile release"
    " version _version __version__ about __about__ __main__ compat _compat deprecated"
)
_COMPILED: Final = (".cjs", ".d.ts", ".d.mts", ".d.cts")
_SEPARATORS: Final = re.compile(r"[-_.]+")

Files = Mapping[str, SourceFile]


def modules_of(files: Files, facts: Facts, folder: str = "") -> tuple[str, ...]:
    """Paths of the interface's modules: the way in, what it imports, then the rest by name.

    `folder` is where the product is in a repository that holds more than one.
    """
    if packages := python_packages(files, facts):
        return _first(path for package in packages for path in _package_modules(package, files))
    entries = [path for entry in facts.entry if (path := normal(entry)) in files]
    return _first([*entries, *_plain_modules(files, folder)])


def modules_below(files: Files, entries: Sequence[str], folder: str) -> tuple[str, ...]:
    """The interface of a part of the repository; its entries are relative to its folder."""
    inside = (normal(f"{folder}/{entry}") for entry in entries)
    return _first([*(path for path in inside if path in files), *_plain_modules(files, folder)])


def _first(paths: Iterable[str]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for path in paths:
        if len(found) == MODULES:
            break
        if PurePosixPath(path).stem not in _NOT_CODE:
            found[path] = None
    return tuple(found)


def _plain_modules(files: Files, folder: str) -> Sequence[str]:
    """Files in the project's main language that lie near its root, else the least deep ones."""
    prefix = f"{folder}/" if folder else ""
    code = [p for p in files if p.startswith(prefix) and is_code(p) and _is_product(p)]
    sources = [path for path in code if path.startswith(f"{prefix}Sources/")]
    code = sources or code
    language = main_language(code)
    own = [p for p in code if not language or language_of(p) == language]
    if language == "c":
        own = _headers(own, f"{prefix}include/") or own
    near = [p for p in own if _is_near_root(p.removeprefix(prefix))]
    deep = [p for p in own if not _is_tested_or_set_up(name_of(p).lower())]
    return sorted(_sources(iter(near or deep)), key=_plain_rank)


def _headers(code: Sequence[str], published: str) -> list[str]:
    """What a project in C offers to others: the headers that it publishes, else all of them."""
    headers = [path for path in code if path.endswith((".h", ".hpp"))]
    return [path for path in headers if path.startswith(published)] or headers


def _sources(code: Iterator[str]) -> Sequence[str]:
    """What people wrote, where the output of a compiler lies beside it."""
    paths = [path for path in code if not path.endswith(_COMPILED)]
    sources = [path for path in paths if path.startswith("src/")] or paths
    typed = {path.rpartition(".")[0] for path in sources if path.endswith((".ts", ".mts"))}
    scripts = (".js", ".mjs")
    return [p for p in sources if not (p.endswith(scripts) and p.rpartition(".")[0] in typed)]


def python_packages(files: Files, facts: Facts) -> tuple[str, ...]:
    """Folders (or single files) of the Python packages that the project installs."""
    roots = [
        str(PurePosixPath(path).parent)
        for path in sorted(files)
        if path.endswith("/__init__.py") and _is_product(path) and _depth_below_root(path) == 1
    ]
    name = _SEPARATORS.sub("_", facts.name).lower()
    named = [root for root in roots if PurePosixPath(root).name.lower() == name]
    if named or roots:
        return tuple(named or roots)
    single = (f"{prefix}{name}.py" for prefix in ("", "src/"))
    return tuple(path for path in single if name and path in files)


def module_name(path: str) -> str:
    """The dotted name under which Python imports the file; its path when it has none."""
    parts = PurePosixPath(path).with_suffix("").parts
    parts = parts[1:] if parts[0] in _CODE_ROOTS and len(parts) > 1 else parts
    return ".".join(part for part in parts if part != "__init__") or path


def path_of_module(name: str, files: Files) -> str | None:
    """The file that defines a dotted module name."""
    path = name.replace(".", "/")
    for root in ("", *(f"{root}/" for root in _CODE_ROOTS)):
        for candidate in (f"{root}{path}.py", f"{root}{path}/__init__.py"):
            if candidate in files:
                return candidate
    return None


def _package_modules(package: str, files: Files) -> Iterator[str]:
    if package.endswith(".py"):
        yield package
        return
    entry = f"{package}/__init__.py"
    yield entry
    imports = read_python(files[entry].text).imports
    imported = [path for name in imports if (path := _imported(package, name, files))]
    public = [path for path in imported if not PurePosixPath(path).name.startswith("_")]
    yield from public if len(public) >= _FEW_MODULES else imported
    inside = (p for p in files if p.startswith(f"{package}/") and p.endswith(".py"))
    for path in sorted(inside, key=lambda p: (p.count("/"), p)):
        relative = path.removeprefix(f"{package}/")
        is_module = "/" not in relative
        is_subpackage = relative.count("/") == 1 and relative.endswith("/__init__.py")
        if (is_module or is_subpackage) and not relative.startswith("_") and not is_aside(path):
            yield path


def _imported(package: str, name: str, files: Files) -> str | None:
    if name.startswith("..") or name == ".":
        return None
    path = f"{package}/{name[1:].replace('.', '/')}"
    return next((p for p in (f"{path}.py", f"{path}/__init__.py") if p in files), None)


def _is_product(path: str) -> bool:
    return not (in_examples(path) or in_documentation(path) or is_aside(path))


def _depth_below_root(path: str) -> int:
    parts = folders(path)
    return len(parts) - (parts[:1] != () and parts[0] in _CODE_ROOTS and len(parts) > 1)


def _is_near_root(path: str) -> bool:
    near = _depth_below_root(path) <= 1 or path.startswith("cmd/")
    return near and not _is_tested_or_set_up(name_of(path).lower())


def _is_tested_or_set_up(name: str) -> bool:
    """Whether the file tests or configures the product, by its name in lower case."""
    tested = name.endswith(("_test.go", ".test.ts", ".test.js", ".spec.ts", ".spec.js"))
    return tested or ".config." in name or name.split(".")[0] in _NOT_CODE or name.startswith(".")


def _plain_rank(path: str) -> tuple[int, int, str]:
    name = name_of(path).split(".")[0].lower()
    return (path.count("/"), int(name not in {"index", "main", "lib", "mod", "doc"}), path)
