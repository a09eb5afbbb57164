"""Build Dify's chunks from an answer, each small enough for one line to Dify's daemon."""

import base64
from collections.abc import Callable, Iterator

from dify_plugin.entities.model.llm import LLMResultChunk, LLMResultChunkDelta, LLMUsage
from dify_plugin.entities.model.message import (
    AssistantPromptMessage,
    AudioPromptMessageContent,
    ImagePromptMessageContent,
    VideoPromptMessageContent,
)

from litellm_proxy.limits import MAX_URL_CHARACTERS
from litellm_proxy.wire.chat import OutputImage
from translation.answer.chat_stream import Outcome
from translation.answer.speech_file import SpeechFile
from translation.answer.tool_calls import CompleteToolCall
from translation.line_limit import MAX_LINE_PART, MAX_TEXT_CHARACTERS
from translation.media_type import media_type_of_base64

_MAX_FINISH_REASON = 100
_MAX_TYPE = 100
_ENDINGS = {"audio/mpeg": "mp3", "audio/mp4": "m4a", "audio/x-wav": "wav"}
_VIDEO_NOTE = "\n\n[The model made a video, which cannot be shown here.]\n\n"
_IMAGE_NOTE = "[The model made an image. Dify shows no images of blocking calls: use response_mode streaming.]"
_NO_IMAGE = "\n\n[The model made an image that cannot be read.]\n\n"


def shown_chunks(
    model: str, shown: str | OutputImage, *, takes_files: bool = False
) -> Iterator[LLMResultChunk]:
    """Yield chunks for a text or an image; split very long text.

    Without `takes_files` a video (LiteLLM returns it as an image) is replaced by a note.
    """
    if isinstance(shown, OutputImage):
        yield _chunk(model, _image(shown, takes_files=takes_files))
        return
    for start in range(0, len(shown), MAX_TEXT_CHARACTERS):
        text = shown[start : start + MAX_TEXT_CHARACTERS]
        yield _chunk(model, AssistantPromptMessage(content=text))


def image_note(image: OutputImage) -> str:
    """Return the text for an image in a blocking answer.

    Dify 1.14 keeps only the text of blocking answers.
    """
    url = image.url
    if url.startswith(("http://", "https://")) and len(url) <= MAX_URL_CHARACTERS:
        return f"![image]({url})"
    return _IMAGE_NOTE


def speech_chunk(model: str, speech: SpeechFile) -> LLMResultChunk:
    """Return speech as a file, or a note if too large."""
    if not speech.content:
        size = f"{speech.size / 1_000_000:.1f} MB"
        note = f"\n\n[The model spoke for {size}, which is too much to be passed to Dify.]"
        return _chunk(model, AssistantPromptMessage(content=note))
    data = base64.b64encode(speech.content).decode()
    content = AudioPromptMessageContent(
        format=_ENDINGS.get(speech.media_type, speech.media_type.partition("/")[2]),
        mime_type=speech.media_type,
        base64_data=data,
    )
    return _chunk(model, AssistantPromptMessage(content=[content]))


def last_chunk(
    model: str,
    outcome: Outcome,
    usage: LLMUsage,
    sources: str,
    in_dify: Callable[[CompleteToolCall], CompleteToolCall],
) -> LLMResultChunk:
    """Return the last chunk, with tool calls, usage and finish reason.

    Dify uses the usage of the first chunk that has one. `in_dify` replaces the names of a call's
    tool and arguments with Dify's names.
    """
    message = AssistantPromptMessage(
        content=sources,
        tool_calls=[_tool_call(in_dify(call)) for call in outcome.tool_calls],
    )
    return LLMResultChunk(
        model=model,
        delta=LLMResultChunkDelta(
            index=0,
            message=message,
            usage=usage,
            finish_reason=outcome.finish_reason[:_MAX_FINISH_REASON],
        ),
    )


def _chunk(model: str, message: AssistantPromptMessage) -> LLMResultChunk:
    return LLMResultChunk(model=model, delta=LLMResultChunkDelta(index=0, message=message))


def _image(image: OutputImage, *, takes_files: bool) -> AssistantPromptMessage:
    url = _with_its_type(image.url)
    header, _, data = url.partition(",")
    data = data if _is_one_word(data) else "".join(data.split())
    if url.startswith(("http://", "https://")) and len(url) <= MAX_TEXT_CHARACTERS:
        content = ImagePromptMessageContent(format="png", mime_type="image/png", url=url)
        return AssistantPromptMessage(content=[content])
    mime_type = header.removeprefix("data:").partition(";")[0][:_MAX_TYPE] or "image/png"
    is_data = header.startswith("data:") and data
    if not (is_data and data.isascii() and _is_one_word(data)):
        return AssistantPromptMessage(content=_NO_IMAGE)
    is_video = mime_type.startswith("video/")
    if is_video and not takes_files:
        return AssistantPromptMessage(content=_VIDEO_NOTE)
    if len(data) > MAX_LINE_PART:
        note = f"\n\n[The model made an image of {_size(data)}, which is too large to be passed to Dify.]\n\n"
        return AssistantPromptMessage(content=note)
    kind = VideoPromptMessageContent if is_video else ImagePromptMessageContent
    made = kind(format=mime_type.rpartition("/")[2], mime_type=mime_type, base64_data=data)
    return AssistantPromptMessage(content=[made])


def _with_its_type(url: str) -> str:
    """Return a URL unchanged, bare base64 images as data URLs."""
    told = None if ":" in url else media_type_of_base64(url)
    return f"data:{told};base64,{url}" if told and told.startswith("image/") else url


def _is_one_word(data: str) -> bool:
    return data.isprintable() and " " not in data


def _size(data: str) -> str:
    """Return the size of a base64 file."""
    return f"{len(data) * 3 / 4 / 1_000_000:.1f} MB"


def _tool_call(call: CompleteToolCall) -> AssistantPromptMessage.ToolCall:
    return AssistantPromptMessage.ToolCall(
        id=call.id,
        type="function",
        function=AssistantPromptMessage.ToolCall.ToolCallFunction(
            name=call.name, arguments=call.arguments
        ),
    )
