"""From what somebody typed to a canonical source: a folder here or a repository on a host."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from llmsdeck.sources.local import locate_folder

_ADDRESS: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,20}://|[^/\s]{1,64}@[^/\s:]{1,255}:")
_QUERY: Final = re.compile(r"[?#]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Located:
    """A source and a ref in the one form that equal requests share."""

    source: str
    """Absolute path of a folder, or `https://host/project`, with `//folder` for a part of it."""
    ref: str | None


def locate(source: str, ref: str | None, base: Path) -> Located:
    """What was typed, in canonical form; asks nobody on the network.

    A folder goes before an `owner/name` on github.com. Raises SourceError with the reason when it
    is neither a folder that can be read nor a repository on a host that is set up.
    """
    if _ADDRESS.match(source.strip()) or not _is_path(source, base):
        # Deferred, so that a folder is located without reading the settings.
        from llmsdeck.config import load_config
        from llmsdeck.sources.hosted.address import place_of

        if place := place_of(source, ref, load_config().known_hosts):
            return Located(source=str(place.address), ref=place.ref)
    return Located(source=locate_folder(source, base), ref=ref)


def is_hosted(source: str) -> bool:
    """Whether a canonical source is on a host and no folder of this machine."""
    return source.startswith("https://")


def without_secrets(source: str) -> str:
    """What was typed, fit to be shown again: an address without user, password and query."""
    scheme, mark, rest = source.partition("://")
    if not mark:
        return source
    place, slash, path = _QUERY.split(rest, maxsplit=1)[0].partition("/")
    return f"{scheme}://{place.rpartition('@')[2]}{slash}{path}"


def _is_path(source: str, base: Path) -> bool:
    """Whether it can only be meant as a path, or leads to something that is there."""
    return not source.strip() or source[0] in "/.~" or os.path.lexists(base / source)
