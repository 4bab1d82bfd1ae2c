"""Which program makes a bundle: its version, and its code, which changes in a checkout."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Final

from llmsdeck import __version__

_PACKAGE: Final = Path(__file__).parent.parent
_THAT_MATTERS: Final = ("sources", "bundle", "stages")


@cache
def program() -> str:
    """`0.1.0+3f2a9c81d0e4`: equal for programs that make the same bundle of the same source."""
    digest = hashlib.sha256()
    for part in _THAT_MATTERS:
        for file in sorted((_PACKAGE / part).rglob("*.py")):
            digest.update(f"{file.relative_to(_PACKAGE).as_posix()}\n".encode())
            digest.update(file.read_bytes())
    return f"{__version__}+{digest.hexdigest()[:12]}"
