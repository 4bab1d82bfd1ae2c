"""Every setting with its value and where it came from; secrets are only ever named."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, cast

from pydantic import BaseModel

from llmsdeck.config import PREDECESSOR, Config, load_config
from llmsdeck.paths import config_file

_PREFIX: Final = "LLMSDECK_"
BUILT_IN: Final = "built in"


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One setting as it is in force."""

    key: str
    """`model.base_url`, `hosts.github.com.kind`, …"""
    value: str
    origin: str
    """A variable, the file, or `built in`."""


def settings(environ: Mapping[str, str] = os.environ) -> tuple[Setting, ...]:
    """Everything that can be set up, as it stands; raises UsageError for what cannot be read."""
    config = load_config()
    written = _written()
    return tuple(
        Setting(key=".".join(path), value=_shown(value), origin=_origin(path, written, environ))
        for path, value in _leaves(_effective(config))
    )


def _effective(config: Config) -> Mapping[str, object]:
    sections = cast("dict[str, object]", config.model_dump(mode="json"))
    hosts = {name: host.model_dump(mode="json") for name, host in config.known_hosts.items()}
    return {**sections, "hosts": hosts}


def _leaves(value: object, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], object]]:
    if isinstance(value, dict) and value:
        for key, inner in cast("dict[str, object]", value).items():
            yield from _leaves(inner, (*path, key))
    elif isinstance(value, BaseModel):
        yield from _leaves(value.model_dump(mode="json"), path)
    else:
        yield path, value


def _shown(value: object) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(str, cast("list[object]", value))) or "-"
    return "-" if value is None or value == {} else str(value)


def _origin(
    path: tuple[str, ...], written: Mapping[str, object], environ: Mapping[str, str]
) -> str:
    variable = _PREFIX + "__".join(path).upper()
    whole = _PREFIX + path[0].upper()
    for name in (variable, whole):
        if environ.get(name):
            return name
    if _is_in(path, written):
        return str(config_file())
    for name, key in PREDECESSOR.items():
        if path == ("model", key) and environ.get(name):
            return name
    return BUILT_IN


def _is_in(path: tuple[str, ...], written: object) -> bool:
    for part in path:
        if not isinstance(written, dict) or part not in written:
            return False
        written = cast("dict[str, object]", written)[part]
    return True


def _written() -> Mapping[str, object]:
    try:
        return tomllib.loads(config_file().read_text("utf-8"))
    except FileNotFoundError:
        return {}
