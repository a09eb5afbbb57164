"""Documents and videos that a model is known not to take, wherever in the conversation they are."""

import pytest
from dify_plugin.entities.model.message import (
    AssistantPromptMessage,
    DocumentPromptMessageContent,
    ImagePromptMessageContent,
    PromptMessage,
    UserPromptMessage,
    VideoPromptMessageContent,
)

from litellm_proxy.wire.model_facts import NOTHING_KNOWN, ModelFacts
from translation.errors.request_error import RequestError
from translation.facts.model_view import ModelView
from translation.form.settings import parse_settings
from translation.request.unsupported_inputs import require_supported_inputs

PDF = DocumentPromptMessageContent(format="pdf", base64_data="QQ==", mime_type="application/pdf")
VIDEO = VideoPromptMessageContent(format="mp4", base64_data="QQ==", mime_type="video/mp4")
IMAGE = ImagePromptMessageContent(format="png", base64_data="QQ==", mime_type="image/png")
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
