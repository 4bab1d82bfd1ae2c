"""Scenes for screenshots, snapshot tests and trying the dashboard without a store."""

from __future__ import annotations

from llmsdeck_tui.demo.decks import HOSTILE, busy, empty, hostile, late, old, owned, thrown_away
from llmsdeck_tui.demo.scenes import (
    SCENES,
    Scene,
    SceneApp,
    file_name,
    is_settled,
    picture,
    press,
    screen_text,
    stable,
    until,
)
from llmsdeck_tui.demo.stories import history

__all__ = [
    "HOSTILE",
    "SCENES",
    "Scene",
    "SceneApp",
    "busy",
    "empty",
    "file_name",
    "history",
    "hostile",
    "is_settled",
    "late",
    "old",
    "owned",
    "picture",
    "press",
    "screen_text",
    "stable",
    "thrown_away",
    "until",
]
