import pytest
from dify_plugin.entities.model.llm import LLMResultChunk
from dify_plugin.entities.model.message import ImagePromptMessageContent

from litellm_proxy.wire.chat import Delta, OutputImage
from translation.answer.dify_chunks import shown_chunks
from translation.answer.sources import Source, source_list
from translation.line_limit import MAX_LINE_PART


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
