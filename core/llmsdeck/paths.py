"""Where a store keeps its things on disk."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from llmsdeck.errors import StoreError

HOME_VARIABLE = "LLMSDECK_HOME"
CONFIG_VARIABLE = "LLMSDECK_CONFIG"


def default_store(environ: Mapping[str, str] = os.environ) -> Path:
    """`LLMSDECK_HOME`, else the platform's folder for state that outlives a session.

    Source of the places: XDG base directory specification 0.8; Apple's and Microsoft's file system
    guides.
    """
    if chosen := environ.get(HOME_VARIABLE):
        return Path(chosen).expanduser().absolute()
    home = Path.home()
    if sys.platform == "darwin":
        return home / "Library" / "Application Support" / "llmsdeck"
    if sys.platform == "win32":
        return Path(environ.get("LOCALAPPDATA", home / "AppData" / "Local")) / "llmsdeck"
    state = environ.get("XDG_STATE_HOME", "")
    return (Path(state) if os.path.isabs(state) else home / ".local" / "state") / "llmsdeck"


def config_file(environ: Mapping[str, str] = os.environ) -> Path:
    """`LLMSDECK_CONFIG`, else `llmsdeck/config.toml` in the platform's folder for configuration."""
    if chosen := environ.get(CONFIG_VARIABLE):
        return Path(chosen).expanduser().absolute()
    home = Path.home()
    if sys.platform == "darwin":
        folder = home / "Library" / "Application Support"
    elif sys.platform == "win32":
        folder = Path(environ.get("APPDATA", home / "AppData" / "Roaming"))
    else:
        chosen = environ.get("XDG_CONFIG_HOME", "")
        folder = Path(chosen) if os.path.isabs(chosen) else home / ".config"
    return folder / "llmsdeck" / "config.toml"


@dataclass(frozen=True, slots=True)
class StorePaths:
    """The folder of one store; everything in it is private to its user."""

    root: Path

    @property
    def database(self) -> Path:
        """The SQLite file; nothing opens it except through SQLite."""
        return self.root / "deck.db"

    @property
    def bundles(self) -> Path:
        """One folder per run, in it one per attempt."""
        return self.root / "bundles"

    @property
    def bundles_lock(self) -> Path:
        """Held by an import, and by whoever removes folders that nothing points at."""
        return self.root / "bundles.lock"

    @property
    def cache(self) -> Path:
        """Results that later attempts may use again; safe to remove at any time."""
        return self.root / "cache"

    @property
    def calls(self) -> Path:
        """What was said in calls to a model, one folder per run; safe to remove at any time."""
        return self.root / "calls"

    @property
    def lanes(self) -> Path:
        """Locks by which processes share model servers."""
        return self.root / "lanes"

    @property
    def bells(self) -> Path:
        """One FIFO per process that wants to hear of changes."""
        return self.root / "bells"

    @property
    def logs(self) -> Path:
        """Log files of the workers."""
        return self.root / "logs"

    @property
    def mcp_token(self) -> Path:
        """What clients of the MCP server show over HTTP, when no variable holds it."""
        return self.root / "mcp-token"

    def attempt(self, run_id: str, token: int) -> Path:
        """The folder that one attempt, and nobody else, writes into."""
        return Path(self.attempt_dir(run_id, token))

    def attempt_dir(self, run_id: str, token: int) -> str:
        """The same as text, which costs a tenth of a path."""
        return f"{self.root}/bundles/{run_id}/{token}"

    def prepare(self) -> None:
        """Make the folders and an empty database, private to their user; raises StoreError."""
        try:
            for folder in (self.root, self.bundles, self.bells, self.logs):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            # SQLite gives the files it puts beside the database the mode of this one.
            with suppress(FileExistsError):
                os.close(os.open(self.database, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        except OSError as error:
            raise StoreError(
                f"The folder {self.root} cannot be used for the store: {error.strerror}."
            ) from error
