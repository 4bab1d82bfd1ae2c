"""The dashboard's own themes: a dark, quiet ground on which only what matters has colour."""

from __future__ import annotations

from typing import Final

from rich.console import Console
from textual import constants
from textual.theme import Theme

VARIABLES: Final = {"quiet": "#858c96", "live": "#6cb0e0", "rule": "#2c333b"}
"""Colours that styles use and that not every theme defines."""

DECK: Final = Theme(
    name="deck",
    primary="#5a9fd4",
    secondary="#7d8ca0",
    accent="#5a9fd4",
    foreground="#d5d9de",
    background="#101317",
    surface="#161a20",
    panel="#1d232a",
    success="#6fae7d",
    warning="#d9a441",
    error="#d8685f",
    dark=True,
    variables={
        **VARIABLES,
        "block-cursor-background": "#26425a",
        "block-cursor-foreground": "#f2f5f8",
        "block-cursor-text-style": "none",
        "footer-background": "#161a20",
        "footer-description-background": "#161a20",
        "footer-item-background": "#161a20",
        "footer-key-background": "#161a20",
        "footer-key-foreground": "#6cb0e0",
        "footer-description-foreground": "#9aa2ac",
        "scrollbar": "#2c333b",
        "scrollbar-background": "#101317",
        "scrollbar-corner-color": "#101317",
        "border": "#3a4550",
        "border-blurred": "#2c333b",
    },
)

SIXTEEN: Final = Theme(
    name="deck-16",
    primary="#5555ff",
    secondary="#aaaaaa",
    accent="#55ffff",
    foreground="#ffffff",
    background="#000000",
    surface="#000000",
    panel="#000000",
    success="#55ff55",
    warning="#ffff55",
    error="#ff5555",
    dark=True,
    variables={
        **DECK.variables,
        "quiet": "#aaaaaa",
        "live": "#55ffff",
        "rule": "#555555",
        "text-success": "#55ff55",
        "text-warning": "#ffff55",
        "text-error": "#ff5555",
        "block-cursor-background": "#0000aa",
        "block-cursor-foreground": "#ffffff",
        "footer-background": "#000000",
        "footer-description-background": "#000000",
        "footer-item-background": "#000000",
        "footer-key-background": "#000000",
        "footer-key-foreground": "#55ffff",
        "footer-description-foreground": "#aaaaaa",
        "scrollbar": "#aaaaaa",
        "scrollbar-background": "#000000",
        "scrollbar-corner-color": "#000000",
        "border": "#aaaaaa",
        "border-blurred": "#555555",
    },
)
"""For terminals of sixteen colours, in those colours: the nearest to any softer one is a grey."""


def usual(*, few_colours: bool) -> Theme:
    """The theme for who has chosen none."""
    return SIXTEEN if few_colours else DECK


def has_few_colours() -> bool:
    """The terminal that this process is shown on says that it has sixteen colours."""
    told = constants.COLOR_SYSTEM
    return (Console(force_terminal=True).color_system if told == "auto" else told) == "standard"
