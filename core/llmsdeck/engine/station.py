"""What a worker lends each of its attempts."""

from __future__ import annotations

from dataclasses import dataclass

from llmsdeck.clock import Clock
from llmsdeck.engine.executor import Executor
from llmsdeck.engine.heart import Heart
from llmsdeck.model import WorkerId
from llmsdeck.settings import Policy
from llmsdeck.store.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Station:
    """What every attempt of a worker shares."""

    worker: WorkerId
    store: Store
    clock: Clock
    executor: Executor
    heart: Heart

    @property
    def policy(self) -> Policy:
        """The limits in force now; an attempt asks each time, so that it obeys a change."""
        return self.heart.policy
