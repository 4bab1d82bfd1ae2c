"""An earlier bundle in place of a new one, when everything it was made from is the same."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from llmsdeck.bundle.manifest import Manifest, SettingsRecord, SourceRecord
from llmsdeck.bundle.program import program
from llmsdeck.model import ArtifactName
from llmsdeck.sources import Material

_MANIFEST_BYTES: Final = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """A bundle as it was published, every file with the hash that its manifest names."""

    manifest: Manifest
    contents: Mapping[ArtifactName, bytes]
    """The manifest's own text included."""


def fingerprint(source: SourceRecord, settings: SettingsRecord, material: Material) -> str:
    """Equal for attempts that would write the same bundle: same program, settings and texts."""
    made_from = [program(), source.model_dump(mode="json"), settings.model_dump(mode="json")]
    digest = hashlib.sha256(json.dumps(made_from, sort_keys=True).encode())
    for file in material.files:
        text = file.text.encode()
        digest.update(f"\n{len(file.path)} {file.path} {len(text)}\n".encode())
        digest.update(text)
    return digest.hexdigest()


def earlier(folder: Path, wanted: str) -> Earlier | None:
    """The bundle in a folder if it has this fingerprint and is whole; None otherwise."""
    return _bundle(folder, lambda manifest: manifest.fingerprint == wanted)


def made_alike(folder: Path, settings: SettingsRecord) -> Earlier | None:
    """The bundle in a folder if this program made it with these settings, and it is whole.

    It is what a new attempt would make, as long as the source is still at its commit.
    """
    return _bundle(
        folder, lambda manifest: (manifest.program, manifest.settings) == (program(), settings)
    )


def _bundle(folder: Path, wanted: Callable[[Manifest], bool]) -> Earlier | None:
    try:
        place = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        data = _read(place, ArtifactName.MANIFEST, _MANIFEST_BYTES)
        manifest = Manifest.model_validate_json(data)
        if not wanted(manifest):
            return None
        contents = {file.name: _read(place, file.name, file.size_bytes) for file in manifest.files}
    except (OSError, ValidationError):
        return None
    finally:
        os.close(place)
    hashes = {name: hashlib.sha256(text).hexdigest() for name, text in contents.items()}
    if any(hashes[file.name] != file.hash_sha256 for file in manifest.files):
        return None
    return Earlier(manifest=manifest, contents={**contents, ArtifactName.MANIFEST: data})


def _read(place: int, name: str, most: int) -> bytes:
    """A file of the folder, one byte beyond `most` at the most, so that more shows in the hash."""
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    with open(os.open(name, flags, dir_fd=place), "rb") as file:
        return file.read(most + 1)
