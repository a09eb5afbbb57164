"""Convert tool schemas to a form that strict providers accept, and argument names back.

MCP servers omit schema parts that OpenAI, Gemini and Claude require, and use any argument names.
Claude: "Property keys should match pattern '^[a-zA-Z0-9_.-]{1,64}$'"; OpenAI: "object schema
missing properties" and "array schema missing items"; Gemini: "required[0]: property is not
defined".
"""

import json
import re
from collections.abc import Iterable, Mapping
from hashlib import sha256
from itertools import pairwise
from urllib.parse import unquote

from dify_plugin.entities.model.message import PromptMessageTool

from litellm_proxy.wire.reading import Json

_ACCEPTED = re.compile(r"[a-zA-Z0-9_.-]{1,64}")
_OTHERS = re.compile(r"[^a-zA-Z0-9_.-]+")
_MAX_KEPT = 54
_DIGEST = 8
_MAX_DEPTH = 60
_SCHEMAS = frozenset({"items", "additionalProperties", "not", "contains"})
_LISTS_OF_SCHEMAS = frozenset({"anyOf", "oneOf", "allOf", "prefixItems"})
_MAPS_OF_SCHEMAS = frozenset({"properties", "$defs", "definitions", "patternProperties"})
_VALUES = frozenset({"const", "default", "enum"})
"""Fields in which null is a value."""


def strict_schema(parameters: Mapping[str, Json] | None) -> dict[str, Json]:
    """Return the schema of a tool's arguments, complete at every level."""
    strict: dict[str, Json] = _strict({**(parameters or {}), "type": "object"}, 0)
    return strict


def argument_names(tools: Iterable[PromptMessageTool]) -> Mapping[str, Mapping[str, str]]:
    """Return sent argument names by tool and Dify's name, where different."""
    found = {tool.name: _renamed_in(tool.parameters, 0) for tool in tools}
    return {tool: names for tool, names in found.items() if names}


def renamed_arguments(arguments: str, names: Mapping[str, str]) -> str:
    """Return a call's arguments (JSON) with names replaced; invalid JSON is unchanged."""
    if not names:
        return arguments
    try:
        return json.dumps(_renamed(json.loads(arguments), names, 0), allow_nan=False)
    except (ValueError, RecursionError):
        return arguments


def _strict(schema: Json, depth: int) -> Json:
    if not isinstance(schema, dict) or depth > _MAX_DEPTH:
        # The schema `true` accepts any value.
        return {}
    strict = {n: value for n, value in schema.items() if value is not None or n in _VALUES}
    if isinstance(ref := strict.get("$ref"), str):
        strict["$ref"] = _renamed_reference(ref)
    kind = strict.get("type")
    kinds = kind if isinstance(kind, list) else [kind]
    if "object" in kinds and not isinstance(strict.get("properties"), dict):
        strict["properties"] = {}
    if "array" in kinds:
        strict.setdefault("items", {})
    for name, value in strict.items():
        if name in _SCHEMAS and (isinstance(value, dict) or name == "items"):
            inner = (
                [_strict(each, depth + 1) for each in value] if isinstance(value, list) else None
            )
            strict[name] = _strict(value, depth + 1) if inner is None else inner
        elif name in _LISTS_OF_SCHEMAS and isinstance(value, list):
            strict[name] = [_strict(each, depth + 1) for each in value]
        elif name in _MAPS_OF_SCHEMAS and isinstance(value, dict):
            strict[name] = {_key(name, key): _strict(v, depth + 1) for key, v in value.items()}
    _set_required(strict)
    return strict


def _set_required(strict: dict[str, Json]) -> None:
    """Replace required names with sent names; drop undeclared names, which Gemini rejects."""
    required = strict.get("required")
    if not isinstance(required, list):
        strict.pop("required", None)
        return
    names = [_sent(name) for name in required if isinstance(name, str)]
    declared = strict.get("properties")
    strict["required"] = names if declared is None else [n for n in names if n in declared]


def _key(map_name: str, key: str) -> str:
    return _sent(key) if map_name == "properties" else key


def _renamed_reference(reference: str) -> str:
    """Return a reference with the sent names of properties.

    It is a JSON pointer in a URI fragment (https://www.rfc-editor.org/rfc/rfc6901#section-6).
    """
    steps = reference.split("/")
    for place, (map_name, step) in enumerate(pairwise(steps), 1):
        if map_name == "properties":
            key = unquote(step).replace("~1", "/").replace("~0", "~")
            steps[place] = _sent(key) if _sent(key) != key else step
    return "/".join(steps)


def _renamed_in(schema: Json, depth: int) -> dict[str, str]:
    """Return the sent names of properties that `_strict` renames."""
    names: dict[str, str] = {}
    if not isinstance(schema, dict) or depth > _MAX_DEPTH:
        return names
    for name, value in schema.items():
        inner: list[Json] = []
        if name in _MAPS_OF_SCHEMAS and isinstance(value, dict):
            inner = list(value.values())
            names.update({k: _sent(k) for k in value if _key(name, k) != k})
        elif name in _LISTS_OF_SCHEMAS | _SCHEMAS:
            inner = value if isinstance(value, list) else [value]
        for each in inner:
            names |= _renamed_in(each, depth + 1)
    return names


def _sent(name: str) -> str:
    """Return a valid name to send; stable, and different for different names."""
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
