"""Build chat and completion requests from Dify's messages, parameters and tools, without changing them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from dify_plugin.entities.model.message import (
    AssistantPromptMessage,
    DeveloperPromptMessage,
    PromptMessage,
    PromptMessageTool,
    SystemPromptMessage,
    ToolPromptMessage,
    UserPromptMessage,
)

from litellm_proxy.wire import chat as wire
from litellm_proxy.wire.options import NO_OPTIONS, RequestOptions
from litellm_proxy.wire.reading import Json
from translation.reasoning import ReasoningByCall
from translation.request import response_format
from translation.request.messages import wire_messages
from translation.request.model_parameters import body_fields
from translation.request.prompt_caching import with_breakpoints
from translation.request.tool_names import sent_name
from translation.request.tool_schemas import argument_names, strict_schema
from translation.think_block import without_thinking

_NO_PARAMETERS: dict[str, Json] = {"type": "object", "properties": {}}


def chat_request(  # noqa: PLR0913 - the arguments of Dify's call
    model: str,
    messages: Sequence[PromptMessage],
    parameters: Mapping[str, Json],
    *,
    tools: Sequence[PromptMessageTool] = (),
    stop: Sequence[str] = (),
    stream: bool,
    options: RequestOptions = NO_OPTIONS,
    reasoning: ReasoningByCall | None = None,
    follows_schemas: bool = True,
    cache_prompt: bool = False,
    default_effort: str | None = None,
) -> wire.ChatRequest:
    """Return the chat request.

    `reasoning` is the reasoning before earlier tool calls, by call id; `cache_prompt` requests
    prompt caching. Raises RequestError for content that the chat API does not support.
    """
    conversation = wire_messages(messages, reasoning or {}, argument_names(tools))
    schema = response_format.schema_of(parameters)
    if schema and not follows_schemas:
        conversation = response_format.with_schema_in_prompt(conversation, schema)
    sent = body_fields(parameters, stream=stream)
    if chosen := response_format.response_format(parameters, follows_schemas=follows_schemas):
        sent["response_format"] = chosen
    return wire.ChatRequest(
        model=model,
        messages=with_breakpoints(conversation) if cache_prompt else conversation,
        stream=stream,
        tools=_declarations(tools),
        tools_of_the_history=() if tools else list(_tools_of(conversation)),
        stop=_words(stop),
        parameters=sent,
        options=options,
        default_effort=default_effort,
    )


def completion_request(  # noqa: PLR0913 - the arguments of Dify's call
    model: str,
    messages: Sequence[PromptMessage],
    parameters: Mapping[str, Json],
    *,
    stop: Sequence[str] = (),
    stream: bool,
    options: RequestOptions = NO_OPTIONS,
) -> wire.CompletionRequest:
    """Return the completion request: a single user message unchanged, else a transcript."""
    return wire.CompletionRequest(
        model=model,
        prompt=_prompt(messages),
        stream=stream,
        stop=_words(stop),
        parameters=body_fields(parameters, stream=stream),
        options=options,
    )


def _words(stop: Sequence[str]) -> list[str]:
    """Drop empty stop words, which Dify sends for a cleared field."""
    return [word for word in stop if word]


def _declarations(tools: Sequence[PromptMessageTool]) -> list[wire.Tool]:
    """Return one declaration per name, since Claude rejects duplicate names."""
    first = {sent_name(tool.name): tool for tool in reversed(tools)}
    return [_tool(tool) for tool in tools if first[sent_name(tool.name)] is tool]


def _tool(tool: PromptMessageTool) -> wire.Tool:
    function: wire.FunctionDeclaration = {
        "name": sent_name(tool.name),
        "parameters": strict_schema(tool.parameters),
    }
    if tool.description:
        function["description"] = tool.description
    return {"type": "function", "function": function}


def _tools_of(conversation: Sequence[wire.Message]) -> Iterator[wire.Tool]:
    """Yield minimal declarations of the tools in the history.

    Bedrock rejects a history with tool calls if the request has no tools.
    """
    names = dict.fromkeys(
        call["function"]["name"]
        for message in conversation
        if message["role"] == "assistant"
        for call in message.get("tool_calls", [])
    )
    for name in names:
        yield {"type": "function", "function": {"name": name, "parameters": _NO_PARAMETERS}}


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
