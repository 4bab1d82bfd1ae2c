"""Repositories on hosts: a look at one, whether it moved on, and its texts."""

from __future__ import annotations

from llmsdeck.sources.hosted.preflight import look
from llmsdeck.sources.hosted.visit import Hosts, fetch, is_unchanged

__all__ = ["Hosts", "fetch", "is_unchanged", "look"]
