"""Large language models and image models."""

from collections.abc import Generator
from typing import Any

from dify_plugin import LargeLanguageModel
from dify_plugin.entities.model.llm import LLMResultChunk
from dify_plugin.entities.model.message import PromptMessage, PromptMessageTool

from models.base import ProxyModel
from models.call_log import logged
from models.calls_in_flight import limited
from models.chat_answer import ChatAnswer
from models.llm_call import LLMCall
from translation.answer.chat_stream import AnswerOptions
from translation.carried_reasoning import restore_call_ids
from translation.facts.schema import llm_schema
from translation.request.app_parameters import checked
from translation.request.response_format import asks_for_json
from translation.request.unsupported_inputs import require_supported_inputs
from translation.token_estimate import estimate_prompt_tokens
from translation.validation.form_problem import LLM


class LiteLLMLargeLanguageModel(ProxyModel, LargeLanguageModel):
    """Models that return text or images."""

    _kind = LLM
    _probe_path = "/v1/chat/completions"
    _schema = staticmethod(llm_schema)

    @limited
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
        """Call the model; return a stream, also for a blocking call.

        The SDK's result type for blocking calls would lose the finish reason.
        """
        called = self._called(model, credentials, model_parameters)
        settings = called.settings
        conversation = restore_call_ids(prompt_messages, settings.proxy.cache_key)
        require_supported_inputs(conversation.messages, called)
        parameters = checked(model_parameters, self._rules(model, credentials, called))
        options = self._options(settings, credentials, user, parameters)
        is_json = asks_for_json(parameters, options.extra)
        call = LLMCall(
            name=model,
            model=called,
            key=self._key(settings),
            conversation=conversation,
            parameters=parameters,
            tools=tools or (),
            stop=stop or (),
            options=options,
            form=AnswerOptions(
                # Dify's nodes parse the first JSON of the whole text, and blocking calls use the text
                # as data (Dify 1.14, core/llm_generator).
                show_reasoning=settings.show_reasoning and stream and not is_json,
                # Basic apps, for which Dify sends no user, show files other than images as base64
                # (Dify 1.14, core/app/apps/base_app_runner.py).
                takes_files=bool(user),
                is_json=is_json,
                is_blocking=not stream,
            ),
        )
        return self._translated(ChatAnswer(call).results(call.reply()))

    def get_num_tokens(
        self,
        model: str,  # noqa: ARG002
        credentials: dict[str, Any],  # noqa: ARG002
        prompt_messages: list[PromptMessage],
        tools: list[PromptMessageTool] | None = None,
    ) -> int:
        """Estimate the prompt's tokens, without a request."""
        return estimate_prompt_tokens(restore_call_ids(prompt_messages).messages, tools or ())

    def _validate_and_filter_model_parameters(
        self,
        model: str,  # noqa: ARG002
        model_parameters: dict[str, Any],
        credentials: dict[str, Any],  # noqa: ARG002
    ) -> dict[str, Any]:
        """Return the parameters unchanged: `_invoke` checks them, with the model's facts at hand."""
        return model_parameters
