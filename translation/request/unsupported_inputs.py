"""Check that a model accepts the images, audio, documents and videos of a message."""

from collections.abc import Sequence

from dify_plugin.entities.model.message import (
    PromptMessage,
    PromptMessageContentType,
    UserPromptMessage,
)

from translation.errors.messages import short_name
from translation.errors.request_error import RequestError
from translation.facts.model_view import ModelView
from translation.form.settings import InputType, Override

_WORDS = {
    PromptMessageContentType.IMAGE: ("images", "Vision to Yes"),
    PromptMessageContentType.AUDIO: ("audio", "More Input Types to audio"),
    PromptMessageContentType.DOCUMENT: ("documents", "More Input Types to document"),
    PromptMessageContentType.VIDEO: ("videos", "More Input Types to video"),
}


def require_supported_inputs(messages: Sequence[PromptMessage], view: ModelView) -> None:
    """Raise RequestError for input that the model is known not to accept.

    If it is unknown, the input is sent, and the model itself may reject it.
    """
    for message in messages:
        if not isinstance(message, UserPromptMessage) or not isinstance(message.content, list):
            continue
        for part in message.content:
            if _is_rejected(part.type, view):
                kind, remedy = _WORDS[part.type]
                error = (
                    f'"{short_name(view.settings.label)}" does not take {kind}; choose another model, or set '
                    f"{remedy} in its form."
                )
                raise RequestError(error)


def _is_rejected(kind: PromptMessageContentType, view: ModelView) -> bool:
    settings, facts = view.settings, view.facts
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
