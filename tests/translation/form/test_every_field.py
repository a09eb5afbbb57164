"""One field of the form, one setting: each alone, with *Custom* and without."""

import dataclasses
from decimal import Decimal
from typing import Any

import pytest

from litellm_proxy.settings import DEFAULT_TIMEOUT_SECONDS, ProxySettings, TLSSettings
from tests.test_form import FIELDS
from translation.form.settings import (
    AudioFormat,
    EndUser,
    InputType,
    Mode,
    Normalisation,
    Override,
    Settings,
    parse_settings,
)

URL = "http://litellm:4000"
OF_ALL: dict[str, tuple[str, dict[str, Any]]] = {
    "mode": ("completion", {"mode": Mode.COMPLETION}),
    "context_size": ("128000", {"context_size": 128000}),
    "max_tokens": ("4096", {"max_tokens": 4096}),
    "vision": ("yes", {"vision": Override.YES}),
}
OF_CUSTOM: dict[str, tuple[str, dict[str, Any]]] = {
    "display_name": ("Ours", {"label": "Ours"}),
    "proxy_model_name": ("backend", {"model": "backend"}),
    "function_calling": ("no", {"function_calling": Override.NO}),
    "structured_output": ("yes", {"structured_output": Override.YES}),
    "reasoning": ("yes", {"reasoning": Override.YES}),
    "show_reasoning": ("no", {"show_reasoning": False}),
    "input_types": ("audio", {"input_types": frozenset({InputType.AUDIO})}),
    "max_chunks": ("7", {"max_chunks": 7}),
    "dimensions": ("1024", {"dimensions": 1024}),
    "long_texts": ("cut", {"cut_long_texts": True}),
    "score_normalization": ("min-max", {"score_normalisation": Normalisation.MIN_MAX}),
    "voices": ("a, b", {"voices": ("a", "b")}),
    "audio_format": ("wav", {"audio_format": AudioFormat.WAV}),
    "input_price": (
        "2.50 / 10",
        {"input_price": Decimal("0.0000025"), "output_price": Decimal("0.00001")},
    ),
    "citations": ("append", {"append_sources": True}),
    "prompt_caching": ("auto", {"cache_prompts": True}),
    "drop_params": ("yes", {"drop_params": True}),
    "extra_body": ('{"a": 1}', {"extra_body": {"a": 1}}),
    "end_user": ("hashed", {"end_user": EndUser.HASHED}),
    "tags": ("a, -dify-app", {"tags": ("a",), "tag_of_the_app": False}),
}
OF_PROXY: dict[str, tuple[str, dict[str, Any]]] = {
    "timeout": ("30", {"timeout": 30.0, "sends_timeout": True}),
    "extra_headers": ('{"x-a": "b"}', {"extra_headers": (("x-a", "b"),)}),
    "tls_verify": ("no", {"tls": TLSSettings(verify=False)}),
}
PLAIN = Settings(
    proxy=ProxySettings(base_url=URL, timeout=DEFAULT_TIMEOUT_SECONDS), model="m", label="m"
)


def form(**values: str) -> dict[str, str]:
    return {"base_url": URL, **values}


def test_every_field_of_the_form_is_here() -> None:
    told = {"base_url", "api_key", "settings", "keys", "ca_certificate"}
    here = OF_ALL.keys() | OF_CUSTOM.keys() | OF_PROXY.keys()
    assert {field["variable"] for field in FIELDS} == here | told


def test_a_form_with_nothing_but_its_url_is_all_defaults() -> None:
    assert parse_settings("m", form()) == PLAIN
    assert parse_settings("m", form(settings="custom")) == PLAIN


@pytest.mark.parametrize("variable", OF_ALL)
def test_a_field_of_every_form(variable: str) -> None:
    value, changed = OF_ALL[variable]
    assert parse_settings("m", form(**{variable: value})) == dataclasses.replace(PLAIN, **changed)


@pytest.mark.parametrize("variable", OF_CUSTOM)
def test_a_field_that_counts_with_custom_alone(variable: str) -> None:
    value, changed = OF_CUSTOM[variable]
    told = form(settings="custom", **{variable: value})
    assert parse_settings("m", told) == dataclasses.replace(PLAIN, **changed)
    assert parse_settings("m", form(**{variable: value})) == PLAIN


@pytest.mark.parametrize("variable", OF_PROXY)
def test_a_field_about_the_proxy_that_counts_with_custom_alone(variable: str) -> None:
    value, changed = OF_PROXY[variable]
    proxy = dataclasses.replace(PLAIN.proxy, **changed)
    told = parse_settings("m", form(settings="custom", **{variable: value}))
    assert told == dataclasses.replace(PLAIN, proxy=proxy)
    assert parse_settings("m", form(**{variable: value})) == PLAIN


def test_the_key_and_further_keys() -> None:
    told = parse_settings(
        "m", form(settings="custom", api_key=" Bearer sk-own ", keys='{" a ": "Bearer sk-a"}')
    )
    assert told.proxy.api_key == "sk-own"
    assert told.keys == (("a", "sk-a"),)
    assert told.proxy.other_secrets == ("sk-a",)
    assert parse_settings("m", form(keys='{"a": "sk-a"}')).keys == ()


@pytest.mark.parametrize(
    ("told", "prices"),
    [
        ("2.50", ("0.0000025", None)),
        ("2.50/10", ("0.0000025", "0.00001")),
        (" / 10", (None, "0.00001")),
        ("0 / 0", ("0", "0")),
    ],
)
def test_prices(told: str, prices: tuple[str | None, str | None]) -> None:
    found = parse_settings("m", form(settings="custom", input_price=told))
    wanted = [None if price is None else Decimal(price) for price in prices]
    assert found.input_price == wanted[0]
    # A field of an older form fills in what is left out.
    assert found.output_price == wanted[1]


@pytest.mark.parametrize("told", ["", "auto"])
def test_an_automatic_audio_format_leaves_wav_as_a_way_out(told: str) -> None:
    assert parse_settings("m", form(settings="custom", audio_format=told)).audio_format is None
