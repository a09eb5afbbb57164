"""The body of each request, and what of it can be given up, in which order."""

import json
from typing import Any

import pytest

from litellm_proxy.wire.audio import SpeechRequest
from litellm_proxy.wire.call_ids import is_strict_call_id, strict_call_id
from litellm_proxy.wire.chat import ChatRequest, CompletionRequest, Message, Tool
from litellm_proxy.wire.concessions import Concession
from litellm_proxy.wire.embeddings import EmbeddingsRequest
from litellm_proxy.wire.images import ImageRequest, InputImage
from litellm_proxy.wire.moderations import ModerationRequest
from litellm_proxy.wire.options import ProxyRequest, RequestOptions
from litellm_proxy.wire.rerank import RerankRequest
from litellm_proxy.wire.responses import RunRequest

C = Concession
USER: Message = {"role": "user", "content": "Hi"}


def without(*concessions: C, **more: Any) -> RequestOptions:
    return RequestOptions(concessions=frozenset(concessions), **more)


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
        (ChatRequest("m", [USER], stream=True, options=without(C.NO_USAGE_IN_STREAMS)),
         {"model": "m", "messages": [USER], "stream": True}),
        (ChatRequest("m", [USER], stream=False, stop=["a", "b"], parameters={"seed": 0}),
         {"model": "m", "messages": [USER], "stop": ["a", "b"], "seed": 0}),
        (CompletionRequest("m", "p", stream=False), {"model": "m", "prompt": "p"}),
        (CompletionRequest("m", "p", stream=True, stop=["a"], parameters={"seed": 0}),
         {"model": "m", "prompt": "p", "stop": ["a"], "seed": 0, **STREAMED}),
        (EmbeddingsRequest("m", ["a"]),
         {"model": "m", "input": ["a"], "encoding_format": "base64"}),
        (EmbeddingsRequest("m", ["a"], dimensions=8, input_type="query"),
         {"model": "m", "input": ["a"], "encoding_format": "base64", "dimensions": 8,
          "input_type": "query"}),
        (EmbeddingsRequest("m", ["a"], input_type="query",
                           options=without(C.FLOATS, C.NO_INPUT_TYPE)),
         {"model": "m", "input": ["a"], "encoding_format": "float"}),
        (EmbeddingsRequest("m", ["a"], options=without(C.NO_ENCODING, C.FLOATS)),
         {"model": "m", "input": ["a"]}),
        (EmbeddingsRequest("m", ["a"], options=RequestOptions(extra={"encoding_format": "float"})),
         {"model": "m", "input": ["a"], "encoding_format": "float"}),
        (RerankRequest("m", "q", ["a", {"image": "aGk="}], top_n=1),
         {"model": "m", "query": "q", "documents": ["a", {"image": "aGk="}], "top_n": 1}),
        (SpeechRequest("m", "t", "alloy"),
         {"model": "m", "input": "t", "voice": "alloy", "response_format": "mp3"}),
        (SpeechRequest("m", "t", "alloy", options=without(C.WAV)),
         {"model": "m", "input": "t", "voice": "alloy", "response_format": "wav"}),
        (SpeechRequest("m", "t", "alloy", "opus", options=without(C.WAV)),
         {"model": "m", "input": "t", "voice": "alloy", "response_format": "opus"}),
        (ModerationRequest("m", "t"), {"model": "m", "input": "t"}),
        (RunRequest("m", [USER], parameters={"reasoning": {}}),
         {"model": "m", "input": [USER], "background": True, "store": True, "reasoning": {}}),
        (ImageRequest("m", "p"), {"model": "m", "prompt": "p", "n": 1, "output_format": "jpeg"}),
        (ImageRequest("m", "p", options=without(C.IMAGE_URL)),
         {"model": "m", "prompt": "p", "n": 1, "response_format": "url"}),
        (ImageRequest("m", "p", options=without(C.IMAGE_URL, C.ANY_IMAGE)),
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
    assert json.loads(request_.to_json()) == body


def test_further_fields_stand_beside_those_of_the_request() -> None:
    further = RequestOptions(extra={"seed": 7, "model": "other"})
    body = ModerationRequest("m", "ä", options=further).to_json()
    assert body == b'{"seed":7,"model":"m","input":"\\u00e4"}'


def test_the_form_of_a_request_that_changes_images() -> None:
    one = InputImage(b"x", "image/png", "a.png")
    request = ImageRequest("m", "p", [one], {"size": "1x1"})
    assert request.path == "/v1/images/edits"
    assert request.fields == {
        "model": "m", "prompt": "p", "n": "1", "size": "1x1", "output_format": "jpeg",
    }  # fmt: skip
    part = ("a.png", b"x", "image/png")
    assert request.files == [("image", part)]
    assert ImageRequest("m", "p", [one, one]).files == [("image[]", part), ("image[]", part)]
    assert ImageRequest("m", "p").path == "/v1/images/generations"
    assert ImageRequest("m", "p").files == []
    assert "b'x'" not in repr(request)


def declared(request: ChatRequest) -> list[str] | None:
    tools = json.loads(request.to_json()).get("tools")
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


def test_tools_of_the_history_can_be_given_up() -> None:
    request = ChatRequest("m", [USER], stream=False, tools_of_the_history=[tool("h")])
    assert declared(request.conceding(frozenset({C.NO_TOOLS_OF_THE_HISTORY}))) is None


RESULT: Message = {"role": "tool", "content": "Sunny", "tool_call_id": "call_1"}
STRICT = "74196fe72"
SAID: Message = {"role": "assistant", "content": "Hi", "reasoning_content": "kept"}


@pytest.mark.parametrize(
    ("concessions", "sent"),
    [
        ([], [calling(reasoning_content="r", reasoning_items=[{"id": "i"}]), calling(), RESULT]),
        ([C.ANY_TYPE],
         [calling(reasoning_content="r", reasoning_items=[{"id": "i"}]), calling(), RESULT]),
        ([C.NO_REASONING_BACK], [calling(), calling(), RESULT]),
        ([C.NO_REASONING_BACK, C.FILLED_REASONING], [calling(), calling(), RESULT]),
        ([C.FILLED_REASONING],
         [calling(reasoning_content="r", reasoning_items=[{"id": "i"}]),
          calling(reasoning_content=" "), RESULT]),
        ([C.STRICT_CALL_IDS, C.NO_REASONING_BACK],
         [calling(STRICT), calling(STRICT), {**RESULT, "tool_call_id": STRICT}]),
    ],
)  # fmt: skip
def test_what_a_history_is_without(concessions: list[C], sent: list[Message]) -> None:
    history = [
        USER, SAID, calling(reasoning_content="r", reasoning_items=[{"id": "i"}]), calling(), RESULT,
    ]  # fmt: skip
    before = json.dumps(history)
    request = ChatRequest("m", history, stream=False, options=without(*concessions))
    assert json.loads(request.to_json())["messages"] == [USER, SAID, *sent]
    assert json.dumps(history) == before


ALL = RequestOptions(user="u", app="a", session_id="s")
OF_ALL = [
    C.END_USER_IN_BODY, C.NO_END_USER, C.NO_TAG_OF_THE_APP, C.NO_METADATA, C.NO_SESSION, C.ANY_TYPE
]  # fmt: skip


@pytest.mark.parametrize(
    ("options", "open_ones"),
    [
        (RequestOptions(), [C.ANY_TYPE]),
        (ALL, OF_ALL),
        (RequestOptions(user="u"), [C.END_USER_IN_BODY, C.NO_END_USER, C.ANY_TYPE]),
        (RequestOptions(tags=("t",)), [C.NO_METADATA, C.ANY_TYPE]),
        (RequestOptions(app="a"), [C.NO_TAG_OF_THE_APP, C.NO_METADATA, C.ANY_TYPE]),
        (RequestOptions(session_id="s"), [C.NO_SESSION, C.ANY_TYPE]),
        (without(C.NO_END_USER, user="u"), [C.ANY_TYPE]),
        (without(C.END_USER_IN_BODY, user="u"), [C.ANY_TYPE]),
        (without(C.END_USER_IN_METADATA, user="u"),
         [C.END_USER_IN_BODY, C.NO_END_USER, C.NO_METADATA, C.ANY_TYPE]),
        (without(C.NO_TAG_OF_THE_APP, app="a"), [C.NO_METADATA, C.ANY_TYPE]),
        (without(C.NO_METADATA, app="a"), [C.NO_TAG_OF_THE_APP, C.ANY_TYPE]),
        (without(C.NO_SESSION, session_id="s"), [C.ANY_TYPE]),
        (without(C.ANY_TYPE), []),
    ],
)  # fmt: skip
def test_what_of_the_options_can_be_given_up(options: RequestOptions, open_ones: list[C]) -> None:
    assert list(options.open_concessions()) == open_ones
    assert list(ModerationRequest("m", "t", options=options).open_concessions()) == open_ones


def chat(*messages: Message, stream: bool = False, tools: list[Tool] | None = None) -> ChatRequest:
    return ChatRequest("m", messages, stream=stream, tools=tools or ())


LAST = C.ANY_TYPE
ONE_IMAGE = [InputImage(b"x", "image/png", "a.png")]


@pytest.mark.parametrize(
    ("request_", "open_ones"),
    [
        (chat(USER), [LAST]),
        (chat(USER, SAID, stream=True), [C.NO_USAGE_IN_STREAMS, LAST]),
        (chat(calling()), [C.FILLED_REASONING, C.STRICT_CALL_IDS, LAST]),
        (chat(calling("abcdefgh9")), [C.FILLED_REASONING, LAST]),
        (chat(calling("abcdefgh9"), calling("abcdefgh-")),
         [C.FILLED_REASONING, C.STRICT_CALL_IDS, LAST]),
        (chat(calling("abcdefgh9", reasoning_content="r")), [C.NO_REASONING_BACK, LAST]),
        (chat(calling("abcdefgh9", reasoning_items=[{}])), [C.NO_REASONING_BACK, LAST]),
        (chat(calling("abcdefgh9"), calling("abcdefgh9", reasoning_content="r")),
         [C.FILLED_REASONING, C.NO_REASONING_BACK, LAST]),
        (ChatRequest("m", [USER], stream=False, tools_of_the_history=[tool("h")]),
         [C.NO_TOOLS_OF_THE_HISTORY, LAST]),
        (ChatRequest("m", [USER], stream=False, tools=[tool("f")], tools_of_the_history=[tool("h")]),
         [LAST]),
        (CompletionRequest("m", "p", stream=False), [LAST]),
        (CompletionRequest("m", "p", stream=True), [C.NO_USAGE_IN_STREAMS, LAST]),
        (EmbeddingsRequest("m", ["a"]), [LAST, C.FLOATS, C.NO_ENCODING]),
        (EmbeddingsRequest("m", ["a"], input_type="query"),
         [LAST, C.NO_INPUT_TYPE, C.FLOATS, C.NO_ENCODING]),
        (SpeechRequest("m", "t", "v"), [C.WAV, LAST]),
        (SpeechRequest("m", "t", "v", "mp3"), [LAST]),
        (ImageRequest("m", "p"), [C.IMAGE_URL, LAST]),
        (ImageRequest("m", "p", ONE_IMAGE, {"output_format": "png"}), [LAST]),
        (ImageRequest("m", "p", parameters={"background": "transparent"}), [LAST]),
    ],
)  # fmt: skip
def test_what_of_a_request_can_be_given_up(request_: ProxyRequest, open_ones: list[C]) -> None:
    assert list(request_.open_concessions()) == open_ones
    # What was given up is not open any more, and nothing else has gone with it.
    for given_up in open_ones:
        left = list(request_.conceding(frozenset({given_up})).open_concessions())
        assert given_up not in left
        closed = {given_up, *CLOSED_TOO.get(given_up, ())}
        assert [each for each in open_ones if each not in closed] == [
            each for each in left if each is not C.ANY_IMAGE
        ]


CLOSED_TOO = {C.NO_ENCODING: {C.FLOATS}}


def test_of_an_image_first_its_format_and_then_its_place_is_given_up() -> None:
    request = ImageRequest("m", "p", options=without(C.ANY_TYPE))
    assert list(request.open_concessions()) == [C.IMAGE_URL]
    request = request.conceding(frozenset({C.IMAGE_URL}))
    assert list(request.open_concessions()) == [C.ANY_IMAGE]
    assert list(request.conceding(frozenset({C.ANY_IMAGE})).open_concessions()) == []


def test_who_an_encoding_was_asked_by_names_it() -> None:
    options = RequestOptions(extra={"encoding_format": "float"})
    assert list(EmbeddingsRequest("m", ["a"], options=options).open_concessions()) == [LAST]


def test_a_request_that_concedes_nothing_new_is_the_same() -> None:
    request = ModerationRequest("m", "t", options=without(C.NO_SESSION))
    assert request.conceding(frozenset({C.NO_SESSION})) is request
    more = request.conceding(frozenset({C.NO_METADATA}))
    assert more.options.concessions == {C.NO_SESSION, C.NO_METADATA}


def test_an_id_that_no_text_can_hold_becomes_a_strict_one_all_the_same() -> None:
    assert strict_call_id("half \ud83d") == strict_call_id("half \ud83d")
    assert is_strict_call_id(strict_call_id("half \ud83d"))
