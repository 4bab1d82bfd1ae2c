"""Sources for tests, made by code: plain folders and git repositories with fixed dates."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from llmsdeck.sources import SourceFile, Steps
from llmsdeck.sources.material import Result

_ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_AUTHOR_NAME": "Ada",
    "GIT_AUTHOR_EMAIL": "ada@example.org",
    "GIT_AUTHOR_DATE": "2001-02-03T04:05:06Z",
    "GIT_COMMITTER_NAME": "Ada",
    "GIT_COMMITTER_EMAIL": "ada@example.org",
    "GIT_COMMITTER_DATE": "2001-02-03T04:05:06Z",
    "LC_ALL": "C",
}

PROJECT = {
    "README.md": (
        "[![badge](https://img.example/b.svg)](https://ci.example)\n\n"
        "# Teapot\n\n"
        "Teapot brews tea over HTTP and answers every coffee request politely. It is small.\n\n"
        "See the [guide](docs/guide.md).\n"
    ),
    "LICENSE": "MIT License\n\nPermission is hereby granted, free of charge, to any person.\n",
    "CHANGELOG.md": "# Changelog\n\nAll notable changes to this project are kept here.\n\n## 1.0\n",
    "pyproject.toml": (
        '[project]\nname = "teapot"\nversion = "1.2.3"\nlicense = "MIT"\n'
        'description = "A server that brews tea and refuses coffee."\n'
        'requires-python = ">=3.11"\nscripts = { teapot = "teapot:main" }\n'
    ),
    "mkdocs.yml": (
        "site_name: Teapot\nnav:\n  - Home: index.md\n  - Zest of lemon: zest.md\n"
        "  - Guide: guide.md\n  - API Reference:\n    - Kettle: api/kettle.md\n"
    ),
    "docs/index.md": "# Welcome\n\nThis site explains how water turns into tea, step by step.\n",
    "docs/guide.md": "# Long guide\n\nFirst boil the water, and then wait for three minutes.\n",
    "docs/zest.md": "# Zest\n\nA slice of lemon changes the colour of black tea.\n",
    "docs/api/kettle.md": "# Kettle\n\n::: teapot.kettle\n",
    "src/teapot/__init__.py": '"""Brew tea and serve it."""\nfrom .kettle import Kettle\n',
    "src/teapot/kettle.py": '"""Heats water to a given temperature."""\nclass Kettle:\n    pass\n',
    "examples/green.py": '"""Brews green tea below boiling temperature."""\n',
    "tests/test_kettle.py": "def test_nothing():\n    pass\n",
}


def write_files(root: Path, files: Mapping[str, str | bytes]) -> Path:
    """Create the files below `root` and return it."""
    for path, content in files.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
    return root


def git(root: Path, *arguments: str) -> str:
    """What git prints; fails the test when git fails."""
    done = subprocess.run(
        ["git", *arguments], cwd=root, env=_ENVIRONMENT, check=True, capture_output=True, timeout=60
    )
    return done.stdout.decode().strip()


def commit_all(root: Path) -> str:
    """Commit everything in the folder and return the commit."""
    if not (root / ".git").exists():
        git(root, "init", "--quiet", "--initial-branch=main")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message=Brew", "--allow-empty")
    return git(root, "rev-parse", "HEAD")


def project(root: Path) -> Path:
    """A small Python project with documentation, as a plain folder."""
    return write_files(root, PROJECT)


def committed(root: Path, files: Mapping[str, str | bytes]) -> Path:
    """A git repository with one commit of these files."""
    commit_all(write_files(root, files))
    return root


def birdsong(root: Path, pages: int) -> Path:
    """A git repository with that many pages of documentation."""
    readme = (
        "# Birdsong\n\nBirdsong tells birds apart by their song.\n\n"
        "- [Guide](docs/page-0.md): how to begin\n"
    )
    songs = {
        f"docs/page-{number}.md": f"# Song {number}\n\n"
        + f"Song {number} has its own rhythm.\n\n" * 20
        for number in range(pages)
    }
    return committed(root, {"README.md": readme, **songs})


def source_files(files: Mapping[str, str]) -> Mapping[str, SourceFile]:
    """Files as a source would have collected them."""
    return {path: SourceFile(path=path, text=files[path]) for path in sorted(files)}


def finish(steps: Steps[Result]) -> Result:
    """Drive steps to their result."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            result: Result = end.value
            return result
