"""Field cases of forms: what people paste and type."""

import time
from typing import Any

import pytest

from harness.upstream import Pause, Reply, Upstream, json_reply
from tests.field.asking import direct, saved
from tests.support.environment import Environment
from translation.form.reader import SettingsError
from translation.form.settings import Settings, parse_settings


def settings(**form: str) -> Settings:
    return parse_settings("m", {"base_url": "http://h:4000", "settings": "custom", **form})


@pytest.mark.parametrize(
    "pasted",
    [
        "http://h:4000/v1/chat/completions", "http://h:4000/chat/completions", "http://h:4000/v1/embeddings",
        "http://h:4000/v1/models", "http://h:4000/docs", "http://h:4000/v1/", "http://h:4000/ui/",
        "http://h:4000/ui/?page=llm-playground", "http://h:4000/ui#x", "http://h:4000/redoc",
        "http://h:4000/openapi.json", "http://h:4000/health/liveliness", "http://h:4000/v1/rerank",
        "http://h:4000/v2/rerank", "http://h:4000/v1/audio/speech/", "http://h:4000/v1/responses",
        "http://h:4000/model/info", "http://h:4000/v1/model/info",
        '"http://h:4000"', "'http://h:4000/'", "“http://h:4000”", "`http://h:4000`", "<http://h:4000>",
        "\u200bhttp://h:4000", "\ufeffhttp://h:4000/v1", "http://h:4000\u200b", " http://h:4000 \u2060",
        "http://h:40\u200b00",
    ],
)  # fmt: skip
def test_p19_urls_as_people_paste_them(pasted: str) -> None:
    assert settings(base_url=pasted).proxy.base_url == "http://h:4000"


@pytest.mark.parametrize(
    ("pasted", "kept"),
    [
        ("https://gw/api/v3", "https://gw/api/v3"),
        ("https://gw/llm/v1/chat/completions", "https://gw/llm"),
        ("https://gw/my-models", "https://gw/my-models"),
        ("https://gw/v2", "https://gw/v2"),
        ("https://gw/uid", "https://gw/uid"),
    ],
)
def test_p19_prefixes_stay(pasted: str, kept: str) -> None:
    assert settings(base_url=pasted).proxy.base_url == kept


@pytest.mark.parametrize(
    ("pasted", "words"),
    [
        ("http:/h:4000", "lacks a slash"),
        ("https:/h", "lacks a slash"),
        ("h:4000", "such as http://litellm:4000"),
        ("http://h:4000/v1?key=1", "without a password"),
        ("http://h:4000/?x#y", "without a password"),
    ],
)
def test_p19_what_is_wrong_is_said(pasted: str, words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        settings(base_url=pasted)


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("context_size", "128\u200b000k", "ZERO WIDTH SPACE"),
        ("context_size", "12\u00ad8k", "SOFT HYPHEN"),
        ("api_key", "sk-a\u200bbc", "ZERO WIDTH SPACE"),
        ("api_key", "sk-a\nbc", "a line break"),
        ("api_key", "sk-ключ", "CYRILLIC"),
    ],
)
def test_p19_characters_that_nobody_sees_are_named(variable: str, value: str, words: str) -> None:
    with pytest.raises(SettingsError, match=words) as caught:
        settings(**{variable: value})
    assert "sk-" not in str(caught.value)


@pytest.mark.parametrize("between", ["，", ",", ", ", "、", ";", "；", "\n", "\r\n", " ; ", "،"])
def test_p58_lists_are_separated_by_what_keyboards_have(between: str) -> None:
    typed = between.join(["Kore", "Puck", "Kore", ""])
    form = settings(voices=typed, tags=typed, input_types=between.join(["audio", "document"]))
    assert form.voices == form.tags == ("Kore", "Puck")
    assert {kind.value for kind in form.input_types} == {"audio", "document"}


def test_a_slow_token_counter_does_not_keep_a_form_from_being_saved(
    env: Environment, upstream: Upstream
) -> None:
    missing: dict[str, Any] = {
        "message": "messages",
        "type": "x",
        "param": "messages",
        "code": "400",
    }
    upstream.on("/v1/chat/completions", json_reply({"error": missing}, 400))
    upstream.on("hidden", json_reply({"error": missing}, 400))
    upstream.on("/v1/models", json_reply({"data": [{"id": "another"}]}))
    slow = Reply([Pause(25), b"{}"])
    started = time.perf_counter()

    class Slow(Upstream):
        def reply_to(self, asked: Any) -> Reply:
            return slow if asked.path == "/utils/token_counter" else upstream.reply_to(asked)

    with Slow() as proxy:
        assert saved(env, "hidden", direct(proxy))["base_url"] == proxy.url
    assert time.perf_counter() - started < 15
