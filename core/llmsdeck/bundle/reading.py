"""What one document or module says about itself, whatever its format."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

PARAGRAPHS: Final = 6
"""Opening paragraphs that are kept."""
LINES: Final = 600
"""Lines in which a title and an opening are looked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """The outside of one file, as plain words."""

    title: str = ""
    """Empty when the file gives itself none."""
    paragraphs: tuple[str, ...] = ()
    """The first real ones: no badges, markup blocks, lists, tables or code."""
    brief: bool = False
    """There is no such paragraph, and yet something to read: a few words, a list, a table, code."""
    lead: int = 0
    """How many of the paragraphs stand before the second heading."""
    names: tuple[str, ...] = ()
    """Public names that a module defines, in order."""
    documents: str = ""
    """Module that this page is only a shell for, to be filled from its docstrings."""
    imports: tuple[str, ...] = ()
    """Modules of its own package that a module imports, in order and as written."""
