"""The JSON Schema of what we write: every key is required, and no other allowed."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta

Schema = dict[str, Any]
NonNegative = Annotated[int, Meta(ge=0)]


def closed(schema: Any) -> Any:
    """Return msgspec's schema with every object closed, as a document of ours has every key that its type knows."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: closed(each) for key, each in schema.items() if key not in {"default", "required"}}
    if isinstance(text := made.get("description"), str):
        # The first paragraph of a type's docstring is for readers, the rest for those who change it.
        made["description"] = " ".join(text.partition("\n\n")[0].split())
    if "properties" in made:
        made["properties"] = {key: closed(each) for key, each in schema["properties"].items()}
        made |= {"required": list(schema["properties"]), "additionalProperties": False}
    return made
