"""What people do with the plugin, once each, against whatever LiteLLM the tests run.

`make compat` runs these against every version of requirements/compat, and names them (tools/compat/capabilities.py); the table is docs/versions.md.
"""

import json
from decimal import Decimal
from typing import Any

import pytest

from harness.plugin_process import PluginError
from harness.upstream import Cut, Pause, json_reply
from tests.compat.keys import CHAT_ROUTES, RESTRICTED, SPEECH_ROUTES
from tests.field.asking import call, chat, embed, refusal, saved, tool
from tests.support import openai_format as openai
from tests.support.environment import Environment

pytestmark = pytest.mark.slow

HELLO = {"role": "user", "content": "Hello"}


def custom(env: Environment, **form: str) -> dict[str, str]:
    return {**env.credentials, "settings": "custom", **form}


def test_a_good_form_is_saved(env: Environment) -> None:
    for model, kind in (("described", "llm"), ("known-small", "text-embedding"),
                        ("known-rerank", "rerank"), ("known-tts", "tts"),
                        ("known-moderation", "moderation"), ("known-whisper", "speech2text")):  # fmt: skip
        saved(env, model, env.credentials, kind)


def test_a_wrong_key_is_refused(env: Environment) -> None:
    with pytest.raises(PluginError) as caught:
        saved(env, "described", {**env.credentials, "api_key": "sk-unknown-key"})
    assert caught.value.message.startswith("API key was ")


def test_a_restricted_key_is_told_so(env: Environment) -> None:
    restricted = {**env.credentials, "api_key": RESTRICTED}
    saved(env, "gpt-4", restricted)
    saved(env, "embedder", restricted, "text-embedding")
    with pytest.raises(PluginError) as caught:
        saved(env, "described", restricted)
    assert "may not use" in caught.value.message
    at_call = refusal(env, "described", restricted)
    assert at_call.error_type == "InvokeBadRequestError"
    assert "allow it in LiteLLM or choose another" in at_call.message
    assert "embedder" not in at_call.message


def test_a_key_for_routes_is_saved(env: Environment) -> None:
    saved(env, "described", {**env.credentials, "api_key": CHAT_ROUTES})
    saved(env, "known-tts", {**env.credentials, "api_key": SPEECH_ROUTES}, "tts")


def test_an_unknown_model_is_refused_with_names(env: Environment) -> None:
    with pytest.raises(PluginError) as caught:
        saved(env, "descripted", env.credentials)
    assert caught.value.message.startswith('LiteLLM does not know "descripted". Closest: described')


def test_a_hidden_alias_is_saved(env: Environment) -> None:
    saved(env, "hidden-alias", env.credentials)


def test_the_schema_follows_the_proxy(env: Environment) -> None:
    schema = call(env, "get_ai_model_schemas", "described", env.credentials)["model_schema"]
    assert schema["model_properties"]["context_size"] == 123456
    assert {"vision", "tool-call", "structured-output"} <= set(schema["features"])
    assert Decimal(schema["pricing"]["output"]) == 2


def test_a_chat_streams_with_its_usage(env: Environment) -> None:
    env.upstream.on("described", openai.text_stream("Good ", "morning"))
    text, last = chat(env, "described", env.credentials)
    assert text == "Good morning"
    assert (last["usage"]["prompt_tokens"], last["usage"]["completion_tokens"]) == (11, 7)
    assert last["finish_reason"] == "stop"


def test_tools_are_called(env: Environment) -> None:
    env.upstream.on("described", openai.stream(
        openai.tool_delta(0, id="call_1", name="get_weather", arguments='{"city": '),
        openai.tool_delta(0, arguments='"Oslo"}'),
        openai.delta(finish_reason="tool_calls"), openai.usage_chunk(),
    ))  # fmt: skip
    _, last = chat(env, "described", env.credentials, tools=[tool()])
    (called,) = last["message"]["tool_calls"]
    assert json.loads(called["function"]["arguments"]) == {"city": "Oslo"}


def test_a_schema_is_followed(env: Environment) -> None:
    env.upstream.on("described", openai.text_stream('{"a": 1}'))
    schema = '{"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}'
    text, _ = chat(env, "described", env.credentials, model_parameters={"json_schema": schema})
    assert json.loads(text) == {"a": 1}
    asked = env.upstream.asked_for("described")[-1]
    assert asked["response_format"]["json_schema"]["schema"]["required"] == ["a"]


def test_a_broken_stream_is_an_error(env: Environment) -> None:
    half = [openai.delta(role="assistant", content="Half an "), openai.delta(content="answer")]
    model = env.scenario("compat-cut", openai.stream(*half, Pause(0.5), Cut()))
    assert refusal(env, model, env.credentials).message


@pytest.mark.parametrize(
    ("status", "error_type", "kind"),
    [(400, "invalid_request_error", "InvokeBadRequestError"),
     (401, "invalid_request_error", "InvokeBadRequestError"),
     (429, "requests", "InvokeRateLimitError"),
     (500, "server_error", "InvokeServerUnavailableError")],
)  # fmt: skip
@pytest.mark.parametrize("stream", [True, False])
def test_errors_keep_their_kind(
    env: Environment,
    status: int,
    error_type: str,
    kind: str,
    stream: bool,  # noqa: FBT001
) -> None:
    model = env.scenario(f"compat-{status}", openai.error(f"Not so, {status}", status, error_type))
    error = refusal(env, model, env.credentials, stream=stream)
    assert error.error_type == kind
    assert f"Not so, {status}" in error.message
    assert "{" not in error.message


def test_no_table_of_fallbacks_is_shown(env: Environment) -> None:
    message = refusal(
        env, env.scenario("compat-500", openai.error("Broken", 500)), env.credentials
    ).message
    for words in ("Fallbacks", "Model Group", "cooldown_list", "fallback model group"):
        assert words not in message


def test_embeddings_come_in_order(env: Environment) -> None:
    env.upstream.on("text-embedding-3-small", openai.embeddings([[0.5], [0.25]], order=[1, 0]))
    assert embed(env, "known-small", env.credentials, ["a", "b"]) == [[0.5], [0.25]]


def test_the_cost_is_litellms(env: Environment) -> None:
    env.upstream.on("described", openai.text_stream("Hello"))
    _, last = chat(env, "described", env.credentials)
    # 11 tokens at 1 USD and 7 at 2 USD a million.
    assert Decimal(last["usage"]["total_price"]) == Decimal("0.0000250")


def _logged(env: Environment, session: str) -> dict[str, Any]:
    env.upstream.on("described", openai.text_stream("Hello"))
    said = {"end_user": f"user-{session}", "tags": "cost-centre:4711", "session": session}
    chat(env, "described", custom(env, tags="team-a"), model_parameters=said)
    return env.attributed(trace_id=session)


def test_the_end_user_reaches_the_log(env: Environment) -> None:
    assert _logged(env, "session-user")["end_user"] == "user-session-user"


def test_users_of_a_shared_key_are_told_apart(env: Environment) -> None:
    for user in ("first", "second", "third"):
        session = f"session-shared-{user}"
        assert _logged(env, session)["end_user"] == f"user-{session}"


def test_tags_and_session_reach_the_log(env: Environment) -> None:
    row = _logged(env, "session-tags")
    assert [t for t in row["request_tags"] if "User-Agent" not in t] == [
        "team-a",
        "cost-centre:4711",
    ]


def test_nothing_of_it_reaches_the_provider(env: Environment) -> None:
    _logged(env, "session-unseen")
    asked = env.upstream.asked_for("described")[-1]
    assert "session-unseen" not in json.dumps(asked)
    assert "4711" not in json.dumps(asked)


def test_speech_is_written_down_with_tags(env: Environment) -> None:
    env.upstream.on("/v1/audio/transcriptions", json_reply({"text": "Hallo"}))
    form = custom(env, tags="team-a")
    answer = call(
        env,
        "invoke_speech2text",
        "known-whisper",
        form,
        model_type="speech2text",
        file=b"RIFF".hex(),
    )
    assert answer["result"] == "Hallo"


def test_a_ranking_comes_back(env: Environment) -> None:
    env.upstream.on(
        "rerank-v3.5",
        json_reply(
            {
                "id": "1",
                "results": [
                    {"index": 1, "relevance_score": 0.9},
                    {"index": 0, "relevance_score": 0.1},
                ],
                "meta": {},
            }
        ),
    )
    answer = call(env, "invoke_rerank", "known-rerank", env.credentials, model_type="rerank",
                  query="q", docs=["a", "b"], score_threshold=None, top_n=2)  # fmt: skip
    assert [doc["index"] for doc in answer["docs"]] == [1, 0]


def test_speech_is_made(env: Environment) -> None:
    env.upstream.on("tts-1", type(openai.text_stream("a"))([b"audio"], content_type="audio/mpeg"))
    answer = call(env, "invoke_tts", "known-tts", env.credentials, model_type="tts",
                  content_text="Hello", voice="alloy", tenant_id="t")  # fmt: skip
    assert bytes.fromhex(answer["result"]) == b"audio"
