"""Convert an LLM's answer from the proxy to Dify's chunks."""

import logging
import time
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass, replace

from dify_plugin.entities.model import ModelType
from dify_plugin.entities.model.llm import LLMResultChunk
from dify_plugin.entities.model.message import AssistantPromptMessage

from litellm_proxy.chat_response import ChatArrivals
from litellm_proxy.errors import about
from litellm_proxy.response_headers import CallReport, ProxyAnswer
from litellm_proxy.wire.chat import OutputImage
from models.call_log import note_counts
from models.llm_call import LLMCall
from models.sending import Sent
from translation.answer.chat_stream import ChatStream, Outcome
from translation.answer.dify_chunks import image_note, last_chunk, shown_chunks, speech_chunk
from translation.answer.sources import source_list
from translation.answer.tool_calls import CompleteToolCall
from translation.answer.usage import TokenCounts, counts_of, llm_usage, reported_cost
from translation.carried_reasoning import id_with_reasoning
from translation.facts.prices import Prices, has_own_prices
from translation.request.tool_names import called_name, names_in_dify
from translation.request.tool_schemas import argument_names, renamed_arguments
from translation.token_estimate import estimate_prompt_tokens

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ChatAnswer:
    """Builds Dify's chunks for one call."""

    call: LLMCall

    def results(self, sent: Sent[ProxyAnswer[ChatArrivals]]) -> Generator[LLMResultChunk]:
        """Yield chunks as they arrive, then usage and tool calls.

        Raises the errors of reading the response, and ProxyError for an invalid, empty or
        incomplete answer, after yielding all that was received before. Closing this closes the
        connection to the proxy.
        """
        answer = sent.answer
        stop = sent.request.unsent.get("stop") or ()
        stream = ChatStream(self.call_ids(), replace(self.call.form, stop=stop))
        model = self._answering_model(answer.report)
        with about(f"{ModelType.LLM.value} {self.call.model.name}", answer.report.call_id):
            with closing(answer.content) as arrivals:
                for chunks in arrivals:
                    for shown in stream.feed_all(chunks):
                        yield from shown_chunks(
                            model, shown, takes_files=self.call.form.takes_files
                        )
                        if self.call.form.is_blocking and isinstance(shown, OutputImage):
                            yield from shown_chunks(model, image_note(shown))
            outcome = stream.finish()
            yield from shown_chunks(model, outcome.closing_text)
            if outcome.speech:
                yield speech_chunk(model, outcome.speech)
            if outcome.ended_early:
                raise outcome.ended_early
        if outcome.nameless_calls:
            logger.warning(
                "%d tool calls without a name were left out (call id %s).",
                outcome.nameless_calls,
                answer.report.call_id,
            )
        outcome = self._carrying_reasoning(outcome)
        counts = counts_of(outcome.usage, lambda: self._estimate(outcome))
        note_counts(counts)
        usage = llm_usage(
            counts,
            self._cost(outcome, answer.report),
            # Only LiteLLM knows the prices of a fallback model.
            Prices() if answer.report.fallback else self.call.model.prices,
            time.perf_counter() - self.call.started,
        )
        has_sources = self.call.model.settings.append_sources and not self.call.form.is_json
        sources = source_list(outcome.sources) if has_sources else ""
        yield last_chunk(model, outcome, usage, sources, self._in_dify())

    def _in_dify(self) -> Callable[[CompleteToolCall], CompleteToolCall]:
        """Return a function that restores Dify's names in a tool call."""
        tools = names_in_dify(tool.name for tool in self.call.tools)
        arguments = argument_names(self.call.tools)
        in_dify = {
            tool: {out: name for name, out in names.items()} for tool, names in arguments.items()
        }

        def named(call: CompleteToolCall) -> CompleteToolCall:
            name = called_name(call.name, tools.keys())
            tool = tools.get(name, name)
            names = in_dify.get(tool, {})
            return replace(call, name=tool, arguments=renamed_arguments(call.arguments, names))

        return named

    def call_ids(self) -> list[str]:
        """Return the ids of the conversation's tool calls."""
        return [
            call.id
            for message in self.call.conversation.messages
            if isinstance(message, AssistantPromptMessage)
            for call in message.tool_calls
        ]

    def _cost(self, outcome: Outcome, report: CallReport) -> float | None:
        """Return LiteLLM's cost in USD, None if the form has prices."""
        if has_own_prices(self.call.model.settings) and not report.fallback:
            return None
        return reported_cost(outcome.usage, report)

    def _answering_model(self, report: CallReport) -> str:
        """Return the model's name for Dify; after a fallback, the fallback's."""
        if report.fallback in {None, self.call.model.name}:
            return self.call.name
        logger.warning(
            'LiteLLM answered with "%s" instead of "%s", which failed (call id %s).',
            report.fallback,
            self.call.model.name,
            report.call_id,
        )
        return report.fallback or self.call.name

    def _estimate(self, outcome: Outcome) -> TokenCounts:
        """Estimate the tokens of a call.

        Four bytes of UTF-8 are about one output token.
        """
        prompt = estimate_prompt_tokens(self.call.conversation.messages, self.call.tools)
        return TokenCounts(prompt, outcome.text_bytes // 4)

    def _carrying_reasoning(self, outcome: Outcome) -> Outcome:
        """Add the reasoning to the id of the first tool call."""
        if not outcome.tool_calls:
            return outcome
        first, *others = outcome.tool_calls
        secret = self.call.model.settings.proxy.cache_key
        carrying = id_with_reasoning(
            first.id, outcome.reasoning, secret, self.call.conversation.room
        )
        return replace(outcome, tool_calls=[replace(first, id=carrying), *others])
