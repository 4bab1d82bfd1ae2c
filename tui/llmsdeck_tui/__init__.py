"""The terminal dashboard of llmsdeck."""

from __future__ import annotations
