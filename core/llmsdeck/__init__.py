"""Run lifecycle, store, pipeline and headless front ends of llmsdeck; never imports Textual."""

from __future__ import annotations

__version__ = "0.1.0"
