"""Everything that can go wrong with a chat, each with its kind of error and the words Dify gets.

Most rows go through the real proxy; those marked DIRECT are bytes that the real proxy does not
produce, from a server in its place.
"""

import json
from dataclasses import dataclass
from typing import Any

import pytest

from harness.child import free_port
from harness.plugin_process import PluginError
from harness.upstream import HANG_UP, Cut, Pause, Reply, Upstream, json_reply
from tests.field.asking import direct
from tests.support import openai_format as openai
from tests.support.environment import MASTER_KEY, Environment

BAD, KEY, RATE = "InvokeBadRequestError", "InvokeConnectionError", "InvokeRateLimitError"
DOWN, LINE = "InvokeServerUnavailableError", "InvokeConnectionError"
HALF = [openai.delta(role="assistant", content="Half an "), openai.delta(content="answer")]
END = openai.delta(finish_reason="stop")


@dataclass(frozen=True)
class Row:
    """One scenario; `key` and `model` are for refusals by the proxy itself."""

    error_type: str
    words: str
    reply: Reply | None = None
    key: str = MASTER_KEY
    model: str = ""
    received: str = ""
    form: tuple[tuple[str, str], ...] = ()


def custom(**form: str) -> tuple[tuple[str, str], ...]:
    return (("settings", "custom"), *form.items())


THROUGH_THE_PROXY = {
    # Refused by the provider.
    "400": Row(BAD, "Bad thing", openai.error("Bad thing", 400)),
    "401": Row(BAD, "The provider rejected the key inside LiteLLM; LiteLLM's administrator must check it.",
               openai.error("No", 401, "authentication_error")),
    "401-other-type": Row(BAD, 'must check it. LiteLLM 401: "Bad provider key"',
                          openai.error("Bad provider key", 401)),
    "403": Row(BAD, "Forbidden here", openai.error("Forbidden here", 403, "permission")),
    "404": Row(BAD, "No such model", openai.error("No such model", 404)),
    "408": Row(LINE, "Took too long", openai.error("Took too long", 408, "timeout")),
    "409": Row(BAD, "Conflict", openai.error("Conflict", 409)),
    "413": Row(BAD, "Too big", openai.error("Too big", 413)),
    "422": Row(BAD, "Unprocessable", openai.error("Unprocessable", 422)),
    "429": Row(RATE, "Too fast", openai.error("Too fast", 429)),
    "500": Row(DOWN, "Broken", openai.error("Broken", 500, "server_error")),
    "502": Row(DOWN, "Bad gateway", openai.error("Bad gateway", 502, "server_error")),
    "503": Row(DOWN, "Overloaded", openai.error("Overloaded", 503, "server_error")),
    "html-502": Row(DOWN, "provider failed; try again. LiteLLM 502: ", Reply(
        [b"<html><h1>502 Bad Gateway</h1></html>"], 502, "text/html")),
    "context": Row(BAD, "too long; shorten it or choose a model with a larger context.", openai.error(
        "This model's maximum context length is 8192 tokens. However, your messages resulted in "
        "9000 tokens.", 400)),
    "content-policy": Row(BAD, "content filter blocked it; change the content.", openai.error(
        "Your request was rejected as a result of our safety system. content_policy_violation", 400)),
    "hang-up": Row(DOWN, 'LiteLLM 500: "Connection error', Reply([], HANG_UP)),
    # Broken or empty answers of the provider.
    "cut": Row(DOWN, "Response payload is not completed", openai.stream(*HALF, Pause(0.5), Cut()),
               received="Half an answer"),
    "error-event": Row(DOWN, "Blocked midway", openai.stream(
        *HALF, {"error": {"message": "Blocked midway", "type": "server_error", "code": 500}}),
        received="Half an answer"),
    "empty-body": Row(BAD, "empty or was blocked", Reply([b""], content_type="text/event-stream")),
    "garbage-body": Row(DOWN, "Expecting property name", Reply(
        [b"data: {oops\n\n"], content_type="text/event-stream")),
    "no-choices": Row(BAD, "empty or was blocked", openai.stream(
        {**openai.delta(), "choices": []}, openai.usage_chunk())),
    "blank": Row(BAD, "empty or was blocked", openai.text_stream(" ")),
    "filtered": Row(BAD, "finish reason content_filter", openai.text_stream(
        "", finish_reason="content_filter")),
    "refusal": Row(BAD, 'refused to answer: "I cannot"', openai.stream(
        openai.delta(role="assistant", refusal="I cannot"), END)),
    # Refused by the proxy itself.
    "unknown-key": Row(KEY, "Invalid proxy server token", key="sk-unknown-and-secret"),
    "blocked-key": Row(KEY, "Key is blocked", key="sk-blocked"),
    "expired-key": Row(KEY, "Expired Key", key="sk-expired"),
    "over-budget": Row(RATE, "The key's budget is used up; raise it in LiteLLM or use another key. "
                       "LiteLLM 422 (call id", key="sk-over-budget"),
    "model-access": Row(BAD, "may not use this model; allow it in LiteLLM or choose another. LiteLLM 403: "
                        "\"The requested model 'described' is not available", key="sk-restricted",
                        model="described"),
    "unknown-model": Row(BAD, "no healthy deployments", model="nope"),
    "rate-of-key": Row(RATE, "Rate limit exceeded", key="sk-slow-chat"),
    # Refused by the plugin.
    "bad-url": Row(BAD, "Base URL must be a URL", form=(("base_url", "litellm"),)),
    "bad-number": Row(BAD, "Context Length must be", form=(("context_size", "128k"),)),
    "bad-headers": Row(BAD, "Extra Headers must be", form=custom(extra_headers="x: secret-header")),
    "time-out": Row(LINE, "no answer in time", openai.stream(*HALF, Pause(20), END),
                    received="Half an answer", form=custom(timeout="1")),
}  # fmt: skip

DIRECT = {
    "no-finish-reason": Row(DOWN, "broke off before its end", openai.stream(*HALF),
                            received="Half an answer"),
    "no-end-at-all": Row(DOWN, "broke off before its end", openai.stream(*HALF, done=False),
                         received="Half an answer"),
    "reset": Row(LINE, "connection broken", openai.stream(*HALF, Pause(0.2), Cut()),
                 received="Half an answer"),
    "undecodable": Row(DOWN, "cannot be used", openai.stream(*HALF, b"data: {oops\n\n"),
                       received="Half an answer"),
    "wrong-utf-8": Row(DOWN, "cannot be used", openai.stream(*HALF, b'data: {"a": "\xff"}\n\n'),
                       received="Half an answer"),
    "wrong-types": Row(DOWN, "cannot be used", openai.stream(*HALF, {"choices": 5}),
                       received="Half an answer"),
    "html-200": Row(DOWN, "cannot be used", Reply([b"<html>Login</html>"], content_type="text/html")),
    "redirect": Row(BAD, "redirected to another address", Reply(
        [b""], 302, headers={"location": "https://sso/login"})),
    "detail-body": Row(BAD, "Not Found", json_reply({"detail": "Not Found"}, 404)),
    "plain-500": Row(DOWN, "Internal Server Error", Reply(
        [b"Internal Server Error"], 500, "text/plain")),
    "cooldown": Row(RATE, "pauses this model after errors; try again in 5 s.", json_reply(
        {"error": {"message": "No deployments available", "type": "all_deployments_in_cooldown",
                   "param": "None", "code": "429"}}, 429, **{"retry-after": "5"})),
    "echoed-key": Row(KEY, "must check it. LiteLLM 401 (call id", json_reply(
        {"error": {"message": "Received API Key = sk-direct-and-secret, hash " + "0a" * 32,
                   "type": "auth_error", "code": "401"}}, 401)),
    "quoted-key": Row(KEY, "The key *** is unknown", json_reply(
        {"error": {"message": "The key sk-direct-and-secret is unknown", "type": "auth_error",
                   "code": "401"}}, 401)),
    "echoed-header": Row(BAD, "header ***", json_reply(
        {"error": {"message": "bad header secret-header"}}, 400),
        form=custom(extra_headers='{"x-secret": "secret-header"}')),
    "many-lines": Row(BAD, '"first line"', json_reply(
        {"error": {"message": "\n first  line \nsecond line\n\nTraceback (most recent)"}}, 400)),
    "hang-up": Row(LINE, "connection closed", Reply([], HANG_UP)),
}  # fmt: skip

SECRETS = (MASTER_KEY, "and-secret", "secret-header", "0a0a0a0a")


def ask(env: Environment, model: str, credentials: dict[str, str]) -> tuple[str, PluginError]:
    received: list[str] = []
    request: dict[str, Any] = {"model_parameters": {}, "tools": None, "stop": None, "stream": True}
    message = [{"role": "user", "content": "Hello"}]
    answers = env.plugin.call("invoke_llm", model, credentials, prompt_messages=message, **request)
    with pytest.raises(PluginError) as caught:
        received.extend(answer["delta"]["message"]["content"] for answer in answers)
    return "".join(received), caught.value


def check(row: Row, received: str, error: PluginError) -> None:
    assert error.error_type == row.error_type
    assert row.words in error.message
    assert received == row.received
    assert "\n" not in error.message
    assert len(error.message) < 1000
    assert error.details in ({}, {"description": error.message})
    everything = json.dumps([error.message, error.details])
    assert not [secret for secret in SECRETS if secret in everything]


@pytest.mark.parametrize("name", THROUGH_THE_PROXY)
def test_f20_f63_f64_through_the_real_proxy(env: Environment, name: str) -> None:
    row = THROUGH_THE_PROXY[name]
    if row.key == "sk-slow-chat":
        env.upstream.on("slow", openai.text_stream("ok"))
        env.chat("scenario/slow", credentials={**env.credentials, "api_key": row.key})
    model = env.scenario(f"fails-{name}", row.reply) if row.reply else row.model or "gpt-4"
    form = {**env.credentials, "api_key": row.key, **dict(row.form)}
    check(row, *ask(env, model, form))


@pytest.mark.parametrize("name", DIRECT)
def test_f14_f63_bytes_that_the_real_proxy_does_not_send(
    env: Environment, upstream: Upstream, name: str
) -> None:
    row = DIRECT[name]
    assert row.reply
    upstream.on("m", row.reply)
    form = {"base_url": upstream.url, "api_key": "sk-direct-and-secret", **dict(row.form)}
    check(row, *ask(env, "m", form))


def test_nobody_there(env: Environment) -> None:
    received, error = ask(env, "m", {"base_url": f"http://127.0.0.1:{free_port()}"})
    check(Row(LINE, "connection refused"), received, error)
    received, error = ask(env, "m", {"base_url": "http://no-such-host.invalid"})
    check(Row(LINE, "host name not known"), received, error)


def test_a_call_id_is_shown_when_the_proxy_sent_one(env: Environment) -> None:
    _, error = ask(env, env.scenario("call-id", openai.error("Bad", 400)), env.credentials)
    assert "(call id " in error.message


def test_a_transcript_that_is_too_long_ends_its_call_and_no_other(
    env: Environment, upstream: Upstream
) -> None:
    upstream.on(
        "/v1/audio/transcriptions",
        type(openai.text_stream("a"))([json.dumps({"text": "x" * 6_000_000}).encode()]),
    )
    with pytest.raises(PluginError) as caught:
        list(
            env.plugin.call(
                "invoke_speech2text",
                "m",
                direct(upstream),
                model_type="speech2text",
                file=b"RIFF".hex(),
            )
        )
    assert caught.value.error_type == "InvokeServerUnavailableError"
    upstream.on("m", openai.text_stream("Hello"))
    assert env.chat("m", credentials=direct(upstream))[-1]["finish_reason"] == "stop"


def test_no_log_line_holds_a_secret(env: Environment) -> None:
    for line in env.plugin.lines:
        if b'"event": "log"' in line or b'"event":"log"' in line:
            assert not [secret for secret in SECRETS if secret.encode() in line]
