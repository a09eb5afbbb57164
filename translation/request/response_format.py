"""Dify's two parameters for structured output → the proxy's one, or words in the prompt."""

import json
from collections.abc import Mapping, Sequence

from litellm_proxy.wire import chat as wire
from litellm_proxy.wire.reading import Json
from translation.errors.request_error import RequestError

_JSON_FORMATS = frozenset({"json_object", "json_schema"})
_ALSO_ASK_FOR_JSON = ("guided_json", "response_schema")
PARAMETERS = frozenset({"response_format", "json_schema"})


def response_format(parameters: Mapping[str, Json], *, follows_schemas: bool) -> Json:
    """Return the `response_format` to send, or None.

    Dify sends the schema in `json_schema` as text: wrapped in name and schema, for some models
    bare, and as an app builder typed it (Dify 1.14). A model that does not follow
    schemas is asked for a JSON object, and finds the schema in its prompt.
    """
    asked = parameters.get("response_format")
    if schema := schema_of(parameters):
        if follows_schemas:
            return {"type": "json_schema", "json_schema": schema}
        return {"type": "json_object"} if asked == "json_object" else None
    return {"type": asked} if asked and asked != "json_schema" else None


def asks_for_json(parameters: Mapping[str, Json], extra: Mapping[str, Json]) -> bool:
    """Return whether the answer is to be JSON, to which nothing may be added.

    `extra` are the further fields of the request: an app or a form can ask there, in the words of
    OpenAI, or in those of vLLM, Ollama and Gemini, which LiteLLM passes on.
    """
    asked = parameters.get("response_format")
    if parameters.get("json_schema") or asked in _JSON_FORMATS:
        return True
    match extra.get("response_format"):
        case {"type": str(kind)}:
            return kind in _JSON_FORMATS
        case _:
            named = "json" in str(extra.get("response_mime_type")).lower()
            # Ollama takes "json", or a schema.
            by_format = extra.get("format") == "json" or isinstance(extra.get("format"), dict)
            return named or by_format or any(extra.get(name) for name in _ALSO_ASK_FOR_JSON)


def schema_of(parameters: Mapping[str, Json]) -> dict[str, Json] | None:
    """Return `{"name", "schema", …}` if the answer is to follow a schema.

    Raises RequestError for a schema that is not a JSON object.
    """
    text = parameters.get("json_schema")
    if not text or parameters.get("response_format") not in (
        None,
        "",
        "json_schema",
        "json_object",
    ):
        return None
    try:
        parsed = json.loads(text)
    except (TypeError, ValueError, RecursionError):
        parsed = None
    match parsed:
        case {"schema": dict()}:
            return {"name": "response", **parsed}
        case dict():
            return {"name": "response", "schema": parsed}
        case _:
            message = 'JSON Schema must be a JSON object such as {"type": "object", …}.'
            raise RequestError(message)


def with_schema_in_words(
    messages: Sequence[wire.Message], schema: Mapping[str, Json]
) -> list[wire.Message]:
    """Return the messages with the schema at the end of the instructions."""
    words = (
        "Answer with one JSON object and nothing else. It must follow this JSON schema:\n"
        f"{json.dumps(schema['schema'], ensure_ascii=False)}"
    )
    match list(messages):
        case [{"role": "system", "content": str(text)}, *others]:
            return [{"role": "system", "content": f"{text}\n\n{words}"}, *others]
        case all_of_them:
            return [{"role": "system", "content": words}, *all_of_them]
