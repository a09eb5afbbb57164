"""`POST /v1/chat/completions` and `POST /v1/completions`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NotRequired, TypedDict

from pydantic import OnErrorOmit

from litellm_proxy.wire.error_body import FallibleAnswer
from litellm_proxy.wire.options import NO_OPTIONS, ProxyRequest, RequestOptions
from litellm_proxy.wire.reading import Json, Lenient, Parts, WireModel
from litellm_proxy.wire.request import Request


class CacheControl(TypedDict):
    """A breakpoint: the provider is asked to cache the prompt up to here."""

    type: Literal["ephemeral"]


class TextPart(TypedDict):
    """Text among other parts."""

    type: Literal["text"]
    text: str
    cache_control: NotRequired[CacheControl]


class ImageUrl(TypedDict):
    """An image by http(s) URL or data URL."""

    url: str
    detail: NotRequired[str]


class ImagePart(TypedDict):
    """An image among other parts."""

    type: Literal["image_url"]
    image_url: ImageUrl
    cache_control: NotRequired[CacheControl]


class InputAudio(TypedDict):
    """Audio as base64; `format` is mp3, wav, …."""

    data: str
    format: str


class AudioPart(TypedDict):
    """Audio among other parts."""

    type: Literal["input_audio"]
    input_audio: InputAudio


class File(TypedDict):
    """A document or a video: a data URL in `file_data`, or its http(s) URL in `file_id`.

    `format` is the MIME type; LiteLLM turns the part into what each provider takes.
    """

    file_data: NotRequired[str]
    file_id: NotRequired[str]
    filename: NotRequired[str]
    format: NotRequired[str]


class FilePart(TypedDict):
    """A file among other parts."""

    type: Literal["file"]
    file: File


type ContentPart = TextPart | ImagePart | AudioPart | FilePart


class FunctionCall(TypedDict):
    """The function that a tool call names; `arguments` is JSON as text."""

    name: str
    arguments: str


class ToolCall(TypedDict):
    """A tool call in the history."""

    id: str
    type: Literal["function"]
    function: FunctionCall


class SystemMessage(TypedDict):
    """Instructions."""

    role: Literal["system"]
    content: str | list[TextPart]


class UserMessage(TypedDict):
    """What the user said, as text or as parts."""

    role: Literal["user"]
    content: str | list[ContentPart]


class AssistantMessage(TypedDict):
    """What the model said; `content` is null beside tool calls without text.

    Reasoning that led to tool calls goes back with them: signed as `thinking_blocks`, as the items of
    OpenAI's Responses API, or as text.
    """

    role: Literal["assistant"]
    content: str | None
    tool_calls: NotRequired[list[ToolCall]]
    thinking_blocks: NotRequired[list[dict[str, Json]]]
    reasoning_items: NotRequired[list[dict[str, Json]]]
    reasoning_content: NotRequired[str]


class ToolMessage(TypedDict):
    """The result of one tool call."""

    role: Literal["tool"]
    content: str
    tool_call_id: str


type Message = SystemMessage | UserMessage | AssistantMessage | ToolMessage


class FunctionDeclaration(TypedDict):
    """A function the model may call; `parameters` is a JSON schema of type object."""

    name: str
    description: NotRequired[str]
    parameters: dict[str, Json]


class Tool(TypedDict):
    """A tool the model may use."""

    type: Literal["function"]
    function: FunctionDeclaration


@dataclass(frozen=True, slots=True)
class ChatRequest(ProxyRequest):
    """What the chat endpoint is asked; empty fields are left out of the JSON.

    `tools_of_the_history` are declared where `tools` are none: some providers reject a history with
    tool calls beside no tools at all. `default_effort` is the level of reasoning that the model has anyway.
    """

    model: str
    messages: Sequence[Message]
    stream: bool
    tools: Sequence[Tool] = ()
    stop: Sequence[str] = ()
    parameters: Mapping[str, Json] = field(default_factory=dict)
    options: RequestOptions = NO_OPTIONS
    tools_of_the_history: Sequence[Tool] = ()
    default_effort: str | None = None

    def request(self) -> Request:
        """Return the request."""
        own: dict[str, Json] = {
            **self.parameters,
            "model": self.model,
            "messages": list(self.messages) or None,
            "tools": _with_others(
                self.tools or self.tools_of_the_history, self.options.extra.get("tools")
            ),
            "stop": list(self.stop) or None,
            **_streaming(stream=self.stream),
        }
        unsent = {"history_tools": not self.tools, "reasoning_effort": self.default_effort}
        return self.options.request("/v1/chat/completions", own, unsent=unsent)


def _with_others(tools: Sequence[Tool], others: Json) -> list[Json] | None:
    """Return the tools with others that were asked for beside them; of one name the first counts."""
    if not tools:
        return None
    names = {tool["function"]["name"] for tool in tools}
    further = (
        [tool for tool in others if _function_name(tool) not in names]
        if isinstance(others, list)
        else []
    )
    return [*tools, *further]


def _function_name(tool: Json) -> str | None:
    match tool:
        case {"function": {"name": str(name)}}:
            return name
        case _:
            return None


@dataclass(frozen=True, slots=True)
class CompletionRequest(ProxyRequest):
    """What the completion endpoint is asked; empty fields are left out of the JSON."""

    model: str
    prompt: str
    stream: bool
    stop: Sequence[str] = ()
    parameters: Mapping[str, Json] = field(default_factory=dict)
    options: RequestOptions = NO_OPTIONS

    def request(self) -> Request:
        """Return the request."""
        own: dict[str, Json] = {
            **self.parameters,
            "model": self.model,
            "prompt": self.prompt,
            "stop": list(self.stop) or None,
            **_streaming(stream=self.stream),
        }
        return self.options.request("/v1/completions", own)


def _streaming(*, stream: bool) -> dict[str, Json]:
    # Without include_usage a stream carries no token counts.
    return {"stream": True, "stream_options": {"include_usage": True}} if stream else {}


class FunctionCallDelta(WireModel):
    """A piece of a function call."""

    name: Lenient[str] = None
    arguments: Json = None


class ToolCallDelta(WireModel):
    """A piece of a tool call; the first piece of an index carries id and name."""

    index: Lenient[int] = None
    id: Lenient[str | int] = None
    function: Lenient[FunctionCallDelta] = None


class OutputImageUrl(WireModel):
    """Where an image is: a data URL, or an http(s) URL."""

    url: str


class OutputImage(WireModel):
    """An image that the model made; some upstreams write its URL without the object around it."""

    image_url: Lenient[OutputImageUrl | str] = None

    @property
    def url(self) -> str:
        """Return where the image is, "" where nobody told it."""
        place = self.image_url
        return place.url if isinstance(place, OutputImageUrl) else place or ""


class OutputAudio(WireModel):
    """Audio that the model made; data is base64, and both come in pieces."""

    data: Lenient[str] = None
    transcript: Lenient[str] = None


class UrlCitation(WireModel):
    """A web page that an answer rests on."""

    url: str
    title: Lenient[str] = None


class Annotation(WireModel):
    """A note on an answer; only citations matter here."""

    url_citation: Lenient[UrlCitation] = None


class ReasoningDetail(WireModel):
    """A piece of reasoning as OpenRouter writes it."""

    text: Lenient[str] = None
    summary: Lenient[str] = None


class ContentPiece(WireModel):
    """A part of content in a list, as Mistral writes reasoning beside text."""

    text: Lenient[str] = None
    thinking: Lenient[str | Parts[ReasoningDetail]] = None

    @property
    def thought(self) -> str:
        """Return the reasoning in it."""
        parts = self.thinking or ""
        return parts if isinstance(parts, str) else _joined(parts)


class ProviderFields(WireModel):
    """What LiteLLM keeps of a provider's own fields; reasoning of some stands there alone."""

    refusal: Lenient[str] = None
    reasoning_details: Lenient[Parts[ReasoningDetail]] = None


class Delta(WireModel):
    """What one chunk adds to the answer, or the whole message of a blocking answer.

    `thinking_blocks` are signed pieces of reasoning that some providers want back with the result
    of a tool, `reasoning_items` what OpenAI's Responses API wants back. `function_call` is the form of old
    backends, passed on by LiteLLM.
    """

    content: str | Parts[ContentPiece] | None = None
    reasoning_content: Lenient[str] = None
    reasoning: Lenient[str] = None
    reasoning_details: Lenient[Parts[ReasoningDetail]] = None
    thinking_blocks: Lenient[Parts[dict[str, Json]]] = None
    reasoning_items: Lenient[Parts[dict[str, Json]]] = None
    tool_calls: Parts[ToolCallDelta] | None = None
    function_call: FunctionCallDelta | None = None
    images: Lenient[Parts[OnErrorOmit[OutputImage]]] = None
    audio: Lenient[OutputAudio] = None
    annotations: Lenient[Parts[Annotation]] = None
    refusal: Lenient[str] = None
    provider_specific_fields: Lenient[ProviderFields] = None

    @property
    def thought(self) -> str:
        """Return the reasoning that this piece brings, under whichever of its names."""
        if text := self.reasoning_content or self.reasoning:
            return text
        if isinstance(self.content, list):
            return "".join(part.thought for part in self.content)
        fields = self.provider_specific_fields
        return _joined(self.reasoning_details or (fields and fields.reasoning_details) or ())

    @property
    def text(self) -> str:
        """Return the text that this piece brings."""
        if isinstance(self.content, list):
            return "".join(part.text or "" for part in self.content)
        return self.content or ""

    @property
    def refused(self) -> str:
        """Return the words with which the model refuses."""
        fields = self.provider_specific_fields
        return self.refusal or (fields and fields.refusal) or ""


def _joined(details: Sequence[ReasoningDetail]) -> str:
    return "".join(detail.text or detail.summary or "" for detail in details)


class Choice(WireModel):
    """One choice; `delta` in a stream, `message` in a blocking answer, `text` in completion mode.

    `index` tells several choices apart.
    """

    index: Lenient[int] = None
    delta: Delta | None = None
    message: Delta | None = None
    text: str | None = None
    finish_reason: str | None = None

    @property
    def piece(self) -> Delta:
        """Return what this choice adds, whichever way it came."""
        return self.delta or self.message or Delta(content=self.text)


class PromptTokensDetails(WireModel):
    """How many of the prompt's tokens came from a cache, and how many went into one."""

    cached_tokens: Lenient[int] = None
    cache_creation_tokens: Lenient[int] = None


class CompletionTokensDetails(WireModel):
    """How many of the completion's tokens were reasoning."""

    reasoning_tokens: Lenient[int] = None


class Usage(WireModel):
    """Token counts and, for models with a known price, the cost in USD."""

    prompt_tokens: Lenient[int] = None
    completion_tokens: Lenient[int] = None
    prompt_tokens_details: Lenient[PromptTokensDetails] = None
    completion_tokens_details: Lenient[CompletionTokensDetails] = None
    cost: Lenient[float] = None


class ChatChunk(FallibleAnswer):
    """One event of a stream, or a whole blocking answer (then a choice has a `message`)."""

    choices: Parts[Choice] | None = None
    citations: Lenient[Parts[str]] = None
    usage: Lenient[Usage] = None
