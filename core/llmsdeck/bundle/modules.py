"""The source files that make up a project's public interface."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Final

from llmsdeck.bundle.facts import Facts
from llmsdeck.bundle.places import folders, in_documentation, in_examples, is_aside, is_code
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
    " version _version __version__ about __about__ __main__ compat _compat deprecated"
)
_COMPILED: Final = (".cjs", ".d.ts", ".d.mts", ".d.cts")
_SEPARATORS: Final = re.compile(r"[-_.]+")

Files = Mapping[str, SourceFile]


def modules_of(files: Files, facts: Facts) -> tuple[str, ...]:
    """Paths of the interface's modules: the way in, what it imports, then the rest by name."""
    packages = python_packages(files, facts)
    if packages:
        found = [path for package in packages for path in _package_modules(package, files)]
    else:
        entries = [normal(entry) for entry in facts.entry]
        found = [path for path in entries if path in files]
        found += sorted(
            _sources(p for p in files if is_code(p) and _is_near_root(p) and _is_product(p)),
            key=_plain_rank,
        )
    speaking = (path for path in found if PurePosixPath(path).stem not in _NOT_CODE)
    return tuple(dict.fromkeys(speaking))[:MODULES]


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
    return not (is_aside(path) or in_examples(path) or in_documentation(path))


def _depth_below_root(path: str) -> int:
    parts = folders(path)
    return len(parts) - (parts[:1] != () and parts[0] in _CODE_ROOTS and len(parts) > 1)


def _is_near_root(path: str) -> bool:
    name = PurePosixPath(path).name.lower()
    tested = name.endswith(("_test.go", ".test.ts", ".test.js", ".spec.ts", ".spec.js"))
    configured = ".config." in name or name.split(".")[0] in _NOT_CODE or name.startswith(".")
    return (
        not tested and not configured and (_depth_below_root(path) <= 1 or path.startswith("cmd/"))
    )


def _plain_rank(path: str) -> tuple[int, int, str]:
    name = PurePosixPath(path).name.split(".")[0].lower()
    return (path.count("/"), int(name not in {"index", "main", "lib", "mod", "doc"}), path)
