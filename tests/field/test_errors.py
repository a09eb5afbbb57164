"""Field cases of errors: whose refusal it is, and the words of it that a person can use."""

import json
import re
from typing import Any

import pytest

from harness.plugin_process import PluginError
from harness.upstream import Cut, Pause, Reply, Upstream, json_reply
from litellm_proxy.wire.error_text import first_sentence
from tests.field.asking import BAD, DOWN, KEY, RATE, chat, direct, embed, refusal, saved
from tests.support import openai_format as openai
from tests.support.environment import Environment

GEMINI = '{\n  "error": {\n    "code": %d,\n    "message": "%s",\n    "status": "INVALID_ARGUMENT"\n  }\n}'
TAIL = "\n\nLiteLLM: model group 'gem' failed with the error above. No fallback was attempted."
GATEWAY_KEY = "A server in front of LiteLLM wants a key; put it into Extra Headers."
GATEWAY_DOWN = "LiteLLM does not answer behind its gateway; check that it runs."
ALLOW_MODEL = "The API key may not use this model; allow it in LiteLLM or choose another."
QUOTA = "You exceeded your current quota.\\nPlease retry in 37 s."


def litellm_error(message: str, status: int, error_type: str | None, **more: Any) -> Reply:
    error = {"message": message, "type": error_type, "param": None, "code": str(status), **more}
    return json_reply({"error": error}, status)


def page(status: int, title: str) -> Reply:
    html = f"<html><head><title>{title}</title></head><body><h1>{title}</h1><hr>nginx</body></html>"
    return Reply([html.encode()], status, "text/html")


@pytest.mark.parametrize(
    ("message", "words"),
    [
        (f"litellm.BadRequestError: GeminiException BadRequestError - {GEMINI % (400, 'No image.')}{TAIL}",
         "No image."),
        (repr((GEMINI % (400, "Geht nicht: ä.")).encode()) + TAIL, "Geht nicht: ä."),
        (f"litellm.RateLimitError: GeminiException - {GEMINI % (429, QUOTA)}{TAIL}",
         "You exceeded your current quota. Please retry in 37 s."),
        ("Error code: 400 - {'error': {'message': \"It's too long\", 'code': None}}", "It's too long"),
        (('litellm.APIError: OpenrouterException - {"error":{"message":"Provider returned error",'
         '"metadata":{"raw":"{\\"error\\":{\\"message\\":\\"Context is full\\"}}"}}}'), "Context is full"),
        ('litellm.BadRequestError: BedrockException - {"message":"The model returned: bad input"}',
         "The model returned: bad input"),
        ('x {"detail":[{"loc":["body"],"msg":"Field required"}]}', "Field required"),
        ("litellm.APIError: the first line\nthe second", "litellm.APIError: the first line"),
        ("litellm.APIError: XException -\nthe reason", "litellm.APIError: XException - the reason"),
        ("mistral does not support parameters: {'user': 'u'}, for model=m",
         "mistral does not support parameters: {'user': 'u'}, for model=m"),
        ("It failed. Received Model Group=gpt\nAvailable Model Group Fallbacks=None", "It failed."),
        ("It failed.No fallback model group found for original model_group=a. Fallbacks=[{'a': ['b']}]",
         "It failed."),
        (("No deployments available, try again in 5 seconds. Passed model=m. pre-call-checks=False, "
         "cooldown_list=['0a1b']"), "No deployments available, try again in 5 seconds."),
        ('{"error": {"message": "cut off in the mid', '{"error": {"message": "cut off in the mid'),
        ("", ""),
    ],
)  # fmt: skip
def test_p01_the_innermost_message_is_what_is_told(message: str, words: str) -> None:
    assert first_sentence(message) == words


@pytest.mark.parametrize(
    "hostile", ["{" * 9000, "b'" * 9000, '{"a":' * 4000, "[{" * 8000, " " * 60_000]
)
def test_p01_hostile_words_are_words(hostile: str) -> None:
    assert len(first_sentence(hostile)) <= 500


@pytest.mark.parametrize("status", [400, 429, 503])
def test_p01_the_reason_is_told_through_the_plugin(
    env: Environment, upstream: Upstream, status: int
) -> None:
    message = (
        f"litellm.APIError: GeminiException - {GEMINI % (status, 'Unable to process it.')}{TAIL}"
    )
    upstream.on("m", litellm_error(message, status, "invalid_request_error"))
    error = refusal(env, "m", direct(upstream))
    assert '"Unable to process it"' in error.message
    assert "model group" not in error.message


@pytest.mark.parametrize(
    ("message", "error_type"),
    [
        (repr((GEMINI % (401, "Invalid credentials.")).encode()) + TAIL, "authentication_error"),
        ("Invalid credentials." + TAIL, None),
        ("Invalid credentials. Received Model Group=gem", "auth_error"),
        ("Invalid credentials.", "authentication_error"),
        ("litellm.AuthenticationError: Invalid credentials.", None),
    ],
)
def test_p02_a_providers_401_is_not_the_callers_key(
    env: Environment, upstream: Upstream, message: str, error_type: str | None
) -> None:
    upstream.on("m", litellm_error(message, 401, error_type))
    error = refusal(env, "m", direct(upstream))
    assert error.error_type == BAD
    advice = "The provider rejected the key inside LiteLLM; LiteLLM's administrator must check it."
    assert error.message.startswith(f'{advice} LiteLLM 401: "Invalid credentials" (call id ')


TAGS = "Not allowed to access model due to tags configuration. Passed model=plain and tags=['{}']"


class ByTags(Upstream):
    """Refuses tags as LiteLLM's routing does."""

    def reply_to(self, asked: Any) -> Reply:
        if not (isinstance(asked.body, dict) and "messages" in asked.body):
            return super().reply_to(asked)
        tags = asked.body.get("metadata", {}).get("tags", [])
        if set(tags) - {"allowed"}:
            return litellm_error(TAGS.format(tags), 401, "internal_server_error")
        return openai.text_stream("Hello")


def test_p04_the_apps_own_tag_never_shuts_the_app_out(env: Environment) -> None:
    with ByTags() as upstream:
        form = direct(upstream, tags="allowed")
        for _ in range(2):
            assert chat(env, "plain", form, app_id="app-42")[0] == "Hello"
        bodies = upstream.asked_for("plain")
        # Refused once, then known.
        assert [body["metadata"]["tags"] for body in bodies] == [
            ["allowed", "dify-app:app-42"], ["allowed"], ["allowed"],
        ]  # fmt: skip
        assert bodies[1]["metadata"]["spend_logs_metadata"] == {"dify_app": "app-42"}
        error = refusal(env, "plain", direct(upstream, tags="mine"), app_id="app-42")
    assert error.error_type == BAD
    assert error.message.startswith(
        "LiteLLM rejects this model with these tags; change Tags in the form or the app. LiteLLM 401: "
    )
    assert "key" not in error.message


def test_p17_a_request_too_large_for_a_relay(env: Environment, upstream: Upstream) -> None:
    upstream.on("m", page(413, "413 Request Entity Too Large"))
    error = refusal(env, "m", direct(upstream), {"role": "user", "content": "x" * 1_500_000})
    assert error.error_type == BAD
    assert error.message.startswith("The request of 1.5 MB is too large for a server on the way; ")
    assert "; send less, or raise its limit. " in error.message
    assert ' Server in front 413: "413 Request Entity Too…" (call id ' in error.message


@pytest.mark.parametrize(
    ("status", "error_type", "first"),
    [
        (401, BAD, f"{GATEWAY_KEY} Server in front"), (403, BAD, f"{GATEWAY_KEY} Server in front"),
        (404, BAD, "The base URL does not seem to lead to LiteLLM; an administrator must check it. Server"),
        (502, DOWN, f"{GATEWAY_DOWN} Server in front"), (503, DOWN, f"{GATEWAY_DOWN} Server in front"),
        (504, KEY, "The model took too long; try again, or raise the timeouts. Server in front"),
        (429, RATE, "A rate limit is reached; try again later. Server in front"),
    ],
)  # fmt: skip
def test_p17_pages_are_told_as_somebody_elses(
    env: Environment, upstream: Upstream, status: int, error_type: str, first: str
) -> None:
    upstream.on("m", page(status, f"{status} from nginx"))
    error = refusal(env, "m", direct(upstream))
    assert error.error_type == error_type
    assert error.message.startswith(f'{first} {status}: "{status} from nginx" (call id ')


@pytest.mark.parametrize(
    "body",
    [
        {"statusCode": 401, "message": "Access denied due to missing subscription key."},
        {"message": "No API key found in request"},
        {"error": "Unauthorized"},
        {"error": {"code": "401", "message": "Access denied due to invalid subscription key."}},
        {"code": 401, "msg": "token required"},
    ],
)
@pytest.mark.parametrize("status", [401, 403])
def test_p51_a_key_of_the_gateways_own(
    env: Environment, upstream: Upstream, body: dict[str, Any], status: int
) -> None:
    refused = json_reply(body, status)
    for path in ("/v1/chat/completions", "/v1/models", "/v1/model/info", "/model_group/info"):
        upstream.on(path, refused)
    upstream.on("m", refused)
    error = refusal(env, "m", direct(upstream))
    assert error.error_type == BAD
    assert error.message.startswith(f'{GATEWAY_KEY} Server in front {status}: "')
    with pytest.raises(PluginError, match="Extra Headers"):
        saved(env, "m", direct(upstream))


@pytest.mark.parametrize(
    "message",
    [
        (
            "No deployments available - crossed budget: Exceeded budget for deployment model_name: poor, "
            "litellm_params.model: openai/m, model_id: 0a1b: 4.5e-06 >= 1d\n"
        ),
        "litellm.BudgetExceededError: Budget has been exceeded! Current cost: 2, Max budget: 1",
    ],
)
def test_p59_a_deployments_budget_is_a_budget(
    env: Environment, upstream: Upstream, message: str
) -> None:
    upstream.on("m", litellm_error(message, 429, "internal_server_error"))
    error = refusal(env, "m", direct(upstream))
    assert error.error_type == RATE
    assert "budget" in error.message
    assert "ry again" not in error.message
    with pytest.raises(PluginError, match="budget"):
        embed(env, "m", direct(upstream), ["a"])
    assert len(upstream.asked_for("m")) == 2


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ("API Key not allowed to access model. This key can only access models=['a']", ALLOW_MODEL),
        ("Authentication Error, Key not allowed to access model", ALLOW_MODEL),
        ("Authentication Error, Team=t not allowed to call model=m", ALLOW_MODEL),
        ("Virtual key is not allowed to call this route. Only allowed: x",
         "The API key may not call this route; allow it in LiteLLM."),
    ],
)  # fmt: skip
def test_a_401_of_rights_is_not_a_wrong_key(
    env: Environment, upstream: Upstream, message: str, words: str
) -> None:
    upstream.on("m", litellm_error(message, 401, "auth_error"))
    error = refusal(env, "m", direct(upstream))
    assert (error.error_type, words in error.message) == (BAD, True)


def test_what_is_json_by_its_bytes_is_an_error_whatever_it_is_called(
    env: Environment, upstream: Upstream
) -> None:
    body = json.dumps({"error": {"message": "Broken", "type": None, "code": "500"}}).encode()
    upstream.on("m", Reply([body], 200, "text/event-stream"))
    assert '"Broken"' in refusal(env, "m", direct(upstream)).message


TRACEBACK = (
    'Traceback (most recent call last):\n  File "/usr/lib/python3.12/site-packages/litellm/main.py", '
    'line 12, in acompletion\n    raise ValueError("x")\nValueError: bad value'
)


@pytest.mark.parametrize(
    ("words", "kept"),
    [
        (f"litellm.APIConnectionError: Connection lost\n{TRACEBACK}", "Connection lost"),
        (f"litellm.APIConnectionError: Connection lost {TRACEBACK}".replace("\n", " "), "Connection lost"),
        (f"litellm.APIConnectionError: {TRACEBACK}", "bad value"),
        (TRACEBACK, "bad value"),
        ("The call failed in /app/litellm/proxy/utils.py:99, try later", "The call failed in"),
        ('The call failed, File "/app/litellm/router.py", line 3, in _run', "The call failed"),
    ],
)  # fmt: skip
def test_no_traceback_and_no_path_reaches_a_person(
    env: Environment, upstream: Upstream, words: str, kept: str
) -> None:
    upstream.on("m", openai.error(words, 500, "server_error"))
    message = refusal(env, "m", direct(upstream)).message
    assert kept in message
    for part in ("Traceback", ".py", "File ", "acompletion", "_run", "site-packages"):
        assert part not in message


def test_errors_within_an_answer_carry_the_call_id(env: Environment) -> None:
    """LiteLLM tells it in the header of a stream that it has begun."""
    env.upstream.on("late", openai.stream(openai.delta(content="Half"), Pause(0.3), Cut()))
    env.upstream.on("nothing", openai.stream(openai.delta(finish_reason="stop")))
    for model in ("scenario/late", "scenario/nothing"):
        with pytest.raises(PluginError) as caught:
            env.chat(model)
        assert re.search(r"\(call id [0-9a-f-]{36}\)", caught.value.message), caught.value.message
