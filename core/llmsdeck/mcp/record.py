"""Runs as agents get them: the record that the predecessor gave, and what has been added to it."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote, urlsplit

from llmsdeck.contract import Document, run_document
from llmsdeck.mcp.roots import Roots
from llmsdeck.model import Artifact, Run
from llmsdeck.text import visible

SCHEME: Final = "lmstxt"
_MESSAGE_LENGTH: Final = 2000


def artifact_uri(run_id: str, name: str) -> str:
    """Where an artifact of a run is read."""
    return f"{SCHEME}://runs/{run_id}/{name}"


def file_uri(filename: str) -> str:
    """Where an artifact is read by the name that lists give it."""
    return f"{SCHEME}://artifacts/{quote(filename)}"


def run_record(run: Run, roots: Roots, notes: tuple[str, ...] = ()) -> Document:
    """A run without the places of private files; `notes` are what its client should know."""
    return {
        **run_document(run),
        "source": roots.shown(run.source),
        "output_dir": run.output_dir and roots.shown(run.output_dir),
        "error_message": run.error_message and _message(run.error_message, roots),
        "warnings": [
            {"kind": each.kind, "message": _message(each.message, roots), "count": each.count}
            for each in run.warnings
        ],
        "artifacts": [_artifact(run, artifact) for artifact in run.artifacts],
        "notes": list(notes),
    }


def _artifact(run: Run, artifact: Artifact) -> Document:
    return {
        "name": artifact.name,
        "path": file_name(run, artifact.name),
        "size_bytes": artifact.size_bytes,
        "hash_sha256": artifact.hash_sha256,
        "uri": artifact_uri(run.run_id, artifact.name),
    }


def _message(text: str, roots: Roots) -> str:
    return visible(roots.veiled(text), _MESSAGE_LENGTH)


def file_name(run: Run, name: str) -> str:
    """What lists call an artifact: `owner/repository/run/llms.txt`, never to be changed again."""
    return f"{_label(run.source)}/{run.run_id}/{name}"


def _label(source: str) -> str:
    """The project on its host, or the name of a folder."""
    url = urlsplit(source)
    words = url.path.split("/") if url.scheme else source.split("/")[-1:]
    return "/".join(filter(None, words)) or "repository"
