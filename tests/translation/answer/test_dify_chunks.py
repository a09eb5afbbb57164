"""Pieces and the end of an answer as Dify takes them."""

from dataclasses import replace
from typing import Any

import pytest
from dify_plugin.entities.model.llm import LLMResultChunk, LLMUsage
from dify_plugin.entities.model.message import ImagePromptMessageContent

from litellm_proxy.wire.chat import Delta, OutputImage
from translation.answer.chat_stream import Outcome
from translation.answer.dify_chunks import last_chunk, shown_chunks
from translation.answer.sources import Source, source_list
from translation.answer.tool_calls import CompleteToolCall
from translation.line_limit import MAX_LINE_PART
from translation.reasoning import Reasoning

MAX_CHARACTERS = 500_000


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


def shown_one(model: str, shown: str | OutputImage) -> LLMResultChunk:
    (chunk,) = shown_chunks(model, shown)
    return chunk


def test_a_very_long_text_goes_in_several_lines() -> None:
    text = "\0" * 1_200_000
    chunks = list(shown_chunks("m", text))
    assert "".join(str(chunk.delta.message.content) for chunk in chunks) == text
    assert max(len(chunk.model_dump_json()) for chunk in chunks) < 4 * 1024 * 1024


def image(url: str) -> OutputImage:
    return OutputImage.model_validate({"image_url": {"url": url}})


def test_f24_an_image_becomes_image_content() -> None:
    content = shown_one("m", image("data:image/webp;base64,QUJD")).delta.message.content
    assert isinstance(content, list)
    (part,) = content
    assert isinstance(part, ImagePromptMessageContent)
    assert (part.format, part.mime_type, part.base64_data) == ("webp", "image/webp", "QUJD")


def test_an_image_by_url_stays_a_url() -> None:
    content = shown_one("m", image("https://h/a.png")).delta.message.content
    assert isinstance(content, list)
    assert content[0].data == "https://h/a.png"


NO_IMAGE = "\n\n[The model made an image that cannot be read.]\n\n"
PNG = "iVBORw0KGgo="


@pytest.mark.parametrize(
    "made",
    [
        {"url": ""},
        {"url": "data:image/png;base64,"},
        {"url": None},
        {"url": "nothing"},
        None,
        5,
        "",
    ],
)
def test_an_image_that_is_none_leaves_a_note(made: object) -> None:
    none = OutputImage.model_validate({"type": "image_url", "image_url": made})
    assert shown_one("m", none).delta.message.content == NO_IMAGE


@pytest.mark.parametrize("made", [f"data:image/png;base64,{PNG}", PNG, {"url": PNG}])
def test_an_image_without_the_object_or_the_label_around_it(made: object) -> None:
    bare = OutputImage.model_validate({"image_url": made})
    content = shown_one("m", bare).delta.message.content
    assert isinstance(content, list)
    (part,) = content
    assert isinstance(part, ImagePromptMessageContent)
    assert (part.mime_type, part.base64_data, part.url) == ("image/png", PNG, "")


def test_images_that_are_none_end_no_answer() -> None:
    delta = Delta.model_validate(
        {"content": "a", "images": [None, {"image_url": "https://h/a"}, 7]}
    )
    assert delta.images
    assert [each.url for each in delta.images] == ["https://h/a"]
    assert Delta.model_validate({"content": "a", "images": "none"}).images is None


def test_an_image_that_would_end_the_plugin_is_told_instead() -> None:
    data = "A" * (MAX_LINE_PART + 1)
    content = shown_one("m", image(f"data:image/png;base64,{data}")).delta.message.content
    assert "an image of 3.4 MB, which is too large" in str(content)


def test_sources_are_a_numbered_list() -> None:
    sources = [Source("https://a", "A"), Source("https://b", "")]
    assert source_list(sources) == "\n\n1. [A](https://a)\n2. [https://b](https://b)"
    assert source_list([]) == ""
