"""The folders that agents may name; everything else on this machine is out of their reach."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from llmsdeck.contract import Document
from llmsdeck.errors import RefusedError, UsageError
from llmsdeck.model import RunRequest

_HOSTED = "https://"


@dataclass(frozen=True, slots=True)
class Roots:
    """Where agents may read sources and get output, links resolved."""

    folders: tuple[Path, ...]
    store: Path
    """The store's own folder, which is never a source or an output."""

    @classmethod
    def of(cls, configured: tuple[Path, ...], store: Path, started_in: Path) -> Roots:
        """The configured folders; without any, where the server was started, within reason.

        A server is often started in `/` or in the home folder, which nobody meant to open.
        """
        if not configured:
            home = Path.home().resolve()
            start = started_in.resolve()
            configured = () if _within(home, start) else (start,)
        return cls(tuple(folder.resolve() for folder in configured), store.resolve())

    def place(self, text: str) -> str:
        """A path as typed, made absolute below the first root and freed of links.

        Raises RefusedError outside the roots, UsageError for what cannot be a path.
        """
        try:
            path = (self._first() / Path(text).expanduser()).resolve()
        except (ValueError, OSError, RuntimeError) as error:
            raise UsageError(f"{text!r} cannot be used as a path.") from error
        self._admit(path, text)
        return str(path)

    def place_source(self, text: str) -> str:
        """A source as typed; what begins like a path is placed, the rest left for the deck."""
        return self.place(text) if text[:1] in {"/", ".", "~"} else text

    def vet(self, request: RunRequest) -> None:
        """Refuse a canonical request that leads out of the roots; raises RefusedError."""
        if not request.source.startswith(_HOSTED):
            source = Path(request.source).resolve()
            self._admit(source, "of the source")
            if _within(self.store, source):
                raise RefusedError("The store of llmsdeck is in that folder; it is no source.")
        if request.output_dir is not None:
            self._admit(Path(request.output_dir).resolve(), "of the output")

    def shown(self, path: str) -> str:
        """A path as a client may see it: as it is within the roots, else its last name alone."""
        if path.startswith(_HOSTED) or any(_within(Path(path), root) for root in self.folders):
            return path
        return f"…/{Path(path).name}"

    def veiled(self, text: str) -> str:
        """A sentence without the places of the store and the home folder."""
        for place, sign in ((self.store, "<store>"), (Path.home(), "~")):
            if place != place.parent:
                text = re.sub(rf"{re.escape(str(place))}(?![\w.-])", sign, text)
        return text

    def veiled_document(self, document: Document) -> Document:
        """The same for every sentence in a document, at any depth."""
        return {key: self._veiled(value) for key, value in document.items()}

    def _veiled(self, value: object) -> object:
        if isinstance(value, str):
            return self.veiled(value)
        if isinstance(value, dict):
            return self.veiled_document(cast("Document", value))
        if isinstance(value, list):
            return [self._veiled(each) for each in cast("list[object]", value)]
        return value

    def _first(self) -> Path:
        if not self.folders:
            raise RefusedError(
                "No folder is open to agents; name some as mcp.roots in the configuration, or "
                "start the server in the folder of a project."
            )
        return self.folders[0]

    def _admit(self, path: Path, said: str) -> None:
        """Refuse a path without links; `said` stands for it, as it may tell where a link leads."""
        self._first()
        if _within(path, self.store):
            raise RefusedError("Path is within the store of llmsdeck, which is not for agents.")
        if not any(_within(path, root) for root in self.folders):
            allowed = ", ".join(map(str, self.folders))
            raise RefusedError(f"Path {said} is not within allowed root {allowed}.")


def _within(path: Path, folder: Path) -> bool:
    """Whether this is the folder or below it, by name alone."""
    return path.is_relative_to(folder)
