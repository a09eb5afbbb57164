"""Convert Dify's messages to chat messages that strict providers accept."""

from collections.abc import Iterator, Mapping, Sequence

from dify_plugin.entities.model.message import (
    AssistantPromptMessage,
    AudioPromptMessageContent,
    DeveloperPromptMessage,
    DocumentPromptMessageContent,
    ImagePromptMessageContent,
    MultiModalPromptMessageContent,
    PromptMessage,
    PromptMessageContent,
    SystemPromptMessage,
    TextPromptMessageContent,
    ToolPromptMessage,
    UserPromptMessage,
    VideoPromptMessageContent,
)

from litellm_proxy.wire import chat as wire
from translation.errors.request_error import RequestError
from translation.media_type import labelled
from translation.reasoning import Reasoning, ReasoningByCall
from translation.request.call_ids import sent_call_id
from translation.request.tool_names import sent_name
from translation.request.tool_schemas import renamed_arguments
from translation.request.turn_order import normalise_turns
from translation.think_block import thinking_at_the_front, without_thinking

_AUDIO_FORMATS = {
    "audio/mpeg": "mp3",
    "audio/mp3": "mp3",
    "audio/wav": "wav",
    "audio/x-wav": "wav",
    "audio/wave": "wav",
}
"""OpenAI's format names by MIME type."""
_RESULT_IS_BELOW = "The result follows as an attachment."
_NO_RESULT = "(The result is empty.)"


def wire_messages(
    messages: Sequence[PromptMessage],
    reasoning: ReasoningByCall,
    argument_names: Mapping[str, Mapping[str, str]] | None = None,
) -> list[wire.Message]:
    """Return the conversation in an order that strict providers accept.

    `reasoning` is the reasoning before earlier tool calls, by the call's id in Dify;
    `argument_names` are the sent names of each tool's arguments. Raises RequestError for content
    that the chat API does not support.
    """
    return normalise_turns(list(_turns(messages, reasoning, argument_names or {})))


def _turns(
    messages: Sequence[PromptMessage],
    reasoning: ReasoningByCall,
    argument_names: Mapping[str, Mapping[str, str]],
) -> Iterator[wire.Message]:
    """Yield the turns; files of tool results become a user turn."""
    attachments: list[wire.ContentPart] = []
    for message in messages:
        if attachments and not isinstance(message, ToolPromptMessage):
            yield {"role": "user", "content": attachments}
            attachments = []
        match message:
            case SystemPromptMessage() | DeveloperPromptMessage():
                yield {"role": "system", "content": message.get_text_content()}
            case UserPromptMessage():
                yield _user(message)
            case AssistantPromptMessage():
                yield _assistant(message, reasoning, argument_names)
            case ToolPromptMessage():
                attached = [part for part in _parts(message) if part["type"] != "text"]
                attachments += attached
                yield {
                    "role": "tool",
                    "content": _result(message.get_text_content(), attached=bool(attached)),
                    "tool_call_id": sent_call_id(message.tool_call_id),
                }
            case _:
                error = f"Messages of role {message.role.value} cannot be sent to the proxy."
                raise RequestError(error)
    if attachments:
        yield {"role": "user", "content": attachments}


def _result(text: str, *, attached: bool) -> str:
    """Return a tool result's text; some providers reject blank text."""
    if text.strip():
        return text
    return _RESULT_IS_BELOW if attached else _NO_RESULT


def _user(message: UserPromptMessage) -> wire.UserMessage:
    content = message.content
    if not isinstance(content, list):
        return {"role": "user", "content": content or ""}
    if all(isinstance(part, TextPromptMessageContent) for part in content):
        return {"role": "user", "content": message.get_text_content()}
    return {"role": "user", "content": _parts(message)}


def _text_with_notes(message: AssistantPromptMessage) -> str:
    """Return an answer's text, with notes for images.

    Providers do not accept images in answers.
    """
    if not isinstance(message.content, list):
        return message.content or ""
    return "".join(
        part.data if isinstance(part, TextPromptMessageContent) else f"[{part.type.value}]"
        for part in message.content
    )


def _parts(message: PromptMessage) -> list[wire.ContentPart]:
    """Return a message's parts without blank texts, which strict providers reject."""
    if not isinstance(message.content, list):
        return []
    return [
        _part(part)
        for part in message.content
        if not isinstance(part, TextPromptMessageContent) or part.data.strip()
    ]


def _part(part: PromptMessageContent) -> wire.ContentPart:
    match part:
        case TextPromptMessageContent():
            return {"type": "text", "text": part.data}
        case ImagePromptMessageContent():
            return {
                "type": "image_url",
                "image_url": {"url": _data(part, "image"), "detail": part.detail.value},
            }
        case AudioPromptMessageContent():
            return _audio(part)
        case DocumentPromptMessageContent():
            return {"type": "file", "file": _file(part, "application")}
        case VideoPromptMessageContent():
            return {"type": "file", "file": _file(part, "video")}
        case _:
            kind = getattr(part, "type", type(part).__name__)
            error = f"Content of kind {kind} cannot be sent to the proxy."
            raise RequestError(error)


def _data(part: MultiModalPromptMessageContent, kind: str) -> str:
    """Return a part's URL, or a data URL with the detected type."""
    if not part.base64_data:
        return part.data
    return f"data:{labelled(part.base64_data, part.mime_type, kind)};base64,{part.base64_data}"


def _audio(part: AudioPromptMessageContent) -> wire.AudioPart:
    if not part.base64_data:
        error = (
            "Audio cannot be sent by URL: set MULTIMODAL_SEND_FORMAT=base64 in Dify's environment."
        )
        raise RequestError(error)
    mime_type = labelled(part.base64_data, part.mime_type, "audio")
    return {
        "type": "input_audio",
        "input_audio": {
            "data": part.base64_data,
            "format": _AUDIO_FORMATS.get(mime_type, part.format),
        },
    }


def _file(part: DocumentPromptMessageContent | VideoPromptMessageContent, kind: str) -> wire.File:
    """Return a document or a video; LiteLLM converts it for each provider."""
    file: wire.File = {"format": part.mime_type}
    if part.base64_data:
        file["format"] = labelled(part.base64_data, part.mime_type, kind)
        file["file_data"] = _data(part, kind)
    else:
        file["file_id"] = part.url
        if isinstance(part, DocumentPromptMessageContent):
            # With a format LiteLLM 1.106 sends the URL to Claude as the id of an uploaded file
            # (litellm_core_utils/prompt_templates/factory.py, anthropic_process_openai_file_message).
            del file["format"]
    if part.filename:
        file["filename"] = part.filename
    return file


def _assistant(
    message: AssistantPromptMessage,
    reasoning: ReasoningByCall,
    argument_names: Mapping[str, Mapping[str, str]],
) -> wire.AssistantMessage:
    """Return the turn; content is blank if the answer had only reasoning."""
    whole = _text_with_notes(message)
    text = without_thinking(whole)
    calls: list[wire.ToolCall] = [
        {
            "id": sent_call_id(call.id),
            "type": "function",
            "function": {
                "name": sent_name(call.function.name),
                "arguments": renamed_arguments(
                    call.function.arguments, argument_names.get(call.function.name, {})
                ),
            },
        }
        for call in message.tool_calls
    ]
    if not calls:
        return {"role": "assistant", "content": text}
    # Strict backends reject "" together with tool calls, and LiteLLM replaces it with filler text.
    turn: wire.AssistantMessage = {
        "role": "assistant",
        "content": text if text.strip() else None,
        "tool_calls": calls,
    }
    kept = next((reasoning[c.id] for c in message.tool_calls if c.id in reasoning), Reasoning())
    if kept.items:
        turn["reasoning_items"] = list(kept.items)
    elif kept.blocks:
        turn["thinking_blocks"] = list(kept.blocks)
    elif thought := kept.text or thinking_at_the_front(whole):
        turn["reasoning_content"] = thought
    return turn
