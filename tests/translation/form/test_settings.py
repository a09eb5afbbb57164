import json
from decimal import Decimal
from pathlib import Path

import pytest

from translation.form.base_url import base_url
from translation.form.labels import LABELS, label_of
from translation.form.reader import FormReader, SettingsError, parse_json_object, shown
from translation.form.settings import InputType, Mode, Override, parse_settings

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


PEM = (Path(__file__).parents[2] / "support/tls/certificate.txt").read_text()


def read(value: str) -> FormReader:
    return FormReader({"timeout": value, "input_price": value, "tags": value, "keys": value,
                       "input_types": value, "context_size": value, "ca_certificate": value})  # fmt: skip


@pytest.mark.parametrize("value", ["1", "1000000000"])
def test_a_number_at_its_edges(value: str) -> None:
    assert read(value).number("context_size", "tokens") == int(value)


@pytest.mark.parametrize("value", ["0", "1000000001"])
def test_a_number_beyond_its_edges(value: str) -> None:
    with pytest.raises(
        SettingsError, match=r"^Context Length must be a whole number of tokens, not"
    ):
        read(value).number("context_size", "tokens")


@pytest.mark.parametrize("value", ["1", "1.5", "600"])
def test_seconds_at_their_edges(value: str) -> None:
    assert read(value).seconds("timeout") == float(value)


@pytest.mark.parametrize("value", ["0", "0.0", "0.999", "600.1", "601"])
def test_seconds_beyond_their_edges(value: str) -> None:
    with pytest.raises(
        SettingsError, match=r"^Timeout \(Seconds\) must be seconds from 1 to 600, not"
    ):
        read(value).seconds("timeout")


@pytest.mark.parametrize("value", ["1000000", "1 / 1000000"])
def test_prices_at_their_edge(value: str) -> None:
    assert Decimal(1) in read(value).prices("input_price")


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("abc", '"abc"'),
        ("1 / x", '"x"'),
        ("1000001", '"1000001"'),
        ("-1", '"-1"'),
        ("1/2/3", '"2/3"'),
    ],
)
def test_what_is_no_price_is_shown(value: str, shown: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read(value).prices("input_price")
    assert str(caught.value) == (
        "Prices must be USD per million tokens, input / output, such as 2.50 / 10, not "
        + shown
        + "."
    )


def test_what_is_no_kind_of_input_is_shown_with_what_there_is() -> None:
    with pytest.raises(SettingsError) as caught:
        read("audio, smell").some_of("input_types", InputType)
    assert str(caught.value) == (
        "More Input Types must be some of audio, document, video, image, separated by commas, not "
        '"audio, smell".'
    )


def test_a_list_at_its_edge_and_beyond() -> None:
    assert read("x" * 2000).names("tags") == ("x" * 2000,)
    with pytest.raises(SettingsError, match=r"^Tags must have at most 2000 characters, not 2001"):
        read("x" * 2001).names("tags")


@pytest.mark.parametrize(
    ("told", "pairs"),
    [
        ({"a": "sk-1"}, (("a", "sk-1"),)),
        ({"a": " bearer sk-1 "}, (("a", "sk-1"),)),
        ({"x" * 255: "k"}, (("x" * 255, "k"),)),
        ({"a": "sk-1", "b": "sk-2"}, (("a", "sk-1"), ("b", "sk-2"))),
        ({}, ()),
    ],
)
def test_keys(told: dict[str, str], pairs: tuple[tuple[str, str], ...]) -> None:
    assert read(json.dumps(told)).keys("keys") == pairs


@pytest.mark.parametrize(
    "told", [{"": "sk-1"}, {"x" * 256: "sk-1"}, {"a": ""}, {"a": 1}, {"a": None}, {"a": {"b": "c"}},
             {"a": "sk-é"}, {"a": "Bearer "}, {" ": "sk-1"}, {"a": "sk-1", "b": ""}],
)  # fmt: skip
def test_what_are_no_keys(told: dict[str, object]) -> None:
    with pytest.raises(SettingsError) as caught:
        read(json.dumps(told)).keys("keys")
    assert str(caught.value) == (
        "Named Keys for Apps must be a JSON object of names (up to 255 characters) and LiteLLM's keys, such as "
        '{"marketing": "sk-…"}.'
    )


def test_keys_that_are_no_json_or_named_twice() -> None:
    with pytest.raises(
        SettingsError, match=r'^Named Keys for Apps must be a JSON object such as \{"marketing"'
    ):
        read("sk-1").keys("keys")
    with pytest.raises(
        SettingsError,
        match=r'^Named Keys for Apps has "b" twice: give each key a name of its own.$',
    ):
        read('{"a": "sk-1", "b": "sk-2", " b": "sk-3"}').keys("keys")


def test_certificates() -> None:
    assert "-----BEGIN CERTIFICATE-----" in read(PEM).certificates("ca_certificate")
    assert read("").certificates("ca_certificate") == ""
    with pytest.raises(SettingsError, match=r"^CA Certificate must be PEM, from -----BEGIN"):
        read("a certificate").certificates("ca_certificate")
    with pytest.raises(SettingsError, match=r"^CA Certificate must have at most 262144 characters"):
        read("x" * 262_145).certificates("ca_certificate")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("'http://h:4000'", "http://h:4000"),
        ('"http://h:4000/"', "http://h:4000"),
        ("http://h:4000/ui", "http://h:4000"),
        ("http://h:4000/ui/?page=keys", "http://h:4000"),
        ("http://h:4000/llm/ui/#top", "http://h:4000/llm"),
        ("http://h:4000/v1/chat/completions", "http://h:4000"),
        ("http://h:4000/llm/v1/chat/completions", "http://h:4000/llm"),
        ("http://h:4000//", "http://h:4000"),
    ],
)
def test_what_is_pasted_around_a_base_url(typed: str, meant: str) -> None:
    assert base_url(typed) == meant


@pytest.mark.parametrize("scheme", ["http", "https", "HTTPS"])
def test_a_slash_that_is_missing(scheme: str) -> None:
    with pytest.raises(SettingsError) as caught:
        base_url(f"{scheme}:/h:4000")
    told = str(caught.value)
    assert told.startswith(f"Base URL lacks a slash: it begins with {scheme.lower()}://, ")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("abc", '"abc"'),
        ("x" * 20, '"' + "x" * 20 + '"'),
        ("x" * 21, "a text of 21 characters"),
        ("1\u200b6", '"16", with unseen characters (ZERO WIDTH SPACE)'),
        ("\ufeff1\u200b6\u200b", '"16", with unseen characters (ZERO WIDTH NO-BREAK SPACE, ZERO WIDTH SPACE)'),
        ("1\x07", '"1", with unseen characters (U+0007)'),
        ("x" * 20 + "\u200b", "a text of 21 characters, with unseen characters (ZERO WIDTH SPACE)"),
    ],
)  # fmt: skip
def test_a_value_is_shown_unless_it_is_long(text: str, told: str) -> None:
    assert shown(text) == told


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("sk-\u2013a", "EN DASH"),
        ("sk-a\u200b", "ZERO WIDTH SPACE"),
        ("sk-~é", "LATIN SMALL LETTER E WITH ACUTE"),
        ("sk-!\x7fa", "U+007F"),
        ("sk-\x07a", "U+0007"),
        ("sk-\nab", "a line break"),
        ("sk-\r\nab", "a line break"),
        ("X\u2013a", "EN DASH"),
        ("sk a\u2013b", "EN DASH"),
        ("sk\ta\u200bb", "ZERO WIDTH SPACE"),
    ],
)
def test_the_character_that_cannot_be_sent_is_named(text: str, named: str) -> None:
    with pytest.raises(SettingsError) as caught:
        FormReader({"api_key": text}).key("api_key")
    assert str(caught.value) == (
        f"API Key holds a character that cannot be sent ({named}); paste it again."
    )


@pytest.mark.parametrize("text", ["sk-~!", "a b", "a\tb"])
def test_what_can_be_sent_passes(text: str) -> None:
    assert FormReader({"api_key": text}).header_value("api_key") == text


@pytest.mark.parametrize(("number", "value"), [("1.5", 1.5), ("-2e3", -2000.0), ("7", 7)])
def test_numbers_of_an_object_are_read(number: str, value: float) -> None:
    assert parse_json_object("extra_body", f'{{"a": {number}}}', "{}") == {"a": value}


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999"])
def test_numbers_that_no_server_reads_are_refused(number: str) -> None:
    with pytest.raises(SettingsError, match=r"^Extra Fields must be a JSON object such as \{\}\.$"):
        parse_json_object("extra_body", f'{{"a": {number}}}', "{}")


@pytest.mark.parametrize(
    ("variable", "label"),
    [("api_key", "API Key"), ("session", "Session"), ("key", "Team Key"), ("top_k", "top_k")],
)
def test_a_field_without_a_label_is_told_by_its_name(variable: str, label: str) -> None:
    assert label_of(variable) == label
