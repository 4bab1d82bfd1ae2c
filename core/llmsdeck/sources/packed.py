"""A source's texts as bytes, so that a later attempt need not ask for them again."""

from __future__ import annotations

from functools import cache

from pydantic import TypeAdapter, ValidationError

from llmsdeck.sources.material import Material


@cache
def _adapter() -> TypeAdapter[Material]:
    """Made when it is first wanted, which takes milliseconds; only texts of hosts are packed."""
    return TypeAdapter(Material)


def pack(material: Material) -> bytes:
    """The material as JSON."""
    return _adapter().dump_json(material)


def unpack(data: bytes) -> Material | None:
    """What `pack` packed; None when another version did, or something else."""
    try:
        return _adapter().validate_json(data)
    except ValidationError:
        return None
