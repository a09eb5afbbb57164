"""JSON schemas of tools in the form that strict providers take, and argument names back again.

MCP servers leave out what OpenAI, Gemini and Claude require, and name arguments as they like. Claude:
"Property keys should match pattern '^[a-zA-Z0-9_.-]{1,64}$'"; OpenAI: "object schema missing properties" and
"array schema missing items"; Gemini: "required[0]: property is not defined".
"""

import json
import re
from collections.abc import Iterable, Mapping
from hashlib import sha256

from dify_plugin.entities.model.message import PromptMessageTool

from litellm_proxy.wire.reading import Json

_ACCEPTED = re.compile(r"[a-zA-Z0-9_.-]{1,64}")
_OTHERS = re.compile(r"[^a-zA-Z0-9_.-]+")
_MAX_KEPT = 54
_DIGEST = 8
_MAX_DEPTH = 60
_LISTS_OF_SCHEMAS = ("anyOf", "oneOf", "allOf", "prefixItems")
_MAPS_OF_SCHEMAS = ("$defs", "definitions")


def strict_schema(parameters: Mapping[str, Json] | None) -> dict[str, Json]:
    """Return the schema of a tool's arguments: an object, complete at every level."""
    return _strict({**(parameters or {}), "type": "object"}, 0)


def sent_keys(tools: Iterable[PromptMessageTool]) -> Mapping[str, str]:
    """Return, by their names in Dify, the names under which arguments go out, where they differ."""
    names: dict[str, str] = {}
    for tool in tools:
        _collect(tool.parameters, names, 0)
    return names


def renamed_arguments(arguments: str, names: Mapping[str, str]) -> str:
    """Return a call's arguments (JSON) with names replaced; what is not JSON stays as it is."""
    if not names:
        return arguments
    try:
        value = json.loads(arguments)
    except (ValueError, RecursionError):
        return arguments
    return json.dumps(_renamed(value, names, 0), ensure_ascii=False)


def _strict(schema: Json, depth: int) -> dict[str, Json]:
    if not isinstance(schema, dict) or depth > _MAX_DEPTH:
        # `true` stands for any value.
        return {}
    strict = {name: value for name, value in schema.items() if value is not None}
    kind = strict.get("type")
    kinds = kind if isinstance(kind, list) else [kind]
    properties = strict.get("properties")
    if isinstance(properties, dict):
        strict["properties"] = {
            _sent(name): _strict(each, depth + 1) for name, each in properties.items()
        }
    elif "object" in kinds:
        strict["properties"] = {}
    required = strict.get("required")
    if isinstance(required, list):
        known = strict.get("properties", {})
        strict["required"] = [
            _sent(n) for n in required if isinstance(n, str) and _sent(n) in known
        ]
    elif required is not None:
        del strict["required"]
    if "items" in strict or "array" in kinds:
        strict["items"] = _strict(strict.get("items"), depth + 1)
    for name in _LISTS_OF_SCHEMAS:
        if isinstance(strict.get(name), list):
            strict[name] = [_strict(each, depth + 1) for each in strict[name]]
    for name in _MAPS_OF_SCHEMAS:
        if isinstance(strict.get(name), dict):
            strict[name] = {key: _strict(each, depth + 1) for key, each in strict[name].items()}
    return strict


def _collect(schema: Json, names: dict[str, str], depth: int) -> None:
    if depth > _MAX_DEPTH:
        return
    if isinstance(schema, dict):
        properties = schema.get("properties")
        if isinstance(properties, dict):
            names.update((name, _sent(name)) for name in properties if _sent(name) != name)
        for each in schema.values():
            _collect(each, names, depth + 1)
    elif isinstance(schema, list):
        for each in schema:
            _collect(each, names, depth + 1)


def _sent(name: str) -> str:
    """Return the name that goes out, the same each time; different names stay different."""
    if _ACCEPTED.fullmatch(name):
        return name
    digest = sha256(name.encode(errors="replace")).hexdigest()[:_DIGEST]
    return f"{_OTHERS.sub('_', name)[:_MAX_KEPT]}_{digest}"


def _renamed(value: Json, names: Mapping[str, str], depth: int) -> Json:
    if depth > _MAX_DEPTH:
        return value
    match value:
        case dict():
            return {names.get(k, k): _renamed(each, names, depth + 1) for k, each in value.items()}
        case list():
            return [_renamed(each, names, depth + 1) for each in value]
        case _:
            return value
