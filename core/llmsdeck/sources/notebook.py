"""Jupyter notebooks as Markdown: what people wrote, without what running it printed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Final, cast

_TAGS: Final = ("python", "r", "julia", "ruby", "javascript", "typescript", "bash", "rust", "scala")
_TICKS: Final = re.compile(r"`{3,}")


def notebook_text(text: str) -> str | None:
    """Texts and code of the cells in order, outputs dropped; None when it is no notebook."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return None
    cells = _field(document, "cells")
    if not isinstance(cells, list):
        return None
    kernel = _field(_field(document, "metadata"), "kernelspec")
    language = str(_field(kernel, "language")).lower()
    blocks = _blocks(cast("list[object]", cells), language if language in _TAGS else "")
    return "\n\n".join(blocks) + "\n"


def _blocks(cells: list[object], tag: str) -> Iterator[str]:
    for cell in cells:
        source = _source(_field(cell, "source"))
        if not source:
            continue
        if _field(cell, "cell_type") == "code":
            longest = max((len(ticks) for ticks in _TICKS.findall(source)), default=2)
            fence = "`" * (longest + 1)
            yield f"{fence}{tag}\n{source}\n{fence}"
        else:
            yield source


def _source(value: object) -> str:
    """The text of a cell, written as one string or as a list of lines."""
    lines = cast("list[object]", value) if isinstance(value, list) else [value]
    text = "".join(line for line in lines if isinstance(line, str))
    text = text.encode(errors="replace").decode()
    return text.replace("\r\n", "\n").replace("\r", "\n").strip("\n")


def _field(value: object, key: str) -> object:
    return cast("dict[str, object]", value).get(key) if isinstance(value, dict) else None
