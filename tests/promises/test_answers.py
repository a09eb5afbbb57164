"""Ends of answers, lines of Dify, and connections."""

import json
import time
from contextlib import suppress
from typing import Any

import pytest
from dify_plugin.core.server.__base.response_writer import ResponseWriter
from dify_plugin.entities.model.llm import LLMUsage
from dify_plugin.errors.model import InvokeServerUnavailableError
from hypothesis import given
from hypothesis import strategies as st

from harness.plugin_process import PluginError
from harness.upstream import Pause, Upstream
from litellm_proxy.errors import ProxyAnswerEmpty
from litellm_proxy.wire.chat import Delta, ImageUrl, OutputImage
from models.daemon_io import LineWriter
from tests.field.asking import BAD, direct, refusal
from tests.support import openai_format as openai
from tests.support.environment import Environment
from translation.answer.chat_stream import Outcome
from translation.answer.dify_chunks import last_chunk, shown_chunks
from translation.answer.held_limit import HeldLimit
from translation.answer.kept_reasoning import KeptReasoning
from translation.answer.tool_calls import CompleteToolCall
from translation.errors.to_dify import to_invoke_error
from translation.line_limit import MAX_LINE_BYTES
from translation.reasoning import Reasoning

END = openai.delta(finish_reason="stop")
HALF_A_CALL = openai.tool_delta(0, id="c", name="f", arguments='{"city": "Os')


@pytest.mark.parametrize(
    ("chunks", "shown", "says"),
    [
        ([openai.delta(content="Half"), openai.delta(finish_reason="content_filter")],
         "Half", "The provider's filter stopped the answer; change the content."),
        ([openai.delta(content="Half"), openai.delta(finish_reason="refusal")],
         "Half", "The model refused to continue its answer"),
        ([openai.delta(content="Half"), openai.delta(refusal="I may not."), END],
         "Half", 'refused to answer: "I may not".'),
        ([openai.delta(reasoning_content="hm"), openai.delta(finish_reason="length")],
         "<think>\nhm\n</think>", "raise Max Tokens"),
        ([HALF_A_CALL, openai.delta(finish_reason="length")], "", "Max Tokens cut a tool call; raise it"),
        ([openai.delta(content="I call."), HALF_A_CALL, openai.delta(finish_reason="length")],
         "I call.", "Max Tokens cut a tool call; raise it"),
        ([openai.tool_delta(0, id="c", name="f"), openai.delta(finish_reason="length")],
         "", "Max Tokens cut a tool call; raise it"),
    ],
)  # fmt: skip
def test_an_answer_that_is_not_whole_ends_with_an_error_after_its_text(
    env: Environment, upstream: Upstream, chunks: list[Any], shown: str, says: str
) -> None:
    upstream.on("m", openai.stream(*chunks))
    received: list[Any] = []
    request: dict[str, Any] = {"model_parameters": {}, "tools": None, "stop": None, "stream": True}
    answers = env.plugin.call(
        "invoke_llm", "m", direct(upstream),
        prompt_messages=[{"role": "user", "content": "Hello"}], **request,
    )  # fmt: skip
    with pytest.raises(PluginError) as caught:
        received.extend(answer["delta"]["message"] for answer in answers)
    assert "".join(message["content"] for message in received) == shown
    assert not any(message["tool_calls"] for message in received)
    assert caught.value.error_type == BAD
    assert says in caught.value.message


def test_an_answer_cut_by_length_within_its_text_is_an_answer(
    env: Environment, upstream: Upstream
) -> None:
    upstream.on("m", openai.text_stream("Half", finish_reason="length"))
    deltas = env.chat("m", credentials=direct(upstream))
    assert deltas[-1]["finish_reason"] == "length"


def test_what_comes_after_done_is_not_waited_for(env: Environment, upstream: Upstream) -> None:
    held = openai.stream(openai.delta(content="Hello"), END)
    upstream.on("m", type(held)([*held.pieces, Pause(20)], content_type=held.content_type))
    started = time.monotonic()
    assert env.chat("m", credentials=direct(upstream))[-1]["finish_reason"] == "stop"
    # The server holds the body open for 20 s.
    assert time.monotonic() - started < 15


class Written(ResponseWriter):
    """Keeps what is written."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def write(self, data: str) -> None:
        self.texts.append(data)

    def done(self) -> None:
        pass


HUGE = st.sampled_from(["x", "\0", '"', "世", "🙂", "\ud800"]).flatmap(
    lambda c: st.sampled_from([10, 400_000, 900_000, 6_000_000]).map(lambda n: c * n)
)
USAGE = LLMUsage.empty_usage()


def _outcome(text: str, finish_reason: str) -> Outcome:
    calls = [CompleteToolCall("i", "f", "{}")]
    return Outcome(text, calls, finish_reason, None, 0, Reasoning(), 0, ())


@given(st.data())
def test_no_frame_of_an_answer_is_longer_than_dify_takes(data: st.DataObject) -> None:
    text = data.draw(HUGE)
    image = OutputImage(
        image_url=ImageUrl(
            url=data.draw(st.sampled_from(["", "data:", "data:image/png;base64,"])) + text
        )
    )
    frames = [
        *shown_chunks("m", text), *shown_chunks("m", image),
        last_chunk("m", _outcome(text, text), USAGE, "", lambda call: call),
    ]  # fmt: skip
    frames.append(to_invoke_error(ProxyAnswerEmpty(text, text)))  # type: ignore[arg-type]
    for frame in frames:
        body = (
            {"message": str(frame)}
            if isinstance(frame, Exception)
            else frame.model_dump(mode="json")
        )
        line = json.dumps({"session_id": "s", "data": body}, ensure_ascii=False)
        assert len(line.encode(errors="replace")) <= MAX_LINE_BYTES


@pytest.mark.parametrize("character", ["x", "世", "🙂", "\0"])
@pytest.mark.parametrize("characters", [10, 800_000, 1_400_000, 2_700_000, 5_300_000])
def test_no_line_is_longer_than_dify_takes(character: str, characters: int) -> None:
    writer = LineWriter(out := Written())
    message = writer.stream_object({"text": character * characters})
    with suppress(InvokeServerUnavailableError):
        writer.session_message("s", message)
    for line in out.texts:
        assert len(line.encode()) <= MAX_LINE_BYTES + 2
    fits = len(json.dumps(character, ensure_ascii=False).encode()[1:-1]) * characters < 5_200_000
    assert len(out.texts) == fits


def test_a_message_and_the_end_of_its_line_are_written_at_once() -> None:
    writer = LineWriter(out := Written())
    writer.session_message("s", writer.stream_object({"text": "ä"}))
    writer.session_message("s", writer.stream_end_object())
    assert [text.index("\n\n") for text in out.texts] == [len(text) - 2 for text in out.texts]
    assert [json.loads(text)["data"]["type"] for text in out.texts] == ["stream", "end"]


def test_an_error_that_is_too_long_keeps_its_kind() -> None:
    error = {
        "error_type": "InvokeBadRequestError",
        "message": "世" * 3_000_000,
        "args": {"traceback": "b" * 9_000_000, "description": "世" * 3_000_000},
    }
    writer = LineWriter(out := Written())
    writer.session_message("s", writer.stream_error_object(error))
    (line,) = out.texts
    assert len(line.encode()) < 60_000
    told = json.loads(line)
    assert told["session_id"] == "s"
    assert told["data"]["data"]["error_type"] == "InvokeBadRequestError"
    assert told["data"]["data"]["message"].startswith("世世")
    assert "traceback" not in line


@pytest.mark.parametrize("odd", [5, None, ["x"], {"a": 1}, True])
def test_thinking_whose_text_is_none_is_no_fault(
    env: Environment, upstream: Upstream, odd: Any
) -> None:
    blocks = [
        {"type": "thinking", "thinking": odd, "signature": odd},
        {"type": "thinking", "thinking": "b"},
    ]
    KeptReasoning(HeldLimit()).feed(Delta.model_validate({"thinking_blocks": blocks}), "")
    upstream.on("m", openai.stream(
        openai.delta(thinking_blocks=blocks, content="Hello"), openai.delta(thinking_blocks=blocks), END,
    ))  # fmt: skip
    assert env.chat("m", credentials=direct(upstream))[-1]["finish_reason"] == "stop"


def test_a_refusal_names_no_reason_of_its_own(env: Environment, upstream: Upstream) -> None:
    upstream.on("m", openai.text_stream("", finish_reason="content_filter"))
    assert "content_filter" in refusal(env, "m", direct(upstream)).message
