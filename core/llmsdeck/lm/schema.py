"""The JSON schema of a pydantic model in the plain form that every server understands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pydantic import BaseModel

from llmsdeck.lm.wire import as_fields

_KEPT: Final = (
    *("type", "enum", "const"),
    *("minLength", "maxLength", "minItems", "maxItems", "minimum", "maximum"),
)


def plain_schema(shape: type[BaseModel]) -> Mapping[str, object]:
    """The schema without references and decoration, strict about its members."""
    schema = shape.model_json_schema()
    return _plain(schema, as_fields(schema.get("$defs")))


def _plain(node: Mapping[str, object], definitions: Mapping[str, object]) -> Mapping[str, object]:
    if isinstance(reference := node.get("$ref"), str):
        return _plain(as_fields(definitions[reference.rpartition("/")[2]]), definitions)
    plain = {key: node[key] for key in _KEPT if key in node}
    if "items" in node:
        plain["items"] = _plain(as_fields(node["items"]), definitions)
    if "properties" in node:
        members = as_fields(node["properties"])
        plain["properties"] = {
            name: _plain(as_fields(member), definitions) for name, member in members.items()
        }
        plain |= {"required": list(members), "additionalProperties": False}
    return plain
