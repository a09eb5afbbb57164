import copy
import json
import time
from typing import Any

import pytest
from dify_plugin.entities.model.message import (
    AssistantPromptMessage,
    AudioPromptMessageContent,
    DocumentPromptMessageContent,
    ImagePromptMessageContent,
    PromptMessage,
    PromptMessageTool,
    SystemPromptMessage,
    TextPromptMessageContent,
    ToolPromptMessage,
    UserPromptMessage,
    VideoPromptMessageContent,
)

from litellm_proxy.wire.chat import ChatRequest
from litellm_proxy.wire.rejected_requests.fallbacks import applied
from translation.errors.request_error import RequestError
from translation.reasoning import Reasoning
from translation.request.chat_request import chat_request, completion_request
from translation.think_block import without_thinking

PNG = ImagePromptMessageContent(format="png", base64_data="QUJD", mime_type="image/png")


def translate(*messages: PromptMessage, **parameters: object) -> ChatRequest:
    return chat_request("m", messages, parameters, stream=True)


def called(*ids: str, content: str = "") -> AssistantPromptMessage:
    function = AssistantPromptMessage.ToolCall.ToolCallFunction(name="f", arguments='{"x": 1}')
    calls = [
        AssistantPromptMessage.ToolCall(id=id_, type="function", function=function) for id_ in ids
    ]
    return AssistantPromptMessage(content=content, tool_calls=calls)


def test_every_role_is_translated_in_order() -> None:
    request = translate(
        SystemPromptMessage(content="Be brief."),
        UserPromptMessage(content="Weather?"),
        called("call_1"),
        ToolPromptMessage(content="Sunny", tool_call_id="call_1"),
        AssistantPromptMessage(content="It is sunny."),
    )
    assert request.messages == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Weather?"},
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [
                {
                    "id": "call_1",
                    "type": "function",
                    "function": {"name": "f", "arguments": '{"x": 1}'},
                }
            ],
        },
        {"role": "tool", "content": "Sunny", "tool_call_id": "call_1"},
        {"role": "assistant", "content": "It is sunny."},
    ]


def test_f30_text_beside_tool_calls_is_kept_and_nothing_is_null() -> None:
    assert translate(called("a", content="Let me look."))
    assert translate(called("a")).messages[0]["content"] is None
    assert translate(called("a", content="Let me look.")).messages[0]["content"] == "Let me look."


def test_f31_assistant_turns_in_a_row_are_merged() -> None:
    request = translate(
        AssistantPromptMessage(content="One."), AssistantPromptMessage(content="Two."), called("a")
    )
    assert len(request.messages) == 1
    assert request.messages[0]["content"] == "One.\n\nTwo."
    assert [c["id"] for c in request.messages[0]["tool_calls"]] == ["a"]  # type: ignore[typeddict-item]


def test_images_by_data_and_by_url() -> None:
    url = ImagePromptMessageContent(
        format="png",
        url="https://h/a.png",
        mime_type="image/png",
        detail=ImagePromptMessageContent.DETAIL.HIGH,
    )
    request = translate(UserPromptMessage(content=[TextPromptMessageContent(data="?"), PNG, url]))
    assert request.messages[0]["content"] == [
        {"type": "text", "text": "?"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,QUJD", "detail": "low"}},
        {"type": "image_url", "image_url": {"url": "https://h/a.png", "detail": "high"}},
    ]


def test_text_parts_alone_are_sent_as_text() -> None:
    parts = [TextPromptMessageContent(data="a"), TextPromptMessageContent(data="b")]
    assert translate(UserPromptMessage(content=parts)).messages == [
        {"role": "user", "content": "ab"}
    ]


def test_f62_audio_documents_and_videos_have_forms_of_their_own() -> None:
    parts = [
        AudioPromptMessageContent(format="mpeg", base64_data="QQ==", mime_type="audio/mpeg"),
        DocumentPromptMessageContent(
            format="pdf", base64_data="QQ==", mime_type="application/pdf", filename="a.pdf"
        ),
        VideoPromptMessageContent(format="mp4", url="https://h/a.mp4", mime_type="video/mp4"),
    ]
    assert translate(UserPromptMessage(content=parts)).messages[0]["content"] == [
        {"type": "input_audio", "input_audio": {"data": "QQ==", "format": "mp3"}},
        {
            "type": "file",
            "file": {
                "format": "application/pdf",
                "file_data": "data:application/pdf;base64,QQ==",
                "filename": "a.pdf",
            },
        },
        {"type": "file", "file": {"format": "video/mp4", "file_id": "https://h/a.mp4"}},
    ]


def test_audio_by_url_is_refused_with_the_way_out() -> None:
    audio = AudioPromptMessageContent(format="mp3", url="https://h/a.mp3", mime_type="audio/mp3")
    with pytest.raises(RequestError, match="MULTIMODAL_SEND_FORMAT=base64"):
        translate(UserPromptMessage(content=[audio]))


def test_f38_think_blocks_of_earlier_turns_are_not_sent_again() -> None:
    request = translate(AssistantPromptMessage(content="<think>\nHm.\n</think>\n\n42"))
    assert request.messages[0]["content"] == "42"
    assert (
        without_thinking("no <think>x</think> at the front") == "no <think>x</think> at the front"
    )


def test_f38_blocks_that_came_late_or_never_ended_are_taken_out_too() -> None:
    assert without_thinking("4\n\n<think>\nhm\n</think>\n\n2") == "42"
    assert without_thinking("<think>\ncut") == ""
    assert translate(
        UserPromptMessage(content="?"), AssistantPromptMessage(content="<think>\ncut")
    ).messages == [{"role": "user", "content": "?"}]


def test_f32_images_in_tool_results_follow_the_last_result() -> None:
    result = ToolPromptMessage(content=[PNG], tool_call_id="a")
    worded = ToolPromptMessage(
        content=[TextPromptMessageContent(data="Sunny"), PNG], tool_call_id="b"
    )
    request = translate(called("a", "b"), result, worded, UserPromptMessage(content="And now?"))
    assert [message["role"] for message in request.messages] == [
        "assistant", "tool", "tool", "user", "user",
    ]  # fmt: skip
    assert request.messages[1]["content"] == "The result follows as an attachment."
    assert request.messages[2]["content"] == "Sunny"
    assert [part["type"] for part in request.messages[3]["content"]] == ["image_url"] * 2  # type: ignore[index,union-attr]


def test_f29_a_history_with_tools_brings_its_tools() -> None:
    request = translate(called("a", "b"), ToolPromptMessage(content="x", tool_call_id="a"))
    assert json.loads(request.to_json())["tools"] == [
        {
            "type": "function",
            "function": {"name": "f", "parameters": {"type": "object", "properties": {}}},
        }
    ]


BLOCKS = ({"type": "thinking", "thinking": "hm", "signature": "s"},)


def test_f27_kept_thinking_goes_back_with_its_tool_call() -> None:
    messages = [called("a"), ToolPromptMessage(content="x", tool_call_id="a")]
    request = chat_request("m", messages, {}, stream=True, reasoning={"a": Reasoning(BLOCKS)})
    assert request.messages[0]["thinking_blocks"] == list(BLOCKS)  # type: ignore[typeddict-item]


def test_items_of_reasoning_go_back_in_place_of_its_text() -> None:
    item: dict[str, Any] = {"id": "rs_1", "type": "reasoning", "summary": []}
    messages = [called("a"), ToolPromptMessage(content="x", tool_call_id="a")]
    kept = {"a": Reasoning(text="hm", items=(item,))}
    request = chat_request("m", messages, {}, stream=True, reasoning=kept)
    (turn, _) = request.messages
    assert turn["reasoning_items"] == [item]  # type: ignore[typeddict-item]
    assert "reasoning_content" not in turn
    assert b"reasoning" not in applied(request.request(), ["no-reasoning-back"]).to_json()


def test_f33_tools_without_parameters_or_description() -> None:
    tools = [PromptMessageTool(name="now", description="", parameters={})]
    request = chat_request("m", [UserPromptMessage(content="?")], {}, tools=tools, stream=True)
    assert request.tools == [
        {
            "type": "function",
            "function": {"name": "now", "parameters": {"type": "object", "properties": {}}},
        }
    ]


def test_f34_f39_f76_only_what_was_set_is_sent() -> None:
    body = translate(UserPromptMessage(content="?"), temperature=0, seed="", top_p=None).to_json()
    assert body == (
        b'{"temperature":0,"model":"m","messages":[{"role":"user","content":"?"}],'
        b'"stream":true,"stream_options":{"include_usage":true}}'
    )


SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}}
SCHEMA_TEXT = '{"type": "object", "properties": {"a": {"type": "string"}}}'


@pytest.mark.parametrize(
    ("parameters", "sent"),
    [
        ({"response_format": "json_object"}, {"type": "json_object"}),
        ({"response_format": "text"}, {"type": "text"}),
        (
            {"response_format": "json_schema", "json_schema": SCHEMA_TEXT},
            {"type": "json_schema", "json_schema": {"name": "response", "schema": SCHEMA}},
        ),
        (
            {"json_schema": f'{{"name": "n", "strict": true, "schema": {SCHEMA_TEXT}}}'},
            {"type": "json_schema", "json_schema": {"name": "n", "strict": True, "schema": SCHEMA}},
        ),
        ({"response_format": ""}, None),
    ],
)
def test_f50_response_formats_go_out_named_and_wrapped(
    parameters: dict[str, object], sent: object
) -> None:
    request = translate(UserPromptMessage(content="?"), **parameters)
    assert request.parameters.get("response_format") == sent
    assert "json_schema" not in request.parameters


def test_f50_a_model_that_follows_no_schemas_finds_it_in_its_prompt() -> None:
    messages = [SystemPromptMessage(content="Be brief."), UserPromptMessage(content="?")]
    parameters = {"response_format": "json_object", "json_schema": SCHEMA_TEXT}
    request = chat_request("m", messages, parameters, stream=True, follows_schemas=False)
    assert request.parameters == {"response_format": {"type": "json_object"}}
    assert str(request.messages[0]["content"]).startswith(
        "Be brief.\n\nAnswer with one JSON object"
    )
    assert '"properties"' in str(request.messages[0]["content"])
    assert messages[0].content == "Be brief."
    alone = chat_request("m", messages[1:], parameters, stream=True, follows_schemas=False)
    assert [message["role"] for message in alone.messages] == ["system", "user"]


def test_a_schema_that_is_not_json_is_refused() -> None:
    with pytest.raises(RequestError, match="JSON Schema must be a JSON object"):
        translate(UserPromptMessage(content="?"), json_schema="type: object")


def test_nothing_that_was_passed_in_is_changed() -> None:
    messages = [
        SystemPromptMessage(content="s"),
        UserPromptMessage(content=[TextPromptMessageContent(data="a"), PNG]),
        called("x", content="<think>a</think>b"),
    ]
    parameters = {"temperature": 1, "json_schema": SCHEMA_TEXT}
    before = copy.deepcopy((messages, parameters))
    chat_request("m", messages, parameters, stream=True).to_json()
    assert (messages, parameters) == before


def test_completion_prompts() -> None:
    alone = completion_request("m", [UserPromptMessage(content="Once")], {}, stream=False)
    assert alone.prompt == "Once"
    talk = completion_request(
        "m",
        [
            SystemPromptMessage(content="Be brief."),
            UserPromptMessage(content="Hi"),
            AssistantPromptMessage(content="Hello"),
            UserPromptMessage(content="Who?"),
        ],
        {},
        stop=["User:"],
        stream=False,
    )
    assert talk.prompt == "Be brief.\n\nUser: Hi\n\nAssistant: Hello\n\nUser: Who?\n\nAssistant:"
    assert b'"stop":["User:"]' in talk.to_json()


def test_images_of_earlier_answers_leave_a_note() -> None:
    answer = AssistantPromptMessage(content=[TextPromptMessageContent(data="Here: "), PNG])
    alone = AssistantPromptMessage(content=[PNG])
    request = translate(answer, UserPromptMessage(content="Again"), alone)
    assert [message["content"] for message in request.messages] == [
        "Here: [image]", "Again", "[image]",
    ]  # fmt: skip


def test_f38_many_unclosed_blocks_take_linear_time() -> None:
    def seconds(times: int) -> float:
        started = time.perf_counter()
        without_thinking("x" + "\n\n<think>\n" * times)
        return time.perf_counter() - started

    assert (
        min(seconds(40_000) for _ in range(5)) < 4 * min(seconds(20_000) for _ in range(5)) + 0.01
    )
