"""`POST /v1/chat/completions` and `POST /v1/completions`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NotRequired, TypedDict

from pydantic import OnErrorOmit

from litellm_proxy.wire.error_body import ResponseWithError
from litellm_proxy.wire.options import NO_OPTIONS, ProxyRequest, RequestOptions
from litellm_proxy.wire.reading import Json, Lenient, Parts, WireModel
from litellm_proxy.wire.request import Request


class CacheControl(TypedDict):
    """A cache breakpoint: the provider caches the prompt up to here."""

    type: Literal["ephemeral"]


class TextPart(TypedDict):
    """A text part of a message."""

    type: Literal["text"]
    text: str
    cache_control: NotRequired[CacheControl]


class ImageUrl(TypedDict):
    """An http(s) URL or a data URL of an image."""

    url: str
    detail: NotRequired[str]


class ImagePart(TypedDict):
    """An image part of a message."""

    type: Literal["image_url"]
    image_url: ImageUrl
    cache_control: NotRequired[CacheControl]


class InputAudio(TypedDict):
    """Audio as base64; `format` is mp3, wav, …."""

    data: str
    format: str


class AudioPart(TypedDict):
    """An audio part of a message."""

    type: Literal["input_audio"]
    input_audio: InputAudio


class File(TypedDict):
    """A document or a video: a data URL in `file_data`, or its http(s) URL in `file_id`.

    `format` is the MIME type; LiteLLM converts the part to each provider's format.
    """

    file_data: NotRequired[str]
    file_id: NotRequired[str]
    filename: NotRequired[str]
    format: NotRequired[str]


class FilePart(TypedDict):
    """A file part of a message."""

    type: Literal["file"]
    file: File


type ContentPart = TextPart | ImagePart | AudioPart | FilePart


class FunctionCall(TypedDict):
    """The function of a tool call; `arguments` is a string of JSON."""

    name: str
    arguments: str


class ToolCall(TypedDict):
    """A tool call in the conversation history."""

    id: str
    type: Literal["function"]
    function: FunctionCall


class SystemMessage(TypedDict):
    """A message with instructions."""

    role: Literal["system"]
    content: str | list[TextPart]


class UserMessage(TypedDict):
    """A user's message, as text or as parts."""

    role: Literal["user"]
    content: str | list[ContentPart]


class AssistantMessage(TypedDict):
    """A message of the model.

    `content` is null if it has tool calls and no text. Reasoning that led to tool calls is sent
    back with them: as signed `thinking_blocks`, as items of OpenAI's Responses API, or as text.
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
    """A function that the model may call.

    `parameters` is a JSON schema of type object.
    """

    name: str
    description: NotRequired[str]
    parameters: dict[str, Json]


class Tool(TypedDict):
    """A tool that the model may call."""

    type: Literal["function"]
    function: FunctionDeclaration


@dataclass(frozen=True, slots=True)
class ChatRequest(ProxyRequest):
    """A chat completion request; empty fields are omitted from the JSON.

    `tools_of_the_history` replace empty `tools`: some providers reject a history with tool calls in
    a request without tools. `default_effort` is the reasoning effort that a fallback sends where a
    model rejects tools without one.
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
    """Append other tools; of two tools with one name the first is kept."""
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
    """A text completion request; empty fields are omitted from the JSON."""

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
    # Without include_usage a stream has no token counts.
    return {"stream": True, "stream_options": {"include_usage": True}} if stream else {}


class FunctionCallDelta(WireModel):
    """A fragment of a function call."""

    name: Lenient[str] = None
    arguments: Json = None


class ToolCallDelta(WireModel):
    """A fragment of a tool call.

    The first fragment of an index has the id and the name.
    """

    index: Lenient[int] = None
    id: Lenient[str | int] = None
    function: Lenient[FunctionCallDelta] = None


class OutputImageUrl(WireModel):
    """A data URL or an http(s) URL of an image."""

    url: str


class OutputImage(WireModel):
    """A generated image; some upstreams send its URL as a plain string."""

    image_url: Lenient[OutputImageUrl | str] = None

    @property
    def url(self) -> str:
        """Return the URL of the image, "" if it has none."""
        place = self.image_url
        return place.url if isinstance(place, OutputImageUrl) else place or ""


class OutputAudio(WireModel):
    """Generated audio; `data` is base64, and both fields are streamed in fragments."""

    data: Lenient[str] = None
    transcript: Lenient[str] = None


class UrlCitation(WireModel):
    """A web page that the answer cites."""

    url: str
    title: Lenient[str] = None


class Annotation(WireModel):
    """An annotation of an answer; only citations are parsed."""

    url_citation: Lenient[UrlCitation] = None


class ReasoningDetail(WireModel):
    """A fragment of reasoning in OpenRouter's format."""

    text: Lenient[str] = None
    summary: Lenient[str] = None


class ContentPiece(WireModel):
    """An item of a content list: Mistral sends reasoning and text as separate items."""

    text: Lenient[str] = None
    thinking: Lenient[str | Parts[ReasoningDetail]] = None

    @property
    def thought(self) -> str:
        """Return the reasoning of this item."""
        parts = self.thinking or ""
        return parts if isinstance(parts, str) else _joined(parts)


class ProviderFields(WireModel):
    """Provider fields that LiteLLM passes on; some providers send reasoning only here."""

    refusal: Lenient[str] = None
    reasoning_details: Lenient[Parts[ReasoningDetail]] = None


class Delta(WireModel):
    """The content of one chunk, or the whole message of a blocking response.

    `thinking_blocks` are signed reasoning that some providers require with the result of a tool
    call; OpenAI's Responses API requires `reasoning_items`. `function_call` is the format of old
    backends, which LiteLLM passes on.
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
        """Return the reasoning of this delta, from any of its fields."""
        if text := self.reasoning_content or self.reasoning:
            return text
        if isinstance(self.content, list):
            return "".join(part.thought for part in self.content)
        fields = self.provider_specific_fields
        return _joined(self.reasoning_details or (fields and fields.reasoning_details) or ())

    @property
    def text(self) -> str:
        """Return the text of this delta."""
        if isinstance(self.content, list):
            return "".join(part.text or "" for part in self.content)
        return self.content or ""

    @property
    def refused(self) -> str:
        """Return the text of a refusal by the model."""
        fields = self.provider_specific_fields
        return self.refusal or (fields and fields.refusal) or ""


def _joined(details: Sequence[ReasoningDetail]) -> str:
    return "".join(detail.text or detail.summary or "" for detail in details)


class Choice(WireModel):
    """One choice of a response.

    `delta` is set in a stream, `message` in a blocking response, `text` in completion mode.
    """

    index: Lenient[int] = None
    delta: Delta | None = None
    message: Delta | None = None
    text: str | None = None
    finish_reason: str | None = None

    @property
    def piece(self) -> Delta:
        """Return the content of this choice, from any of the three fields."""
        return self.delta or self.message or Delta(content=self.text)


class PromptTokensDetails(WireModel):
    """Prompt tokens that were read from a cache, and that were written to it."""

    cached_tokens: Lenient[int] = None
    cache_creation_tokens: Lenient[int] = None


class CompletionTokensDetails(WireModel):
    """The number of completion tokens that were reasoning."""

    reasoning_tokens: Lenient[int] = None


class Usage(WireModel):
    """Token counts and, for models with a known price, the cost in USD."""

    prompt_tokens: Lenient[int] = None
    completion_tokens: Lenient[int] = None
    prompt_tokens_details: Lenient[PromptTokensDetails] = None
    completion_tokens_details: Lenient[CompletionTokensDetails] = None
    cost: Lenient[float] = None


class ChatChunk(ResponseWithError):
    """One stream event, or a whole blocking response (with `message` in choices)."""

    choices: Parts[Choice] | None = None
    citations: Lenient[Parts[str]] = None
    usage: Lenient[Usage] = None
