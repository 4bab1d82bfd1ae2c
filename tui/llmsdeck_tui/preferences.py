"""What one user likes, kept from one session to the next: theme, views, what makes a sound."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar, cast

from llmsdeck.paths import config_file

MOST_BYTES: Final = 1_000_000
"""A larger file is none of ours and is not read."""

Value = TypeVar("Value", bool, str, int)


@dataclass(frozen=True, slots=True)
class Switch:
    """A preference that is on or off."""

    key: str
    label: str
    default: bool


VIM: Final = Switch("vim", "Letters of vi move: h j k l g G", True)
TOAST: Final = Switch("notify_toast", "Tell here when a run has ended", True)
BELL: Final = Switch("notify_bell", "Ring the terminal's bell then", False)
DESKTOP: Final = Switch("notify_desktop", "Let the terminal notify the desktop then", False)
TITLE: Final = Switch("window_title", "Count runs in the window's title", True)
SWITCHES: Final = (VIM, TOAST, BELL, DESKTOP, TITLE)
THEME: Final = "theme"


def preferences_file() -> Path:
    """Beside the configuration, which belongs to the user and is never written by us."""
    return config_file().with_name("preferences.json")


class Preferences:
    """A mapping that is in a file, or in memory only when there is none.

    Preferences are never worth an error: what cannot be read counts as not set, and `trouble` says
    what could not be written.
    """

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self._values = _read(file) if file else {}
        self.trouble = ""
        """Why the last change is not kept beyond this session; empty when it is."""

    def get(self, key: str, default: Value) -> Value:
        """What was put there; the default when that is nothing, or of another type."""
        value = self._values.get(key)
        kind = type(default)
        return value if isinstance(value, kind) and type(value) is kind else default

    def on(self, switch: Switch) -> bool:
        """Whether this is on."""
        return self.get(switch.key, switch.default)

    def table(self, key: str) -> Mapping[str, object]:
        """A mapping that was put there; an empty one when there is none."""
        value = self._values.get(key)
        return dict(cast(dict[str, object], value)) if isinstance(value, dict) else {}

    def borrowed(self) -> Preferences:
        """Theme and switches as they are, for a session of which nothing is kept."""
        found = Preferences()
        kept = (THEME, *(switch.key for switch in SWITCHES))
        found._values = {key: self._values[key] for key in kept if key in self._values}
        return found

    def put(self, key: str, value: bool | str | int | Mapping[str, object]) -> None:
        """Remember a value that JSON can hold, and leave what other sessions have put alone."""
        plain = dict(value) if isinstance(value, Mapping) else value
        if self._file is None:
            self._values[key] = plain
            return
        self._values = {**_read(self._file), key: plain}
        try:
            _write(self._file, self._values)
            self.trouble = ""
        except OSError as error:
            self.trouble = f"Preferences cannot be kept in {self._file}: {error.strerror}."


def _read(file: Path) -> dict[str, object]:
    try:
        with file.open("rb") as stream:
            text = stream.read(MOST_BYTES + 1)
        values: object = json.loads(text) if len(text) <= MOST_BYTES else None
    except (OSError, ValueError, RecursionError):
        return {}
    return cast(dict[str, object], values) if isinstance(values, dict) else {}


def _write(file: Path, values: Mapping[str, object]) -> None:
    """Replace the file as a whole; only its user can read it."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
    try:
        with open(descriptor, "w", encoding="utf-8") as stream:
            json.dump(values, stream, indent=2, sort_keys=True)
            stream.write("\n")
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(name, file)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise
