"""Parts of a large llms-full.txt, for readers that cannot take it in whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from llmsdeck.bundle.expand import Excerpt, block, cut_mark, fence_of, fence_rule
from llmsdeck.bundle.outline import Outline
from llmsdeck.model import MOST_PARTS, ArtifactName

SPLIT_ABOVE: Final = 100_000
"""Characters of llms-full.txt beyond which there are parts as well."""
PART_CHARACTERS: Final = 50_000
"""A part is shorter than this."""
_LEAST_PIECE: Final = PART_CHARACTERS // 4
"""Characters of a cut file that there must be room for beside the heads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A file, or a stretch of one, in a part."""

    excerpt: Excerpt
    start: int
    end: int
    """Characters of the excerpt's text, from `start` up to and without `end`."""

    @property
    def whole(self) -> bool:
        """Whether nothing of the excerpt is in another part."""
        return self.start == 0 and self.end == len(self.excerpt.text)

    @property
    def text(self) -> str:
        """The stretch itself."""
        return self.excerpt.text[self.start : self.end]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One numbered file."""

    name: ArtifactName
    pieces: tuple[Piece, ...]
    text: str


def split(outline: Outline, excerpts: Sequence[Excerpt], full: str) -> tuple[Part, ...]:
    """The parts of `full`, cut between files; none unless it is long.

    There are none either where a hostile text makes the heads so long that they would fill a part.
    Only a file that is too long for a part is cut itself, between lines where there are any, and
    says where it goes on.
    """
    if len(full) <= SPLIT_ABOVE:
        return ()
    fence = fence_of(excerpts)
    room = PART_CHARACTERS - 1 - len(_head(outline, 0, 0, 0, fence))
    if any(_overhead(excerpt, fence) + _LEAST_PIECE > room for excerpt in excerpts):
        return ()
    packed = _pack(excerpts, fence, room)
    return tuple(
        Part(
            name=ArtifactName.part(number),
            pieces=tuple(pieces),
            text=_text(outline, pieces, number, len(packed), fence),
        )
        for number, pieces in enumerate(packed, start=1)
    )


def _pack(excerpts: Sequence[Excerpt], fence: str, room: int) -> list[list[Piece]]:
    """Pieces in order, as many to a part as fit.

    Two stretches of one file never do: together they are longer than what was cut for being so.
    """
    parts: list[list[Piece]] = []
    used = room
    for excerpt in excerpts:
        for piece in _pieces(excerpt, fence, room):
            size = _size(piece, fence)
            if used + size > room:
                parts.append([])
                used = 0
            parts[-1].append(piece)
            used += size
    return parts


def _pieces(excerpt: Excerpt, fence: str, room: int) -> Iterator[Piece]:
    """The whole text as one piece, or stretches that fill a part each."""
    length = len(excerpt.text)
    whole = Piece(excerpt=excerpt, start=0, end=length)
    if _size(whole, fence) <= room:
        yield whole
        return
    most = room - _overhead(excerpt, fence)
    start = 0
    while start < length:
        end = _cut(excerpt.text, start, most)
        yield Piece(excerpt=excerpt, start=start, end=end)
        start = end


def _cut(text: str, start: int, most: int) -> int:
    """Where a stretch of at most `most` characters ends: after a line, unless that is far away."""
    if len(text) - start <= most:
        return len(text)
    line_end = text.rfind("\n", start + most // 2, start + most)
    return line_end + 1 if line_end >= 0 else start + most


def _overhead(excerpt: Excerpt, fence: str) -> int:
    """The most characters that stand around a stretch of a cut file."""
    length, marks = len(excerpt.text), _continuation(MOST_PARTS - 1)
    ledger = f"{length} to {length} of {excerpt.characters}"
    return len(block(excerpt, fence, ledger, *marks, *cut_mark(excerpt))) + len("\n\n\n")


def _size(piece: Piece, fence: str) -> int:
    """Characters of the piece's block, and of the line end that separates it."""
    return len(_block(piece, 1, fence)) + 1


def _text(outline: Outline, pieces: Sequence[Piece], number: int, total: int, fence: str) -> str:
    head = _head(outline, number, total, len(pieces), fence)
    return "\n".join([head, *(_block(piece, number, fence) for piece in pieces)])


def _head(outline: Outline, number: int, total: int, files: int, fence: str) -> str:
    """As long for every part, so that packing can count on it."""
    lines = (
        f"# {outline.title}",
        "",
        f"> {outline.summary}",
        "",
        f"- Part: {number:03} of {total:03} of {ArtifactName.LLMS_FULL}",
        f"- Files: {files:03}",
        fence_rule(fence),
    )
    return "\n".join(lines) + "\n"


def _block(piece: Piece, number: int, fence: str) -> str:
    excerpt = piece.excerpt
    if piece.whole:
        ledger = f"{len(excerpt.text)} of {excerpt.characters}"
        return block(excerpt, fence, ledger, excerpt.text, *cut_mark(excerpt))
    before, after = _continuation(number)
    last = piece.end == len(excerpt.text)
    return block(
        excerpt,
        fence,
        f"{piece.start} to {piece.end} of {excerpt.characters}",
        *([before] if piece.start else []),
        piece.text,
        *(cut_mark(excerpt) if last else [after]),
    )


def _continuation(number: int) -> tuple[str, str]:
    """What a cut file says in a part: where it comes from, and where it goes on."""
    before, after = ArtifactName.part(max(1, number - 1)), ArtifactName.part(number + 1)
    return f"[continued from {before}]", f"[continued in {after}]"
