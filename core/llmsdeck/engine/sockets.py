"""Where multiprocessing keeps its sockets: the path of one has room for a hundred bytes."""

from __future__ import annotations

import os
import tempfile
from multiprocessing import util
from typing import Final

from llmsdeck.errors import DeckError

_LONGEST: Final = 103 - len("/pymp-12345678/listener-12345678")
"""Bytes of a folder in which a socket fits; source: unix(4) of macOS, which has least room."""
_SHORT: Final = ("/tmp", "/var/tmp")


def temporary_folder() -> str:
    """Where temporary files go; raises DeckError when there is nowhere."""
    try:
        return tempfile.gettempdir()
    except FileNotFoundError as error:
        raise DeckError(
            "Temporary files can be written nowhere; set TMPDIR to a folder that can be written to."
        ) from error


def folder() -> str:
    """Where temporary files go, else the first place with a path that is short enough.

    Raises DeckError when there is none.
    """
    usual = temporary_folder()
    for place in (usual, os.environ.get("XDG_RUNTIME_DIR", ""), *_SHORT):
        if place and _has_room(place) and os.access(place, os.W_OK | os.X_OK):
            return place
    raise DeckError(
        f"The path of the folder for temporary files, {usual}, is too long for a socket in it; set"
        " TMPDIR to a shorter one."
    )


def _has_room(place: str) -> bool:
    return len(os.fsencode(place)) <= _LONGEST


def settle() -> None:
    """Let multiprocessing use that folder in this process, before it decides by itself.

    Python does the same from 3.14 on.
    """
    usual, place = temporary_folder(), folder()
    if place == usual:
        return
    tempfile.tempdir = place
    try:
        util.get_temp_dir()
    finally:
        tempfile.tempdir = usual
