"""Dify's two parameters for structured output, and whether an answer is to be JSON."""

import json
from typing import Any

import pytest

from translation.errors.request_error import RequestError
from translation.request.response_format import (
    asks_for_json,
    response_format,
    schema_of,
    with_schema_in_prompt,
)

SCHEMA = {"type": "object", "properties": {"a": {"type": "integer"}}}
BARE = json.dumps(SCHEMA)
WRAPPED = json.dumps({"name": "mine", "schema": SCHEMA, "strict": True})


@pytest.mark.parametrize(
    ("parameters", "follows", "sent"),
    [
        ({}, True, None),
        ({"response_format": ""}, True, None),
        ({"response_format": "text"}, True, {"type": "text"}),
        ({"response_format": "json_object"}, False, {"type": "json_object"}),
        ({"response_format": "json_schema"}, True, None),
        ({"json_schema": BARE}, True,
         {"type": "json_schema", "json_schema": {"name": "response", "schema": SCHEMA}}),
        ({"json_schema": WRAPPED, "response_format": "json_schema"}, True,
         {"type": "json_schema", "json_schema": {"name": "mine", "schema": SCHEMA, "strict": True}}),
        ({"json_schema": BARE}, False, None),
        ({"json_schema": BARE, "response_format": "json_schema"}, False, None),
        ({"json_schema": BARE, "response_format": "json_object"}, False, {"type": "json_object"}),
        ({"json_schema": BARE, "response_format": "json_object"}, True,
         {"type": "json_schema", "json_schema": {"name": "response", "schema": SCHEMA}}),
        ({"json_schema": BARE, "response_format": "text"}, True, {"type": "text"}),
    ],
)  # fmt: skip
def test_what_is_sent(parameters: dict[str, Any], follows: bool, sent: Any) -> None:  # noqa: FBT001
    assert response_format(parameters, follows_schemas=follows) == sent


@pytest.mark.parametrize("text", ["no json", "[]", "1", '"a"', "{", "[" * 100_000])
def test_what_is_no_schema_is_told(text: str) -> None:
    with pytest.raises(RequestError, match=r"^JSON Schema must be a JSON object such as"):
        schema_of({"json_schema": text})


@pytest.mark.parametrize(
    ("parameters", "extra", "is_json"),
    [
        ({}, {}, False),
        ({"response_format": "text"}, {}, False),
        ({"response_format": "json_object"}, {}, True),
        ({"response_format": "json_schema"}, {}, True),
        ({"json_schema": BARE}, {}, True),
        ({}, {"response_format": {"type": "json_object"}}, True),
        ({}, {"response_format": {"type": "json_schema"}}, True),
        ({}, {"response_format": {"type": "text"}}, False),
        ({}, {"guided_json": SCHEMA}, True),
        ({}, {"format": "json"}, True),
        ({}, {"response_schema": SCHEMA}, True),
        ({}, {"response_mime_type": "application/json"}, True),
        ({}, {"guided_json": None}, False),
        ({}, {"other": 1}, False),
    ],
)  # fmt: skip
def test_whether_json_is_asked_for(
    parameters: dict[str, Any],
    extra: dict[str, Any],
    is_json: bool,  # noqa: FBT001
) -> None:
    assert asks_for_json(parameters, extra) is is_json


def test_a_schema_in_words_stands_at_the_end_of_the_instructions() -> None:
    question: Any = {"role": "user", "content": "q"}
    first, second = with_schema_in_prompt([question], {"schema": {"a": "ü"}})
    assert first["role"] == "system"
    assert str(first["content"]).startswith("Answer with one JSON object and nothing else.")
    assert str(first["content"]).endswith('JSON schema:\n{"a": "ü"}')
    assert second is question
    told: Any = {"role": "system", "content": "Be brief."}
    first, second = with_schema_in_prompt([told, question], {"schema": {}})
    assert str(first["content"]).startswith("Be brief.\n\nAnswer with one JSON object")
    assert second is question
