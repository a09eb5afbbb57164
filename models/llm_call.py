"""Send an LLM call to the endpoint of its model."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from dify_plugin.entities.model.message import PromptMessageTool

from litellm_proxy.chat_response import ChatArrivals
from litellm_proxy.client import ProxyClient
from litellm_proxy.response_headers import ProxyAnswer
from litellm_proxy.wire.chat import ChatChunk
from litellm_proxy.wire.options import RequestOptions
from litellm_proxy.wire.reading import Json
from litellm_proxy.wire.rejected_requests.fallbacks import for_model
from models.call_log import note_call_id
from models.learned_limits import ModelKey
from models.long_run import ended_run
from models.sending import Sent, sent
from translation.answer.chat_stream import AnswerOptions
from translation.answer.ended_run import chunk_of_run
from translation.answer.image_response import chunk_of
from translation.carried_reasoning import RestoredConversation
from translation.facts.model_view import ModelView
from translation.facts.parameter_rules import LONG_RUNS
from translation.form.settings import Mode
from translation.request.chat_request import chat_request, completion_request
from translation.request.image_request import image_request
from translation.request.long_run import long_run_request


@dataclass(frozen=True, slots=True)
class LLMCall:
    """One LLM call of Dify.

    `name` is the model's name in Dify, `key` the key of its learned limits. `conversation` has the
    messages, and the reasoning from the ids of their tool calls. `started` is in seconds.
    """

    name: str
    model: ModelView
    key: ModelKey
    conversation: RestoredConversation
    parameters: Mapping[str, Json]
    tools: Sequence[PromptMessageTool]
    stop: Sequence[str]
    options: RequestOptions
    form: AnswerOptions
    started: float = field(default_factory=time.perf_counter)

    def reply(self) -> Sent[ProxyAnswer[ChatArrivals]]:
        """Send the request; return the response of any endpoint as chat chunks."""
        match self.model.mode:
            case Mode.IMAGE:
                return self._image()
            case Mode.COMPLETION:
                return self._completion()
            case _ if self.parameters.get(LONG_RUNS):
                return self._long_run()
            case _:
                return self._chat()

    @property
    def _client(self) -> ProxyClient:
        return ProxyClient(self.model.settings.proxy, note_call_id=note_call_id)

    def _chat(self) -> Sent[ProxyAnswer[ChatArrivals]]:
        facts = self.model.facts
        asked = chat_request(
            self.model.name,
            self.conversation.messages,
            self.parameters,
            tools=self.tools,
            stop=self.stop,
            stream=not self.form.is_blocking,
            options=self.options.knowing(for_model(facts.supported_params, facts.provider)),
            reasoning=self.conversation.reasoning,
            follows_schemas=self.model.follows_schemas,
            cache_prompt=self.model.caches_prompts,
            default_effort=self.model.default_effort,
        )
        return sent(self.key, asked, self._client.chat)

    def _completion(self) -> Sent[ProxyAnswer[ChatArrivals]]:
        asked = completion_request(
            self.model.name,
            self.conversation.messages,
            self.parameters,
            stop=self.stop,
            stream=not self.form.is_blocking,
            options=self.options,
        )
        return sent(self.key, asked, self._client.chat)

    def _image(self) -> Sent[ProxyAnswer[ChatArrivals]]:
        asked = image_request(
            self.model.name, self.conversation.messages, self.parameters, self.options
        )
        made = sent(self.key, asked, self._client.make_image)
        chunks = _arriving(chunk_of(made.answer.content))
        return Sent(ProxyAnswer(chunks, made.answer.report), made.request)

    def _long_run(self) -> Sent[ProxyAnswer[ChatArrivals]]:
        asked = long_run_request(
            self.model.name,
            self.conversation.messages,
            self.parameters,
            self.options,
            stop=self.stop,
            has_tools=bool(self.tools),
            follows_schemas=self.model.follows_schemas,
        )
        ended = ended_run(
            self.model.settings.proxy,
            lambda: sent(self.key, asked, self._client.start_run).answer,
            self.options,
        )
        chunks = _arriving(chunk_of_run(ended.content))
        return Sent(ProxyAnswer(chunks, ended.report), asked.request())


def _arriving(chunk: ChatChunk) -> ChatArrivals:
    """Yield a complete answer as one chunk."""
    yield [chunk]
