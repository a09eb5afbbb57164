"""The body of each request, and what of it can be given up, in which order."""

import json
from typing import Any

import pytest

from litellm_proxy.wire.audio import SpeechRequest
from litellm_proxy.wire.call_ids import is_strict_call_id, strict_call_id
from litellm_proxy.wire.chat import ChatRequest, CompletionRequest, Message, Tool
from litellm_proxy.wire.embeddings import EmbeddingsRequest
from litellm_proxy.wire.images import ImageRequest, InputImage
from litellm_proxy.wire.moderations import ModerationRequest
from litellm_proxy.wire.options import ProxyRequest, RequestOptions
from litellm_proxy.wire.rejected_requests.fallbacks import FALLBACKS, applied
from litellm_proxy.wire.rerank import RerankRequest
from litellm_proxy.wire.responses import RunRequest

USER: Message = {"role": "user", "content": "Hi"}


def without(*fallbacks: str, **more: Any) -> RequestOptions:
    return RequestOptions(fallbacks=frozenset(fallbacks), **more)


def body_of(asked: ProxyRequest) -> Any:
    """Return the body with the fallbacks that are known to be needed."""
    return json.loads(applied(asked.request(), asked.options.fallbacks).to_json())


def calling(call_id: str = "call_1", **more: Any) -> Message:
    function = {"name": "f", "arguments": "{}"}
    calls = [{"id": call_id, "type": "function", "function": function}]
    return {"role": "assistant", "content": None, "tool_calls": calls, **more}  # type: ignore[return-value]


def tool(name: str, text: str = "") -> Tool:
    return {"type": "function", "function": {"name": name, "description": text, "parameters": {}}}


STREAMED = {"stream": True, "stream_options": {"include_usage": True}}


@pytest.mark.parametrize(
    ("request_", "body"),
    [
        (ChatRequest("m", [USER], stream=False), {"model": "m", "messages": [USER]}),
        (ChatRequest("m", [], stream=False), {"model": "m"}),
        (ChatRequest("m", [USER], stream=True), {"model": "m", "messages": [USER], **STREAMED}),
        (ChatRequest("m", [USER], stream=True, options=without("no-usage-in-streams")),
         {"model": "m", "messages": [USER], "stream": True,
          "additional_drop_params": ["stream_options"]}),
        (ChatRequest("m", [USER], stream=False, stop=["a", "b"], parameters={"seed": 0}),
         {"model": "m", "messages": [USER], "stop": ["a", "b"], "seed": 0}),
        (CompletionRequest("m", "p", stream=False), {"model": "m", "prompt": "p"}),
        (CompletionRequest("m", "p", stream=True, stop=["a"], parameters={"seed": 0}),
         {"model": "m", "prompt": "p", "stop": ["a"], "seed": 0, **STREAMED}),
        (EmbeddingsRequest("m", ["a"]),
         {"model": "m", "input": ["a"], "encoding_format": "base64"}),
        (EmbeddingsRequest("m", ["a"], dimensions=8, input_type="query", sends_input_type=True),
         {"model": "m", "input": ["a"], "encoding_format": "base64", "dimensions": 8,
          "input_type": "query"}),
        (EmbeddingsRequest("m", ["a"], input_type="query", sends_input_type=True,
                           options=without("floats", "no-input-type")),
         {"model": "m", "input": ["a"], "encoding_format": "float"}),
        (EmbeddingsRequest("m", ["a"], options=without("no-encoding", "floats")),
         {"model": "m", "input": ["a"]}),
        (EmbeddingsRequest("m", ["a"], options=RequestOptions(extra={"encoding_format": "float"})),
         {"model": "m", "input": ["a"], "encoding_format": "float"}),
        (RerankRequest("m", "q", ["a", {"image": "aGk="}], top_n=1),
         {"model": "m", "query": "q", "documents": ["a", {"image": "aGk="}], "top_n": 1}),
        (SpeechRequest("m", "t", "alloy"),
         {"model": "m", "input": "t", "voice": "alloy", "response_format": "mp3"}),
        (SpeechRequest("m", "t", "alloy", options=without("wav")),
         {"model": "m", "input": "t", "voice": "alloy", "response_format": "wav"}),
        (SpeechRequest("m", "t", "alloy", "opus", options=without("wav")),
         {"model": "m", "input": "t", "voice": "alloy", "response_format": "opus"}),
        (ModerationRequest("m", "t"), {"model": "m", "input": "t"}),
        (RunRequest("m", [USER], parameters={"reasoning": {}}),
         {"model": "m", "input": [USER], "background": True, "store": True, "reasoning": {}}),
        (ImageRequest("m", "p"), {"model": "m", "prompt": "p", "n": 1, "output_format": "jpeg"}),
        (ImageRequest("m", "p", options=without("image-url")),
         {"model": "m", "prompt": "p", "n": 1, "response_format": "url"}),
        (ImageRequest("m", "p", options=without("image-url", "any-image")),
         {"model": "m", "prompt": "p", "n": 1}),
        (ImageRequest("m", "p", parameters={"output_format": "png", "size": "1x1"}),
         {"model": "m", "prompt": "p", "n": 1, "output_format": "png", "size": "1x1"}),
        (ImageRequest("m", "p", options=RequestOptions(extra={"response_format": "b64_json"})),
         {"model": "m", "prompt": "p", "n": 1, "response_format": "b64_json"}),
        (ImageRequest("m", "p", parameters={"background": "transparent"}),
         {"model": "m", "prompt": "p", "n": 1, "background": "transparent"}),
        (ImageRequest("m", "p", options=RequestOptions(extra={"background": "transparent"})),
         {"model": "m", "prompt": "p", "n": 1, "background": "transparent"}),
        (ImageRequest("m", "p", parameters={"background": "opaque"},
                      options=RequestOptions(extra={"background": "transparent"})),
         {"model": "m", "prompt": "p", "n": 1, "background": "opaque", "output_format": "jpeg"}),
    ],
)  # fmt: skip
def test_a_body_has_what_was_asked_and_no_more(request_: Any, body: dict[str, Any]) -> None:
    assert body_of(request_) == body


def test_further_fields_stand_beside_those_of_the_request() -> None:
    further = RequestOptions(extra={"seed": 7, "model": "other"})
    body = ModerationRequest("m", "ä", options=further).to_json()
    assert body == b'{"seed":7,"model":"m","input":"\\u00e4"}'


def test_the_form_of_a_request_that_changes_images() -> None:
    one = InputImage(b"x", "image/png", "a.png")
    asked = ImageRequest("m", "p", [one], {"size": "1x1"})
    request = asked.request()
    assert request.path == "/v1/images/edits"
    assert request.to_form() == {
        "model": "m", "prompt": "p", "n": "1", "size": "1x1", "output_format": "jpeg",
    }  # fmt: skip
    part = ("a.png", b"x", "image/png")
    assert request.files == [("image", part)]
    two = ImageRequest("m", "p", [one, one]).request()
    assert two.files == [("image[]", part), ("image[]", part)]
    assert ImageRequest("m", "p").request().path == "/v1/images/generations"
    assert not ImageRequest("m", "p").request().files
    assert "b'x'" not in repr(asked)


def declared(request: ChatRequest) -> list[str] | None:
    tools = body_of(request).get("tools")
    return tools and [each.get("function", each).get("name") for each in tools]


@pytest.mark.parametrize(
    ("tools", "of_the_history", "others", "names"),
    [
        ([], [], None, None),
        (["f"], [], None, ["f"]),
        (["f"], ["h"], None, ["f"]),
        ([], ["h"], None, ["h"]),
        (["f"], [], [{"type": "mcp", "name": "x"}], ["f", "x"]),
        ([], ["h"], [tool("x")], ["h", "x"]),
        (["f", "g"], [], [tool("g", "another"), tool("x")], ["f", "g", "x"]),
        (["f"], [], [{"function": {"name": 5}}, {"function": {}}], ["f", 5, None]),
        (["f"], [], "garbage", ["f"]),
        ([], [], [tool("x")], ["x"]),
    ],
)
def test_tools_of_an_app_and_of_extra_fields_go_together(
    tools: list[str], of_the_history: list[str], others: Any, names: list[Any] | None
) -> None:
    request = ChatRequest(
        "m", [USER], stream=False, tools=[tool(name) for name in tools],
        tools_of_the_history=[tool(name) for name in of_the_history],
        options=RequestOptions(extra={"tools": others} if others else {}),
    )  # fmt: skip
    assert declared(request) == names


def test_tools_of_the_history_can_be_left_out() -> None:
    known = without("no-tools-of-the-history")
    asked = ChatRequest("m", [USER], stream=False, tools_of_the_history=[tool("h")], options=known)
    assert declared(asked) is None


RESULT: Message = {"role": "tool", "content": "Sunny", "tool_call_id": "call_1"}
STRICT = "74196fe72"
SAID: Message = {"role": "assistant", "content": "Hi", "reasoning_content": "kept"}


@pytest.mark.parametrize(
    ("fallbacks", "sent"),
    [
        ([], [calling(reasoning_content="r", reasoning_items=[{"id": "i"}]), calling(), RESULT]),
        (["any-type"],
         [calling(reasoning_content="r", reasoning_items=[{"id": "i"}]), calling(), RESULT]),
        (["no-reasoning-back"], [calling(), calling(), RESULT]),
        (["no-reasoning-back", "filled-reasoning"], [calling(), calling(), RESULT]),
        (["filled-reasoning"],
         [calling(reasoning_content="r", reasoning_items=[{"id": "i"}]),
          calling(reasoning_content=" "), RESULT]),
        (["strict-call-ids", "no-reasoning-back"],
         [calling(STRICT), calling(STRICT), {**RESULT, "tool_call_id": STRICT}]),
    ],
)  # fmt: skip
def test_what_a_history_is_without(fallbacks: list[str], sent: list[Message]) -> None:
    history = [
        USER, SAID, calling(reasoning_content="r", reasoning_items=[{"id": "i"}]), calling(), RESULT,
    ]  # fmt: skip
    before = json.dumps(history)
    request = ChatRequest("m", history, stream=False, options=without(*fallbacks))
    assert body_of(request)["messages"] == [USER, SAID, *sent]
    assert json.dumps(history) == before


WHO = RequestOptions(user="u", app="a", session_id="session-1")


def chat(*messages: Message, stream: bool = False, **more: Any) -> ChatRequest:
    return ChatRequest("m", messages, stream=stream, **more)


ONE_IMAGE = [InputImage(b"x", "image/png", "a.png")]
OF_WHO = ["end-user-in-body", "no-end-user", "no-tag-of-the-app", "no-metadata", "no-session"]
NINE = calling("abcdefgh9")
OF_NINE: Message = {"role": "tool", "content": "Sunny", "tool_call_id": "abcdefgh9"}
TWO_ROUNDS = [USER, NINE, OF_NINE] * 2


@pytest.mark.parametrize(
    ("asked", "open_ones"),
    [
        (ModerationRequest("m", "t"), []),
        (ModerationRequest("m", "t", WHO), OF_WHO),
        (ModerationRequest("m", "t", RequestOptions(tags=("t",))), ["no-metadata"]),
        (chat(USER), ["stream-only"]),
        (chat(USER, stream=True), ["no-stream", "no-usage-in-streams"]),
        (chat(USER, {"role": "system", "content": "x"}, stream=True),
         ["no-stream", "no-usage-in-streams", "one-system-message"]),
        (chat(USER, stop=["a"]), ["stream-only", "stop-cut-here"]),
        (chat(USER, parameters={"temperature": 0.7, "seed": 1, "max_tokens": 5}),
         ["stream-only", "max-completion-tokens", "no-temperature"]),
        (chat(calling()), ["stream-only", "filled-reasoning", "strict-call-ids"]),
        (chat(NINE), ["stream-only", "filled-reasoning"]),
        (chat(*TWO_ROUNDS), ["stream-only", "filled-reasoning", "distinct-call-ids"]),
        (chat(calling("abcdefgh9", reasoning_content="r")), ["stream-only", "no-reasoning-back"]),
        (chat(calling("abcdefgh9", thinking_blocks=[{}], reasoning_content="r")),
         ["stream-only", "no-reasoning-back", "no-signed-reasoning"]),
        (chat(NINE, parameters={"reasoning_effort": "low"}),
         ["stream-only", "filled-reasoning", "no-more-reasoning"]),
        (chat(USER, tools=[tool("f")], default_effort="medium"),
         ["stream-only", "default-reasoning-effort"]),
        (chat(USER, tools_of_the_history=[tool("h")]), ["stream-only", "no-tools-of-the-history"]),
        (CompletionRequest("m", "p", stream=False), []),
        (CompletionRequest("m", "p", stream=True), ["no-stream", "no-usage-in-streams"]),
        (EmbeddingsRequest("m", ["a"]), ["no-encoding", "floats"]),
        (EmbeddingsRequest("m", ["a"], dimensions=8),
         ["dimensions-allowed", "no-encoding", "floats"]),
        (EmbeddingsRequest("m", ["a"], input_type="query"),
         ["passage-and-query", "no-encoding", "floats"]),
        (EmbeddingsRequest("m", ["a"], input_type="document", sends_input_type=True),
         ["passage-and-query", "no-input-type", "no-encoding", "floats"]),
        (EmbeddingsRequest("m", ["a"], options=RequestOptions(extra={"encoding_format": "float"})), []),
        (SpeechRequest("m", "t", "v"), ["wav"]),
        (SpeechRequest("m", "t", "v", "mp3"), []),
        (ImageRequest("m", "p"), ["image-url"]),
        (ImageRequest("m", "p", ONE_IMAGE, {"output_format": "png"}), []),
        (ImageRequest("m", "p", parameters={"background": "transparent"}), []),
        (ImageRequest("m", "p", parameters={"response_format": "url"}), []),
    ],
)  # fmt: skip
def test_what_of_a_request_may_be_sent_otherwise(asked: ProxyRequest, open_ones: list[str]) -> None:
    """Of a value that a person chose, nothing."""
    request = asked.request()
    applicable = [each.name for each in FALLBACKS if each.applies(request)]
    always = {"session-header", "any-type", "end-user-in-metadata"}
    assert [name for name in applicable if name not in always] == open_ones
    # What was changed is not changed again.
    for each in FALLBACKS:
        if each.applies(request):
            assert not each.applies(each.apply(request)), each.name


def test_an_id_that_no_text_can_hold_becomes_a_strict_one_all_the_same() -> None:
    assert strict_call_id("half \ud83d") == strict_call_id("half \ud83d")
    assert is_strict_call_id(strict_call_id("half \ud83d"))
