"""What every tool, resource and task has at hand, and who is asking."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias
from weakref import WeakValueDictionary

from mcp.server.context import ServerRequestContext
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

from llmsdeck.api import DeckApi
from llmsdeck.config import AgentConfig
from llmsdeck.errors import NoSuchRunError
from llmsdeck.mcp.roots import Roots
from llmsdeck.mcp.watch import Watch
from llmsdeck.model import Actor, ActorKind, Run

TASKS: Final = "io.modelcontextprotocol/tasks"
"""The extension that lets a tool answer with a durable handle (SEP-2663)."""
Asked: TypeAlias = ServerRequestContext[Any, Any]
"""One request as the SDK hands it over."""
Report: TypeAlias = Callable[[float, float, str], Awaitable[None]]
"""Tells a waiting client how far its run is: done, of how much, and in words."""

_STRANGE: Final = re.compile(r"[^A-Za-z0-9._-]+")
_NAME_LENGTH: Final = 40
_UNNAMED: Final = "unnamed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What is the same for every request."""

    deck: DeckApi
    roots: Roots
    config: AgentConfig
    watch: Watch
    doors: WeakValueDictionary[Actor, asyncio.Lock] = field(
        default_factory=WeakValueDictionary[Actor, asyncio.Lock]
    )

    def door(self, actor: Actor) -> asyncio.Lock:
        """Held while a client's live runs are counted and one is added; others are not kept."""
        return self.doors.setdefault(actor, asyncio.Lock())


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call of a tool."""

    at: Surroundings
    actor: Actor
    report: Report
    handles: bool = False
    """The client takes the handle of a task, so that a start need not wait for an end."""

    async def find(self, reference: str) -> Run:
        """The run with this id or unique prefix; raises NoSuchRunError."""
        try:
            return await self.at.deck.find(reference)
        except NoSuchRunError as error:
            raise NoSuchRunError(f"Run ID {reference!r} not found: {error}") from error


def actor_of(asked: Asked) -> Actor:
    """The client as its runs' history names it: as it calls itself, in harmless characters."""
    told = asked.session.client_params
    name = _STRANGE.sub("-", told.client_info.name)[:_NAME_LENGTH].strip("-") if told else ""
    return Actor(ActorKind.AGENT, name or _UNNAMED)


def is_modern(asked: Asked) -> bool:
    """Whether the request is of the protocol without sessions, which extensions need."""
    return asked.protocol_version in MODERN_PROTOCOL_VERSIONS


def may_be_asked(asked: Asked) -> bool:
    """Whether the client said with this very request that its user can fill in a form."""
    capabilities = asked.session.client_capabilities
    elicitation = capabilities and capabilities.elicitation
    # Before there were modes, a form was what the capability meant.
    return bool(elicitation and (elicitation.form or not elicitation.url))


def declares_tasks(asked: Asked) -> bool:
    """Whether the client said with this very request that it understands task handles."""
    capabilities = asked.session.client_capabilities
    return is_modern(asked) and TASKS in ((capabilities and capabilities.extensions) or {})
