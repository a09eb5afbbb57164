"""Rerank and moderation through the process and the real proxy."""

from typing import Any

import pytest

from tests.support.environment import Environment
from tests.support.upstream import json_reply
from tools.plugin_process import PluginError

RANKED = {
    "id": "1",
    "results": [{"index": 1, "relevance_score": 0.9}, {"index": 0, "relevance_score": 0.2}],
    "meta": {},
}


def call(env: Environment, action: str, model: str, model_type: str, **fields: Any) -> Any:
    form = fields.pop("form", env.credentials)
    return next(env.plugin.call(action, model, form, model_type=model_type, **fields))


def rerank(env: Environment, **fields: Any) -> Any:
    request = {"query": "q", "docs": ["a", "b"], "score_threshold": None, "top_n": 2, **fields}
    return call(env, "invoke_rerank", "known-rerank", "rerank", **request)["docs"]


def test_f57_rerank_keeps_order_positions_and_scores(env: Environment) -> None:
    env.upstream.on("rerank-v3.5", json_reply(RANKED))
    assert rerank(env) == [
        {"index": 1, "text": "b", "score": 0.9},
        {"index": 0, "text": "a", "score": 0.2},
    ]
    assert [doc["index"] for doc in rerank(env, score_threshold=0.5)] == [1]
    asked = env.upstream.asked_for("rerank-v3.5")[-1]
    assert (asked["query"], asked["documents"], asked["top_n"]) == ("q", ["a", "b"], 2)


def test_f58_a_refused_rerank_is_typed_and_no_documents_are_no_request(env: Environment) -> None:
    before = env.upstream.posts
    assert rerank(env, docs=[]) == []
    assert env.upstream.posts == before
    with pytest.raises(PluginError) as caught:
        call(
            env, "invoke_rerank", "scenario/rank", "rerank",
            query="q", docs=["a"], score_threshold=None, top_n=None,
        )  # fmt: skip
    # LiteLLM has no rerank for OpenAI-format backends and says so with a 500.
    assert "LiteLLM answered" in caught.value.message


@pytest.mark.parametrize("flagged", [True, False])
def test_moderation(env: Environment, flagged: bool) -> None:  # noqa: FBT001
    result = {
        "flagged": flagged,
        "categories": {"self-harm": flagged, "violence": None},
        "category_scores": {"self-harm": 0.1, "violence": 0.0},
    }
    reply = json_reply({"id": "1", "model": "m", "results": [result]})
    env.upstream.on("omni-moderation-latest", reply)
    answer = call(env, "invoke_moderation", "known-moderation", "moderation", text="text")
    assert answer == {"result": flagged}


@pytest.mark.parametrize(
    ("model", "model_type"), [("known-rerank", "rerank"), ("known-moderation", "moderation")]
)
def test_forms_are_checked_and_schemas_given(env: Environment, model: str, model_type: str) -> None:
    before = env.upstream.posts
    assert call(env, "validate_model_credentials", model, model_type)["result"] is True
    schema = call(env, "get_ai_model_schemas", model, model_type)["model_schema"]
    assert schema["model_type"] == model_type
    assert env.upstream.posts == before
    for wrong in ("described", "nope"):
        with pytest.raises(PluginError) as caught:
            call(env, "validate_model_credentials", wrong, model_type)
        assert caught.value.error_type == "CredentialsValidateFailedError"
