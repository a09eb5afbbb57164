"""What a message carries beside text, as the proxy takes it."""

from typing import Any

import pytest
from dify_plugin.entities.model.message import (
    AudioPromptMessageContent,
    DocumentPromptMessageContent,
    ImagePromptMessageContent,
    TextPromptMessageContent,
    UserPromptMessage,
    VideoPromptMessageContent,
)

from translation.errors.request_error import RequestError
from translation.request.messages import wire_messages
from translation.request.tool_names import names_in_dify, sent_name

PNG = "iVBORw0KGgoAAAANSUhEUgAA"
WAV = "UklGRgAAAABXQVZF"
PDF = "JVBERi0xLjcKJeLjz9MKMSAw"


def sent(part: Any) -> Any:
    message = UserPromptMessage(content=[TextPromptMessageContent(data="look"), part])
    (turn,) = wire_messages([message], {})
    content: Any = turn["content"]
    text, other = content
    assert text == {"type": "text", "text": "look"}
    return other


def test_an_image() -> None:
    part = ImagePromptMessageContent(format="jpg", mime_type="image/jpeg", base64_data=PNG,
                                     detail=ImagePromptMessageContent.DETAIL.HIGH)  # fmt: skip
    assert sent(part) == {
        "type": "image_url",
        "image_url": {"url": f"data:image/png;base64,{PNG}", "detail": "high"},
    }
    by_url = ImagePromptMessageContent(format="png", mime_type="image/png", url="https://h/a.png")
    assert sent(by_url)["image_url"]["url"] == "https://h/a.png"


@pytest.mark.parametrize(
    ("mime_type", "data", "told"),
    [("audio/mpeg", WAV, "wav"), ("audio/mp3", "AAAA", "mp3"), ("audio/wave", "AAAA", "wav"),
     ("audio/x-wav", "AAAA", "wav"), ("audio/flac", "AAAA", "odd")],
)  # fmt: skip
def test_audio(mime_type: str, data: str, told: str) -> None:
    part = AudioPromptMessageContent(format="odd", mime_type=mime_type, base64_data=data)
    assert sent(part) == {"type": "input_audio", "input_audio": {"data": data, "format": told}}


def test_audio_by_url_cannot_be_sent() -> None:
    part = AudioPromptMessageContent(format="mp3", mime_type="audio/mpeg", url="https://h/a.mp3")
    with pytest.raises(
        RequestError, match=r"^Audio cannot be sent by URL: set MULTIMODAL_SEND_FORMAT"
    ):
        sent(part)


def test_documents_and_videos() -> None:
    part = DocumentPromptMessageContent(
        format="pdf", mime_type="text/plain", base64_data=PDF, filename="a.pdf"
    )
    assert sent(part) == {
        "type": "file",
        "file": {"format": "application/pdf", "file_data": f"data:application/pdf;base64,{PDF}",
                 "filename": "a.pdf"},
    }  # fmt: skip
    by_url = DocumentPromptMessageContent(
        format="pdf", mime_type="application/pdf", url="https://h/a"
    )
    assert sent(by_url) == {"type": "file", "file": {"file_id": "https://h/a"}}
    video = VideoPromptMessageContent(format="mp4", mime_type="video/mp4", url="https://h/v")
    assert sent(video) == {
        "type": "file",
        "file": {"format": "video/mp4", "file_id": "https://h/v"},
    }


@pytest.mark.parametrize(
    ("name", "out"),
    [("search", "search"), ("_a-1", "_a-1"), ("a" * 64, "a" * 64), ("search.web", "search_web_"),
     ("1st", "t_"), ("搜索", "t__"), ("a" * 65, "a" * 54 + "_"), ("-a b-", "a_b_")],
)  # fmt: skip
def test_names_of_tools_go_out_as_everybody_takes_them(name: str, out: str) -> None:
    told = sent_name(name)
    assert told.startswith(out)
    assert 1 <= len(told) <= 64
    assert told == sent_name(name)
    assert (told == name) is (out == name)
    assert names_in_dify([name]) == {told: name}


def test_names_that_look_alike_stay_apart() -> None:
    assert sent_name("a.b") != sent_name("a b")
