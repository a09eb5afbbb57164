from dify_plugin.entities.model.llm import LLMResultChunk
from dify_plugin.entities.model.message import ImagePromptMessageContent

from litellm_proxy.wire.chat import OutputImage
from translation.answer.chat_stream import Source
from translation.answer.output import shown_chunks, source_list
from translation.line_limit import MOST_OF_A_LINE


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


def test_an_image_that_would_end_the_plugin_is_told_instead() -> None:
    data = "A" * (MOST_OF_A_LINE + 1)
    content = shown_one("m", image(f"data:image/png;base64,{data}")).delta.message.content
    assert "an image of 3.4 MB, which is too large" in str(content)


def test_sources_are_a_numbered_list() -> None:
    sources = [Source("https://a", "A"), Source("https://b", "")]
    assert source_list(sources) == "\n\n1. [A](https://a)\n2. [https://b](https://b)"
    assert source_list([]) == ""
