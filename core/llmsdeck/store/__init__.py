"""The store: one SQLite file in WAL mode that every process of a deck shares."""

from __future__ import annotations
