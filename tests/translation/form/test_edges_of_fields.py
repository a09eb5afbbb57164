"""The first and the last value that a field takes, and the sentence for the next one."""

import json
from decimal import Decimal
from pathlib import Path

import pytest

from translation.form.base_url import base_url
from translation.form.reader import FormReader, SettingsError
from translation.form.settings import InputType

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
