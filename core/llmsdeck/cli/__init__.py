"""The headless command line."""

from __future__ import annotations
