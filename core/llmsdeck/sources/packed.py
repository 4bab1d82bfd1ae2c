"""A source's texts as bytes, so that a later attempt need not ask for them again."""

from __future__ import annotations

from typing import Final

from pydantic import TypeAdapter, ValidationError

from llmsdeck.sources.material import Material

_ADAPTER: Final = TypeAdapter(Material)


def pack(material: Material) -> bytes:
    """The material as JSON."""
    return _ADAPTER.dump_json(material)


def unpack(data: bytes) -> Material | None:
    """What `pack` packed; None when another version did, or something else."""
    try:
        return _ADAPTER.validate_json(data)
    except ValidationError:
        return None
