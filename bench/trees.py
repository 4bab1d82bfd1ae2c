"""A made-up repository: the same files every time, as many as wanted."""

from __future__ import annotations

import random
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

_WORDS: Final = (
    "run attempt lease token beat phase bundle artifact outcome worker policy actor deck store",
    "event snapshot window filter order cursor queue claim cancel retry prune restore publish",
)
_PER_FOLDER: Final = 40


def files(count: int, seed: int = 7) -> Mapping[str, str]:
    """Paths and texts: a third prose, two thirds code, some 7 kB each."""
    chance = random.Random(seed)
    tree = {"README.md": _page(chance, "Sample"), "pyproject.toml": '[project]\nname = "sample"\n'}
    for number in range(count - len(tree)):
        part = number // _PER_FOLDER
        if number % 3 == 0:
            tree[f"docs/part{part}/page{number}.md"] = _page(chance, f"Page {number}")
        else:
            tree[f"src/sample/part{part}/module{number}.py"] = _module(chance, number)
    return tree


def grown(folder: Path, count: int) -> int:
    """Make the repository in an empty folder, under git; how many bytes its files have."""
    size = 0
    for path, text in files(count).items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        size += target.write_bytes(text.encode())
    for arguments in (("init", "-q"), ("add", "-A"), ("commit", "-q", "-m", "Sample")):
        subprocess.run(
            ["git", "-c", "user.name=bench", "-c", "user.email=bench@localhost", *arguments],
            cwd=folder,
            check=True,
        )
    return size


def _sentence(chance: random.Random) -> str:
    words = chance.choices(" ".join(_WORDS).split(), k=10)
    return " ".join([*words, f"{chance.getrandbits(40):x}"]).capitalize() + "."


def _page(chance: random.Random, title: str) -> str:
    return "\n".join(_page_lines(chance, title))


def _page_lines(chance: random.Random, title: str) -> Iterator[str]:
    yield f"# {title}\n\n{_sentence(chance)}\n"
    for number in range(10):
        yield f"## Section {number}\n"
        yield from (_sentence(chance) for _ in range(8))
        yield f"\n```python\nprint({number})\n```\n"


def _module(chance: random.Random, number: int) -> str:
    functions = "\n".join(
        f"\n\ndef function_{number}_{place}(value: int) -> int:\n"
        f'    """{_sentence(chance)}"""\n'
        + "".join(
            f"    value += {chance.randrange(1000)}  # {_sentence(chance)}\n" for _ in "12345"
        )
        + "    return value"
        for place in range(12)
    )
    return f'"""{_sentence(chance)}"""\n\nimport os{functions}\n'
