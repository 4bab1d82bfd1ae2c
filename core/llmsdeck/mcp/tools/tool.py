"""What a tool is: parameters that are checked, an answer with a schema, and hints for clients."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

import mcp_types as types

from llmsdeck.contract import Document, error_document
from llmsdeck.errors import DeckError
from llmsdeck.mcp.parameters import Parameters
from llmsdeck.mcp.roots import Roots
from llmsdeck.mcp.schemas import Schema
from llmsdeck.mcp.surroundings import Call
from llmsdeck.model import Run
from llmsdeck.states import RunStatus

UNTRUSTED: Final[dict[str, Any]] = {"llmsdeck/untrusted": True}
"""Marks content that quotes repositories, models or file names: data, never instructions."""
ERROR_KEY: Final = "llmsdeck/error"
"""Where a failed call keeps its error's kind and facts for programs."""
LOOKS: Final = types.ToolAnnotations(
    read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False
)
STARTS: Final = types.ToolAnnotations(
    read_only_hint=False, destructive_hint=False, idempotent_hint=True, open_world_hint=True
)
STOPS: Final = types.ToolAnnotations(
    read_only_hint=False, destructive_hint=True, idempotent_hint=True, open_world_hint=False
)
REMOVES: Final = types.ToolAnnotations(
    read_only_hint=False, destructive_hint=True, idempotent_hint=False, open_world_hint=False
)

Given = TypeVar("Given", bound=Parameters)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a tool has to say."""

    document: Document
    """For programs; conforms to the tool's schema."""
    text: object = None
    """The same as older clients expect it, where that is another shape."""
    run: Run | None = None
    """A run that was started: while it is live, its handle may be given instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool(Generic[Given]):
    """One tool; `call` raises DeckError for what cannot be done."""

    name: str
    title: str
    description: str
    parameters: type[Given]
    answer: Schema
    hints: types.ToolAnnotations
    call: Callable[[Call, Given], Awaitable[Answer]]

    def described(self) -> types.Tool:
        """The tool as clients list it."""
        return types.Tool(
            name=self.name,
            title=self.title,
            description=self.description,
            input_schema=self.parameters.model_json_schema(),
            output_schema=self.answer,
            annotations=self.hints,
        )


def result(answer: Answer) -> types.CallToolResult:
    """An answer on the wire: one text that holds JSON, and the same as structured content."""
    text = _written(answer.document if answer.text is None else answer.text)
    content = types.TextContent(text=text, _meta=UNTRUSTED)
    structured = json.loads(_written(answer.document))
    return types.CallToolResult(content=[content], structured_content=structured)


def outcome(answer: Answer, roots: Roots) -> types.CallToolResult:
    """The same, and an error when the run that was started has failed."""
    sent, run = result(answer), answer.run
    if run is None or run.status is not RunStatus.FAILED:
        return sent
    text = roots.veiled(f"The run failed ({run.error_kind}): {run.error_message}")
    content = types.TextContent(text=text, _meta=UNTRUSTED)
    return sent.model_copy(update={"content": [content, *sent.content], "is_error": True})


def _written(value: object) -> str:
    """As JSON, in which a byte that is no text shows as `?`: the SDK could not send it."""
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace").decode("utf-8")


def failure(tool: str, error: DeckError, roots: Roots) -> types.CallToolResult:
    """An error as an error: the sentence for the model, kind and facts for programs."""
    text = f"Error executing tool {tool}: {roots.veiled(str(error))}"
    content = types.TextContent(text=text, _meta=UNTRUSTED)
    told = roots.veiled_document({ERROR_KEY: error_document(error)})
    return types.CallToolResult(content=[content], is_error=True, _meta=told)
