"""Names of tools in a model's calls, as servers pass them on."""

import pytest

from translation.request.tool_names import called_name

DECLARED = {"get_weather", "search", "commentary-2"}


@pytest.mark.parametrize(
    "name",
    [
        "get_weather",
        "get_weather<|channel|>commentary",
        "get_weather <|constrain|>json",
        "<|channel|>commentary to=functions.get_weather",
        "get_weather\n",
        " get_weather",
        "functions.get_weather",
        "functions.get_weather:0",
        "default_api.get_weather",
        "tool:get_weather",
        "functions/get_weather",
        "get_weather()",
        '"get_weather"',
        "<function=get_weather>",
    ],
)
def test_what_stands_around_a_declared_name_goes(name: str) -> None:
    assert called_name(name, DECLARED) == "get_weather"


@pytest.mark.parametrize(
    "name",
    [
        "get_weather_v2",
        "get-weather",
        "weather",
        "search get_weather",
        "GET_WEATHER",
        "",
        "x" * 400 + " search",
    ],
)
def test_another_name_stays(name: str) -> None:
    assert called_name(name, DECLARED) == name


def test_a_declared_name_stays_whatever_stands_in_it() -> None:
    assert called_name("functions.get_weather", {"functions.get_weather", "get_weather"}) == (
        "functions.get_weather"
    )
