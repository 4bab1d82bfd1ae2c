"""Who the command line is in a run's history."""

from __future__ import annotations

from typing import Final

from llmsdeck.model import Actor, ActorKind

CLI: Final = Actor(ActorKind.CLI)
