"""The dashboard's own theme: a dark, quiet ground on which only what matters has colour."""

from __future__ import annotations

from typing import Final

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
