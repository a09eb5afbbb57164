"""One call of an LLM, through the endpoint that its model has."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dify_plugin.entities.model.message import PromptMessage, PromptMessageTool

from litellm_proxy.answers import ProxyAnswer
from litellm_proxy.client import ChatArrivals, ProxyClient
from litellm_proxy.wire.chat import ChatChunk
from litellm_proxy.wire.options import RequestOptions
from litellm_proxy.wire.reading import Json
from litellm_proxy.wire.rejected_requests.fallbacks import for_model
from models.learned import ModelKey
from models.long_run import ended_run
from models.sending import Sent, sent
from translation.answer.ended_run import chunk_of_run
from translation.answer.made_images import chunk_of
from translation.facts.capabilities import (
    caches_prompts,
    default_effort_of,
    follows_schemas,
    mode_of,
)
from translation.facts.model_facts import ModelFacts
from translation.facts.parameter_rules import LONG_RUNS
from translation.form.settings import Mode, Settings
from translation.reasoning import ReasoningByCall
from translation.request.chat_request import chat_request, completion_request
from translation.request.image_request import image_request
from translation.request.long_run import long_run_request


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

    def reply(self) -> Sent[ProxyAnswer[ChatArrivals]]:
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

    def _chat(self) -> Sent[ProxyAnswer[ChatArrivals]]:
        asked = chat_request(
            self.settings.model,
            self.messages,
            self.parameters,
            tools=self.tools,
            stop=self.stop,
            stream=self.stream,
            options=self.options.knowing(
                for_model(self.facts.supported_params, self.facts.provider)
            ),
            reasoning=self.reasoning,
            follows_schemas=follows_schemas(self.settings, self.facts),
            cache_prompt=caches_prompts(self.settings, self.facts),
            default_effort=default_effort_of(self.facts),
        )
        return sent(self.key, asked, self.client.chat)

    def _completion(self) -> Sent[ProxyAnswer[ChatArrivals]]:
        asked = completion_request(
            self.settings.model,
            self.messages,
            self.parameters,
            stop=self.stop,
            stream=self.stream,
            options=self.options,
        )
        return sent(self.key, asked, self.client.chat)

    def _image(self) -> Sent[ProxyAnswer[ChatArrivals]]:
        asked = image_request(self.settings.model, self.messages, self.parameters, self.options)
        made = sent(self.key, asked, self.client.make_image)
        chunks = _arriving(chunk_of(made.answer.content))
        return Sent(ProxyAnswer(chunks, made.answer.report), made.request)

    def _long_run(self) -> Sent[ProxyAnswer[ChatArrivals]]:
        asked = long_run_request(
            self.settings.model,
            self.messages,
            self.parameters,
            self.options,
            stop=self.stop,
            has_tools=bool(self.tools),
            follows_schemas=follows_schemas(self.settings, self.facts),
        )
        ended = ended_run(
            self.settings.proxy,
            lambda: sent(self.key, asked, self.client.start_run).answer,
            self.options,
        )
        chunks = _arriving(chunk_of_run(ended.content))
        return Sent(ProxyAnswer(chunks, ended.report), asked.request())


def _arriving(chunk: ChatChunk) -> ChatArrivals:
    """Yield an answer that came whole."""
    yield [chunk]
