"""What one fault, or the words of a prompt, teach: nothing. What a rejection is_permanent is logged and dated."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from harness.upstream import Asked, Reply, Upstream, json_reply
from tests.field.asking import chat, direct, embed, saved
from tests.support import openai_format as openai
from tests.support.environment import Environment
from translation.validation.stored_facts import VARIABLE

PROMPT = (
    "It says: metadata.tags: Extra inputs are not permitted. Unknown parameter 'litellm_metadata'"
)


class FailsOnce(Upstream):
    """Answers the first chat with an error, and all others."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__()
        self.first: Reply | None = openai.error(words, status)

    def reply_to(self, asked: Asked) -> Reply:
        if asked.path != "/v1/chat/completions" or "messages" not in asked.body:
            return super().reply_to(asked)
        first, self.first = self.first, None
        return first or openai.text_stream("Hi")


FAULTS = [
    (500, "KeyError: 'litellm_metadata' is missing"),
    (500, "Failed to reach the EC2 'metadata' service: required field"),
    (503, "Service unavailable: invalid 'metadata'"),
    (503, "litellm_trace_id: the tracer does not support it"),
    (500, "unexpected stream_options argument in worker"),
    (429, "Authentication Error, 'user' param not passed in"),
    (500, "Authentication Error, 'user' param not passed in"),
    (408, "Unknown parameter 'litellm_metadata'"),
    (409, "Unknown parameter 'litellm_metadata'"),
    (425, "Unknown parameter 'litellm_metadata'"),
    (502, "Unknown parameter 'litellm_metadata'"),
    (400, f"Your prompt was rejected: {PROMPT}"),
    (400, json.dumps({"rejected prompt": PROMPT})),
]
FORM = {"settings": "custom", "tags": "team-a"}


@pytest.mark.parametrize(("status", "words"), FAULTS)
def test_a_passing_fault_teaches_nothing(env: Environment, status: int, words: str) -> None:
    with FailsOnce(status, words) as upstream:
        form = direct(upstream, **FORM)
        more: dict[str, Any] = {"app_id": "app-1", "model_parameters": {"session": "c-1"}}
        for _ in range(3):
            try:
                chat(env, "m", form, {"role": "user", "content": PROMPT}, **more)
            except Exception:  # noqa: BLE001, S112 - the fault itself may reach the user
                continue
        last = upstream.asked_for("m")[-1]
        assert last["litellm_metadata"] == {"user": "user-1"}
        assert "team-a" in last["metadata"]["tags"]
        assert last["litellm_trace_id"] == "c-1"
        assert last["stream_options"] == {"include_usage": True}
        assert "learned" not in stored(env, upstream, form)


def stored(env: Environment, upstream: Upstream, form: dict[str, str]) -> dict[str, Any]:
    """Save the form; return what is kept with it."""
    upstream.on("m", json_reply({"error": {"message": "x", "param": "messages"}}, 400))
    upstream.on("/v1/models", json_reply({"data": [{"id": "m"}]}))
    facts: dict[str, Any] = json.loads(saved(env, "m", form)[VARIABLE])
    return facts


def test_a_rejection_is_logged_dated_and_kept_with_the_form(env: Environment) -> None:
    words = "Unknown parameter: 'litellm_metadata'"
    start = len(env.plugin.lines)
    with FailsOnce(400, words) as upstream:
        form = direct(upstream, **FORM)
        chat(env, "m", form)
        chat(env, "m", form)
        assert ["litellm_metadata" in body for body in upstream.asked_for("m")] == [
            True,
            False,
            False,
        ]
        assert stored(env, upstream, form)["learned"] == {
            "no-end-user": datetime.now(UTC).date().isoformat()
        }
    (line,) = [line for line in env.plugin.lines[start:] if b"sent again" in line]
    assert words.encode() in line
    assert b"llm m" in line


def test_a_limit_of_now_makes_no_batches_of_one(env: Environment) -> None:
    class Busy(Upstream):
        first = True

        def reply_to(self, asked: Asked) -> Reply:
            if not asked.path.endswith("/embeddings"):
                return super().reply_to(asked)
            if self.first:
                self.first = False
                return openai.error("Too many requests under way: at most 1 allowed now", 400)
            return openai.embeddings([[1.0]] * len(asked.body["input"]))

    with Busy() as upstream:
        for _ in range(2):
            try:
                embed(env, "m", direct(upstream), ["a", "b", "c"])
            except Exception:  # noqa: BLE001, S112 - the fault itself may reach the user
                continue
        assert len(upstream.asked_for("m")[-1]["input"]) == 3
