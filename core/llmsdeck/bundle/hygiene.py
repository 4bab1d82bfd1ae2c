"""Text of strangers made harmless without hiding that something was there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

HARMFUL: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff"
    "\U000e0000-\U000e007f\ud800-\udfff]"
)
"""Control characters but tab and line feed, direction overrides, invisible tags, non-characters."""
_REPLACEMENTS: Final[Mapping[int, str]] = {
    **{code: chr(0x2400 + code) for code in range(0x20)},
    0x7F: "\u2421",
    0x2028: "\n",
    0x2029: "\n",
}


def harmless(text: str) -> str:
    """The text with every harmful character replaced by a visible one."""
    return HARMFUL.sub(lambda match: _REPLACEMENTS.get(ord(match[0]), "\ufffd"), text)
