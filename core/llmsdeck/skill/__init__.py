"""What an agent should know about llmsdeck, as an Agent Skill: one text for skills and prompts."""

from __future__ import annotations

from importlib import resources
from typing import Final

_FENCE: Final = "---\n"


def text() -> str:
    """The skill as its file `SKILL.md` holds it."""
    place = resources.files(__name__) / "llmsdeck" / "SKILL.md"
    return place.read_text(encoding="utf-8")


def body() -> str:
    """The skill without its front matter."""
    return text().split(_FENCE, 2)[2].lstrip()
