"""From what an attempt left in its folder to artifacts that may be published."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from llmsdeck.errors import RejectedError
from llmsdeck.model import Artifact, ArtifactName

_READ_ONLY: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK


def seal(folder: Path, names: Sequence[ArtifactName]) -> tuple[Artifact, ...]:
    """Put the attempt's files on disk for good and take their sizes and hashes.

    The run process said that they are there; what it says is checked. Raises RejectedError.
    """
    artifacts = tuple(_seal_one(folder, name) for name in names)
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    return artifacts


def _seal_one(folder: Path, name: ArtifactName) -> Artifact:
    path = folder / name
    try:
        descriptor = os.open(path, _READ_ONLY)
    except OSError as error:
        raise RejectedError(f"The attempt did not leave {name}: {error.strerror}.") from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise RejectedError(f"The attempt left something that is no file as {name}.")
    with os.fdopen(descriptor, "rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        size = file.tell()
        os.fsync(descriptor)
    return Artifact(name=name, path=str(path), size_bytes=size, hash_sha256=digest)
