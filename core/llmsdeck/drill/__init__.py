"""Proves the guarantees on this machine: breaks things on purpose, in a store made for that."""

from __future__ import annotations

from llmsdeck.drill.exercises import EXERCISES, Exercise, Shown, drill

__all__ = ["EXERCISES", "Exercise", "Shown", "drill"]
