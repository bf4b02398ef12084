"""The subset of JSON schema that OpenAI's strict mode takes."""

from __future__ import annotations

from typing import Any

REJECTED = ("allOf", "not", "dependentRequired", "dependentSchemas", "if", "then", "else", "default", "oneOf")
TYPES = {"string", "number", "boolean", "integer", "object", "array", "null"}
DEEPEST = 10


def schema_problem(schema: Any) -> str | None:
    """What the vendor would not take, or None."""
    if not isinstance(schema, dict) or schema.get("type") != "object":
        return "the root is no object"
    return _problem(schema, "root", 0, schema.get("$defs", {}))


def _problem(schema: Any, path: str, depth: int, definitions: dict[str, Any]) -> str | None:
    if not isinstance(schema, dict):
        return f"{path} is no schema"
    if depth > DEEPEST:
        return f"{path} is nested too deeply"
    if "$ref" in schema:
        known = schema["$ref"].removeprefix("#/$defs/") in definitions
        return None if known and len(schema) == 1 else f"{path} has a reference with company, or to nothing"
    for word in REJECTED:
        if word in schema:
            return f"{path}: '{word}' is not permitted"
    kinds = schema.get("type")
    if not set([kinds] if isinstance(kinds, str) else kinds or ["?"]) <= TYPES:
        return f"{path} has no known type"
    return _object_problem(schema, path, depth, definitions) or _parts_problem(schema, path, depth, definitions)


def _object_problem(schema: dict[str, Any], path: str, depth: int, definitions: dict[str, Any]) -> str | None:
    if schema["type"] != "object":
        return None
    if schema.get("additionalProperties") is not False:
        return f"{path}: 'additionalProperties' is required to be supplied and to be false"
    if sorted(schema.get("required", [])) != sorted(schema.get("properties", {})):
        return f"{path}: 'required' is required to be supplied and to hold every property"
    return None


def _parts_problem(schema: dict[str, Any], path: str, depth: int, definitions: dict[str, Any]) -> str | None:
    parts = {f"{path}.{name}": part for name, part in schema.get("properties", {}).items()}
    parts |= {f"{path}.$defs.{name}": part for name, part in schema.get("$defs", {}).items()}
    if "items" in schema:
        parts[f"{path}[]"] = schema["items"]
    for name, part in parts.items():
        if problem := _problem(part, name, depth + 1, definitions):
            return problem
    return None
