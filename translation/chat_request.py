"""Dify's messages, parameters and tools → a request for the proxy. Nothing passed in is changed."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from dify_plugin.entities.model.message import (
    AssistantPromptMessage,
    AudioPromptMessageContent,
    DeveloperPromptMessage,
    DocumentPromptMessageContent,
    ImagePromptMessageContent,
    PromptMessage,
    PromptMessageContent,
    PromptMessageTool,
    SystemPromptMessage,
    TextPromptMessageContent,
    ToolPromptMessage,
    UserPromptMessage,
    VideoPromptMessageContent,
)

from litellm_proxy.wire import chat as wire
from litellm_proxy.wire.reading import Json

_THINK_BLOCK = re.compile(r"\A\s*<think(?:\s[^<>]*)?>.*?</think>\s*", re.DOTALL | re.IGNORECASE)
_AUDIO_FORMATS = {
    "audio/mpeg": "mp3",
    "audio/mp3": "mp3",
    "audio/wav": "wav",
    "audio/x-wav": "wav",
    "audio/wave": "wav",
}
"""OpenAI names the formats, not the MIME types."""
_EMPTY_PARAMETERS: dict[str, Json] = {"type": "object", "properties": {}}
_PARAMETERS_OF_OTHER_NAME_OR_SHAPE = frozenset({"response_format", "json_schema"})


class RequestError(ValueError):
    """Dify asked for something that cannot be sent to the proxy; the text says what."""


def chat_request(  # noqa: PLR0913 - the arguments of Dify's call
    model: str,
    messages: Sequence[PromptMessage],
    parameters: Mapping[str, Json],
    *,
    tools: Sequence[PromptMessageTool] = (),
    stop: Sequence[str] = (),
    stream: bool,
    user: str | None = None,
) -> wire.ChatRequest:
    """Return the chat request; raise RequestError for content that has no form on the wire."""
    return wire.ChatRequest(
        model=model,
        messages=_messages(messages),
        stream=stream,
        tools=[_tool(tool) for tool in tools],
        stop=stop,
        user=user,
        parameters=_parameters(parameters),
    )


def completion_request(  # noqa: PLR0913 - the arguments of Dify's call
    model: str,
    messages: Sequence[PromptMessage],
    parameters: Mapping[str, Json],
    *,
    stop: Sequence[str] = (),
    stream: bool,
    user: str | None = None,
) -> wire.CompletionRequest:
    """Return the completion request: a lone user message as it is, else the whole conversation."""
    return wire.CompletionRequest(
        model=model,
        prompt=_prompt(messages),
        stream=stream,
        stop=stop,
        user=user,
        parameters=_parameters(parameters),
    )


def without_thinking(text: str) -> str:
    """Return an earlier answer without the think block at its front."""
    return _THINK_BLOCK.sub("", text)


def _parameters(parameters: Mapping[str, Json]) -> dict[str, Json]:
    """Return what the user set; Dify sends "" for an option that was left alone."""
    sent = {
        name: value
        for name, value in parameters.items()
        if value not in (None, "") and name not in _PARAMETERS_OF_OTHER_NAME_OR_SHAPE
    }
    if response_format := _response_format(parameters):
        sent["response_format"] = response_format
    return sent


def _response_format(parameters: Mapping[str, Json]) -> Json:
    schema_text = parameters.get("json_schema")
    asked = parameters.get("response_format")
    if schema_text and asked in (None, "", "json_schema"):
        return {"type": "json_schema", "json_schema": _named_schema(schema_text)}
    return {"type": asked} if asked and asked != "json_schema" else None


def _named_schema(schema_text: str) -> Json:
    """Return `{"name", "schema"}`; Dify sends that, or for some models the bare schema."""
    try:
        parsed = json.loads(schema_text)
    except ValueError:
        parsed = None
    match parsed:
        case {"schema": dict()}:
            return {"name": "response", **parsed}
        case dict():
            return {"name": "response", "schema": parsed}
        case _:
            message = 'json_schema must be a JSON object such as {"type": "object", …}.'
            raise RequestError(message)


def _messages(messages: Sequence[PromptMessage]) -> list[wire.Message]:
    translated: list[wire.Message] = []
    for message in messages:
        for turn in _message(message):
            previous = translated[-1] if translated else None
            if previous and (merged := _merged(previous, turn)):
                translated[-1] = merged
            else:
                translated.append(turn)
    return translated


def _message(message: PromptMessage) -> Iterator[wire.Message]:
    match message:
        case SystemPromptMessage() | DeveloperPromptMessage():
            yield {"role": "system", "content": message.get_text_content()}
        case UserPromptMessage():
            yield _user(message)
        case AssistantPromptMessage():
            yield _assistant(message)
        case ToolPromptMessage():
            yield {
                "role": "tool",
                "content": message.get_text_content(),
                "tool_call_id": message.tool_call_id,
            }
        case _:
            error = f"Messages of role {message.role.value} cannot be sent to the proxy."
            raise RequestError(error)


def _user(message: UserPromptMessage) -> wire.UserMessage:
    content = message.content
    if not isinstance(content, list):
        return {"role": "user", "content": content or ""}
    if all(isinstance(part, TextPromptMessageContent) for part in content):
        return {"role": "user", "content": message.get_text_content()}
    return {"role": "user", "content": [_part(part) for part in content]}


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
    file: wire.File = {"format": part.mime_type}
    if part.url:
        file["file_id"] = part.url
    else:
        file["file_data"] = part.data
    if part.filename:
        file["filename"] = part.filename
    return file


def _assistant(message: AssistantPromptMessage) -> wire.AssistantMessage:
    text = without_thinking(message.get_text_content())
    calls: list[wire.ToolCall] = [
        {
            "id": call.id,
            "type": "function",
            "function": {"name": call.function.name, "arguments": call.function.arguments},
        }
        for call in message.tool_calls
    ]
    if not calls:
        return {"role": "assistant", "content": text}
    # Strict backends refuse "" beside tool calls, and LiteLLM puts filler text there (F30).
    return {"role": "assistant", "content": text or None, "tool_calls": calls}


def _merged(previous: wire.Message, turn: wire.Message) -> wire.Message | None:
    """Return two assistant turns in a row as one: strict backends refuse them (F31)."""
    if previous["role"] != "assistant" or turn["role"] != "assistant":
        return None
    texts = [text for text in (previous["content"], turn["content"]) if text]
    merged: wire.AssistantMessage = {"role": "assistant", "content": "\n\n".join(texts)}
    if calls := [*previous.get("tool_calls", []), *turn.get("tool_calls", [])]:
        merged = {"role": "assistant", "content": merged["content"] or None, "tool_calls": calls}
    return merged


def _tool(tool: PromptMessageTool) -> wire.Tool:
    function: wire.FunctionDeclaration = {
        "name": tool.name,
        "parameters": tool.parameters or _EMPTY_PARAMETERS,
    }
    if tool.description:
        function["description"] = tool.description
    return {"type": "function", "function": function}


def _prompt(messages: Sequence[PromptMessage]) -> str:
    match list(messages):
        case [UserPromptMessage() as only]:
            return only.get_text_content()
        case _:
            return "\n\n".join([*_transcript(messages), "Assistant:"])


def _transcript(messages: Iterable[PromptMessage]) -> Iterator[str]:
    for message in messages:
        text = message.get_text_content()
        match message:
            case SystemPromptMessage() | DeveloperPromptMessage():
                yield text
            case AssistantPromptMessage():
                yield f"Assistant: {without_thinking(text)}"
            case ToolPromptMessage():
                yield f"Tool: {text}"
            case _:
                yield f"User: {text}"
