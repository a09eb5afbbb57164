"""Convert Dify's two parameters for structured output to `response_format`, or to a prompt."""

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

    Dify sends the schema in `json_schema` as text, as the app builder typed it: inside an object
    with name and schema, or for some models bare (Dify 1.14). For a model that does not follow
    schemas, the schema is in the prompt, and the format is a JSON object if the app sets that.
    """
    asked = parameters.get("response_format")
    if schema := schema_of(parameters):
        if follows_schemas:
            return {"type": "json_schema", "json_schema": schema}
        return {"type": "json_object"} if asked == "json_object" else None
    return {"type": asked} if asked and asked != "json_schema" else None


def asks_for_json(parameters: Mapping[str, Json], extra: Mapping[str, Json]) -> bool:
    """Return whether the answer must be only JSON.

    `extra` are the extra fields of form and app: they may have the field of OpenAI, or fields of
    vLLM, Ollama and Gemini, which LiteLLM sends to the provider.
    """
    asked = parameters.get("response_format")
    if parameters.get("json_schema") or asked in _JSON_FORMATS:
        return True
    match extra.get("response_format"):
        case {"type": str(kind)}:
            return kind in _JSON_FORMATS
        case _:
            named = "json" in str(extra.get("response_mime_type")).lower()
            # Ollama accepts "json", or a schema.
            by_format = extra.get("format") == "json" or isinstance(extra.get("format"), dict)
            return named or by_format or any(extra.get(name) for name in _ALSO_ASK_FOR_JSON)


def schema_of(parameters: Mapping[str, Json]) -> dict[str, Json] | None:
    """Return `{"name", "schema", …}` if the request has a schema, else None.

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


def with_schema_in_prompt(
    messages: Sequence[wire.Message], schema: Mapping[str, Json]
) -> list[wire.Message]:
    """Return the messages with the schema appended to the instructions."""
    words = (
        "Answer with one JSON object and nothing else. It must follow this JSON schema:\n"
        f"{json.dumps(schema['schema'], ensure_ascii=False)}"
    )
    match list(messages):
        case [{"role": "system", "content": str(text)}, *others]:
            return [{"role": "system", "content": f"{text}\n\n{words}"}, *others]
        case all_of_them:
            return [{"role": "system", "content": words}, *all_of_them]
