import pytest

from translation.form.labels import LABELS
from translation.form.reader import SettingsError
from translation.form.settings import Mode, Override, parse_settings

URL = {"base_url": "http://h:4000"}


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("http://h:4000", "http://h:4000"),
        ("http://h:4000/", "http://h:4000"),
        ("http://h:4000/v1", "http://h:4000"),
        (" http://h:4000/v1/ ", "http://h:4000"),
        ("https://gw.example/llm/v1", "https://gw.example/llm"),
        ("https://gw.example/api/v3", "https://gw.example/api/v3"),
        ("https://gw.example/v1/v1", "https://gw.example/v1"),
        ("http://[::1]:4000", "http://[::1]:4000"),
    ],
)
def test_f11_f12_url_forms_meet_at_one_address(typed: str, meant: str) -> None:
    assert parse_settings("m", {"base_url": typed}).proxy.base_url == meant


@pytest.mark.parametrize(
    ("variable", "value", "says"),
    [
        ("base_url", "", "Base URL is missing"),
        ("base_url", "localhost:4000", "such as http://litellm:4000"),
        ("base_url", "ftp://h", "must be a URL"),
        ("base_url", "http://", "must be a URL"),
        ("base_url", "http://h:port", "must be a URL"),
        ("base_url", "http://u:p@h", "without a password"),
        ("base_url", "http://h?key=1", "plain URL"),
        ("context_size", "128k", 'whole number of tokens, such as 128000, not "128k"'),
        ("context_size", "-1", "whole number"),
        ("context_size", "0", "whole number"),
        ("context_size", "1_000", "whole number"),
        ("context_size", "９", "whole number"),
        ("context_size", "9" * 30, "whole number"),
        ("max_tokens", "4.5", "such as 4096"),
        ("max_chunks", "many", "texts per request"),
        ("dimensions", "x", "numbers per vector"),
        ("timeout", "soon", "seconds from 1 to 600"),
        ("timeout", "99999", "seconds from 1 to 600"),
        ("max_chunks", "99999", "texts per request"),
        ("context_size", "0" * 11 + "1999999999", "a text of 21 characters"),
        ("context_size", "9" * 5000, "whole number"),
        ("display_name", "x" * 300, "at most 255 characters, not 300"),
        ("base_url", "sk-a-key-in-the-wrong-field", "a text of 27 characters"),
        ("base_url", "http://h/\ud800", "must be a URL"),
        ("extra_headers", "[" * 100_000, "must be a JSON object"),
        ("vision", "true", "one of auto, yes, no"),
        ("mode", "fast", "one of auto, chat, completion"),
        ("settings", "all", "one of automatic, custom"),
        ("api_key", "sk-1\nsk-2", "cannot be sent"),
        ("api_key", "clé", "cannot be sent"),
        ("extra_headers", "x-team: search", "must be a JSON object"),
        ("extra_headers", "[1]", "must be a JSON object"),
        ("extra_headers", '{"x-n": 1}', "must be a JSON object"),
        ("extra_headers", '{"x-team": "Müller"}', "ASCII"),
        ("extra_headers", '{"x team": "a"}', "ASCII"),
        ("extra_headers", '{"Host": "a"}', "cannot set Host"),
    ],
)
def test_a_malformed_value_names_its_field_and_the_right_form(
    variable: str, value: str, says: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        parse_settings("m", {**URL, "settings": "custom", variable: value})
    assert str(caught.value).startswith(LABELS[variable])
    assert says in str(caught.value)


def test_a_malformed_secret_is_not_repeated() -> None:
    for variable in ("api_key", "extra_headers"):
        with pytest.raises(SettingsError) as caught:
            parse_settings("m", {**URL, "settings": "custom", variable: "hidden\n\x00secret"})
        assert "secret" not in str(caught.value)


def test_absent_and_blank_mean_ask_the_proxy() -> None:
    for value in ({}, {"context_size": "", "max_tokens": " ", "vision": "", "mode": ""}):
        settings = parse_settings("m", {**URL, **value})
        assert (settings.context_size, settings.max_tokens) == (None, None)
        assert (settings.vision, settings.mode) == (Override.AUTO, Mode.AUTO)
        assert settings.proxy.api_key is None
        assert (settings.model, settings.label) == ("m", "m")


def test_custom_fields_count_only_in_the_custom_group() -> None:
    custom = {
        **URL,
        "proxy_model_name": "team/m",
        "display_name": "My model",
        "function_calling": "yes",
        "structured_output": "no",
        "max_chunks": "8",
        "dimensions": "256",
        "timeout": "2.5",
        "extra_headers": '{"x-team": "search"}',
    }
    hidden = parse_settings("m", {**custom, "settings": "automatic"})
    assert hidden == parse_settings("m", URL)
    shown = parse_settings("m", {**custom, "settings": "custom"})
    assert (shown.model, shown.label) == ("team/m", "My model")
    assert (shown.function_calling, shown.structured_output) == (Override.YES, Override.NO)
    assert (shown.max_chunks, shown.dimensions) == (8, 256)
    assert shown.proxy.timeout == 2.5
    assert shown.proxy.extra_headers == (("x-team", "search"),)


def test_cache_keys_differ_by_url_key_and_headers() -> None:
    forms = [
        URL,
        {**URL, "api_key": "a"},
        {**URL, "api_key": "b"},
        {"base_url": "http://other"},
        {**URL, "settings": "custom", "extra_headers": '{"x": "y"}'},
    ]
    keys = {parse_settings("m", form).proxy.cache_key for form in forms}
    assert len(keys) == len(forms)
