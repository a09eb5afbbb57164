"""Record what the real LiteLLM proxy sends: `python -m tests.captures.record`.

Each capture is the exact body of one answer. `index.json` says which request got it, with which
status and headers, and what the upstream behind the proxy had answered.
"""

import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from harness.litellm_proxy_process import ROOT, litellm_proxy
from harness.upstream import Cut, Pause, Reply, json_reply
from tests.support import openai_format as openai
from tests.support.anthropic_format import claude_tool_turn
from tests.support.environment import MASTER_KEY, Environment, environment

FOLDER = Path(__file__).parent
_KEPT_HEADERS = ("content-type", "retry-after", "x-litellm-response-cost", "x-litellm-version")


@dataclass(frozen=True)
class Capture:
    """A request to the proxy; `reply` is what the upstream answers, if it is asked."""

    file: str
    why: str
    path: str
    body: Mapping[str, Any] | None = None
    reply: Reply | None = None
    key: str = MASTER_KEY
    method: str = "POST"


def chat(
    file: str, why: str, reply: Reply, model: str = "scenario/capture", **body: Any
) -> Capture:
    request = {
        "model": model,
        "messages": [{"role": "user", "content": "Hello"}],
        "stream": True,
        "stream_options": {"include_usage": True},
        **body,
    }
    if not request["stream"]:
        del request["stream_options"]
    return Capture(file, why, "/v1/chat/completions", request, reply)


IMAGES = [
    {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}, "index": 0}
]
TOOLS = [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}]
CAPTURES = [
    chat("chat_text.sse", "text, with umlauts, CJK and U+2028",
         openai.text_stream("Grüße, ", "世界", "\u2028", "!")),
    chat("chat_text_priced.sse", "a model with a price: cost in the usage chunk",
         openai.text_stream("Hello", "!"), model="described"),
    chat("chat_length.sse", "cut by max_tokens", openai.text_stream("Once", finish_reason="length")),
    chat("chat_tools.sse", "two tool calls, interleaved", openai.stream(
        openai.delta(role="assistant", content=None),
        openai.tool_delta(0, id="call_a", name="weather"),
        openai.tool_delta(1, id="call_b", name="time"),
        openai.tool_delta(0, arguments='{"city": '),
        openai.tool_delta(1, arguments='{"zone": '),
        openai.tool_delta(0, arguments='"Oslo"}'),
        openai.tool_delta(1, arguments='"CET"}'),
        openai.delta(finish_reason="tool_calls"), openai.usage_chunk()), tools=TOOLS),
    chat("chat_reasoning.sse", "reasoning, then text", openai.stream(
        openai.delta(role="assistant", reasoning_content="First "),
        openai.delta(reasoning_content="think."), openai.delta(content="42"),
        openai.delta(finish_reason="stop"), openai.usage_chunk())),
    chat("chat_broken.sse", "the upstream's connection is reset midway", openai.stream(
        openai.delta(role="assistant", content="Half an "), openai.delta(content="answer"),
        Pause(0.5), Cut())),
    chat("chat_empty.sse", "the upstream answers 200 with nothing", Reply(
        [b""], content_type="text/event-stream")),
    chat("chat_refusal.sse", "a refusal, of which the proxy passes on the first piece",
         openai.stream(
             openai.delta(role="assistant", refusal="I can"), openai.delta(refusal="not"),
             openai.delta(finish_reason="stop"), openai.usage_chunk())),
    chat("chat_refusal.json", "a blocking refusal",
         openai.completion(content=None, refusal="I cannot"), stream=False),
    chat("chat_thinking_tags.sse", "a model that writes think tags: left in the text",
         openai.text_stream("<thi", "nk>\nhm", "\n</th", "ink>\n\n42")),
    chat("chat_thinking_tags.json", "the same, blocking: taken out by the proxy",
         openai.completion(content="<think>\nhm\n</think>\n\n42"), stream=False),
    chat("chat_function_call.sse", "the function_call of old backends", openai.stream(
        openai.delta(role="assistant", function_call={"name": "f", "arguments": ""}),
        openai.delta(function_call={"arguments": '{"a":'}),
        openai.delta(function_call={"arguments": "1}"}),
        openai.delta(finish_reason="function_call"), openai.usage_chunk())),
    chat("chat_image.sse", "an image that the model made", openai.stream(
        openai.delta(role="assistant", content="Here"), openai.delta(images=IMAGES),
        openai.delta(finish_reason="stop"), openai.usage_chunk())),
    chat("chat_image.json", "the same, blocking",
         openai.completion(content="Here", images=IMAGES), stream=False),
    chat("chat_audio.sse", "audio that the model made, with its transcript", openai.stream(
        openai.delta(role="assistant", content=None, audio={"id": "a", "transcript": "Hel"}),
        openai.delta(audio={"id": "a", "data": "QUJD", "transcript": "lo"}),
        openai.delta(finish_reason="stop"), openai.usage_chunk())),
    chat("chat_annotations.sse", "web pages that the answer rests on", openai.stream(
        openai.delta(role="assistant", content="Here"),
        openai.delta(annotations=[{"type": "url_citation", "url_citation": {
            "url": "https://a.example/x", "title": "A", "start_index": 0, "end_index": 3}}]),
        openai.delta(finish_reason="stop"), openai.usage_chunk())),
    chat("chat_claude.sse", "signed thinking, then a tool call, from Anthropic's own format",
         claude_tool_turn(), model="known-claude", tools=TOOLS, reasoning_effort="low"),
    chat("chat_text.json", "blocking", openai.completion(content="Hello!"), stream=False),
    chat("chat_tools.json", "blocking tool calls", openai.completion(
        "tool_calls", content=None, tool_calls=[
            {"id": "call_a", "type": "function",
             "function": {"name": "weather", "arguments": '{"city": "Oslo"}'}}]),
         stream=False, tools=TOOLS),
    chat("chat_reasoning.json", "blocking reasoning", openai.completion(
        content="42", reasoning_content="First think."), stream=False),
    chat("error_upstream_401.json", "the provider refuses LiteLLM's key",
         openai.error("Incorrect API key provided", 401), model="scenario/e401"),
    chat("error_upstream_429.json", "the provider's rate limit",
         openai.error("Rate limit reached", 429, "tokens"), model="scenario/e429"),
    chat("error_upstream_500.json", "the provider fails",
         openai.error("The server had an error", 500), model="scenario/e500"),
    chat("error_context.json", "the prompt is too long", openai.error(
        "This model's maximum context length is 8192 tokens. However, your messages resulted in "
        "9000 tokens.", 400), model="scenario/econtext"),
    Capture("error_no_messages.json", "the free probe: model named, messages missing",
            "/v1/chat/completions", {"model": "described"}),
    Capture("error_unknown_model.json", "a name that the proxy does not have",
            "/v1/chat/completions", {"model": "nope", "messages": [{"role": "user", "content": "x"}]}),
    Capture("error_unknown_key.json", "a virtual key that the proxy does not know", "/v1/models",
            key="sk-wrong", method="GET"),
    Capture("error_expired_key.json", "an expired virtual key", "/v1/models",
            key="sk-expired", method="GET"),
    Capture("error_budget.json", "a key whose budget is used up", "/v1/models",
            key="sk-over-budget", method="GET"),
    Capture("error_model_access.json", "a key that may not use the model",
            "/v1/chat/completions", {"model": "described"}, key="sk-restricted"),
    Capture("error_route.json", "a key that may only chat", "/v1/models",
            key="sk-chat-routes", method="GET"),
    Capture("error_no_file.json", "a transcription without its file", "/v1/audio/transcriptions"),
    Capture("error_not_found.json", "a path that does not exist", "/v1/v1/models", method="GET"),
    Capture("models.json", "the names of a key", "/v1/models", method="GET"),
    Capture("model_info.json", "deployments of a key that may use three names",
            "/v1/model/info", method="GET", key="sk-three"),
    Capture("group_described.json", "facts of a described model",
            "/model_group/info?model_group=described", method="GET"),
    Capture("group_uncatalogued.json", "facts of a backend that LiteLLM does not know",
            "/model_group/info?model_group=gpt-4", method="GET"),
    Capture("group_unknown.json", "no such group",
            "/model_group/info?model_group=nope", method="GET"),
    Capture("embeddings.json", "vectors in another order", "/v1/embeddings",
            {"model": "scenario/vectors", "input": ["a", "b", "c"], "encoding_format": "float"},
            openai.embeddings([[0.0, 1.0], [0.5, 0.5], [1.0, 0.0]], order=(2, 0, 1))),
    Capture("completion.sse", "completion mode", "/v1/completions",
            {"model": "old-completion", "prompt": "Once", "stream": True},
            openai.stream(
                {"id": "1", "object": "text_completion", "created": 1, "model": "old",
                 "choices": [{"index": 0, "text": " upon", "finish_reason": None}]},
                {"id": "1", "object": "text_completion", "created": 1, "model": "old",
                 "choices": [{"index": 0, "text": " a time", "finish_reason": "stop"}]})),
]  # fmt: skip


BACKENDS = {"old-completion": "old", "known-claude": "claude-sonnet-4-5"}
"""What the upstream is asked for, where it is not the public name."""
WITHOUT_VIRTUAL_KEYS = [
    Capture("error_wrong_key.json", "a wrong key on a proxy without database", "/v1/models",
            key="sk-wrong", method="GET"),
]  # fmt: skip


def set_reply(env: Environment, capture: Capture) -> None:
    """Let the upstream answer as the capture wants it."""
    if capture.reply and capture.body:
        name = str(capture.body["model"]).removeprefix("scenario/")
        env.upstream.on(BACKENDS.get(name, name), capture.reply)


def record(proxy_url: str, capture: Capture) -> dict[str, object]:
    """Ask the proxy, write the body to its file, and return its row of the index."""
    answer = httpx.request(
        capture.method,
        proxy_url + capture.path,
        headers={"Authorization": f"Bearer {capture.key}"},
        json=capture.body,
        timeout=60,
    )
    (FOLDER / capture.file).write_bytes(answer.content)
    headers = {name: answer.headers[name] for name in _KEPT_HEADERS if name in answer.headers}
    return {"why": capture.why, "status": answer.status_code, "headers": headers}


def main() -> None:
    index: dict[str, object] = {}
    with tempfile.TemporaryDirectory() as folder:
        with environment(Path(folder)) as env:
            env.upstream.on("/v1/chat/completions", json_reply({}, 500))
            for capture in CAPTURES:
                set_reply(env, capture)
                index[capture.file] = record(env.proxy_url, capture)
        plain = {
            "LITELLM_MASTER_KEY": MASTER_KEY,
            "LOCAL_CHAT_URL": "http://127.0.0.1:1",
            "LOCAL_EMBEDDING_URL": "http://127.0.0.1:1",
            "STAND_IN_URL": "http://127.0.0.1:1",
        }
        config = ROOT / "examples" / "litellm_config.yaml"
        with litellm_proxy(config, log=Path(folder) / "plain.log", env=plain) as proxy_url:
            for capture in WITHOUT_VIRTUAL_KEYS:
                index[capture.file] = record(proxy_url, capture)
    (FOLDER / "index.json").write_text(json.dumps(index, indent=2) + "\n")
    print(f"{len(index)} captures written to {FOLDER.name}/")  # noqa: T201


if __name__ == "__main__":
    main()
