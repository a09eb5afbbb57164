"""Large language models through the proxy's chat and completion endpoints."""

import time
from collections.abc import Generator, Iterator
from typing import Any

from dify_plugin import LargeLanguageModel
from dify_plugin.entities.model import AIModelEntity
from dify_plugin.entities.model.llm import LLMResultChunk, LLMResultChunkDelta
from dify_plugin.entities.model.message import (
    AssistantPromptMessage,
    PromptMessage,
    PromptMessageTool,
)
from dify_plugin.errors.model import InvokeBadRequestError

from litellm_proxy.wire.chat import ChatChunk
from models.base import ProxyModel
from models.known_facts import facts_of
from translation.capabilities import Prices, mode_of, prices_of
from translation.chat_request import chat_request, completion_request
from translation.chat_stream import ChatStream, FoldedToolCall
from translation.facts import ModelFacts
from translation.schema import llm_schema
from translation.settings import Mode, Settings, parse_settings
from translation.token_estimate import estimate_prompt_tokens
from translation.usage import TokenCounts, counts_of, llm_usage
from translation.validation import LLM


class LiteLLMLargeLanguageModel(ProxyModel, LargeLanguageModel):
    """Chat and completion models."""

    _kind = LLM
    _probe_path = "/v1/chat/completions"

    def _invoke(  # noqa: PLR0913, PLR0917 - the SDK's signature
        self,
        model: str,
        credentials: dict[str, Any],
        prompt_messages: list[PromptMessage],
        model_parameters: dict[str, Any],
        tools: list[PromptMessageTool] | None = None,
        stop: list[str] | None = None,
        stream: bool = True,  # noqa: FBT001, FBT002
        user: str | None = None,
    ) -> Generator[LLMResultChunk]:
        """Ask the model; a blocking answer is a stream of one chunk.

        The SDK's own way of returning a blocking answer would lose its finish reason.
        """
        started = time.perf_counter()
        settings = parse_settings(model, credentials)
        facts = facts_of(settings, credentials)
        client = self._client(settings)
        if mode_of(settings, facts) is Mode.COMPLETION:
            chunks = client.complete(
                completion_request(
                    settings.model,
                    prompt_messages,
                    model_parameters,
                    stop=stop or (),
                    stream=stream,
                    user=user,
                )
            )
        else:
            chunks = client.chat(
                chat_request(
                    settings.model,
                    prompt_messages,
                    model_parameters,
                    tools=tools or (),
                    stop=stop or (),
                    stream=stream,
                    user=user,
                )
            )
        return self._translated(
            _results(model, chunks, prompt_messages, prices_of(settings, facts), started)
        )

    def get_num_tokens(
        self,
        model: str,  # noqa: ARG002
        credentials: dict[str, Any],  # noqa: ARG002
        prompt_messages: list[PromptMessage],
        tools: list[PromptMessageTool] | None = None,
    ) -> int:
        """Return an estimate of the prompt's tokens, without asking anybody."""
        return estimate_prompt_tokens(prompt_messages, tools or ())

    def _schema(self, model: str, settings: Settings, facts: ModelFacts) -> AIModelEntity:
        return llm_schema(model, settings, facts)

    def _validate_and_filter_model_parameters(
        self, model: str, model_parameters: dict[str, Any], credentials: dict[str, Any]
    ) -> dict[str, Any]:
        """Drop options left at "" (F40), and type the SDK's plain ValueError."""
        given = {name: value for name, value in model_parameters.items() if value != ""}
        try:
            return super()._validate_and_filter_model_parameters(model, given, credentials)
        except ValueError as error:
            raise InvokeBadRequestError(str(error)) from None


def _results(
    model: str,
    chunks: Iterator[ChatChunk],
    prompt_messages: list[PromptMessage],
    prices: Prices,
    started: float,
) -> Generator[LLMResultChunk]:
    stream = ChatStream()
    for chunk in chunks:
        if text := stream.feed(chunk):
            yield _chunk(model, text)
    outcome = stream.finish()
    estimate = TokenCounts(estimate_prompt_tokens(prompt_messages, ()), outcome.text_bytes // 4)
    counts = counts_of(outcome.usage, estimate)
    cost = outcome.usage.cost if outcome.usage else None
    yield LLMResultChunk(
        model=model,
        delta=LLMResultChunkDelta(
            index=0,
            message=AssistantPromptMessage(
                content=outcome.closing_text,
                tool_calls=[_tool_call(call) for call in outcome.tool_calls],
            ),
            usage=llm_usage(counts, cost, prices, time.perf_counter() - started),
            finish_reason=outcome.finish_reason,
        ),
    )


def _chunk(model: str, text: str) -> LLMResultChunk:
    return LLMResultChunk(
        model=model,
        delta=LLMResultChunkDelta(index=0, message=AssistantPromptMessage(content=text)),
    )


def _tool_call(call: FoldedToolCall) -> AssistantPromptMessage.ToolCall:
    return AssistantPromptMessage.ToolCall(
        id=call.id,
        type="function",
        function=AssistantPromptMessage.ToolCall.ToolCallFunction(
            name=call.name, arguments=call.arguments
        ),
    )
