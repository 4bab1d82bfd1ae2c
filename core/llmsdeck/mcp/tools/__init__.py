"""The tools that agents have, by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from llmsdeck.mcp.tools import acting, looking, reading, starting
from llmsdeck.mcp.tools.tool import Tool

_ALL: Final[tuple[Tool[Any], ...]] = (
    *starting.TOOLS,
    *looking.TOOLS,
    *reading.TOOLS,
    *acting.TOOLS,
)
TOOLS: Final[Mapping[str, Tool[Any]]] = {tool.name: tool for tool in _ALL}
