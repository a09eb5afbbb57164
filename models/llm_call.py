"""One call of an LLM, through the endpoint that its model has."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from dify_plugin.entities.model.message import PromptMessage, PromptMessageTool

from litellm_proxy.answers import ProxyAnswer
from litellm_proxy.client import ChatArrivals, ProxyClient
from litellm_proxy.errors import ProxyRejected
from litellm_proxy.wire.chat import ChatChunk, ChatRequest, CompletionRequest
from litellm_proxy.wire.options import RequestOptions
from litellm_proxy.wire.reading import Json
from models.asking_again import ask
from models.learned import ModelKey, learn
from models.long_run import ended_run
from translation.answer.ended_run import chunk_of_run
from translation.answer.made_images import chunk_of
from translation.facts.capabilities import caches_prompts, has_structured_output, mode_of
from translation.facts.model_facts import ModelFacts
from translation.facts.parameter_rules import LONG_RUNS
from translation.form.settings import Mode, Settings
from translation.reasoning import ReasoningByCall
from translation.request.chat_request import chat_request, completion_request, without_reasoning
from translation.request.image_request import image_request
from translation.request.long_run import long_run_request
from translation.request.refused_additions import refused_parameters

logger = logging.getLogger(__name__)
_MAX_REASON = 200


@dataclass(frozen=True, slots=True)
class LLMCall:
    """What Dify asks, and of whom; `key` is under what this process remembers the model.

    `reasoning` led to the tool calls so far, whose ids carried it here.
    """

    client: ProxyClient
    key: ModelKey
    settings: Settings
    facts: ModelFacts
    messages: Sequence[PromptMessage]
    parameters: Mapping[str, Json]
    tools: Sequence[PromptMessageTool]
    stop: Sequence[str]
    stream: bool
    options: RequestOptions
    reasoning: ReasoningByCall

    def reply(self) -> ProxyAnswer[ChatArrivals]:
        """Ask; whatever comes back comes as the chunks of a chat."""
        match mode_of(self.settings, self.facts):
            case Mode.IMAGE:
                return self._image()
            case Mode.COMPLETION:
                return self._completion()
            case _ if self.parameters.get(LONG_RUNS):
                return self._long_run()
            case _:
                return self._chat()

    def _chat(self) -> ProxyAnswer[ChatArrivals]:
        request = chat_request(
            self.settings.model,
            self.messages,
            self.parameters,
            tools=self.tools,
            stop=self.stop,
            stream=self.stream,
            options=self.options,
            reasoning=self.reasoning,
            follows_schemas=has_structured_output(self.settings, self.facts),
            cache_prompt=caches_prompts(self.settings, self.facts),
        )
        return self._teaching(
            request, lambda: ask(self.key, request, self.client.chat, without_reasoning)
        )

    def _completion(self) -> ProxyAnswer[ChatArrivals]:
        request = completion_request(
            self.settings.model,
            self.messages,
            self.parameters,
            stop=self.stop,
            stream=self.stream,
            options=self.options,
        )
        return self._teaching(request, lambda: ask(self.key, request, self.client.complete))

    def _image(self) -> ProxyAnswer[ChatArrivals]:
        request = image_request(self.settings.model, self.messages, self.parameters, self.options)
        made = ask(self.key, request, self.client.make_image)
        return ProxyAnswer(_arriving(chunk_of(made.content)), made.report)

    def _long_run(self) -> ProxyAnswer[ChatArrivals]:
        request = long_run_request(
            self.settings.model,
            self.messages,
            self.parameters,
            self.options,
            stop=self.stop,
            has_tools=bool(self.tools),
            follows_schemas=has_structured_output(self.settings, self.facts),
        )
        ended = ended_run(
            self.settings.proxy,
            lambda: ask(self.key, request, self.client.start_run),
            self.options,
        )
        return ProxyAnswer(_arriving(chunk_of_run(ended.content)), ended.report)

    def _teaching(
        self,
        request: ChatRequest | CompletionRequest,
        send: Callable[[], ProxyAnswer[ChatArrivals]],
    ) -> ProxyAnswer[ChatArrivals]:
        """Send; what of the app's parameters is refused whatever its value is offered no longer."""
        try:
            return send()
        except ProxyRejected as error:
            if refused := refused_parameters(error, request.parameters):
                logger.warning(
                    "%s: %s is offered no longer, since LiteLLM answered %s: %s (call id %s)",
                    self.key.model, ", ".join(sorted(refused)), error.status,
                    error.message[:_MAX_REASON], error.call_id,
                )  # fmt: skip
                learn(self.key, refused)
            raise


def _arriving(chunk: ChatChunk) -> ChatArrivals:
    """Yield an answer that came whole."""
    yield [chunk]
