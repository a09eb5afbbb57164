"""Images that a model makes, as Dify takes them."""

from typing import Any

import pytest

from litellm_proxy.wire.chat import OutputImage
from translation.answer.dify_chunks import shown_chunks
from translation.answer.vectors import require_one_model
from translation.errors.request_error import RequestError
from translation.line_limit import MAX_LINE_PART, MAX_TEXT_CHARACTERS


def shown(url: str) -> Any:
    image = OutputImage.model_validate({"image_url": {"url": url}})
    (chunk,) = shown_chunks("m", image)
    assert chunk.model == "m"
    return chunk.delta.message.content


@pytest.mark.parametrize(
    ("url", "mime_type", "data"),
    [("data:image/webp;base64,AAAA", "image/webp", "AAAA"), ("data:;base64,AAAA", "image/png", "AAAA"),
     ("data:image/png;base64,AA\nAA", "image/png", "AAAA")],
)  # fmt: skip
def test_an_image_in_base64(url: str, mime_type: str, data: str) -> None:
    (content,) = shown(url)
    assert (content.mime_type, content.format, content.base64_data) == (
        mime_type, mime_type.partition("/")[2], data
    )  # fmt: skip


def test_an_image_by_url() -> None:
    (content,) = shown("https://h/a,b.png")
    assert (content.url, content.mime_type, content.format) == (
        "https://h/a,b.png",
        "image/png",
        "png",
    )


@pytest.mark.parametrize("url", ["data:image/png;base64", "data:image/png;base64,é",
                                 "h" * (MAX_TEXT_CHARACTERS + 1)])  # fmt: skip
def test_what_is_no_image_is_told(url: str) -> None:
    assert shown(url) == "\n\n[The model made an image that cannot be read.]\n\n"


def test_an_image_that_is_too_large_is_told_with_its_size() -> None:
    assert shown("data:image/png;base64," + "A" * (MAX_LINE_PART + 1)) == (
        "\n\n[The model made an image of 3.4 MB, which is too large to be passed to Dify.]\n\n"
    )
    assert shown("data:image/png;base64," + "A" * MAX_LINE_PART)[0].base64_data


def test_vectors_of_several_models_are_refused_by_name() -> None:
    require_one_model("m", [None, None, "m"])
    require_one_model("m", ["n", "n"])
    with pytest.raises(
        RequestError,
        match=r"^LiteLLM fell back to another model \(m, n\), whose vectors cannot be compared;",
    ):
        require_one_model("m", [None, "n"])
