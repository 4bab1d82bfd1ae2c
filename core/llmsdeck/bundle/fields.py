"""Careful access to what manifests hold: wrong types and odd names say nothing."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from typing import Final, TypeAlias, cast

COMMANDS: Final = 6
"""Programs of a package that are named."""
PACKAGE: Final = re.compile(r"@?[A-Za-z0-9][A-Za-z0-9._/-]{0,200}")
"""Names that can be a package's; nothing in them can be a second command."""
_DEEP_KEY: Final = re.compile(r"(?<![\w\"'-])(?:[\w\"'-]{1,100}[ \t]{0,4}\.[ \t]{0,4}){32}")
"""A key that leads through so many tables; a parser takes the square of their number."""

Table: TypeAlias = Mapping[str, object]


def toml(text: str) -> Table:
    """The document, empty when it is no TOML, or none that anybody would write."""
    if _DEEP_KEY.search(text):
        return {}
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return {}


def json_table(text: str) -> Table:
    """The document, empty when it is no JSON object."""
    try:
        return mapping_of(json.loads(text))
    except (ValueError, RecursionError):
        return {}


def mapping_of(value: object) -> Table:
    """The value when it is a table, else an empty one."""
    return cast("Table", value) if isinstance(value, dict) else {}


def table_of(document: Table, key: str) -> Table:
    """A table inside a table, empty when there is none."""
    return mapping_of(document.get(key))


def text_of(document: Table, key: str) -> str:
    """A text on one line, empty when there is none."""
    value = document.get(key)
    return " ".join(value.split()) if isinstance(value, str) else ""


def strings_of(document: Table, key: str) -> tuple[str, ...]:
    """The texts in a list."""
    value = document.get(key)
    items = cast("list[object]", value) if isinstance(value, list) else []
    return tuple(item for item in items if isinstance(item, str))


def keys_of(document: Table, key: str) -> tuple[str, ...]:
    """The keys of a table that can be names of programs."""
    return programs_of(table_of(document, key))


def programs_of(names: Iterable[str]) -> tuple[str, ...]:
    """The names that can be names of programs."""
    return tuple(name for name in names if PACKAGE.fullmatch(name))[:COMMANDS]


def licence_of(document: Table) -> str:
    """The licence's short name; tables and whole texts are left to the licence file."""
    value = text_of(document, "license") or text_of(table_of(document, "license"), "text")
    return value if len(value) <= 60 else ""


def command(prefix: str, name: str) -> str:
    """A command for a package whose name cannot smuggle in a second command."""
    return prefix + name if PACKAGE.fullmatch(name) else ""


def prefixed(prefix: str, value: str) -> str:
    """The value behind its prefix, or nothing at all."""
    return prefix + value if value else ""


def site_of(urls: Table) -> str:
    """The address of the documentation, else of the home page, whatever the keys' capitals."""
    addresses = {key.lower(): value for key, value in urls.items() if isinstance(value, str)}
    for key in ("documentation", "docs", "homepage", "home"):
        if key in addresses:
            return addresses[key]
    return ""
