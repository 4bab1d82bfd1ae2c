"""Widgets: each shows one thing and tells what was done to it."""

from __future__ import annotations
