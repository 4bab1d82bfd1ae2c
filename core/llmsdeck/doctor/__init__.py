"""Examining an installation: what is in order, what is not, and what to do about it."""

from __future__ import annotations

from llmsdeck.doctor.examine import examine
from llmsdeck.doctor.finding import Finding, Health

__all__ = ["Finding", "Health", "examine"]
