"""How often the proxy is asked, and what Dify is shown when it cannot be asked."""

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from dify_plugin.config.config import DifyPluginEnv
from dify_plugin.core.plugin_registration import PluginRegistration
from dify_plugin.entities.model import AIModelEntity, ModelFeature, ModelPropertyKey, ModelType
from dify_plugin.entities.model.message import PromptMessage, UserPromptMessage
from dify_plugin.errors.model import CredentialsValidateFailedError
from dify_plugin.interfaces.model.large_language_model import LargeLanguageModel

from harness.child import free_port
from harness.upstream import Pause, Reply, Upstream, json_reply
from litellm_proxy.wire.model_facts import NOTHING_KNOWN, ModelFacts
from models import facts_cache
from tests.support import openai_format as openai
from tests.support.raw_server import RawServer
from translation.facts.discovery import DEPLOYMENTS, LISTING
from translation.facts.model_view import DEFAULT_CONTEXT_SIZE
from translation.form.settings import parse_settings

CAPTURES = Path(__file__).parent.parent / "captures"
REGISTRATION = PluginRegistration(DifyPluginEnv())
DISCOVERY = ("/model_group/info", "/v1/model/info", "/v1/models")


def llm() -> LargeLanguageModel:
    model = REGISTRATION.get_model_instance("litellm", ModelType.LLM)
    assert isinstance(model, LargeLanguageModel)
    return model


def schema(credentials: dict[str, str]) -> AIModelEntity:
    found = llm().get_model_schema("described", credentials)
    assert found
    return found


def serve(upstream: Upstream, *, slow: float = 0) -> dict[str, str]:
    """Answer like the real proxy, from captures; return the form."""
    for path, file in zip(DISCOVERY, ("group_described", "model_info", "models"), strict=True):
        body = (CAPTURES / f"{file}.json").read_bytes()
        upstream.on(path, Reply([Pause(slow), body] if slow else [body]))
    upstream.on("described", openai.text_stream("Hi"))
    return {"base_url": upstream.url, "api_key": "sk-1"}


def discoveries(upstream: Upstream) -> list[str]:
    paths = [asked.path.partition("?")[0] for asked in upstream.asked]
    return [path for path in paths if path in DISCOVERY]


def test_f69_a_hundred_calls_after_the_first_ask_nothing(upstream: Upstream) -> None:
    form = serve(upstream)
    message: list[PromptMessage] = [UserPromptMessage(content="Hello")]
    list(llm().invoke("described", form, message, stream=True))
    first = discoveries(upstream)
    for _ in range(100):
        list(llm().invoke("described", form, message, stream=True))
    assert discoveries(upstream) == first
    assert sorted(first) == ["/model_group/info", "/v1/model/info"]


def test_f69_fifty_cold_schemas_at_once_ask_each_source_once(upstream: Upstream) -> None:
    form = serve(upstream, slow=0.2)
    with ThreadPoolExecutor(50) as pool:
        schemas = list(pool.map(lambda _: schema(form), range(50)))
    assert sorted(discoveries(upstream)) == ["/model_group/info", "/v1/model/info"]
    assert all(found == schemas[0] for found in schemas)
    assert schemas[0].pricing


def test_models_of_one_key_share_the_large_answer(upstream: Upstream) -> None:
    form = serve(upstream)
    for name in ("described", "known-gpt-4o", "known-o3"):
        llm().get_model_schema(name, form)
    assert discoveries(upstream).count("/v1/model/info") == 1


def test_keys_and_headers_do_not_share_facts(upstream: Upstream) -> None:
    form = serve(upstream)
    for key in ("sk-1", "sk-2"):
        schema({**form, "api_key": key})
    assert discoveries(upstream).count("/v1/model/info") == 2


def saved(upstream: Upstream) -> dict[str, str]:
    form = serve(upstream)
    refused = (CAPTURES / "error_no_messages.json").read_bytes()
    upstream.on("described", Reply([refused], status=400))
    llm().validate_credentials("described", form)
    return form


def test_f09_a_proxy_that_is_down_leaves_the_saved_schema_as_it_was(upstream: Upstream) -> None:
    form = saved(upstream)
    before = schema(form)
    # The same form for a process that has never asked, with nobody at the address.
    form["base_url"] = f"http://127.0.0.1:{free_port()}"
    assert schema(form) == before
    started = time.perf_counter()
    for _ in range(10):
        assert schema(form) == before
    assert (time.perf_counter() - started) / 10 < 0.1


@pytest.mark.parametrize("status", [401, 403, 404, 422, 429, 500, 503])
def test_f09_refused_discovery_means_unknown_and_never_unusable(
    upstream: Upstream, status: int
) -> None:
    for path in DISCOVERY:
        upstream.on(path, json_reply({"error": {"message": "no"}}, status))
    found = schema({"base_url": upstream.url})
    assert found.model_properties
    assert found.features == [ModelFeature.STRUCTURED_OUTPUT]


def test_a_slow_proxy_holds_the_model_list_up_for_about_two_seconds_at_most(
    upstream: Upstream,
) -> None:
    form = serve(upstream, slow=30)
    started = time.perf_counter()
    assert schema(form).features == [ModelFeature.STRUCTURED_OUTPUT]
    assert time.perf_counter() - started < 3


def test_a_trickling_proxy_is_bounded_too(upstream: Upstream) -> None:
    for path in DISCOVERY:
        upstream.on(path, Reply([b" ", Pause(0.1)] * 300))
    started = time.perf_counter()
    schema({"base_url": upstream.url})
    assert time.perf_counter() - started < 3


GARBAGE = [
    b"",
    b"null",
    b"[]",
    b'{"data": null}',
    b'{"data": "x"}',
    b'{"data": [null, 1, "x", [], {}]}',
    b'{"data": [{"model_group": 7, "max_input_tokens": "many", "supports_vision": "maybe"}]}',
    b'{"data": [{"model_name": "described", "model_info": {"max_input_tokens": "1e99", "mode": 4}}]}',
    b"<html>no</html>",
    b"\xff\xfe",
    b"[" * 100_000,
]


@pytest.mark.parametrize("body", GARBAGE, ids=lambda body: body[:30])
def test_garbage_leaves_the_model_usable_with_defaults(upstream: Upstream, body: bytes) -> None:
    for path in DISCOVERY:
        upstream.on(path, Reply([body]))
    found = schema({"base_url": upstream.url})
    assert found.model_properties
    assert {rule.name for rule in found.parameter_rules} >= {"temperature", "max_tokens"}


def test_strings_and_floats_for_integers_are_understood(upstream: Upstream) -> None:
    row = {
        "model_name": "described",
        "model_info": {"max_input_tokens": "8192", "max_output_tokens": 1024.0},
    }
    upstream.on("/v1/model/info", json_reply({"data": [row]}))
    found = schema({"base_url": upstream.url})
    assert found.model_dump()["model_properties"] != {}
    assert "8192" in json.dumps(list(found.model_properties.values()), default=str)


def test_ten_thousand_models_are_read(upstream: Upstream) -> None:
    row = {"model_info": {"max_input_tokens": 8192, "mode": "chat", "padding": "x" * 600}}
    rows = [{"model_name": f"m{n}", **row} for n in range(10_000)]
    upstream.on("/v1/model/info", json_reply({"data": [*rows, {"model_name": "described", **row}]}))
    assert "8192" in str(schema({"base_url": upstream.url}).model_properties)


def test_garbled_stored_facts_do_no_harm() -> None:
    nobody = f"http://127.0.0.1:{free_port()}"
    for stored in ("", "{", "[]", '{"context_size": "x"}', "9" * 100_000):
        assert schema({"base_url": nobody, "__litellm_facts": stored}).model_properties


def test_trickling_headers_are_bounded_too_and_leave_the_saved_schema(upstream: Upstream) -> None:
    form = saved(upstream)
    before = schema(form)
    trickle = [piece for _ in range(100) for piece in (b"x-a: b\r\n", Pause(0.1))]
    with RawServer(b"HTTP/1.1 200 OK\r\n", *trickle) as server:
        form["base_url"] = server.url
        started = time.perf_counter()
        assert schema(form) == before
        assert time.perf_counter() - started < 3
        started = time.perf_counter()
        assert schema(form) == before
        assert time.perf_counter() - started < 0.5


def test_a_waiter_that_is_too_late_gets_the_saved_schema(upstream: Upstream) -> None:
    form = saved(upstream)
    before = schema(form)
    slow = serve(upstream, slow=8)
    form |= {"api_key": "sk-other", "base_url": slow["base_url"]}
    with ThreadPoolExecutor(5) as pool:
        schemas = list(pool.map(lambda _: schema(form), range(5)))
    assert schemas == [before] * 5


@pytest.mark.parametrize("url", ["http://a..b:4000", "http://" + "x" * 64, "http://h/\ud800"])
def test_an_address_that_cannot_be_one_still_has_a_schema(url: str) -> None:
    assert schema({"base_url": url}).model_properties
    with pytest.raises(CredentialsValidateFailedError):
        llm().validate_credentials("described", {"base_url": url})


def test_rows_of_other_models_are_not_taken(upstream: Upstream) -> None:
    row = {"model_group": "other", "mode": "embedding", "max_input_tokens": 7}
    upstream.on("/model_group/info", json_reply({"data": [row]}))
    properties = schema({"base_url": upstream.url}).model_properties
    assert properties[ModelPropertyKey.CONTEXT_SIZE] == DEFAULT_CONTEXT_SIZE


def test_f41_levels_of_effort_are_those_of_the_proxy_if_they_can_be_levels(
    upstream: Upstream,
) -> None:
    row = {
        "model_group": "described",
        "mode": "chat",
        "supports_reasoning": True,
        "supported_reasoning_efforts": ["x" * 5000, "", "none", "max"],
        "supported_openai_params": ["reasoning_effort"],
    }
    upstream.on("/model_group/info", json_reply({"data": [row]}))
    rules = {rule.name: rule for rule in schema({"base_url": upstream.url}).parameter_rules}
    assert rules["reasoning_effort"].options == ["none", "max"]


def test_equal_responses_are_parsed_once_for_all_keys(
    upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = serve(upstream)
    parsed: list[object] = []

    def facts(read: object) -> Iterator[tuple[str, ModelFacts]]:
        parsed.append(read)
        return iter(())

    monkeypatch.setattr(facts_cache, "facts_of_deployments", facts)
    upstream.on("/v1/model/info", json_reply({"data": [], "of": upstream.url}))
    for number in range(5):
        schema({**form, "api_key": f"sk-{number}"})
    assert len(parsed) == 1


def test_many_keys_with_many_models_of_their_own_stay_known(upstream: Upstream) -> None:
    """Beyond a number of names each call asked again, which took 0.3 s of processor time each."""
    contents = facts_cache._contents
    for key in range(1000):
        facts = {f"model-{key}-{number}": NOTHING_KNOWN for number in range(100)}
        contents.set(b"%d" % key, facts_cache._content(iter(facts.items())))
    assert all(contents.get(b"%d" % key) for key in range(1000))
    for key in range(1000):
        contents.drop(b"%d" % key)


def test_facts_that_had_to_go_are_asked_for_again(upstream: Upstream) -> None:
    form = serve(upstream)
    before = schema(form)
    for digest in list(facts_cache._contents._entries):
        facts_cache._contents.drop(digest)
    asked = len(discoveries(upstream))
    assert schema(form) == before
    assert len(discoveries(upstream)) == asked + 2


def test_one_body_at_two_endpoints_is_read_by_each(upstream: Upstream) -> None:
    row = {"id": "m", "model_name": "m", "mode": "embedding", "model_info": {"mode": "chat"}}
    for path in DISCOVERY:
        upstream.on(path, json_reply({"data": [row], "of": "both"}))
    settings = parse_settings("m", {"base_url": upstream.url})
    listing = facts_cache._load(LISTING, settings)
    infos = facts_cache._load(DEPLOYMENTS, settings)
    facts = [facts_cache._contents.get(digest) for digest in (listing, infos)]
    assert [content.facts["m"].mode for content in facts if content] == ["embedding", "chat"]
