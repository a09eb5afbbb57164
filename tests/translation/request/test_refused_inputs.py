import pytest
from dify_plugin.entities.model.message import (
    AudioPromptMessageContent,
    ImagePromptMessageContent,
    PromptMessage,
    TextPromptMessageContent,
    UserPromptMessage,
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
