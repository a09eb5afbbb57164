import pytest
from dify_plugin.entities.model.message import (
    AssistantPromptMessage,
    AudioPromptMessageContent,
    DocumentPromptMessageContent,
    ImagePromptMessageContent,
    PromptMessage,
    TextPromptMessageContent,
    UserPromptMessage,
    VideoPromptMessageContent,
)

from litellm_proxy.wire.model_facts import NOTHING_KNOWN, ModelFacts
from translation.errors.request_error import RequestError
from translation.facts.model_view import ModelView
from translation.form.settings import parse_settings
from translation.request.unsupported_inputs import require_supported_inputs

IMAGE = ImagePromptMessageContent(format="png", base64_data="QQ==", mime_type="image/png")
AUDIO = AudioPromptMessageContent(format="mp3", base64_data="QQ==", mime_type="audio/mpeg")
TEXT = TextPromptMessageContent(data="?")


def asked_with(*parts: object, facts: ModelFacts = NOTHING_KNOWN, **form: str) -> None:
    message = UserPromptMessage(content=list(parts))
    messages: list[PromptMessage] = [message, UserPromptMessage(content="text")]
    settings = parse_settings("m", {"base_url": "http://h", **form})
    require_supported_inputs(messages, ModelView(settings, facts))


def test_text_and_what_is_unknown_pass() -> None:
    asked_with(TEXT)
    asked_with(TEXT, IMAGE, AUDIO)
    asked_with(IMAGE, facts=ModelFacts(vision=True))


def test_f62_what_a_model_is_known_not_to_take_is_named() -> None:
    with pytest.raises(RequestError, match='"m" does not take images'):
        asked_with(TEXT, IMAGE, facts=ModelFacts(vision=False))
    with pytest.raises(RequestError, match="set Vision to Yes"):
        asked_with(IMAGE, facts=ModelFacts(vision=True), vision="no")
    with pytest.raises(RequestError, match="set More Input Types to audio"):
        asked_with(AUDIO, facts=ModelFacts(audio_input=False))


def test_the_form_wins_over_the_proxy() -> None:
    asked_with(IMAGE, facts=ModelFacts(vision=False), vision="yes")
    asked_with(AUDIO, facts=ModelFacts(audio_input=False), settings="custom", input_types="audio")


PDF = DocumentPromptMessageContent(format="pdf", base64_data="QQ==", mime_type="application/pdf")
VIDEO = VideoPromptMessageContent(format="mp4", base64_data="QQ==", mime_type="video/mp4")

TAKES_NONE = ModelFacts(vision=False, pdf_input=False, video_input=False)


def asked(facts: ModelFacts, *messages: PromptMessage, **form: str) -> None:
    settings = parse_settings("m", {"base_url": "http://h", "settings": "custom", **form})
    require_supported_inputs(messages, ModelView(settings, facts))


@pytest.mark.parametrize(
    ("part", "kind", "remedy"),
    [(PDF, "documents", "More Input Types to document"),
     (VIDEO, "videos", "More Input Types to video")],
)  # fmt: skip
def test_what_is_refused_names_the_field_that_allows_it(
    part: DocumentPromptMessageContent | VideoPromptMessageContent, kind: str, remedy: str
) -> None:
    message = UserPromptMessage(content=[part])
    with pytest.raises(RequestError, match=rf'"m" does not take {kind}.* set {remedy}'):
        asked(TAKES_NONE, message)
    asked(NOTHING_KNOWN, message)
    asked(ModelFacts(pdf_input=True, video_input=True), message)
    asked(TAKES_NONE, message, input_types=part.type.value)
    other = {"document": "video", "video": "document"}[part.type.value]
    with pytest.raises(RequestError, match=remedy):
        asked(TAKES_NONE, message, input_types=other)


@pytest.mark.parametrize(
    "earlier",
    [UserPromptMessage(content="Hello"), AssistantPromptMessage(content=[IMAGE])],
)
def test_what_comes_later_is_looked_at_too(earlier: PromptMessage) -> None:
    asked(TAKES_NONE, earlier)
    with pytest.raises(RequestError, match="does not take images"):
        asked(TAKES_NONE, earlier, UserPromptMessage(content=[IMAGE]))
