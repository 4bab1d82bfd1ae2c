"""Doubles for everybody's tests: a clock that a test moves and a deck that lives in memory."""

from __future__ import annotations

from llmsdeck.testing.clock import WALL_START_MS, FakeClock, Gate
from llmsdeck.testing.deck import FakeDeck

__all__ = ["WALL_START_MS", "FakeClock", "FakeDeck", "Gate"]
