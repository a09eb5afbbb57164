"""Which key a call goes out with; the others stay secrets."""

import pytest

from translation.form.settings import parse_settings
from translation.request.app_key import UnknownKeyError, with_key_of_the_app

SETTINGS = parse_settings(
    "m",
    {
        "base_url": "http://h",
        "api_key": "sk-own-key",
        "settings": "custom",
        "keys": '{"team": "sk-team-key", "app-1": "sk-app-key"}',
    },
)


@pytest.mark.parametrize(
    ("parameters", "app_id", "key"),
    [
        ({}, None, "sk-own-key"),
        ({"key": ""}, None, "sk-own-key"),
        ({}, "app-2", "sk-own-key"),
        ({}, "app-1", "sk-app-key"),
        ({"key": "team"}, None, "sk-team-key"),
        ({"key": " team "}, "app-1", "sk-team-key"),
    ],
)
def test_the_key_of_a_call(parameters: dict[str, str], app_id: str | None, key: str) -> None:
    proxy = with_key_of_the_app(SETTINGS, parameters, app_id).proxy
    assert proxy.api_key == key
    assert {"sk-own-key", "sk-team-key", "sk-app-key"} <= set(proxy.secrets)


@pytest.mark.parametrize("name", ["sales", "TEAM", "{{#sys.app_id#}}", "a {{x}}"])
def test_a_name_that_is_none_is_an_error(name: str) -> None:
    with pytest.raises(UnknownKeyError) as caught:
        with_key_of_the_app(SETTINGS, {"key": name}, "app-1")
    assert caught.value.name == name
    assert name not in str(caught.value)
