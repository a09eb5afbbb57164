from typing import Any

import pytest
from pydantic import TypeAdapter

from litellm_proxy.errors import ProxyAnswerEmpty, ProxyProtocolError
from litellm_proxy.wire.chat import ChatChunk, ChatRequest, OutputImage
from tests.support.captured import chunks_of, client_answered_with
from translation.answer.chat_stream import AUDIO_NOTE, AnswerOptions, ChatStream, Outcome
from translation.answer.sources import Source
from translation.answer.tool_calls import CompleteToolCall

REQUEST = ChatRequest("m", [{"role": "user", "content": "Hi"}], stream=True)


def fold(file: str) -> tuple[str, Outcome]:
    """Return the text and the outcome of a captured answer."""
    return _fold(list(chunks_of(client_answered_with(file).chat(REQUEST))))


def fold_deltas(*deltas: dict[str, Any], finish_reason: str | None = "stop") -> tuple[str, Outcome]:
    chunks: list[object] = [{"choices": [{"delta": delta}]} for delta in deltas]
    chunks.append({"choices": [{"delta": {}, "finish_reason": finish_reason}]})
    return _fold(TypeAdapter(list[ChatChunk]).validate_python(chunks))


def _fold(chunks: list[ChatChunk]) -> tuple[str, Outcome]:
    stream = ChatStream()
    shown = [part for chunk in chunks for part in stream.feed(chunk)]
    text = "".join(part for part in shown if isinstance(part, str))
    outcome = stream.finish()
    return text + outcome.closing_text, outcome


def test_text_and_usage() -> None:
    text, outcome = fold("chat_text.sse")
    assert text == "Grüße, 世界\u2028!"
    assert outcome.finish_reason == "stop"
    assert outcome.usage
    assert outcome.usage.completion_tokens == 7
    assert outcome.text_bytes == len(text.encode())


def test_f21_the_finish_reason_survives_later_chunks() -> None:
    assert fold("chat_length.sse")[1].finish_reason == "length"


def test_f25_f26_interleaved_tool_calls_are_merged_by_index() -> None:
    _, outcome = fold("chat_tools.sse")
    assert outcome.tool_calls == [
        CompleteToolCall("call_a", "weather", '{"city": "Oslo"}'),
        CompleteToolCall("call_b", "time", '{"zone": "CET"}'),
    ]
    assert outcome.finish_reason == "tool_calls"


def test_blocking_and_streaming_answers_fold_alike() -> None:
    assert fold("chat_tools.json")[1].tool_calls == [
        CompleteToolCall("call_a", "weather", '{"city": "Oslo"}')
    ]
    assert fold("chat_reasoning.json")[0] == fold("chat_reasoning.sse")[0]
    assert fold("chat_text.json")[0] == "Hello!"


def test_f35_f42_reasoning_is_one_closed_block_at_the_front() -> None:
    assert fold("chat_reasoning.sse")[0] == "<think>\nFirst think.\n</think>\n\n42"


def test_f35_the_other_key_for_reasoning_counts_too() -> None:
    text, _ = fold_deltas({"reasoning": "Hm."}, {"content": "42"})
    assert text == "<think>\nHm.\n</think>\n\n42"


def test_f18_content_and_reasoning_in_one_chunk_are_both_kept() -> None:
    text, _ = fold_deltas({"reasoning_content": "Hm.", "content": "42"})
    assert text == "<think>\nHm.\n</think>\n\n42"


def test_f36_blank_reasoning_makes_no_block() -> None:
    text, _ = fold_deltas({"reasoning_content": "\n"}, {"reasoning_content": ""}, {"content": "42"})
    assert text == "42"


def test_f37_an_empty_piece_does_not_close_the_block() -> None:
    text, _ = fold_deltas(
        {"reasoning_content": "a"},
        {"content": "", "reasoning_content": ""},
        {"reasoning_content": "b"},
        {"content": "42"},
    )
    assert text == "<think>\nab\n</think>\n\n42"


def test_reasoning_alone_is_closed_at_the_end() -> None:
    assert fold_deltas({"reasoning_content": "a"})[0] == "<think>\na\n</think>"


def test_reasoning_after_content_is_not_lost() -> None:
    text, _ = fold_deltas({"content": "4"}, {"reasoning_content": "hm"}, {"content": "2"})
    assert text == "4\n\n<think>\nhm\n</think>\n\n2"


def call(index: int | None = None, arguments: str = "", **fields: object) -> dict[str, object]:
    name = fields.pop("name", None)
    return {
        "tool_calls": [
            {"index": index, "function": {"name": name, "arguments": arguments}, **fields}
        ]
    }


def test_f25_another_id_at_the_same_index_is_another_call() -> None:
    _, outcome = fold_deltas(
        call(0, "{}", id="a", name="f"), call(0, "{", id="b", name="g"), call(0, "}")
    )
    assert outcome.tool_calls == [
        CompleteToolCall("a", "f", "{}"),
        CompleteToolCall("b", "g", "{}"),
    ]


def test_f25_a_repeated_id_and_name_is_the_same_call() -> None:
    _, outcome = fold_deltas(call(0, "{", id="a", name="f"), call(0, "}", id="a", name="f"))
    assert outcome.tool_calls == [CompleteToolCall("a", "f", "{}")]


def test_f25_a_call_without_id_gets_one() -> None:
    _, outcome = fold_deltas(call(0, "{}", name="f"), call(1, "{}", name="f"))
    first, second = outcome.tool_calls
    assert first.id
    assert first.id != second.id


def test_f17_f28_ids_are_kept_to_the_byte_and_content_may_be_missing() -> None:
    odd = "call_1__thought__CiQB+/=="
    _, outcome = fold_deltas(call(1, "{}", id=odd, name="f"))
    assert outcome.tool_calls == [CompleteToolCall(odd, "f", "{}")]


def test_an_end_without_finish_reason_is_a_cut() -> None:
    with pytest.raises(ProxyProtocolError, match="broke off"):
        fold_deltas({"content": "Half"}, finish_reason=None)


def test_f19_an_answer_without_content_is_an_error() -> None:
    with pytest.raises(ProxyAnswerEmpty):
        fold("chat_empty.sse")
    with pytest.raises(ProxyAnswerEmpty, match="content_filter"):
        fold_deltas({"content": None}, finish_reason="content_filter")


def test_a_refusal_is_an_error_with_the_models_words() -> None:
    # LiteLLM loses all but the first piece of a streamed refusal, so it cannot be an answer.
    for file, words in (("chat_refusal.sse", "I can"), ("chat_refusal.json", "I cannot")):
        with pytest.raises(ProxyAnswerEmpty) as caught:
            fold(file)
        assert caught.value.refusal == words


def test_think_tags_of_the_model_itself_become_the_same_block_in_both_modes() -> None:
    expected = "<think>\nhm\n</think>\n\n42"
    assert fold("chat_thinking_tags.sse")[0] == expected
    assert fold("chat_thinking_tags.json")[0] == expected


def test_reasoning_by_field_and_by_tags_makes_one_block() -> None:
    text, _ = fold_deltas({"reasoning_content": "a"}, {"content": "<think>b</think>42"})
    assert text == "<think>\nab\n</think>\n\n42"


def test_the_function_call_of_old_backends_is_a_tool_call() -> None:
    _, outcome = fold("chat_function_call.sse")
    (call,) = outcome.tool_calls
    assert (call.name, call.arguments) == ("f", '{"a":1}')
    assert call.id
    assert outcome.finish_reason == "tool_calls"


@pytest.mark.parametrize("file", ["chat_image.sse", "chat_image.json"])
def test_f24_images_that_the_model_made_are_shown(file: str) -> None:
    stream = ChatStream()
    shown = [
        part
        for chunk in chunks_of(client_answered_with(file).chat(REQUEST))
        for part in stream.feed(chunk)
    ]
    assert shown[0] == "Here"
    assert isinstance(shown[1], OutputImage)
    assert shown[1].url.startswith("data:image/png")
    stream.finish()


def test_an_image_alone_is_an_answer() -> None:
    images = [{"image_url": {"url": "https://h/a.png"}}]
    assert fold_deltas({"images": images})[1].finish_reason == "stop"


def test_audio_is_told_by_its_transcript_or_by_a_note() -> None:
    assert fold("chat_audio.sse")[0] == "Hello"
    assert fold_deltas({"audio": {"data": "QUJD"}})[0] == AUDIO_NOTE


def test_sources_are_collected_once_each() -> None:
    assert fold("chat_annotations.sse")[1].sources == (Source("https://a.example/x", "A"),)
    chunk = {"citations": ["https://b", "https://c"], "choices": [{"delta": {"content": "x"}}]}
    end = {"citations": ["https://b"], "choices": [{"delta": {}, "finish_reason": "stop"}]}
    _, outcome = _fold(TypeAdapter(list[ChatChunk]).validate_python([chunk, end]))
    assert [source.url for source in outcome.sources] == ["https://b", "https://c"]


def test_blank_answers_are_empty_answers() -> None:
    with pytest.raises(ProxyAnswerEmpty):
        fold_deltas({"content": " \n"})


def test_what_one_answer_may_hold_is_bounded() -> None:
    with pytest.raises(ProxyProtocolError, match="too large"):
        fold_deltas(*[call(n, "{}", id=str(n), name="f") for n in range(1001)])
    with pytest.raises(ProxyProtocolError, match="too large"):
        fold_deltas(*[call(0, "x" * 1_000_000, id="a") for _ in range(5)])


def test_completion_mode() -> None:
    assert fold("completion.sse")[0] == " upon a time"


def test_f25_pieces_of_two_calls_at_one_index_find_their_ids() -> None:
    _, outcome = fold_deltas(
        call(0, '{"x"', id="a", name="f"),
        call(0, '{"y"', id="b", name="g"),
        call(0, ": 1}", id="a"),
        call(0, ": 2}", id="b"),
    )
    assert outcome.tool_calls == [
        CompleteToolCall("a", "f", '{"x": 1}'),
        CompleteToolCall("b", "g", '{"y": 2}'),
    ]


def test_f25_another_name_without_id_is_another_call() -> None:
    _, outcome = fold_deltas(call(0, "{}", name="f"), call(0, "{}", name="g"))
    assert [(c.name, c.arguments) for c in outcome.tool_calls] == [("f", "{}"), ("g", "{}")]


def test_f25_calls_without_id_and_index_in_one_message_are_told_by_their_place() -> None:
    function = {"name": "f", "arguments": "{}"}
    _, outcome = fold_deltas({"tool_calls": [{"function": function}, {"function": function}]})
    assert [(c.name, c.arguments) for c in outcome.tool_calls] == [("f", "{}"), ("f", "{}")]


def test_decoded_arguments_and_numeric_ids_are_written_as_text() -> None:
    function = {"name": "f", "arguments": {"city": "Oslo"}}
    _, outcome = fold_deltas({"tool_calls": [{"index": 0, "id": 7, "function": function}]})
    assert outcome.tool_calls == [CompleteToolCall("7", "f", '{"city": "Oslo"}')]


def test_a_call_told_in_both_ways_is_one_call() -> None:
    function = {"name": "f", "arguments": "{}"}
    both = {"tool_calls": [{"index": 0, "function": function}], "function_call": function}
    assert [c.arguments for c in fold_deltas(both)[1].tool_calls] == ["{}"]


def test_an_image_comes_after_the_thinking_and_the_text_before_it() -> None:
    stream = ChatStream()
    chunks = TypeAdapter(list[ChatChunk]).validate_python(
        [
            {"choices": [{"delta": {"reasoning_content": "A"}}]},
            {"choices": [{"delta": {"images": [{"image_url": {"url": "https://h"}}]}}]},
            {"choices": [{"delta": {"content": "B"}, "finish_reason": "stop"}]},
        ]
    )
    shown = [part for chunk in chunks for part in stream.feed(chunk)]
    assert [part if isinstance(part, str) else "IMAGE" for part in shown] == [
        "<think>\nA", "\n</think>\n\n", "IMAGE", "B",
    ]  # fmt: skip


def test_what_is_held_for_an_answer_is_bounded() -> None:
    block = {"type": "thinking", "thinking": "x" * 1_000_000}
    with pytest.raises(ProxyProtocolError, match="more than can be kept"):
        fold_deltas(*[{"thinking_blocks": [block]}] * 9)
    with pytest.raises(ProxyProtocolError, match="more than can be kept"):
        fold_deltas(*[{"content": " " * 1_000_000}] * 9)


def test_items_of_reasoning_are_kept_once_for_the_tool_call_they_led_to() -> None:
    first, second = {"id": "rs_1", "summary": []}, {"id": "rs_2", "encrypted_content": "x"}
    whole = {**first, "summary": [{"type": "summary_text", "text": "hm"}]}
    pieces = ({"reasoning_items": [first]}, {"tool_calls": [CALL]},
              {"reasoning_items": [whole, second]})  # fmt: skip
    assert fold_deltas(*pieces)[1].reasoning.items == (whole, second)
    assert not fold_deltas({"reasoning_items": [first]}, {"content": "Hi"})[1].reasoning
    large = [{"id": f"rs_{n}", "encrypted_content": "x" * 3_000_000} for n in range(3)]
    with pytest.raises(ProxyProtocolError, match="more than can be kept"):
        fold_deltas(*[{"reasoning_items": [item]} for item in large])


def test_an_item_of_reasoning_that_grows_counts_once() -> None:
    growing = [{"id": "rs", "encrypted_content": "x" * size} for size in range(0, 300_000, 1000)]
    outcome = fold_deltas(
        *[{"reasoning_items": [item]} for item in growing], {"tool_calls": [CALL]}
    )[1]
    assert outcome.reasoning.items == (growing[-1],)


def hidden(*deltas: dict[str, Any]) -> tuple[str, Outcome]:
    """Fold without showing what was thought."""
    chunks: list[object] = [{"choices": [{"delta": delta}]} for delta in deltas]
    chunks.append({"choices": [{"delta": {}, "finish_reason": "stop"}]})
    stream = ChatStream(form=AnswerOptions(show_reasoning=False))
    parsed = TypeAdapter(list[ChatChunk]).validate_python(chunks)
    shown = [part for chunk in parsed for part in stream.feed(chunk)]
    outcome = stream.finish()
    return "".join(map(str, shown)) + outcome.closing_text, outcome


CALL = {"index": 0, "id": "c", "function": {"name": "f", "arguments": "{}"}}


@pytest.mark.parametrize(
    "deltas",
    [
        [{"reasoning_content": 'hm {"a":1}'}, {"content": '\n\n{"n":2}'}],
        [{"content": '<think>hm {"a":1}</think>\n\n{"n":2}'}],
        [{"content": "<thi"}, {"content": 'nk>hm {"a":1}</th'}, {"content": 'ink>{"n":2}'}],
        [{"content": '{"n"'}, {"reasoning_content": "late {}"}, {"content": ":2}"}],
        [{"reasoning_content": " "}, {"reasoning_content": "x"}, {"content": '{"n":2}'}],
    ],
)
def test_thoughts_can_be_kept_out_of_the_text(deltas: list[dict[str, Any]]) -> None:
    text, outcome = hidden(*deltas)
    assert text == '{"n":2}'
    # They are paid for, so they are counted where LiteLLM does not count.
    assert outcome.text_bytes > len(text)


def test_thoughts_that_are_not_shown_still_go_back_with_the_tools_result() -> None:
    text, outcome = hidden({"reasoning_content": "hm"}, {"tool_calls": [CALL]})
    assert (text, outcome.reasoning.text) == ("", "hm")


def test_an_answer_of_thoughts_alone_is_empty_where_they_are_not_shown() -> None:
    with pytest.raises(ProxyAnswerEmpty):
        hidden({"reasoning_content": "hm"})
