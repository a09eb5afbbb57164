"""Schemas of tools as strict providers take them."""

import pytest

from translation.request.tool_schemas import strict_schema


@pytest.mark.parametrize("step", ["city name", "city%20name"])
def test_a_reference_follows_the_property_to_its_new_name(step: str) -> None:
    schema = strict_schema(
        {
            "properties": {
                "city name": {"type": "string"},
                "same": {"$ref": f"#/properties/{step}"},
                "deep": {"$ref": "#/$defs/a~1b/properties/plain"},
                "elsewhere": {"$ref": "https://example.com/properties"},
            },
            "$defs": {"a/b": {"properties": {"plain": {"type": "string"}}}},
        }
    )
    properties = schema["properties"]
    renamed, same, deep, elsewhere = properties
    assert renamed != "city name"
    assert properties[same]["$ref"] == f"#/properties/{renamed}"
    assert properties[deep]["$ref"] == "#/$defs/a~1b/properties/plain"
    assert properties[elsewhere]["$ref"] == "https://example.com/properties"
