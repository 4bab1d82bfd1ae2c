"""Signs for terminals that show ASCII only; what is outside of it is replaced, cell by cell."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Final

from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

VARIABLE: Final = "LLMSDECK_ASCII"
"""Environment variable that decides, as 1 or 0."""
_LIMITED_TERMINALS: Final = frozenset({"linux", "vt100", "vt102", "vt220", "dumb"})
"""Values of TERM that stand for a few hundred glyphs at most."""
_SIGNS: Final[Mapping[str, str]] = {
    **dict(zip("▸▶›●○✓✗⊘◆▲▼·•…⋯→←↑↓⇧", ">>>@o+x0*^v.*~~><^v^", strict=True)),
    **dict(zip("▁▂▃▄▅▆▇█░▒▓", "_.,-=+*#.:%", strict=True)),
}


class AsciiGlyphs(LineFilter):
    """Replaces every character that is not ASCII by as many ASCII ones as it has cells."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The segments with other texts; their styles stay."""
        return [
            segment
            if segment.control or segment.text.isascii()
            else Segment(segment.text.translate(_TABLE), segment.style)
            for segment in segments
        ]


def limited(environ: Mapping[str, str]) -> bool:
    """The terminal shows ASCII only, by its locale or kind, unless LLMSDECK_ASCII decides."""
    if decided := environ.get(VARIABLE):
        return decided != "0"
    names = (environ.get(name) for name in ("LC_ALL", "LC_CTYPE", "LANG"))
    locale = next(filter(None, names), "C.UTF-8").lower()
    return "utf" not in locale or environ.get("TERM") in _LIMITED_TERMINALS


class _Table(dict[int, str]):
    """Looks each character up once."""

    def __missing__(self, code: int) -> str:
        self[code] = written = _written(chr(code))
        return written


def _written(character: str) -> str:
    if character.isascii():
        return character
    if character in _SIGNS:
        return _SIGNS[character]
    name = unicodedata.name(character, "")
    if name.startswith("BOX DRAWINGS"):
        return "-" if name.endswith(" HORIZONTAL") else "|" if name.endswith(" VERTICAL") else "+"
    if "BLOCK" in name or "ONE EIGHTH" in name:
        return "|" if name.startswith(("LEFT", "RIGHT")) else "-"
    base = unicodedata.normalize("NFD", character)[0]
    return base if base.isascii() else "?" * cell_len(character)


_TABLE: Final = _Table()
