"""Who a call is for, as LiteLLM's own callback records it, and what the upstream sees of it."""

import json
from hashlib import sha256
from typing import Any

import pytest

from harness.plugin_process import PluginError
from harness.upstream import Reply, json_reply
from tests.support import openai_format as openai
from tests.support.environment import Environment

EXTRAS = {"user", "metadata", "tags", "litellm_trace_id", "drop_params", "cache", "guardrails"}


def custom(env: Environment, **form: str) -> dict[str, str]:
    return {**env.credentials, "settings": "custom", **form}


def ask(env: Environment, credentials: dict[str, str], **envelope: Any) -> None:
    env.upstream.on("described", openai.text_stream("Hello"))
    message = [{"role": "user", "content": "Hello"}]
    list(
        env.plugin.call(
            "invoke_llm", "described", credentials, prompt_messages=message, model_parameters={},
            tools=None, stop=None, stream=True, **envelope,
        )
    )  # fmt: skip


def own_tags(row: dict[str, Any]) -> list[str]:
    return [tag for tag in row["request_tags"] if not tag.startswith("User-Agent")]


@pytest.mark.parametrize("user_id", ["user-raw", "usuário-日本"])
def test_f74_the_end_user_is_told(env: Environment, user_id: str) -> None:
    ask(env, env.credentials, user_id=user_id)
    row = env.attributed(end_user=user_id)
    assert row["model_group"] == "described"
    assert own_tags(row) == []


def test_f73_the_end_user_is_told_hashed_or_not_at_all(env: Environment) -> None:
    ask(env, custom(env, end_user="hashed"), user_id="user-hashed")
    assert env.attributed(end_user=sha256(b"user-hashed").hexdigest()[:32])
    ask(env, custom(env, end_user="off", tags="nobody"), user_id="user-off")
    assert "user" not in env.upstream.asked_for("described")[-1]


def test_f72_app_and_tags_reach_the_spend_log(env: Environment) -> None:
    ask(env, custom(env, tags="team-a, größe"), user_id="user-tagged", app_id="app-1")
    row = env.attributed(end_user="user-tagged")
    assert own_tags(row) == ["team-a", "größe", "dify-app:app-1"]


def test_nothing_extra_is_sent_when_nothing_is_set(env: Environment) -> None:
    with_nothing = custom(env, end_user="off")
    ask(env, with_nothing, user_id="user-silent")
    sent = env.upstream.asked_for("described")[-1]
    assert not EXTRAS & set(sent)
    assert not {name for name in env.upstream.asked[-1].headers if "litellm" in name.lower()}


def test_extra_metadata_and_our_tags_are_joined(env: Environment) -> None:
    extra = {"metadata": {"tags": ["theirs"], "spend_logs_metadata": {"a": 1}}}
    credentials = custom(env, tags="ours", extra_body=json.dumps(extra))
    ask(env, credentials, user_id="user-joined")
    row = env.attributed(end_user="user-joined")
    assert own_tags(row) == ["theirs", "ours"]
    assert row["requester_metadata"]["spend_logs_metadata"] == {"a": 1}


RANKED = {"id": "1", "results": [{"index": 0, "relevance_score": 0.9}], "meta": {}}
JUDGED = {
    "id": "1",
    "model": "m",
    "results": [{"flagged": False, "categories": {}, "category_scores": {}}],
}
OTHERS = [
    ("invoke_text_embedding", "known-small", "text-embedding", "text-embedding-3-small",
     openai.embeddings([[0.5]]), {"texts": ["a"], "input_type": "document"}),
    ("invoke_rerank", "known-rerank", "rerank", "rerank-v3.5", json_reply(RANKED),
     {"query": "q", "docs": ["a"], "score_threshold": None, "top_n": 1}),
    ("invoke_moderation", "known-moderation", "moderation", "omni-moderation-latest",
     json_reply(JUDGED), {"text": "x"}),
    ("invoke_speech2text", "known-whisper", "speech2text", "/v1/audio/transcriptions",
     json_reply({"text": "Hello"}), {"file": b"audio".hex()}),
    ("invoke_tts", "known-tts", "tts", "tts-1", Reply([b"audio"], content_type="audio/mpeg"),
     {"content_text": "Hello", "voice": "alloy", "tenant_id": "t"}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("action", "model", "model_type", "backend", "reply", "fields"),
    OTHERS,
    ids=lambda v: str(v)[:20],
)
def test_every_type_tells_user_and_tags_also_where_a_user_is_enforced(
    env: Environment,
    action: str,
    model: str,
    model_type: str,
    backend: str,
    reply: Reply,
    fields: Any,
) -> None:
    env.upstream.on(backend, reply)
    user = f"usuário-{model_type}"
    credentials = custom(env, tags="каждый", api_key="sk-enforces-user")
    request = {"model_type": model_type, "user_id": user, **fields}
    assert list(env.plugin.call(action, model, credentials, **request))
    row = env.attributed(end_user=user)
    assert own_tags(row) == ["каждый"]


def test_an_enforced_user_does_not_stop_the_form_from_being_saved(env: Environment) -> None:
    credentials = {**env.credentials, "api_key": "sk-enforces-user"}
    for model in ("described", "hidden-alias"):
        saved = next(env.plugin.call("validate_model_credentials", model, credentials))
        assert saved["result"] is True


def test_an_enforced_user_that_is_not_told_is_explained(env: Environment) -> None:
    with pytest.raises(PluginError) as caught:
        ask(env, custom(env, api_key="sk-enforces-user", end_user="off"))
    assert caught.value.error_type == "InvokeBadRequestError"
    assert "set End User in the form or User for LiteLLM in the app." in caught.value.message


@pytest.mark.parametrize(("key", "model", "backend"), [
    ("sk-team", "team-chat", "of-a-team"), ("sk-group", "beta", "beta"),
])  # fmt: skip
def test_models_of_teams_and_access_groups_are_models_like_any_other(
    env: Environment, key: str, model: str, backend: str
) -> None:
    env.upstream.on(backend, openai.text_stream("Hello"))
    credentials = {**env.credentials, "api_key": key}
    assert next(env.plugin.call("validate_model_credentials", model, credentials))["result"] is True
    schema = next(env.plugin.call("get_ai_model_schemas", model, credentials))["model_schema"]
    assert schema["model_properties"]["context_size"] in {9000, 5000}
    assert env.chat(model, credentials=credentials)[-1]["finish_reason"] == "stop"
