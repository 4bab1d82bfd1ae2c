"""Pure functions from the model to what is shown; nothing here knows a widget or a clock."""

from __future__ import annotations
