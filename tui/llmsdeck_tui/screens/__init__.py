"""Screens: they wire widgets to the deck."""

from __future__ import annotations
