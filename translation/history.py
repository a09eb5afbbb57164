"""Dify's messages → the proxy's, in the shapes that strict providers accept."""

import re
from collections.abc import Iterator, Mapping, Sequence

from dify_plugin.entities.model.message import (
    AssistantPromptMessage,
    AudioPromptMessageContent,
    DeveloperPromptMessage,
    DocumentPromptMessageContent,
    ImagePromptMessageContent,
    PromptMessage,
    PromptMessageContent,
    SystemPromptMessage,
    TextPromptMessageContent,
    ToolPromptMessage,
    UserPromptMessage,
    VideoPromptMessageContent,
)

from litellm_proxy.wire import chat as wire
from translation.chat_stream import AFTER_THINKING, LATE_THINK_OPEN, THINK_CLOSE
from translation.thinking_blocks import ThinkingBlock

_THINKING_AT_THE_FRONT = re.compile(
    r"\A\s*<think(?:\s[^<>]*)?>.*?(?:</think>\s*|\Z)", re.DOTALL | re.IGNORECASE
)
_AUDIO_FORMATS = {
    "audio/mpeg": "mp3",
    "audio/mp3": "mp3",
    "audio/wav": "wav",
    "audio/x-wav": "wav",
    "audio/wave": "wav",
}
"""OpenAI names the formats, not the MIME types."""
_RESULT_IS_BELOW = "The result follows as an attachment."


class RequestError(ValueError):
    """Dify asked for something that cannot be sent to the proxy; the text says what."""


def history(
    messages: Sequence[PromptMessage], thinking: Mapping[str, Sequence[ThinkingBlock]]
) -> list[wire.Message]:
    """Return the conversation for the chat endpoint.

    `thinking` holds signed reasoning by the id of the tool call that it led to. Raises RequestError
    for content that has no form on the wire.
    """
    translated: list[wire.Message] = []
    for turn in _turns(messages, thinking):
        previous = translated[-1] if translated else None
        merged = _merged(previous, turn) if previous else None
        if merged:
            translated[-1] = merged
        else:
            translated.append(turn)
    return translated


def without_thinking(text: str) -> str:
    """Return an earlier answer without its think blocks: reasoning is not sent again (F38)."""
    text = _THINKING_AT_THE_FRONT.sub("", text)
    kept: list[str] = []
    while (start := text.find(LATE_THINK_OPEN)) >= 0:
        end = text.find(THINK_CLOSE, start)
        if end < 0:
            break
        kept.append(text[:start])
        text = text[end + len(THINK_CLOSE) :].removeprefix(AFTER_THINKING)
    return "".join([*kept, text])


def _turns(
    messages: Sequence[PromptMessage], thinking: Mapping[str, Sequence[ThinkingBlock]]
) -> Iterator[wire.Message]:
    """Yield the turns; what a tool result carries beside text follows the last result (F32)."""
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
                if turn := _assistant(message, thinking):
                    yield turn
            case ToolPromptMessage():
                attached = [part for part in _parts(message) if part["type"] != "text"]
                attachments += attached
                text = message.get_text_content()
                yield {
                    "role": "tool",
                    "content": text or (_RESULT_IS_BELOW if attached else ""),
                    "tool_call_id": message.tool_call_id,
                }
            case _:
                error = f"Messages of role {message.role.value} cannot be sent to the proxy."
                raise RequestError(error)
    if attachments:
        yield {"role": "user", "content": attachments}


def _user(message: UserPromptMessage) -> wire.UserMessage:
    content = message.content
    if not isinstance(content, list):
        return {"role": "user", "content": content or ""}
    if all(isinstance(part, TextPromptMessageContent) for part in content):
        return {"role": "user", "content": message.get_text_content()}
    return {"role": "user", "content": _parts(message)}


def _text_with_notes(message: AssistantPromptMessage) -> str:
    """Return the text of an answer; no provider takes back the images that it holds."""
    if not isinstance(message.content, list):
        return message.content or ""
    return "".join(
        part.data if isinstance(part, TextPromptMessageContent) else f"[{part.type.value}]"
        for part in message.content
    )


def _parts(message: PromptMessage) -> list[wire.ContentPart]:
    return [_part(part) for part in message.content] if isinstance(message.content, list) else []


def _part(part: PromptMessageContent) -> wire.ContentPart:
    match part:
        case TextPromptMessageContent():
            return {"type": "text", "text": part.data}
        case ImagePromptMessageContent():
            return {
                "type": "image_url",
                "image_url": {"url": part.data, "detail": part.detail.value},
            }
        case AudioPromptMessageContent():
            return _audio(part)
        case DocumentPromptMessageContent() | VideoPromptMessageContent():
            return {"type": "file", "file": _file(part)}
        case _:
            kind = getattr(part, "type", type(part).__name__)
            error = f"Content of kind {kind} cannot be sent to the proxy."
            raise RequestError(error)


def _audio(part: AudioPromptMessageContent) -> wire.AudioPart:
    if not part.base64_data:
        error = (
            "Audio cannot be sent by URL: set MULTIMODAL_SEND_FORMAT=base64 in Dify's environment."
        )
        raise RequestError(error)
    audio_format = _AUDIO_FORMATS.get(part.mime_type, part.format)
    return {
        "type": "input_audio",
        "input_audio": {"data": part.base64_data, "format": audio_format},
    }


def _file(part: DocumentPromptMessageContent | VideoPromptMessageContent) -> wire.File:
    """Return a document or a video; LiteLLM makes of it what each provider takes."""
    file: wire.File = {"format": part.mime_type}
    if part.url:
        file["file_id"] = part.url
    else:
        file["file_data"] = part.data
    if part.filename:
        file["filename"] = part.filename
    return file


def _assistant(
    message: AssistantPromptMessage, thinking: Mapping[str, Sequence[ThinkingBlock]]
) -> wire.AssistantMessage | None:
    """Return the turn, or None for one that was reasoning alone."""
    text = without_thinking(_text_with_notes(message))
    calls: list[wire.ToolCall] = [
        {
            "id": call.id,
            "type": "function",
            "function": {"name": call.function.name, "arguments": call.function.arguments},
        }
        for call in message.tool_calls
    ]
    if not calls:
        return {"role": "assistant", "content": text} if text else None
    # Strict backends refuse "" beside tool calls, and LiteLLM puts filler text there (F30).
    turn: wire.AssistantMessage = {
        "role": "assistant",
        "content": text or None,
        "tool_calls": calls,
    }
    blocks = next((thinking[call["id"]] for call in calls if call["id"] in thinking), None)
    if blocks:
        turn["thinking_blocks"] = list(blocks)
    return turn


def _merged(previous: wire.Message, turn: wire.Message) -> wire.Message | None:
    """Return two assistant turns in a row as one: strict backends refuse them (F31)."""
    if previous["role"] != "assistant" or turn["role"] != "assistant":
        return None
    texts = [text for text in (previous["content"], turn["content"]) if text]
    merged: wire.AssistantMessage = {
        "role": "assistant",
        "content": "\n\n".join(texts) or None,
    }
    if calls := [*previous.get("tool_calls", []), *turn.get("tool_calls", [])]:
        merged["tool_calls"] = calls
    if blocks := [*previous.get("thinking_blocks", []), *turn.get("thinking_blocks", [])]:
        merged["thinking_blocks"] = blocks
    return merged
