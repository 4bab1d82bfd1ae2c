"""Prompts that a client's user may pick: how to go about a repository with these tools."""

from __future__ import annotations

from typing import Final

import mcp_types as types
from mcp.shared.exceptions import MCPError

from llmsdeck import skill
from llmsdeck.text import visible

NAME: Final = "document_repository"
_SOURCE: Final = "source"
_LONGEST: Final = 4096
PROMPTS: Final = (
    types.Prompt(
        name=NAME,
        title="Document a repository",
        description="Make the llms.txt bundle of a repository, read it and tell what it says.",
        arguments=[
            types.PromptArgument(
                name=_SOURCE,
                title="Repository",
                description="An address, owner/name on github.com, or a folder in a root.",
                required=True,
            )
        ],
    ),
)


def prompt(name: str, arguments: dict[str, str]) -> types.GetPromptResult:
    """A prompt filled in; raises MCPError for a prompt that there is not, or a missing source."""
    source = arguments.get(_SOURCE, "").strip()
    if name != NAME:
        raise MCPError(types.INVALID_PARAMS, f"Unknown prompt: {name[:100]}")
    if not 0 < len(source) <= _LONGEST or arguments.keys() != {_SOURCE}:
        raise MCPError(types.INVALID_PARAMS, f"Give {_SOURCE!r}, and nothing else.")
    asked = f"Make the llms.txt bundle of {visible(source)}, wait for its end and sum it up."
    content = types.TextContent(text=f"{asked}\n\n{skill.body()}")
    message = types.PromptMessage(role="user", content=content)
    return types.GetPromptResult(description=PROMPTS[0].description, messages=[message])
