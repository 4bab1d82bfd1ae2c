"""Repositories that tests build for themselves."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

_GIT = {
    "PATH": os.environ.get("PATH", os.defpath),
    "HOME": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "A",
    "GIT_AUTHOR_EMAIL": "a@example.org",
    "GIT_COMMITTER_NAME": "A",
    "GIT_COMMITTER_EMAIL": "a@example.org",
}
"""Nothing of the person who runs the tests."""


def build_repository(folder: Path, pages: int) -> Path:
    """A git repository with that many pages of documentation."""
    (folder / "docs").mkdir(parents=True)
    (folder / "README.md").write_text(
        "# Birdsong\n\nBirdsong tells birds apart by their song.\n\n"
        "- [Guide](docs/page-0.md): how to begin\n"
    )
    for number in range(pages):
        body = f"Song {number} has its own rhythm.\n\n" * 20
        (folder / "docs" / f"page-{number}.md").write_text(f"# Song {number}\n\n{body}")
    for arguments in (["init", "-q"], ["add", "."], ["commit", "-qm", "Songs"]):
        subprocess.run(["git", *arguments], cwd=folder, check=True, env=_GIT)
    return folder
