"""What can be saved, what cannot, and what of a request each part of the form and of Dify decides."""

import json
import time
from typing import Any

import pytest

from admin.catalogue.choices import Choices, ModelKind
from admin.catalogue.difference import changes
from admin.catalogue.selection import select
from admin.proxy_models import ProxyModels
from harness.plugin_process import PluginError
from harness.upstream import Upstream, json_reply
from litellm_proxy.wire.error_body import read_error_body
from litellm_proxy.wire.error_text import first_sentence
from litellm_proxy.wire.model_facts import NOTHING_KNOWN, ModelFacts
from tests.field.asking import call, chat, direct, refusal, saved, tool, tool_turn
from tests.support import openai_format as openai
from tests.support.environment import MASTER_KEY, Environment
from translation.facts.discovery import LISTING, Discovery
from translation.facts.model_view import ModelView
from translation.form.settings import parse_settings
from translation.request.prompt_caching import with_breakpoints
from translation.request.speech import speakable_parts
from translation.validation.form_problem import LLM, Findings, can_use, form_problem_of

MISSING = {"error": {"message": "Missing", "type": None, "param": "messages", "code": "400"}}


def not_saved(env: Environment, model: str, form: dict[str, str], kind: str = "llm") -> str:
    with pytest.raises(PluginError) as caught:
        saved(env, model, form, kind)
    message: str = caught.value.message
    return message


def test_a_bare_name_behind_a_providers_wildcard_is_saved(env: Environment) -> None:
    form = {"base_url": env.proxy_url, "api_key": MASTER_KEY}
    saved(env, "gpt-4o", form)
    assert "does not know" in not_saved(env, "claude-sonnet-4-5", form)


@pytest.mark.parametrize(
    ("model", "names", "usable"),
    [
        ("gpt-4o", ["openai/*", "openai/gpt-4o"], True),
        ("gpt-4o", ["openai/*"], False),
        ("openai/new", ["openai/*"], True),
        ("a[1]", ["a[1]"], True),
        ("gpt-4o", ["openai/gpt-4o"], False),
    ],
)
def test_what_a_key_can_use(model: str, names: list[str], usable: bool) -> None:  # noqa: FBT001
    assert can_use(model, names) is usable


@pytest.mark.parametrize("mode", ["realtime", "video_generation", "ocr"])
def test_a_model_that_dify_has_no_place_for_is_not_saved(
    env: Environment, upstream: Upstream, mode: str
) -> None:
    upstream.on("m", json_reply(MISSING, 400))
    row = {"model_name": "m", "model_info": {"mode": mode}}
    upstream.on("/v1/model/info", json_reply({"data": [row]}))
    upstream.on("/v1/models", json_reply({"data": [{"id": "m"}]}))
    message = not_saved(env, "m", direct(upstream))
    assert message.startswith('"m" is a')
    assert f"(mode {mode}), which Dify cannot use: choose another model." in message


@pytest.mark.parametrize(
    "extra", ['{"n": 2}', '{"timeout": 5}', '{"metadata": "x"}', '{"tags": "x"}']
)
def test_extra_fields_that_every_call_refuses_are_not_saved(env: Environment, extra: str) -> None:
    form = {**env.credentials, "settings": "custom", "extra_body": extra}
    assert not_saved(env, "described", form).startswith("Extra Fields")


def test_an_end_user_that_is_not_told_where_it_is_enforced_is_not_saved(env: Environment) -> None:
    form = {
        **env.credentials,
        "api_key": "sk-enforces-user",
        "settings": "custom",
        "end_user": "off",
    }
    assert "change End User" in not_saved(env, "described", form)
    saved(env, "described", {**form, "end_user": "hashed"})


def seconds(work: Any) -> float:
    """Return the processor time of some work; the least of three."""

    def once() -> float:
        started = time.thread_time()
        work()
        return time.thread_time() - started

    return min(once() for _ in range(3))


def test_many_names_and_hostile_pages_do_not_hold_others_up() -> None:
    names = [f"provider-{n % 7}/model-{n}-instruct-{'x' * (n % 30)}" for n in range(5000)]
    findings = Findings(
        None, names, NOTHING_KNOWN, in_a_list=False, resolves=False, is_litellm=True
    )
    few = Findings(
        None, names[:50], NOTHING_KNOWN, in_a_list=False, resolves=False, is_litellm=True
    )
    work = seconds(lambda: form_problem_of("provider-3/model-77-instruct", LLM, findings))
    # A hundred times the names; comparing each as difflib does took a hundred times as long.
    assert (
        work
        < 30 * seconds(lambda: form_problem_of("provider-3/model-77-instruct", LLM, few)) + 0.02
    )
    plain = seconds(lambda: read_error_body(b"word " * 13_000)) + seconds(
        lambda: first_sentence("word " * 13_000)
    )
    for hostile in (b"<script>" * 8000, b"<!--" * 16_000, b"<title" * 10_000, b"<" * 64_000,
                    b"<html>" + b"<!-- " * 9000, b"{" * 64_000, b'{"a":' * 12_000):  # fmt: skip
        text = hostile.decode()
        took = seconds(lambda: read_error_body(hostile)) + seconds(lambda: first_sentence(text))  # noqa: B023
        assert took < 20 * plain + 0.1, hostile[:20]


def test_a_schema_for_a_model_without_schemas_is_in_its_prompt(
    env: Environment, upstream: Upstream
) -> None:
    upstream.on("m", openai.text_stream("{}"))
    parameters = {"response_format": "json_schema", "json_schema": '{"type": "object"}'}
    text, _ = chat(env, "m", direct(upstream), model_parameters=parameters)
    assert text == "{}"
    asked = upstream.asked_for("m")[-1]
    assert "response_format" not in asked
    assert '{"type": "object"}' in asked["messages"][0]["content"]


def test_sources_are_not_listed_below_json_that_extra_fields_ask_for(
    env: Environment, upstream: Upstream
) -> None:
    cited = openai.stream(
        openai.delta(
            content="{}",
            annotations=[{"type": "url_citation", "url_citation": {"url": "https://a"}}],
        ),
        openai.delta(finish_reason="stop"),
    )
    upstream.on("m", cited)
    form = direct(upstream, citations="append")
    assert "https://a" in chat(env, "m", form)[0]
    extra = json.dumps({"response_format": {"type": "json_object"}})
    assert chat(env, "m", form, model_parameters={"extra_body": extra})[0] == "{}"
    assert chat(env, "m", {**form, "extra_body": extra})[0] == "{}"


def test_a_document_by_url_is_no_file_id_for_claude(env: Environment, upstream: Upstream) -> None:
    """With a format LiteLLM 1.106 makes an id of the URL for Claude."""
    upstream.on("m", openai.text_stream("A document."))
    part = {
        "type": "document",
        "format": "pdf",
        "url": "https://h/a.pdf",
        "mime_type": "application/pdf",
    }
    message = {"role": "user", "content": [part]}
    chat(env, "m", direct(upstream, input_types="document"), message)
    (sent,) = upstream.asked_for("m")[-1]["messages"][0]["content"]
    assert sent == {"type": "file", "file": {"file_id": "https://h/a.pdf"}}


def test_only_providers_that_have_to_be_asked_are_asked_to_cache() -> None:
    form = parse_settings(
        "m", {"base_url": "http://h", "settings": "custom", "prompt_caching": "auto"}
    )
    assert not ModelView(form, ModelFacts(prompt_caching=True)).caches_prompts
    assert ModelView(form, ModelFacts(prompt_caching=True, cache_write_price=0.1)).caches_prompts  # type: ignore[arg-type]


def test_the_growing_end_of_an_agents_loop_is_cached() -> None:
    messages: list[Any] = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Weather?"},
        {"role": "assistant", "content": "", "tool_calls": []},
        {"role": "tool", "content": "A long result.", "tool_call_id": "c"},
    ]
    marked = ["cache_control" in json.dumps(message) for message in with_breakpoints(messages)]
    assert marked == [True, True, False, True]
    assert "cache_control" not in json.dumps(messages)


def test_the_marked_result_of_a_tool_passes_the_real_proxy(env: Environment) -> None:
    form = {**env.credentials, "settings": "custom", "prompt_caching": "auto"}
    env.upstream.on("described", openai.text_stream("Sunny."))
    turns = [{"role": "user", "content": "Weather?"}, *tool_turn("call_1")]
    assert chat(env, "described", form, *turns, tools=[tool()])[0] == "Sunny."
    sent = env.upstream.asked_for("described")[-1]["messages"][-1]
    assert "Sunny" in json.dumps(sent["content"])


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("One two. Three four.", ["One two.", " Three four."]),
        ("one two three four", ["one two ", "three four"]),
        ("one, two three four", ["one,", " two three ", "four"]),
        ("It is 3.5 times", ["It is 3.5 ", "times"]),
        ("一二三。四五六七八九十一二", ["一二三。", "四五六七八九十一二"]),
        ("x" * 25, ["x" * 12, "x" * 12, "x"]),
        ("short", ["short"]),
    ],
)
def test_speech_is_split_where_it_is_heard_least(text: str, parts: list[str]) -> None:
    assert speakable_parts(text, 12) == parts
    assert "".join(parts) == text


def _proxy(**modes: str | None) -> ProxyModels:
    found = {name: Discovery({LISTING: ModelFacts(mode=mode)}) for name, mode in modes.items()}
    return ProxyModels(found, (), {}, {}, {})


def test_modes_of_a_catalogue_count_kinds_where_the_mode_is_unknown() -> None:
    proxy = _proxy(known="chat", unknown=None, ranker=None, embedder="embedding")
    choices = Choices(modes=("chat",), kinds={"ranker": ModelKind.RERANK})
    assert [model.name for model in select(proxy, choices).models] == ["known", "unknown"]
    choices = Choices(modes=("rerank", "embedding"), kinds={"ranker": ModelKind.RERANK})
    assert [model.name for model in select(proxy, choices).models] == ["embedder", "ranker"]


def test_the_limit_of_a_catalogue_cuts_and_says_what() -> None:
    selection = select(_proxy(c="chat", a="chat", b="chat"), Choices(limit=2))
    assert [model.name for model in selection.models] == ["a", "b"]
    assert selection.left_out == {"c": "beyond the limit of 2"}


def test_names_with_brackets_are_names() -> None:
    proxy = ProxyModels({"m[1]": Discovery({LISTING: ModelFacts(mode="chat")})}, (), {}, {}, {})
    assert [model.name for model in select(proxy, Choices(include=("m[1]",))).models] == ["m[1]"]


def test_a_model_that_a_key_does_not_see_is_not_called_gone() -> None:
    (change,) = changes({("llm", "m"): {}}, {})
    assert change.what == "not listed for this key any more"


def test_the_key_of_a_refusal_is_the_name_on_the_page(env: Environment, upstream: Upstream) -> None:
    assert "max_chunks" not in str(refusal(env, "m", {"base_url": "x"}).message)
    with pytest.raises(PluginError) as caught:
        call(env, "invoke_llm", "m", direct(upstream), prompt_messages=[{"role": "user", "content": "a"}],
             model_parameters={"json_schema": "x"}, tools=None, stop=None, stream=True)  # fmt: skip
    assert caught.value.message.startswith("JSON Schema must be")
