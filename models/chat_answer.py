"""One answer of an LLM on its way from the proxy to Dify."""

import time
from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass, field

from dify_plugin.entities.model.llm import LLMResultChunk
from dify_plugin.entities.model.message import PromptMessage, PromptMessageTool

from litellm_proxy.wire.chat import ChatChunk
from models.thinking_store import store
from translation.capabilities import prices_of
from translation.chat_stream import ChatStream, Outcome
from translation.facts import ModelFacts
from translation.output import last_chunk, shown_chunks, source_list
from translation.settings import Settings
from translation.token_estimate import estimate_prompt_tokens
from translation.usage import TokenCounts, counts_of, llm_usage


@dataclass(frozen=True)
class ChatAnswer:
    """What has to be known of a call to make Dify's chunks of its answer.

    `model` is the name in Dify; `with_sources`: the answer ends with the web pages it rests on.
    """

    model: str
    settings: Settings
    facts: ModelFacts
    prompt_messages: Sequence[PromptMessage]
    tools: Sequence[PromptMessageTool]
    with_sources: bool
    started: float = field(default_factory=time.perf_counter)

    def results(self, chunks: Generator[ChatChunk]) -> Generator[LLMResultChunk]:
        """Yield what is to be shown as soon as it is there, then the end with usage and tool calls.

        Raises what reading `chunks` raises, and ProxyError for an answer that is none; what was
        received before has been yielded. Closing this closes the connection to the proxy.
        """
        stream = ChatStream()
        with closing(chunks):
            for chunk in chunks:
                for shown in stream.feed(chunk):
                    yield from shown_chunks(self.model, shown)
        outcome = stream.finish()
        call_ids = [call.id for call in outcome.tool_calls]
        store.keep(self.settings.proxy.cache_key, call_ids, outcome.thinking_blocks)
        usage = llm_usage(
            counts_of(outcome.usage, lambda: self._estimate(outcome)),
            outcome.usage.cost if outcome.usage else None,
            prices_of(self.settings, self.facts),
            time.perf_counter() - self.started,
        )
        sources = source_list(outcome.sources) if self.with_sources else ""
        yield last_chunk(self.model, outcome, usage, sources)

    def _estimate(self, outcome: Outcome) -> TokenCounts:
        """Count for a proxy that did not; four bytes of UTF-8 are about a token."""
        prompt = estimate_prompt_tokens(self.prompt_messages, self.tools)
        return TokenCounts(prompt, outcome.text_bytes // 4)
