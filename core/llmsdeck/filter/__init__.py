"""The filter language of runs: one line of text, and what it says as a small tree."""

from __future__ import annotations

from llmsdeck.filter.match import matches
from llmsdeck.filter.order import Order, SortKey
from llmsdeck.filter.parse import both, parse
from llmsdeck.filter.tree import EVERYTHING, Filter

__all__ = ["EVERYTHING", "Filter", "Order", "SortKey", "both", "matches", "parse"]
