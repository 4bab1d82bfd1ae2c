"""The full texts behind the links as llms-full.txt, from what was collected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from llmsdeck.bundle.hygiene import harmless
from llmsdeck.bundle.outline import Link, Outline
from llmsdeck.bundle.secrets import redacted
from llmsdeck.model import Progress
from llmsdeck.sources import SourceFile, Steps

FILE_CHARACTERS: Final = 200_000
TOTAL_CHARACTERS: Final = 2_000_000
_SHORTEST_FENCE: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Excerpt:
    """What of one linked file goes into the full text."""

    link: Link
    section: str
    text: str
    """Harmless, without line ends at its end."""
    characters: int
    """Length of the whole file's text."""
    secrets: int = 0
    """Strings that look like secrets and were replaced by a mark."""

    @property
    def truncated(self) -> bool:
        """Whether something was cut."""
        return len(self.text) < self.characters


def excerpts(outline: Outline, files: Mapping[str, SourceFile]) -> Steps[tuple[Excerpt, ...]]:
    """The linked texts in order, cut at the stated budgets."""
    found: list[Excerpt] = []
    room = TOTAL_CHARACTERS
    total = sum(1 for _ in outline.links())
    for section in outline.sections:
        for link in section.links:
            text, secrets = redacted(harmless(files[link.path].text).rstrip("\n"))
            kept = _whole_lines(text, min(room, FILE_CHARACTERS))
            room -= len(kept)
            found.append(
                Excerpt(
                    link=link,
                    section=section.name,
                    text=kept,
                    characters=len(text),
                    secrets=secrets,
                )
            )
            yield Progress(len(found), total)
    return tuple(found)


def _whole_lines(text: str, limit: int) -> str:
    """The text up to the limit, ending where a line ends when there is one."""
    if len(text) <= limit:
        return text
    end = text.rfind("\n", 0, limit)
    return text[: end if end > 0 else limit]


def full_text(outline: Outline, parts: Sequence[Excerpt]) -> str:
    """llms-full.txt: one fenced block per linked file, each with its ledger line."""
    fence = fence_of(parts)
    blocks = [_head(outline, parts, fence)]
    for part in parts:
        ledger = f"{len(part.text)} of {part.characters}"
        blocks.append(block(part, fence, ledger, part.text, *cut_mark(part)))
    return "\n".join(blocks)


def fence_of(parts: Sequence[Excerpt]) -> str:
    """A run of `=` longer than any in the texts, so that no text can fake the start of a file."""
    fence = "=" * _SHORTEST_FENCE
    while any(fence in part.text for part in parts):
        fence += "=" * _SHORTEST_FENCE
    return fence


def _head(outline: Outline, parts: Sequence[Excerpt], fence: str) -> str:
    kept = sum(len(part.text) for part in parts)
    whole = sum(part.characters for part in parts)
    cut = sum(part.truncated for part in parts)
    lines = (
        f"# {outline.title}",
        "",
        f"> {outline.summary}",
        "",
        f"- Files: {len(parts)}, {cut} of them truncated",
        f"- Characters: {kept} of {whole}",
        f"- Budget: {FILE_CHARACTERS} characters per file, {TOTAL_CHARACTERS} in all",
        fence_rule(fence),
    )
    return "\n".join(lines) + "\n"


def fence_rule(fence: str) -> str:
    """How a reader finds the files; `blocks` finds them by this line."""
    return f"- Each file starts after a pair of lines of {len(fence)} equals signs."


def block(part: Excerpt, fence: str, ledger: str, *body: str) -> str:
    """A file's head and what follows it, with a blank line between the pieces of the body."""
    lines = (
        fence,
        f"File: {part.link.path}",
        f"Title: {part.link.title}",
        f"Section: {part.section}",
        f"Characters: {ledger}",
        fence,
        "",
        "\n\n".join(body),
    )
    return "\n".join(lines) + "\n"


def cut_mark(part: Excerpt) -> tuple[str, ...]:
    """The line that says how much of a file is left out, if any is."""
    rest = part.characters - len(part.text)
    return (f"[truncated: {rest} more characters of {part.link.path} are left out]",) * bool(rest)
