"""How long a test of faults goes on: a moment in `make test`, long in `make faults ROUNDS=…`."""

from __future__ import annotations

import os
from typing import Final

ASKED: Final = os.environ.get("ROUNDS")
LONG: Final = ASKED is not None


def rounds(quick: int, *, per_thousand: int) -> int:
    """`quick`, or `per_thousand` for every thousand rounds that were asked for."""
    return quick if ASKED is None else max(quick, int(ASKED) * per_thousand // 1000)
