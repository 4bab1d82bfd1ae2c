"""The engine: workers that claim runs and supervise one run process per attempt."""

from __future__ import annotations
