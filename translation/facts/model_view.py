"""Combine a model's form and facts: the form's value, else the proxy's, else a safe default."""

from dataclasses import dataclass

from litellm_proxy.wire.model_facts import ModelFacts
from litellm_proxy.wire.model_info import COMPLETION_MODE, IMAGE_MODES
from translation.facts.prices import Prices, prices_of
from translation.form.settings import InputType, Mode, Override, Settings
from translation.line_limit import MAX_LINE_BYTES

DEFAULT_CONTEXT_SIZE = 4096
DEFAULT_MAX_TOKENS = 4096
DEFAULT_MAX_CHUNKS = 16
MAX_TEXTS_PER_REQUEST = 32
_DEFAULT_EFFORT = "medium"
"""https://platform.openai.com/docs/guides/reasoning"""
_LINE_BYTES = MAX_LINE_BYTES // 2
_BYTES_A_NUMBER = 22


@dataclass(frozen=True, slots=True)
class ModelView:
    """A model as described by its form and the proxy's facts."""

    settings: Settings
    facts: ModelFacts

    @property
    def name(self) -> str:
        """Return the model's name on the proxy."""
        return self.settings.model

    @property
    def mode(self) -> Mode:
        """Return CHAT, COMPLETION or IMAGE: the form's, else the proxy's, else CHAT."""
        if self.settings.mode is not Mode.AUTO:
            return self.settings.mode
        if self.facts.mode in IMAGE_MODES:
            return Mode.IMAGE
        return Mode.COMPLETION if self.facts.mode == COMPLETION_MODE else Mode.CHAT

    @property
    def context_size(self) -> int:
        """Return the context size in tokens."""
        return self.settings.context_size or self.facts.context_size or DEFAULT_CONTEXT_SIZE

    @property
    def max_output_tokens(self) -> int | None:
        """Return the maximum output tokens of one answer, None if unknown."""
        return self.settings.max_tokens or self.facts.max_output_tokens

    @property
    def max_chunks(self) -> int:
        """Return how many texts one embedding request has.

        Dify sends that many texts in one call and gets all vectors in one line, which its daemon
        limits to 5 MiB; a number has about 22 bytes there. At most half of the limit is used.
        """
        if self.settings.max_chunks:
            return self.settings.max_chunks
        size = self.settings.dimensions or self.facts.vector_size
        if not size:
            return DEFAULT_MAX_CHUNKS
        return max(1, min(MAX_TEXTS_PER_REQUEST, _LINE_BYTES // (size * _BYTES_A_NUMBER)))

    @property
    def prices(self) -> Prices:
        """Return the prices (USD per token), each the form's or the proxy's."""
        return prices_of(self.settings, self.facts)

    @property
    def caches_prompts(self) -> bool:
        """Return whether requests need cache breakpoints, and the form enables caching.

        Providers without a price for cache writes cache prompts without breakpoints.
        """
        has_to_be_asked = (
            self.facts.prompt_caching is True and self.facts.cache_write_price is not None
        )
        return self.settings.cache_prompts and has_to_be_asked

    @property
    def offers_structured_output(self) -> bool:
        """Return whether apps may use structured output.

        They may, unless form or proxy exclude it. graphon 0.8, the engine of Dify's next version,
        does not run such a node on a model without the feature (nodes/llm/node.py,
        stage=capability). If support is unknown, the schema is in the prompt.
        """
        choice = self.settings.structured_output
        return choice is Override.YES or (
            choice is Override.AUTO and self.facts.response_schema is not False
        )

    @property
    def follows_schemas(self) -> bool:
        """Return whether LiteLLM passes a JSON schema, and the model follows it."""
        follows = self.facts.response_schema and self.may_support("response_format")
        return chosen(self.settings.structured_output, follows)

    @property
    def calls_tools(self) -> bool:
        """Return whether LiteLLM passes tools, and the model calls them."""
        calls = self.facts.function_calling and self.may_support("tools")
        return chosen(self.settings.function_calling, calls)

    @property
    def reasons(self) -> bool:
        """Return whether the model reasons before it answers."""
        return chosen(self.settings.reasoning, self.facts.reasoning)

    @property
    def default_effort(self) -> str | None:
        """Return the `reasoning_effort` of a fallback, None if it is not supported."""
        return _DEFAULT_EFFORT if self.may_support("reasoning_effort") else None

    @property
    def supports_input_type(self) -> bool:
        """Return whether an embedding model supports `input_type` (document or query)."""
        return "input_type" in (self.facts.supported_params or ())

    def supports_input(self, kind: InputType) -> bool:
        """Return whether the model accepts audio, documents, videos or images.

        Images: for embedding and rerank models; for LLMs, *Vision* also enables them.
        """
        known = {
            InputType.AUDIO: self.facts.audio_input,
            InputType.DOCUMENT: self.facts.pdf_input,
            InputType.VIDEO: self.facts.video_input,
            InputType.IMAGE: self.facts.embeds_images,
        }
        return kind in self.settings.input_types or known[kind] is True

    def may_support(self, parameter: str) -> bool:
        """Return whether the model may support a parameter.

        True if it is listed or unknown, and was not rejected so far. LiteLLM lists some parameters
        of which it rejects every value but one.
        """
        if parameter in (self.facts.rejected_params or ()):
            return False
        supported = self.facts.supported_params
        return supported is None or parameter in supported

    def is_listed(self, parameter: str) -> bool:
        """Return whether LiteLLM lists a parameter and has not rejected it."""
        return self.facts.supported_params is not None and self.may_support(parameter)


def chosen(choice: Override, fact: bool | None) -> bool:  # noqa: FBT001
    """Return the form's yes or no, else the proxy's fact, else False."""
    return choice is Override.YES or (choice is Override.AUTO and fact is True)
