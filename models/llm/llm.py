"""Large language models through the proxy's chat and completion endpoints."""

from collections.abc import Callable, Generator
from typing import Any

from dify_plugin import LargeLanguageModel
from dify_plugin.entities.model.llm import LLMResultChunk
from dify_plugin.entities.model.message import PromptMessage, PromptMessageTool
from dify_plugin.errors.model import InvokeBadRequestError

from litellm_proxy.answers import ProxyAnswer
from litellm_proxy.client import ChatArrivals
from litellm_proxy.errors import ProxyRejected
from litellm_proxy.wire.chat import ChatRequest, CompletionRequest
from litellm_proxy.wire.chat_events import ChatEvent
from models.asking_again import ask
from models.base import ProxyModel
from models.call_log import logged
from models.chat_answer import ChatAnswer
from models.learnt import learn_refused_parameters
from models.long_run import ended_run
from models.thinking_store import store
from translation.answer.ended_run import chunk_of_run
from translation.answer.made_images import chunk_of
from translation.errors.request_error import RequestError
from translation.facts.capabilities import caches_prompts, has_structured_output, mode_of
from translation.facts.parameter_rules import LONG_RUNS
from translation.facts.schema import llm_schema
from translation.form.settings import Mode, Settings
from translation.request.app_parameters import fitting
from translation.request.chat_request import chat_request, completion_request, without_reasoning
from translation.request.image_request import image_request
from translation.request.long_run import long_run_request
from translation.request.refused_additions import refused_parameters
from translation.request.refused_inputs import require_known_inputs
from translation.request.response_format import asks_for_json
from translation.saving.validation import LLM
from translation.token_estimate import estimate_prompt_tokens


class LiteLLMLargeLanguageModel(ProxyModel, LargeLanguageModel):
    """Chat and completion models."""

    _kind = LLM
    _probe_path = "/v1/chat/completions"
    _schema = staticmethod(llm_schema)

    @logged
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
        settings = self._calling_settings(model, credentials, model_parameters)
        facts = self._facts(model, settings, credentials)
        require_known_inputs(prompt_messages, settings, facts)
        options = self._options(settings, credentials, user, model_parameters)
        # Dify's nodes take the first JSON of the whole text (dify-plugin-contract 14).
        is_json = asks_for_json(model_parameters, options.extra)
        answer = ChatAnswer(
            model,
            settings,
            facts,
            prompt_messages,
            tools or (),
            with_sources=settings.append_sources and not is_json,
            with_reasoning=settings.show_reasoning and not is_json,
            # Basic apps, for which Dify tells no user, write out files that are no images as base64
            # (Dify 1.14, core/app/apps/base_app_runner.py).
            with_files=bool(user),
        )
        client = self._client(settings)
        match mode_of(settings, facts):
            case Mode.IMAGE:
                image = image_request(settings.model, prompt_messages, model_parameters, options)
                made = self._ask(settings, image, client.make_image)
                reply = ProxyAnswer(_arriving([chunk_of(made.content)]), made.report)
            case Mode.CHAT if model_parameters.get(LONG_RUNS):
                run = long_run_request(
                    settings.model,
                    prompt_messages,
                    model_parameters,
                    options,
                    has_tools=bool(tools),
                    follows_schemas=has_structured_output(settings, facts),
                )
                ended = ended_run(
                    client,
                    lambda: self._ask(settings, run, client.start_run),
                    settings.proxy.base_url,
                )
                reply = ProxyAnswer(_arriving([chunk_of_run(ended.content)]), ended.report)
            case Mode.COMPLETION:
                completion = completion_request(
                    settings.model,
                    prompt_messages,
                    model_parameters,
                    stop=stop or (),
                    stream=stream,
                    options=options,
                )
                reply = self._teaching(
                    settings, completion, lambda: self._ask(settings, completion, client.complete)
                )
            case _:
                chat = chat_request(
                    settings.model,
                    prompt_messages,
                    model_parameters,
                    tools=tools or (),
                    stop=stop or (),
                    stream=stream,
                    options=options,
                    reasoning=store.of(settings.proxy.cache_key, answer.call_ids()),
                    follows_schemas=has_structured_output(settings, facts),
                    cache_prompt=caches_prompts(settings, facts),
                )
                key = self._key(settings)
                reply = self._teaching(
                    settings, chat, lambda: ask(key, chat, client.chat, without_reasoning)
                )
        return self._translated(answer.results(reply))

    def _teaching(
        self,
        settings: Settings,
        request: ChatRequest | CompletionRequest,
        send: Callable[[], ProxyAnswer[ChatArrivals]],
    ) -> ProxyAnswer[ChatArrivals]:
        """Send; what of the app's parameters is refused whatever its value is offered no longer."""
        try:
            return send()
        except ProxyRejected as error:
            refused = refused_parameters(error, request.parameters)
            learn_refused_parameters(self._key(settings), refused)
            raise

    def get_num_tokens(
        self,
        model: str,  # noqa: ARG002
        credentials: dict[str, Any],  # noqa: ARG002
        prompt_messages: list[PromptMessage],
        tools: list[PromptMessageTool] | None = None,
    ) -> int:
        """Return an estimate of the prompt's tokens, without asking anybody."""
        return estimate_prompt_tokens(prompt_messages, tools or ())

    def _validate_and_filter_model_parameters(
        self, model: str, model_parameters: dict[str, Any], credentials: dict[str, Any]
    ) -> dict[str, Any]:
        """Return what the rules leave of an app's parameters, in the words of the page."""
        rules = self.get_parameter_rules(model, credentials)
        try:
            return fitting(model_parameters, rules)
        except RequestError as error:
            raise InvokeBadRequestError(str(error)) from None


def _arriving(chunks: list[ChatEvent]) -> ChatArrivals:
    """Yield what arrived together."""
    yield chunks
