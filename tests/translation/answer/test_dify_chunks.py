"""Pieces and the end of an answer as Dify takes them."""

from dataclasses import replace
from typing import Any

import pytest
from dify_plugin.entities.model.llm import LLMUsage

from litellm_proxy.wire.chat import OutputImage
from translation.answer.chat_stream import Outcome
from translation.answer.dify_chunks import last_chunk, shown_chunks
from translation.answer.tool_calls import CompleteToolCall
from translation.reasoning import Reasoning

MAX_CHARACTERS = 500_000
MAX_LINE_PART = 4_500_000


def ended(**more: Any) -> Outcome:
    outcome: dict[str, Any] = {
        "closing_text": "", "tool_calls": (), "finish_reason": "stop", "usage": None,
        "text_bytes": 0, "reasoning": Reasoning(), "nameless_calls": 0, "sources": (),
    }  # fmt: skip
    return Outcome(**{**outcome, **more})


def test_the_end_brings_tool_calls_under_difys_names() -> None:
    calls = [CompleteToolCall("a", "f", '{"x": 1}'), CompleteToolCall("b", "out", "{}")]
    outcome = ended(tool_calls=calls, finish_reason="tool_calls")

    def in_dify(call: CompleteToolCall) -> CompleteToolCall:
        return replace(call, name="in Dify") if call.name == "out" else call

    chunk = last_chunk("m", outcome, LLMUsage.empty_usage(), "", in_dify)
    told = [(c.id, c.type, c.function.name, c.function.arguments)
            for c in chunk.delta.message.tool_calls]  # fmt: skip
    assert told == [("a", "function", "f", '{"x": 1}'), ("b", "function", "in Dify", "{}")]
    assert chunk.delta.finish_reason == "tool_calls"
    assert chunk.delta.index == 0


def test_pieces_are_of_the_first_answer() -> None:
    chunks = list(shown_chunks("m", "x" * (MAX_CHARACTERS + 1)))
    assert [len(str(chunk.delta.message.content)) for chunk in chunks] == [MAX_CHARACTERS, 1]
    assert {chunk.delta.index for chunk in chunks} == {0}
    assert {chunk.model for chunk in chunks} == {"m"}


def content_of(url: str) -> Any:
    image = OutputImage.model_validate({"image_url": {"url": url}})
    (chunk,) = shown_chunks("m", image)
    assert chunk.delta.index == 0
    return chunk.delta.message.content


@pytest.mark.parametrize(
    ("header", "mime_type", "ending"),
    [
        ("data:image/webp;base64", "image/webp", "webp"),
        ("data:image/webp;name=a.webp;base64", "image/webp", "webp"),
        ("data:image/webp", "image/webp", "webp"),
        ("data:odd;base64", "odd", "odd"),
        ("data:;base64", "image/png", "png"),
    ],
)
def test_the_type_of_an_image_is_in_front_of_its_data(
    header: str, mime_type: str, ending: str
) -> None:
    (image,) = content_of(f"{header},QUJD")
    assert (image.mime_type, image.format, image.base64_data) == (mime_type, ending, "QUJD")


def test_line_breaks_within_data_go() -> None:
    for data in ("QU\nJD\r\n", "QU JD", " QUJD\t"):
        (image,) = content_of(f"data:image/png;base64,{data}")
        assert image.base64_data == "QUJD"


def test_an_address_as_long_as_a_text_is_an_address() -> None:
    url = "https://h/" + "a" * (MAX_CHARACTERS - 10)
    (image,) = content_of(url)
    assert image.url == url
    assert "cannot be read" in content_of(url + "a")


def test_an_image_that_does_not_fit_a_line_tells_its_size() -> None:
    (image,) = content_of("data:image/png;base64," + "A" * MAX_LINE_PART)
    assert len(image.base64_data) == MAX_LINE_PART
    assert "an image of 6.8 MB, which is too large" in content_of("data:,".ljust(9_000_006, "A"))
