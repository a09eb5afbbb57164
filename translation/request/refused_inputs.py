"""Whether a model takes what a message carries beside text."""

from collections.abc import Sequence

from dify_plugin.entities.model.message import (
    PromptMessage,
    PromptMessageContentType,
    UserPromptMessage,
)

from translation.errors.request_error import RequestError
from translation.facts.model_facts import ModelFacts
from translation.form.settings import InputType, Override, Settings

_WORDS = {
    PromptMessageContentType.IMAGE: ("images", "Vision to Yes"),
    PromptMessageContentType.AUDIO: ("audio", "More Input Types to audio"),
    PromptMessageContentType.DOCUMENT: ("documents", "More Input Types to document"),
    PromptMessageContentType.VIDEO: ("videos", "More Input Types to video"),
}


def require_known_inputs(
    messages: Sequence[PromptMessage], settings: Settings, facts: ModelFacts
) -> None:
    """Raise RequestError if a user message carries what the model is known not to take.

    What is unknown is sent: the model says best itself whether it takes it.
    """
    for message in messages:
        if not isinstance(message, UserPromptMessage) or not isinstance(message.content, list):
            continue
        for part in message.content:
            if _is_refused(part.type, settings, facts):
                kind, remedy = _WORDS[part.type]
                error = (
                    f'"{settings.label}" does not take {kind}, as the proxy or its form says; '
                    f"choose another model, or set {remedy} in its settings."
                )
                raise RequestError(error)


def _is_refused(kind: PromptMessageContentType, settings: Settings, facts: ModelFacts) -> bool:
    match kind:
        case PromptMessageContentType.IMAGE:
            unseen = settings.vision is Override.AUTO and facts.vision is False
            return settings.vision is Override.NO or unseen
        case PromptMessageContentType.AUDIO:
            return facts.audio_input is False and InputType.AUDIO not in settings.input_types
        case PromptMessageContentType.DOCUMENT:
            return facts.pdf_input is False and InputType.DOCUMENT not in settings.input_types
        case PromptMessageContentType.VIDEO:
            return facts.video_input is False and InputType.VIDEO not in settings.input_types
        case _:
            return False
